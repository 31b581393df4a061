// Charts of a page that share a control: who moves it in one moves it in all whose source knows it. The
// space bar is the page's, wherever the focus is. Global, so that charts find each other even where two
// versions of this file are loaded.

let lastUsed = null; // of several players on a page, the one that space means

const charts = (globalThis.iclLiveCharts ??= new Set());

/** A chart is on the page, until `leave`; keys on it are its player's. */
export function join(chart) {
  if (!charts.size) document.addEventListener("keydown", spaceBar);
  charts.add(chart);
  chart.root.addEventListener("keydown", (event) => {
    if (!chart.player?.key(event)) return;
    lastUsed = chart.player;
    event.preventDefault();
    event.stopPropagation();
  });
  chart.root.addEventListener("pointerdown", () => (lastUsed = chart.player ?? lastUsed));
}

export function leave(chart) {
  charts.delete(chart);
  if (!charts.size) document.removeEventListener("keydown", spaceBar);
}

/** A control of `leader` holds another value: charts that have it too, or read it, follow. */
export function tellOthers(leader, name, value) {
  for (const chart of charts) {
    if (chart === leader || chart.held || !(name in chart.values) || !chart.source()) continue;
    const control = chart.byName.get(name);
    if (control?.admits?.(value) === false) continue;
    chart.leader = leader;
    chart.values[name] = value;
    control?.set(value);
    chart.later();
  }
}

/** `leader` rests: what others were sent meanwhile is taken up. */
export function rested(leader) {
  for (const chart of charts) {
    if (chart.leader !== leader) continue;
    chart.leader = null;
    if (chart.deferred !== chart.data) chart.update(chart.deferred);
  }
}

const ROLES = [
  "combobox", "dialog", "grid", "menuitem", "option", "radio", "slider", "switch", "tab", "textbox",
];
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

function inSight(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < innerHeight;
}

const above = (one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top;
