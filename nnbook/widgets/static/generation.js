// @ts-check
/** Writing with a language model, token by token, as `nnbook.generation` does. No DOM. */

import { Random } from "./nn_random.js";

/** @typedef {import("./transformer.js").Transformer} Transformer */
/** @typedef {import("./tokenizers.js").BPETokenizer | import("./tokenizers.js").CharTokenizer} Tokenizer */
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
  if (!Number.isFinite(logits.reduce((a, b) => Math.max(a, b), -Infinity))) { // Math.max of a NaN is NaN; -Infinity forbids a token
    throw new RangeError("logits hold NaN or infinity, or forbid every token. Did the training diverge?");
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
  /** @param {Transformer} model @param {Tokenizer} tokenizer */
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
