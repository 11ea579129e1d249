// @ts-check
/**
 * One round of learning in a 2-2-1 network, cut into steps: what each step computes, from what, and how to say it.
 * No DOM. Every number comes from nn.js; here are only names, formulas and sentences.
 */

import { activations, sigmoid } from "./nn_activations.js";
import { losses } from "./nn_losses.js";
import { MLP } from "./nn_mlp.js";
import { SGD } from "./nn_optimizers.js";
import { Random } from "./nn_random.js";
import { formatNumber } from "./ui.js";

/**
 * @typedef {object} State the traits of the widget
 * @property {number[]} inputs x₁, x₂
 * @property {number} target
 * @property {number[]} parameters nine, in nnbook's order: hidden weights (from x₁, then from x₂), hidden biases, output weights, output bias
 * @property {string} activation of the hidden neurons
 * @property {string} output_activation of the output under mean_squared_error; binary_cross_entropy reads the output as a logit
 * @property {string} loss
 * @property {number} learning_rate
 * @property {number} seed
 * @property {number} step
 */

/** @typedef {string | {s: string, sup?: string, sub?: string} | {n: number} | {top: Token[], bottom: Token[]}} Token */
/** @typedef {{key: string, left: Token[], symbols: Token[], numbers: Token[], result: number, relation?: string, before?: number}} Formula  before: what the result was a round ago */
/** @typedef {{id: string, phase: string, title: string, text: string, formulas: Formula[], reads: string[], flow: number}} Step */

const SIZES = [2, 2, 1];
export const LOSSES = ["binary_cross_entropy", "mean_squared_error"];
export const OUTPUT_ACTIVATIONS = ["identity", "sigmoid", "tanh"];
export const PHASES = ["forward", "loss", "backward", "update"];
/** The bounds that the Python side checks too. */
export const LIMITS = { inputs: 10, target: 10, parameters: 100, learning_rate: [0.001, 10] };

/** The lines of the drawing: parameter index → where the line starts and ends. */
export const LINES = [
  { parameter: 0, from: "x0", to: "h0" },
  { parameter: 1, from: "x0", to: "h1" },
  { parameter: 2, from: "x1", to: "h0" },
  { parameter: 3, from: "x1", to: "h1" },
  { parameter: 6, from: "h0", to: "out" },
  { parameter: 7, from: "h1", to: "out" },
];

/** Which parameter is the weight from input i to hidden neuron j. @param {number} i @param {number} j */
const weightIndex = (i, j) => 2 * i + j;

// ------------------------------------------------------------------------------------------------- the numbers

/**
 * Every number of one round, by name: x0 x1 t, p0…p8, z0 z1 z2, a0 a1 a2 (a2 is the prediction), s0 s1 s2 (slopes f′(z)),
 * L, e2 (∂J/∂prediction, with squared error only), e0 e1 (∂J/∂a), d0 d1 d2 (δ = ∂J/∂z), g0…g8 (gradients), n0…n8 (new parameters), L2 and a3
 * (loss and prediction afterwards).
 * @param {State} state @returns {Record<string, number>}
 */
export function computeRound(state) {
  const logit = state.loss === "binary_cross_entropy";
  const outputActivation = logit ? "identity" : state.output_activation;
  const model = new MLP(SIZES, { activation: state.activation, outputActivation, initializer: "zeros", maxBatch: 1 });
  model.parameters.set(state.parameters);
  const x = Float64Array.from(state.inputs);
  const targets = [state.target];
  const loss = losses[state.loss];
  /** @param {number} output */
  const predictionOf = (output) => (logit ? sigmoid(output) : output);
  /** @type {Record<string, number>} */
  const v = { x0: x[0], x1: x[1], t: state.target };
  const output = model.forward(x, 1);
  v.L = loss(output, targets, model.outputGradient, 1, 1);
  model.backward(model.outputGradient, 1);
  const one = Float64Array.of(1);
  const slope = Float64Array.of(0);
  for (let j = 0; j < 3; j++) {
    const [l, k] = j < 2 ? [0, j] : [1, 0];
    v[`z${j}`] = model.preActivationsOf(l)[k];
    v[`a${j}`] = model.activationsOf(l)[k];
    v[`d${j}`] = model.deltasOf(l)[k];
    v[`e${j}`] = model.activationGradientsOf(l)[k];
    const f = activations[j < 2 ? state.activation : outputActivation];
    f.backward(Float64Array.of(v[`z${j}`]), Float64Array.of(v[`a${j}`]), one, slope, 1);
    v[`s${j}`] = slope[0];
  }
  v.a2 = predictionOf(v.a2);
  if (logit) delete v.e2; // the loss takes the sum itself: its derivative by the prediction is never needed
  const gradients = model.gradients;
  for (let p = 0; p < model.parameters.length; p++) {
    v[`p${p}`] = model.parameters[p];
    v[`g${p}`] = gradients[p];
  }
  new SGD(model.parameters.length, { learningRate: state.learning_rate }).step(model.parameters, gradients);
  for (let p = 0; p < model.parameters.length; p++) v[`n${p}`] = model.parameters[p];
  const after = model.forward(x, 1);
  v.L2 = loss(after, targets, null, 1, 1);
  v.a3 = predictionOf(after[0]);
  return v;
}

