// @ts-check
/** What ChatPad knows of a conversation: its tokens, where each came from, and what is read next. No DOM. */

export const SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"; // as in its training
const [START, END] = ["<|im_start|>", "<|im_end|>"];

/** @typedef {import("./large_worker.js").Part} Part */
/** @typedef {{token: number, piece: string, bytes: number[], mark: boolean}} Token */
/** @typedef {Token & {probability: number}} Option */
/** @typedef {Token & {origin: "prompt" | "drawn" | "chosen", probability: number | null, options: Option[], turn: number}} Entry */
/** @typedef {"chat" | "text" | "shop"} Mode */

const mark = (/** @type {string} */ text) => ({ text, control: true });

/**
 * What stands between the tokens that are there and the answer. A reader's words are never read as marks, unless
 * `open` shows what happens then.
 * @param {Mode} mode @param {string} words @param {{first: boolean, ended: boolean, open?: boolean}} at first: nothing stands there yet; ended: the last answer closed its turn
 * @returns {Part[]}
 */
export function partsOf(mode, words, { first, ended, open = false }) {
  if (mode === "text") return words ? [{ text: words }] : [];
  if (mode === "shop") return [{ text: `Customer: ${words}\nWish:` }];
  const before = first ? [mark(START), { text: `system\n${SYSTEM}` }, mark(END), { text: "\n" }] : [...(ended ? [] : [mark(END)]), { text: "\n" }];
  return [...before, mark(START), { text: `user\n${words}`, control: open }, mark(END), { text: "\n" }, mark(START), { text: "assistant\n" }];
}

export class Conversation {
  constructor() {
    /** @type {Entry[]} */
    this.entries = [];
    /** @type {Option[]} what could come next */
    this.next = [];
    this.turn = 0;
  }

  get tokens() {
    return this.entries.map(({ token }) => token);
  }

  /** Whether the last answer closed its turn. */
  get ended() {
    return this.entries.at(-1)?.piece === END;
  }

  /** @param {Token[]} tokens */
  addPrompt(tokens) {
    this.turn += 1;
    this.next = [];
    for (const token of tokens) this.entries.push({ ...token, origin: "prompt", probability: null, options: [], turn: this.turn });
  }

  /** @param {Token & {probability: number, options: Option[]}} token */
  addDrawn(token) {
    this.entries.push({ ...token, origin: "drawn", turn: this.turn });
  }

  /** Take another token at a place, and forget what followed. @param {number} place @param {Option} option */
  choose(place, option) {
    const options = place < this.entries.length ? this.entries[place].options : this.next;
    this.entries.length = place;
    this.entries.push({ ...option, origin: "chosen", options, turn: this.turn });
    this.next = [];
  }

  /** Forget the last token. */
  back() {
    const last = this.entries.pop();
    this.next = last?.options ?? [];
  }

  /** The text of each entry; a character made of several tokens stands with the last of them. @returns {string[]} */
  texts() {
    const decoder = new TextDecoder();
    return this.entries.map(({ bytes }, i) => decoder.decode(new Uint8Array(bytes), { stream: i < this.entries.length - 1 }));
  }

  /** The answer of the last turn, without marks. */
  get answer() {
    const texts = this.texts();
    return this.entries.map((entry, i) => (entry.turn === this.turn && entry.origin !== "prompt" && !entry.mark ? texts[i] : "")).join("");
  }
}

/**
 * What an answer would cost where tokens are sold.
 * @param {{read_usd: number, written_usd: number}} price US dollars per million tokens @param {number} read @param {number} written
 */
export const costOf = (price, read, written) => (read * price.read_usd + written * price.written_usd) / 1e6;

/**
 * Adapters from a safetensors file: a length, a header in JSON, then the numbers, 16 bits each.
 * @param {ArrayBuffer} file @param {(bits: number) => number} half @returns {import("./large_model.js").Adapter}
 */
export function readAdapter(file, half) {
  const size = Number(new DataView(file).getBigUint64(0, true));
  if (size > file.byteLength) throw new Error("the adapter's file is damaged");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(file, 8, size)));
  const parts = new Map();
  let rank = 0;
  for (const [name, entry] of Object.entries(header)) {
    const found = /^(\d+\.\w+)\.([ab])$/.exec(name);
    if (!found) continue;
    if (entry.dtype !== "F16") throw new Error(`the adapter's numbers must be F16; got ${entry.dtype}`);
    const [from, to] = entry.data_offsets.map((/** @type {number} */ at) => 8 + size + at);
    const numbers = Float32Array.from(new Uint16Array(file.slice(from, to)), half);
    const part = parts.get(found[1]) ?? {};
    parts.set(found[1], { ...part, [found[2]]: numbers });
    if (found[2] === "a") rank = entry.shape[1];
  }
  return { rank, parts };
}
