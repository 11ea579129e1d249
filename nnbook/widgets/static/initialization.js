// @ts-check
/** What first weights do to signal and gradient, layer by layer: `measure` and `verdict` of initialization_explorer.py, on nn.js. No DOM. */

import { losses } from "./nn_losses.js";
import { MLP } from "./nn_mlp.js";
import { Random } from "./nn_random.js";
import { formatNumber } from "./ui.js";

export const N_ROWS = 100;
export const N_CLASSES = 10;
export const MUCH = 5; // how many times between the first and the last layer is a lot
const END = 0.97; // beyond this, tanh has less than 6 % of its slope left
/** As in initialization_explorer.py; a test compares the two. @type {Record<string, [number, number]>} */
export const BOUNDS = { n_layers: [1, 10], width: [2, 100], std: [1e-4, 10], seed: [0, 9999] };
export const ACTIVATIONS = { tanh: "tanh", relu: "ReLU", sigmoid: "sigmoid", gelu: "GELU", identity: "identity" };
export const INITIALIZERS = ["zeros", "normal", "glorot_uniform", "he_normal"];

/** One sentence, or null when the state can be computed. @param {Record<string, any>} s */
export function problemWith(s) {
  for (const [name, [low, high]] of Object.entries(BOUNDS)) {
    if (!(s[name] >= low && s[name] <= high) || (name !== "std" && !Number.isInteger(s[name]))) return `${name} must lie between ${low} and ${high}.`;
  }
  if (!Object.hasOwn(ACTIVATIONS, s.activation)) return "There is no such activation.";
  if (!INITIALIZERS.includes(s.initializer)) return "There is no such initialiser.";
  return null;
}

/**
 * A batch of random inputs and labels, and a network, all from one seed. The batch does not change with the initialiser.
 * @param {{n_layers: number, width: number, activation: string, initializer: string, std: number, seed: number}} state
 */
export function draw({ n_layers, width, activation, initializer, std, seed }) {
  const rng = new Random(seed);
  const X = Float64Array.from({ length: N_ROWS * width }, () => rng.normal());
  const labels = Float64Array.from({ length: N_ROWS }, () => rng.integer(N_CLASSES));
  const model = new MLP([...Array(n_layers + 1).fill(width), N_CLASSES], { activation, initializer, rng, maxBatch: N_ROWS });
  if (initializer === "normal") for (const weight of model.weights) for (let i = 0; i < weight.length; i++) weight[i] *= std;
  return { model, X, labels };
}

/**
 * @typedef {{activations: Float64Array, gradients: Float64Array, activation_std: number, gradient_rms: number, saturated: number, zero: number}} LayerView
 *   gradients: of one example's loss by the layer's sums z
 */

/**
 * One batch forward and backward, and a look at every hidden layer.
 * @param {MLP} model @param {Float64Array} X @param {ArrayLike<number>} labels @returns {LayerView[]}
 */
export function measure(model, X, labels) {
  const n = labels.length;
  const logits = model.forward(X, n);
  losses.cross_entropy(logits, labels, model.outputGradient, n, model.nOut);
  model.backward(model.outputGradient, n);
  return model.sizes.slice(1, -1).map((width, l) => {
    const length = n * width;
    const a = model.activationsOf(l).slice(0, length);
    const g = model.deltasOf(l).slice(0, length).map((v) => v * n);
    let sum = 0;
    let squares = 0;
    let ends = 0;
    let zero = 0;
    for (let i = 0; i < length; i++) {
      sum += a[i];
      squares += g[i] * g[i];
      if (a[i] === 0 && model.activation === "relu") zero += 1;
      if (isSaturated(model.activation, a[i])) ends += 1;
    }
    const mean = sum / length;
    let variance = 0;
    for (let i = 0; i < length; i++) variance += (a[i] - mean) ** 2;
    return { activations: a, gradients: g, activation_std: Math.sqrt(variance / length), gradient_rms: Math.sqrt(squares / length), saturated: ends / length, zero: zero / length };
  });
}

/** Is an output at an end, where the slope is almost 0? @param {string} activation @param {number} a */
export function isSaturated(activation, a) {
  if (activation === "tanh") return Math.abs(a) > END;
  return activation === "sigmoid" && Math.abs(2 * a - 1) > END;
}

