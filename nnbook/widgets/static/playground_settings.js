// @ts-check
/** The controls of the Playground below the drawing: data, network, training. */

import { datasets } from "./nn_data.js";
import { Random } from "./nn_random.js";
import { CHOICES, FEATURES, FEATURE_WORDS, MAX_LAYERS, NUMBERS, RANGE, labelOf, taskOf } from "./playground_state.js";
import { button, checkbox, choice, el, formatNumber, select, slider } from "./ui.js";

/** @typedef {import("./playground_state.js").Settings} Settings */
/** @typedef {(change: Partial<Settings>) => void} Change */

const SIZE = 40;

/** A small picture of a data set. @param {string} name @param {any} theme @param {HTMLCanvasElement} node */
function drawThumbnail(name, theme, node) {
  const context = /** @type {CanvasRenderingContext2D} */ (node.getContext("2d"));
  node.width = node.height = 2 * SIZE;
  context.setTransform(2, 0, 0, 2, 0, 0);
  const at = (/** @type {number} */ v) => ((v / RANGE + 1) / 2) * SIZE;
  if (name === "own") {
    context.strokeStyle = theme.css.muted;
    context.setLineDash([3, 3]);
    context.strokeRect(5, 5, SIZE - 10, SIZE - 10);
    context.setLineDash([]);
    for (const [x, y, colour] of /** @type {const} */ ([[14, 15, "positive"], [19, 21, "positive"], [27, 24, "negative"], [23, 30, "negative"]])) {
      context.fillStyle = theme.css[colour];
      context.beginPath();
      context.arc(x, y, 3, 0, 7);
      context.fill();
    }
    return;
  }
  const { X, y } = datasets[name](taskOf({ dataset: name, task: "classification" }) === "regression" ? 160 : 70, 0.02, new Random(1));
  for (let i = 0; i < y.length; i++) {
    const regression = name === "plane" || name === "hills";
    context.globalAlpha = regression ? Math.min(1, 0.15 + Math.abs(y[i])) : 1;
    context.fillStyle = (regression ? y[i] > 0 : y[i] > 0.5) ? theme.css.positive : theme.css.negative;
    context.beginPath();
    context.arc(at(X[2 * i]), SIZE - at(X[2 * i + 1]), regression ? 2.2 : 1.5, 0, 7);
    context.fill();
  }
}

/**
 * The choice of data, as pictures.
 * @param {import("./ui_dom.js").Scope} scope @param {{value: string, names: string[], change: Change}} options
 */
export function dataChoice(scope, { value, names, change }) {
  const pictures = new Map(names.map((name) => [name, /** @type {HTMLCanvasElement} */ (el("canvas", { class: "nnp-thumb", "aria-hidden": "true" }))]));
  const words = new Map(CHOICES.dataset);
  const box = choice(scope, {
    label: "Data",
    kind: "nnp-data",
    value,
    options: names.map((name) => ({ value: name, label: words.get(name) ?? name, content: pictures.get(name) })),
    onChange: (dataset) => change({ dataset }),
  });
  return { ...box, paint: (/** @type {any} */ theme) => pictures.forEach((node, name) => drawThumbnail(name, theme, node)) };
}

/**
 * All settings but the data set. `show(settings)` brings them up to date.
 * @param {import("./ui_dom.js").Scope} scope @param {{settings: Settings, change: Change, view: any, redraw: () => void}} options
 */
