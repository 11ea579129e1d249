// @ts-check
/**
 * The forward pass of a trained GPT, with a key-value cache. No DOM.
 *
 * The formulas are those of `nnbook.transformer`; a test compares the logits to 1e-4. The weights come as
 * `nnbook.serialization.quantized_as_json` gives them: int8 with one scale per column.
 */

import { bytes } from "./base64.js";

/**
 * @typedef {object} Settings
 * @property {number} vocab_size @property {number} d_model @property {number} n_heads
 * @property {number} n_layers @property {number} context_length
 */

/** @typedef {{settings: Settings, metadata: any, integers: string, scales: string, vectors: string}} ModelFile */

const DAMAGED = "the model file is damaged: it does not hold as many numbers as its settings say.";

/** @param {string} text base64 of little-endian numbers @param {number} size bytes per number */
function bufferOf(text, size) {
  const buffer = bytes(text);
  if (buffer.byteLength % size) throw new RangeError(DAMAGED);
  return buffer;
}

/** out = x W + b for one row; W is (nIn, nOut) @param {Float64Array} x @param {Float32Array} W @param {Float32Array} b
 * @param {Float64Array} out */
function affine(x, W, b, out) {
  const nOut = b.length;
  for (let j = 0; j < nOut; j++) out[j] = b[j];
  for (let k = 0, w = 0; w < W.length; k += 2) {
    const a = x[k];
    if (k + 1 < x.length) {
      // two rows at a time: out is read and written half as often
      const c = x[k + 1];
      for (let j = 0, v = w + nOut; j < nOut; j++) out[j] += a * W[w + j] + c * W[v + j];
      w += 2 * nOut;
    } else {
      for (let j = 0; j < nOut; j++) out[j] += a * W[w + j];
      w += nOut;
    }
  }
}

