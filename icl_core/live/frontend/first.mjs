// The first sight of a page that an engine can move: the sketch that stands in the page's HTML answers the
// pointer before Streamlit and plotly have been loaded, and hands what was moved over to the chart.

import { decoded } from "./changes.mjs";
import { engineOf } from "./engines.mjs";
import { read } from "./packed.mjs";
import { within } from "./points.mjs";
import { fill } from "./sketched.mjs";

const REACH = 24; // pixels of the picture around a point

/** Makes `sight` answer; `told` is what first_sight.py says. Returns how to hand over: to a live chart. */
export function play(sight, told) {
  const { header, body } = read(Uint8Array.from(atob(told.packed), (sign) => sign.charCodeAt(0)));
  const compute = engineOf(header, body);
  const svg = sight.querySelector("svg");
  const values = structuredClone(told.values);
  const known = Object.fromEntries(Object.entries(told.x).map(([uid, x]) => [uid, decoded(x)]));
  const moved = new Set();
  let held = null;
  let rested = null; // what waits for the pointer to let go

  function change(name, value) {
    values[name] = value;
    moved.add(name);
    fill(sight, compute(values), known);
  }
  function at({ clientX, clientY }) {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [x, y];
  }
  const axes = ["across", "down"].map((name) => svg.dataset[name].split(" ").map(Number));
  const pixel = (k, value) => {
    const [start, end, low, high] = axes[k];
    return start + ((value - low) / (high - low)) * (end - start);
  };
  const number = (k, place) => {
    const [start, end, low, high] = axes[k];
    return low + ((place - start) / (end - start)) * (high - low);
  };
  function nearest(place) {
    let found = { apart: REACH };
    for (const spec of told.points) {
      values[spec.name].forEach((point, index) => {
        const apart = Math.hypot(...[0, 1].map((k) => pixel(k, point[k]) - place[k]));
        if (apart < found.apart) found = { apart, spec, index };
      });
    }
    return found.spec ? found : null;
  }

  svg.addEventListener("pointerdown", (event) => {
    held = nearest(at(event));
    if (!held) return;
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { spec, index } = held;
    const point = within(at(event).map((place, k) => number(k, place)), spec);
    change(spec.name, values[spec.name].map((known, i) => (i === index ? point : known)));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    svg.addEventListener(name, () => {
      held = null;
      rested?.();
    });
  }
  for (const { name, label, off } of told.switches) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.addEventListener("click", () => {
      change(name, !values[name]);
      button.textContent = values[name] ? off : label;
    });
    sight.querySelector("[data-buttons]").append(button);
  }
  sight.removeAttribute("aria-hidden");
  sight.dataset.playable = "";

  return async () => {
    if (held) await new Promise((done) => (rested = done));
    const chart = [...(globalThis.iclLiveCharts ?? [])].find(({ data }) => data.source && moved.size);
    for (const name of moved) {
      chart?.byName.get(name)?.set(values[name]);
      chart?.move(name, values[name]);
    }
    if (chart && moved.size) chart.settle(0);
  };
}
