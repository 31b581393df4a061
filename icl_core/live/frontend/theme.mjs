// Light, dark and paper: the figure's template is the surface's, everything else stays.

/** "light" or "dark", by the background that Streamlit's theme gives to components. */
export function surfaceOf(element) {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  return luminance(background) < 0.4 ? "dark" : "light";
}

/** Brightness of "#rgb", "#rrggbb" or "rgb(r, g, b)", from 0 to 1; 1 if the colour is unknown. */
export function luminance(colour) {
  let parts = (colour.match(/^#([\da-f]{6})/i) ?? [])[1]?.match(/../g);
  parts ??= (colour.match(/^#([\da-f]{3})$/i) ?? [])[1]?.split("").map((digit) => digit + digit);
  const channels = parts
    ? parts.map((part) => parseInt(part, 16))
    : (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  if (channels.length < 3) return 1;
  const [red, green, blue] = channels;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** Sets "marker.color" or "shapes[0].x0" inside `target`, copying what it passes through. */
export function withField(target, path, value) {
  const [head, ...rest] = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  const copy = Array.isArray(target) ? [...target] : { ...target };
  copy[head] = rest.length ? withField(copy[head] ?? {}, rest.join("."), value) : value;
  return copy;
}
