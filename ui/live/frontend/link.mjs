// Charts of one group answer each other's hover. The registry is global, so that charts find
// each other even where two versions of this file are loaded.

const groups = (globalThis.iclLiveGroups ??= new Map());

export function join(group, member) {
  if (!groups.has(group)) groups.set(group, new Set());
  groups.get(group).add(member);
}

export function leave(group, member) {
  groups.get(group)?.delete(member);
}

/** Tells all others of the group; `what` is null when the pointer leaves. */
export function announce(group, sender, what) {
  for (const member of groups.get(group) ?? []) if (member !== sender) member.answer(what);
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
