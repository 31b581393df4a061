// Light, dark and paper: the figure's template is the surface's, everything else stays.

const [forced, dark, paper] = [
  "(forced-colors: active)", "(prefers-color-scheme: dark)", "print",
].map((query) => globalThis.matchMedia?.(query)); // none where there is no screen, in tests

const PAPER = 680; // as wide as both A4 and Letter allow

/** A layout as wide as paper. */
export function forPaper(layout) {
  Object.assign(layout, { width: PAPER, autosize: false });
}

/** What is drawn scales with the paper, whose `layout` it has; without one, as on a screen. */
export function scaledForPaper(plot, layout) {
  for (const svg of plot.querySelectorAll(".main-svg")) {
    if (layout) svg.setAttribute("viewBox", `0 0 ${PAPER} ${layout.height}`);
    else svg.removeAttribute("viewBox");
  }
}

/** "light" or "dark", by the background that Streamlit's theme gives to components. */
export function surfaceOf(element) {
  // Where colours are forced, the theme's are not drawn, and this says which are.
  if (forced.matches) return dark.matches ? "dark" : "light";
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  return luminance(background) < 0.4 ? "dark" : "light";
}

/**
 * `turned(printing)` when the surface may be another: for paper, or by colours forced on the page.
 * Returns how to stop that. Firefox tells of paper by the events alone, an emulation by the medium.
 */
export function watchSurface(turned) {
  const listeners = [
    [window, "beforeprint", () => turned(true)],
    [window, "afterprint", () => turned(false)],
    ...[forced, dark, paper].map((query) => [query, "change", () => turned(paper.matches)]),
  ];
  for (const [target, name, act] of listeners) target.addEventListener(name, act);
  return () => {
    for (const [target, name, act] of listeners) target.removeEventListener(name, act);
  };
}

/** Brightness of a colour, from 0 to 1; 1 if it is unknown. */
export function luminance(colour) {
  const [red, green, blue] = channels(colour);
  return blue === undefined ? 1 : (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** Red, green and blue of "#rgb", "#rrggbb" or "rgb(r, g, b)", from 0 to 255; fewer if it is none. */
export function channels(colour) {
  const [, digits] = /^#([\da-f]{3}|[\da-f]{6})\b/i.exec(colour) ?? [];
  if (!digits) return (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  const parts = digits.match(digits.length === 3 ? /./g : /../g);
  return parts.map((part) => parseInt(part.length === 1 ? part + part : part, 16));
}
