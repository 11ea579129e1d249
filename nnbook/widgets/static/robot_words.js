// @ts-check
/** What a sentence says: slots, pieces, boxes, probabilities. The twin of nnbook/dialogue/{slots,features,understand}.py. */

import { fold } from "./retrieval.js";
import { float32, int8 } from "./base64.js";

/** @typedef {{name: string, value: string | number, start: number, end: number}} Slot */
/** @typedef {{intent: string, confidence: number, accepted: boolean, slots: Slot[]}} Understanding */
/** @typedef {Record<string, Record<string, Record<string, string[]>>>} Gazetteer  slot, value, language */

const HAN = /[\u3400-\u4dbf\u4e00-\u9fff]/;
const ENGLISH = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const CHINESE = /** @type {Record<string, number>} */ ({ 两: 2, ...Object.fromEntries([..."零一二三四五六七八九"].map((c, i) => [c, i])) });
const MOST_DIGITS = 6; // of a number that means something, as in nnbook/dialogue/slots.py
const BEFORE = "(?<![a-z0-9])";
const AFTER = "(?![a-z0-9])";
const longestFirst = (/** @type {string[]} */ words) => [...words].sort((a, b) => b.length - a.length || (a < b ? -1 : a > b ? 1 : 0));
const NUMBER = new RegExp(
  `(?<digits>[0-9]+)|${BEFORE}(?<tens>${TENS.join("|")})(?:[ -](?<unit>${ENGLISH.slice(0, 9).join("|")})${AFTER})?(?![a-z])` +
    `|${BEFORE}(?<word>${longestFirst(ENGLISH).join("|")})${AFTER}` +
    "|(?<han>[零一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九](?=度|分|秒|个|小))",
  "g",
);
const MINUTES = new RegExp(` *(?:(?<h>hours?${AFTER}|个?小时|个?钟头)|(?<m>minutes?${AFTER}|min${AFTER}|分钟?)|(?<s>seconds?${AFTER}|秒钟?))`, "y");
const DEGREES = new RegExp(` *(?:degrees?${AFTER}|°c?|度)`, "y");
const HALF_HOUR = /half an hour|(?:半个小时|半小时)/g;
const TOKEN = /[A-Z]+|[a-z]+(?:'[a-z]+)?|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]/g;

/** @param {string} text */
export const languageOf = (text) => (HAN.test(text) ? "zh" : "en");

/** @param {any} groups of NUMBER */
function parseNumber({ digits, tens, unit, word, han }) {
  if (digits) return Number(digits);
  if (tens) return 10 * (TENS.indexOf(tens) + 2) + (unit ? ENGLISH.indexOf(unit) + 1 : 0);
  if (word) return ENGLISH.indexOf(word) + 1;
  if (!han.includes("十")) return CHINESE[han];
  const [ten, one] = han.split("十");
  return 10 * (CHINESE[ten] ?? 1) + (CHINESE[one] ?? 0);
}

/** @param {RegExp} pattern sticky @param {string} text @param {number} at */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Finds the slots of one robot. @param {string} robot @param {Gazetteer} gazetteer */
export function slotFinder(robot, gazetteer) {
  /** @type {Map<string, [string, string]>} */
  const table = new Map();
  for (const [slot, values] of Object.entries(gazetteer))
    for (const [value, languages] of Object.entries(values)) for (const names of Object.values(languages)) for (const name of names) table.set(name, [slot, value]);
  const pattern = new RegExp(longestFirst([...table.keys()]).map((name) => (HAN.test(name) ? name : `${BEFORE}${name}${AFTER}`)).join("|"), "g");

  /** @param {string} text @param {RegExpMatchArray} match @returns {Slot[]} */
  function numberSlot(text, match) {
    const start = /** @type {number} */ (match.index);
    const end = start + match[0].length;
    if ((match.groups?.digits ?? "").length > MOST_DIGITS) return [];
    const number = parseNumber(match.groups);
    if (robot === "service") {
      const digits = match.groups?.digits ?? "";
      return digits.length >= 4 && digits.length <= 6 ? [{ name: "order", value: digits, start, end }] : [];
    }
    const unit = matchAt(MINUTES, text, end);
    if (unit) {
      const factor = unit.groups?.h ? 60 : unit.groups?.m ? 1 : 1 / 60;
      return [{ name: "duration", value: number * factor, start, end: end + unit[0].length }];
    }
    if (matchAt(DEGREES, text, end) || (match.groups?.digits && number >= 5 && number <= 35)) return [{ name: "degrees", value: number, start, end }];
    return [];
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
    const taken = found.map(({ start, end }) => [start, end]);
    if (robot === "home") for (const m of text.matchAll(HALF_HOUR)) found.push({ name: "duration", value: 30, start: m.index, end: m.index + m[0].length });
    for (const match of text.matchAll(NUMBER)) {
      const from = match.index;
      const to = from + match[0].length;
      if (!taken.some(([start, end]) => start < to && from < end)) found.push(...numberSlot(text, match));
    }
    return found.sort((a, b) => a.start - b.start);
  }

  /** The folded text with each slot replaced by its kind. @param {string} said */
  function mask(said) {
    const text = fold(said);
    let at = 0;
    let out = "";
    for (const slot of find(said)) {
      if (slot.start < at) continue;
      out += text.slice(at, slot.start) + slot.name.toUpperCase();
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
 * @param {{labels: string[], threshold: number, weights: string, scales: string, bias: string}} data
 * @param {number} nBuckets @param {ReturnType<typeof slotFinder>} finder
 */
export function intentModel({ labels, threshold, weights, scales, bias }, nBuckets, finder) {
  const whole = int8(weights);
  const scale = float32(scales);
  const shift = float32(bias);
  const n = labels.length;

  /** @param {string} said */
  function probabilities(said) {
    const boxes = new Set(pieces(finder.mask(said)).map((piece) => fnv1a(piece) % nBuckets));
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
    let best = 0;
    for (let j = 1; j < n - 1; j++) if (p[j] > p[best]) best = j; // the last one is "other"
    return { intent: labels[best], confidence: p[best], accepted: p[best] >= threshold, slots: finder.find(said), probabilities: p };
  }
  return { labels, threshold, probabilities, understand };
}

/** The first mention of each slot. @param {readonly Slot[]} slots @returns {Record<string, string | number>} */
export const slotValues = (slots) => Object.fromEntries([...slots].reverse().map(({ name, value }) => [name, value]));
