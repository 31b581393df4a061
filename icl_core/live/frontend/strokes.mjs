// Short lines, their bands and marks on axes that stay: the same paths and places that plotly would give
// them, without its going through every style of every trace.

const GROWTH = 10; // of plotly's tolerance, for every width or height of the axes beyond them

/**
 * What moves a scatter trace to new calculated `points`, [[element, attribute, value], ...]; null where
 * only plotly knows how. `moving` says of a trace whether it moves too.
 */
export function strokes(info, trace, points, moving) {
  const group = info.plot.node().querySelector(`.scatterlayer > .trace${trace.uid}`);
  if (!group || info.layerClipId || !simple(trace)) return null;
  if (trace._nexttrace && !moving(trace._nexttrace)) return null;
  const { xaxis, yaxis } = info;
  const places = points.map(({ x, y }) => [xaxis.c2p(x), yaxis.c2p(y)]);
  const found = [];
  if (trace.mode.includes("lines") && !lines(found, group, trace, places, info)) return null;
  if (trace.mode.includes("markers") && !marks(found, group, points, places)) return null;
  return found;
}

function simple(trace) {
  const { mode, line, marker, fill } = trace;
  const plain = !trace._ownFill && !trace.ids && !trace.connectgaps && !trace.customdata;
  const bars = trace.error_x?.visible || trace.error_y?.visible;
  const turned = marker?.maxdisplayed || marker?.angleref?.startsWith("prev");
  return plain && !bars && !turned && !mode.includes("text") &&
    (line?.shape ?? "linear") === "linear" && (!fill || fill === "none" || fill === "tonexty");
}

const there = ([x, y]) => Number.isFinite(x) && Number.isFinite(y);

function lines(found, group, trace, places, { xaxis, yaxis }) {
  // As plotly cuts off what is far away.
  const near = ([x, y]) => Math.abs(x) < 2 * xaxis._length && Math.abs(y) < 2 * yaxis._length;
  const parts = [[]];
  for (const place of places) {
    if (!there(place)) parts.push([]);
    else if (near(place)) parts.at(-1).push(place);
    else return false;
  }
  const beyond = ([x, y]) =>
    Math.max(0, -x / xaxis._length, x / xaxis._length - 1, -y / yaxis._length, y / yaxis._length - 1);
  const tolerance = (part) =>
    (1 + GROWTH * Math.max(...part.map(beyond))) * (Math.max(trace.line.width || 1, 3) / 4);
  const pieces = parts.filter((part) => part.length).map((part) => bare(part, tolerance(part)));
  const drawn = group.querySelectorAll(".lines > .js-line");
  if (pieces.includes(null) || drawn.length !== pieces.length) return false;
  pieces.forEach((piece, i) => found.push([drawn[i], "d", `M${piece.join("L")}`]));
  const { _prevtrace: before, _nexttrace: after } = trace;
  if (!before && !after) return true;
  if (pieces.length !== 1 || (before && !before._prevRevpath)) return false;
  const [piece] = pieces;
  if (before) {
    const around = `M${piece.join("L")}L${before._prevRevpath.slice(1)}Z`;
    found.push([before._nextFill.node(), "d", around]);
  }
  trace._prevRevpath = `M${[...piece].reverse().join("L")}`;
  return true;
}

/** Two or three points, without the middle one where the line is straight, as plotly leaves it out; null
 * if that is in doubt. */
function bare(part, tolerance) {
  if (part.length < 2 || part.length > 3) return null;
  if (part.length === 2) return part;
  const [[x, y], [mx, my], [ex, ey]] = part;
  const beside = Math.abs((mx - x) * (ey - y) - (my - y) * (ex - x)) / Math.hypot(mx - x, my - y);
  if (beside > 1.01 * tolerance) return part;
  return beside < 1e-6 && (mx - x) * (ex - mx) > 0 ? [part[0], part[2]] : null;
}

function marks(found, group, points, places) {
  const drawn = group.querySelectorAll(".points > .point");
  const shown = places.flatMap((place, i) => (there(place) ? [i] : []));
  if (drawn.length !== shown.length) return false;
  shown.forEach((at, i) => {
    drawn[i].__data__ = points[at];
    found.push([drawn[i], "transform", `translate(${places[at].join()})`]);
  });
  return true;
}
