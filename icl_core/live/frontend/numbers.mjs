// Numbers as text and as places on a slider. Knows no page.

/** `value` by a Python format: ".3g", ".2f", ".1e", "d", ".1%". */
export function format(value, spec = ".3g") {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const match = /^(?:\.(\d+))?([dfeg%])$/.exec(spec);
  if (!match) return String(value);
  const digits = match[1] === undefined ? 6 : Number(match[1]);
  const text = {
    d: () => value.toFixed(0),
    f: () => value.toFixed(digits),
    "%": () => `${(100 * value).toFixed(digits)}%`,
    e: () => pythonExponent(value.toExponential(digits)),
    g: () => general(value, Math.max(digits, 1)),
  }[match[2]]();
  // A hyphen is not a minus sign, least of all in a serif font.
  return text.replace(/^-/, "−").replace("e-", "e−");
}

function general(value, digits) {
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent < -4 || exponent >= digits) {
    const [mantissa, power] = value.toExponential(digits - 1).split("e");
    return pythonExponent(`${bare(mantissa)}e${power}`);
  }
  return bare(value.toFixed(digits - 1 - exponent));
}

const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

const pythonExponent = (text) =>
  text.replace(/e([+-])(\d)$/, "e$10$2");

/** How many steps a slider has from end to end. */
export function stepCount({ minimum, maximum, step, scale }) {
  const span = scale === "log" ? Math.log10(maximum / minimum) : maximum - minimum;
  return Math.max(1, Math.round(span / step));
}

/** The value at step `place`; the ends are exact. */
export function valueAt(slider, place) {
  const { minimum, maximum, step, scale } = slider;
  const count = stepCount(slider);
  if (place <= 0) return minimum;
  if (place >= count) return maximum;
  const value = scale === "log" ? minimum * 10 ** (place * step) : minimum + place * step;
  // 0.1 + 2 * 0.1 is meant to be 0.3, in links too.
  return Math.min(maximum, Number(value.toPrecision(12)));
}

/** The step nearest to `value`. */
export function placeOf(slider, value) {
  const { minimum, step, scale } = slider;
  const place = scale === "log" ? Math.log10(value / minimum) / step : (value - minimum) / step;
  return Math.min(stepCount(slider), Math.max(0, Math.round(place)));
}
