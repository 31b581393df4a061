// Models with an MLP below linear attention (models/features.py) and a step with a Gaussian kernel
// (algorithms/kernel.py), on a prompt of points (x, y): their answers at many queries, and what each
// point adds at one of them. Knows no page and no plotly.

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

function line(trace, x, y) {
  const fields = Object.entries({ x, y }).filter(([, value]) => value);
  return fields.map(([field, value]) => ({ trace, field, value }));
}

const number = (field, value) => ({ trace: "readout", field, value });

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
    const change = layer(heads, tokensNow, share);
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
  for (const { writes, compares } of heads) {
    const [row, asked] = [writes.at(-1), times(compares, e)];
    context.forEach((token, i) => (adds[i] -= share * dot(row, token) * dot(token, asked)));
  }
  return adds;
}

/** sum_h P W_V (sum_i e_i e_i^T) W_K^T W_Q: what a layer adds to a token, as a matrix. */
function layer(heads, context, share) {
  const width = context[0].length;
  const gram = Array.from({ length: width }, () => new Float64Array(width));
  for (const e of context) {
    for (let i = 0; i < width; i++) {
      const [row, weight] = [gram[i], share * e[i]];
      for (let j = 0; j < width; j++) row[j] += weight * e[j];
    }
  }
  const parts = heads.map(({ writes, compares }) => product(product(writes, gram), compares));
  return parts.reduce((one, other) => one.map((row, i) => sum(row, other[i])));
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

function dot(one, other) {
  let value = 0;
  for (let k = 0; k < one.length; k++) value += one[k] * other[k];
  return value;
}

function times(matrix, vector) {
  const result = new Float64Array(matrix.length);
  for (let k = 0; k < matrix.length; k++) result[k] = dot(matrix[k], vector);
  return result;
}

function sum(one, other) {
  const result = new Float64Array(one.length);
  for (let k = 0; k < one.length; k++) result[k] = one[k] + other[k];
  return result;
}

function product(one, other) {
  const columns = other[0].length;
  return one.map((row) => {
    const result = new Float64Array(columns);
    for (let k = 0; k < row.length; k++) {
      const [share, added] = [row[k], other[k]];
      for (let j = 0; j < columns; j++) result[j] += share * added[j];
    }
    return result;
  });
}
