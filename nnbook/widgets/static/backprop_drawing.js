// @ts-check
/**
 * The drawing of the 2-2-1 network: cards for neurons, lines for weights, every number in its place. Numbers that a reader may
 * change are input fields. The cards are HTML, so that text stays sharp and legible at every width; the lines are SVG behind them.
 */

import { typeset } from "./backprop_formula.js";
import { labelOf, LINES, nameOf } from "./backprop_steps.js";
import { el, formatNumber, svg } from "./ui.js";

/** @typedef {import("./backprop_steps.js").Step} Step */

const NARROW = 620; // pixels: below, the network stands upright
/** @typedef {{x: number, y: number, w: number, h: number}} Box centre and size */

/**
 * Where everything stands in a drawing of this width; straight, cross and out tell how far along its line a weight
 * stands, and weight how wide its box is.
 * @param {number} width
 * @returns {{height: number, upright: boolean, boxes: Record<string, Box>, weight: number, straight: number, cross: number, out: number}}
 */
export function layout(width) {
  if (width >= NARROW) {
    const card = Math.min(200, 176 + Math.max(0, width - 660) / 3);
    const input = Math.min(90, 74 + (width - NARROW) / 4);
    const [left, right] = [input / 2 + 1, width - card / 2 - 1];
    const middle = input + (right - card / 2 - input) / 2; // halfway between the inputs and the output
    return {
      height: 336,
      upright: false,
      boxes: {
        x0: { x: left, y: 64, w: input, h: 62 },
        x1: { x: left, y: 270, w: input, h: 62 },
        h0: { x: middle, y: 64, w: card, h: 122 },
        h1: { x: middle, y: 270, w: card, h: 122 },
        out: { x: right, y: 84, w: card, h: 122 },
        loss: { x: right, y: 262, w: card, h: 92 },
      },
      weight: Math.min(98, (width - input - 2 * card) / 2 - 8),
      straight: 0.5,
      cross: 0.37,
      out: 0.5,
    };
  }
  const span = Math.min(width, 480);
  const card = Math.min(188, (span - 10) / 2);
  const [left, right] = [(width - span) / 2 + card / 2 + 1, (width + span) / 2 - card / 2 - 1];
  return {
    height: 722,
    upright: true,
    boxes: {
      x0: { x: left, y: 34, w: 92, h: 62 },
      x1: { x: right, y: 34, w: 92, h: 62 },
      h0: { x: left, y: 322, w: card, h: 172 },
      h1: { x: right, y: 322, w: card, h: 172 },
      out: { x: width / 2, y: 550, w: 192, h: 122 },
      loss: { x: width / 2, y: 674, w: 192, h: 92 },
    },
    weight: 98,
    straight: 0.74,
    cross: 0.2,
    out: 0.34,
  };
}

/** A number for a small place: three digits, two with a power of ten. @param {number} value */
function brief(value) {
  const text = formatNumber(value, 3);
  return text.includes("e") ? formatNumber(value, 2) : text;
}

/** The curve of a line and the point at share t of it. @param {Box} a @param {Box} b @param {boolean} upright @param {number} t */
function curve(a, b, upright, t) {
  const [x0, y0] = upright ? [a.x, a.y + a.h / 2] : [a.x + a.w / 2, a.y];
  const [x3, y3] = upright ? [b.x, b.y - b.h / 2] : [b.x - b.w / 2, b.y];
  const [x1, y1, x2, y2] = upright ? [x0, (y0 + y3) / 2, x3, (y0 + y3) / 2] : [(x0 + x3) / 2, y0, (x0 + x3) / 2, y3];
  const at = (/** @type {number[]} */ ...p) => (1 - t) ** 3 * p[0] + 3 * (1 - t) ** 2 * t * p[1] + 3 * (1 - t) * t ** 2 * p[2] + t ** 3 * p[3];
  return { path: `M${x0},${y0}C${x1},${y1} ${x2},${y2} ${x3},${y3}`, x: at(x0, x1, x2, x3), y: at(y0, y1, y2, y3) };
}

/** Where the fields of the six weights stand, and the curves they stand on. @param {ReturnType<typeof layout>} plan */
export function weightPlaces(plan) {
  return LINES.map(({ parameter, from, to }) => {
    const share = to === "out" ? plan.out : from[1] === to[1] ? plan.straight : plan.cross;
    const { path, x, y } = curve(plan.boxes[from], plan.boxes[to], plan.upright, share);
    return { name: `p${parameter}`, path, box: { x, y, w: plan.weight, h: 50 } };
  });
}

