// @ts-check
/** The network behind DigitPad, made from the data that Python packed (no DOM). Its mathematics is nn.js. */

import { softmax } from "./nn_losses.js";
import { MLP } from "./nn_mlp.js";
import { dequantize, float32 } from "./base64.js";

/**
 * @typedef {object} Answer
 * @property {Float64Array} probabilities of the digits 0–9
 * @property {Float64Array[]} activations of each layer, the last one the logits
 * @property {number} best the digit with the highest probability
 * @property {number} second
 * @property {"sure" | "unsure" | "strange"} verdict
 */

const COUNTS = "0123456789abcdefg"; // one character for each count from 0 to 16

/** @param {any} data what nnbook.widgets.digit_pad packs */
export function digitNetwork(data) {
  const parameters = data.layers.flatMap((/** @type {any} */ layer) => [...dequantize(layer.weight, layer.scale), ...float32(layer.bias)]);
  const network = MLP.fromState({ sizes: data.sizes, activation: data.activation, outputActivation: "identity", parameters }, 1);
  const shift = float32(data.shift);
  const spread = float32(data.spread);

  // A linear autoencoder, 64 → k → 64: what it cannot draw again does not look like a digit.
  const basis = dequantize(data.basis, data.basisScale);
  const center = Float64Array.from(float32(data.center));
  const k = basis.length / 64;
  const autoencoder = new MLP([64, k, 64], { activation: "identity", initializer: "zeros", maxBatch: 1 });
  autoencoder.weights[0].set(basis);
  for (let i = 0; i < 64; i++) for (let j = 0; j < k; j++) autoencoder.weights[1][j * 64 + i] = basis[i * k + j];

  const input = new Float64Array(64);
  const probabilities = new Float64Array(10);

  /** Distance (root mean square, in counts) from what the autoencoder draws. @param {ArrayLike<number>} counts */
  function strangeness(counts) {
    for (let i = 0; i < 64; i++) input[i] = counts[i] - center[i];
    const drawn = autoencoder.forward(input, 1);
    let sum = 0;
    for (let i = 0; i < 64; i++) sum += (input[i] - drawn[i]) ** 2;
    return Math.sqrt(sum / 64);
  }

  /** @param {ArrayLike<number>} counts 64 numbers from 0 to 16 @returns {Answer} */
  function answer(counts) {
    const distance = strangeness(counts);
    for (let i = 0; i < 64; i++) input[i] = (counts[i] - shift[i]) / spread[i];
    const logits = network.forward(input, 1);
    for (let i = 0; i < 10; i++) probabilities[i] = logits[i] / data.temperature;
    softmax(probabilities, probabilities, 1, 10);
    const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const sure = probabilities[order[0]] >= data.threshold;
    return {
      probabilities: probabilities.slice(),
      activations: network.sizes.slice(1).map((size, l) => network.activationsOf(l).slice(0, size)),
      best: order[0],
      second: order[1],
      verdict: distance > data.strange || (!sure && distance > data.odd) ? "strange" : sure ? "sure" : "unsure",
    };
  }

  return {
    sizes: /** @type {number[]} */ (data.sizes),
    threshold: /** @type {number} */ (data.threshold),
    answer,
    strangeness,
    nExamples: data.labels.length,
    /** @param {number} index @returns {{counts: number[], label: number}} */
    example(index) {
      const text = data.examples.slice(64 * index, 64 * (index + 1));
      return { counts: [...text].map((c) => COUNTS.indexOf(c)), label: Number(data.labels[index]) };
    },
    /** The 64 weights into one neuron of the first layer. @param {number} neuron */
    weightsInto(neuron) {
      return Float64Array.from({ length: 64 }, (_, i) => network.weights[0][i * data.sizes[1] + neuron]);
    },
  };
}

/** @param {number} p a probability @returns {string} such as "97 %"; never a rounded-up 100 % */
export function percent(p) {
  if (p > 0.99 && p < 1) return "over 99 %";
  if (p > 0 && p < 0.01) return "under 1 %";
  return `${Math.round(100 * p)} %`;
}

/** What the widget says. @param {Answer} answer @param {number | null} label the right answer, if it is known */
export function sentence({ probabilities, best, second, verdict }, label = null) {
  const first = `${best} (${percent(probabilities[best])})`;
  let text = `I read a ${first}.`;
  if (verdict === "unsure") text = `I am unsure: ${first} or ${second} (${percent(probabilities[second])}).`;
  if (verdict === "strange") text = `This does not look like the digits I learned from. If it is one, perhaps a ${first}.`;
  if (label === null) return text;
  return `${text} ${label === best ? "That is what the writer meant." : `The writer meant a ${label}.`}`;
}
