// Fields of a figure by their path, as plotly writes it: "marker.color", "shapes[0].x0".

const names = (path) => path.replace(/\[(\d+)\]/g, ".$1").split(".");

/** What stands at `path` inside `target`; undefined if nothing does. */
export const fieldOf = (target, path) => names(path).reduce((part, name) => part?.[name], target);

/** `target` with `value` at `path`; what it passes through is copied. */
export function withField(target, path, value) {
  const [head, ...rest] = names(path);
  const copy = Array.isArray(target) ? [...target] : { ...target };
  copy[head] = rest.length ? withField(copy[head] ?? {}, rest.join("."), value) : value;
  return copy;
}
