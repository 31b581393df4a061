// Run by test_javascript.py, or by hand: node --test tests/engine/live/live_maths.test.mjs

import assert from "node:assert/strict";
import test from "node:test";

import { changes } from "../../../icl_core/live/frontend/changes.mjs";
import {
  compose, draw, gapsAmong, noteZoom, onPage, patchesAt, same, standing,
} from "../../../icl_core/live/frontend/draw.mjs";
import { fieldOf, withField } from "../../../icl_core/live/frontend/fields.mjs";
import { atNode, blend, corners, locate, shaped } from "../../../icl_core/live/frontend/grid.mjs";
import { methodOf, nameOf } from "../../../icl_core/live/frontend/link.mjs";
import { format, placeOf, stepCount, valueAt } from "../../../icl_core/live/frontend/numbers.mjs";
import { colorAt } from "../../../icl_core/live/frontend/paint.mjs";
import { luminance } from "../../../icl_core/live/frontend/theme.mjs";

const row = (...numbers) => Float32Array.from(numbers);

test("a value is located between its nodes, ends included", () => {
  const nodes = [0, 1, 3];
  assert.deepEqual(locate(nodes, 0), { below: 0, share: 0 });
  assert.deepEqual(locate(nodes, 2), { below: 1, share: 0.5 });
  assert.deepEqual(locate(nodes, 1), { below: 1, share: 0 });
  assert.deepEqual(locate(nodes, 3), { below: 2, share: 0 });
  assert.deepEqual(locate(nodes, -1), { below: 0, share: 0 });
  assert.deepEqual(locate(nodes, 9), { below: 2, share: 0 });
  assert.deepEqual(locate([7], 7), { below: 0, share: 0 });
});

test("a logarithmic control is measured in decades", () => {
  assert.ok(Math.abs(locate([1, 100], 10, true).share - 0.5) < 1e-15);
});

test("corners of two controls weigh one together", () => {
  const axes = [
    { name: "a", nodes: [0, 1] },
    { name: "b", nodes: [0, 10, 20] },
  ];
  assert.deepEqual(corners(axes, { a: 0.25, b: 15 }), [
    [1, 0.375],
    [2, 0.375],
    [4, 0.125],
    [5, 0.125],
  ]);
  assert.deepEqual(corners(axes, { a: 1, b: 10 }), [[4, 1]]);
  assert.equal(atNode(axes, { a: 1, b: 10 }), true);
  assert.equal(atNode(axes, { a: 1, b: 11 }), false);
});

test("quantities are blended, linearly or in logarithms", () => {
  const numbers = row(1, 2, 3, 6);
  assert.deepEqual([...blend({ numbers, size: 2 }, [[0, 0.5], [1, 0.5]])], [2, 4]);
  const log = { numbers: row(1, 100).map(Math.log), size: 1, log: true };
  assert.ok(Math.abs(blend(log, [[0, 0.5], [1, 0.5]])[0] - 10) < 1e-5);
});

test("a gap spreads to where its node counts, and not to the next node", () => {
  const axes = [{ name: "a", nodes: [0, 1, 2] }];
  const quantity = { numbers: row(1, Infinity, 3), size: 1 };
  const at = (a) => blend(quantity, corners(axes, { a }))[0];
  assert.equal(at(0), 1);
  assert.ok(Number.isNaN(at(0.01)));
  assert.ok(Number.isNaN(at(1)));
  assert.equal(at(2), 3);
});

test("rows and numbers come in the shape plotly wants", () => {
  const flat = Float64Array.from([1, 2, 3, 4, 5, 6]);
  assert.deepEqual(shaped(flat, [2, 3]).map((part) => [...part]), [[1, 2, 3], [4, 5, 6]]);
  assert.equal(shaped(flat, [6]), flat);
  assert.equal(shaped(flat, []), 1);
});

test("gaps are counted beyond deliberate breaks", () => {
  const grid = {
    axes: [{ name: "a", nodes: [0] }],
    quantities: [
      { trace: "t", field: "x", numbers: row(1, NaN, 2, NaN), size: 4, shape: [4] },
      { trace: "t", field: "marker.size", numbers: row(NaN), size: 1, shape: [1] },
    ],
  };
  const { patches, missing } = patchesAt(grid, { a: 0 }, {});
  assert.equal(patches.length, 2);
  assert.deepEqual(missing, { t: 2 });
  assert.deepEqual(gapsAmong(missing, { t: 1 }), { t: 1 });
  assert.deepEqual(gapsAmong(missing, { t: 3 }), { t: 0 });
});

test("sliders count steps, with exact ends and clean decimals", () => {
  const linear = { minimum: 0, maximum: 1, step: 0.1, scale: "linear" };
  assert.equal(stepCount(linear), 10);
  assert.equal(valueAt(linear, 3), 0.3);
  assert.equal(valueAt(linear, 10), 1);
  assert.equal(placeOf(linear, 0.3), 3);
  assert.equal(placeOf(linear, 99), 10);
  const log = { minimum: 0.01, maximum: 10, step: 0.02, scale: "log" };
  assert.equal(stepCount(log), 150);
  assert.equal(valueAt(log, 0), 0.01);
  assert.equal(valueAt(log, 50), 0.1);
  assert.equal(valueAt(log, 150), 10);
  for (let place = 0; place <= 150; place++) assert.equal(placeOf(log, valueAt(log, place)), place);
});

