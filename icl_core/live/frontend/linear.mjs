// Linear attention (models/linear.py): what a layer adds, and a model's implicit weights layer by layer.
// Knows no page and no plotly.

import { added, gramOf, identity, product, transposed } from "./matrices.mjs";

/** G = [[Sigma, alpha], [alpha^T, lam]] and n of examples x (numbers, or rows of them) and y. */
export function momentsOf(x, y) {
  const rows = Array.from(y, (target, i) => Float64Array.of(...[x[i]].flat(), target));
  const gram = gramOf(rows);
  const last = gram.length - 1;
  return {
    gram,
    Sigma: gram.slice(0, last).map((row) => row.slice(0, last)),
    alpha: gram[last].slice(0, last),
    lam: gram[last][last],
    n: y.length,
  };
}

/** What a layer adds to a token, as a matrix: sum_h P_h G Q_h of heads { P, Q }; of DIAG's omegas
 * [xx, xy, yx, yy] (models/diagonal.py), Omega * G entry by entry, which is the same. */
export const attention = (layer, gram) =>
  ArrayBuffer.isView(layer)
    ? diagonal(layer, gram)
    : layer.map(({ P, Q }) => product(product(P, gram), Q)).reduce(added);

function diagonal([xx, xy, yx, yy], gram) {
  const y = gram.length - 1;
  const omega = (i, j) => (i < y ? (j < y ? xx : xy) : j < y ? yx : yy);
  return gram.map((row, i) => row.map((value, j) => omega(i, j) * value));
}

/** A_l ... A_1 after layer l = 0..L with A = I + what a layer adds: what has become of a token (x, y). */
export function tokenPath(layers, { gram }) {
  let [G, B] = [gram, identity(gram.length)];
  const path = [B];
  for (const layer of layers) {
    const A = added(identity(gram.length), attention(layer, G));
    [G, B] = [product(product(A, G), transposed(A)), product(A, B)];
    path.push(B);
  }
  return path;
}

/** The weights that a layer's answers have: minus the last row of what has become of a token. */
export const weightsIn = (B) => Float64Array.from(B.at(-1).slice(0, -1), (value) => 0 - value);

/** w after layer 0..L. */
export const weightPath = (layers, moments) => tokenPath(layers, moments).map(weightsIn);