/** Starting weights drawn from a seed, rounded so that a reader can follow by hand; biases 0. @param {number} seed */
export function drawParameters(seed) {
  const model = new MLP(SIZES, { initializer: "glorot_uniform", rng: new Random(seed), maxBatch: 1 });
  return Array.from(model.parameters, (p) => Math.round(100 * p) / 100 + 0); // + 0: never -0
}

/** The same state after the update, at the given step. @param {State} state @returns {number[]} */
export function updatedParameters(state) {
  const v = computeRound(state);
  return state.parameters.map((_, p) => v[`n${p}`]);
}

// ------------------------------------------------------------------------------------------------- the symbols

/** @param {string} s @param {string} [sup] @param {string} [sub] @returns {Token} */
const sym = (s, sup, sub) => ({ s, sup, sub });
/** @param {number} n @returns {Token} */
const num = (n) => ({ n });

const TARGET = sym("y");
const PREDICTION = sym("ŷ");
const LOSS = sym("J");
const RATE = sym("η");

/** The symbol of a number. @param {string} key as in computeRound @returns {Token[]} */
function symbolOf(key) {
  const kind = key[0];
  const index = Number(key.slice(1));
  /** @param {Token} below @returns {Token[]} */
  const slope = (below) => [{ top: [sym("∂J")], bottom: [sym("∂"), below] }];
  if (key === "L2") return [sym("J", "new")];
  if (key === "a3") return [sym("ŷ", "new")];
  switch (kind) {
    case "x":
      return [sym("x", undefined, String(index + 1))];
    case "p":
    case "n":
      return [parameterSymbol(index)];
    case "g":
      return slope(parameterSymbol(index));
    case "z":
      return [neuronSymbol("z", index)];
    case "a":
      return [index === 2 ? PREDICTION : neuronSymbol("a", index)];
    case "d":
      return [neuronSymbol("δ", index)];
    case "e":
      return slope(index === 2 ? PREDICTION : neuronSymbol("a", index));
    case "t":
      return [TARGET];
    default:
      return [LOSS];
  }
}

/** The same, short enough for the drawing, where the place tells which neuron or line is meant. @param {string} key @returns {Token[]} */
export function labelOf(key) {
  const index = Number(key.slice(1));
  if (key === "L2") return [sym("J", "new")];
  if (key[0] === "g") return [sym(index === 8 || index === 4 || index === 5 ? "∂J/∂b" : "∂J/∂w")];
  if (key[0] === "e") return [sym(index === 2 ? "∂J/∂ŷ" : "∂J/∂a")];
  return key[0] === "n" ? ["→"] : symbolOf(key);
}

/** @param {string} letter @param {number} j 0, 1 hidden; 2 output @returns {Token} */
function neuronSymbol(letter, j) {
  return j === 2 ? sym(letter, "(2)") : sym(letter, "(1)", String(j + 1));
}

/** @param {number} p @returns {Token} */
function parameterSymbol(p) {
  if (p < 4) return sym("w", "(1)", `${Math.floor(p / 2) + 1}${(p % 2) + 1}`);
  if (p < 6) return sym("b", "(1)", String(p - 3));
  return p < 8 ? sym("w", "(2)", String(p - 5)) : sym("b", "(2)");
}

