// Models with an MLP below linear attention (models/features.py) and a step with a Gaussian kernel
// (algorithms/kernel.py), on a prompt of points (x, y): their answers at many queries, and what each
// point adds at one of them. Knows no page and no plotly.

import { attention } from "./linear.mjs";
import { dot, gramOf, scaled, sum, times } from "./matrices.mjs";
import { line, number } from "./patches.mjs";

/** Of values { points, query }, the patches of a chart made by lessons/sine/prompt.py. */
export function features({ queries, models, kernel }) {
  const known = models.map((model) => ({ ...model, asked: tokens(model, queries) }));
  return ({ points, query }) => {
    const [x, y] = [0, 1].map((k) => points.map((point) => point[k]));
    const patches = line("points", x, y);
    for (const mark of ["at", "at-adds"]) patches.push(...line(mark, [query, query]));
    for (const model of known) {
      const found = answers(model, points, query);
      found.curves.forEach((curve, index) => patches.push(...line(`${model.uid}-${index}`, null, curve)));
      found.at.forEach((value, index) => patches.push(number(`${model.uid}-${index}`, value)));
      patches.push(...line(`${model.uid}-adds`, x, found.adds));
      if (model.stems) patches.push(...line("stems", ...stems(x, found.adds)));
    }
    const step = kernelStep(kernel, points);
    patches.push(...line("kernel", null, Float64Array.from(queries, step)), number("kernel", step(query)));
    return patches;
  };
}

/** Upright strokes from 0, with a break after each. */
function stems(x, tops) {
  const strokes = (value) => [].concat(...Array.from(tops, (top, i) => value(x[i], top)));
  return [strokes((at) => [at, at, null]), strokes((at, top) => [0, top, null])];
}

/**
 * Before attention and after every layer: answers at the model's queries, and at one more; and what
 * the first layer adds to that one for each point.
 */
export function answers(model, points, query) {
  const context = points.map(([x, y]) => token(model, x, y));
  const asked = [...model.asked, token(model, query, 0)];
  const share = model.per_example ? 1 / points.length : 1;
  const rows = [asked.map(last)];
  const adds = additions(model.layers[0], context, asked.at(-1), share);
  let [tokensNow, askedNow] = [context, asked];
  model.layers.forEach((heads, index) => {
    const change = attention(heads, gramOf(tokensNow)).map((row) => scaled(row, share));
    if (index + 1 === model.layers.length) {
      const row = change.at(-1);
      rows.push(askedNow.map((e) => last(e) + dot(row, e)));
      return;
    }
    const moved = (e) => sum(e, times(change, e));
    [tokensNow, askedNow] = [tokensNow.map(moved), askedNow.map(moved)];
    rows.push(askedNow.map(last));
  });
  const curves = rows.map((row) => Float64Array.from(row.slice(0, -1), (value) => -value));
  return { curves, at: rows.map((row) => -row.at(-1)), adds };
}

/** -sum_h (P W_V e_i)_last e_i^T W_K^T W_Q e of every token e_i of the context. */
function additions(heads, context, e, share) {
  const adds = new Float64Array(context.length);
  for (const { P, Q } of heads) {
    const [row, asked] = [P.at(-1), times(Q, e)];
    context.forEach((token, i) => (adds[i] -= share * dot(row, token) * dot(token, asked)));
  }
  return adds;
}

/** (x, y) embedded, then through the residual MLP. */
export function token({ W_E, W_1, b_1, W_2, b_2 }, x, y) {
  const e = times(W_E, [x, y]);
  const inner = sum(times(W_1, e), b_1).map(gelu);
  return sum(sum(e, times(W_2, inner)), b_2);
}

const tokens = (model, queries) => Array.from(queries, (x) => token(model, x, 0));

/** JAX's, the approximation by tanh. */
function gelu(x) {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}

/** One step of descent from 0: eta / n sum_i y_i exp(-(x - x_i)^2 / (2 length^2)). */
function kernelStep({ eta, length }, points) {
  return (at) => {
    let value = 0;
    for (const [x, y] of points) value += y * Math.exp(-((at - x) ** 2) / (2 * length * length));
    return (eta / points.length) * value;
  };
}

const last = (e) => e[e.length - 1];
