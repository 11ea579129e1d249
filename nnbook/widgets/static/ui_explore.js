// @ts-check
/** What the exploring widgets share: traits that draw once, a link to the present state, plots in SVG. */

import { button, copyText, el, hashKey, hashLink, readHash, readTheme, svg, watchTheme } from "./ui.js";

/** @typedef {import("./ui.js").Scope} Scope */

/**
 * The traits of a model as one state. Changes from Python arrive one by one; `draw` is called once when all are there.
 * @param {Scope} scope @param {any} model @param {readonly string[]} names @param {() => void} draw
 */
export function traits(scope, model, names, draw) {
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (!scope.signal.aborted) draw();
    });
  };
  for (const name of names) scope.watch(model, `change:${name}`, soon);
  const read = () => /** @type {Record<string, any>} */ (Object.fromEntries(names.map((name) => [name, structuredClone(model.get(name))])));
  return {
    read,
    initial: read(),
    /** @param {Record<string, any>} changes */
    change(changes) {
      for (const [name, value] of Object.entries(changes)) model.set(name, value);
      model.save_changes();
      soon();
    },
  };
}

/**
 * A change of the state that is made only when nothing is wrong with it; otherwise `say` tells what, and the controls go back.
 * @param {{state: ReturnType<typeof traits>, say: (text: string) => void, problemWith: (state: any) => string | null, draw: () => void}} options
 */
export function guardedChange({ state, say, problemWith, draw }) {
  return (/** @type {Record<string, any>} */ changes) => {
    const problem = problemWith({ ...state.read(), ...changes });
    say(problem ?? "");
    if (problem === null) state.change(changes);
    else draw();
  };
}

/**
 * A button that copies the address of this page with the state, and the reading of such an address.
 * @param {Scope} scope
 * @param {{model: any, host: HTMLElement, name: string, names: readonly string[], state: ReturnType<typeof traits>, say: (text: string) => void,
 *   problemWith: (state: any) => string | null}} options  a state with a problem is not taken from an address
 * @returns {HTMLElement[]} the button, on a page only
 */
export function linkButton(scope, { model, host, name, names, state, say, problemWith }) {
  if (!model.onPage) return [];
  const key = () => hashKey(host, name);
  const copy = button(scope, {
    label: "Copy link",
    icon: "link",
    kind: "small",
    title: "Copy the address of this page with these settings",
    async onClick() {
      const now = state.read();
      const address = hashLink(key(), JSON.stringify(names.map((n) => now[n])));
      say((await copyText(address)) ? "The link is copied." : `Copy it from here: ${address}`);
    },
  });
  const restore = () => {
    const text = readHash(key());
    if (!text) return;
    let values;
    try {
      values = JSON.parse(text);
    } catch {
      return; // a broken link: the page shows what it would show without one
    }
    if (!Array.isArray(values) || values.length !== names.length) return;
    const wanted = Object.fromEntries(names.map((n, i) => [n, values[i]]));
    const now = state.read();
    const alike = (/** @type {any} */ a, /** @type {any} */ b) =>
      typeof a === typeof b && Array.isArray(a) === Array.isArray(b) && (typeof a !== "number" || Number.isFinite(a)) && a !== null;
    if (names.some((n) => !alike(wanted[n], now[n]))) return;
    if (problemWith({ ...now, ...wanted }) !== null) return;
    state.change(wanted);
    arriveAt(scope, host);
  };
  scope.listen(window, "hashchange", restore);
  queueMicrotask(restore); // when the widget stands in its page
  return [copy.root];
}

/** Who follows a link to a widget wants to see it: go there, and again when the page above it has its final height. @param {Scope} scope @param {HTMLElement} host */
function arriveAt(scope, host) {
  host.style.scrollMarginTop = "4.5rem"; // below the header of the page
  const go = () => host.scrollIntoView({ block: "start" });
  go();
  if (document.readyState !== "complete") scope.listen(window, "load", () => requestAnimationFrame(go), { once: true });
}

/** Ticks, menus and scroll bars of the browser follow the theme; `changed` hears of it too. @param {Scope} scope @param {HTMLElement} root @param {(theme: ReturnType<typeof readTheme>) => void} [changed] */
export function followTheme(scope, root, changed) {
  const apply = () => {
    const theme = readTheme(root);
    root.classList.toggle("dark", theme.dark);
    changed?.(theme);
  };
  watchTheme(scope, root, apply);
  apply();
}

/** Says what it is given when that differs from the last time; the first time nobody has changed anything yet. @param {{say: (text: string) => void}} voice */
export function newsTo(voice) {
  let last = "";
  return (/** @type {string} */ text) => {
    if (last && last !== text) voice.say(text);
    last = text;
  };
}

/**
 * Figures side by side: what it is, its value, a word more. `kind` is the prefix of the widget's own classes.
 * @template {string} Name @param {string} kind @param {Record<Name, string>} words what each figure is
 */
