// @ts-check
/** From a decoder's configuration to parameters, memory, machines, days and money: `nnbook.parameter_counts` and `nnbook.economics`. */

import { kvCacheBytes, nAcceleratorsFor, serving, trainingBytes, trainingRun } from "./economics.js";

/** As in scale_explorer.py; a test compares the two. @type {Record<string, [number, number]>} */
export const BOUNDS = {
  n_layers: [1, 200],
  d_model: [8, 32768],
  n_heads: [1, 512],
  vocabulary_size: [16, 1e6],
  context_length: [8, 2e6],
  n_conversations: [1, 1e5],
  n_tokens: [1e3, 1e14],
  n_accelerators: [1, 1e5],
  price_usd_per_hour: [0.01, 100],
  training_utilisation: [0.01, 1],
  efficiency: [0.01, 1],
  busy_share: [0.01, 1],
};
export const PRECISIONS = [0.5, 1, 2, 4];
const WHOLE = ["n_layers", "d_model", "n_heads", "vocabulary_size", "context_length", "n_conversations", "n_accelerators"];

const preset = (/** @type {any[]} */ ...[n_layers, d_model, n_heads, vocabulary_size, context_length, tied_output, n_tokens, n_conversations, n_accelerators]) => ({
  n_layers, d_model, n_heads, vocabulary_size, context_length, tied_output, n_tokens, n_conversations, n_accelerators,
});
/** @type {Record<string, ReturnType<typeof preset>>} */
export const PRESETS = {
  "Book model": preset(3, 128, 4, 1536, 64, false, 2.5e6, 1, 1),
  "GPT-2 small": preset(12, 768, 12, 50257, 1024, true, 1e10, 10, 8),
  "GPT-2 XL": preset(48, 1600, 25, 50257, 1024, true, 1e10, 10, 32),
  "GPT-3": preset(96, 12288, 96, 50257, 2048, true, 3e11, 10, 1024),
};

/**
 * Parameters of a decoder built like GPT-2, by part: V d + T d + L (12 d² + 13 d) + 2 d, and V d + V for an output layer of its own.
 * @param {{n_layers: number, d_model: number, vocabulary_size: number, context_length: number, tied_output?: boolean}} size
 */
function decoderParameters({ n_layers: L, d_model: d, vocabulary_size: V, context_length: T, tied_output = true }) {
  /** @type {Record<string, number>} */
  const parts = {
    "token embedding": V * d,
    "position embedding": T * d,
    attention: L * (4 * d * d + 4 * d),
    "feed-forward": L * (8 * d * d + 5 * d),
    normalisation: L * 4 * d + 2 * d,
  };
  if (!tied_output) parts.output = V * d + V;
  return { parts, total: Object.values(parts).reduce((sum, n) => sum + n, 0) };
}

/** One sentence, or null when the state can be computed. @param {Record<string, any>} s */
export function problemWith(s) {
  for (const [name, [low, high]] of Object.entries(BOUNDS)) {
    if (!(s[name] >= low && s[name] <= high) || (WHOLE.includes(name) && !Number.isInteger(s[name]))) return `${name} must lie between ${low} and ${high}.`;
  }
  if (s.d_model % s.n_heads !== 0) return `The width ${s.d_model} cannot be shared equally among ${s.n_heads} heads.`;
  if (!PRECISIONS.includes(s.bytes_per_parameter)) return "A weight has 0.5, 1, 2 or 4 bytes.";
  if (!Object.hasOwn(PRESETS, s.preset)) return "There is no such model.";
  if (!s.accelerators.some((/** @type {any} */ a) => a.name === s.accelerator)) return "There is no such accelerator.";
  return null;
}

/** Everything that the widget shows. @param {Record<string, any>} s */
export function figures(s) {
  const { parts, total } = decoderParameters(/** @type {any} */ (s));
  const machine = { ...s.accelerators.find((/** @type {any} */ a) => a.name === s.accelerator), price_usd_per_hour: s.price_usd_per_hour };
  const weights = total * s.bytes_per_parameter;
  const cacheOfOne = kvCacheBytes({ n_layers: s.n_layers, d_model: s.d_model, context_tokens: s.context_length });
  const cache = s.n_conversations * cacheOfOne;
  const toServe = weights + cache;
  const toTrain = trainingBytes(total);
  const servers = nAcceleratorsFor(toServe, machine.memory_gigabytes);
  const trainers = nAcceleratorsFor(toTrain, machine.memory_gigabytes);
  const run = trainingRun({ n_parameters: total, n_tokens: s.n_tokens, accelerator: machine, n_accelerators: s.n_accelerators, utilisation: s.training_utilisation });
  const model = { total_parameters: total, active_parameters: total, bits_per_weight: 8 * s.bytes_per_parameter, n_layers: s.n_layers, kv_width: s.d_model, d_model: s.d_model, bytes_per_cached_value: 2 };
  const sold = serving({
    model, accelerator: machine, n_accelerators: servers, read_tokens: s.context_length - 1, written_tokens: 1, cached_share: 0, busy_share: s.busy_share,
    efficiency: s.efficiency, n_conversations: s.n_conversations,
  });
  return { parts, total, machine, weights, cacheOfOne, cache, toServe, toTrain, servers, trainers, run, sold };
}

/** The numbers of heads into which a width can be divided, each at least 8 wide (and the present one). @param {number} d @param {number} now */
export function possibleHeads(d, now) {
  const list = [];
  for (let n = 1; n <= 512 && n <= d / 8; n++) if (d % n === 0) list.push(n);
  return list.includes(now) ? list : [...list, now].sort((a, b) => a - b);
}

/** 12 MB, 1.5 TB. @param {number} value */
export function bytes(value) {
  for (const [unit, word] of /** @type {[number, string][]} */ ([[1e15, "PB"], [1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]])) {
    if (value >= 0.9995 * unit) return `${Number((value / unit).toPrecision(3))} ${word}`;
  }
  return `${Math.round(value)} B`;
}

/** 124M, 1.56B, 175B; small numbers as they are. @param {number} value */
export function count(value) {
  for (const [unit, word] of /** @type {[number, string][]} */ ([[1e12, " T"], [1e9, " B"], [1e6, " M"], [1e4, " k"]])) {
    if (value >= 0.9995 * unit) return `${Number((value / (word === " k" ? 1e3 : unit)).toPrecision(3))}${word}`;
  }
  return exact(value);
}

/** 124 439 808, with narrow spaces. @param {number} value */
export const exact = (value) => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** 4.2 days, 3 hours, 25 years. @param {number} days */
export function duration(days) {
  const say = (/** @type {number} */ value, /** @type {string} */ unit) => {
    const rounded = value >= 100 ? Math.round(value) : Number(value.toPrecision(2));
    return `${rounded >= 1000 ? exact(rounded) : rounded} ${unit}${rounded === 1 ? "" : "s"}`;
  };
  if (days >= 730) return say(days / 365.25, "year");
  if (days >= 2) return say(days, "day");
  if (days * 24 >= 2) return say(days * 24, "hour");
  if (days * 1440 >= 2) return say(days * 1440, "minute");
  return say(days * 86400, "second");
}
