// @ts-check
/**
 * A trained GPT that writes in the page: tokenizer, forward pass with a key-value cache, sampling. No DOM.
 *
 * The formulas are those of `nnbook.transformer`, `nnbook.tokenizers` and `nnbook.generation`; a test compares the logits
 * to 1e-4. The weights come as `nnbook.serialization.quantized_as_json` gives them: int8 with one scale per column.
 */
import { Random } from "./nn_random.js";

/**
 * @typedef {object} Settings
 * @property {number} vocab_size @property {number} d_model @property {number} n_heads
 * @property {number} n_layers @property {number} context_length
 */

/** @typedef {{settings: Settings, metadata: any, integers: string, scales: string, vectors: string}} ModelFile */

// ------------------------------------------------------------------------------------------------------- tokenizers

// The same cuts as PIECES in nnbook/tokenizers.py: \s is written out, because JavaScript's knows more than ASCII.
const PIECES = / ?[^\t-\r !-/:-@[-`{-~]+| ?[!-/:-@[-`{-~]+|[\t-\r ]+/g;

/** Byte-level byte-pair encoding: 256 bytes, then one token per merge. */
export class BPETokenizer {
  /** @param {{merges: [number, number][]}} data what BPETokenizer.to_dict wrote in Python */
  constructor({ merges }) {
    this.vocabSize = 256 + merges.length;
    /** @type {number[][]} the bytes of each token */
    this.pieces = Array.from({ length: 256 }, (_, byte) => [byte]);
    /** @type {Map<number, number>} left · vocabSize + right -> merged token */
    this.ranks = new Map();
    merges.forEach(([left, right], i) => {
      this.pieces.push([...this.pieces[left], ...this.pieces[right]]);
      this.ranks.set(left * this.vocabSize + right, 256 + i);
    });
  }

  /** @param {string} text @returns {number[]} */
  encode(text) {
    /** @type {number[]} */
    const tokens = [];
    const bytes = new TextEncoder();
    for (const piece of text.match(PIECES) ?? []) tokens.push(...this.merge([...bytes.encode(piece)]));
    return tokens;
  }

  /** Join neighbours, the earliest learned pair first. @param {number[]} tokens */
  merge(tokens) {
    for (;;) {
      let best = Infinity;
      for (let i = 0; i + 1 < tokens.length; i++) {
        best = Math.min(best, this.ranks.get(tokens[i] * this.vocabSize + tokens[i + 1]) ?? Infinity);
      }
      if (best === Infinity) return tokens;
      const merged = [];
      for (let i = 0; i < tokens.length; i++) {
        if (i + 1 < tokens.length && this.ranks.get(tokens[i] * this.vocabSize + tokens[i + 1]) === best) {
          merged.push(best);
          i++;
        } else merged.push(tokens[i]);
      }
      tokens = merged;
    }
  }

  /** Bytes that are no complete character show as �. @param {ArrayLike<number>} tokens @returns {string} */
  decode(tokens) {
    const bytes = Array.from(tokens).flatMap((token) => this.pieces[token]);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  }
}

/** One token per character. */
export class CharTokenizer {
  /** @param {{characters: string, unknown: string | null}} data what CharTokenizer.to_dict wrote in Python */
  constructor({ characters, unknown }) {
    this.characters = Array.from(characters); // by code points, as in Python
    this.vocabSize = this.characters.length;
    this.ids = new Map(this.characters.map((character, i) => [character, i]));
    this.unknown = unknown === null ? null : this.ids.get(unknown);
  }

  /** @param {string} text @returns {number[]} */
  encode(text) {
    return Array.from(text, (character) => {
      const id = this.ids.get(character) ?? this.unknown;
      if (id === null || id === undefined) {
        throw new RangeError(`The model does not know “${character}”: the text it learned from never had it.`);
      }
      return id;
    });
  }

  /** @param {ArrayLike<number>} tokens @returns {string} */
  decode(tokens) {
    return Array.from(tokens, (token) => this.characters[token]).join("");
  }
}

/** @param {any} data a tokenizer's to_dict @returns {BPETokenizer | CharTokenizer} */
export function tokenizerFrom(data) {
  if (data.kind === "BPETokenizer") return new BPETokenizer(data);
  if (data.kind === "CharTokenizer") return new CharTokenizer(data);
  throw new RangeError(`unknown kind of tokenizer: ${data.kind}`);
}

// -------------------------------------------------------------------------------------------------------- the model

const DAMAGED = "the model file is damaged: it does not hold as many numbers as its settings say.";

/** @param {string} base64 of little-endian numbers @param {number} size bytes per number @returns {ArrayBuffer} */
function bytesOf(base64, size) {
  const text = atob(base64);
  if (text.length % size) throw new RangeError(DAMAGED);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
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
      integers: new Int8Array(bytesOf(integers, 1)),
      scales: new Float32Array(bytesOf(scales, 4)),
      vectors: new Float32Array(bytesOf(vectors, 4)),
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

// ---------------------------------------------------------------------------------------------------------- writing

/** @typedef {{temperature?: number, topK?: number | null}} Sampling */

/**
 * Probabilities from which the next token is drawn, the best first. Ties go to the smaller id; temperature 0 keeps one.
 * @param {Float64Array} logits @param {Sampling} [sampling]
 * @returns {{token: number, probability: number}[]} only the tokens that can be drawn
 */
export function candidates(logits, { temperature = 1, topK = null } = {}) {
  if (!(temperature >= 0 && temperature < Infinity)) {
    throw new RangeError(`temperature must be a finite number of at least 0; got ${temperature}. 0 always takes the best token.`);
  }
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1)) {
    throw new RangeError(`topK must be a whole number of at least 1, or null to keep all tokens; got ${topK}.`);
  }
  const order = Int32Array.from(logits, (_, i) => i).sort((a, b) => logits[b] - logits[a] || a - b);
  const kept = Array.from(order.subarray(0, temperature === 0 ? 1 : topK ?? order.length));
  const best = logits[kept[0]];
  const weights = kept.map((token) => (temperature === 0 ? 1 : Math.exp((logits[token] - best) / temperature)));
  const total = weights.reduce((a, b) => a + b, 0);
  return kept.map((token, i) => ({ token, probability: weights[i] / total }));
}

/** The candidate in whose share of the line from 0 to 1 the number u falls.
 * @param {{token: number, probability: number}[]} from @param {number} u in [0, 1) */
export function draw(from, u) {
  let sum = 0;
  for (const candidate of from) {
    sum += candidate.probability;
    if (u < sum) return candidate.token;
  }
  return from[from.length - 1].token; // rounding left the sum just below 1
}

/**
 * Continues a prompt token by token. When the context is full, the older half is forgotten and the newer half read
 * again, as `nnbook.generation.generate` does. Seeds are those of nn.js, not of NumPy.
 */
export class Writer {
  /** @param {Transformer} model @param {BPETokenizer | CharTokenizer} tokenizer */
  constructor(model, tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
    /** @type {number[]} prompt and what was written */ this.tokens = [];
    /** @type {number[]} tokens in the model's sight */ this.window = [];
    this.random = new Random(0);
    /** @type {Float64Array | null} */ this.logits = null;
  }

  /** Begin anew. @param {string} prompt @param {number} [seed] */
  start(prompt, seed = 0) {
    const tokens = this.tokenizer.encode(prompt);
    if (tokens.length === 0) throw new RangeError("The prompt is empty. Give the model at least one character to go on from.");
    this.tokens = tokens;
    this.random = new Random(seed);
    this.look(tokens.slice(-this.model.contextLength));
  }

  /** @param {number[]} window read these tokens from place 0 */
  look(window) {
    this.window = window.slice();
    this.model.reset();
    for (const token of window) this.logits = this.model.read(token);
  }

  /** What may come next, the best first. @param {Sampling} [sampling] */
  candidates(sampling) {
    if (!this.logits) throw new RangeError("start(prompt) first.");
    return candidates(this.logits, sampling);
  }

  /** Draw one token and read it. @param {Sampling} [sampling] @returns {number} the token */
  next(sampling) {
    const from = this.candidates(sampling);
    const token = sampling?.temperature === 0 ? from[0].token : draw(from, this.random.uniform());
    this.append(token);
    return token;
  }

  /** Go on with a token chosen by the reader. @param {number} token */
  append(token) {
    this.tokens.push(token);
    const { contextLength } = this.model;
    if (this.window.length < contextLength) {
      this.window.push(token);
      this.logits = this.model.read(token);
    } else this.look([...this.window, token].slice(-Math.max(1, Math.floor(contextLength / 2))));
  }

  /** @returns {string} prompt and continuation */
  get text() {
    return this.tokenizer.decode(this.tokens);
  }
}
