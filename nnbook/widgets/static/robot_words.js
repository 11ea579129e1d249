// @ts-check
/** What a sentence says: slots, pieces, boxes, probabilities. The twin of nnbook/dialogue/{slots,features,understand}.py. */

import { fold } from "./retrieval.js";
import { float32, int8 } from "./base64.js";
import { findQuantities } from "./robot_quantities.js";

/** @typedef {{name: string, value: string | number, start: number, end: number}} Slot */
/** @typedef {{intent: string, confidence: number, accepted: boolean, sure: boolean, ranking: string[], slots: Slot[]}} Understanding */
/** @typedef {Record<string, Record<string, Record<string, string[]>>>} Gazetteer  slot, value, language */

const HAN = /[\u3400-\u4dbf\u4e00-\u9fff]/;
const BEFORE = "(?<![a-z0-9])";
const AFTER = "(?![a-z0-9])";
const longestFirst = (/** @type {string[]} */ words) => [...words].sort((a, b) => b.length - a.length || (a < b ? -1 : a > b ? 1 : 0));
const ORDER = /^(?:[0-9]{4,6}|[零〇一二三四五六七八九幺]{4,6})$/;
const PLAUSIBLE = 0.1; // the probability from which an intent may be asked about
const MARKS = ["thing", "time", "unclear"]; // what a sentence may hold beside the slots of an intent
const SPOKEN = /** @type {Record<string, string>} */ ({ 〇: "0", 幺: "1", ...Object.fromEntries([..."零一二三四五六七八九"].map((c, i) => [c, String(i)])) });
const TOKEN = /[A-Z]+|[a-z]+(?:'[a-z]+)?|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]/g;

/** @param {string} text */
export const languageOf = (text) => (HAN.test(text) ? "zh" : "en");

/** Finds the slots of one robot. @param {string} robot @param {Gazetteer} gazetteer @param {Record<string, string[]>} others names of things that it does not have */
export function slotFinder(robot, gazetteer, others) {
  /** @type {Map<string, [string, string]>} */
  const table = new Map(Object.values(others).flatMap((names) => names.map((name) => /** @type {[string, [string, string]]} */ ([name, ["thing", name]]))));
  for (const [slot, values] of Object.entries(gazetteer))
    for (const [value, languages] of Object.entries(values)) for (const names of Object.values(languages)) for (const name of names) table.set(name, [slot, value]);
  const pattern = new RegExp(longestFirst([...table.keys()]).map((name) => (HAN.test(name) ? name : `${BEFORE}${name}${AFTER}`)).join("|"), "g");

  /** @param {string} text @param {import("./robot_quantities.js").Quantity} quantity @returns {Slot[]} */
  function quantitySlot(text, { name, value, start, end }) {
    const said = text.slice(start, end);
    if (robot === "service") {
      if (ORDER.test(said)) return [{ name: "order", value: [...said].map((c) => SPOKEN[c] ?? c).join(""), start, end }];
      return name === "number" || name === "unclear" ? [{ name: "unclear", value: said, start, end }] : [];
    }
    let kind = name;
    if (kind === "number") kind = /** @type {number} */ (value) >= 5 && /** @type {number} */ (value) <= 35 ? "degrees" : "unclear";
    if (kind === "clock" || kind === "period") kind = "time";
    return [{ name: kind, value: MARKS.includes(kind) ? said : /** @type {number} */ (value), start, end }];
  }

  /** @param {string} said @returns {Slot[]} from left to right; places count in fold(said) */
  function find(said) {
    const text = fold(said);
    /** @type {Slot[]} */
    const found = [];
    for (const match of text.matchAll(pattern)) {
      const [name, value] = /** @type {[string, string]} */ (table.get(match[0]));
      found.push({ name, value, start: match.index, end: match.index + match[0].length });
    }
    const taken = found.map(({ start, end }) => /** @type {[number, number]} */ ([start, end]));
    for (const quantity of findQuantities(text, taken)) found.push(...quantitySlot(text, quantity));
    return found.sort((a, b) => a.start - b.start);
  }

  /** The folded text with each slot replaced by its kind. @param {string} said */
  function mask(said) {
    const text = fold(said);
    let at = 0;
    let out = "";
    for (const slot of find(said)) {
      if (slot.start < at) continue;
      out += (out && slot.start === at ? " " : text.slice(at, slot.start)) + slot.name.toUpperCase();
      at = slot.end;
    }
    return out + text.slice(at);
  }
  return { find, mask };
}

/** The different pieces of a masked sentence: words, pairs, and triples (Chinese) or letters (Latin). @param {string} masked @returns {string[]} */
export function pieces(masked) {
  const tokens = masked.match(TOKEN) ?? [];
  const padded = ["^", ...tokens, "$"];
  const found = [...tokens];
  for (let i = 1; i < padded.length; i++) found.push(`${padded[i - 1]} ${padded[i]}`);
  if (tokens.some((token) => HAN.test(token))) {
    for (let i = 2; i < padded.length; i++) found.push(padded.slice(i - 2, i + 1).join(" "));
  } else {
    for (const token of tokens) {
      if (!/^[a-z]/.test(token)) continue;
      const word = `_${token}_`;
      for (const n of [3, 4]) for (let i = 0; i + n <= word.length; i++) found.push(word.slice(i, i + n));
    }
  }
  return [...new Set(found)];
}

const encoder = new TextEncoder();
/** The 32-bit FNV-1a hash of the UTF-8 bytes. @param {string} text */
export function fnv1a(text) {
  let value = 0x811c9dc5;
  for (const byte of encoder.encode(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value >>> 0;
}

/**
 * One stored model: sentence in, understanding out.
 * @param {{labels: string[], threshold: number, sure_from: number, weights: string, scales: string, bias: string}} data
 * @param {number} nBuckets @param {ReturnType<typeof slotFinder>} finder @param {(text: string) => string[]} families of words, of robot_cues.js
 */
export function intentModel({ labels, threshold, sure_from: sureFrom, weights, scales, bias }, nBuckets, finder, families) {
  const whole = int8(weights);
  const scale = float32(scales);
  const shift = float32(bias);
  const n = labels.length;

  /** @param {string} said */
  function probabilities(said) {
    const boxes = new Set([...families(said).map((family) => `=${family}`), ...pieces(finder.mask(said))].map((piece) => fnv1a(piece) % nBuckets));
    const logits = new Float64Array(n);
    for (const box of boxes) for (let j = 0; j < n; j++) logits[j] += whole[box * n + j];
    for (let j = 0; j < n; j++) logits[j] = (boxes.size ? (logits[j] * scale[j]) / Math.sqrt(boxes.size) : 0) + shift[j];
    const top = Math.max(...logits);
    const e = logits.map((z) => Math.exp(z - top));
    const total = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / total);
  }

  /** @param {string} said @returns {Understanding & {probabilities: Float64Array}} */
  function understand(said) {
    const p = probabilities(said);
    const order = [...p.keys()].slice(0, n - 1).sort((a, b) => p[b] - p[a] || a - b); // the last one is "other"
    const best = order[0];
    const ranking = order.filter((j) => p[j] >= PLAUSIBLE).map((j) => labels[j]);
    return { intent: labels[best], confidence: p[best], accepted: p[best] >= threshold, sure: p[best] >= Math.max(threshold, sureFrom), ranking, slots: finder.find(said), probabilities: p };
  }
  return { labels, threshold, sureFrom, probabilities, understand };
}

/** The value of each slot, or the list of its different values. @param {readonly Slot[]} slots @returns {Record<string, any>} */
export function slotValues(slots) {
  /** @type {Record<string, (string | number)[]>} */
  const found = {};
  for (const { name, value } of slots) {
    found[name] ??= [];
    if (!found[name].includes(value)) found[name].push(value);
  }
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, values.includes("all") ? "all" : values.length === 1 ? values[0] : values]));
}
