// Light and dark: fonts, grid lines and backgrounds are the theme's, everything else the figure's.

/** The page's colours and font, from the variables Streamlit sets on every component. */
export function pageStyle(element) {
  const style = getComputedStyle(element);
  const read = (name, otherwise) => style.getPropertyValue(`--st-${name}`).trim() || otherwise;
  const background = read("background-color", "#ffffff");
  return {
    text: read("text-color", "#1d2733"),
    background,
    border: read("border-color", "#d5dce4"),
    font: `${read("font", "sans-serif")}, Arial, sans-serif`,
    dark: luminance(background) < 0.4,
  };
}

/** For downloads: what suits white paper. */
export const PAPER = {
  text: "#1a1a1a",
  background: "#ffffff",
  border: "#d9d9d9",
  font: "Arial, Helvetica, sans-serif",
  dark: false,
};

/** Brightness of "#rgb", "#rrggbb" or "rgb(r, g, b)", from 0 to 1; 1 if the colour is unknown. */
export function luminance(colour) {
  let parts = (colour.match(/^#([\da-f]{6})/i) ?? [])[1]?.match(/../g);
  parts ??= (colour.match(/^#([\da-f]{3})$/i) ?? [])[1]?.split("").map((digit) => digit + digit);
  const channels = parts
    ? parts.map((part) => parseInt(part, 16))
    : (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
  if (channels.length < 3) return 1;
  const [red, green, blue] = channels;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

// For traces without a colour of their own; those that stand for a method have one.
const OKABE_ITO = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/** The figure's layout in a style; what the page set explicitly, ranges and titles say, stays. */
export function styledLayout(layout, style, background) {
  const axis = {
    gridcolor: style.border,
    linecolor: style.border,
    zerolinecolor: style.border,
    tickcolor: style.border,
    automargin: true,
  };
  const theme = {
    colorway: OKABE_ITO,
    font: { family: style.font, color: style.text, size: 13 },
    xaxis: axis,
    yaxis: axis,
    legend: { bgcolor: "rgba(0,0,0,0)" },
    hoverlabel: {
      bgcolor: style.background,
      bordercolor: style.border,
      font: { color: style.text, family: style.font },
    },
    shapedefaults: { line: { color: style.text } },
    annotationdefaults: { font: { color: style.text }, arrowcolor: style.text },
    margin: { l: 56, r: 16, t: layout.title ? 48 : 16, b: 44 },
  };
  return {
    ...layout,
    paper_bgcolor: background,
    plot_bgcolor: background,
    template: { layout: theme },
  };
}

/** Sets "marker.color" or "shapes[0].x0" inside `target`, copying what it passes through. */
export function withField(target, path, value) {
  const [head, ...rest] = path.replace(/\[(\d+)\]/g, ".$1").split(".");
  const copy = Array.isArray(target) ? [...target] : { ...target };
  copy[head] = rest.length ? withField(copy[head] ?? {}, rest.join("."), value) : value;
  return copy;
}
