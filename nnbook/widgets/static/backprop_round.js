// @ts-check
/** One round of learning in a 2-2-1 network: its state, its numbers (all from nn.js), and the state as an address. No DOM. */

import { activations, sigmoid } from "./nn_activations.js";
import { losses } from "./nn_losses.js";
import { MLP } from "./nn_mlp.js";
import { SGD } from "./nn_optimizers.js";
import { Random } from "./nn_random.js";

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

const SIZES = [2, 2, 1];
export const LOSSES = ["binary_cross_entropy", "mean_squared_error"];
export const OUTPUT_ACTIVATIONS = ["identity", "sigmoid", "tanh"];
/** The bounds that the Python side checks too. */
export const LIMITS = { inputs: 10, target: 10, parameters: 100, learning_rate: [0.001, 10] };

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
  if (!Object.hasOwn(activations, state.activation)) return `Unknown activation: ${state.activation}.`;
  if (!OUTPUT_ACTIVATIONS.includes(state.output_activation)) return `Unknown output activation: ${state.output_activation}.`;
  if (!LOSSES.includes(state.loss)) return `Unknown loss: ${state.loss}.`;
  const [low, high] = LIMITS.learning_rate;
  if (!(state.learning_rate >= low && state.learning_rate <= high)) return `The learning rate must lie between ${low} and ${high}.`;
  if (!Number.isInteger(state.seed) || state.seed < 0 || state.seed > 2 ** 31 - 1) return "The seed must be a whole number of at least 0.";
  if (!Number.isInteger(state.step) || state.step < 0 || state.step > 17) return "The step must be a whole number from 0 to 17.";
  return null;
}
