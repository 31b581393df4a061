// Points on a chart to be dragged, added and removed: by mouse, by touch, and by keys.

import { element } from "./controls.mjs";
import { format } from "./numbers.mjs";

const STEPS = 100; // of an arrow key, from one end of an axis to the other
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * The points of `spec` on what plotly draws in `plot`. `moved(value)` while they change, [[x, y], ...];
 * `grabbed(true)` when a pointer takes one and `grabbed(false)` when it lets go where it was;
 * `settled(byPointer)` when they rest elsewhere; `pointed(x)` where a pointer that holds nothing is,
 * null when it is elsewhere. `element` stands above the chart, `stage` lies over its first axes, where
 * these are when it is told to `place`.
 */
export function points(spec, plot, { moved, grabbed, settled, pointed }) {
  let value = [];
  let chosen = 0; // the one that was touched last
  let held = null;
  const handles = [];
  const placed = new Map(); // what each handle stands for, and where
  const single = spec.most === 1;
  const stage = element("div", single ? "icl-live-stage icl-live-single" : "icl-live-stage");
  const button = (text, title, act) => {
    const made = element("button", "", { type: "button", title }, text);
    made.addEventListener("click", act);
    return made;
  };
  const more = button("Add", "Add a point where there is most room", () => add(...roomiest(value, spec)));
  const fewer = button("Remove", "Remove the point that was touched last", () => remove(chosen));
  const count = element("output", "icl-live-value");
  const hint = element("span", "icl-live-hint", {}, "drag a point; double-click adds or removes one");
  const root = element(
    "div", "icl-live-points", { role: "group", "aria-label": spec.label },
    element("span", "", {}, spec.label), count, element("span", "icl-live-buttons", {}, more, fewer), hint,
  );
  root.hidden = single;

  function changed(next) {
    set(next);
    moved(value.map((point) => [...point]));
  }
  function set(next) {
    value = next.map((point) => [...point]);
    while (handles.length > value.length) handles.pop().remove();
    while (handles.length < value.length) handles.push(handle(handles.length));
    chosen = Math.min(chosen, value.length - 1);
    count.textContent = String(value.length);
    more.disabled = value.length >= spec.most;
    fewer.disabled = value.length <= 1;
    place();
  }
  function place() {
    const [across, down] = axes(plot) ?? [];
    stage.hidden = !across;
    if (!across) return;
    const box = { left: across._offset, top: down._offset, width: across._length, height: down._length };
    for (const [name, size] of Object.entries(box)) stage.style[name] = `${size}px`;
    value.forEach(([x, y], index) => {
      const stands = [x, y, across.l2p(x), down.l2p(y), value.length].join();
      if (placed.get(handles[index]) === stands) return;
      placed.set(handles[index], stands);
      const where = `x = ${format(x, ".2f")}, y = ${format(y, ".2f")}`;
      const { style } = handles[index];
      [style.left, style.top] = [`${across.l2p(x)}px`, `${down.l2p(y)}px`];
      const name = single ? spec.label : `Point ${index + 1} of ${value.length}`;
      handles[index].setAttribute("aria-label", `${name}: ${where}`);
    });
  }
  function at({ clientX, clientY }, [dx, dy] = [0, 0]) {
    const { left, top, width } = stage.getBoundingClientRect();
    const [across, down] = axes(plot);
    const scale = width / stage.offsetWidth || 1; // where the page enlarges its charts
    const [x, y] = [(clientX - left - dx) / scale, (clientY - top - dy) / scale];
    return within([across.p2l(x), down.p2l(y)], spec);
  }
  function to(index, point) {
    changed(value.map((known, i) => (i === index ? within(point, spec) : known)));
  }
  function add(x, y) {
    if (value.length >= spec.most) return;
    chosen = value.length;
    changed([...value, within([x, y], spec)]);
    handles[chosen].focus();
    settled(true);
  }
  function remove(index) {
    if (value.length <= 1) return;
    const focused = document.activeElement === handles[index];
    changed(value.filter((_, i) => i !== index));
    if (focused) handles[Math.min(index, value.length - 1)].focus();
    settled(true);
  }
  function handle(index) {
    const shortcuts = Object.keys(KEYS).join(" ") + (single ? "" : " Delete");
    const made = element("button", "icl-live-point", { type: "button", "aria-keyshortcuts": shortcuts });
    made.addEventListener("focus", () => (chosen = index));
    made.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      made.setPointerCapture(event.pointerId);
      const { left, top, width, height } = made.getBoundingClientRect();
      const grip = [event.clientX - left - width / 2, event.clientY - top - height / 2];
      held = { index, grip, from: String(value) };
      chosen = index;
      pointed(null);
      grabbed(true);
    });
    made.addEventListener("pointermove", (event) => {
      if (held?.index === index) to(index, at(event, held.grip));
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      made.addEventListener(name, () => {
        if (held?.index !== index) return;
        const still = held.from === String(value);
        held = null;
        if (still) grabbed(false);
        else settled(true);
      });
    }
    made.addEventListener("keydown", (event) => {
      const [right, up] = KEYS[event.key] ?? [];
      if (event.key === "Delete" || event.key === "Backspace") remove(index);
      else if (up !== undefined) {
        const [x, y] = value[index];
        const share = (event.shiftKey ? 10 : 1) / STEPS;
        to(index, [x + right * share * span(spec.x), y + up * share * span(spec.y)]);
        settled(false);
      } else return;
      event.preventDefault();
      event.stopPropagation();
    });
    stage.append(made);
    return made;
  }

  stage.addEventListener("pointermove", (event) => {
    if (!held) pointed(at(event)[0]);
  });
  stage.addEventListener("pointerdown", (event) => {
    if (event.target === stage) pointed(at(event)[0]);
  });
  stage.addEventListener("pointerleave", (event) => {
    // A finger that is lifted leaves too, and wants to look at what it asked for.
    if (event.pointerType !== "touch") pointed(null);
  });
  stage.addEventListener("dblclick", (event) => {
    const index = handles.indexOf(event.target);
    if (index < 0) add(...at(event));
    else remove(index);
  });
  return { element: root, stage, set, place };
}

/** The first axes of what plotly has drawn, if anything is. */
function axes(plot) {
  const { xaxis, yaxis } = plot._fullLayout ?? {};
  return xaxis?._length && yaxis?._length ? [xaxis, yaxis] : null;
}

const span = ([low, high]) => high - low;

/** A point within the limits, with the digits that are sent. */
export function within(point, { x, y, digits }) {
  return point.map((number, k) => {
    const [low, high] = k ? y : x;
    return Number(Math.min(high, Math.max(low, number)).toFixed(digits)) + 0;
  });
}

/** Points whose y has gone by so much for each of `step` units, as far as the axis reaches. */
export const carried = (value, by, step, { y: [low, high] }) =>
  value.map(([x, y], i) => [x, Math.min(high, Math.max(low, y + step * (by[i] ?? 0)))]);

/** Where a point more has most room: in the middle of the widest gap in x, as high as its neighbours. */
export function roomiest(value, spec) {
  const known = [...value].sort(([one], [other]) => one - other);
  const [first, end] = [known[0], known.at(-1)];
  const all = [[spec.x[0], first[1]], ...known, [spec.x[1], end[1]]];
  const gaps = all.slice(1).map(([x], i) => x - all[i][0]);
  const widest = gaps.indexOf(Math.max(...gaps));
  const [left, right] = [all[widest], all[widest + 1]];
  return [(left[0] + right[0]) / 2, (left[1] + right[1]) / 2];
}
