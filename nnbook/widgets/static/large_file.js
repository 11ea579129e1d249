// @ts-check
/** A GGUF file in memory: its settings, its tokens, and where its packed arrays lie. The twin of nnbook/large/gguf.py. */

/** @typedef {{kind: "F32" | "Q4_1" | "Q8_0", shape: number[], offset: number}} PackedArray offset: of its first byte in the file */

const KINDS = /** @type {const} */ ({ 0: "F32", 3: "Q4_1", 8: "Q8_0" });
const BYTES = { F32: [1, 4], Q4_1: [32, 20], Q8_0: [32, 34] }; // weights and bytes of a block
const [STRING, ARRAY] = [8, 9];
/** @type {Record<number, [keyof DataView, number]>} how a number of a kind is read, and its bytes */
const SCALARS = {
  0: ["getUint8", 1], 1: ["getInt8", 1], 2: ["getUint16", 2], 3: ["getInt16", 2], 4: ["getUint32", 4], 5: ["getInt32", 4],
  6: ["getFloat32", 4], 7: ["getUint8", 1], 10: ["getBigUint64", 8], 11: ["getBigInt64", 8], 12: ["getFloat64", 8],
};

/**
 * @param {Uint8Array} bytes the whole file
 * @returns {{metadata: Map<string, any>, arrays: Map<string, PackedArray>}}
 */
export function readFile(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder();
  let at = 0;
  const number = (/** @type {number} */ kind) => {
    const [read, size] = SCALARS[kind] ?? [];
    if (!read) throw new Error(`the file holds a value of unknown kind ${kind}`);
    const value = /** @type {any} */ (view)[read](at, true);
    at += size;
    return typeof value === "bigint" ? Number(value) : value;
  };
  const string = () => {
    const length = number(10);
    at += length;
    return text.decode(bytes.subarray(at - length, at));
  };
  /** @param {number} kind @returns {any} */
  const value = (kind) => {
    if (kind === STRING) return string();
    if (kind !== ARRAY) return number(kind);
    const inner = number(4);
    const length = number(10);
    if (length > bytes.length) throw new Error("the file is damaged");
    return Array.from({ length }, () => value(inner));
  };

  if (text.decode(bytes.subarray(0, 4)) !== "GGUF") throw new Error("this is no GGUF file");
  at = 8;
  const nArrays = number(10);
  const nValues = number(10);
  const metadata = new Map();
  for (let i = 0; i < nValues; i++) {
    const name = string();
    metadata.set(name, value(number(4)));
  }
  /** @type {Map<string, PackedArray>} */
  const arrays = new Map();
  for (let i = 0; i < nArrays; i++) {
    const name = string();
    // the file names the axis that moves fastest first
    const shape = Array.from({ length: number(4) }, () => number(10)).reverse();
    const kind = KINDS[/** @type {0 | 3 | 8} */ (number(4))];
    if (!kind) throw new Error(`${name} is packed in a way not known here`);
    arrays.set(name, { kind, shape, offset: number(10) });
  }
  const alignment = metadata.get("general.alignment") ?? 32;
  const first = Math.ceil(at / alignment) * alignment;
  for (const [name, array] of arrays) {
    array.offset += first;
    const [weights, size] = BYTES[array.kind];
    if (array.offset + (array.shape.reduce((a, b) => a * b, 1) / weights) * size > bytes.length) throw new Error(`the file ends before ${name} does`);
  }
  return { metadata, arrays };
}
