// @ts-check
/** Find the text that answers a question: the twin of nnbook/retrieval.py (TF-IDF; Chinese as characters and pairs). */

import { uint8 } from "./base64.js";

const LETTER = "a-z\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u04ff"; // Latin, Greek, Cyrillic, lower case
const HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff";
const PIECE = `(?:(?<word>[0-9]*[${LETTER}][${LETTER}0-9]*)|(?<number>[0-9]+(?:[.,][0-9]+)*))(?:['\u2019][a-z]{1,2}(?![a-z]))?|(?<han>[${HAN}]+)`;

/** Text in the one form that is compared: lower case, no accents, no full-width letters. @param {string} text */
export const fold = (text) => text.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "");

/** An English word without the ending of its plural. @param {string} word */
export function singular(word) {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && /(?:ss|sh|ch|x|zz)es$/.test(word)) return word.slice(0, -2);
  if (word.length > 2 && word.endsWith("s") && (word === "gpus" || !/(?:ss|us|is|as)$/.test(word))) return word.slice(0, -1);
  return word;
}

/** Words, numbers, Chinese characters and pairs of them. @param {string} text @returns {string[]} */
export function tokenise(text) {
  const tokens = [];
  for (const { groups } of fold(text).matchAll(new RegExp(PIECE, "g"))) {
    if (groups?.word) tokens.push(singular(groups.word));
    else if (groups?.number) tokens.push(groups.number);
    else {
      const run = groups?.han ?? "";
      for (const character of run) tokens.push(character);
      for (let i = 1; i < run.length; i++) tokens.push(run.slice(i - 1, i + 1));
    }
  }
  return tokens;
}

/** What a dictionary says for the Chinese words in text, the longest words first. @param {string} text @param {Record<string, string>} dictionary */
export function translate(text, dictionary) {
  const found = [];
  const longest = Math.max(0, ...Object.keys(dictionary).map((word) => word.length));
  for (const run of text.normalize("NFKD").match(new RegExp(`[${HAN}]+`, "g")) ?? []) {
    for (let start = 0; start < run.length; start++) {
      for (let length = Math.min(longest, run.length - start); length > 0; length--) {
        const word = run.slice(start, start + length);
        if (!Object.hasOwn(dictionary, word)) continue;
        found.push(dictionary[word]);
        start += length - 1;
        break;
      }
    }
  }
  return found.join(" ");
}

/** @param {readonly string[]} tokens @returns {Map<string, number>} how often each stands there */
export function countTokens(tokens) {
  const counts = new Map();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

const dampened = (/** @type {number} */ count) => (count >= 1 ? 1 + Math.log(count) : count);

/** Whole numbers of seven bits a byte. @param {Uint8Array} packed */
function unpack(packed) {
  const numbers = [];
  let number = 0;
  let factor = 1;
  for (const byte of packed) {
    number += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      numbers.push(number);
      number = 0;
      factor = 1;
    }
  }
  return numbers;
}

/**
 * The index that `TfidfIndex.to_dict` wrote.
 * @param {{n_documents: number, terms: string, postings: string}} data
 */
export function openIndex(data) {
  const terms = data.terms ? data.terms.split(" ") : [];
  const numbers = unpack(uint8(data.postings));
  /** @type {Map<string, [document: number, count: number][]>} */
  const postings = new Map();
  let at = 0;
  for (const term of terms) {
    const rows = Array.from({ length: numbers[at++] });
    let document = -1;
    postings.set(term, rows.map(() => [(document += numbers[at++]), numbers[at++]]));
  }
  return indexOf(data.n_documents, postings);
}

/** The index of texts, made here: `TfidfIndex.fit`. @param {readonly string[]} texts */
export function fitIndex(texts) {
  /** @type {Map<string, [document: number, count: number][]>} */
  const postings = new Map();
  texts.forEach((text, document) => {
    for (const [term, count] of countTokens(tokenise(text))) {
      const rows = postings.get(term);
      if (rows) rows.push([document, count]);
      else postings.set(term, [[document, count]]);
    }
  });
  return indexOf(texts.length, postings);
}

/** @param {number} n_documents @param {Map<string, [document: number, count: number][]>} postings */
function indexOf(n_documents, postings) {
  const terms = [...postings.keys()];
  /** @type {Map<string, {idf: number, documents: number[], counts: number[], weights: number[]}>} */
  const entries = new Map();
  const squares = new Float64Array(n_documents);
  const sizes = new Float64Array(n_documents); // words of each document
  for (const [term, rows] of postings) {
    const idf = Math.log((1 + n_documents) / (1 + rows.length)) + 1;
    const weights = rows.map(([, count]) => (1 + Math.log(count)) * idf);
    rows.forEach(([document, count], i) => {
      squares[document] += weights[i] * weights[i];
      sizes[document] += count;
    });
    entries.set(term, { idf, documents: rows.map(([document]) => document), counts: rows.map(([, count]) => count), weights });
  }
  const lengths = squares.map(Math.sqrt);
  for (const { documents, weights } of entries.values()) {
    for (let i = 0; i < documents.length; i++) weights[i] /= lengths[documents[i]];
  }

  /** The cosine between a query and each document. @param {string | readonly string[] | Map<string, number>} query */
  function scores(query) {
    const counts = query instanceof Map ? query : countTokens(typeof query === "string" ? tokenise(query) : query);
    const result = new Float64Array(n_documents);
    let length = 0;
    for (const token of [...counts.keys()].sort()) {
      const entry = entries.get(token);
      const count = counts.get(token) ?? 0;
      if (!entry || count <= 0) continue;
      const weight = dampened(count) * entry.idf;
      length += weight * weight;
      for (let i = 0; i < entry.documents.length; i++) result[entry.documents[i]] += weight * entry.weights[i];
    }
    if (length) for (let i = 0; i < result.length; i++) result[i] /= Math.sqrt(length);
    return result;
  }

  /**
   * The BM25 score of each document; the tokens of a concept count as one word.
   * @param {Iterable<Iterable<string>>} concepts @param {{k1?: number, b?: number}} [constants]
   */
  function bm25(concepts, { k1 = 1.2, b = 0.75 } = {}) {
    const mean = Math.max(sizes.reduce((sum, size) => sum + size, 0) / sizes.length, 1e-300);
    const result = new Float64Array(n_documents);
    for (const concept of concepts) {
      /** @type {Map<number, number>} */
      const mentions = new Map();
      for (const token of concept) {
        const entry = entries.get(token);
        entry?.documents.forEach((document, i) => mentions.set(document, (mentions.get(document) ?? 0) + entry.counts[i]));
      }
      const idf = Math.log(1 + (n_documents - mentions.size + 0.5) / (mentions.size + 0.5));
      for (const [document, count] of mentions) {
        result[document] += (idf * count * (k1 + 1)) / (count + k1 * (1 - b + (b * sizes[document]) / mean));
      }
    }
    return result;
  }

  return {
    n_documents,
    terms,
    scores,
    bm25,
    /** @param {string} term @returns {number | undefined} */
    idf: (term) => entries.get(term)?.idf,
    /** Up to k documents that share a word with the query, the best first. @param {string | readonly string[] | Map<string, number>} query @param {number} [k] @returns {[number, number][]} */
    search(query, k = 5) {
      const all = scores(query);
      return [...all.keys()].filter((i) => all[i] > 0).sort((a, b) => all[b] - all[a] || a - b).slice(0, k).map((i) => [i, all[i]]);
    },
  };
}
