// One prompt, what its examples say of their noise and what every method makes of it, as
// lessons/one_prompt has it.

import { scaled } from "./matrices.mjs";
import { line, sentence } from "./patches.mjs";
import { distance, momentsAt, nearestRidge, pathOf } from "./prompt.mjs";
import { noisePosterior, olsVariance, ridge, spectrum } from "./ridge.mjs";
import { fill } from "./said.mjs";

/** Of values { sigma }, the patches of the chart that `shows` names. */
export function onePrompt({ shows, prompt, methods, ...rest }) {
  return ({ sigma }) => {
    const moments = momentsAt(prompt, sigma);
    const known = spectrum(moments);
    const paths = methods.map((method) => [method.name, pathOf(method, moments, known, sigma)]);
    return CHARTS[shows](paths, { sigma, known, ...rest });
  };
}

const CHARTS = {
  noise(paths, { sigma, known, nodes, prior, continuous, end, strengths, nothing, words }) {
    const posterior = noisePosterior(known, nodes, prior);
    const density = continuous ? posterior.map((share, k) => share / prior[k]) : posterior;
    const most = density.reduce((one, other) => Math.max(one, other));
    const heights = continuous ? scaled(density, 1 / most) : stems(density);
    const numbers = { sigma, residual: Math.sqrt(olsVariance(known)), peak: nodes[density.indexOf(most)] };
    const marks = paths.flatMap(([name, path]) => {
      const found = nearestRidge(known, path.at(-1), strengths);
      const at = Math.sqrt(found.strength);
      numbers[name] = at;
      numbers[`${name}_distance`] = found.distance > nothing ? found.distance : 0;
      return line(name, [Math.min(at, end)]);
    });
    const truth = ["truth", "truth2"].flatMap((name) => line(name, [sigma, sigma]));
    return [...line("posterior", null, heights), ...truth, ...marks, sentence(fill(words, numbers))];
  },
  weights: (paths) => paths.flatMap(([name, path]) => line(name, null, path.at(-1))),
  steps: (paths, { sigma, known }) => {
    const target = ridge(known, sigma ** 2);
    return paths.flatMap(([name, path]) => {
      const losses = path.map((w) => distance(w, target));
      return line(name, null, losses.length === 2 ? [losses[1], losses[1]] : losses.slice(1));
    });
  },
};

/** Upright strokes from 0, with a break after each. */
const stems = (tops) => [].concat(...Array.from(tops, (top) => [0, top, null]));
