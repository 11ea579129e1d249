// @ts-check
/** InitializationExplorer: what the first weights do to the signal and to the gradient, layer by layer. */

import { ACTIVATIONS, BOUNDS, activationRange, draw as drawNetwork, gradientRange, histogram, isSaturated, logSizes, measure, problemWith, story } from "./initialization.js";
import { followTheme, guardedChange, label, line, linkButton, newsTo, plot, seedField, ticks, traits } from "./ui_explore.js";
import { announcer, choice, createScope, el, formatNumber, select, slider, svg, uniqueId } from "./ui.js";

/** @typedef {import("./initialization.js").LayerView} LayerView */

const STATE = ["n_layers", "width", "activation", "initializer", "std", "seed"];
const BINS = 44;
// The menu's five ways to start; too small and too large are "normal" with a standard deviation that goes wrong.
/** @type {Record<string, {label: string, initializer: string, std?: number}>} */
const WAYS = {
  zeros: { label: "Zeros", initializer: "zeros" },
  small: { label: "Too small", initializer: "normal", std: 0.05 },
  large: { label: "Too large", initializer: "normal", std: 1 },
  glorot: { label: "Glorot", initializer: "glorot_uniform" },
  he: { label: "He", initializer: "he_normal" },
};

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, STATE, draw);
  const first = state.initial;
  /** @type {LayerView[]} */
  let layers = [];
  let activation = first.activation;

  const ways = choice(scope, {
    label: "How the weights start",
    value: "",
    options: Object.entries(WAYS).map(([value, { label }]) => ({ value, label })),
    onChange: (value) => tryChange({ initializer: WAYS[value].initializer, ...(WAYS[value].std ? { std: WAYS[value].std } : {}) }),
  });
  const note = announcer(scope, { every: 0, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const tryChange = guardedChange({ state, say, problemWith, draw });
  const voice = announcer(scope, { every: 1200 });
  const tell = newsTo(voice);
  const link = linkButton(scope, { model, host, name: "initialization", names: STATE, state, say, problemWith });
  const title = el("strong", { class: "inx-title" });
  const text = el("span");
  const verdict = el("p", { class: "inx-verdict" }, [title, " ", text]);

  const forward = plot(scope, { kind: "inx-plot", height: 218, draw: (width, height) => drawActivations(width, height) });
  const backward = plot(scope, { kind: "inx-plot", height: 218, draw: (width, height) => drawGradients(width, height) });
  const panel = (/** @type {string} */ heading, /** @type {string} */ light, /** @type {HTMLElement} */ chart) => el("div", { class: "inx-panel" }, [el("p", { class: "nnx-heading" }, [heading, " ", el("span", { class: "nnx-light" }, [light])]), chart]);

  const depth = slider(scope, { label: "Hidden layers", value: first.n_layers, min: BOUNDS.n_layers[0], max: BOUNDS.n_layers[1], step: 1, onInput: (v) => tryChange({ n_layers: v }) });
  const width = slider(scope, { label: "Neurons in each", value: first.width, values: [2, 4, 8, 16, 32, 48, 64, 80, 100], onInput: (v) => tryChange({ width: v }) });
  const std = slider(scope, {
    label: "Standard deviation",
    help: "Of normal weights: moving it chooses normal weights",
    value: first.std,
    values: [-4, -3, -2, -1, 0].flatMap((p) => [1, 1.5, 2, 3, 5, 7].map((v) => Number((v * 10 ** p).toPrecision(2)))).concat(10),
    onInput: (v) => tryChange({ std: v, initializer: "normal" }),
  });
  const bend = select(scope, { label: "Activation", value: first.activation, options: Object.entries(ACTIVATIONS).map(([value, label]) => ({ value, label })), onChange: (value) => tryChange({ activation: value }) });
  const seed = seedField(scope, { id: uniqueId("seed"), value: first.seed, onChange: (value) => tryChange({ seed: value }) });

  const root = el("div", { class: "nnw nnx inx", role: "group", "aria-label": "How weights start", "data-lm-suppress-shortcuts": "true" }, [
    el("div", { class: "nnx-head" }, [ways.root, el("div", { class: "inx-tools" }, link)]),
    verdict,
    panel("Forward: activations of each layer", "below: their spread", forward.root),
    panel("Backward: size of the gradients of each layer", "powers of ten; below: root mean square", backward.root),
    note.root,
    el("div", { class: "inx-settings" }, [bend.root, depth.root, width.root, std.root, seed.root]),
    voice.root,
  ]);
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  followTheme(scope, root);


  let drawn = "";
  function draw() {
    const now = state.read();
    const way = Object.keys(WAYS).find((name) => WAYS[name].initializer === now.initializer && (WAYS[name].std ?? now.std) === now.std);
    ways.set(way ?? "");
    const idle = (/** @type {{input: HTMLElement}} */ control) => document.activeElement !== control.input;
    if (idle(depth)) depth.set(now.n_layers);
    if (idle(width)) width.set(now.width);
    if (idle(std)) std.set(now.std);
    std.root.classList.toggle("inx-off", now.initializer !== "normal");
    bend.set(now.activation);
    seed.set(now.seed);
    if (problemWith(now) !== null || drawn === JSON.stringify(now)) return;
    drawn = JSON.stringify(now);
    const { model: network, X, labels } = drawNetwork(/** @type {any} */ (now));
    layers = measure(network, X, labels);
    activation = now.activation;
    const told = story(layers, activation);
    verdict.dataset.word = told.word;
    title.textContent = told.title;
    text.textContent = told.text;
    const sentence = `${told.title} ${told.text}`;
    tell(sentence);
    forward.setLabel(`Activations: ${layers.map((layer, i) => `layer ${i + 1} spread ${short(layer.activation_std)}${layer.saturated > 0.05 ? `, ${percent(layer.saturated)} saturated` : ""}${layer.zero > 0.05 ? `, ${percent(layer.zero)} zero` : ""}`).join("; ")}.`);
    backward.setLabel(`Gradients: ${layers.map((layer, i) => `layer ${i + 1} root mean square ${short(layer.gradient_rms)}`).join("; ")}.`);
    forward.redraw();
    backward.redraw();
  }

  /**
   * One column per layer, its histogram lying on its side.
   * @param {number} wide @param {number} tall
   * @param {{values: Float64Array[], low: number, high: number, marks: [number, string][], under: string[], kind: (value: number) => string}} options
   */
  function columns(wide, tall, { values, low, high, marks, under, kind }) {
    const box = { left: 58, right: wide - 4, top: 8, bottom: tall - 44 };
    const pitch = (box.right - box.left) / values.length;
    const y = (/** @type {number} */ v) => box.bottom - ((v - low) / (high - low)) * (box.bottom - box.top);
    /** @type {SVGElement[]} */
    const parts = [];
    for (const [v, word] of marks) parts.push(line(box.left, y(v), box.right, y(v)), label(box.left - 7, y(v) + 4, word, { "text-anchor": "end" }));
    const step = (high - low) / BINS;
    const thick = (box.bottom - box.top) / BINS;
    values.forEach((list, i) => {
      const counts = histogram(list, low, high, BINS);
      const top = Math.max(...counts, 1);
      const left = box.left + i * pitch + 3;
      const most = Math.min(pitch - 8, 110);
      /** @type {Record<string, string>} */
      const paths = {};
      counts.forEach((n, bin) => {
        if (n === 0) return;
        const from = low + bin * step;
        const name = kind(from + step / 2);
        const size = Math.max(1, most * (n / top));
        paths[name] = `${paths[name] ?? ""}M${left.toFixed(1)} ${(y(from + step) + 0.4).toFixed(1)}h${size.toFixed(1)}v${(thick - 0.8).toFixed(1)}h${(-size).toFixed(1)}z`;
      });
      parts.push(line(left, box.top, left, box.bottom, "inx-base"));
      for (const [name, d] of Object.entries(paths)) parts.push(svg("path", { class: name, d }));
      const narrow = pitch < 40;
      const fits = !narrow || (under[i].length <= 4 && (i === 0 || under[i - 1].length <= 4)) || i % 2 === 0; // long numbers: every second one
      if (fits) parts.push(label(left, box.bottom + 17, under[i], { class: narrow ? "inx-number inx-small" : "inx-number" }));
      parts.push(label(left, box.bottom + 35, i === 0 && pitch > 56 ? "layer 1" : String(i + 1), {}));
    });
    return parts;
  }

  /** @param {number} wide @param {number} tall @returns {SVGElement[]} */
  function drawActivations(wide, tall) {
    if (layers.length === 0) return [];
    const [low, high] = activationRange(layers, activation);
    const room = 0.02 * (high - low); // a value at the very end stays inside
    return columns(wide, tall, {
      // what is exactly zero behind ReLU would hide everything else: it is said in numbers instead
      values: layers.map((layer) => (activation === "relu" && layer.zero < 1 ? layer.activations.filter((a) => a !== 0) : layer.activations)),
      low: low - room,
      high: high + room,
      marks: ticks(low, high, 4).map((v) => [v, formatNumber(Number(v.toPrecision(3)), 2)]),
      under: layers.map((layer) => (activation === "relu" && layers.length < 8 && wide > 560 ? `${short(layer.activation_std)}, ${percent(layer.zero)} are 0` : short(layer.activation_std))),
      kind: (value) => (isSaturated(activation, value) ? "inx-end" : "inx-signal"),
    });
  }

  /** @param {number} wide @param {number} tall @returns {SVGElement[]} */
  function drawGradients(wide, tall) {
    if (layers.length === 0) return [];
    const values = layers.map((layer) => logSizes(layer.gradients));
    const [low, high] = gradientRange(values);
    const every = Math.max(1, Math.ceil((high - low) / 5));
    const marks = /** @type {[number, string][]} */ ([]);
    for (let power = high; power >= low; power -= every) marks.push([power, power === 0 ? "1" : `1e${power}`.replace("-", "−")]);
    return columns(wide, tall, { values, low: low - 0.02 * (high - low), high, marks, under: layers.map((layer) => short(layer.gradient_rms)), kind: () => "inx-gradient" });
  }

  draw();
  return scope.dispose;
}

/** 0.63, 5e-4: as short as a column is narrow. @param {number} v */
function short(v) {
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size >= 0.01 && size < 1000) return String(Number(v.toPrecision(2)));
  return v.toExponential(0).replace("e+", "e").replace("-", "−");
}
/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)}\u202f%`;

export default { render };
