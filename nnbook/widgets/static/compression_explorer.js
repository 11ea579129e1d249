// @ts-check
/** CompressionExplorer: fewer bits, fewer weights; accuracy, bytes, weights and margin, all computed on the page. */

import { BITS, GRAINS, LARGEST_PRUNED, REFERENCE_BITS, compressible, costAfterCompression, margin, problemWith } from "./compression.js";
import { frontierChart, weightChart } from "./compression_charts.js";
import { withStored } from "./stored.js";
import { figureRow, followTheme, guardedChange, linkButton, money, newsTo, percent, traits } from "./ui_explore.js";
import { announcer, button, choice, createScope, el, slider } from "./ui.js";

const STATE = /** @type {const} */ (["bits", "pruned", "grain", "memory_share"]);
const MONEY = /** @type {const} */ (["price_usd_per_customer_month", "million_tokens_per_customer_month", "cost_usd_per_million_tokens", "other_cost_usd_per_customer_month"]);
const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, LARGEST_PRUNED];

/** @param {number} n */
const exact = (n) => n.toLocaleString("en-US");

/** @param {number} n */
const digits = (n) => `${n} ${n === 1 ? "digit" : "digits"}`;

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const root = el("div", { class: "nnw nnx cpx", role: "group", "aria-label": "Compress a network", "data-lm-suppress-shortcuts": "true" });
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  withStored(scope, model, root, {
    waiting: "The network is on its way …",
    failure: "CompressionExplorer cannot be used",
    open: compressible,
    build: (network) => build(model, host, root, scope, network),
  });
  return scope.dispose;
}