/** What a screen reader calls a number. @param {string} key */
export function nameOf(key) {
  const kind = key[0];
  const index = Number(key.slice(1));
  const neuron = index === 2 ? "the output" : `hidden neuron ${index + 1}`;
  if (key === "L2") return "loss after the update";
  if (key === "a3") return "prediction after the update";
  switch (kind) {
    case "x":
      return `input ${index + 1}`;
    case "p":
      return parameterName(index);
    case "n":
      return `new ${parameterName(index)}`;
    case "g":
      return `gradient of the ${parameterName(index)}`;
    case "z":
      return `weighted sum z of ${neuron}`;
    case "a":
      return index === 2 ? "prediction" : `activation a of ${neuron}`;
    case "d":
      return `delta of ${neuron}`;
    case "e":
      return `derivative of the loss by the ${index === 2 ? "prediction" : `activation of ${neuron}`}`;
    case "t":
      return "target";
    default:
      return "loss";
  }
}

/** @param {number} p */
function parameterName(p) {
  if (p < 4) return `weight from input ${Math.floor(p / 2) + 1} to hidden neuron ${(p % 2) + 1}`;
  if (p < 6) return `bias of hidden neuron ${p - 3}`;
  return p < 8 ? `weight from hidden neuron ${p - 5} to the output` : "bias of the output";
}

/** @type {Record<string, {label: string, apply: (z: Token) => Token[], slope: (z: Token, a: Token) => Token[], why: string}>} */
const FUNCTIONS = {
  identity: { label: "identity", apply: (z) => [z], slope: () => ["1"], why: "The identity changes nothing." },
  relu: {
    label: "ReLU",
    apply: (z) => ["max(0, ", z, ")"],
    slope: (z) => ["[", z, " > 0]"],
    why: "ReLU keeps a positive sum and turns a negative one into 0.",
  },
  tanh: { label: "tanh", apply: (z) => ["tanh ", z], slope: (z, a) => ["(1 − (", a, ")²)"], why: "tanh presses the sum into the range from −1 to 1." },
  sigmoid: { label: "sigmoid", apply: (z) => ["σ(", z, ")"], slope: (z, a) => [a, " · (1 − ", a, ")"], why: "The sigmoid σ presses the sum into the range from 0 to 1." },
  gelu: { label: "GELU", apply: (z) => ["GELU(", z, ")"], slope: (z) => ["GELU′(", z, ")"], why: "GELU is a ReLU with a soft corner." },
};
/** @type {Record<string, string>} */
export const ACTIVATION_LABELS = Object.fromEntries(Object.entries(FUNCTIONS).map(([name, f]) => [name, f.label]));

// --------------------------------------------------------------------------------------------------- the steps

/**
 * The steps of one round. @param {State} state
 * @param {Record<string, number>} v what computeRound gave
 * @returns {Step[]}
 */
