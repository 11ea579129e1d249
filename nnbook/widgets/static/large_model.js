// @ts-check
/**
 * A language model of the Llama family in the page: the twin of nnbook/large/llama.py. The weights stay packed
 * as they lie in the file; all numbers live in one WebAssembly memory, laid out once. No DOM.
 */

import { AT_ONCE, half, openProducts } from "./large_products.js";
import { readFile } from "./large_file.js";

const PAGE = 65536; // bytes; WebAssembly's memory grows in these
const RESERVED = 4 * PAGE; // the compiled code keeps its own stack here
const ALIGN = 64;

/** @typedef {{rank: number, parts: Map<string, {a: Float32Array, b: Float32Array}>}} Adapter parts: "20.query" → a (in, rank) and b (rank, out), rows first */
/** @typedef {Awaited<ReturnType<typeof openModel>>} Model */

/** @param {Map<string, any>} metadata */
function settingsOf(metadata) {
  if (metadata.get("general.architecture") !== "llama") throw new Error("this file holds another kind of model");
  const of = (/** @type {string} */ key) => metadata.get(`llama.${key}`);
  const settings = {
    dModel: of("embedding_length"),
    nHeads: of("attention.head_count"),
    nGroups: of("attention.head_count_kv"), // sets of keys and values, which the heads share
    nLayers: of("block_count"),
    hidden: of("feed_forward_length"),
    contextLength: of("context_length"),
    rotaryBase: of("rope.freq_base"),
    epsilon: of("attention.layer_norm_rms_epsilon"),
    vocabSize: metadata.get("tokenizer.ggml.tokens").length,
  };
  return { ...settings, dHead: settings.dModel / settings.nHeads, narrow: (settings.dModel / settings.nHeads) * settings.nGroups };
}

/** How many bytes a file of this size needs beside its own, for `capacity` tokens. @param {ReturnType<typeof settingsOf>} s @param {number} capacity */
function layoutOf(s, capacity) {
  const sizes = {
    keys: s.nLayers * capacity * s.narrow, // (layers, places, groups · head)
    values: s.nLayers * capacity * s.narrow,
    x: AT_ONCE * s.dModel, // what travels from block to block
    normed: AT_ONCE * s.dModel,
    query: AT_ONCE * s.dModel,
    key: AT_ONCE * s.narrow,
    value: AT_ONCE * s.narrow,
    mixed: AT_ONCE * s.dModel,
    branch: AT_ONCE * s.dModel,
    gate: AT_ONCE * s.hidden,
    up: AT_ONCE * s.hidden,
    weights: s.nHeads * capacity, // where one place looks
    logits: s.vocabSize,
  };
  return sizes;
}

/**
 * @param {Uint8Array} file the bytes of a GGUF file; they are copied
 * @param {{capacity?: number, plain?: (buffer: ArrayBuffer) => import("./large_products.js").Products}} [options] capacity: places that the cache holds
 */
