// The entry of an exported page: one chart, its data in the page itself, and no server.

import { LiveChart } from "./chart.mjs";
import { sourceOf } from "./sources.mjs";

const text = (id) => document.getElementById(id).textContent;
const packed = text("source");
const source = packed ? sourceOf(Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0))) : null;
const chart = new LiveChart(document.getElementById("chart"), JSON.parse(text("message")), () => source);
chart.update(JSON.parse(text("message")));
chart.start(window.Plotly);
