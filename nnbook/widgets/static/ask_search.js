// @ts-check
/** From a question to sections of the book, with the words that matched; no DOM. The index is written by nnbook/widgets/_book_index.py. */

import { countTokens, fold, openIndex, tokenise, translate } from "./retrieval.js";

/** Words of a question that say nothing about its subject. */
const EMPTY = new Set(
  tokenise(
    "a about an and any are as at be been but by can could did do does for from get give go good had has have how i if in into is it its kind let make many may me mean " +
      "much must my need no not of on one or our should show so some such take tell than that the their them then there these they thing this those to too up us use " +
      "very want was way we were what when where which who why will with would you your please explain " +
      "什么 是什么 怎么 怎样 如何 为什么 多少 哪些 哪个 可以 能不能 吗 呢 的 了 是 有 和 与 在 一个 这 那 我 你 要 会 能 才 到 底 到底 么",
  ),
);
const QUESTIONS = "notebooks/09_faq";
const DEFINITION = 0.3; // a word of a glossary definition counts as this many words of the question
const RELATED = 0.6; // so does a word that begins like one of the question (normalised, normalisation), or that the book says instead of it
const PIVOT = 0.4; // how fully a score is divided by the length of a section; the cosine's 1 prefers the shortest (Singhal, Buckley and Mitra, 1996)
const FOLLOW = 0.25; // a section to which an answered question leads gains this share of that question's score
const TITLE = 0.6; // a section whose title is the question gains this share
const UNKNOWN = 6; // the weight of a word that the book never uses
const UNTRANSLATED = 0.15; // and a Chinese character, where an English word says the same: the book is English
const ASIDE = 0.75; // a summary, an exercise or a page that is no chapter is worth less than the section that teaches

/** @typedef {{pages: [string, string][], sections: [number, string, string[], string, number[]?][], index: any, terms: [string[], string, string][], chinese: Record<string, string>, english: Record<string, string>}} BookData */
/** @typedef {{text: string, match: boolean}[]} Marked */
/** @typedef {{page: string, anchor: string, title: string, path: string[], score: number, snippet: Marked}} Result */

/** Where words begin alike: at least five letters, and all but the last few of the longer one. @param {string} a @param {string} b */
function alike(a, b) {
  const shared = Math.max(5, Math.max(a.length, b.length) - 5);
  return a.length >= 5 && b.length >= 5 && a !== b && a.slice(0, shared) === b.slice(0, shared);
}