/** @param {any} model @param {HTMLElement} host @param {HTMLElement} root @param {import("./ui.js").Scope} scope @param {ReturnType<typeof compressible>} network */
function build(model, host, root, scope, network) {
  const state = traits(scope, model, [...STATE, ...MONEY], draw);
  const first = state.initial;
  /** @type {ReturnType<typeof network.measure> | null} */
  let shown = null;
  /** @type {import("./compression_charts.js").Point[]} */
  let points = [];

  const note = announcer(scope, { every: 0, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const tryChange = guardedChange({ state, say, problemWith, draw });
  const voice = announcer(scope, { every: 1200 });
  const tell = newsTo(voice);
  const link = linkButton(scope, { model, host, name: "compression", names: STATE, state, say, problemWith });
  const reset = button(scope, { label: "Reset", icon: "reset", kind: "small", title: "Back to the beginning", onClick: () => tryChange(Object.fromEntries(STATE.map((name) => [name, first[name]]))) });

  const { root: figures, show } = figureRow("cpx", { accuracy: "accuracy", bytes: "size", zeros: "weights that are 0", margin: "gross margin" });

  const weights = weightChart(scope, () => shown && { original: network.original, weights: shown.weights });
  const frontier = frontierChart(scope, () => points);
  const chart = (/** @type {string} */ heading, /** @type {string} */ light, /** @type {HTMLElement} */ part) => el("div", { class: "cpx-chart" }, [el("p", { class: "nnx-heading" }, [heading, el("span", { class: "nnx-light" }, [light])]), part]);

  const bits = choice(scope, { label: "Bits for each weight", value: String(first.bits), options: BITS.map((b) => ({ value: String(b), label: String(b) })), onChange: (value) => tryChange({ bits: Number(value) }) });
  const grain = choice(scope, { label: "One scale for each", value: first.grain, options: GRAINS.map((value) => ({ value, label: value === "column" ? "neuron" : "matrix" })), onChange: (value) => tryChange({ grain: value }) });
  const pruned = slider(scope, { label: "Smallest weights set to 0", help: "Magnitude pruning, over all layers, without further training", value: first.pruned, values: [...new Set([...SHARES, first.pruned])].sort((a, b) => a - b), format: percent, onInput: (value) => tryChange({ pruned: value }) });
  const memory = slider(scope, { label: "Serving time that reads weights", help: "m of Amdahl's law: only this part becomes shorter", value: first.memory_share, values: [...new Set([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, first.memory_share])].sort((a, b) => a - b), format: percent, onInput: (value) => tryChange({ memory_share: value }) });
  const sentence = el("p", { class: "cpx-verdict" });

  root.append(
    el("div", { class: "nnx-head" }, [el("p", { class: "nnx-heading" }, [`The digits network, ${network.sizes.join(" → ")}`]), el("div", { class: "cpx-tools" }, [reset.root, ...link])]),
    el("div", { class: "cpx-inputs" }, [
      el("div", { class: "cpx-group" }, [el("p", { class: "cpx-label" }, ["Bits for each weight"]), bits.root]),
      el("div", { class: "cpx-group" }, [el("p", { class: "cpx-label" }, ["One scale for each"]), grain.root]),
      el("div", { class: "cpx-group" }, [pruned.root]),
      el("div", { class: "cpx-group" }, [memory.root]),
    ]),
    figures,
    sentence,
    el("div", { class: "cpx-charts" }, [chart("Weights", "line: before; heights are logarithms", weights.root), chart("Accuracy against size", "each number of bits at this pruning", frontier.root)]),
    note.root,
    voice.root,
  );
  followTheme(scope, root);


  function draw() {
    const now = /** @type {any} */ (state.read());
    bits.set(String(now.bits));
    grain.set(now.grain);
    if (document.activeElement !== pruned.input) pruned.set(now.pruned);
    if (document.activeElement !== memory.input) memory.set(now.memory_share);
    if (problemWith(now) !== null) return;
    const result = network.measure(now);
    shown = result;
    points = BITS.map((b) => ({ bits: b, chosen: b === now.bits, ...network.measure({ ...now, bits: b }) }));
    const full = network.measure({ bits: REFERENCE_BITS, pruned: 0, grain: "column" });
    const all = result.weights.reduce((n, w) => n + w.length, 0);
    const zeros = result.weights.reduce((n, w) => n + w.reduce((k, v) => k + (v === 0 ? 1 : 0), 0), 0);
    const lost = full.right - result.right;
    const cost = costAfterCompression(now.cost_usd_per_million_tokens, result.ratio, now.memory_share);
    show("accuracy", percent(result.accuracy), `${result.right} of ${network.n} held-out digits`);
    show("bytes", `${exact(result.bytes)} B`, `${percent(result.ratio)} of 16 bits`);
    show("zeros", percent(zeros / all), `${exact(all - zeros)} of ${exact(all)} are left`);
    show("margin", percent(Math.round(1000 * margin(now, result.ratio)) / 1000), `tokens at ${money(cost)} a million`);
    const answer = lost === 0 ? "It reads as many digits as with 16 bits." : lost > 0 ? `It reads ${digits(lost)} fewer than with 16 bits.` : `It reads ${digits(-lost)} more than with 16 bits: chance.`;
    const gain = 100 * (margin(now, result.ratio) - margin(now, 1));
    const business = Math.abs(gain) < 0.05 ? "The margin stays." : `The margin ${gain > 0 ? "gains" : "loses"} ${Math.abs(gain).toFixed(1)} points.`;
    sentence.textContent = `${answer} ${business}`;
    sentence.dataset.tone = lost > 0.01 * network.n ? "bad" : "good";
    weights.setLabel(`Histogram of ${exact(all)} weights; ${percent(zeros / all)} are zero.`);
    frontier.setLabel(`Accuracy against size: ${points.map((p) => `${p.bits} bits ${percent(p.accuracy)}`).join(", ")}.`);
    weights.redraw();
    frontier.redraw();
    const story = `${now.bits} bits: accuracy ${percent(result.accuracy)}. ${sentence.textContent}`;
    tell(story);
  }
  draw();
}

export default { render };
