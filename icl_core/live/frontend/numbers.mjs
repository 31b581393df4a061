// Numbers as text and as places on a slider. Knows no page.

/**
 * `value` by a Python format, ".3g", ".2f", "d", ".1%", and as people write it: 10,000 and
 * 2·10⁻⁵ in the place of 1e+04 and 2e-05.
 */
export function format(value, spec = ".3g") {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const match = /^(?:\.(\d+))?([dfg%])$/.exec(spec);
  if (!match) return String(value);
  const digits = match[1] === undefined ? 6 : Number(match[1]);
  const text = {
    d: () => value.toFixed(0),
    f: () => value.toFixed(digits),
    "%": () => `${(100 * value).toFixed(digits)}%`,
    g: () => general(value, Math.max(digits, 1)),
  }[match[2]]();
  // A hyphen is not a minus sign, least of all in a serif font.
  return text.replace(/^-/, "−");
}

function general(value, digits) {
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent < -5 || exponent > 6) {
    return `${bare((value / 10 ** exponent).toFixed(digits - 1))}·10${raised(exponent)}`;
  }
  return Number(value.toPrecision(digits)).toLocaleString("en-US", { maximumSignificantDigits: digits });
}

const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const raised = (power) =>
  String(power).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);

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