export function figureRow(kind, words) {
  const names = /** @type {Name[]} */ (Object.keys(words));
  const cell = (/** @type {Name} */ name) => {
    const [what, value, more] = [el("span", { class: `nnx-what ${kind}-what` }, [words[name]]), el("strong"), el("span", { class: `nnx-more ${kind}-more` })];
    return { root: el("div", {}, [what, value, more]), what, value, more };
  };
  const cells = /** @type {Record<Name, ReturnType<typeof cell>>} */ (Object.fromEntries(names.map((name) => [name, cell(name)])));
  return {
    root: el("div", { class: `nnx-figures ${kind}-figures` }, names.map((name) => cells[name].root)),
    cells,
    /** @param {Name} name @param {string} value @param {string} more */
    show(name, value, more) {
      cells[name].value.textContent = value;
      cells[name].more.textContent = more;
    },
  };
}

/** A whole number of a seed, with a button for the next one. @param {Scope} scope @param {{id: string, value: number, max?: number, onChange: (seed: number) => void}} options */
export function seedField(scope, { id, value, max = 9999, onChange }) {
  let now = value;
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "number", class: "nnw-select", id, min: 0, max, step: 1 }));
  input.value = String(value);
  scope.listen(input, "change", () => {
    const wanted = Math.max(0, Math.min(max, Math.round(Number(input.value) || 0)));
    input.value = String(wanted);
    onChange(wanted);
  });
  const next = button(scope, { label: "Draw again", kind: "small", title: "The next seed", onClick: () => onChange((now + 1) % (max + 1)) });
  const root = el("div", { class: "nnw-field" }, [el("label", { for: id }, ["Seed"]), el("div", { class: "nnx-seed" }, [input, next.root])]);
  return {
    root,
    set(/** @type {number} */ seed) {
      now = seed;
      if (document.activeElement !== input) input.value = String(seed);
    },
  };
}

/**
 * A plot in SVG that is drawn anew when its width changes. `draw` returns the children; lengths are CSS pixels, so text keeps its size.
 * @param {Scope} scope
 * @param {{kind?: string, height: number | ((width: number) => number), draw: (width: number, height: number) => SVGElement[]}} options
 */
export function plot(scope, { kind = "", height, draw }) {
  const root = svg("svg", { class: `nnx-plot ${kind}`, role: "img" });
  const box = el("div", { class: "nnx-plot-box" }, [root]);
  let width = 0;
  const redraw = () => {
    if (width < 40) return;
    const tall = typeof height === "function" ? height(width) : height;
    root.setAttribute("viewBox", `0 0 ${width} ${tall}`);
    root.setAttribute("width", String(width));
    root.setAttribute("height", String(tall));
    root.replaceChildren(...draw(width, tall));
  };
  const observer = new ResizeObserver((entries) => {
    const now = Math.floor(entries[entries.length - 1].contentRect.width);
    if (now === width) return;
    width = now;
    redraw();
  });
  observer.observe(box);
  scope.onDispose(() => observer.disconnect());
  return {
    root: box,
    redraw,
    /** What the plot says, for those who do not see it. @param {string} text */
    setLabel: (text) => root.setAttribute("aria-label", text),
  };
}

/** @param {number} x @param {number} y @param {string} text @param {Record<string, any>} [attributes] */
export const label = (x, y, text, attributes = {}) => svg("text", { x: x.toFixed(1), y: y.toFixed(1), ...attributes }, [text]);

/** @param {number} x1 @param {number} y1 @param {number} x2 @param {number} y2 @param {string} [kind] */
export const line = (x1, y1, x2, y2, kind = "nnx-rule") => svg("line", { x1: x1.toFixed(1), y1: y1.toFixed(1), x2: x2.toFixed(1), y2: y2.toFixed(1), class: kind });

/** The path through points; a value that is not finite breaks it. @param {[number, number][]} points */
export function pathThrough(points) {
  let pen = false;
  let d = "";
  for (const [x, y] of points) {
    const good = Number.isFinite(x) && Number.isFinite(y);
    if (good) d += `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = good;
  }
  return d;
}

/** Round numbers that cover [low, high], about `count` of them. @param {number} low @param {number} high @param {number} count */
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0) || !Number.isFinite(raw)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 2.5, 5].find((s) => s * power >= raw * 0.999) ?? 10);
  const list = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) list.push(i * step + 0);
  return list;
}

/** $12, $1.25, $340k, −$1.2M. @param {number} value @param {number} [digits] significant ones */
export function money(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size === 0) return "$0";
  for (const [unit, word] of /** @type {[number, string][]} */ ([[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e4, "k"]])) {
    if (size >= unit * 0.9995) return `${sign}$${Number((size / (word === "k" ? 1e3 : unit)).toPrecision(digits))}${word}`;
  }
  if (size >= 1000) return `${sign}$${Math.round(size).toLocaleString("en-US")}`;
  if (size < 0.0005) return `${sign}$${size.toExponential(1)}`;
  const rounded = Number(size.toPrecision(digits));
  return `${sign}$${size < 1000 && !Number.isInteger(rounded) && rounded >= 0.1 ? rounded.toFixed(2) : rounded}`;
}

/** 12 %, 3.5 %. @param {number} share */
export const percent = (share) => (Number.isFinite(share) ? `${Number((100 * share).toPrecision(3))}\u202f%`.replace("-", "−") : share > 0 ? "∞" : "−∞");

/** Months as words: 1 month, 14 months. @param {number} n */
export const months = (n) => `${n} ${n === 1 ? "month" : "months"}`;
