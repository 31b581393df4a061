// The sketch of a figure (plots/sketch.py) with other numbers in it.

import { safe } from "./patches.mjs";

const SVG = "http://www.w3.org/2000/svg";

/** Draws patches of traces, whose x is `known` where they have none, and the sentence. */
export function fill(sight, patches, known) {
  const svg = sight.querySelector("svg");
  const [across, down] = ["across", "down"].map((name) => {
    const [start, end, low, high] = svg.dataset[name].split(" ").map(Number);
    return (value) => start + ((value - low) / (high - low)) * (end - start);
  });
  const fields = new Map();
  for (const { trace, field, value } of patches) {
    if (trace === "said") say(sight.querySelector("[data-said]"), value);
    else fields.set(trace, { ...fields.get(trace), [field]: value });
  }
  for (const group of svg.querySelectorAll("g[data-uid]")) {
    const uid = safe(group.dataset.uid);
    const { x = known[uid], y } = fields.get(uid) ?? {};
    if (!x || !y) continue;
    const there = (value, i) => value !== null && x[i] !== null;
    const places = Array.from(y, (value, i) => (there(value, i) ? [across(x[i]), down(value)] : null));
    const path = group.querySelector("path");
    if (path) path.setAttribute("d", lineOf(places));
    if ("marks" in group.dataset) marks(group, places);
  }
}

const lineOf = (places) =>
  places.map((place, i) => (place ? `${places[i - 1] ? "L" : "M"}${place.join(" ")}` : "")).join("");

function marks(group, places) {
  const drawn = [...group.querySelectorAll("circle")];
  const like = drawn[0] ?? plain(group.dataset.marks);
  for (const old of drawn) old.remove();
  for (const [cx, cy] of places.filter(Boolean)) {
    const mark = like.cloneNode();
    mark.setAttribute("cx", cx);
    mark.setAttribute("cy", cy);
    group.append(mark);
  }
}

function plain(fill) {
  const mark = document.createElementNS(SVG, "circle");
  mark.setAttribute("r", 4);
  mark.setAttribute("fill", fill);
  return mark;
}

/** **Words** are strong. */
function say(place, text) {
  const bold = (part) => Object.assign(document.createElement("b"), { textContent: part });
  place.replaceChildren(...text.split("**").map((part, i) => (i % 2 ? bold(part) : part)));
}
