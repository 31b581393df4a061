// A sentence that follows what is drawn: a template with its numbers, or as the server says it.

import { element } from "./controls.mjs";
import { format } from "./numbers.mjs";

/** `template` with {name:.2f} as that number of `values`, as `fill` in lessons/shared/words.py has it. */
export const fill = (template, values) =>
  template.replace(/\{(\w+):([^}]+)\}/g, (_, name, spec) => format(values[name], spec));

/** The place of the sentence, in which **words** are strong; read out when it rests. */
export function saying() {
  const place = element("p", "icl-live-said", { "aria-live": "polite" });
  let shown = "";
  return {
    element: place,
    say(text) {
      if (text === shown) return;
      shown = text;
      const parts = text.split("**");
      place.replaceChildren(...parts.map((part, i) => (i % 2 ? element("b", "", {}, part) : part)));
    },
  };
}
