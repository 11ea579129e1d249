// @ts-check
/** Byte-level byte pairs with the merges of a file: the twin of nnbook/large/tokenizer.py. */

const CONTROL = 3; // the kind of a control token in the file
const SPACE = "\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"; // not \s, which has \ufeff and lacks \u0085
// a digit; an English ending; letters or other signs with the space before them; white space, whose last space is left to the word that follows
const PIECES = new RegExp(
  `\\p{N}|'(?:s|t|re|ve|m|ll|d)| ?\\p{L}+| ?[^${SPACE}\\p{L}\\p{N}]+|[${SPACE}]+(?=\\p{N}|$)|[${SPACE}]+(?=[${SPACE}])|[${SPACE}]+`,
  "gu",
);

/** Printable bytes are themselves, the others come from 256 on. @returns {string[]} */
function visibleBytes() {
  const printable = (/** @type {number} */ b) => (b >= 33 && b < 127) || (b >= 161 && b < 173) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCharCode(printable(b) ? b : next++));
}

/** @param {Map<string, any>} metadata of a file */
export function openTokenizer(metadata) {
  /** @type {string[]} */
  const pieces = metadata.get("tokenizer.ggml.tokens");
  const ids = new Map(pieces.map((piece, i) => [piece, i]));
  const ranks = new Map(metadata.get("tokenizer.ggml.merges").map((/** @type {string} */ merge, /** @type {number} */ i) => [merge, i]));
  /** @type {Map<string, number>} */
  const control = new Map();
  metadata.get("tokenizer.ggml.token_type").forEach((/** @type {number} */ kind, /** @type {number} */ i) => kind === CONTROL && control.set(pieces[i], i));
  const escaped = [...control.keys()].sort((a, b) => b.length - a.length).map((mark) => mark.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const marks = new RegExp(`(${escaped.join("|")})`);
  const visible = visibleBytes();
  const bytes = new Map(visible.map((character, byte) => [character, byte]));
  const known = new Map();

  /** Join neighbours, the merge learned first before all others, until no pair has one. @param {string} piece @returns {number[]} */
  function encodePiece(piece) {
    const parts = [...new TextEncoder().encode(piece)].map((byte) => visible[byte]);
    while (parts.length > 1) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 1; i < parts.length; i++) best = Math.min(best, ranks.get(`${parts[i - 1]} ${parts[i]}`) ?? best);
      if (best === Number.POSITIVE_INFINITY) break;
      for (let i = 1; i < parts.length; i++) {
        if (ranks.get(`${parts[i - 1]} ${parts[i]}`) === best) parts.splice(i - 1, 2, parts[i - 1] + parts[i]);
      }
    }
    return parts.flatMap((part) => ids.get(part) ?? []); // 21 bytes have no token and vanish
  }

  return {
    size: pieces.length,
    control,
    /** The token as it is written in the file: Ġ is a space. @param {number} id */
    piece: (id) => pieces[id],
    /** @param {string} text @param {{control?: boolean}} [options] control: marks such as <|im_end|> become control tokens; only for our own text @returns {number[]} */
    encode(text, { control: trusted = false } = {}) {
      const tokens = [];
      for (const part of trusted && control.size ? text.split(marks) : [text]) {
        const mark = trusted ? control.get(part) : undefined;
        if (mark !== undefined) tokens.push(mark);
        else {
          for (const [piece] of part.matchAll(PIECES)) {
            if (!known.has(piece)) known.set(piece, encodePiece(piece));
            tokens.push(...known.get(piece));
          }
        }
      }
      return tokens;
    },
    /** The bytes of a token. @param {number} id @returns {number[]} */
    bytes: (id) => (control.has(pieces[id]) ? [...new TextEncoder().encode(pieces[id])] : [...pieces[id]].map((character) => bytes.get(character) ?? 63)),
    /** @param {Iterable<number>} tokens */
    decode(tokens) {
      return new TextDecoder().decode(new Uint8Array([...tokens].flatMap((id) => this.bytes(id))));
    },
  };
}