test("numbers that are none have signs", () => {
  assert.equal(format(NaN), "–");
  assert.equal(format(null), "–");
  assert.equal(format(Infinity), "∞");
  assert.equal(format(-1.5, ".1f"), "−1.5");
  assert.equal(format(-1e-12), "−1·10⁻¹²");
});

test("brightness tells a dark page", () => {
  assert.ok(luminance("#12171d") < 0.1);
  assert.ok(luminance("#fff") > 0.99);
  assert.ok(luminance("rgb(18, 23, 29)") < 0.1);
  assert.equal(luminance(""), 1);
});

test("fields are set without touching the original", () => {
  const layout = { shapes: [{ x0: 1 }, { x0: 2 }], title: "t" };
  const changed = withField(layout, "shapes[1].x0", 5);
  assert.equal(changed.shapes[1].x0, 5);
  assert.equal(layout.shapes[1].x0, 2);
  assert.equal(changed.title, "t");
  assert.equal(fieldOf(changed, "shapes[1].x0"), 5);
  assert.equal(fieldOf(changed, "shapes[2].x0"), undefined);
  assert.deepEqual(withField({}, "marker.size", 3), { marker: { size: 3 } });
});

test("a figure is composed for its surface, with patches in place", () => {
  const figure = JSON.stringify({
    data: [{ uid: "a", y: [1] }, { uid: "b", y: [2] }],
    layout: { shapes: [{ x0: 0 }] },
  });
  const templates = { light: {}, dark: { layout: { font: {} } } };
  const patches = [
    { trace: "b", field: "y", value: [3] },
    { trace: "layout", field: "shapes[0].x0", value: 4 },
    { trace: "gone", field: "y", value: [5] },
    { trace: "readout", field: "gap", value: 6 },
  ];
  const { data, layout } = compose({ figure, templates, height: 300 }, "dark", patches);
  assert.deepEqual(data.map((trace) => trace.y), [[1], [3]]);
  assert.equal(layout.shapes[0].x0, 4);
  assert.equal(layout.template, templates.dark);
  assert.equal(layout.height, 300);
});

test("curves on fixed axes move, the rest is restyled, the hidden is only noted", () => {
  const calls = [];
  const Plotly = {
    animate: (...args) => (calls.push(["animate", ...args.slice(1)]), Promise.resolve()),
    update: (...args) => calls.push(["update", ...args.slice(1)]),
    restyle: (...args) => calls.push(["restyle", ...args.slice(1)]),
    relayout: (...args) => calls.push(["relayout", ...args.slice(1)]),
  };
  const plot = {
    layout: { xaxis: { range: [0, 1] }, yaxis: { range: [0, 1] }, yaxis2: { autorange: true } },
    data: [
      { uid: "line" },
      { uid: "free", yaxis: "y2" },
      { uid: "map", type: "heatmap" },
      { uid: "hidden", visible: "legendonly" },
    ],
  };
  const patch = (trace, field, value) => ({ trace, field, value });
  draw(Plotly, plot, [
    patch("line", "y", [1]),
    patch("free", "y", [2]),
    patch("map", "z", [[3]]),
    patch("hidden", "y", [4]),
    patch("layout", "title.text", "t"),
  ]);
  assert.deepEqual(calls.map(([name]) => name), ["animate", "update", "restyle"]);
  assert.deepEqual(calls[0][1], { data: [{ y: [1] }], traces: [0] });
  assert.deepEqual(calls[1].slice(1), [{ y: [[2]] }, { "title.text": "t" }, [1]]);
  assert.deepEqual(calls[2].slice(1), [{ z: [[[3]]] }, [2]]);
  assert.deepEqual(plot.data[3].y, [4]);
});

test("a hovered point has a name, and a band its method's", () => {
  const point = { x: 3, pointNumber: 2, data: { uid: "gd_3a_low", legendgroup: "gd" } };
  assert.deepEqual(["x", "point", "trace"].map((by) => nameOf(by, point)), ["3", "2", "gd"]);
  assert.equal(methodOf({ uid: "ridge" }), "ridge");
});

test("a zoom is kept until the whole view is asked for", () => {
  const zoom = {};
  const shown = { xaxis: { range: [2, 3], title: "layer" }, yaxis: { range: [0, 1] } };
  noteZoom(zoom, { "xaxis.range[0]": 2, "xaxis.range[1]": 3, "shapes[0].x0": 1 }, shown);
  const layout = { xaxis: { range: [0, 9], title: "layer" }, yaxis: { range: [0, 5] } };
  onPage(layout, zoom, { narrow: false, still: false });
  assert.deepEqual(layout.xaxis, { range: [2, 3], title: "layer", autorange: false });
  assert.deepEqual(layout.yaxis.range, [0, 5]);
  noteZoom(zoom, { "xaxis.range": [0, 9] }, layout);
  assert.deepEqual(zoom, {});
});

