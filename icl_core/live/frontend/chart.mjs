// One live chart: what it knows, what it hears from the server, what it draws.
//
// A release is a question with a number; the server's answer carries the number of the last
// question it knew. Answers to earlier questions are passed over, so a picture never jumps back.
// Without `send` no server is behind: the chart stays with what its source, a grid or an engine, says.

import { changes } from "./changes.mjs";
import { controlOf } from "./control.mjs";
import { element } from "./controls.mjs";
import { compose, download, draw, gapsAmong, noteZoom, onPage, patchesOf } from "./draw.mjs";
import { pointAgain, same, wholeView } from "./draw.mjs";
import { edgeLabels, labelled } from "./edges.mjs";
import { foot } from "./foot.mjs";
import { Linked } from "./link.mjs";
import { saying } from "./said.mjs";
import { forPaper, scaledForPaper, surfaceOf, watchSurface } from "./theme.mjs";

const NARROW = 520;
const PATIENCE = 10_000;

export class LiveChart {
  constructor(parent, data, sourceCalled) {
    this.parent = parent;
    this.sourceCalled = sourceCalled;
    this.plotly = null;
    this.values = { ...data.values };
    this.question = data.question;
    this.printing = false;
    this.held = false; // a pointer holds a slider
    this.pending = 0; // timer before a question is sent
    this.waiting = 0; // timer while an answer is awaited
    this.deferred = null; // data that came at a bad moment
    this.patches = []; // what the source says; empty while the server's figure stands
    this.hovered = {}; // values that a pointer over points stands for, by the name of their control
    this.points = []; // sets of them
    this.zoom = {}; // ranges that the reader chose, by the name of their axis
    this.build();
  }

  build() {
    this.controls = element("div", "icl-live-controls");
    this.plot = element("div", "icl-live-plot", { role: "img" });
    this.foot = foot([
      ["Whole view", "Undo zoom", () => wholeView(this.plotly, this.plot, this.data)],
      ["PNG", "Save as PNG, 2×, on white", () => this.save("png", 2)],
      ["PNG 3×", "Save as PNG, 3×, on white", () => this.save("png", 3)],
      ["SVG", "Save as SVG, on white", () => this.save("svg", 1)],
    ]);
    this.edges = edgeLabels(this.plot);
    this.field = element("div", "icl-live-field", {}, this.plot, this.edges.element);
    this.root = element("div", "icl-live", { role: "group", tabindex: "0", translate: "no" });
    this.said = saying();
    this.root.append(this.controls, this.said.element, this.field, ...this.foot.elements);
    this.root.addEventListener("keydown", (event) => {
      if (this.player?.key(event)) {
        event.preventDefault();
        event.stopPropagation();
      }
    });
    // Plotly takes the click, so the focus must be asked for.
    this.plot.addEventListener("pointerdown", () => this.root.focus({ preventScroll: true }));
    this.plot.addEventListener("mousemove", (event) => (this.pointed = event));
    this.plot.addEventListener("mouseleave", () => (this.pointed = null));
  }

  async start(Plotly) {
    this.plotly = Plotly;
    if (!this.parent.isConnected) return;
    this.parent.append(this.root);
    this.accept(this.deferred);
    await this.shown;
    this.parent.querySelector(".icl-live-wait")?.remove();
    this.root.dataset.alive = "";
    this.plot.on("plotly_relayout", (change) => noteZoom(this.zoom, change, this.plot.layout));
    this.plot.on("plotly_afterplot", () => this.place());
    this.place();
    this.watch();
    this.linked = new Linked(Plotly, this.plot, () => this.data);
  }

  place() {
    this.edges.show();
    for (const set of this.points) set.place();
  }

  drawn(patches) {
    draw(this.plotly, this.plot, patches);
    this.edges.show();
  }

  fail() {
    const text = "The chart could not be loaded: reload the page.";
    this.parent.append(element("p", "icl-live-gaps", { role: "alert" }, text));
  }

  /** New data from the server, or the same under a new theme. */
  update(data) {
    this.deferred = data;
    if (!this.plotly) return;
    const busy = this.held || this.pending || (this.player?.playing() && this.source());
    if (busy || data.question < this.question) {
      if (this.takeSurface()) this.redraw();
      return;
    }
    this.accept(data);
  }

  accept(data) {
    const { data: last, patches: shown } = this;
    this.data = data;
    this.question = data.question;
    clearTimeout(this.waiting);
    this.waiting = 0;
    // What a link says of zoom and hidden lines, once; then they are the reader's.
    const told = JSON.stringify(data.zoom) !== JSON.stringify(last?.zoom);
    if (told) this.zoom = { ...data.zoom };
    const turned = this.takeSurface() || data.height !== last?.height || told;
    const wanted = JSON.stringify(data.controls);
    if (wanted !== this.built) this.buildControls(wanted);
    this.values = { ...data.values };
    for (const [name, control] of this.byName) control.set(this.values[name]);
    this.patches = [];
    // A preview still to be drawn must not have the last word.
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    this.root.setAttribute("aria-label", data.alt);
    this.plot.setAttribute("aria-label", data.alt);
    this.plot.style.height = `${data.height}px`;
    const few = turned ? null : changes(last.figure, data.figure, shown);
    if (few) this.drawn(few);
    else this.shown = this.redraw();
    this.tell(data.exact ? "exact" : "preview");
    this.foot.write(data.readouts, data.gaps, data.names);
    this.said.say(data.said);
    if (Object.keys(this.hovered).length) this.later();
  }