export function stepsOf(state, v) {
  const crossEntropy = state.loss === "binary_cross_entropy";
  const hidden = FUNCTIONS[state.activation];
  const last = FUNCTIONS[crossEntropy ? "sigmoid" : state.output_activation];
  /** @type {Step[]} */
  const steps = [];

  /**
   * A formula, once with symbols and once with numbers. @param {string} key what it computes
   * @param {(string | [string])[]} parts text, or [key] for a number
   */
  const formula = (key, parts) => {
    /** @type {Token[]} */ const symbols = [];
    /** @type {Token[]} */ const numbers = [];
    for (const part of parts) {
      if (typeof part === "string") {
        symbols.push(part);
        numbers.push(part);
      } else {
        symbols.push(...(part[0] === "rate" ? [RATE] : symbolOf(part[0])));
        numbers.push(num(part[0] === "rate" ? state.learning_rate : v[part[0]]));
      }
    }
    return { key, left: symbolOf(key), symbols, numbers, result: v[key] };
  };
  /** As formula, but an assignment. @param {string} key @param {(string | [string])[]} parts */
  const arrow = (key, parts) => ({ ...formula(key, parts), relation: "←" });
  /** @param {string} key @param {(token: Token) => Token[]} write a formula of one number @param {string} of */
  const applied = (key, write, of) => ({ key, left: symbolOf(key), symbols: write(symbolOf(of)[0]), numbers: write(num(v[of])), result: v[key] });
  /** δ = ∂J/∂a · f′(z) @param {number} j @param {typeof hidden} f */
  const delta = (j, f) => ({
    key: `d${j}`,
    left: symbolOf(`d${j}`),
    symbols: [...symbolOf(`e${j}`), " · ", ...f.slope(symbolOf(`z${j}`)[0], symbolOf(`a${j}`)[0])],
    numbers: [num(v[`e${j}`]), " · ", ...f.slope(num(v[`z${j}`]), num(v[`a${j}`]))],
    result: v[`d${j}`],
  });
  /** @param {string} id @param {string} phase @param {string} title @param {string} text @param {Formula[]} formulas @param {string[]} reads @param {number} [flow] */
  const add = (id, phase, title, text, formulas, reads, flow = 0) => void steps.push({ id, phase, title, text, formulas, reads, flow });

  for (let j = 0; j < 2; j++) {
    const [w1, w2, b] = [`p${weightIndex(0, j)}`, `p${weightIndex(1, j)}`, `p${4 + j}`];
    add(
      `z${j}`, "forward", `Hidden neuron ${j + 1} adds up`,
      j === 0 ? "Each input is multiplied by the weight on its line; the bias is added." : "The same inputs, other weights: so the two neurons can see different things.",
      [formula(`z${j}`, [[w1], " · ", ["x0"], " + ", [w2], " · ", ["x1"], " + ", [b]])],
      ["x0", "x1", w1, w2, b], 1,
    );
    add(`a${j}`, "forward", `Hidden neuron ${j + 1} answers`, hidden.why, [applied(`a${j}`, hidden.apply, `z${j}`)], [`z${j}`]);
  }
  add(
    "z2", "forward", "The output adds up", "What the hidden neurons answered is now the input. The arithmetic is the same.",
    [formula("z2", [["p6"], " · ", ["a0"], " + ", ["p7"], " · ", ["a1"], " + ", ["p8"]])],
    ["a0", "a1", "p6", "p7", "p8"], 1,
  );
  add(
    "a2", "forward", "The prediction",
    crossEntropy ? "The sum z is a logit; the sigmoid turns it into the probability of class 1." : `The output's activation. ${last.why}`,
    [applied("a2", last.apply, "z2")], ["z2"],
  );
  add(
    "L", "loss", "How wrong is it?",
    crossEntropy ? "Cross-entropy: minus the logarithm of the probability that the network gave to the truth." : "Squared error: the distance to the target, times itself.",
    [
      crossEntropy
        ? formula("L", ["−", ["t"], " · ln ", ["a2"], " − (1 − ", ["t"], ") · ln(1 − ", ["a2"], ")"])
        : formula("L", ["(", ["a2"], " − ", ["t"], ")²"]),
    ],
    ["a2", "t"],
  );
  if (crossEntropy) {
    add(
      "d2", "backward", "The error at the output",
      "δ is how fast the loss grows with z. Cross-entropy and sigmoid together leave only this: prediction minus target.",
      [formula("d2", [["a2"], " − ", ["t"]])], ["a2", "t"],
    );
  } else {
    add("e2", "backward", "Now backward", "How fast does the loss grow when the prediction grows?", [formula("e2", ["2 · (", ["a2"], " − ", ["t"], ")"])], ["a2", "t"]);
    add(
      "d2", "backward", "The error at the output",
      `Chain rule: times the slope of the output's activation, ${short(v.s2)}.${Math.abs(v.s2) < 0.1 ? " So flat a slope lets almost nothing through: the neuron is saturated." : ""}`,
      [delta(2, last)], ["e2", ...slopeReads(crossEntropy ? "identity" : state.output_activation, 2)],
    );
  }
  add(
    "g2", "backward", "Gradients of the output's weights", "What came in on a line, times the δ at its end. The bias's input is always 1.",
    [formula("g6", [["d2"], " · ", ["a0"]]), formula("g7", [["d2"], " · ", ["a1"]]), formula("g8", [["d2"]])],
    ["d2", "a0", "a1"],
  );
  add(
    "e", "backward", "Back through the lines", "The error returns on the same lines, through the same weights, to the hidden neurons.",
    [formula("e0", [["d2"], " · ", ["p6"]]), formula("e1", [["d2"], " · ", ["p7"]])],
    ["d2", "p6", "p7"], -1,
  );
  const silent = [0, 1].filter((j) => v[`s${j}`] === 0);
  add(
    "d", "backward", "The error at the hidden neurons",
    silent.length
      ? `Times the slope of the activation. It is 0 for hidden neuron ${silent.map((j) => j + 1).join(" and ")}: no error passes, so its weights will not move.`
      : `Times the slope of the activation: steep lets the error through, flat stops it.${state.activation === "relu" ? " [z > 0] is 1 where z is above 0, else 0." : ""}`,
    [delta(0, hidden), delta(1, hidden)],
    ["e0", "e1", ...slopeReads(state.activation, 0), ...slopeReads(state.activation, 1)],
  );
  for (let j = 0; j < 2; j++) {
    add(
      `g${j}`, "backward", `Gradients of hidden neuron ${j + 1}`, "The same rule as at the output: input times δ.",
      [formula(`g${weightIndex(0, j)}`, [[`d${j}`], " · ", ["x0"]]), formula(`g${weightIndex(1, j)}`, [[`d${j}`], " · ", ["x1"]]), formula(`g${4 + j}`, [[`d${j}`]])],
      [`d${j}`, "x0", "x1"],
    );
  }
  const updates = [
    { id: "n2", title: "Update the output", text: "Every parameter takes a small step against its gradient; η is the learning rate.", list: [6, 7, 8] },
    { id: "n0", title: "Update hidden neuron 1", text: "All gradients were computed with the old weights; only now do the weights change.", list: [0, 2, 4] },
    { id: "n1", title: "Update hidden neuron 2", text: "A gradient above 0 makes its parameter smaller, one below 0 makes it larger.", list: [1, 3, 5] },
  ];
  for (const { id, title, text, list } of updates) {
    add(id, "update", title, text, list.map((p) => arrow(`n${p}`, [[`p${p}`], " − ", ["rate"], " · ", [`g${p}`]])), list.flatMap((p) => [`p${p}`, `g${p}`]));
  }
  const fell = v.L2 < v.L;
  add(
    "after", "update", "Did it help?",
    fell
      ? `One more forward pass with the new numbers: the loss fell from ${short(v.L)} to ${short(v.L2)}. Next starts the next round.`
      : v.L2 === v.L
        ? `The loss stays at ${short(v.L)}: there was nothing to learn, or nothing got through.`
        : `The loss rose from ${short(v.L)} to ${short(v.L2)}: the step was too long. Try a smaller learning rate.`,
    [
      { key: "a3", left: symbolOf("a3"), symbols: [], numbers: [], result: v.a3, before: v.a2 },
      { key: "L2", left: symbolOf("L2"), symbols: [], numbers: [], result: v.L2, before: v.L },
    ],
    ["t"], 1,
  );
  return steps;
}

