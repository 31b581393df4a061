// The grid: reading what grid.py packed, and interpolating in it. Knows no page and no plotly.

import { read } from "./packed.mjs";

/** Numbers and their description, out of the bytes that Grid.packed wrote. */
export function unpack(bytes) {
  const { header, digest, body } = read(bytes);
  header.digest = digest;
  const numbers = new Float32Array(body);
  const nodes = header.axes.reduce((product, axis) => product * axis.nodes.length, 1);
  let start = 0;
  for (const quantity of header.quantities) {
    quantity.size = quantity.shape.reduce((product, length) => product * length, 1);
    quantity.numbers = numbers.subarray(start, start + nodes * quantity.size);
    // Logarithms are taken once, here, and not at every draw.
    if (quantity.log) quantity.numbers = quantity.numbers.map(Math.log);
    start += nodes * quantity.size;
  }
  return header;
}

/** Where `value` lies among increasing `nodes`: the node below it and the share of the next. */
export function locate(nodes, value, logarithmic) {
  const last = nodes.length - 1;
  if (last === 0 || value <= nodes[0]) return { below: 0, share: 0 };
  if (value >= nodes[last]) return { below: last, share: 0 };
  let below = 0;
  let above = last;
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (nodes[middle] <= value) below = middle;
    else above = middle;
  }
  const [left, right] = [nodes[below], nodes[below + 1]];
  const share = logarithmic
    ? (Math.log(value) - Math.log(left)) / (Math.log(right) - Math.log(left))
    : (value - left) / (right - left);
  return { below, share };
}

/**
 * The nodes around a point and how much each counts: [[flat node, weight], ...].
 * Nodes of weight zero are left out, so that a gap beside the point does not reach it.
 */
export function corners(axes, values, logarithmic = {}) {
  let found = [[0, 1]];
  for (const { name, nodes } of axes) {
    const { below, share } = locate(nodes, values[name] ?? nodes[0], logarithmic[name]);
    const next = [];
    for (const [flat, weight] of found) {
      const node = flat * nodes.length + below;
      if (share < 1) next.push([node, weight * (1 - share)]);
      if (share > 0) next.push([node + 1, weight * share]);
    }
    found = next;
  }
  return found;
}

/** Whether the point is a node of the grid, where nothing is interpolated. */
export function atNode(axes, values, logarithmic = {}) {
  return corners(axes, values, logarithmic).length === 1;
}

/** A quantity at a point, as one flat row of numbers; a gap (NaN) where any corner has one. */
export function blend(quantity, found) {
  const { numbers, size, log } = quantity;
  const result = new Float64Array(size);
  for (const [node, weight] of found) {
    const start = node * size;
    for (let i = 0; i < size; i++) result[i] += weight * numbers[start + i];
  }
  if (log) for (let i = 0; i < size; i++) result[i] = Math.exp(result[i]);
  // An infinite value has no use in a picture, and its share of a sum would hide the other.
  for (let i = 0; i < size; i++) if (!Number.isFinite(result[i])) result[i] = NaN;
  return result;
}

/** A flat row in the shape plotly wants: a number, a row, or rows. */
export function shaped(flat, shape) {
  if (shape.length === 0) return flat[0];
  if (shape.length === 1) return flat;
  const [rows, columns] = shape;
  return Array.from({ length: rows }, (_, i) => flat.subarray(i * columns, (i + 1) * columns));
}

export function countGaps(flat) {
  let count = 0;
  for (let i = 0; i < flat.length; i++) if (Number.isNaN(flat[i])) count++;
  return count;
}