test("a title says where the controls stand", () => {
  const controls = [
    { name: "sigma", label: "Noise σ", format: ".3g", unit: "dB" },
    { name: "layers", label: "Layers L", labels: ["1", "2"] },
  ];
  const values = { sigma: 2.5, layers: 1 };
  assert.equal(standing(controls, values), "Noise σ = 2.5 dB, Layers L = 2");
  assert.ok(same({ ...values }, values));
  assert.ok(!same({ ...values, sigma: 2 }, values));
  const points = { prompt: [[0, 1], [2, 3]] };
  assert.equal(standing([{ name: "prompt", label: "Examples" }], points), "Examples = 2");
  assert.ok(same({ prompt: [[0, 1], [2, 3]] }, points));
  assert.ok(!same({ prompt: [[0, 1], [2, 4]] }, points));
});

test("a colour lies between those of its neighbours on the scale", () => {
  const scale = [[0, "#000000"], [0.5, "rgb(100, 200, 50)"], [1, "#ffffff"]];
  assert.deepEqual(colorAt(scale, 0), [0, 0, 0]);
  assert.deepEqual(colorAt(scale, 0.25), [50, 100, 25]);
  assert.deepEqual(colorAt(scale, 0.5), [100, 200, 50]);
  assert.deepEqual(colorAt(scale, 7), [255, 255, 255]);
  assert.deepEqual(colorAt(scale, -1), [0, 0, 0]);
});

test("a release changes what differs, previewed fields included", () => {
  const bdata = Buffer.from(Float64Array.of(1, 2, 3, 4).buffer).toString("base64");
  const figure = (y, line, z = [[0]]) =>
    JSON.stringify({
      data: [{ uid: "a", x: [0, 1], y, marker: { size: 4 } }, { uid: "b", type: "heatmap", z }],
      layout: { title: `at ${line}`, shapes: [{ x0: line, x1: line, y0: 0 }], xaxis: { range: [0, 1] } },
    });
  const before = figure([1, 2], 5);
  assert.deepEqual(changes(before, before, []), []);
  assert.deepEqual(changes(before, figure([1, 3], 5), []), [{ trace: "a", field: "y", value: [1, 3] }]);
  const line = ["x0", "x1"].map((corner) => ({ trace: "layout", field: `shapes[0].${corner}`, value: 6 }));
  assert.deepEqual(changes(before, figure([1, 2], 6), []), line);
  const previewed = [{ trace: "a", field: "y", value: [7, 7] }, { trace: "readout", field: "k", value: 1 }];
  assert.deepEqual(changes(before, before, previewed), [{ trace: "a", field: "y", value: [1, 2] }]);
  const packed = figure([1, 2], 5, { dtype: "f8", bdata, shape: "2, 2" });
  assert.deepEqual(changes(before, packed, [])[0].value.map((row) => [...row]), [[1, 2], [3, 4]]);
});

test("what a release cannot change by numbers alone is drawn anew", () => {
  const figure = (change) => {
    const plain = { data: [{ uid: "a", y: [1], name: "A" }], layout: { xaxis: { range: [0, 1] } } };
    change(plain);
    return JSON.stringify(plain);
  };
  const before = figure(() => {});
  for (const change of [
    ({ data }) => (data[0].name = "B"),
    ({ data }) => (data[0].uid = "b"),
    ({ data }) => data.push({ uid: "c", y: [1] }),
    ({ data }) => delete data[0].y,
    ({ layout }) => (layout.xaxis.range = [0, 2]),
    ({ layout }) => (layout.shapes = [{ x0: 1 }]),
  ]) assert.equal(changes(before, figure(change), []), null);
});

test("numbers of any size are written, and places found on any slider", () => {
  assert.equal(format(5e-324, ".3g"), "4.94·10⁻³²⁴");
  assert.equal(format(-1.7e308, ".3g"), "−1.7·10³⁰⁸");
  for (const size of [5e-324, 1e-300, 1e-9, 0, 1, 1e21, 1e300, 1.7e308, NaN, Infinity, -Infinity]) {
    for (const spec of [".3g", ".2f", "d", ".1%", ".4g"]) {
      assert.doesNotMatch(format(size, spec), /NaN|Infinity|undefined/);
    }
  }
  for (const [minimum, maximum] of [[1e-300, 1e300], [5e-324, 1], [0.01, 10]]) {
    const wide = { minimum, maximum, step: 0.5, scale: "log" };
    const count = stepCount(wide);
    assert.ok(Number.isFinite(count));
    for (const place of [0, 1, count >> 1, count - 1, count]) {
      assert.equal(placeOf(wide, valueAt(wide, place)), place);
    }
    for (const value of [0, -1, NaN]) assert.equal(placeOf(wide, value), 0);
  }
  const { below, share } = locate([1e-300, 1e300], 1, true);
  assert.equal(below, 0);
  assert.ok(Math.abs(share - 0.5) < 1e-12);
});
