// @ts-check
/** ScaleExplorer: from a configuration to parameters, memory, machines, days and money. */

import { PRESETS, bytes, count, duration, exact, figures, possibleHeads, problemWith } from "./scale.js";
import { memoryChart, partsBar } from "./scale_charts.js";
import { figureRow, followTheme, guardedChange, linkButton, money, newsTo, percent, traits } from "./ui_explore.js";
import { announcer, button, checkbox, choice, createScope, el, select, slider } from "./ui.js";

const STATE = /** @type {const} */ ([
  "preset", "n_layers", "d_model", "n_heads", "vocabulary_size", "context_length", "tied_output", "bytes_per_parameter", "n_conversations", "n_tokens",
  "accelerator", "n_accelerators", "price_usd_per_hour", "training_utilisation", "efficiency", "busy_share",
]);
const powers = (/** @type {number} */ from, /** @type {number} */ to) => Array.from({ length: Math.round(Math.log2(to / from)) + 1 }, (_, i) => from * 2 ** i);
const series = (/** @type {number[]} */ steps, /** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from + 1 }, (_, i) => steps.map((s) => Number((s * 10 ** (from + i)).toPrecision(3)))).flat();
const shares = [0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

/** @type {[string, {name: string, label: string, help: string, values: number[], format: (v: number) => string, unit?: string}[]][]} */
const SLIDERS = [
  ["The model", [
    { name: "n_layers", label: "Layers L", help: "Blocks of attention and feed-forward", values: [1, 2, 3, 4, 6, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 80, 96, 120, 160, 200], format: exact },
    { name: "d_model", label: "Width d", help: "Numbers that describe one token (d_model)", values: [32, 64, 128, 192, 256, 384, 512, 768, 1024, 1280, 1600, 2048, 2560, 3072, 4096, 5120, 6144, 8192, 10240, 12288, 16384, 20480, 24576, 32768], format: exact },
    { name: "vocabulary_size", label: "Vocabulary V", help: "Different tokens", values: [64, 128, 256, 512, 1024, 1536, 2048, 4096, 8192, 16384, 32000, 50257, 65536, 100000, 128256, 200000, 256000], format: exact },
    { name: "context_length", label: "Context T", help: "Tokens it can look back on", values: powers(64, 1048576), format: exact },
  ]],
  ["Serving", [
    { name: "n_conversations", label: "Conversations at once", help: "Full contexts whose keys and values are kept, 2 bytes a number", values: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000], format: exact },
    { name: "efficiency", label: "Speed reached by software", help: "Share of both peaks, arithmetic and memory, that software reaches: an assumption", values: shares, format: percent },
    { name: "busy_share", label: "Busy hours", help: "Share of the rented hours in which somebody asks", values: shares, format: percent },
  ]],
  ["Training", [
    { name: "n_tokens", label: "Tokens to read", help: "Training costs 6 operations per parameter and token", values: series([1, 2, 2.5, 3, 5], 5, 13), format: count },
    { name: "n_accelerators", label: "Accelerators", help: "How many work at the same time", values: powers(1, 65536), format: exact },
    { name: "price_usd_per_hour", label: "Rent an hour, each", help: "An assumption: look up what you would pay", values: series([1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 8], -1, 1), format: (v) => money(v) },
    { name: "training_utilisation", label: "Utilisation", help: "Share of the peak that really computes: 30 to 50 % is good", values: shares, format: percent },
  ]],
];

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, [...STATE, "accelerators"], draw);
  const first = state.initial;
  const { accelerators } = first;
  /** @type {ReturnType<typeof figures> | null} */
  let shown = null;

  const models = choice(scope, { label: "Model", value: first.preset, options: Object.keys(PRESETS).map((value) => ({ value, label: value })), onChange: choose });
  const note = announcer(scope, { every: 0, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const tryChange = guardedChange({ state, say, problemWith, draw });
  const voice = announcer(scope, { every: 1200 });
  const tell = newsTo(voice);
  const link = linkButton(scope, { model, host, name: "scale", names: STATE, state, say, problemWith });
  const back = button(scope, { label: "Reset", icon: "reset", kind: "small", title: "Back to the numbers of this model", onClick: () => choose(model.get("preset")) });

  const total = el("strong", { class: "scx-total" });
  const formula = el("span", { class: "scx-formula" });
  const parts = partsBar();
  const memory = memoryChart(scope, () => shown && { ...shown, accelerators });
  const row = figureRow("scx", { weights: "weights", serve: "to serve", train: "to train", time: "training takes", cost: "training costs", tokens: "a million written" });
  const { cells, show } = row;

  /** @type {Record<string, ReturnType<typeof slider>>} */
  const fields = {};
  const groups = SLIDERS.map(([heading, list]) => {
    for (const { name, ...options } of list) fields[name] = slider(scope, { ...options, value: first[name], onInput: (value) => tryChange(name === "d_model" ? withHeads(value) : { [name]: value }) });
    return el("div", { class: "scx-group", role: "group", "aria-label": heading }, [el("p", { class: "nnx-heading" }, [heading]), ...list.map(({ name }) => fields[name].root)]);
  });
  const heads = select(scope, { label: "Heads", value: "", options: [], onChange: (value) => tryChange({ n_heads: Number(value) }) });
  const tied = checkbox(scope, { label: "Output shares the embedding", help: "As in GPT-2; otherwise the output layer adds V d + V", value: first.tied_output, onChange: (on) => tryChange({ tied_output: on }) });
  const precision = select(scope, {
    label: "Bytes per weight",
    value: "",
    options: [["4", "4 (float32)"], ["2", "2 (bfloat16)"], ["1", "1 (int8)"], ["0.5", "½ (int4)"]].map(([value, label]) => ({ value, label })),
    onChange: (value) => tryChange({ bytes_per_parameter: Number(value) }),
  });
  const machine = select(scope, {
    label: "Accelerator",
    value: first.accelerator,
    options: accelerators.map((/** @type {any} */ a) => ({ value: a.name, label: a.name })),
    onChange: (value) => tryChange({ accelerator: value, price_usd_per_hour: accelerators.find((/** @type {any} */ a) => a.name === value).price_usd_per_hour }),
  });
  groups[0].append(heads.root, tied.root);
  groups[1].children[0].after(precision.root);
  groups[2].children[0].after(machine.root);

  const root = el("div", { class: "nnw nnx scx", role: "group", "aria-label": "The scale of a language model", "data-lm-suppress-shortcuts": "true" }, [
    el("div", { class: "nnx-head" }, [models.root, el("div", { class: "scx-tools" }, [back.root, ...link])]),
    el("div", { class: "scx-count" }, [el("p", {}, [total, " parameters"]), formula]),
    parts.root,
    row.root,
    el("div", { class: "scx-memory" }, [el("p", { class: "nnx-heading" }, ["Memory, on a scale of powers of ten ", el("span", { class: "nnx-light" }, ["lines: one accelerator; blue: keys and values"])]), memory.root]),
    note.root,
    el("div", { class: "nnx-inputs" }, groups),
    voice.root,
  ]);
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  followTheme(scope, root);

  /** @param {string} name */
  function choose(name) {
    tryChange({ preset: name, ...PRESETS[name] });
  }
  /** A new width keeps heads that divide it, about 64 wide. @param {number} d */
  function withHeads(d) {
    const now = model.get("n_heads");
    if (d % now === 0) return { d_model: d, n_heads: now };
    const list = possibleHeads(d, 1);
    return { d_model: d, n_heads: list.reduce((best, n) => (Math.abs(n - d / 64) < Math.abs(best - d / 64) ? n : best)) };
  }

  function draw() {
    const now = state.read();
    models.set(now.preset);
    for (const [name, field] of Object.entries(fields)) if (document.activeElement !== field.input) field.set(now[name]);
    heads.setOptions(possibleHeads(now.d_model, now.n_heads).map((n) => ({ value: String(n), label: `${n} of ${now.d_model / n} each` })));
    heads.set(String(now.n_heads));
    tied.set(now.tied_output);
    precision.set(String(now.bytes_per_parameter));
    machine.set(now.accelerator);
    if (problemWith(now) !== null) return;

    const f = figures(now);
    shown = f;
    total.textContent = exact(f.total);
    formula.textContent = `V d + T d + L (12 d² + 13 d) + 2 d${now.tied_output ? "" : " + V d + V"}`;
    parts.show(f.parts, f.total);
    const enough = now.n_accelerators >= f.trainers;
    show("weights", bytes(f.weights), `${now.bytes_per_parameter === 0.5 ? "½" : now.bytes_per_parameter} bytes each`);
    show("serve", bytes(f.toServe), needs(f.servers, f.machine.memory_gigabytes));
    show("train", bytes(f.toTrain), needs(f.trainers, f.machine.memory_gigabytes));
    show("time", duration(f.run.days), enough ? `${f.run.flops.toExponential(1).replace("e+", "e")} FLOPs` : `${exact(now.n_accelerators)} cannot hold it`);
    cells.time.more.classList.toggle("warn", !enough);
    show("cost", money(f.run.cost_usd), `${count(Math.ceil(f.run.accelerator_hours))} GPU hours`);
    show("tokens", money(f.sold.cost_usd_per_million_written, 2), `${percent(Number(f.sold.utilisation.toPrecision(2)))} of the peak: ${f.sold.limit}`);
    const story = `${exact(f.total)} parameters: ${bytes(f.toServe)} to serve, ${bytes(f.toTrain)} to train. Training takes ${duration(f.run.days)} and costs ${money(f.run.cost_usd)}.`;
    memory.setLabel(`Memory: weights ${bytes(f.weights)}, to serve ${bytes(f.toServe)}, to train ${bytes(f.toTrain)}, against accelerators of ${[...new Set(accelerators.map((/** @type {any} */ a) => a.memory_gigabytes))].join(", ")} GB.`);
    memory.redraw();
    tell(story);
  }
  draw();
  return scope.dispose;
}

/** @param {number} n @param {number} gigabytes */
const needs = (n, gigabytes) => `on ${exact(n)} × ${gigabytes} GB`;

export default { render };
