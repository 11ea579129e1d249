// @ts-check
/** From a question to sections of the book, with the words that matched; no DOM. The index is written by nnbook/widgets/_book_index.py. */

import { fitIndex, fold, openIndex, tokenise, translate } from "./retrieval.js";

/** Words of a question that say nothing about its subject. */
const EMPTY = new Set(
  tokenise(
    "a about an and any are as at be been but by can could did do does for from get give go good had happen has have how i if in into is it its kind let make many may me mean " +
      "much must my need no not of on one or our really should show so some such take tell than that the their them then there these they thing this those to too up us use " +
      "very want was way we were what when where which who why will with work would you your please explain",
  ),
);
const EMPTY_CHINESE = /什么时候|什么是|是什么|为什么|怎么样|怎么办|能不能|是不是|有没有|什么|怎么|怎样|如何|为何|多少|哪些|哪个|哪里|可以|应该|需要|一个|一下|这个|那个|我们|到底/g;
const ASIDE = 0.75; // a summary, an exercise or a page that is no chapter is worth less than the section that teaches

/** @typedef {{pages: [string, string][], sections: [number, string, string[], string][], index: any, asked: string[][], terms: [string[], string, string][], chinese: Record<string, string>, english: Record<string, string>}} BookData */
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
  const title = (/** @type {number} */ i) => data.sections[i][2].at(-1) ?? data.pages[data.sections[i][0]][1];
  const questions = data.asked.flatMap((some, section) => [title(section), ...some].map((text) => ({ section, text })));
  const asked = fitIndex(questions.map(({ text }) => text)); // a heading is a question, too
  const vocabulary = [...new Set([...index.terms, ...asked.terms])].filter((term) => /^[a-z]{5,}$/.test(term));
  const known = (/** @type {string} */ token) => index.idf(token) ?? asked.idf(token);
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

  const isCompound = (/** @type {string} */ long, /** @type {string} */ short) => long.startsWith(short) && known(long.slice(short.length)) !== undefined; // a blockchain is no block

  /** A word with its family (normalised, normalisation). @param {string} token */
  const family = (token) => [token, ...vocabulary.filter((other) => alike(token, other) && !isCompound(token, other))];

  /**
   * What a question asks for: sets of words, each set meaning one thing. A word stands with its relatives and
   * with what the book says instead of it; a Chinese word is looked for as it is, in pairs of characters, and
   * by its translation.
   * @param {string} question @returns {Set<string>[]}
   */
  function conceptsOf(question) {
    const chinese = question.replace(EMPTY_CHINESE, " ");
    const tokens = tokenise(chinese).filter((token) => !EMPTY.has(token) && !/^[\u3400-\u9fff]$/.test(token));
    const translated = tokenise(translate(chinese, data.chinese)).filter((token) => !EMPTY.has(token));
    const text = ` ${tokenise(question).join(" ")} `;
    const others = Object.entries(data.english).filter(([word]) => text.includes(` ${word} `));
    const concepts = tokens.map((token) => new Set([...family(token), ...others.filter(([word]) => word === token).flatMap(([, said]) => tokenise(said))]));
    concepts.push(...translated.map((token) => new Set(family(token))));
    concepts.push(...others.filter(([word]) => word.includes(" ")).map(([, said]) => new Set(tokenise(said))));
    /** @type {Map<string, Set<string>>} said twice, it is still one thing */
    const once = new Map(concepts.map((concept) => [[...concept].sort().join(" "), concept]));
    return [...once.values()];
  }

  /**
   * How well each section fits: the score of its text, and that of the best of the questions that it answers.
   * In the short questions single Chinese characters count, too.
   * @param {string} question @param {Set<string>[]} concepts
   */
  function scoresOf(question, concepts) {
    const isKnown = concepts.some((concept) => [...concept].some((token) => known(token) !== undefined)); // else they are a few strokes of an unknown word
    const characters = isKnown ? new Set(tokenise(question.replace(EMPTY_CHINESE, " ")).filter((token) => /^[\u3400-\u9fff]$/.test(token))) : [];
    const best = new Float64Array(data.sections.length);
    asked.bm25([...concepts, ...[...characters].map((character) => [character])]).forEach((score, i) => {
      best[questions[i].section] = Math.max(best[questions[i].section], score);
    });
    return index.bm25(concepts).map((score, i) => score + best[i]);
  }

  /** A Chinese question of one word, if the book does not use it: pairs of characters inside a sentence are often no words. @param {string} question */
  function missingWord(question) {
    const word = question.replace(EMPTY_CHINESE, "").replace(/[\s?？。!！]/g, "");
    if (!/^[\u3400-\u9fff]{2,4}$/.test(word) || translate(word, data.chinese)) return [];
    return tokenise(word).some((token) => token.length === 2 && known(token) === undefined) ? [word] : [];
  }

  /** @param {number} i */
  const isAside = (i) => /^(What we saw|Exercises)$/.test(data.sections[i][2][0] ?? "") || !data.pages[data.sections[i][0]][0].startsWith("notebooks/") || !data.sections[i][2].length;

  return {
    termsIn,
    conceptsOf,
    index,
    /** @param {string} question @param {number} [k] @returns {{results: Result[], unknown: string[], terms: {names: string[], anchor: string, text: string}[]}} */
    ask(question, k = 5) {
      const concepts = conceptsOf(question);
      const scores = scoresOf(question, concepts).map((score, i) => score * (isAside(i) ? ASIDE : 1));
      const wanted = new Set(concepts.flatMap((concept) => [...concept]));
      const order = [...scores.keys()].filter((i) => scores[i] > 0).sort((a, b) => scores[b] - scores[a] || a - b);
      const result = (/** @type {number} */ i) => {
        const [page, anchor, path, text] = data.sections[i];
        return { page: data.pages[page][0], title: data.pages[page][1], anchor, path, score: scores[i], snippet: snippet(text, wanted, index.idf) };
      };
      const typed = new Set(tokenise(question)); // not its translation
      const missing = concepts.filter((concept) => ![...concept].some((token) => known(token) !== undefined)).map(([token]) => token);
      return {
        results: order.slice(0, k).map(result),
        unknown: [...missing.filter((token) => !/[\u3400-\u9fff]/.test(token) && typed.has(token)), ...missingWord(question)],
        terms: termsIn(question).slice(0, 3).map((i) => ({ names: data.terms[i][0], anchor: data.terms[i][1], text: data.terms[i][2] })),
      };
    },
  };
}

/**
 * The stretch of a text with the most telling words, cut at words, and which of its words matched.
 * @param {string} text @param {Set<string>} wanted @param {(term: string) => number | undefined} idf @param {number} [length] characters
 * @returns {Marked}
 */
export function snippet(text, wanted, idf, length = 220) {
  const words = text.match(/[\u3400-\u9fff\uf900-\ufaff]|(?:(?![\u3400-\u9fff\uf900-\ufaff])[\p{L}\p{N}\p{M}])+|[^\p{L}\p{N}\p{M}]+/gu) ?? [];
  const value = words.map((word, i) => {
    const pair = /[\u3400-\u9fff]/.test(word) ? [word + (words[i + 1] ?? ""), (words[i - 1] ?? "") + word] : [];
    return Math.max(0, ...[...tokenise(word), ...pair].filter((token) => wanted.has(token)).map((token) => idf(token) ?? 0));
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
