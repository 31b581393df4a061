// Run by test_javascript.py: what a reader chose of a chart, and where its curves leave the axes.

import assert from "node:assert/strict";
import test from "node:test";

import { lookOf } from "../../../icl_core/live/frontend/look.mjs";
import { annotated, leaving } from "../../../icl_core/live/frontend/offscale.mjs";

const LAYOUT = { xaxis: { range: [0, 10] }, yaxis: { type: "log", range: [-1, 1] } };
const X = [0, 5, 10];
const labels = (...traces) =>
  leaving(traces, LAYOUT).map(({ text, at }) => `${text.slice(-1)} ${at.toFixed(2)}`);

test("a look is told by entries of the legend, and in the numbers that axes show", () => {
  const data = [
    { uid: "a", legendgroup: "gd", visible: "legendonly" },
    { uid: "b", legendgroup: "gd", visible: "legendonly" },
    { uid: "c", visible: "legendonly" },
    { uid: "d" },
  ];
  const layout = { xaxis2: {}, yaxis: { type: "log" } };
  const zoom = { xaxis2: [0, 1 / 3], yaxis: [-1, 2] };
  assert.deepEqual(lookOf({ data, layout }, zoom), {
    hidden: ["gd", "c"],
    zoom: [["x2", 0, 0.333333], ["y", 0.1, 100]],
  });
});

test("a curve that leaves its axes is told where it does", () => {
  assert.deepEqual(labels({ x: X, y: [1, 1, 100] }), ["↑ 7.50"]);
  assert.deepEqual(labels({ x: X, y: [0.001, 1, 1] }), ["↓ 3.33"]);
  assert.deepEqual(labels({ x: X, y: [1, 0, 1] }), ["↓ 0.00"]);
  assert.deepEqual(labels({ x: X, y: [1e3, 1e3, 1e3] }), ["↑ 5.00"]);
  assert.deepEqual(labels({ x: X, y: [1e3, null, 1] }), ["↑ 0.00"]);
  assert.deepEqual(labels({ x: X, y: Float64Array.of(1, 100, 1) }), ["↑ 2.50"]);
});

test("what stays, what is hidden and what is no curve is left alone", () => {
  assert.deepEqual(labels({ x: X, y: [0.1, 1, 10.2] }), []);
  const y = [1, 1, 100];
  const still = [
    { visible: "legendonly" }, { line: { width: 0 } }, { mode: "markers" }, { type: "heatmap" },
    { meta: "decoration" }, { hoverinfo: "skip" }, { yaxis: "y2" },
  ];
  for (const looks of still) assert.deepEqual(labels({ x: X, y, ...looks }), []);
  assert.deepEqual(leaving([{ x: X, y }], { ...LAYOUT, yaxis: { range: [0, 1], autorange: true } }), []);
});

test("near labels are one, and as annotations they lie on their panel's edge", () => {
  assert.deepEqual(labels({ x: X, y: [1, 1, 100] }, { x: X, y: [1, 1, 200] }), ["↑ 7.17"]);
  const [own, made] = annotated([{ x: X, y: [1, 1, 100] }], { ...LAYOUT, annotations: [{ text: "own" }] });
  assert.equal(own.text, "own");
  assert.deepEqual([made.x, made.y, made.xref, made.yref], [7.5, 1, "x", "y domain"]);
});