/** What a slope is computed from. @param {string} activation @param {number} j */
function slopeReads(activation, j) {
  if (activation === "identity") return [];
  return activation === "tanh" || activation === "sigmoid" ? [`a${j}`] : [`z${j}`];
}

/** Which numbers are known once this step is done. @param {Step[]} steps @param {number} index @returns {Set<string>} */
export function knownAt(steps, index) {
  const known = new Set(["x0", "x1", "t", ...Array.from({ length: 9 }, (_, p) => `p${p}`)]);
  for (const step of steps.slice(0, index + 1)) for (const { key } of step.formulas) known.add(key);
  return known;
}

// ------------------------------------------------------------------------------------------------------- words

/** A number for reading: four significant digits, a true minus sign. @param {number} value */
export const short = (value) => formatNumber(value, 4);

/** Does a negative number after this token need brackets? Not at the start, not after "(" or ",". @param {Token | undefined} before */
export const needsBrackets = (before) => before !== undefined && !(typeof before === "string" && /[([,]\s*$/.test(before));

/** Tokens as plain text, for screen readers and tests. @param {Token[]} tokens @returns {string} */
export function plain(tokens) {
  return tokens
    .map((token, i) => {
      if (typeof token === "string") return token;
      if ("n" in token) return token.n < 0 && needsBrackets(tokens[i - 1]) ? `(${short(token.n)})` : short(token.n);
      if ("top" in token) return `${plain(token.top)}/${plain(token.bottom)}`;
      return `${token.s}${token.sub ?? ""}${token.sup ?? ""}`;
    })
    .join("");
}

/** A step in one spoken sentence or two. @param {Step} step @param {number} index @param {number} total */
export function spoken(step, index, total) {
  const results = step.formulas.map((f) => `${nameOf(f.key)} is ${short(f.result)}`).join("; ");
  return `Step ${index + 1} of ${total}, ${step.phase}. ${step.title}: ${results}. ${step.text}`;
}

// -------------------------------------------------------------------------------------------- state as an address

const CODES = { binary_cross_entropy: "bce", mean_squared_error: "mse" };

/** @param {State} state @returns {string} for the address, in characters that need no escape */
export function encodeState(state) {
  /** @param {number[]} list */
  const join = (list) => list.map((v) => String(Number(v.toPrecision(12)))).join("_");
  return [
    `x${join(state.inputs)}`,
    `t${join([state.target])}`,
    `p${join(state.parameters)}`,
    `a${state.activation}`,
    `o${state.output_activation}`,
    `l${CODES[/** @type {keyof typeof CODES} */ (state.loss)]}`,
    `r${join([state.learning_rate])}`,
    `s${state.seed}`,
    `k${state.step}`,
  ].join("*");
}

/** @param {string} text from encodeState @returns {State | null} null if any part is missing or out of bounds */
export function decodeState(text) {
  const parts = new Map(text.split("*").map((part) => [part[0], part.slice(1)]));
  /** @param {string} letter */
  const list = (letter) => (parts.get(letter) || "x").split("_").map((v) => (v === "" ? NaN : Number(v)));
  const state = {
    inputs: list("x"),
    target: list("t")[0],
    parameters: list("p"),
    activation: parts.get("a") ?? "",
    output_activation: parts.get("o") ?? "",
    loss: Object.entries(CODES).find(([, code]) => code === parts.get("l"))?.[0] ?? "",
    learning_rate: list("r")[0],
    seed: list("s")[0],
    step: list("k")[0],
  };
  return problemWith(state) === null ? state : null;
}

/** The first thing wrong with a state, as a sentence, or null. @param {State} state @returns {string | null} */
export function problemWith(state) {
  /** @param {number} v @param {number} limit */
  const within = (v, limit) => typeof v === "number" && Math.abs(v) <= limit;
  if (state.inputs.length !== 2 || !state.inputs.every((v) => within(v, LIMITS.inputs))) return `An input must be a number from −${LIMITS.inputs} to ${LIMITS.inputs}.`;
  if (!within(state.target, LIMITS.target)) return `The target must be a number from −${LIMITS.target} to ${LIMITS.target}.`;
  if (state.loss === "binary_cross_entropy" && !(state.target >= 0 && state.target <= 1)) return "With cross-entropy the target is a probability: a number from 0 to 1.";
  if (state.parameters.length !== 9 || !state.parameters.every((v) => within(v, LIMITS.parameters)))
    return `A weight or bias must be a number from −${LIMITS.parameters} to ${LIMITS.parameters}.`;
  if (!Object.hasOwn(FUNCTIONS, state.activation)) return `Unknown activation: ${state.activation}.`;
  if (!OUTPUT_ACTIVATIONS.includes(state.output_activation)) return `Unknown output activation: ${state.output_activation}.`;
  if (!LOSSES.includes(state.loss)) return `Unknown loss: ${state.loss}.`;
  const [low, high] = LIMITS.learning_rate;
  if (!(state.learning_rate >= low && state.learning_rate <= high)) return `The learning rate must lie between ${low} and ${high}.`;
  if (!Number.isInteger(state.seed) || state.seed < 0 || state.seed > 2 ** 31 - 1) return "The seed must be a whole number of at least 0.";
  if (!Number.isInteger(state.step) || state.step < 0 || state.step > 17) return "The step must be a whole number from 0 to 17.";
  return null;
}