export async function openModel(file, { capacity = 1024, plain } = {}) {
  const { metadata, arrays } = readFile(file);
  const s = settingsOf(metadata);
  const sizes = layoutOf(s, capacity);
  const up = (/** @type {number} */ n) => Math.ceil(n / ALIGN) * ALIGN;
  let end = RESERVED + up(file.length);
  /** @type {any} addresses in bytes */
  const at = {};
  for (const [name, size] of Object.entries(sizes)) {
    at[name] = end;
    end += up(size * 4);
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(end / PAGE) });
  const buffer = memory.buffer;
  const raw = new Uint8Array(buffer);
  raw.set(file, RESERVED);
  /** @type {Record<keyof ReturnType<typeof layoutOf>, Float32Array>} */
  const arraysOf = /** @type {any} */ (Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Float32Array(buffer, at[name], size)])));
  const { x, normed, query, key, value, mixed, branch, gate, up: upper, weights, logits, keys, values } = arraysOf;
  const products = plain ? plain(buffer) : await openProducts(memory);
  /** @type {Adapter | null} */
  let adapter = null;
  let length = 0;

  const norms = new Map(
    [...arrays].filter(([, { kind }]) => kind === "F32").map(([name, { offset, shape }]) => [name, new Float32Array(raw.slice(RESERVED + offset, RESERVED + offset + 4 * shape[0]).buffer)]),
  );
  const speeds = Float64Array.from({ length: s.dHead / 2 }, (_, j) => s.rotaryBase ** ((-2 * j) / s.dHead));

  /** target (places, out) = source (places, in) through a matrix of the file @param {string} name @param {number} source @param {number} target @param {number} places */
  function product(name, source, target, places) {
    const { kind, shape, offset } = /** @type {import("./large_file.js").PackedArray} */ (arrays.get(`${name}.weight`));
    const multiply = kind === "Q4_1" ? products.product4 : products.product8;
    multiply(RESERVED + offset, source, target, shape[0], shape[1], places);
  }

  /** @param {Float32Array} from @param {Float32Array} to @param {string} name @param {number} places */
  function normalise(from, to, name, places) {
    const weight = /** @type {Float32Array} */ (norms.get(`${name}.weight`));
    for (let t = 0; t < places; t++) {
      const first = t * s.dModel;
      let sum = 0;
      for (let i = 0; i < s.dModel; i++) sum += from[first + i] * from[first + i];
      const inverse = 1 / Math.sqrt(sum / s.dModel + s.epsilon);
      for (let i = 0; i < s.dModel; i++) to[first + i] = from[first + i] * inverse * weight[i];
    }
  }

  /** Add what the adapter says: source @ a @ b. @param {string} name @param {Float32Array} source @param {Float32Array} target @param {number} places */
  function adapt(name, source, target, places) {
    const part = adapter?.parts.get(name);
    if (!adapter || !part) return;
    const { rank } = adapter;
    const out = part.b.length / rank;
    const thin = new Float64Array(rank);
    for (let t = 0; t < places; t++) {
      thin.fill(0);
      for (let i = 0; i < s.dModel; i++) for (let r = 0; r < rank; r++) thin[r] += source[t * s.dModel + i] * part.a[i * rank + r];
      for (let r = 0; r < rank; r++) for (let o = 0; o < out; o++) target[t * out + o] += thin[r] * part.b[r * out + o];
    }
  }

  /** Turn the pairs of features of each head by the place. @param {Float32Array} rows @param {number} width @param {number} places */
  function rotate(rows, width, places) {
    for (let t = 0; t < places; t++) {
      for (let j = 0; j < s.dHead / 2; j++) {
        const angle = (length + t) * speeds[j];
        const cos = Math.fround(Math.cos(angle));
        const sin = Math.fround(Math.sin(angle));
        for (let i = t * width + 2 * j; i < (t + 1) * width; i += s.dHead) {
          const [a, b] = [rows[i], rows[i + 1]];
          rows[i] = a * cos - b * sin;
          rows[i + 1] = a * sin + b * cos;
        }
      }
    }
  }

  /** @param {number} layer @param {number} places @param {((layer: number, weights: Float32Array, known: number) => void) | null} watch told where the last place looks, (heads, known) */
  function attend(layer, places, watch) {
    const name = `blk.${layer}`;
    for (const [part, target] of /** @type {const} */ ([["q", "query"], ["k", "key"], ["v", "value"]])) product(`${name}.attn_${part}`, at.normed, at[target], places);
    adapt(`${layer}.query`, normed, query, places);
    adapt(`${layer}.value`, normed, value, places);
    rotate(query, s.dModel, places);
    rotate(key, s.narrow, places);
    const first = (layer * capacity + length) * s.narrow;
    keys.set(key.subarray(0, places * s.narrow), first);
    values.set(value.subarray(0, places * s.narrow), first);
    const scale = Math.fround(s.dHead ** -0.5);
    const shared = s.nHeads / s.nGroups;
    const lane = s.dHead * 4;
    for (let t = 0; t < places; t++) {
      const known = length + t + 1;
      for (let head = 0; head < s.nHeads; head++) {
        const cached = layer * capacity * s.narrow * 4 + Math.floor(head / shared) * lane;
        const row = at.weights + head * known * 4;
        const seen = weights.subarray(head * known, (head + 1) * known);
        products.scores(at.query + (t * s.nHeads + head) * lane, at.keys + cached, row, known, s.dHead, s.narrow);
        softmax(seen, scale);
        products.mix(row, at.values + cached, at.mixed + (t * s.nHeads + head) * lane, known, s.dHead, s.narrow);
      }
      if (watch && t === places - 1) watch(layer, weights.slice(0, s.nHeads * known), known);
    }
    product(`${name}.attn_output`, at.mixed, at.branch, places);
  }

  /** @param {number} layer @param {number} places */
  function think(layer, places) {
    const name = `blk.${layer}`;
    product(`${name}.ffn_gate`, at.normed, at.gate, places);
    product(`${name}.ffn_up`, at.normed, at.up, places);
    for (let i = 0; i < places * s.hidden; i++) gate[i] = (gate[i] / (1 + Math.exp(-gate[i]))) * upper[i];
    product(`${name}.ffn_down`, at.gate, at.branch, places);
  }

  /** @param {number} places */
  const addBranch = (places) => {
    for (let i = 0; i < places * s.dModel; i++) x[i] += branch[i];
  };

  /** The vector of a token, from the matrix that also reads the answer. @param {number} token @param {number} place */
  function embed(token, place) {
    const { offset } = /** @type {import("./large_file.js").PackedArray} */ (arrays.get("token_embd.weight"));
    for (let block = 0; block < s.dModel / 32; block++) {
      const from = RESERVED + offset + ((token * s.dModel) / 32 + block) * 34;
      const scale = half(raw[from] | (raw[from + 1] << 8));
      for (let i = 0; i < 32; i++) x[place * s.dModel + block * 32 + i] = ((raw[from + 2 + i] << 24) >> 24) * scale;
    }
  }

  /** What the head says of one place of x. @param {number} place */
  function say(place) {
    normalise(x.subarray(place * s.dModel), normed, "output_norm", 1);
    product("token_embd", at.normed, at.logits, 1);
    return logits;
  }

  return {
    settings: s,
    metadata,
    capacity,
    kind: products.kind,
    bytes: buffer.byteLength,
    /** How many tokens it has read. */
    get length() {
      return length;
    },
    /** Forget all but the first n tokens. @param {number} n */
    walkBack(n) {
      length = Math.max(0, Math.min(length, n));
    },
    /** @param {Adapter | null} next it holds for tokens read from now on: begin again from the first token */
    use(next) {
      adapter = next;
      length = 0;
    },
    /**
     * Read up to 16 tokens; the logits of what comes next, a view that the next call overwrites; null if `more` tokens of the prompt follow.
     * @param {number[]} tokens
     * @param {{more?: boolean, watch?: ((layer: number, weights: Float32Array, known: number) => void) | null, lens?: ((layer: number, logits: Float32Array) => void) | null}} [options]
     *   watch: told where the last place looks, for each layer; lens: told what the head would say after each block
     */
    read(tokens, { more = false, watch = null, lens = null } = {}) {
      const places = tokens.length;
      if (!places || places > AT_ONCE) throw new Error(`read takes 1 to ${AT_ONCE} tokens; got ${places}`);
      if (length + places > capacity) throw new Error(`the conversation is full: ${capacity} tokens`);
      tokens.forEach(embed);
      for (let layer = 0; layer < s.nLayers; layer++) {
        if (lens) lens(layer, say(places - 1));
        normalise(x, normed, `blk.${layer}.attn_norm`, places);
        attend(layer, places, watch);
        addBranch(places);
        normalise(x, normed, `blk.${layer}.ffn_norm`, places);
        think(layer, places);
        addBranch(places);
      }
      length += places;
      return more ? null : say(places - 1);
    },
  };
}

/** softmax(scale · z), in place. @param {Float32Array} z @param {number} scale */
function softmax(z, scale) {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < z.length; i++) largest = Math.max(largest, z[i] * scale);
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    z[i] = Math.exp(z[i] * scale - largest);
    sum += z[i];
  }
  for (let i = 0; i < z.length; i++) z[i] /= sum;
}

export { AT_ONCE };
