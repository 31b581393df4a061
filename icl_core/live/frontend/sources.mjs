// What a chart draws from while a control moves: a grid, or an engine. A source has a digest, says
// `at(values, logarithmic)` patches and the values that traces lack, and whether these are `exactAt`
// the values; `exact` says whether they can be.

import { patchesAt } from "./draw.mjs";
import { engineOf } from "./engines.mjs";
import { atNode, unpack } from "./grid.mjs";
import { read } from "./packed.mjs";

/** The source that was packed. */
export function sourceOf(bytes) {
  const { header, digest, body } = read(bytes);
  if (header.engine) {
    const compute = engineOf(header, body);
    return {
      digest,
      exact: true,
      at: (values) => ({ patches: compute(values), missing: {} }),
      exactAt: () => true,
    };
  }
  const grid = unpack(bytes);
  return {
    digest,
    exact: grid.exact,
    at: (values, logarithmic) => patchesAt(grid, values, logarithmic),
    exactAt: (values, logarithmic) => grid.exact && atNode(grid.axes, values, logarithmic),
  };
}
