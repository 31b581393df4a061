// Ridge regression, its choices of strength, and the Bayes optimum (algorithms/ridge.py). Knows no page
// and no plotly.

import { dot, eigen, times, transposed } from "./matrices.mjs";

const LOWEST = 1e-6; // noise levels below it count as it

/** Sigma = U diag(values) U^T and a = U^T alpha; what is 0 but for rounding is 0. */
export function spectrum({ Sigma, alpha, lam, n }) {
  const found = eigen(Sigma);
  const tiny = 8 * alpha.length * Number.EPSILON * found.values.at(-1);
  const values = found.values.map((value) => (value > tiny ? value : 0));
  const turned = times(transposed(found.U), alpha);
  return { values, U: found.U, a: turned.map((each, i) => (values[i] > 0 ? each : 0)), lam, n };
}

/** (Sigma + s I)^-1 alpha; s = 0 is the least-norm solution of least squares. */
export function ridge({ values, U, a }, s) {
  return times(U, a.map((each, i) => each / (values[i] + s || 1)));
}

/** What AdaRR takes sigma^2 to be: the residual sum of squares of least squares, by n - d. */
export function olsVariance({ values, a, lam, n }) {
  if (n <= a.length) return NaN;
  const fitted = a.reduce((total, each, i) => total + each ** 2 / (values[i] || 1), 0);
  return Math.max(lam - fitted, 0) / (n - a.length);
}

/** p(sigma_k | X, y) at nodes of a noise law, of which `prior` are the weights. */
export function noisePosterior({ values, a, lam, n }, nodes, prior) {
  const logits = Array.from(nodes, (sigma, k) => {
    const variance = Math.max(sigma, LOWEST) ** 2;
    let [logDet, explained] = [(n - a.length) * Math.log(variance), 0];
    values.forEach((value, i) => {
      logDet += Math.log(value + variance);
      explained += a[i] ** 2 / (value + variance);
    });
    return Math.log(prior[k]) - 0.5 * (logDet + (lam - explained) / variance);
  });
  const most = Math.max(...logits);
  const likely = logits.map((logit) => Math.exp(logit - most));
  const total = likely.reduce((one, other) => one + other);
  return likely.map((each) => each / total);
}

/** The posterior mean of w, and `deviationAt(x)`: the posterior standard deviation of <w, x>. */
export function bayes(known, nodes, prior) {
  const { values, U, a } = known;
  const posterior = noisePosterior(known, nodes, prior);
  const variances = Array.from(nodes, (sigma) => Math.max(sigma, LOWEST) ** 2);
  const means = variances.map((variance) => a.map((each, i) => each / (values[i] + variance)));
  const mean = a.map((_, i) => dot(posterior, means.map((each) => each[i])));
  const deviationAt = (x) => {
    const turned = times(transposed(U), x);
    const center = dot(turned, mean);
    const spread = variances.map((variance, k) => {
      const within = turned.reduce((total, u, i) => total + u ** 2 / (values[i] + variance), 0);
      return variance * within + (dot(turned, means[k]) - center) ** 2;
    });
    return Math.sqrt(dot(posterior, spread));
  };
  return { w: times(U, mean), deviationAt };
}
