// Keys for the steps of a lesson: right reveals or goes on, left goes back, escape leaves. A clicker's
// keys are those that turn pages.
const ON = ".st-key-step_reveal button, .st-key-step_onward a, .st-key-present_onward a";
const BACK = ".st-key-step_back a";
const DOORS = {
  ArrowRight: ON,
  PageDown: ON,
  ArrowLeft: BACK,
  PageUp: BACK,
  Escape: ".st-key-present_leave button, .st-key-step_leave a",
};
const TAKEN = "input, textarea, select, [contenteditable=true], [role=slider], [role=radiogroup], [role=dialog]";

export default function ({ parentElement }) {
  const page = parentElement.ownerDocument ?? document;
  const pressed = (event) => {
    const plain = !(event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey);
    const door = plain && DOORS[event.key];
    // A field, a slider and an open menu have these keys for themselves.
    if (!door || (event.key !== "Escape" && event.target.closest?.(TAKEN))) return;
    const found = page.querySelector(door);
    if (found) {
      event.preventDefault();
      found.click();
    }
  };
  page.addEventListener("keydown", pressed);
  return () => page.removeEventListener("keydown", pressed);
}
