// From values to the picture. A patch is { trace, field, value }: one field of one trace now.

import { labelled } from "./edges.mjs";
import { withField } from "./fields.mjs";
import { blend, corners, countGaps, shaped } from "./grid.mjs";
import { isHidden } from "./look.mjs";
import { format } from "./numbers.mjs";
import { paint, replot } from "./paint.mjs";

/** What the grid says at `values`: patches, and how many values each trace lacks. */
export function patchesAt(grid, values, logarithmic) {
  const found = corners(grid.axes, values, logarithmic);
  const missing = {};
  const patches = grid.quantities.map((quantity) => {
    const flat = blend(quantity, found);
    if ("xyz".includes(quantity.field)) {
      missing[quantity.trace] = (missing[quantity.trace] ?? 0) + countGaps(flat);
    }
    return { trace: quantity.trace, field: quantity.field, value: shaped(flat, quantity.shape) };
  });
  return { patches, missing };
}

/** Of the values a trace lacks, those that are not deliberate breaks between strokes. */
export function gapsAmong(missing, breaks) {
  return Object.fromEntries(
    Object.entries(missing).map(([uid, count]) => [uid, Math.max(0, count - (breaks[uid] ?? 0))]),
  );
}

/** What is said of gaps: how many values of which trace. */
export function gapText(gaps, names) {
  const said = Object.entries(gaps)
    .filter(([uid, count]) => count > 0 && names[uid])
    .map(([uid, count]) => `${names[uid]} (${count})`);
  return said.length ? `Left as gaps, being infinite or no number: ${said.join(", ")}.` : "";
}

/** Values by field that patches have for what is no trace: "readout", "said". */
export const patchesOf = (what, patches) =>
  Object.fromEntries(
    patches.filter(({ trace }) => trace === what).map(({ field, value }) => [field, value]),
  );

/** The whole figure on a surface, with `patches` in place; `figure` is text, so parsed is fresh. */
export function compose({ figure, templates, height }, surface, patches) {
  const { data, layout: plain } = JSON.parse(figure);
  let layout = { ...plain, template: templates[surface], height };
  for (const { trace, field, value } of patches) {
    const index = data.findIndex(({ uid }) => uid === trace);
    if (trace === "layout") layout = withField(layout, field, value);
    else if (index >= 0) data[index] = withField(data[index], field, value);
  }
  return { data, layout };
}

/**
 * Draws `patches` on a living chart. Curves and points on fixed axes, and heatmaps, change without
 * a redraw of the rest, which is several times faster; everything else is restyled in one go.
 */
export function draw(Plotly, plot, patches) {
  const moving = new Map();
  const others = new Map();
  const layout = {};
  const byTrace = new Map();
  for (const { trace, field, value } of patches) {
    if (trace === "layout") layout[field] = value;
    else byTrace.set(trace, { ...byTrace.get(trace), [field]: value });
  }
  plot.data.forEach((trace, index) => {
    const fields = byTrace.get(trace.uid);
    if (!fields) return;
    if (isHidden(trace)) {
      // Nothing to see, but it must be right when it is shown again.
      Object.assign(trace, fields);
    } else if (moves(plot, trace, fields)) {
      moving.set(index, fields);
    } else if (Object.keys(fields).join() !== "z" || !paint(plot, index, fields.z)) {
      const names = Object.keys(fields).join();
      const group = others.get(names) ?? { update: {}, traces: [] };
      for (const [name, value] of Object.entries(fields)) (group.update[name] ??= []).push(value);
      group.traces.push(index);
      others.set(names, group);
    }
  });
  if (moving.size && !replot(plot, moving)) {
    const [traces, data] = [[...moving.keys()], [...moving.values()]];
    const still = { duration: 0 };
    const options = { mode: "immediate", transition: still, frame: { ...still, redraw: false } };
    // Rejected when the next frame comes before this one is done: as intended.
    Plotly.animate(plot, { data, traces }, options).catch(() => {});
  }
  const groups = [...others.values()];
  const first = groups.shift();
  if (first) Plotly.update(plot, first.update, layout, first.traces);
  else if (Object.keys(layout).length) Plotly.relayout(plot, layout);
  for (const { update, traces } of groups) Plotly.restyle(plot, update, traces);
}

// Plotly draws a scatter trace anew without touching the rest: lines, gaps, fills and markers come
// out as after a full redraw. Only the range of the axes does not follow.
function moves(plot, trace, fields) {
  const fixed = (letter, name) => {
    const axis = plot.layout[`${letter}axis${(name ?? letter).slice(1)}`];
    return axis && !axis.autorange;
  };
  return (
    (trace.type ?? "scatter") === "scatter" &&
    Object.keys(fields).every((field) => field === "x" || field === "y") &&
    fixed("x", trace.xaxis) &&
    fixed("y", trace.yaxis)
  );
}

