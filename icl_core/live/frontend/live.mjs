// Finds or makes the chart behind an element, and keeps the sources and plotly.js that charts share.

import { LiveChart } from "./chart.mjs";
import { lookOf } from "./look.mjs";
import { sourceOf } from "./sources.mjs";

const charts = new WeakMap();
const byKey = new Map(); // charts on the page, by their key on the server
const sources = new Map(); // by the element that brought it
let plotly = null;
let last = Promise.resolve(); // the start of the chart that was mounted last

/** plotly.js, once for all charts; window.Plotly is left as it was, being perhaps another's. */
export function loadPlotly(address) {
  plotly ??= new Promise((resolve, reject) => {
    const earlier = window.Plotly;
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => {
      const loaded = window.Plotly;
      window.Plotly = earlier;
      resolve(loaded);
    };
    script.onerror = () => {
      // The next chart may try again.
      plotly = null;
      reject(new Error("plotly.js could not be loaded"));
    };
    document.head.append(script);
  });
  return plotly;
}

export function mountChart({ parentElement, data, setStateValue }, plotlyAddress) {
  let chart = charts.get(parentElement);
  if (!chart) {
    chart = new LiveChart(parentElement, data, sourceCalled);
    charts.set(parentElement, chart);
    const arrived = chart;
    const before = last.then(toScreen, toScreen);
    last = loadPlotly(plotlyAddress).then(
      (Plotly) => before.then(() => arrived.start(Plotly)),
      () => arrived.fail(),
    );
  }
  byKey.set(data.key, chart);
  chart.send = (asked) => setStateValue("asked", asked);
  chart.update(data);
  // Streamlit also calls this when a later call overtakes an earlier one: only a chart that has
  // left the page is given up.
  return () =>
    setTimeout(() => {
      if (parentElement.isConnected) return;
      chart.destroy();
      charts.delete(parentElement);
      if (byKey.get(data.key) === chart) byKey.delete(data.key);
    });
}

/** The chart drawn last is shown before the next one is drawn. */
const toScreen = () => new Promise((done) => setTimeout(done));

/** Tells the server how the reader has the chart `data.key`, if that is not as `data.known`. */
export function mountLook({ parentElement, data, setStateValue }) {
  const chart = byKey.get(data.key);
  const look = chart?.plot.data && lookOf(chart.plot, chart.zoom);
  const text = JSON.stringify(look);
  // Once: an answer that writes numbers otherwise must not be answered for ever.
  if (!look || text === JSON.stringify(data.known) || text === parentElement.dataset.told) return;
  parentElement.dataset.told = text;
  setStateValue("look", look);
}

/** Keeps the source that came with `data` for as long as its element is on the page. */
export function mountSource({ parentElement, data }) {
  if (!data) return undefined;
  sources.set(parentElement, sourceOf(data));
  return () =>
    setTimeout(() => {
      if (!parentElement.isConnected) sources.delete(parentElement);
    });
}

function sourceCalled(digest) {
  for (const source of sources.values()) if (source.digest === digest) return source;
  return null;
}