  buildControls(wanted) {
    this.built = wanted;
    this.player?.pause();
    for (const set of this.points) set.stage.remove();
    [this.player, this.points] = [null, []];
    this.byName = new Map();
    this.logarithmic = {};
    for (const spec of this.data.controls) {
      const control = controlOf(spec, this);
      if (spec.kind === "player") this.player = control;
      if (control.stage) {
        this.points.push(control);
        this.field.append(control.stage);
      }
      this.logarithmic[spec.name] = spec.scale === "log";
      this.byName.set(spec.name, control);
    }
    this.controls.replaceChildren(...[...this.byName.values()].map((control) => control.element));
  }

  source() {
    return this.sourceCalled(this.data.source);
  }

  /** A control stands elsewhere: draw from the source. */
  move(name, value) {
    if (this.values[name] === value) return;
    this.values[name] = value;
    this.hover({});
    if (this.player?.playing() && !this.source()) this.settle(0);
  }

  /** Until the pointer goes elsewhere, these stand in the place of what controls hold. */
  hover(values) {
    this.hovered = values;
    this.later();
  }

  /** A preview at the next frame of the screen. */
  later() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.preview();
    });
  }

  preview() {
    const source = this.source();
    if (!source) return;
    const values = { ...this.values, ...this.hovered };
    const { patches, missing } = source.at(values, this.logarithmic);
    this.patches = patches;
    this.drawn(patches);
    this.hoverAgain();
    this.tell(source.exactAt(values, this.logarithmic) ? "exact" : "preview");
    const numbers = patchesOf("readout", patches);
    const known = ({ name, value }) => (name in numbers ? numbers[name] : value);
    const { readouts, gaps, breaks, names } = this.data;
    this.foot.write(
      readouts.map((readout) => ({ ...readout, value: known(readout) })),
      { ...gaps, ...gapsAmong(missing, breaks) },
      names,
    );
    this.said.say(patchesOf("said", patches).text ?? this.data.said);
  }

  /** A value is chosen: ask the server, after `delay` in case more follows at once. */
  settle(delay) {
    if (!this.send) {
      if (same(this.values, this.data.values)) this.accept(this.data);
      return;
    }
    clearTimeout(this.pending);
    if (delay) this.pending = setTimeout(() => this.ask(), delay);
    else this.ask();
  }

  ask() {
    this.pending = 0;
    this.question += 1;
    this.send({ question: this.question, values: this.values });
    const told = this.root.dataset.state;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.giveUp(), PATIENCE);
    if (told !== "exact" || !this.source()?.exact) this.tell("waiting");
  }

  giveUp() {
    this.waiting = 0;
    this.question = this.deferred.question;
    this.tell("silent");
  }

  /** Everything, by plotly's own difference: zoom, legend and the DOM node survive. */
  redraw() {
    const composed = compose(this.data, this.surface, this.patches);
    const { data, layout } = this.printing ? labelled(composed) : composed;
    const width = this.plot.clientWidth;
    if (!this.printing) this.narrow = width > 0 && width < NARROW;
    const still = this.points.length > 0 || matchMedia("(pointer: coarse)").matches;
    onPage(layout, this.zoom, { narrow: this.narrow, still });
    if (this.printing) forPaper(layout);
    const options = { displayModeBar: false, displaylogo: false, showTips: false, responsive: false };
    this.hoverAgain();
    const drawn = this.plotly.react(this.plot, data, layout, options);
    scaledForPaper(this.plot, this.printing && layout);
    return drawn;
  }

  /** New data under a resting pointer: what it points at must say the new value. */
  hoverAgain() {
    // Plotly draws at the next frame.
    const next = () => this.pointed && pointAgain(this.pointed);
    if (this.pointed) requestAnimationFrame(() => requestAnimationFrame(next));
  }

  /** Looks at the theme; whether it is another than before. */
  takeSurface() {
    const before = this.surface;
    this.surface = this.printing ? "paper" : surfaceOf(this.parent);
    this.root.style.colorScheme = this.surface === "dark" ? "dark" : "light";
    return this.surface !== before;
  }

  watch() {
    let width = this.plot.clientWidth;
    // A chart in a hidden tab has no width, and must be drawn anew when it gets one.
    this.observer = new ResizeObserver(() => {
      const now = this.plot.clientWidth;
      if (!now || now === width || this.printing) return;
      width = now;
      if (now < NARROW !== this.narrow) this.redraw();
      // Refused if it has been hidden again by the time plotly looks.
      this.plotly.Plots.resize(this.plot).catch(() => {});
    });
    this.observer.observe(this.plot);
    this.unwatch = watchSurface((printing) => {
      this.printing = printing;
      if (this.takeSurface()) this.redraw();
    });
  }

  tell(state) {
    this.root.dataset.state = state;
    this.foot.tell(state, { live: this.data.controls.length > 0, served: Boolean(this.send) });
  }

  save(type, scale) {
    return download(this.plotly, this.plot, this.data, this.values, this.patches, { type, scale });
  }

  destroy() {
    clearTimeout(this.pending);
    clearTimeout(this.waiting);
    cancelAnimationFrame(this.frame);
    this.player?.pause();
    this.observer?.disconnect();
    this.unwatch?.();
    this.linked?.leave();
    if (this.plotly) this.plotly.purge(this.plot);
  }
}
