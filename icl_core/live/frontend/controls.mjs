// The controls above a chart: sliders, and one player for a discrete control.

import { format, placeOf, stepCount, valueAt } from "./numbers.mjs";

export function element(tag, className, attributes = {}, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// Drawn here, because not every font has the signs.
const ICONS = {
  first: "M3 2h2v12H3zM13 2v12L6 8z",
  back: "M11.5 2.5 10 1 3 8l7 7 1.5-1.5L6 8z",
  play: "M4 2v12l9-6z",
  pause: "M3 2h4v12H3zM9 2h4v12H9z",
  on: "M4.5 2.5 6 1l7 7-7 7-1.5-1.5L10 8z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

// Places between two steps that a held slider takes: where few steps are to be had, a drag would
// move by jerks, and what lies between them can be interpolated.
const FINE = 8;

/** Moves a range, and the coloured part of its track, to a place. */
function moveTo(range, place) {
  range.value = place;
  const share = range.max > 0 ? range.value / range.max : 0;
  range.style.setProperty("--icl-share", `${100 * share}%`);
}

/**
 * One slider. `moved(value)` while it moves, between its steps too if a pointer holds it;
 * `grabbed(true)` when a pointer takes it and `grabbed(false)` when it lets go; `settled(byPointer)`
 * when a value is chosen, which is a whole number of steps.
 */
export function slider(spec, { moved, grabbed, settled }) {
  const output = element("output", "icl-live-value");
  const range = element("input", "", {
    type: "range",
    min: 0,
    max: stepCount(spec),
    step: 1,
    "aria-label": spec.label,
  });
  const label = element("label", "icl-live-slider", {}, element("span", "", {}, spec.label), range, output);
  let held = false;
  let taken = ""; // where it stood when a pointer took it

  function show(value) {
    const text = format(value, spec.format) + (spec.unit ? ` ${spec.unit}` : "");
    output.textContent = text;
    range.setAttribute("aria-valuetext", text);
  }

  function read() {
    const value = valueAt(spec, Number(range.value));
    moveTo(range, range.value);
    show(value);
    moved(value);
  }

  const hold = (value) => {
    if (held === value) return;
    held = value;
    if (value) taken = range.value;
    range.step = value ? 1 / FINE : 1;
    grabbed(value);
  };
  range.addEventListener("pointerdown", () => hold(true));
  range.addEventListener("input", read);
  // Chromium tells of a release by "change"; without a change of value only by "pointerup".
  range.addEventListener("change", () => {
    range.step = 1; // the browser moves it to the nearest one
    read();
    if (held && range.value === taken) return hold(false);
    const byPointer = held;
    held = false;
    settled(byPointer);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    range.addEventListener(name, () => setTimeout(() => hold(false)));
  }
  return {
    element: label,
    set(value) {
      moveTo(range, placeOf(spec, value));
      show(value);
    },
  };
}

/** A button that turns something on and off, and says what a click will do. */
export function toggle(spec, { moved, settled }) {
  let on = false;
  const button = element("button", "icl-live-toggle", { type: "button" });
  const set = (value) => {
    on = value;
    button.textContent = on ? spec.off : spec.label;
  };
  button.addEventListener("click", () => {
    set(!on);
    moved(on);
    settled(true);
  });
  return { element: button, set };
}

/**
 * The player. `moved(frame)` when another frame is to be shown, `settled(byPointer)` when it rests,
 * which is final where a pointer let go of its slider; while it plays it stays on a frame until
 * `ready()`.
 */
export function player(spec, { moved, settled, ready }) {
  const last = spec.labels.length - 1;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const button = (sign, title, act) => {
    const made = element("button", "", { type: "button", title, "aria-label": title }, icon(sign));
    made.addEventListener("click", act);
    return made;
  };
  const play = button("play", "Play (space)", () => toggle());
  const buttons = element(
    "span",
    "icl-live-buttons",
    {},
    button("first", "First (Home)", () => step(-Infinity)),
    button("back", "Back one (←)", () => step(-1)),
    play,
    button("on", "On one (→)", () => step(1)),
  );
  const range = element("input", "", {
    type: "range",
    min: 0,
    max: last,
    step: 1,
    "aria-label": spec.label,
  });
  const output = element("output", "icl-live-value");
  const hint = element("span", "icl-live-hint", { "aria-hidden": "true" });
  for (const [key, meaning] of [["space", "play"], ["←", ""], ["→", "step"], ["Home", "reset"]]) {
    hint.append(element("kbd", "", {}, key), meaning ? ` ${meaning} ` : " ");
  }
  const root = element(
    "div",
    "icl-live-player",
    { role: "group", "aria-label": spec.label },
    element("span", "", {}, spec.label),
    buttons,
    range,
    output,
    hint,
  );
  let frame = 0;
  let timer = 0;

  function set(value) {
    frame = value;
    moveTo(range, frame);
    output.textContent = spec.labels[frame];
    range.setAttribute("aria-valuetext", spec.labels[frame]);
  }
  function go(value) {
    if (value === frame) return;
    set(value);
    moved(frame);
  }
  function step(by) {
    go(Math.min(last, Math.max(0, frame + by)));
    rest();
  }
  function tick() {
    if (!ready()) {
      timer = setTimeout(tick, 50);
      return;
    }
    if (frame === last && !spec.loop) return rest();
    go(frame === last ? 0 : frame + 1);
    wait();
  }
  // Whoever asked for little motion gets a slow succession of still pictures.
  function wait() {
    timer = setTimeout(tick, 1000 * (calm.matches ? Math.max(1, spec.seconds) : spec.seconds));
  }
  function label(sign, title) {
    play.replaceChildren(icon(sign));
    play.title = title;
    play.setAttribute("aria-label", title);
  }
  function pause() {
    clearTimeout(timer);
    timer = 0;
    label("play", "Play (space)");
  }
  function rest() {
    pause();
    settled(false);
  }
  function toggle() {
    if (timer) return rest();
    if (frame === last) go(0);
    label("pause", "Pause (space)");
    wait();
  }

  range.addEventListener("input", () => {
    pause();
    go(Number(range.value));
  });
  let byPointer = false;
  range.addEventListener("pointerdown", () => (byPointer = true));
  range.addEventListener("keydown", () => (byPointer = false));
  range.addEventListener("change", () => settled(byPointer));
  return {
    element: root,
    set,
    admits: (value) => value in spec.labels,
    pause,
    playing: () => timer !== 0,
    /** Whether the key meant something here. */
    key(event) {
      // On any slider the arrows move that slider.
      const onRange = event.target.type === "range";
      const onButton = event.target.tagName === "BUTTON";
      if (event.altKey || event.ctrlKey || event.metaKey) return false;
      if (event.key === " " && !onButton) toggle();
      else if (event.key === "ArrowLeft" && !onRange) step(-1);
      else if (event.key === "ArrowRight" && !onRange) step(1);
      else if (event.key === "Home" && !onRange) step(-Infinity);
      else return false;
      return true;
    },
  };
}
