// One prompt at any noise level, and the weights that methods hold of it, as lessons/shared/engines.py
// describes them. Knows no page and no plotly.

import { dot, scaled, sum, times } from "./matrices.mjs";
import { weightPath } from "./linear.mjs";
import { bayes, olsVariance, ridge } from "./ridge.mjs";

/** Moments of the prompt whose noise has size sigma (`at_levels` in tasks/linear.py). */
export function momentsAt({ Sigma, signal, noise, energies: [still, mixed, own], n }, sigma) {
  const alpha = sum(signal, scaled(noise, sigma));
  const lam = still + sigma * (mixed + sigma * own);
  const gram = [...Sigma.map((row, i) => Float64Array.of(...row, alpha[i])), Float64Array.of(...alpha, lam)];
  return { gram, Sigma, alpha, lam, n };
}

/** w after step 0..K of a method on a prompt of which `known` is the spectrum. */
export function pathOf(method, moments, known, sigma) {
  if (method.layers) return weightPath(method.layers, moments);
  if (method.iterations) return iterations(known, method.iterations);
  const start = new Float64Array(known.a.length);
  if (method.nodes) return [start, bayes(known, method.nodes, method.prior).w];
  return [start, ridge(known, strengthOf(method, known, sigma))];
}

const strengthOf = ({ strength }, known, sigma) =>
  strength === "oracle" ? sigma ** 2 : strength === "residual" ? olsVariance(known) : strength;

/** AdaRR by gradient descent with the best step sizes of the prompt (algorithms/iterative.py). */
function iterations({ values, U, a, lam, n }, steps) {
  const h = 2 / (values[0] + values.at(-1) || 1);
  const [v, w] = [new Float64Array(a.length), new Float64Array(a.length)];
  const path = [times(U, w)];
  for (let step = 0; step < steps; step++) {
    let residuals = lam;
    for (let i = 0; i < a.length; i++) {
      v[i] += h * (a[i] - values[i] * v[i]);
      residuals -= v[i] * (2 * a[i] - values[i] * v[i]);
    }
    const s = n > a.length ? Math.max(residuals, 0) / (n - a.length) : NaN;
    for (let i = 0; i < a.length; i++) w[i] += (h / (1 + h * s)) * (a[i] - (values[i] + s) * w[i]);
    path.push(times(U, w));
  }
  return path;
}

/** 1/2 |w - target|^2: the half squared gap of two predictions, expected over the query. */
export function distance(w, target) {
  const gap = sum(w, scaled(target, -1));
  return 0.5 * dot(gap, gap);
}

const BISECTIONS = 60;

/** The s >= 0 whose ridge regression is nearest to w, and how far it is (analysis/implied.py). */
export function nearestRidge({ values, U, a }, w, strengths) {
  const b = Float64Array.from(U[0], (_, j) => U.reduce((total, row, i) => total + row[j] * w[i], 0));
  if (!b.every(Number.isFinite)) return { strength: NaN, distance: NaN };
  const apart = (s) => distance(a.map((each, i) => each / (values[i] + s || 1)), b);
  const slope = (s) =>
    a.reduce((total, each, i) => {
      const sum = values[i] + s || 1;
      return total - ((each / sum - b[i]) * each) / sum ** 2;
    }, 0);
  const tried = Array.from(strengths, apart);
  const best = tried.indexOf(Math.min(...tried));
  let low = strengths[Math.max(best - 1, 0)];
  let high = strengths[Math.min(best + 1, strengths.length - 1)];
  if (slope(low) >= 0) high = low;
  for (let turn = 0; turn < BISECTIONS; turn++) {
    const middle = (low + high) / 2;
    if (slope(middle) > 0) high = middle;
    else low = middle;
  }
  const strength = (low + high) / 2;
  return { strength, distance: apart(strength) };
}
