// Programs that say, for values of the controls, what a chart shows: exactly, at every frame.

import { construction } from "./construction.mjs";
import { features } from "./features.mjs";
import { shaped } from "./grid.mjs";
import { held } from "./held.mjs";
import { onePrompt } from "./one_prompt.mjs";
import { named } from "./patches.mjs";
import { plane } from "./plane.mjs";
import { playground } from "./playground.mjs";

const ENGINES = { construction, features, held, one_prompt: onePrompt, plane, playground };

/** The engine of a header with its constants, as engine.py packed them: values -> patches. */
export function engineOf({ engine, constants }, body) {
  const numbers = new Float64Array(body);
  const revived = (value) => {
    if (Array.isArray(value)) return value.map(revived);
    if (value === null || typeof value !== "object") return value;
    if (value.shape && "at" in value) {
      const size = value.shape.reduce((product, length) => product * length, 1);
      return shaped(numbers.subarray(value.at, value.at + size), value.shape);
    }
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, revived(entry)]));
  };
  const compute = ENGINES[engine](revived(constants));
  return (values) => named(compute(values));
}
