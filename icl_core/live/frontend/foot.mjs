// Below a chart: what its picture is, numbers, the buttons that save it, and what it leaves out.

import { element } from "./controls.mjs";
import { gapText } from "./draw.mjs";
import { format } from "./numbers.mjs";

/** `tools` are buttons: [text, title, what a click does]. */
export function foot(tools) {
  const badge = element("span", "icl-live-badge", { role: "status" });
  const numbers = element("span", "icl-live-readouts");
  const gapLine = element("p", "icl-live-gaps", { role: "status" });
  let [labels, places] = ["", []];
  const buttons = element("span", "icl-live-tools");
  for (const [text, title, act] of tools) {
    const made = element("button", "", { type: "button", title }, text);
    made.addEventListener("click", act);
    buttons.append(made);
  }
  return {
    elements: [element("div", "icl-live-foot", {}, badge, numbers, buttons), gapLine],
    /** Whether what is drawn is exact; nothing of a chart without controls. */
    tell(state, { live, served }) {
      const preview = served ? "preview" : "interpolated";
      const texts = { exact: "exact", preview, waiting: "computing …", silent: "no answer yet" };
      const text = live ? texts[state] : "";
      if (badge.textContent === text) return;
      badge.textContent = text;
      badge.title = state === "exact" ? "Computed for these values, not interpolated" : "";
    },
    write(readouts, gaps, names) {
      const wanted = readouts.map(({ label }) => label).join();
      if (wanted !== labels) {
        labels = wanted;
        places = readouts.map(() => element("b"));
        const spans = readouts.map(({ label }, i) => element("span", "", {}, `${label} `, places[i]));
        numbers.replaceChildren(...spans);
      }
      readouts.forEach(({ value, format: spec }, i) => {
        const text = format(value, spec);
        if (places[i].textContent !== text) places[i].textContent = text;
      });
      const text = gapText(gaps, names);
      if (gapLine.textContent !== text) gapLine.textContent = text;
    },
  };
}
