// Charts of one group answer each other's hover. The registry is global, so that charts find
// each other even where two versions of this file are loaded.

const groups = (globalThis.iclLiveGroups ??= new Map());

/** A chart as a member of its group; `sent()` is what the server last said of it. */
export class Linked {
  constructor(Plotly, plot, sent) {
    this.Plotly = Plotly;
    this.plot = plot;
    this.sent = sent;
    const { link } = sent();
    if (!link) return;
    this.link = link;
    if (!groups.has(link.group)) groups.set(link.group, new Set());
    groups.get(link.group).add(this);
    plot.on("plotly_hover", ({ points }) => this.announce(nameOf(link.by, points[0])));
    plot.on("plotly_unhover", () => {
      if (!this.answering) this.announce(null);
    });
  }

  leave() {
    if (this.link) groups.get(this.link.group).delete(this);
  }

  /** Tells all others; `what` is null when the pointer leaves. */
  announce(what) {
    for (const member of groups.get(this.link.group)) if (member !== this) member.answer(what);
  }

  /** The reader points at `what` in another chart of the group. */
  answer(what) {
    if (this.link.by === "trace") return this.emphasise(what);
    const points = what === null ? [] : pointsCalled(this.plot, this.link.by, what);
    this.answering = true;
    if (points.length) this.Plotly.Fx.hover(this.plot, points, undefined, true);
    else this.Plotly.Fx.unhover(this.plot);
    this.answering = false;
  }

  /** Fades all traces but one and its band. */
  emphasise(uid) {
    const traces = JSON.parse(this.sent().figure).data;
    const known = traces.some((trace) => methodOf(trace) === uid);
    const faded = (trace) => known && methodOf(trace) !== uid;
    const opacity = traces.map((trace) => (trace.opacity ?? 1) * (faded(trace) ? 0.2 : 1));
    this.Plotly.restyle(this.plot, { opacity });
  }
}

/** What a hovered point is called within its group. */
export function nameOf(by, point) {
  if (by === "x") return String(point.x);
  if (by === "point") return String(point.pointNumber);
  return methodOf(point.data);
}

/** A band belongs to the legend group of its curve. */
export const methodOf = (trace) => trace.legendgroup || trace.uid;

/** Points of a chart that are called `what`, as plotly wants them for a hover. */
export function pointsCalled(plot, by, what) {
  const found = [];
  plot._fullData.forEach((trace, curveNumber) => {
    if (trace.visible !== true || !trace.x || trace.z) return;
    const places = by === "x" ? Array.from(trace.x, String) : Array.from(trace.x, (_, i) => String(i));
    const pointNumber = places.indexOf(what);
    if (pointNumber >= 0) found.push({ curveNumber, pointNumber });
  });
  return found;
}
