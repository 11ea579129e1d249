// @ts-check
/** From text to numbers and back, as `nnbook.tokenizers` does; a test compares the two. */

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
