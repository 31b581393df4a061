// Curves that leave their axes say so: where they leave, "off scale" stands at the edge. Knows no
// page; export/images.py runs it too, where a figure is drawn for a file, so it imports nothing.

const SLACK = 0.01; // of the axis: what lies beyond by less is still seen
const APART = 0.2; // of the width: nearer ones share a label
const TEXTS = { top: "off scale ↑", bottom: "off scale ↓" };

/**
 * Labels for `traces` on the axes of `layout`, whose ranges they have: { text, xaxis, yaxis, edge, at,
 * share }, with `at` in the axis's own scale (exponents on a logarithmic one), from 0 to 1 as `share`.
 */
export function leaving(traces, layout) {
  const labels = [];
  for (const trace of traces) {
    if (!isCurve(trace)) continue;
    const [xaxis, yaxis] = [trace.xaxis ?? "x", trace.yaxis ?? "y"];
    const [across, up] = [xaxis, yaxis].map((name) => layout[`${name[0]}axis${name.slice(1)}`]);
    if (!up?.range || up.autorange === true || !trace.y?.length) continue;
    const x = Array.from(trace.x ?? trace.y.keys(), scaleOf(across));
    const y = Array.from(trace.y, scaleOf(up));
    const [left, right] = sorted(across?.range ?? [Math.min(...x), Math.max(...x)]);
    for (const { edge, at } of exits(x, y, sorted(up.range))) {
      const share = (at - left) / (right - left);
      if (share >= 0 && share <= 1) labels.push({ text: TEXTS[edge], xaxis, yaxis, edge, at, share });
    }
  }
  labels.sort((one, other) => one.share - other.share);
  const kept = [];
  for (const label of labels) {
    const near = (other) =>
      ["xaxis", "yaxis", "edge"].every((name) => other[name] === label[name]) &&
      label.share - other.share < APART;
    if (!kept.some(near)) kept.push(label);
  }
  return kept;
}

/** Labels as annotations of a layout. */
export function annotated(traces, layout) {
  const made = leaving(traces, layout).map(({ text, xaxis, yaxis, edge, at, share }) => ({
    text, x: at, y: edge === "top" ? 1 : 0, xref: xaxis, yref: `${yaxis} domain`, showarrow: false,
    xanchor: share < APART ? "left" : share > 1 - APART ? "right" : "center", yanchor: edge,
    font: { size: layout.font?.size ?? 12 },
  }));
  return [...(layout.annotations ?? []), ...made];
}

/** A line that says something of itself: no edge of a band, and none that is only there to guide. */
const isCurve = ({ type = "scatter", mode = "lines", visible = true, line, meta, hoverinfo }) =>
  type === "scatter" && mode.includes("lines") && visible === true && line?.width !== 0 &&
  meta !== "decoration" && hoverinfo !== "skip";

const sorted = ([one, other]) => (one < other ? [one, other] : [other, one]);

/** Values as their axis has them; a break in a line is NaN, 0 on a logarithmic axis far below. */
const scaleOf = (axis) => (value) => {
  if (value === null || value === undefined || value === "") return NaN;
  const number = Number(value);
  return axis?.type === "log" ? Math.log10(Math.max(number, 0)) : number;
};

/** Where y goes beyond [low, high], once for every time that it does. */
function exits(x, y, [low, high]) {
  const slack = SLACK * (high - low);
  const side = (value) => (value > high + slack ? "top" : value < low - slack ? "bottom" : "");
  const found = [];
  for (let i = 0; i < y.length; i += 1) {
    const edge = side(y[i]);
    if (!edge) continue;
    let end = i;
    while (end + 1 < y.length && side(y[end + 1]) === edge) end += 1;
    const border = edge === "top" ? high : low;
    const before = i > 0 && !Number.isNaN(y[i - 1]);
    const after = end + 1 < y.length && !Number.isNaN(y[end + 1]);
    if (before) found.push({ edge, at: crossing(x, y, i - 1, i, border) });
    else if (after) found.push({ edge, at: crossing(x, y, end + 1, end, border) });
    else found.push({ edge, at: (x[i] + x[end]) / 2 });
    i = end;
  }
  return found;
}

/** Where the line from one point to another meets the border; at the first, if the other is infinite. */
function crossing(x, y, inside, outside, border) {
  const part = (border - y[inside]) / (y[outside] - y[inside]);
  return x[inside] + (Number.isFinite(part) ? part : 0) * (x[outside] - x[inside]);
}
