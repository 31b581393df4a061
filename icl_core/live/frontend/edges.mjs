// "off scale" on a living chart: labels over it, which follow what moves without a redraw.

import { decoded } from "./changes.mjs";
import { element } from "./controls.mjs";
import { annotated, leaving } from "./offscale.mjs";

/** The place of the labels of `plot`; `show` after every change of what is drawn. */
export function edgeLabels(plot) {
  const place = element("div", "icl-live-edges");
  let shown = "";
  return {
    element: place,
    show() {
      const { _fullData: data, _fullLayout: layout } = plot;
      if (!layout) return;
      const labels = leaving(data, layout).map((label) => [label.text, styleOf(label, layout)]);
      const wanted = JSON.stringify(labels);
      if (wanted === shown) return;
      shown = wanted;
      place.replaceChildren(
        ...labels.map(([text, style]) => element("span", "icl-live-off", { style }, text)),
      );
    },
  };
}

function styleOf({ xaxis, yaxis, edge, at, share }, layout) {
  const [across, up] = [xaxis, yaxis].map((name) => layout[`${name[0]}axis${name.slice(1)}`]);
  const end = (edge === "top" ? Math.max : Math.min)(...up.range);
  const [left, top] = [across._offset + across.l2p(at), up._offset + up.l2p(end)];
  const shift = [-100 * share, top > up._offset + up._length / 2 ? -100 : 0];
  const moved = `translate(${shift.map((part) => `${part.toFixed(1)}%`).join()})`;
  return `left:${left.toFixed(1)}px;top:${top.toFixed(1)}px;transform:${moved}`;
}

/** A figure with the labels in it, for paper and files. */
export function labelled({ data, layout }) {
  const traces = data.map((trace) => ({ ...trace, x: decoded(trace.x), y: decoded(trace.y) }));
  return { data, layout: { ...layout, annotations: annotated(traces, layout) } };
}