/**
 * Keeps in `zoom` (axis -> range) what the reader chose, as plotly tells of a `change`. Plotly
 * itself gives up each end of a zoomed range that new data would move.
 */
export function noteZoom(zoom, change, layout) {
  for (const key of Object.keys(change)) {
    const [name, what = ""] = key.split(".");
    if (!/^[xy]axis\d*$/.test(name)) continue;
    if (what.startsWith("range[")) zoom[name] = [...layout[name].range];
    else delete zoom[name];
  }
}

/** Makes `layout` that of a page with the reader's `zoom`; fit for a phone where it is `narrow`; drags
 * are no zooms where it keeps `still`. */
export function onPage(layout, zoom, { narrow, still }) {
  // Zoom, legend choices and selections belong to the reader: a constant revision keeps them.
  layout.uirevision = "live";
  layout.autosize = true;
  for (const [name, range] of Object.entries(zoom)) {
    if (layout[name]) layout[name] = { ...layout[name], range: [...range], autorange: false };
  }
  // The page has a heading, which wraps and is read out.
  if (layout.title) {
    layout.title = undefined;
    layout.margin = { ...layout.margin, t: 16 };
  }
  if (narrow) {
    // At the foot, for which plotly makes room below the names of the axes.
    const foot = { yref: "container", y: 0, yanchor: "bottom" };
    layout.legend = { ...layout.legend, orientation: "h", x: 0, xanchor: "left", ...foot };
  }
  // A finger on the picture must be able to scroll the page, and a hand to miss a point.
  if (still) layout.dragmode = false;
}

/** Undoes zoom, to the ranges of the figure. */
export function wholeView(Plotly, plot, { figure }) {
  const { layout } = JSON.parse(figure);
  const update = {};
  for (const name of Object.keys(plot.layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    const range = layout[name]?.range;
    if (range) update[`${name}.range`] = [...range];
    else update[`${name}.autorange`] = true;
  }
  return Plotly.relayout(plot, update);
}

/** Whether two sets of control values agree. */
export const same = (one, other) =>
  Object.keys(other).every((name) => String(one[name]) === String(other[name]));

/** "Noise level σ = 2.5, Layers L = 3": where the controls stand, for a title. */
export function standing(controls, values) {
  const told = controls.filter(({ kind, most }) => kind !== "switch" && most !== 1);
  const said = told.map(({ name, label, labels, format: spec, unit }) => {
    const value = values[name];
    const text = labels ? labels[value] : Array.isArray(value) ? value.length : format(value, spec);
    return `${label} = ${text}${unit ? ` ${unit}` : ""}`;
  });
  return said.join(", ");
}

/** Saves what is on screen, on white paper, with the zoom and legend choices of the reader. */
export async function download(Plotly, plot, sent, values, patches, { type, scale }) {
  const { data, layout } = compose(sent, "paper", patches);
  // The figure's own title may name the values that it was made for.
  if (layout.title && !same(values, sent.values)) {
    layout.title = { ...layout.title, text: `${sent.title}: ${standing(sent.controls, values)}` };
  }
  for (const [name, axis] of Object.entries(plot.layout)) {
    if (/^[xy]axis\d*$/.test(name) && axis.range) {
      layout[name] = { ...layout[name], range: [...axis.range], autorange: false };
    }
  }
  // Left out altogether: plotly keeps a grey entry of what is only off.
  const off = new Set(plot.data.filter(isHidden).map(({ uid }) => uid));
  const shown = data.filter(({ uid }) => !off.has(uid));
  const width = Math.max(640, plot.clientWidth);
  const address = await Plotly.toImage(
    { ...labelled({ data: shown, layout }), config: {} },
    { format: type, scale, width, height: layout.height },
  );
  const file = URL.createObjectURL(await (await fetch(address)).blob());
  const link = document.createElement("a");
  link.href = file;
  link.download = `${sent.fileName}.${type}`;
  link.click();
  // The browser reads the file after the click returns.
  setTimeout(() => URL.revokeObjectURL(file), 10_000);
}

/** As if the pointer had moved to where it rests. */
export function pointAgain({ clientX, clientY }) {
  const move = new MouseEvent("mousemove", { clientX, clientY, bubbles: true });
  document.elementFromPoint(clientX, clientY)?.dispatchEvent(move);
}
