// @ts-check
/** BackpropStepper: one round of learning in a 2-2-1 network, a step at a time, with every number in sight. */

import { createDrawing } from "./backprop_drawing.js";
import { formulaBlock } from "./backprop_formula.js";
import { computeRound, decodeState, drawParameters, encodeState, LIMITS, OUTPUT_ACTIVATIONS, problemWith, updatedParameters } from "./backprop_round.js";
import { ACTIVATION_LABELS, knownAt, PHASES, short, spoken, stepsOf } from "./backprop_steps.js";
import { announcer, button, copyText, createScope, el, hashKey, hashLink, readHash, select, slider, svg, uniqueId } from "./ui.js";

/** @typedef {import("./backprop_round.js").State} State */

const TRAITS = /** @type {const} */ (["inputs", "target", "parameters", "activation", "output_activation", "loss", "learning_rate", "seed", "step"]);
const PHASE_LABELS = { forward: "Forward", loss: "Loss", backward: "Backward", update: "Update" };

/** @param {any} model @returns {State} */
function readState(model) {
  return /** @type {State} */ (Object.fromEntries(TRAITS.map((name) => [name, structuredClone(model.get(name))])));
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const initial = readState(model);
  const key = hashKey(host, "backprop");
  /** @type {{parameters: number[], loss: number}[]} rounds behind us, so that Back can return to them */
  let past = [];
  let ownParameters = initial.parameters.join(); // any others come from Python, and are a new story

  // ------------------------------------------------------------------------------------------------ the state

  /** Change several traits at once. @param {Partial<State>} changes */
  const change = (changes) => {
    ownParameters = (changes.parameters ?? model.get("parameters")).join();
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
    draw();
  };
  /** What is wrong with a change, or null after it was made. @param {Partial<State>} changes */
  const tryChange = (changes) => {
    const problem = problemWith({ ...readState(model), ...changes });
    if (problem === null) change(changes);
    say(problem ?? "");
    return problem;
  };
  /** A reader's own numbers begin a new story. @param {Partial<State>} changes */
  const startAgain = (changes) => {
    past = [];
    return tryChange(changes);
  };
  const now = () => {
    const state = readState(model);
    const v = computeRound(state);
    const steps = stepsOf(state, v);
    return { state, v, steps, index: Math.min(state.step, steps.length - 1) };
  };
  const nextRound = (/** @type {number} */ step) => {
    const { state, v } = now();
    const parameters = updatedParameters(state);
    if (problemWith({ ...state, parameters }) !== null) {
      say("The weights would grow past all bounds. Try a smaller learning rate, or reset.");
      return;
    }
    past.push({ parameters: state.parameters, loss: v.L });
    change({ parameters, step });
  };
  const next = () => {
    say("");
    const { steps, index } = now();
    if (index < steps.length - 1) change({ step: index + 1 });
    else nextRound(0);
  };
  const back = () => {
    say("");
    const { steps, index } = now();
    if (index > 0) change({ step: index - 1 });
    else {
      const before = past.pop();
      if (before) change({ parameters: before.parameters, step: steps.length - 1 });
    }
  };
  const wholeRound = () => {
    say("");
    const { steps, index } = now();
    if (index < steps.length - 1) change({ step: steps.length - 1 });
    else nextRound(steps.length - 1);
  };
  /** Keep the present step by name where the list of steps changes. @param {Partial<State>} changes */
  const changeKeepingStep = (changes) => {
    const { state, steps, index } = now();
    const after = { ...state, ...changes };
    const list = stepsOf(after, computeRound(after));
    const same = list.findIndex((step) => step.id === steps[index].id);
    startAgain({ ...changes, step: same >= 0 ? same : Math.min(index, list.length - 1) });
  };

  // --------------------------------------------------------------------------------------------- the controls

  const backButton = button(scope, { label: "Back", title: "One step back (left arrow key)", onClick: back });
  const nextButton = button(scope, { label: "Next", title: "One step on (right arrow key)", kind: "primary", onClick: next });
  const roundButton = button(scope, { label: "Whole round", title: "To the end of this round, or through the next one", onClick: wholeRound });
  const resetButton = button(scope, {
    label: "Reset",
    icon: "reset",
    onClick: () => {
      past = [];
      change(structuredClone(initial));
      say("Everything is as at the beginning.");
    },
  });
  const linkButton = button(scope, {
    label: "Copy link",
    icon: "link",
    title: "Copy the address of this page with these numbers",
    onClick: async () => {
      const address = hashLink(key, encodeState(readState(model)));
      say((await copyText(address)) ? "The link is copied." : `Copy it from here: ${address}`);
    },
  });
  const curve = svg("svg", { class: "bps-curve", viewBox: "0 0 72 22", role: "img" });
  const story = el("div", { class: "bps-story" }, [el("span", { "aria-hidden": "true" }, ["loss"]), curve]);
  const bar = el("div", { class: "bps-bar" }, [
    el("div", { class: "bps-buttons" }, [backButton.root, nextButton.root, roundButton.root]),
    story,
  ]);

  const trackLabel = uniqueId("track");
  const track = el("div", { class: "bps-track", role: "toolbar", "aria-labelledby": trackLabel });
  const title = el("div", { class: "bps-heading" });
  const count = el("span", { class: "bps-count", id: trackLabel });
  const text = el("p", { class: "bps-text" });
  const formulas = el("div", { class: "bps-math" });
  const panel = el("div", { class: "bps-panel" }, [el("div", { class: "bps-head" }, [title, count]), text, formulas]);
  const voice = announcer(scope, { every: 0 });
  const note = announcer(scope, { every: 0, visible: true });
  /** @param {string} sentence */
  const say = (sentence) => note.say(sentence, true);

  const drawing = createDrawing(scope, (name, value) => {
    const state = readState(model);
    if (name === "t") return startAgain({ target: value });
    const index = Number(name.slice(1));
    if (name[0] === "x") return startAgain({ inputs: state.inputs.map((v, i) => (i === index ? value : v)) });
    return startAgain({ parameters: state.parameters.map((v, i) => (i === index ? value : v)) });
  });

  const activation = select(scope, {
    label: "Hidden activation",
    value: initial.activation,
    options: Object.entries(ACTIVATION_LABELS).map(([value, label]) => ({ value, label })),
    onChange: (value) => changeKeepingStep({ activation: value }),
  });
  const loss = select(scope, {
    label: "Loss",
    value: initial.loss,
    options: [
      { value: "binary_cross_entropy", label: "cross-entropy" },
      { value: "mean_squared_error", label: "squared error" },
    ],
    onChange: (value) => {
      const target = readState(model).target;
      changeKeepingStep(value === "binary_cross_entropy" ? { loss: value, target: Math.min(1, Math.max(0, target)) } : { loss: value });
    },
  });
  const output = select(scope, {
    label: "Output activation",
    help: "Cross-entropy always reads the output through a sigmoid",
    value: initial.output_activation,
    options: OUTPUT_ACTIVATIONS.map((value) => ({ value, label: ACTIVATION_LABELS[value] })),
    onChange: (value) => changeKeepingStep({ output_activation: value }),
  });
  const rate = slider(scope, {
    label: "Learning rate η",
    value: initial.learning_rate,
    min: LIMITS.learning_rate[0],
    max: LIMITS.learning_rate[1],
    log: true,
    onInput: (value) => tryChange({ learning_rate: value }),
  });
  const seedId = uniqueId("seed");
  const seed = /** @type {HTMLInputElement} */ (el("input", { type: "number", class: "nnw-select bps-seed", id: seedId, min: 0, max: 2 ** 31 - 1, step: 1 }));
  const drawWeights = (/** @type {number} */ number) => {
    if (Number.isInteger(number) && number >= 0) startAgain({ seed: number, parameters: drawParameters(number), step: 0 });
    else startAgain({ seed: number });
    seed.value = String(model.get("seed"));
  };
  scope.listen(seed, "change", () => drawWeights(seed.value === "" ? NaN : Number(seed.value)));
  const newWeights = button(scope, { label: "New weights", title: "Draw other starting weights, with the next seed", onClick: () => drawWeights(model.get("seed") + 1) });
  const settings = el("div", { class: "bps-settings" }, [
    activation.root,
    loss.root,
    output.root,
    rate.root,
    el("div", { class: "nnw-field" }, [el("label", { for: seedId }, ["Seed"]), el("div", { class: "bps-seed-row" }, [seed, newWeights.root])]),
  ]);

  const hint = el("p", { class: "bps-hint" }, [
    "Every number in a box can be changed: type, or press ↑ and ↓. Elsewhere ← and → go one step back and on.",
  ]);
  const foot = el("div", { class: "bps-foot" }, [hint, el("div", { class: "bps-buttons" }, [...(model.onPage ? [linkButton.root] : []), resetButton.root])]);
  // JupyterLab would take the arrow keys for itself without the attribute that its keyboard manager looks for
  const attributes = { class: "nnw bps", role: "group", "aria-label": "Backpropagation, step by step", "data-lm-suppress-shortcuts": "true" };
  const root = el("div", attributes, [bar, track, panel, drawing.root, note.root, settings, foot, voice.root]);

  scope.listen(root, "keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select")) return;
    const action = { ArrowRight: next, ArrowLeft: back, Home: () => change({ step: 0 }), End: () => change({ step: now().steps.length - 1 }) }[/** @type {string} */ (event.key)];
    if (!action) return;
    event.preventDefault();
    const onTrack = track.contains(document.activeElement);
    action();
    if (onTrack) /** @type {HTMLElement | null} */ (track.querySelector('[tabindex="0"]'))?.focus();
  });

  // ------------------------------------------------------------------------------------------------- to look at

  let trackDrawn = "";
  /** @param {import("./backprop_steps.js").Step[]} steps @param {number} index */
  const drawTrack = (steps, index) => {
    const ids = steps.map((step) => step.id).join();
    if (ids !== trackDrawn) {
      trackDrawn = ids;
      track.replaceChildren(
        ...PHASES.map((phase) =>
          el("div", { class: `bps-phase ${phase}`, style: `flex-grow: ${steps.filter((s) => s.phase === phase).length}` }, [
            el("span", { class: "bps-phase-name", "aria-hidden": "true" }, [PHASE_LABELS[/** @type {keyof typeof PHASE_LABELS} */ (phase)]]),
            el("div", { class: "bps-dots" }, steps.map((step, i) => (step.phase === phase ? dot(step, i) : null))),
          ]),
        ),
      );
    }
    for (const button of track.querySelectorAll("button")) {
      const at = Number(button.dataset.index);
      button.classList.toggle("done", at < index);
      button.tabIndex = at === index ? 0 : -1;
      if (at === index) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
  };
  /** @param {import("./backprop_steps.js").Step} step @param {number} i */
  const dot = (step, i) => {
    const node = el("button", { type: "button", class: "bps-dot", "data-index": i, "aria-label": `Step ${i + 1}: ${step.title}`, title: `${i + 1}. ${step.title}` });
    node.addEventListener("click", () => change({ step: i })); // goes away with its element
    return node;
  };

  /** @param {number} present the loss of this round */
  const drawStory = (present) => {
    const values = [...past.map((p) => p.loss), present];
    const shown = values.slice(-24);
    const top = Math.max(...shown, 1e-12);
    const points = shown.map((v, i) => [4 + (64 * i) / Math.max(1, shown.length - 1), 19 - 16 * (v / top)]);
    curve.setAttribute("aria-label", `Loss by round: ${shown.map(short).join(", ")}`);
    curve.replaceChildren(
      svg("polyline", { points: points.map((p) => p.join()).join(" ") }),
      ...points.slice(-1).map(([cx, cy]) => svg("circle", { cx, cy, r: 2.5 })),
    );
    story.hidden = shown.length < 2;
  };

  let stepShown = "";
  const draw = () => {
    const { state, v, steps, index } = now();
    const step = steps[index];
    drawTrack(steps, index);
    drawStory(v.L);
    drawing.show(v, knownAt(steps, index), step);
    title.textContent = step.title;
    count.textContent = `round ${past.length + 1}, step ${index + 1} of ${steps.length}`;
    text.textContent = step.text;
    panel.dataset.phase = step.phase;
    formulas.replaceChildren(formulaBlock(step.formulas));
    backButton.set({ disabled: index === 0 && past.length === 0 });
    nextButton.set({ label: index < steps.length - 1 ? "Next" : "Next round" });
    activation.set(state.activation);
    loss.set(state.loss);
    output.set(state.loss === "binary_cross_entropy" ? "sigmoid" : state.output_activation);
    output.enable(state.loss !== "binary_cross_entropy");
    if (document.activeElement !== rate.input) rate.set(state.learning_rate);
    if (document.activeElement !== seed) seed.value = String(state.seed);
    const spokenNow = spoken(step, index, steps.length);
    if (stepShown !== "" && spokenNow !== stepShown) voice.say(spokenNow, true);
    stepShown = spokenNow;
  };

  // changes that come from Python arrive one by one; draw once when all are there
  let waiting = false;
  for (const name of TRAITS) {
    scope.watch(model, `change:${name}`, () => {
      if (waiting) return;
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        if (scope.signal.aborted) return;
        if (model.get("parameters").join() !== ownParameters) past = [];
        ownParameters = model.get("parameters").join();
        draw();
      });
    });
  }
  const readAddress = () => {
    const state = model.onPage ? decodeState(readHash(key) ?? "") : null;
    if (state === null) return;
    past = [];
    change(state);
  };
  scope.listen(window, "hashchange", readAddress);

  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  readAddress();
  draw();
  return scope.dispose;
}

export default { render };
