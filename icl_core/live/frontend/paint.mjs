// Pictures in motion. For every change plotly goes through the whole figure, defaults, axes and all,
// which grows with the number of subplots; here only what moves is drawn.

import { strokes } from "./strokes.mjs";
import { channels } from "./theme.mjs";

/**
 * Curves and points on axes that stay: plotly's own drawing of the subplots concerned, without the
 * rest. `changes` is a map from the index of a trace to its new x or y; whether it was possible.
 */
export function replot(plot, changes) {
  const moved = [...changes].map(([index, fields]) => [plot._fullData?.[index], fields, index]);
  const drawable = ([trace, fields]) =>
    trace?._module?.calc &&
    !trace.stackgroup &&
    Object.values(fields).every((values) => values.length === lengthOf(trace, fields));
  if (!moved.every(drawable)) return false;
  const subplots = new Set();
  const told = [];
  for (const [trace, fields, index] of moved) {
    Object.assign(plot.data[index], fields);
    Object.assign(trace, fields, { _length: lengthOf(trace, fields) });
    const points = trace._module.calc(plot, trace);
    Object.assign(points[0], { trace, t: points[0].t ?? {} });
    plot.calcdata[index] = points;
    subplots.add(trace.xaxis + trace.yaxis);
    const info = plot._fullLayout._plots[trace.xaxis + trace.yaxis];
    told.push(...(strokes(info, trace, points, (other) => changes.has(other.index)) ?? [null]));
  }
  if (!told.includes(null)) {
    for (const [element, name, value] of told) {
      if (element.getAttribute(name) !== value) element.setAttribute(name, value);
    }
    return true;
  }
  const { _module: module } = moved[0][0];
  for (const name of subplots) {
    const info = plot._fullLayout._plots[name];
    const all = plot.calcdata.filter(([{ trace }]) =>
      trace._module === module && trace.visible === true && trace.xaxis + trace.yaxis === name,
    );
    module.plot(plot, info, all, info.plot.select("g.scatterlayer"));
  }
  return true;
}

/** How many points there will be: as many as now, unless both coordinates say something else. */
const lengthOf = (trace, { x, y }) => (x && y ? x.length : trace._length);

/** Red, green and blue of a plotly colour scale, [[share, "#rrggbb"], ...], at a share of it. */
export function colorAt(scale, share) {
  const at = Math.min(1, Math.max(0, share));
  const above = Math.max(1, scale.findIndex(([stop]) => stop >= at));
  const [[low, from], [high, to]] = [scale[above - 1], scale[above]];
  const part = (at - low) / (high - low);
  const [one, other] = [channels(from), channels(to)];
  return one.map((channel, i) => Math.round(channel + part * (other[i] - channel)));
}

/**
 * A heatmap, which plotly draws as one image: paints `rows` of numbers into that of trace `index`, by
 * the same rules; whether that was possible. What hover says follows.
 */
export function paint(plot, index, rows) {
  const trace = plot._fullData?.[index];
  if (trace?.type !== "heatmap" || trace.zsmooth || trace.texttemplate) return false;
  const drawn = [...plot.querySelectorAll(".heatmaplayer .hm")].find(
    (group) => group.__data__?.[0]?.trace?.uid === trace.uid,
  );
  const image = drawn?.querySelector("image");
  if (!image) return false;
  const known = drawn.__data__[0];
  const { cmin, cmax, colorscale } = plot._fullLayout[trace.coloraxis] ?? {
    cmin: trace.zmin, cmax: trace.zmax, colorscale: trace.colorscale,
  };
  const [width, height] = [Number(image.getAttribute("width")), Number(image.getAttribute("height"))];
  const across = edges(axisOf(plot, trace.xaxis), known.x, Number(image.getAttribute("x")), width);
  const down = edges(axisOf(plot, trace.yaxis), known.y, Number(image.getAttribute("y")), height);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  const [gapX, gapY] = [trace.xgap ?? 0, trace.ygap ?? 0];
  rows.forEach((row, i) => {
    const [top, bottom] = [down[i], down[i + 1]].sort((a, b) => a - b);
    row.forEach((value, j) => {
      if (!Number.isFinite(value)) return;
      const [left, right] = [across[j], across[j + 1]].sort((a, b) => a - b);
      pen.fillStyle = `rgb(${colorAt(colorscale, (value - cmin) / (cmax - cmin)).join()})`;
      const place = [left + Math.floor(gapX / 2), top + Math.floor(gapY / 2)];
      pen.fillRect(...place, right - left - gapX, bottom - top - gapY);
    });
  });
  image.setAttributeNS("http://www.w3.org/1999/xlink", "xlink:href", canvas.toDataURL());
  for (const holder of [known, trace, plot.data[index]]) holder.z = rows;
  return true;
}

const axisOf = (plot, name) => plot._fullLayout[`${name[0]}axis${name.slice(1)}`];

/** Where the cells of an image meet, in its own pixels. */
function edges(axis, places, start, size) {
  return Array.from(places, (place) => Math.min(size, Math.max(0, Math.round(axis.c2p(place) - start))));
}
