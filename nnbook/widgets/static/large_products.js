// @ts-check
/**
 * Products of vectors with packed weights, and attention of one head, in one block of memory. In WebAssembly
 * (nnbook/widgets/native/products.c) where the browser has 128-bit vectors, else in JavaScript; both give
 * the same up to rounding. Addresses are in bytes.
 */

import { uint8 } from "./base64.js";
import { PRODUCTS_WASM } from "./large_wasm.js";

export const AT_ONCE = 16; // places of a prompt that one call takes
const BLOCK = 32; // weights that share a scale

/**
 * @typedef {(w: number, x: number, y: number, rows: number, columns: number, places: number) => void} Product
 * @typedef {(a: number, b: number, out: number, known: number, size: number, stride: number) => void} Step
 * @typedef {{kind: string, product4: Product, product8: Product, scores: Step, mix: Step}} Products
 */

/** A half-precision number from its bits. @param {number} bits */
export function half(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
  return bits & 0x8000 ? -size : size;
}

/** @param {WebAssembly.Memory} memory @returns {Promise<Products>} */
export async function openProducts(memory) {
  try {
    const { instance } = await WebAssembly.instantiate(/** @type {BufferSource} */ (uint8(PRODUCTS_WASM)), { env: { memory } });
    return { kind: "WebAssembly", .../** @type {any} */ (instance.exports) };
  } catch {
    return plainProducts(memory.buffer); // an old browser, or a page that forbids compiling
  }
}

/** @param {ArrayBuffer} buffer @returns {Products} */
export function plainProducts(buffer) {
  const bytes = new Uint8Array(buffer);
  const signed = new Int8Array(buffer);
  const floats = new Float32Array(buffer);
  const w = new Float32Array(BLOCK);
  const halves = Float32Array.from({ length: 65536 }, (_, bits) => half(bits)); // a power for each block would take most of the time
  const halfAt = (/** @type {number} */ at) => halves[bytes[at] | (bytes[at + 1] << 8)];

  /** @param {number} at */
  function unpack4(at) {
    const scale = halfAt(at);
    const least = halfAt(at + 2);
    for (let i = 0; i < 16; i++) {
      w[i] = (bytes[at + 4 + i] & 15) * scale + least;
      w[i + 16] = (bytes[at + 4 + i] >> 4) * scale + least;
    }
    return at + 20;
  }

  /** @param {number} at */
  function unpack8(at) {
    const scale = halfAt(at);
    for (let i = 0; i < BLOCK; i++) w[i] = signed[at + 2 + i] * scale;
    return at + 34;
  }

  /** @param {(at: number) => number} unpack @returns {Product} */
  const product = (unpack) => (at, x, y, rows, columns, places) => {
    const [from, to] = [x / 4, y / 4];
    const sums = new Float64Array(places);
    for (let row = 0; row < rows; row++) {
      sums.fill(0);
      for (let i = 0; i < columns; i += BLOCK) {
        at = unpack(at);
        for (let t = 0; t < places; t++) {
          const first = from + t * columns + i;
          let sum = 0;
          for (let k = 0; k < BLOCK; k++) sum += w[k] * floats[first + k];
          sums[t] += sum;
        }
      }
      for (let t = 0; t < places; t++) floats[to + t * rows + row] = sums[t];
    }
  };

  return {
    kind: "JavaScript",
    product4: product(unpack4),
    product8: product(unpack8),
    scores(q, keys, out, known, size, stride) {
      for (let s = 0; s < known; s++) {
        let sum = 0;
        for (let i = 0; i < size; i++) sum += floats[q / 4 + i] * floats[keys / 4 + s * stride + i];
        floats[out / 4 + s] = sum;
      }
    },
    mix(weights, values, out, known, size, stride) {
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let s = 0; s < known; s++) sum += floats[weights / 4 + s] * floats[values / 4 + s * stride + i];
        floats[out / 4 + i] = sum;
      }
    },
  };
}
