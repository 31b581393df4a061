// Layers of the construction beside steps of gradient descent or GD++, number by number, as
// lessons/construction has it.

import { added, dot, gramOf, identity, product, scaled, sum, times, transposed } from "./matrices.mjs";
import { line, number, sentence } from "./patches.mjs";
import { fill } from "./said.mjs";

/** Of values { eta, layer }, of which the first layer is number 0, the patches of the chart that `shows`
 * names. */
export function construction({ shows, layers, ...prompt }) {
  return ({ eta, layer }) => {
    const weights = weightsOf(prompt, eta);
    const tokens = [startOf(prompt)];
    if (shows !== "matrices") {
      for (let l = 0; l < layers; l++) tokens.push(through(weights, tokens[l]).output);
    }
    return CHARTS[shows]({ ...prompt, eta, layer, layers, weights, tokens });
  };
}

/** W_K, W_Q, W_V, P of the layer of one step from W_0, and their products (constructions/matrices.py). */
function weightsOf({ start, y, gamma }, eta) {
  const d = start.length;
  const square = (entry) =>
    Array.from({ length: d + 1 }, (_, i) => Float64Array.from({ length: d + 1 }, (_, j) => entry(i, j)));
  const keep = square((i, j) => Number(i === j && i < d));
  const W_V = square((i, j) => (i < d ? Number(gamma > 0 && i === j) : j < d ? start[j] : -1));
  const P = square((i, j) => (i !== j ? 0 : gamma > 0 && i < d ? -gamma : eta / y.length));
  return { W_K: keep, W_Q: keep, W_V, P, W_KQ: product(transposed(keep), keep), PW_V: product(P, W_V) };
}

/** Tokens (x_i, y_i), the last one the query (x, -W_0 x). */
const startOf = ({ X, y, query, start }) => [
  ...X.map((x, i) => Float64Array.of(...x, y[i])),
  Float64Array.of(...query, -dot(start, query)),
];

/** The layer on tokens whose last is the query, which is never attended to. */
function through({ W_K, W_Q, W_V, P }, tokens) {
  const context = tokens.slice(0, -1);
  const [keys, values] = [W_K, W_V].map((W) => product(context, transposed(W)));
  const scores = product(product(tokens, transposed(W_Q)), transposed(keys));
  const update = product(product(scores, values), transposed(P));
  return { scores, update, output: added(tokens, update) };
}

/** W after 0..K steps, from the definition of the algorithm, without tokens. */
function stepsOf({ X, y, start, gamma, eta, layers }) {
  const H = gramOf(X);
  let [W, M] = [start, identity(start.length)];
  const path = [W];
  for (let k = 0; k < layers; k++) {
    const residuals = X.map((x, i) => dot(W, x) - y[i]);
    const gradient = times(transposed(X), residuals);
    W = sum(W, scaled(times(transposed(M), times(M, gradient)), -eta / y.length));
    path.push(W);
    const turned = product(product(product(M, H), transposed(M)), M);
    M = added(M, turned.map((row) => scaled(row, -gamma)));
  }
  return path;
}

const halfMse = (residuals) => (0.5 * dot(residuals, residuals)) / residuals.length;

const size = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** Losses of steps and of layers, [L+1] each, the largest gap of any token, and what it is relative to. */
function courses({ X, y, query, start, tokens, ...rest }) {
  const path = stepsOf({ X, y, start, ...rest });
  const found = { steps: [], layers: [], gaps: [], scales: [] };
  path.forEach((W, k) => {
    const moved = sum(W, scaled(start, -1));
    const expected = [...X.map((x, i) => y[i] - dot(moved, x)), -dot(W, query)];
    const left = tokens[k].map((token) => token.at(-1));
    found.steps.push(halfMse(X.map((x, i) => y[i] - dot(W, x))));
    found.layers.push(halfMse(X.map((x, i) => left[i] - dot(start, x))));
    found.gaps.push(size(left.map((value, i) => value - expected[i])));
    found.scales.push(Math.max(size(expected), 1));
  });
  return found;
}

const CHARTS = {
  step({ limits, layer, tokens, weights, ...rest }) {
    const most = rest.rounding * size(tokens[0].flatMap((token) => [...token]));
    const clean = (value) => (Math.abs(value) < most ? 0 : value);
    const { scores, update, output } = through(weights, tokens[layer]);
    const parts = { before: tokens[layer], products: scores, update, after: output };
    for (const [name, rows] of Object.entries(parts)) parts[name] = rows.map((row) => row.map(clean));
    const { layers, gaps } = courses({ tokens, ...rest });
    const numbers = {
      loss_before: layers[layer],
      loss_after: layers[layer + 1],
      answer: clean(-tokens[layer + 1].at(-1).at(-1)),
      gap: gaps[layer + 1],
    };
    return [
      ...cells(parts),
      ...colours("coloraxis", [parts.before, parts.update, parts.after], limits),
      ...colours("coloraxis2", [parts.products], limits),
      ...Object.entries(numbers).map(([name, value]) => number(name, value)),
    ];
  },
  matrices: ({ weights, limits }) => [
    ...cells(weights),
    ...colours("coloraxis", Object.values(weights), limits),
  ],
  descent({ layer, words, most, lowest, ...rest }) {
    const { steps, layers, gaps, scales } = courses(rest);
    const drawable = (losses) => losses.map((loss) => (loss < most ? loss : null));
    const relative = gaps.map((gap, k) => gap / scales[k]).filter(Number.isFinite);
    const [before, after] = steps.slice(layer, layer + 2);
    const numbers = { layer: layer + 1, before, after, last: gaps.findLastIndex(Number.isFinite) };
    const said = fill(words[layer ? "many" : "one"], { ...numbers, relative: Math.max(...relative) });
    const beyond = steps.at(-1) <= steps[0] ? "" : words.beyond;
    return [
      ...line("gd", null, drawable(steps)),
      ...line("construction", null, drawable(layers)),
      ...line("gap", null, gaps.map((gap, k) => (gap < Infinity ? Math.max(gap / scales[k], lowest) : null))),
      ...["x0", "x1"].map((end) => ({ trace: "layout", field: `shapes[0].${end}`, value: layer + 2 })),
      sentence(said + beyond),
    ];
  },
};

const cells = (parts) =>
  Object.entries(parts).map(([trace, value]) => ({ trace, field: "z", value }));

/** Colours that diverge around 0, as far as the largest number among `parts` (plots/ticks.py, style.py). */
function colours(axis, parts, { smallest, largest, share }) {
  const finite = parts.flatMap((rows) => rows.flatMap((row) => [...row])).filter(Number.isFinite);
  const reach = size(finite);
  const limit = (reach ? Math.min(Math.max(reach, smallest), largest) : 1) / share;
  return [["cmin", -limit], ["cmax", limit]].map(([field, value]) => ({
    trace: "layout", field: `${axis}.${field}`, value,
  }));
}