/**
 * @param {import("./ui_dom.js").Scope} scope
 * @param {(key: string, value: number) => string | null} edit a reader changed x0, x1, t or p0…p8; returns what is wrong, or null
 */
export function createDrawing(scope, edit) {
  /** @type {Map<string, HTMLElement>} */ const values = new Map();
  /** @type {Map<string, HTMLInputElement>} */ const fields = new Map();
  /** @type {Map<string, HTMLElement>} */ const places = new Map();
  /** @type {Record<string, number>} */ let numbers = {};

  /** A symbol and its number. @param {string} key @param {string} [kind] */
  const value = (key, kind = "") => {
    const output = el("span", { class: "bps-value" });
    values.set(key, output);
    return el("div", { class: `bps-pair ${kind}`, "data-key": key }, [
      el("span", { class: "bps-symbol", "aria-hidden": "true" }, typeset(labelOf(key))),
      el("span", { class: "nnw-hidden" }, [`${nameOf(key)}: `]),
      output,
    ]);
  };

  /** A symbol and a number that can be changed. @param {string} key */
  const field = (key) => {
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "text", inputmode: "decimal", class: "bps-field", "aria-label": nameOf(key), autocomplete: "off" }));
    fields.set(key, input);
    const read = () => Number(input.value.trim().replaceAll("−", "-").replace(",", ".") || NaN);
    const commit = () => {
      if (input.value === input.dataset.shown) return;
      edit(key, read());
      showField(key, true); // what was refused is put back; the stepper says why
    };
    scope.listen(input, "change", commit);
    scope.listen(input, "focus", () => {
      showField(key, true);
      input.select();
    });
    scope.listen(input, "blur", () => showField(key, true));
    scope.listen(input, "keydown", (event) => {
      const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
      if (event.key === "Enter") {
        commit();
        input.select();
      }
      if (event.key === "Escape") showField(key, true);
      if (!direction) return;
      event.preventDefault();
      const now = read();
      const next = Math.round(((Number.isFinite(now) ? now : numbers[key]) + direction * (event.shiftKey ? 1 : 0.1)) * 1e6) / 1e6;
      if (edit(key, next) === null) showField(key, true);
    });
    return el("label", { class: "bps-pair bps-editable", "data-key": key }, [el("span", { class: "bps-symbol", "aria-hidden": "true" }, typeset(labelOf(key))), input]);
  };

  /** @param {string} key @param {boolean} [force] also while the reader is typing */
  const showField = (key, force = false) => {
    const input = /** @type {HTMLInputElement} */ (fields.get(key));
    if (!force && document.activeElement === input && input.value !== input.dataset.shown) return;
    // all digits that matter while it is being edited, those that fit otherwise
    const text = document.activeElement === input ? String(Number(numbers[key].toPrecision(6)) + 0).replaceAll("-", "−") : brief(numbers[key]);
    input.value = input.dataset.shown = text;
  };

  /** @param {string} place @param {string} title @param {(HTMLElement)[]} content @param {string} [kind] */
  const card = (place, title, content, kind = "") => {
    const group = kind === "bps-input" ? {} : { role: "group", "aria-label": title }; // an input card holds one field, with its own name
    const root = el("div", { class: `bps-card ${kind}`, ...group }, [el("div", { class: "bps-title", "aria-hidden": "true" }, [title]), ...content]);
    places.set(place, root);
    return root;
  };
  /** @param {string} place @param {string} title @param {number} j */
  const neuron = (place, title, j) => {
    const p = j === 2 ? 8 : 4 + j;
    return card(place, title, [field(`p${p}`), parameterChange(p), value(`z${j}`), value(`d${j}`, "gradient"), value(`a${j}`), j === 2 ? value("e2", "gradient") : value(`e${j}`, "gradient")], `bps-neuron${j === 2 ? "" : " hidden"}`);
  };
  /** Gradient, or after the update the new number. @param {number} p */
  const parameterChange = (p) => el("div", { class: "bps-change" }, [value(`g${p}`, "gradient"), value(`n${p}`, "new")]);
  const weights = LINES.map(({ parameter }) => {
    const root = el("div", { class: "bps-weight" }, [field(`p${parameter}`), parameterChange(parameter)]);
    places.set(`p${parameter}`, root);
    return root;
  });

  const paths = LINES.map(({ parameter }) => ({ line: svg("path", { class: "bps-line" }), flow: svg("path", { class: "bps-flow" }), parameter }));
  const lossPath = svg("path", { class: "bps-line bps-plain" });
  const lines = svg("svg", { class: "bps-lines", "aria-hidden": "true" }, [lossPath, ...paths.map((p) => p.line), ...paths.map((p) => p.flow)]);
  // in reading order: a Tab key walks from the inputs to the loss
  const root = el("div", { class: "bps-stage", role: "group", "aria-label": "The network, with every number" }, [
    lines,
    card("x0", "input 1", [field("x0")], "bps-input"),
    card("x1", "input 2", [field("x1")], "bps-input"),
    ...weights.slice(0, 4),
    neuron("h0", "hidden neuron 1", 0),
    neuron("h1", "hidden neuron 2", 1),
    ...weights.slice(4),
    neuron("out", "output", 2),
    card("loss", "loss", [field("t"), value("L"), el("div", {}), value("L2")], "bps-neuron"),
  ]);

  let drawnWidth = 0;
  const place = () => {
    const width = root.clientWidth;
    if (!width || width === drawnWidth) return;
    drawnWidth = width;
    const plan = layout(width);
    root.style.height = `${plan.height}px`;
    root.classList.toggle("upright", plan.upright);
    lines.setAttribute("viewBox", `0 0 ${width} ${plan.height}`);
    /** @param {string} name @param {Box} box */
    const put = (name, box) => {
      const node = /** @type {HTMLElement} */ (places.get(name));
      node.style.left = `${box.x - box.w / 2}px`;
      node.style.top = `${box.y - box.h / 2}px`;
      node.style.width = `${box.w}px`;
      node.style.height = `${box.h}px`;
    };
    for (const [name, box] of Object.entries(plan.boxes)) put(name, box);
    weightPlaces(plan).forEach(({ name, path, box }, i) => {
      paths[i].line.setAttribute("d", path);
      paths[i].flow.setAttribute("d", path);
      put(name, box);
    });
    const { out, loss } = plan.boxes;
    lossPath.setAttribute("d", `M${out.x},${out.y + out.h / 2}V${loss.y - loss.h / 2}`);
  };
  const observer = new ResizeObserver(place);
  observer.observe(root);
  scope.onDispose(() => observer.disconnect());

  /**
   * @param {Record<string, number>} v all numbers @param {Set<string>} known those computed so far @param {Step} step the present one
   */
  const show = (v, known, step) => {
    numbers = v;
    const writes = new Set(step.formulas.map((f) => f.key));
    const reads = new Set(step.reads);
    for (const key of fields.keys()) showField(key);
    for (const [key, output] of values) {
      const text = known.has(key) ? brief(v[key]) : "·";
      if (output.textContent !== text) output.textContent = text;
    }
    for (const pair of root.querySelectorAll("[data-key]")) {
      const key = /** @type {string} */ (pair.getAttribute("data-key"));
      pair.classList.toggle("reads", reads.has(key));
      pair.classList.toggle("writes", writes.has(key));
      pair.classList.toggle("unknown", !known.has(key));
      if (pair.classList.contains("gradient")) pair.classList.toggle("below", known.has(key) && v[key] < 0);
    }
    root.classList.toggle("logit", !Object.hasOwn(v, "e2"));
    for (const change of root.querySelectorAll(".bps-change")) {
      const fresh = /** @type {Element} */ (change.lastElementChild);
      change.classList.toggle("updated", !fresh.classList.contains("unknown"));
    }
    for (const { line, flow, parameter } of paths) {
      const weight = v[`p${parameter}`];
      line.classList.toggle("below", weight < 0);
      line.style.strokeWidth = String(1 + 5 * Math.min(1, Math.abs(weight) / 2));
      const active = step.flow !== 0 && (reads.has(`p${parameter}`) || step.id === "after");
      flow.classList.toggle("active", active);
      flow.classList.toggle("backward", step.flow < 0);
    }
    for (const node of places.values()) node.classList.toggle("active", node.querySelector(".writes") !== null);
  };

  return { root, show, focus: (/** @type {string} */ key) => fields.get(key)?.focus() };
}
