// Heatmaps in motion. Plotly draws a heatmap as one image and lays the whole figure out anew for
// every change of it, axes and all; here only the image is painted, by the same rules.

/** Red, green and blue of a plotly colour scale, [[share, "#rrggbb"], ...], at a share of it. */
export function colorAt(scale, share) {
  const at = Math.min(1, Math.max(0, share));
  const above = Math.max(1, scale.findIndex(([stop]) => stop >= at));
  const [[low, from], [high, to]] = [scale[above - 1], scale[above]];
  const part = (at - low) / (high - low);
  const [one, other] = [channels(from), channels(to)];
  return one.map((channel, i) => Math.round(channel + part * (other[i] - channel)));
}

function channels(color) {
  const hex = /^#(..)(..)(..)$/.exec(color);
  return hex ? hex.slice(1).map((pair) => parseInt(pair, 16)) : color.match(/\d+/g).slice(0, 3).map(Number);
}

/**
 * Paints `rows` of numbers into the heatmap that trace `index` is drawn as; whether that was
 * possible. What hover says follows.
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
