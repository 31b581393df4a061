// Linear attention (models/linear.py): what a layer adds, and a model's implicit weights layer by layer.
// Knows no page and no plotly.

import { added, gramOf, identity, product, scaled, transposed } from "./matrices.mjs";

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

/** sum_h P_h G Q_h of heads { P, Q }: what a layer adds to a token, as a matrix. */
export const attention = (heads, gram) =>
  heads.map(({ P, Q }) => product(product(P, gram), Q)).reduce(added);

/** w after layer 0..L: minus the last row of A_l ... A_1 with A = I + sum_h P_h G Q_h. */
export function weightPath(layers, { gram }) {
  const last = gram.length - 1;
  let [G, B] = [gram, identity(gram.length)];
  const path = [new Float64Array(last)];
  for (const heads of layers) {
    const A = added(identity(gram.length), attention(heads, G));
    [G, B] = [product(product(A, G), transposed(A)), product(A, B)];
    path.push(scaled(B[last].slice(0, last), -1));
  }
  return path;
}
