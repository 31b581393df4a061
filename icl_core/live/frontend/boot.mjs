// Sent inline with every chart, so it stays small: it shows the placeholder at once and fetches the
// rest, which the browser does once a session. The capital names are filled in by assets.py.

// Inline code has no address of its own. Streamlit's own script has: it stands two folders below
// the root of the app, whatever base path or proxy lies in front.
const page = document.querySelector('script[src*="static/js/"]');
const root = new URL("../../", page ? page.src : document.baseURI + "static/js/x.js");
const frontend = new URL("component/FRONTEND_NAME/", root);
const plotly = new URL("component/PLOTLY_NAME/plotly.min.js", root);
const loaded = import(new URL("live.mjs", frontend).href);

if (!document.querySelector("link[data-icl-live]")) {
  const style = { rel: "stylesheet", href: new URL("live.css", frontend).href };
  // Its megabytes come while the rest is still being read, if the page itself has not asked for them.
  const asked = [...document.scripts].some(({ src }) => src === plotly.href);
  const early = asked ? [] : [{ rel: "preload", as: "script", href: plotly.href }];
  for (const link of [style, ...early]) {
    const made = Object.assign(document.createElement("link"), link);
    made.dataset.iclLive = "";
    document.head.append(made);
  }
}

function placeholder({ data, parentElement }) {
  const frame = document.createElement("div");
  frame.className = "icl-live-wait";
  frame.style.minHeight = `${data.height}px`;
  if (data.placeholder) {
    const picture = document.createElement("img");
    // As an image, an SVG can run no script.
    picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(data.placeholder);
    picture.alt = data.alt;
    picture.style.cssText = `width:100%;height:${data.height}px;object-fit:contain`;
    frame.append(picture);
  }
  parentElement.append(frame);
}

/** A chart's message is JSON; what it draws from begins with its digest. */
function told(data) {
  return data?.[0] === 123 ? JSON.parse(new TextDecoder().decode(data)) : data;
}

export default async function mount(given) {
  const args = { ...given, data: told(given.data) };
  const { data, parentElement } = args;
  if (data && data.role === "chart" && !parentElement.querySelector(".icl-live, .icl-live-wait")) {
    placeholder(args);
  }
  const { mountChart, mountLook, mountSource } = await loaded;
  if (data && data.role === "look") return mountLook(args);
  return data && data.role === "chart" ? mountChart(args, plotly.href) : mountSource(args);
}
