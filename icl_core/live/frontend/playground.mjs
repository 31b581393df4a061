// A line through points, d = 1: what a model holds after every layer, beside gradient descent, ridge
// regression and the Bayes optimum, as lessons/playground has it.

import { descentPath } from "./descent.mjs";
import { momentsOf, weightPath } from "./linear.mjs";
import { line, number, sentence } from "./patches.mjs";
import { bayes, ridge, spectrum } from "./ridge.mjs";
import { fill } from "./said.mjs";

/** Of values { points, guess, sigma, layer, revealed }, the patches of the chart. */
export function playground({ layers, etas, nodes, prior, ends, words }) {
  return ({ points, guess, sigma, layer, revealed }) => {
    const [x, y] = [0, 1].map((k) => points.map((point) => point[k]));
    const [[query, guessed]] = guess;
    const moments = momentsOf(x, y);
    const known = spectrum(moments);
    const best = bayes(known, nodes, prior);
    const path = weightPath(layers, moments).map(([w]) => w);
    const slopes = {
      model: path[layer],
      gd: descentPath(moments, etas)[layer][0],
      oracle_rr: ridge(known, sigma ** 2)[0],
      bayes_rr: best.w[0],
    };
    const deviation = best.deviationAt([1]);
    const lineOf = (w, spread = 0) =>
      ends.map((end) => (revealed && !isNaN(w) ? w * end + spread * Math.abs(end) : null));
    const at = Object.fromEntries(Object.entries(slopes).map(([name, w]) => [name, w * query]));
    const implied = moments.alpha[0] / slopes.model - moments.Sigma[0][0];
    const values = {
      ...{ guess: guessed, query, layer, layers: layers.length, n: y.length, sigma },
      ...{ ...at, deviation: deviation * Math.abs(query), implied: Math.sqrt(implied) },
    };
    const earlier = path.slice(1, -1).flatMap((w, i) => [...lineOf(i + 1 < layer ? w : NaN), null]);
    return [
      ...line("points", x, y),
      ...line("guess", [query], [guessed]),
      ...line("query", [query, query]),
      ...line("bayes_rr:high", null, lineOf(slopes.bayes_rr, deviation)),
      ...line("bayes_rr:low", null, lineOf(slopes.bayes_rr, -deviation)),
      ...Object.entries(slopes).flatMap(([name, w]) => line(name, null, lineOf(w))),
      ...(earlier.length ? line("earlier", null, earlier) : []),
      ...line(
        "answers",
        Object.values(at).map(() => query),
        Object.values(at).map((value) => (revealed ? value : null)),
      ),
      ...Object.entries(at).map(([name, value]) => number(name, revealed ? value : null)),
      sentence(fill(words[wordsFor(revealed, layer, implied)], values)),
    ];
  };
}

/** Which sentence is right, as `words.key` has it. */
const wordsFor = (revealed, layer, implied) =>
  !revealed ? "hidden" : layer === 0 ? "start" : implied >= 0 ? "ridge" : "beyond";
