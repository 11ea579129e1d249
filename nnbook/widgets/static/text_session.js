// @ts-check
/** One reader's session with a language model: what was written, why, and where the model looked. No DOM; maths: transformer.js, generation.js. */

import { Writer, draw } from "./generation.js";
import { tokenizerFrom } from "./tokenizers.js";
import { Transformer } from "./transformer.js";

/** @typedef {{token: number, probability: number}} Candidate */
/**
 * @typedef {object} Entry one token of the text
 * @property {number} token
 * @property {"prompt" | "drawn" | "chosen"} origin
 * @property {Candidate[]} options what could have stood here, the best first; empty for the prompt
 * @property {number} probability that the model gave to it; NaN for the prompt
 */

export const SHOWN = 8; // candidates kept for each token

/** @param {string[]} characters */
const quoted = (characters) => characters.slice(0, 5).map((c) => `“${c}”`).join(", ") + (characters.length > 5 ? " …" : "");

export class TextSession {
  /** @param {any} file what nnbook.serialization.quantized_as_json wrote */
  constructor(file) {
    this.model = new Transformer(file);
    this.tokenizer = tokenizerFrom(file.metadata.tokenizer);
    this.writer = new Writer(this.model, this.tokenizer);
    /** @type {Entry[]} */ this.entries = [];
  }

  /**
   * Begin with a prompt. A prompt that the model cannot read as it is becomes one that it can.
   * @param {string} prompt @param {number} seed @returns {string[]} a sentence for each thing the reader should know
   */
  begin(prompt, seed) {
    const notices = [];
    let text = prompt;
    const { ids, unknown } = /** @type {any} */ (this.tokenizer);
    if (ids) {
      const strangers = [...new Set(text)].filter((c) => !ids.has(c));
      if (strangers.length && unknown === null) {
        text = Array.from(text).filter((c) => ids.has(c)).join("");
        notices.push(`The model has never seen ${quoted(strangers)}, so ${strangers.length === 1 ? "it is" : "they are"} left out.`);
      } else if (strangers.length) notices.push(`The model has never seen ${quoted(strangers)} and reads ${strangers.length === 1 ? "it" : "each"} as “unknown”.`);
    } else {
      const rare = [...new Set(text)].filter((c) => /** @type {number} */ (c.codePointAt(0)) > 126);
      if (rare.length) notices.push(`${quoted(rare)} ${rare.length === 1 ? "is" : "are"} rare or absent in the text that the model learned from: it reads the bytes and guesses.`);
    }
    if (this.tokenizer.encode(text).length === 0) {
      text = !ids || ids.has("\n") ? "\n" : this.tokenizer.decode([0]);
      notices.push(`The prompt is empty, so the model begins after ${text === "\n" ? "a line break" : `“${text}”`}.`);
    }
    this.writer.start(text, seed);
    const { tokens } = this.writer;
    if (tokens.length > this.model.contextLength) {
      notices.push(`The prompt is ${tokens.length} tokens long, but the model sees ${this.model.contextLength} at most: it reads the end only.`);
    }
    this.entries = tokens.map((token) => ({ token, origin: "prompt", options: [], probability: NaN }));
    return notices;
  }

  /** What may come next. @param {{temperature: number, topK: number | null}} sampling @returns {Candidate[]} */
  candidates(sampling) {
    return this.writer.candidates(sampling);
  }

  /** Draw one token. @param {{temperature: number, topK: number | null}} sampling @returns {Entry} */
  step(sampling) {
    const from = this.writer.candidates(sampling);
    const token = sampling.temperature === 0 ? from[0].token : draw(from, this.writer.random.uniform());
    return this.add(token, "drawn", from);
  }

  /** Go on with a token that the reader chose. @param {number} token @param {{temperature: number, topK: number | null}} sampling @returns {Entry} */
  choose(token, sampling) {
    return this.add(token, "chosen", this.writer.candidates(sampling));
  }

  /** @param {number} token @param {"drawn" | "chosen"} origin @param {Candidate[]} from @returns {Entry} */
  add(token, origin, from) {
    this.writer.append(token);
    const options = from.slice(0, SHOWN);
    const probability = from.find((c) => c.token === token)?.probability ?? 0;
    /** @type {Entry} */
    const entry = { token, origin, options, probability };
    this.entries.push(entry);
    return entry;
  }

  /** The first entry that the model still sees. */
  get firstSeen() {
    return this.entries.length - this.writer.window.length;
  }

  /**
   * Where the model looked when it wrote entry i (for i = the number of entries: when it writes the next one).
   * @param {number} i @param {number} layer @param {number} head -1 for the mean of all heads of the layer
   * @returns {{first: number, weights: Float64Array} | null} weights of the entries first, first + 1, … i - 1; null if it is out of sight
   */
  attention(i, layer, head) {
    const { contextLength: T, nHeads } = this.model;
    const query = i - 1 - this.firstSeen;
    if (query < 0) return null;
    const weights = new Float64Array(query + 1);
    const heads = head < 0 ? Array.from({ length: nHeads }, (_, h) => h) : [head];
    for (const h of heads) {
      const start = (h * T + query) * T;
      for (let s = 0; s <= query; s++) weights[s] += this.model.attention[layer][start + s] / heads.length;
    }
    return { first: this.firstSeen, weights };
  }

  /**
   * The text of each entry. A character that is spread over several tokens stands with the first of them.
   * @param {number} [from] first entry wanted @returns {string[]}
   */
  pieces(from = 0) {
    const out = [];
    for (let i = from; i < this.entries.length; i++) {
      const tokens = [this.entries[i].token];
      let text = this.tokenizer.decode(tokens);
      while (text.includes("\ufffd") && tokens.length < 4 && i + tokens.length < this.entries.length) {
        tokens.push(this.entries[i + tokens.length].token);
        text = this.tokenizer.decode(tokens);
      }
      if (text.includes("\ufffd")) {
        out.push(this.tokenizer.decode([this.entries[i].token]));
        continue;
      }
      out.push(text, ...tokens.slice(1).map(() => ""));
      i += tokens.length - 1;
    }
    return out;
  }

  get text() {
    return this.writer.text;
  }
}

/** A token as a label: spaces and line breaks become visible. @param {string} piece */
export function visible(piece) {
  return piece.replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/ /g, "␣").replace(/[\u0000-\u001f]/g, "·") || "∅";
}
