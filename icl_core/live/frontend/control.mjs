// The control of each kind, from what controls.py and points.py say of it, and what it does to a chart.

import { rested, tellOthers } from "./bus.mjs";
import { player, slider, toggle } from "./controls.mjs";
import { carried, points } from "./points.mjs";

const KINDS = {
  player: (spec, plot, calls) => player(spec, calls),
  points: (spec, plot, calls) => points(spec, plot, calls),
  switch: (spec, plot, calls) => toggle(spec, calls),
  slider: (spec, plot, calls) => slider(spec, calls),
};
const PAUSE = 250; // milliseconds in which more keys or clicks may follow

/** A control has an `element` and is `set` to values; points have a `stage` to be `place`d too. */
export function controlOf(spec, chart) {
  return KINDS[spec.kind](spec, chart.plot, {
    moved: (value) => {
      if (spec.carries) carry(spec.carries, value - chart.values[spec.name], chart);
      chart.move(spec.name, value);
    },
    settled: (byPointer) => {
      chart.held = false;
      chart.settle(byPointer ? 0 : PAUSE);
    },
    grabbed: (held) => {
      chart.held = held;
      // Let go where it was taken: the server's figure is still the right one, once it is here.
      const awaited = chart.waiting && chart.deferred.question < chart.question;
      if (held || chart.pending || awaited) return;
      if (chart.send) chart.update(chart.deferred);
      else chart.settle();
      rested(chart);
    },
    ready: () => chart.source() !== null || !(chart.pending || chart.waiting),
    pointed: (x) => chart.hover(x === null || !spec.hover ? {} : { [spec.hover]: x }),
  });
}

/** A slider takes points along. */
function carry({ points: name, by }, step, chart) {
  const spec = chart.data.controls.find((known) => known.name === name);
  chart.values[name] = carried(chart.values[name], by, step, spec);
  chart.byName.get(name).set(chart.values[name]);
  tellOthers(chart, name, chart.values[name]);
}
