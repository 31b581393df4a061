// Ridge regression, its choices of strength, and the Bayes optimum (algorithms/ridge.py). Knows no page
// and no plotly.

import { dot, eigen, scaled, times, transposed } from "./matrices.mjs";

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
  const likely = new Float64Array(nodes.length);
  for (let k = 0; k < nodes.length; k++) {
    const variance = Math.max(nodes[k], LOWEST) ** 2;
    let [logDet, explained] = [(n - a.length) * Math.log(variance), 0];
    for (let i = 0; i < a.length; i++) {
      logDet += Math.log(values[i] + variance);
      explained += a[i] ** 2 / (values[i] + variance);
    }
    likely[k] = Math.log(prior[k]) - 0.5 * (logDet + (lam - explained) / variance);
  }
  const most = likely.reduce((one, other) => Math.max(one, other));
  for (let k = 0; k < likely.length; k++) likely[k] = Math.exp(likely[k] - most);
  return scaled(likely, 1 / likely.reduce((one, other) => one + other));
}

/** The posterior mean of w, and `deviationAt(x)`: the posterior standard deviation of <w, x>. */
export function bayes(known, nodes, prior) {
  const { values, U, a } = known;
  const posterior = noisePosterior(known, nodes, prior);
  const mean = a.map((each, i) => {
    let inverse = 0;
    posterior.forEach((share, k) => (inverse += share / (values[i] + Math.max(nodes[k], LOWEST) ** 2)));
    return each * inverse;
  });
  const deviationAt = (x) => {
    const turned = times(transposed(U), x);
    const center = dot(turned, mean);
    let spread = 0;
    posterior.forEach((share, k) => {
      const variance = Math.max(nodes[k], LOWEST) ** 2;
      let [within, at] = [0, 0];
      for (let i = 0; i < a.length; i++) {
        within += turned[i] ** 2 / (values[i] + variance);
        at += (turned[i] * a[i]) / (values[i] + variance);
      }
      spread += share * (variance * within + (at - center) ** 2);
    });
    return Math.sqrt(spread);
  };
  return { w: times(U, mean), deviationAt };
}
