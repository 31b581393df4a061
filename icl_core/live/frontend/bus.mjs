// Charts of a page that share a control: who moves it in one moves it in all whose source knows it. The
// space bar is the page's, wherever the focus is. Global, so that charts find each other even where two
// versions of this file are loaded.

const charts = (globalThis.iclLiveCharts ??= new Set());

/** A chart is on the page, until `leave`. */
export function join(chart) {
  if (!charts.size) document.addEventListener("keydown", spaceBar);
  charts.add(chart);
}

export function leave(chart) {
  charts.delete(chart);
  if (!charts.size) document.removeEventListener("keydown", spaceBar);
}

/** A control of `leader` holds another value. */
export function tellOthers(leader, name, value) {
  for (const chart of charts) if (chart !== leader) chart.follow(leader, name, value);
}

/** `leader` rests: what others were sent meanwhile may be taken up. */
export function rested(leader) {
  for (const chart of charts) if (chart.leader === leader) chart.takeUp();
}

const ROLES = ["combobox", "dialog", "grid", "menuitem", "option", "radio", "slider", "switch", "tab", "textbox"];
const FIELDS = "input, textarea, select, button, summary, canvas, dialog, [contenteditable=true]";
const TAKES_SPACE = [FIELDS, ...ROLES.map((role) => `[role=${role}]`)].join();

/** Plays the first player in sight, or the one that was used last, unless the key means something else. */
function spaceBar(event) {
  if (event.key !== " " || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest?.(TAKES_SPACE)) return;
  const players = [...charts].filter((chart) => chart.player && inSight(chart.root));
  const used = players.find((chart) => chart.player === lastUsed);
  const chosen = used ?? players.sort((one, other) => above(one.root, other.root))[0];
  if (!chosen) return;
  chosen.player.key(event);
  event.preventDefault();
}

let lastUsed = null;

/** Of several players on a page, space means this one from now on. */
export const noteUsed = (player) => (lastUsed = player);

function inSight(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < innerHeight;
}

const above = (one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top;
