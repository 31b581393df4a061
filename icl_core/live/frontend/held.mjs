// What a model holds of one prompt after each layer, as lessons/algorithm/prompt.py has it.

import { tokenPath, weightsIn } from "./linear.mjs";
import { dot, times } from "./matrices.mjs";
import { line, number } from "./patches.mjs";
import { distance, momentsAt } from "./prompt.mjs";
import { ridge, spectrum } from "./ridge.mjs";

/** Of values { sigma, after }, the patches of the chart. */
export function held({ prompt, layers, truth, plane }) {
  return ({ sigma, after }) => {
    const moments = momentsAt(prompt, sigma);
    const known = spectrum(moments);
    const points = { ols: ridge(known, 0), ridge: ridge(known, sigma ** 2) };
    const tokens = tokenPath(layers, moments);
    const path = tokens.map(weightsIn);
    const [whole, w] = [tokens[after], path[after]];
    const onPlane = path.map((each) => times(plane, each));
    const size = dot(w, w);
    const inPlane = onPlane[after];
    const numbers = {
      a: whole.at(-1).at(-1),
      u: Math.hypot(...whole.slice(0, -1).map((row) => row.at(-1))),
      loss: distance(w, points.ridge),
      kept: size > 0 ? dot(inPlane, inPlane) / size : 1,
    };
    return [
      ...line("path", ...columns(onPlane)),
      ...line("now", ...columns([inPlane])),
      { trace: "held", field: "z", value: whole },
      ...line("w:coordinates", null, w),
      ...Object.entries(points).flatMap(([name, point]) => [
        ...line(name, ...columns([times(plane, point)])),
        ...line(`${name}:coordinates`, null, point),
      ]),
      ...Object.entries(numbers).map(([name, value]) => number(name, value)),
      ...frame([truth, points.ols, points.ridge].map((point) => times(plane, point)), onPlane),
    ];
  };
}

const columns = (rows) => [0, 1].map((k) => rows.map((row) => row[k]));

const span = (values) => Math.max(...values) - Math.min(...values);

/** Ranges of the plane's axes: all of the points but a path that has run far away. */
function frame(points, path) {
  const ends = columns([[0, 0], ...points]);
  const size = 1.6 * Math.max(...ends.map(span), 1e-3);
  return columns(path).map((own, k) => {
    const all = [...ends[k], ...own.map((value) => Math.min(size, Math.max(-size, value)))];
    const margin = 0.12 * Math.max(span(all), 0.3);
    const range = [Math.min(...all) - margin, Math.max(...all) + margin];
    return { trace: "layout", field: `${"xy"[k]}axis.range`, value: range };
  });
}