/** What is seen, in a word. @param {Omit<LayerView, "activations" | "gradients">[]} layers */
export function verdict(layers) {
  const first = layers[0];
  const last = layers[layers.length - 1];
  if (layers.every((layer) => layer.gradient_rms === 0)) return "silent";
  if (Math.max(...layers.map((layer) => layer.saturated)) > 0.5) return "saturates";
  if (last.activation_std < first.activation_std / MUCH) return "dies";
  if (last.activation_std > MUCH * first.activation_std) return "explodes";
  if (first.gradient_rms < last.gradient_rms / MUCH) return "vanishes";
  if (first.gradient_rms > MUCH * last.gradient_rms) return "swells";
  return "level";
}

/** @param {LayerView[]} layers @param {string} activation @returns {{word: ReturnType<typeof verdict>, title: string, text: string}} */
export function story(layers, activation) {
  const word = verdict(layers);
  const n = layers.length;
  const first = layers[0];
  const last = layers[n - 1];
  const name = ACTIVATIONS[/** @type {keyof typeof ACTIVATIONS} */ (activation)];
  const num = (/** @type {number} */ v) => formatNumber(v, 2);
  const spread = n === 1 ? `The spread of the activations is ${num(first.activation_std)}.` : `The spread of the activations goes from ${num(first.activation_std)} in layer 1 to ${num(last.activation_std)} in layer ${n}.`;
  const back = n === 1 ? "" : ` On the way back, the gradient goes from ${num(last.gradient_rms)} in layer ${n} to ${num(first.gradient_rms)} in layer 1.`;
  const worst = layers.reduce((best, layer, i) => (layer.saturated > layers[best].saturated ? i : best), 0);
  const told = {
    silent: ["Nothing can learn.", "Every gradient is zero: the weights after each layer are all zero, so nothing comes back through them."],
    saturates: ["It saturates.", `In layer ${worst + 1}, ${Math.round(100 * layers[worst].saturated)} % of the ${name} outputs stand at an end, where the slope is almost zero.${back}`],
    dies: ["The signal dies on its way forward.", spread + back],
    explodes: ["The signal explodes on its way forward.", spread + back],
    vanishes: ["The gradient dies on its way back.", spread + back],
    swells: ["The gradient grows on its way back.", spread + back],
    level: ["It stays level.", spread + back],
  }[word];
  return { word, title: told[0], text: told[1] };
}

/**
 * Counts in equal bins over [low, high]; what lies outside goes to the nearest bin.
 * @param {ArrayLike<number>} values @param {number} low @param {number} high @param {number} bins
 */
export function histogram(values, low, high, bins) {
  const counts = new Float64Array(bins);
  const scale = bins / (high - low);
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== values[i]) continue;
    counts[Math.max(0, Math.min(bins - 1, Math.floor((values[i] - low) * scale)))] += 1;
  }
  return counts;
}

/** Where to look at activations: the whole range of tanh and sigmoid, else nearly all that occurs. @param {LayerView[]} layers @param {string} activation */
export function activationRange(layers, activation) {
  if (activation === "tanh") return [-1, 1];
  if (activation === "sigmoid") return [0, 1];
  let [low, high] = [0, 0];
  for (const { activations: a } of layers) {
    const sorted = a.slice().sort();
    low = Math.min(low, sorted[Math.floor(0.0005 * sorted.length)]);
    high = Math.max(high, sorted[Math.ceil(0.9995 * sorted.length) - 1]);
  }
  return high - low > 0 ? [low, high] : [activation === "relu" ? 0 : -1, 1];
}

/** log10 |g| of the gradients that are not zero. @param {Float64Array} gradients */
export const logSizes = (gradients) => Float64Array.from(gradients.filter((g) => g !== 0), (g) => Math.log10(Math.abs(g)));

/** Whole powers of ten around nearly all gradients, at least four of them. @param {Float64Array[]} logs */
export function gradientRange(logs) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of logs) {
    if (list.length === 0) continue;
    const sorted = list.slice().sort();
    low = Math.min(low, sorted[Math.floor(0.005 * sorted.length)]);
    high = Math.max(high, sorted[Math.ceil(0.995 * sorted.length) - 1]);
  }
  if (!(high >= low)) return [-4, 0];
  [low, high] = [Math.floor(low), Math.ceil(high)];
  return high - low < 4 ? [high - 4, high] : [low, high];
}

