// A page for the back row: its charts grow until they fill the screen, and F asks for all of it.

const CHARTS = ".stMain :is([class*='st-key-chart_'], .st-key-finding)";
const FOOT = 14; // pixels left below
const LEGIBLE = 540; // pixels of a chart, before it is enlarged: narrower ones are drawn for phones
const [LEAST, MOST] = [0.75, 4]; // times as large

/** Elements that stand beside each other, row by row. */
function rowsOf(elements) {
  const rows = [];
  let end = -Infinity;
  for (const element of elements) {
    const { top, bottom } = element.getBoundingClientRect();
    if (top < end) rows.at(-1).push(element);
    else rows.push([element]);
    end = top < end ? Math.max(end, bottom) : bottom;
  }
  return rows;
}

export default function ({ parentElement }) {
  const page = parentElement.ownerDocument;
  const root = page.documentElement;
  let scale = 1;
  let asked = 0;

  const button = page.createElement("button");
  Object.assign(button, { type: "button", textContent: "Full screen", title: "F" });
  button.addEventListener("click", () => {
    if (page.fullscreenElement) page.exitFullscreen();
    else root.requestFullscreen?.();
  });
  parentElement.replaceChildren(button);

  function fit() {
    asked = 0;
    const rows = rowsOf([...page.querySelectorAll(".stMain .icl-live-field")].filter((field) => field.offsetHeight));
    if (!rows.length) return;
    let wanted = 0;
    for (let count = rows.length; count && wanted < LEAST; count -= 1) wanted = wantedFor(rows, count);
    const next = Math.min(MOST, Math.max(LEAST, Math.floor(100 * wanted) / 100));
    if (Math.abs(next - scale) > 0.011) scale = next;
    root.style.setProperty("--icl-scale", scale);
    for (const field of rows.flat()) field.style.marginBottom = `${(scale - 1) * field.offsetHeight}px`;
  }
  /** How large charts would be if this many rows of them filled the screen. */
  function wantedFor(rows, count) {
    const [shown, below] = [rows.slice(0, count).flat(), rows.slice(count).flat()];
    const end = Math.min(Infinity, ...below.map((field) => field.getBoundingClientRect().top));
    const blocks = [...page.querySelectorAll(CHARTS)].filter((block) => {
      return block.getBoundingClientRect().top < end && !below.some((field) => block.contains(field));
    });
    const bottom = Math.max(...blocks.map((block) => block.getBoundingClientRect().bottom));
    const room = root.clientHeight - FOOT - bottom - page.querySelector(".stMain").scrollTop;
    const height = rows.slice(0, count).reduce((sum, row) => sum + Math.max(...row.map((field) => field.offsetHeight)), 0);
    const widest = Math.min(...shown.map((field) => field.parentElement.clientWidth)) / LEGIBLE;
    return Math.min(scale + room / height, Math.max(1, widest));
  }
  const later = () => (asked ||= requestAnimationFrame(fit));
  const observer = new ResizeObserver(later);
  const watched = new Set();
  const seen = new MutationObserver(() => {
    for (const field of page.querySelectorAll(`.icl-live-field, ${CHARTS}`)) {
      if (!watched.has(field)) observer.observe(field);
      watched.add(field);
    }
    later();
  });
  seen.observe(page.body, { childList: true, subtree: true });
  page.defaultView.addEventListener("resize", later);

  const pressed = (event) => {
    if (event.key?.toLowerCase() !== "f" || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!event.target.closest?.("input:not([type=range]), textarea, [contenteditable=true]")) button.click();
  };
  page.addEventListener("keydown", pressed);
  return () => {
    observer.disconnect();
    seen.disconnect();
    page.defaultView.removeEventListener("resize", later);
    page.removeEventListener("keydown", pressed);
    root.style.removeProperty("--icl-scale");
    for (const field of page.querySelectorAll(".icl-live-field")) field.style.removeProperty("margin-bottom");
  };
}
