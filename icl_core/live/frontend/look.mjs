// What a reader chose of a drawn chart: hidden lines and zoom, as `Look` in look.py has them.

import { methodOf } from "./link.mjs";

/** Off by a click in the legend, or by the figure itself. */
export const isHidden = ({ visible }) => visible === "legendonly" || visible === false;

/** `zoom` holds plotly's ranges by the name of their axis: exponents on logarithmic axes. */
export function lookOf({ data, layout }, zoom) {
  const hidden = [...new Set(data.filter(isHidden).map(methodOf))];
  const zoomed = Object.entries(zoom).map(([name, range]) => {
    const shown = range.map((end) => (layout[name].type === "log" ? 10 ** end : end));
    return [name.replace("axis", ""), ...shown.map((end) => Number(end.toPrecision(6)))];
  });
  return { hidden, zoom: zoomed.filter(([, low, high]) => low !== high) };
}