/** @param {BookData} data */
export function openBook(data) {
  const index = openIndex(data.index);
  const vocabulary = index.terms.filter((term) => /^[a-z]{5,}$/.test(term));
  const names = data.terms.flatMap(([all], i) => all.map((name) => ({ i, tokens: tokenise(name.replace(/\(.*\)/, "")), chinese: /[\u4e00-\u9fff]/.test(name), name })));

  /** The entries of the glossary whose name stands in the question, the longest names first. @param {string} question */
  function termsIn(question) {
    const tokens = tokenise(question);
    const text = ` ${tokens.join(" ")} `;
    const folded = fold(question);
    const found = names.filter((n) => (n.chinese ? folded.includes(fold(n.name)) : n.tokens.length && text.includes(` ${n.tokens.join(" ")} `)));
    found.sort((a, b) => b.tokens.length - a.tokens.length);
    const kept = found.filter((n, k) => !found.slice(0, k).some((longer) => longer.tokens.length > n.tokens.length && ` ${longer.tokens.join(" ")} `.includes(` ${n.tokens.join(" ")} `)));
    return [...new Set(kept.map((n) => n.i))];
  }

  /** @param {string} question @returns {Map<string, number>} what is searched: a number of mentions for each token */
  function queryOf(question) {
    const translated = tokenise(translate(question, data.chinese));
    const counts = countTokens([...tokenise(question), ...translated].filter((token) => !EMPTY.has(token)));
    if (translated.length) for (const token of counts.keys()) if (/[\u3400-\u9fff]/.test(token)) counts.set(token, UNTRANSLATED);
    const add = (/** @type {string} */ token, /** @type {number} */ weight) => counts.has(token) || counts.set(token, weight);
    const text = ` ${tokenise(question).join(" ")} `;
    for (const [word, others] of Object.entries(data.english)) if (text.includes(` ${word} `)) for (const token of tokenise(others)) add(token, RELATED);
    for (const token of [...counts.keys()]) for (const other of vocabulary) if (alike(token, other)) add(other, RELATED * Math.min(1, (index.idf(token) ?? UNKNOWN) / (index.idf(other) ?? UNKNOWN))); // a rare relative is no better witness
    for (const i of termsIn(question)) for (const token of tokenise(data.terms[i][2])) if (!EMPTY.has(token)) add(token, DEFINITION);
    return counts;
  }

  const meanLength = index.lengths.reduce((sum, length) => sum + length, 0) / index.lengths.length;

  /** The score of each section: the cosine with less of its love for short texts, the title, and where answers lead. @param {Map<string, number>} query @param {number[]} shares */
  function scoresOf(query, shares) {
    const scores = [...index.scores(query)].map((cosine, i) => {
      const pivoted = (cosine * index.lengths[i]) / ((1 - PIVOT) * meanLength + PIVOT * index.lengths[i]);
      return pivoted * (isAside(i) ? ASIDE : 1) * (1 + TITLE * shares[i]);
    });
    const gains = new Map();
    data.sections.forEach(([, , , , leads = []], i) => leads.forEach((to) => gains.set(to, Math.max(gains.get(to) ?? 0, FOLLOW * scores[i]))));
    return scores.map((score, i) => score + (gains.get(i) ?? 0));
  }

  const titles = data.sections.map(([page, , path]) => new Set(tokenise(path[path.length - 1] ?? data.pages[page][1]).filter((token) => !EMPTY.has(token))));

  /** For each section, how far its title and the question are the same words: 0 to 1, by their weight. @param {Map<string, number>} query */
  function titleShares(query) {
    const own = new Set([...query].filter(([, count]) => count >= 1).map(([token]) => token));
    const weight = (/** @type {Iterable<string>} */ tokens) => [...tokens].reduce((sum, token) => sum + (index.idf(token) ?? UNKNOWN), 0);
    return titles.map((title) => weight([...title].filter((token) => own.has(token))) / (weight(new Set([...title, ...own])) || 1));
  }

  /** @param {number} i */
  const isAside = (i) => /^(What we saw|Exercises)$/.test(data.sections[i][2][0] ?? "") || !data.pages[data.sections[i][0]][0].startsWith("notebooks/") || !data.sections[i][2].length;

  return {
    termsIn,
    queryOf,
    index,
    /** @param {string} question @param {number} [k] @returns {{results: Result[], asked: Result | null, terms: {names: string[], anchor: string, text: string}[]}} */
    ask(question, k = 5) {
      const query = queryOf(question);
      const shares = titleShares(query);
      const scores = scoresOf(query, shares);
      const order = [...scores.keys()].filter((i) => scores[i] > 0).sort((a, b) => scores[b] - scores[a] || a - b);
      const result = (/** @type {number} */ i) => {
        const [page, anchor, path, text] = data.sections[i];
        return { page: data.pages[page][0], title: data.pages[page][1], anchor, path, score: scores[i], snippet: snippet(text, query, index.idf) };
      };
      // The chapter of questions has short answers of its own; the list leads to where a thing is treated.
      const isAsked = (/** @type {number} */ i) => data.pages[data.sections[i][0]][0] === QUESTIONS;
      const results = order.filter((i) => !isAsked(i)).slice(0, k).map(result);
      const same = [...shares.keys()].filter((i) => isAsked(i) && shares[i] >= 0.5).sort((a, b) => shares[b] - shares[a]);
      const asked = same.length ? same[0] : null;
      return {
        results,
        asked: asked === null ? null : result(asked),
        terms: termsIn(question).slice(0, 3).map((i) => ({ names: data.terms[i][0], anchor: data.terms[i][1], text: data.terms[i][2] })),
      };
    },
  };
}

/**
 * The stretch of a text with the most telling words, cut at words, and which of its words matched.
 * @param {string} text @param {Map<string, number>} query @param {(term: string) => number | undefined} idf @param {number} [length] characters
 * @returns {Marked}
 */
export function snippet(text, query, idf, length = 220) {
  const words = text.match(/[\u3400-\u9fff\uf900-\ufaff]|(?:(?![\u3400-\u9fff\uf900-\ufaff])[\p{L}\p{N}\p{M}])+|[^\p{L}\p{N}\p{M}]+/gu) ?? [];
  const value = words.map((word, i) => {
    const pair = /[\u3400-\u9fff]/.test(word) ? [word + (words[i + 1] ?? ""), (words[i - 1] ?? "") + word] : [];
    return Math.max(0, ...[...tokenise(word), ...pair].filter((token) => (query.get(token) ?? 0) > DEFINITION || pair.includes(token)).map((token) => (query.get(token) ?? 0) * (idf(token) ?? 0)));
  });
  let best = { score: -1, from: 0, to: 0 };
  for (let from = 0; from < words.length; from++) {
    if (from > 0 && !/^[^\p{L}\p{N}]+$/u.test(words[from - 1])) continue; // begins at a word
    if (/^[^\p{L}\p{N}]+$/u.test(words[from])) continue;
    const seen = new Set();
    let score = 0;
    let size = 0;
    let to = from;
    for (; to < words.length && size + words[to].length <= length; to++) {
      size += words[to].length;
      const key = fold(words[to]);
      if (value[to] && !seen.has(key)) {
        seen.add(key);
        score += value[to];
      }
    }
    const opens = from === 0 || /[.?!。？！]["”’)]?\s*$/.test(words[from - 1]);
    score *= opens ? 1.15 : 1; // better to begin with a sentence
    if (score > best.score + 1e-9) best = { score, from, to };
  }
  /** @type {Marked} */
  const parts = [];
  const push = (/** @type {string} */ piece, /** @type {boolean} */ match) => {
    const last = parts[parts.length - 1];
    if (last && last.match === match) last.text += piece;
    else if (piece) parts.push({ text: piece, match });
  };
  if (best.from > 0) push("… ", false);
  for (let i = best.from; i < best.to; i++) push(words[i], value[i] > 0);
  if (best.to < words.length) push(" …", false);
  return parts;
}