/** @param {Float64Array} x @param {Float32Array} weight @param {Float32Array} bias @param {Float64Array} out */
function layerNorm(x, weight, bias, out) {
  const n = x.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += x[i];
  mean /= n;
  let variance = 0;
  for (let i = 0; i < n; i++) variance += (x[i] - mean) ** 2;
  const inverse = 1 / Math.sqrt(variance / n + 1e-5);
  for (let i = 0; i < n; i++) out[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
}

const GELU_SCALE = Math.sqrt(2 / Math.PI);

/** In place. @param {Float64Array} z */
function gelu(z) {
  for (let i = 0; i < z.length; i++) z[i] *= 0.5 * (1 + Math.tanh(GELU_SCALE * (z[i] + 0.044715 * z[i] ** 3)));
}

/**
 * @typedef {{norm1: Float32Array[], qkv: Float32Array[], projection: Float32Array[], norm2: Float32Array[],
 *   expand: Float32Array[], contract: Float32Array[]}} Block  each [weight, bias]
 */

/** Reads one token at a time; the keys and values of the places already read are kept. */
export class Transformer {
  /** @param {ModelFile} file */
  constructor({ settings, integers, scales, vectors }) {
    const { vocab_size, d_model, n_heads, n_layers, context_length } = settings;
    this.vocabSize = vocab_size;
    this.dModel = d_model;
    this.nHeads = n_heads;
    this.nLayers = n_layers;
    this.contextLength = context_length;
    const stored = {
      integers: new Int8Array(bufferOf(integers, 1)),
      scales: new Float32Array(bufferOf(scales, 4)),
      vectors: new Float32Array(bufferOf(vectors, 4)),
    };
    let atInteger = 0;
    let atScale = 0;
    let atVector = 0;
    /** integer · scale of its column, rounded to float32 as NumPy does @param {number} nIn @param {number} nOut */
    const matrix = (nIn, nOut) => {
      const out = new Float32Array(nIn * nOut);
      for (let i = 0; i < out.length; i++) out[i] = stored.integers[atInteger + i] * stored.scales[atScale + (i % nOut)];
      atInteger += out.length;
      atScale += nOut;
      return out;
    };
    /** @param {number} n */
    const vector = (n) => stored.vectors.slice(atVector, (atVector += n));
    /** @param {number} nIn @param {number} nOut */
    const linear = (nIn, nOut) => [matrix(nIn, nOut), vector(nOut)];
    const norm = () => [vector(d_model), vector(d_model)];
    this.tokenEmbedding = matrix(vocab_size, d_model);
    this.positionEmbedding = matrix(context_length, d_model);
    /** @type {Block[]} */
    this.blocks = Array.from({ length: n_layers }, () => ({
      norm1: norm(),
      qkv: linear(d_model, 3 * d_model),
      projection: linear(d_model, d_model),
      norm2: norm(),
      expand: linear(d_model, 4 * d_model),
      contract: linear(4 * d_model, d_model),
    }));
    this.finalNorm = norm();
    this.head = linear(d_model, vocab_size);
    if (atInteger !== stored.integers.length || atScale !== stored.scales.length || atVector !== stored.vectors.length) {
      throw new RangeError(DAMAGED);
    }
    /** how many places have been read */ this.length = 0;
    const room = () => Array.from({ length: n_layers }, () => new Float64Array(context_length * d_model));
    this.keys = room();
    this.values = room();
    /** attention[layer][(head · contextLength + query) · contextLength + key]: where each place looked */
    this.attention = Array.from({ length: n_layers }, () => new Float64Array(n_heads * context_length ** 2));
    this.x = new Float64Array(d_model);
    this.normed = new Float64Array(d_model);
    this.threefold = new Float64Array(3 * d_model);
    this.mixed = new Float64Array(d_model);
    this.branch = new Float64Array(d_model);
    this.hidden = new Float64Array(4 * d_model);
    this.logits = new Float64Array(vocab_size);
  }

  /** Forget what was read. */
  reset() {
    this.length = 0;
    for (const maps of this.attention) maps.fill(0);
  }

  /**
   * Read one more token.
   * @param {number} token
   * @returns {Float64Array} logits of the next one; overwritten by the next call
   */
  read(token) {
    const { dModel: C, contextLength, x, normed, branch, length: t } = this;
    if (!(token >= 0 && token < this.vocabSize)) throw new RangeError(`tokens must lie in 0 … ${this.vocabSize - 1}; got ${token}.`);
    if (t >= contextLength) throw new RangeError(`the context of ${contextLength} tokens is full: reset() first.`);
    for (let i = 0; i < C; i++) x[i] = this.tokenEmbedding[token * C + i] + this.positionEmbedding[t * C + i];
    this.blocks.forEach((block, l) => {
      layerNorm(x, block.norm1[0], block.norm1[1], normed);
      this.attend(block, l);
      for (let i = 0; i < C; i++) x[i] += branch[i];
      layerNorm(x, block.norm2[0], block.norm2[1], normed);
      affine(normed, block.expand[0], block.expand[1], this.hidden);
      gelu(this.hidden);
      affine(this.hidden, block.contract[0], block.contract[1], branch);
      for (let i = 0; i < C; i++) x[i] += branch[i];
    });
    layerNorm(x, this.finalNorm[0], this.finalNorm[1], normed);
    affine(normed, this.head[0], this.head[1], this.logits);
    this.length = t + 1;
    return this.logits;
  }

  /** Attention of the newest place over all before it: normed -> branch. @param {Block} block @param {number} l */
  attend(block, l) {
    const { dModel: C, nHeads, contextLength: T, length: t, threefold, mixed } = this;
    const keys = this.keys[l];
    const values = this.values[l];
    const D = C / nHeads;
    affine(this.normed, block.qkv[0], block.qkv[1], threefold);
    keys.set(threefold.subarray(C, 2 * C), t * C);
    values.set(threefold.subarray(2 * C), t * C);
    mixed.fill(0);
    for (let h = 0; h < nHeads; h++) {
      const first = h * D;
      const row = this.attention[l].subarray((h * T + t) * T, (h * T + t) * T + t + 1);
      let largest = -Infinity;
      for (let s = 0; s <= t; s++) {
        let score = 0;
        for (let i = first; i < first + D; i++) score += threefold[i] * keys[s * C + i];
        row[s] = score / Math.sqrt(D);
        if (row[s] > largest) largest = row[s];
      }
      let total = 0;
      for (let s = 0; s <= t; s++) {
        row[s] = Math.exp(row[s] - largest);
        total += row[s];
      }
      for (let s = 0; s <= t; s++) {
        row[s] /= total;
        for (let i = first; i < first + D; i++) mixed[i] += row[s] * values[s * C + i];
      }
    }
    affine(mixed, block.projection[0], block.projection[1], this.branch);
  }
}
