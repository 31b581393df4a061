// Two inputs, d = 2: steps of gradient descent and of GD++ over the contours of a prompt's loss, and what
// GD++ makes of the inputs, as lessons/playground/plane.py has it.

import { descentPath } from "./descent.mjs";
import { dot, eigen, gramOf, scaled, sum, times, withValues } from "./matrices.mjs";
import { line, number, sentence } from "./patches.mjs";
import { fill } from "./said.mjs";

/** Of values { inputs, eta, gamma, step }, the patches of the chart. */
export function plane({ target, steps, levels, angles, flat, words }) {
  const circle = Array.from(angles, (angle) => [Math.cos(angle), Math.sin(angle)]);
  const ellipse = (matrix) => circle.map((u) => times(matrix, u));
  return ({ inputs, eta, gamma, step }) => {
    const n = inputs.length;
    const Sigma = gramOf(inputs);
    const known = eigen(Sigma);
    const values = known.values.map((value) => Math.max(value, 0));
    const top = values[1] || 1;
    const { etas, gammas, courses, turns } = strengths(values, { eta, gamma, steps, n });
    const moments = { Sigma, alpha: times(Sigma, target), n };
    const paths = {
      gd: descentPath(moments, etas.map(() => (eta * n) / top)).slice(0, step + 1),
      gdpp_tuned: descentPath(moments, etas, gammas).slice(0, step + 1),
    };
    const turned = withValues(known.U, turns[step]);
    const spreadAt = (k) => withValues(known.U, courses[k].map((value) => Math.sqrt(value / n)));
    const wide = withValues(known.U, values.map((value) => 1 / Math.sqrt(Math.max(value, flat * top))));
    const lossOf = (w) => {
      const gap = w.map((each, i) => each - target[i]);
      return dot(gap, times(Sigma, gap));
    };
    const start = lossOf([0, 0]);
    const left = (path) => (100 * lossOf(path.at(-1))) / (start || 1);
    const contours = levels.flatMap((level) => {
      const at = (u) => sum(target, scaled(times(wide, u), Math.sqrt(level * start)));
      return [...circle.map(at), [null, null]];
    });
    const condition = (values) => values[1] / Math.max(values[0], flat * values[1]);
    const numbers = {
      ...{ step, gd: left(paths.gd), gdpp_tuned: left(paths.gdpp_tuned) },
      ...{ before: condition(values), now: condition([...courses[step]].sort((a, b) => a - b)) },
    };
    return [
      ...both("inputs", inputs),
      ...both("seen", inputs.map((x) => times(turned, x))),
      ...both("first", ellipse(spreadAt(0))),
      ...both("spread", ellipse(spreadAt(step))),
      ...both("contours", contours),
      ...Object.entries(paths).flatMap(([name, path]) => both(name, upTo(path, steps + 1))),
      ...["gd", "gdpp_tuned", "now"].map((name) => number(name, numbers[name])),
      sentence(fill(words, numbers)),
    ];
  };
}

/**
 * Step sizes and gammas in units of the largest eigenvalue there is, which GD++ makes smaller; the
 * eigenvalues after step 0..K, lambda (1 - gamma lambda)^2 each, and what became of x along them.
 */
function strengths(values, { eta, gamma, steps, n }) {
  const [etas, gammas, courses, turns] = [[], [], [Array.from(values)], [Array.from(values, () => 1)]];
  for (let k = 0; k < steps; k++) {
    const now = courses[k];
    const top = Math.max(...now) || 1;
    etas.push((eta * n) / top);
    gammas.push(gamma / top);
    const kept = now.map((value) => 1 - (gamma / top) * value);
    courses.push(now.map((value, i) => value * kept[i] ** 2));
    turns.push(turns[k].map((turn, i) => turn * kept[i]));
  }
  return { etas, gammas, courses, turns };
}

const both = (trace, rows) => line(trace, ...[0, 1].map((k) => Array.from(rows, (row) => row[k])));

/** Rows with gaps behind them, as many as ever. */
const upTo = (rows, count) => Array.from({ length: count }, (_, i) => rows[i] ?? [null, null]);
