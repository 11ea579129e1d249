// @ts-check
/** Fewer bits and fewer weights, as `nnbook.compression` computes them; a test compares the two. No DOM. */

import { MLP } from "./nn_mlp.js";
import { dequantize, float32 } from "./base64.js";

export const BITS = [16, 8, 6, 5, 4, 3, 2];
export const REFERENCE_BITS = 16;
export const GRAINS = ["column", "matrix"];
export const LARGEST_PRUNED = 0.98;
const COUNTS = "0123456789abcdefg"; // one character for each count from 0 to 16

/** To the nearest whole number, halves to the even one, as np.rint does. @param {number} x */
export function rint(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Round a matrix to whole numbers of `bits` bits, symmetric about 0.
 * @param {ArrayLike<number>} weight (rows, columns), row by row @param {number} columns @param {number} bits @param {string} [grain] "column" or "matrix"
 * @returns {{integers: Float64Array, scale: Float64Array}} weight ≈ integers · scale of the column
 */
export function quantize(weight, columns, bits, grain = "column") {
  const largest = 2 ** (bits - 1) - 1;
  const scale = new Float64Array(columns);
  for (let i = 0; i < weight.length; i++) scale[i % columns] = Math.max(scale[i % columns], Math.abs(weight[i]));
  if (grain === "matrix") scale.fill(scale.reduce((a, b) => Math.max(a, b), 0));
  for (let j = 0; j < columns; j++) scale[j] = scale[j] / largest || 1;
  const integers = Float64Array.from(weight, (w, i) => Math.max(-largest, Math.min(largest, rint(w / scale[i % columns]))));
  return { integers, scale };
}

/**
 * Which weights stay when the smallest share of all is set to 0; of equal magnitudes the earlier ones go first.
 * @param {Float64Array[]} weights @param {number} share @returns {Uint8Array[]} 1 where a weight stays
 */
export function pruningMask(weights, share) {
  const sizes = new Float64Array(weights.reduce((n, w) => n + w.length, 0));
  let start = 0;
  for (const w of weights) {
    for (let i = 0; i < w.length; i++) sizes[start + i] = Math.abs(w[i]);
    start += w.length;
  }
  const order = Array.from(sizes.keys()).sort((a, b) => sizes[a] - sizes[b] || a - b);
  const stays = new Uint8Array(sizes.length).fill(1);
  for (let i = 0; i < Math.floor(share * sizes.length + 0.5); i++) stays[order[i]] = 0;
  start = 0;
  return weights.map((w) => stays.subarray(start, (start += w.length)));
}

/** @param {number[]} sizes of an MLP @param {{bits: number, pruned: number, grain: string}} how @returns {number} bytes on a disk */
function storedBytes(sizes, { bits, pruned, grain }) {
  let n = 0;
  let rest = 0;
  for (let l = 1; l < sizes.length; l++) {
    n += sizes[l - 1] * sizes[l];
    rest += sizes[l];
  }
  const kept = n - Math.floor(pruned * n + 0.5);
  const scales = grain === "matrix" ? sizes.length - 1 : rest;
  const weightBits = pruned ? Math.min(n * bits, n + kept * bits) : n * bits;
  return Math.ceil(weightBits / 8) + 4 * (scales + rest);
}

/** Amdahl's law. @param {number} cost @param {number} byteRatio @param {number} memoryShare @returns {number} */
export const costAfterCompression = (cost, byteRatio, memoryShare) => cost * (1 - memoryShare + memoryShare * byteRatio);

/** @param {any} state of the widget @param {number} byteRatio @returns {number} gross margin of the business */
export function margin(state, byteRatio) {
  const cost = costAfterCompression(state.cost_usd_per_million_tokens, byteRatio, state.memory_share);
  const served = state.million_tokens_per_customer_month * cost + state.other_cost_usd_per_customer_month;
  return (state.price_usd_per_customer_month - served) / state.price_usd_per_customer_month;
}

/** What is wrong with a state, or null. @param {any} state @returns {string | null} */
export function problemWith(state) {
  if (!BITS.includes(state.bits)) return `bits must be one of ${BITS.join(", ")}; got ${state.bits}.`;
  if (!GRAINS.includes(state.grain)) return `grain must be one of ${GRAINS.join(", ")}.`;
  if (!(state.pruned >= 0 && state.pruned <= LARGEST_PRUNED)) return `pruned must lie in [0, ${LARGEST_PRUNED}]; got ${state.pruned}.`;
  if (!(state.memory_share >= 0 && state.memory_share <= 1)) return `memory_share must lie in [0, 1]; got ${state.memory_share}.`;
  return null;
}

/** The stored digits network with its held-out digits. @param {any} data what nnbook.widgets.digit_pad packs */
export function compressible(data) {
  const n = data.labels.length;
  const sizes = /** @type {number[]} */ (data.sizes);
  const network = new MLP(sizes, { activation: data.activation, initializer: "zeros", maxBatch: n });
  const original = data.layers.map((/** @type {any} */ layer) => dequantize(layer.weight, layer.scale));
  data.layers.forEach((/** @type {any} */ layer, /** @type {number} */ l) => network.biases[l].set(float32(layer.bias)));
  const shift = float32(data.shift);
  const spread = float32(data.spread);
  const X = Float64Array.from({ length: 64 * n }, (_, i) => (COUNTS.indexOf(data.examples[i]) - shift[i % 64]) / spread[i % 64]);
  /** @type {Map<string, {right: number, accuracy: number, bytes: number, ratio: number, weights: Float64Array[]}>} */
  const known = new Map();

  return {
    sizes,
    n,
    original: /** @type {Float64Array[]} */ (original),
    /** Prune, round, and read all held-out digits. @param {{bits: number, pruned: number, grain: string}} how */
    measure(how) {
      const key = `${how.bits} ${how.pruned} ${how.grain}`;
      const before = known.get(key);
      if (before) return before;
      const masks = pruningMask(original, how.pruned);
      original.forEach((/** @type {Float64Array} */ w, /** @type {number} */ l) => {
        const columns = sizes[l + 1];
        const { integers, scale } = quantize(w.map((v, i) => (masks[l][i] ? v : 0)), columns, how.bits, how.grain);
        for (let i = 0; i < w.length; i++) network.weights[l][i] = integers[i] * scale[i % columns];
      });
      const logits = network.forward(X, n);
      let right = 0;
      for (let row = 0; row < n; row++) {
        let best = 0;
        for (let k = 1; k < 10; k++) if (logits[10 * row + k] > logits[10 * row + best]) best = k;
        if (best === Number(data.labels[row])) right += 1;
      }
      const bytes = storedBytes(sizes, how);
      const ratio = bytes / storedBytes(sizes, { bits: REFERENCE_BITS, pruned: 0, grain: "column" });
      const result = { right, accuracy: right / n, bytes, ratio, weights: network.weights.map((w) => w.slice()) };
      if (known.size > 60) known.clear();
      known.set(key, result);
      return result;
    },
  };
}

/** How many weights lie in each of `bins` equal parts of [-end, end]. @param {Float64Array[]} weights @param {number} end @param {number} bins */
export function histogram(weights, end, bins) {
  const counts = new Float64Array(bins);
  for (const layer of weights) for (const w of layer) counts[Math.max(0, Math.min(bins - 1, Math.floor(((w + end) / (2 * end)) * bins)))] += 1;
  return counts;
}
