// Run by test_javascript.py, or by hand: node --test tests/engine/live/points.test.mjs

import assert from "node:assert/strict";
import test from "node:test";

import { token } from "../../../icl_core/live/frontend/features.mjs";
import { read } from "../../../icl_core/live/frontend/packed.mjs";
import { standing } from "../../../icl_core/live/frontend/draw.mjs";
import { fill } from "../../../icl_core/live/frontend/said.mjs";
import { carried, roomiest, within } from "../../../icl_core/live/frontend/points.mjs";

const spec = { x: [-5, 5], y: [-1, 1], digits: 3 };

test("a point stays within its axes, with the digits that are sent and no -0", () => {
  assert.deepEqual(within([7, -2], spec), [5, -1]);
  assert.deepEqual(within([0.12345, -0.0001], spec), [0.123, 0]);
  assert.ok(Object.is(within([0, -0.0001], spec)[1], 0));
});

test("a point more stands in the widest gap, between its neighbours", () => {
  assert.deepEqual(roomiest([[4, 0.5], [-4, -0.5], [-2, 0.3]], spec), [1, 0.4]);
  assert.deepEqual(roomiest([[4, 0.5]], spec), [-0.5, 0.5]);
  assert.deepEqual(roomiest([[-4, 0.5]], spec), [0.5, 0.5]);
});

test("points are carried by a slider as far as the axis reaches, those more stay", () => {
  const moved = carried([[1, 0], [2, 0.5], [3, 0.25]], [1, 2], 0.5, spec);
  assert.deepEqual(moved, [[1, 0.5], [2, 1], [3, 0.25]]);
  assert.deepEqual(carried(carried([[1, 0.1]], [-3], 0.2, spec), [-3], -0.2, spec)[0][1].toFixed(12), "0.100000000000");
});

test("a sentence is filled, and a file's title leaves out what is no number", () => {
  assert.equal(fill("{a:.2f} of {b:d}: **{c:.1f}**", { a: -1.239, b: 4, c: NaN }), "−1.24 of 4: **–**");
  const controls = [
    { kind: "switch", name: "on", label: "Reveal" },
    { kind: "points", name: "guess", label: "Your guess", most: 1 },
    { kind: "slider", name: "s", label: "σ", format: ".2f" },
  ];
  assert.equal(standing(controls, { on: true, guess: [[0, 1]], s: 1 }), "σ = 1.00");
});

test("a token is embedded and goes through the residual MLP", () => {
  const [W_E, W_1, W_2] = [[[1, 0], [0, 1]], [[1, 1]], [[2], [0]]];
  const gelu = (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  const found = token({ W_E, W_1, b_1: [0.5], W_2, b_2: [0, 0.1] }, 3, -1);
  assert.deepEqual([...found], [3 + 2 * gelu(2.5), -1 + 0.1]);
});

test("what was packed is read wherever it lies", () => {
  const header = new TextEncoder().encode('{"a":1}  '.slice(0, 8));
  const bytes = new Uint8Array(1 + 24 + 4 + 8 + 8);
  bytes.set(new TextEncoder().encode("d".repeat(24)), 1);
  bytes[25] = 8;
  bytes.set(header, 29);
  new DataView(bytes.buffer).setFloat64(37, 2.5, true);
  const found = read(bytes.subarray(1));
  assert.deepEqual([found.header, found.digest], [{ a: 1 }, "d".repeat(24)]);
  assert.deepEqual([...new Float64Array(found.body)], [2.5]);
});
