// What must be drawn when the server's next figure differs from the last in little: a release asks
// for the same picture with other numbers. Knows no page and no plotly.

import { fieldOf } from "./fields.mjs";
import { shaped } from "./grid.mjs";

const ARRAYS = {
  i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array,
  i4: Int32Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array,
};
const CORNERS = ["x0", "x1", "y0", "y1"];

/**
 * Patches that make the figure `before`, with `shown` patches drawn over it, the figure `after`
 * (both as text); null if more than numbers of traces and corners of shapes differ. The title is
 * left aside: it is not on screen.
 */
export function changes(before, after, shown) {
  const [old, now] = [JSON.parse(before), JSON.parse(after)];
  const names = [...tracesThatDiffer(old.data, now.data), ...layoutThatDiffers(old.layout, now.layout)];
  if (names.includes(null)) return null;
  const found = new Map();
  for (const [trace, field] of [...names, ...shown.map((patch) => [patch.trace, patch.field])]) {
    if (trace === "readout" || trace === "said") continue;
    const holder = trace === "layout" ? now.layout : now.data.find(({ uid }) => uid === trace);
    const value = holder && fieldOf(holder, field);
    if (value === undefined) return null;
    found.set(`${trace} ${field}`, { trace, field, value: decoded(value) });
  }
  return [...found.values()];
}

function tracesThatDiffer(old, now) {
  if (old.map(({ uid }) => uid).join() !== now.map(({ uid }) => uid).join()) return [null];
  return now.flatMap((trace, index) =>
    keysThatDiffer(old[index], trace).map((key) => ("xyz".includes(key) ? [trace.uid, key] : null)),
  );
}

function layoutThatDiffers(old, now) {
  return keysThatDiffer(old, now).flatMap((key) => {
    if (key === "title") return [];
    if (key !== "shapes" || old.shapes?.length !== now.shapes?.length) return [null];
    return now.shapes.flatMap((shape, index) =>
      keysThatDiffer(old.shapes[index], shape).map((corner) =>
        CORNERS.includes(corner) ? ["layout", `shapes[${index}].${corner}`] : null,
      ),
    );
  });
}

function keysThatDiffer(one, other) {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}

/** Numbers out of plotly's base64 form; anything else as it is. */
export function decoded(value) {
  if (!value?.bdata) return value;
  const bytes = Uint8Array.from(atob(value.bdata), (letter) => letter.charCodeAt(0));
  const flat = new ARRAYS[value.dtype](bytes.buffer);
  return shaped(flat, String(value.shape ?? flat.length).split(",").map(Number));
}
