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
    d: () => fixed(value, 0),
    f: () => fixed(value, digits),
    "%": () => `${format(100 * value, `.${digits}f`)}%`,
    g: () => general(value, Math.max(digits, 1)),
  }[match[2]]();
  // A hyphen is not a minus sign, least of all in a serif font.
  return text.replace(/^-/, "−");
}

// From there on toFixed writes exponents too, in its own way.
const fixed = (value, digits) => (Math.abs(value) < 1e21 ? value.toFixed(digits) : general(value, 3));

function general(value, digits) {
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(digits - 1).split("e");
  const exponent = Number(power);
  if (exponent < -5 || exponent > 6) return `${bare(mantissa)}·10${raised(exponent)}`;
  return Number(value.toPrecision(digits)).toLocaleString("en-US", { maximumSignificantDigits: digits });
}

const bare = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const raised = (power) =>
  String(power).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);

/** By how many powers of ten `to` is above `from`; their ratio may be no number any more. */
const decades = (from, to, scale) =>
  scale === "log" ? Math.log10(to) - Math.log10(from) : undefined;

/** How many steps a slider has from end to end. */
export function stepCount({ minimum, maximum, step, scale }) {
  const span = decades(minimum, maximum, scale) ?? maximum - minimum;
  return Math.max(1, Math.round(span / step));
}

/** The value at step `place`; the ends are exact. */
export function valueAt(slider, place) {
  const { minimum, maximum, step, scale } = slider;
  const count = stepCount(slider);
  if (place <= 0) return minimum;
  if (place >= count) return maximum;
  const value = scale === "log" ? 10 ** (Math.log10(minimum) + place * step) : minimum + place * step;
  // 0.1 + 2 * 0.1 is meant to be 0.3, in links too.
  return Math.min(maximum, Number(value.toPrecision(12)));
}

/** The step nearest to `value`. */
export function placeOf(slider, value) {
  const { minimum, step, scale } = slider;
  const place = (decades(minimum, value, scale) ?? value - minimum) / step;
  return Math.min(stepCount(slider), Math.max(0, Math.round(place) || 0));
}