export function settingsPanel(scope, { settings, change, view, redraw }) {
  const current = { settings };
  const number = (/** @type {keyof typeof NUMBERS} */ name) => {
    const { label, unit, help, values } = NUMBERS[name];
    const format = name === "test_fraction" ? (/** @type {number} */ v) => `${Math.round(100 * v)} %` : formatNumber;
    return slider(scope, { label, unit, help, values, format, value: /** @type {any} */ (settings)[name], onInput: (v) => change({ [name]: v }) });
  };
  const menu = (/** @type {keyof typeof CHOICES} */ name, help = "") =>
    select(scope, { label: labelOf(name), help, value: /** @type {any} */ (settings)[name], options: CHOICES[name].map(([value, label]) => ({ value, label })), onChange: (v) => change({ [name]: v }) });

  /** @type {Record<string, any>} */
  const fields = {};
  for (const name of ["n_points", "noise", "test_fraction", "learning_rate", "batch_size", "penalty_strength"]) fields[name] = number(name);
  for (const name of ["task", "activation", "initializer", "loss", "optimizer", "penalty", "speed"]) fields[name] = menu(name);

  const seedInput = /** @type {HTMLInputElement} */ (el("input", { type: "number", class: "nnw-select", min: 0, max: 9999, step: 1, "aria-label": "Seed" }));
  scope.listen(seedInput, "change", () => change({ seed: Math.max(0, Math.min(9999, Math.round(Number(seedInput.value) || 0))) }));
  const dice = button(scope, { label: "Next", kind: "small", title: "The next seed", onClick: () => change({ seed: (current.settings.seed + 1) % 10000 }) });
  const seed = el("div", { class: "nnw-field", title: NUMBERS.seed.help }, [el("span", { class: "nnp-label" }, ["Seed"]), el("div", { class: "nnp-row" }, [seedInput, dice.root])]);

  const inputs = new Map(
    FEATURES.map((name) => [
      name,
      checkbox(scope, {
        label: FEATURE_WORDS[/** @type {keyof typeof FEATURE_WORDS} */ (name)],
        value: settings.features.includes(name),
        onChange: () => {
          const features = FEATURES.filter((f) => inputs.get(f)?.input.checked);
          if (features.length) change({ features });
          else inputs.get(name)?.set(true); // a network without inputs has nothing to say
        },
      }),
    ]),
  );
  const features = el("div", { class: "nnw-field", role: "group", "aria-label": "Inputs" }, [el("span", { class: "nnp-label" }, ["Inputs"]), el("div", { class: "nnp-checks" }, [...inputs.values()].map((c) => c.root))]);
  const showTest = checkbox(scope, {
    label: "Show test points (rings)",
    value: view.showTest,
    onChange: (on) => {
      view.showTest = on;
      redraw();
    },
  });

  const group = (/** @type {string} */ title, /** @type {Node[]} */ children) => el("div", { class: "nnp-group", role: "group", "aria-label": title }, [el("p", { class: "nnp-title" }, [title]), ...children]);
  const root = el("div", { class: "nnp-settings" }, [
    group("Data", [fields.task.root, fields.n_points.root, fields.noise.root, fields.test_fraction.root, showTest.root, seed]),
    group("Network", [features, fields.activation.root, fields.initializer.root, fields.loss.root]),
    group("Training", [fields.optimizer.root, fields.learning_rate.root, fields.batch_size.root, fields.penalty.root, fields.penalty_strength.root, fields.speed.root]),
  ]);

  /** @param {Settings} now */
  function show(now) {
    current.settings = now;
    for (const [name, item] of Object.entries(fields)) item.set(/** @type {any} */ (now)[name]);
    seedInput.value = String(now.seed);
    inputs.forEach((box, name) => box.set(now.features.includes(name)));
    const own = now.dataset === "own";
    fields.task.root.hidden = !own;
    fields.n_points.root.hidden = own;
    fields.noise.root.hidden = own;
    fields.penalty_strength.root.hidden = now.penalty === "none";
    fields.loss.enable(taskOf(now) === "classification");
  }
  show(settings);
  return { root, show };
}

/**
 * Number of hidden layers. @param {import("./ui_dom.js").Scope} scope @param {{hidden: () => number[], change: Change}} options
 */
export function layerButtons(scope, { hidden, change }) {
  const fewer = button(scope, { label: "Remove a hidden layer", icon: "minus", iconOnly: true, kind: "tiny", onClick: () => change({ hidden: hidden().slice(0, -1) }) });
  const more = button(scope, { label: "Add a hidden layer", icon: "plus", iconOnly: true, kind: "tiny", onClick: () => change({ hidden: [...hidden(), hidden().at(-1) ?? 4] }) });
  const text = el("span");
  return {
    root: el("div", { class: "nnp-layers" }, [fewer.root, text, more.root]),
    show() {
      const n = hidden().length;
      text.textContent = `${n} hidden ${n === 1 ? "layer" : "layers"}`;
      fewer.set({ disabled: n === 0 });
      more.set({ disabled: n >= MAX_LAYERS });
    },
  };
}
