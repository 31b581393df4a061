// Gradient descent and GD++ on a prompt (algorithms/descent.py). Knows no page and no plotly.

import { added, identity, product, scaled, sum, times, transposed } from "./matrices.mjs";

/**
 * w after step 0..K from w = 0. With inputs M x: w <- w + eta / n M^T M (alpha - Sigma w), then
 * M <- (I - gamma M Sigma M^T) M. Gradient descent is the case gamma = 0.
 */
export function descentPath({ Sigma, alpha, n }, etas, gammas = etas.map(() => 0)) {
  let [w, M] = [new Float64Array(alpha.length), identity(alpha.length)];
  const path = [w];
  etas.forEach((eta, k) => {
    const gradient = sum(alpha, scaled(times(Sigma, w), -1));
    w = sum(w, scaled(times(transposed(M), times(M, gradient)), eta / n));
    path.push(w);
    if (gammas[k] === 0) return;
    const inputs = product(product(M, Sigma), transposed(M));
    M = added(M, product(inputs, M).map((row) => scaled(row, -gammas[k])));
  });
  return path;
}
