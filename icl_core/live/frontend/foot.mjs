// Below a chart: what its picture is, numbers, the buttons that save it, and what it leaves out.

import { element } from "./controls.mjs";
import { gapText } from "./draw.mjs";
import { format } from "./numbers.mjs";

/** `tools` are buttons: [text, title, what a click does]. */
export function foot(tools) {
  const badge = element("span", "icl-live-badge", { role: "status" });
  const numbers = element("span", "icl-live-readouts");
  const gapLine = element("p", "icl-live-gaps", { role: "status" });
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
      badge.textContent = live ? texts[state] : "";
      badge.title = state === "exact" ? "Computed for these values, not interpolated" : "";
    },
    write(readouts, gaps, names) {
      numbers.replaceChildren(
        ...readouts.map(({ label, value, format: spec }) =>
          element("span", "", {}, `${label} `, element("b", "", {}, format(value, spec))),
        ),
      );
      const text = gapText(gaps, names);
      if (gapLine.textContent !== text) gapLine.textContent = text;
    },
  };
}
