// What an engine says of a chart: patches, { trace, field, value } each.

/** New x or y of a trace; null leaves one as it is. */
export function line(trace, x, y) {
  const fields = Object.entries({ x, y }).filter(([, value]) => value);
  return fields.map(([field, value]) => ({ trace, field, value }));
}

/** A number under the chart. */
export const number = (field, value) => ({ trace: "readout", field, value });

/** The sentence of the chart. */
export const sentence = (text) => ({ trace: "said", field: "text", value: text });

/** The uid of a trace as `safe_uid` in grid.py writes it for plotly. */
export const safe = (uid) => uid.replace(/[^A-Za-z0-9-]/g, (sign) => `_${sign.codePointAt(0).toString(16)}_`);

/** Patches whose traces bear the names that the browser's figure has. */
export const named = (patches) => patches.map((patch) => ({ ...patch, trace: safe(patch.trace) }));
