// From a question to sections: a book of five sections, small enough to know the answers.
import assert from "node:assert/strict";
import { test } from "node:test";

import { openBook, snippet } from "../../nnbook/widgets/static/ask_search.js";
import { countTokens, tokenise } from "../../nnbook/widgets/static/retrieval.js";

const TEXTS = [
  "Early stopping goes back to the weights where the validation loss was lowest, before it rises.",
  "A price list of tokens. The price falls from one generation to the next.",
  "Normalisation gives each layer inputs of a common size.",
  "A price list of tokens. The price falls from one generation to the next.", // a summary, in the same words
  "What is a price? It is what customers pay for a token.",
];
const SECTIONS = [
  [0, "saw", ["What we saw", "Prices"], TEXTS[3]],
  [0, "early", ["Early stopping"], TEXTS[0]],
  [0, "prices", ["Prices"], TEXTS[1]],
  [0, "norm", ["Normalisation"], TEXTS[2]],
  [1, "price", ["Money", "What is a price?"], TEXTS[4]],
];

/** The index as nnbook.retrieval packs it. */
function pack(texts) {
  const counts = texts.map((text) => countTokens(tokenise(text)));
  const terms = [...new Set(counts.flatMap((c) => [...c.keys()]))].sort();
  const numbers = [];
  for (const term of terms) {
    const rows = counts.flatMap((c, i) => (c.has(term) ? [[i, c.get(term)]] : []));
    numbers.push(rows.length);
    let before = -1;
    for (const [i, n] of rows) {
      numbers.push(i - before, n);
      before = i;
    }
  }
  return { n_documents: texts.length, terms: terms.join(" "), postings: btoa(String.fromCharCode(...numbers)) };
}

const DATA = {
  pages: [["notebooks/01_x", "1 · X"], ["notebooks/09_faq", "9 · Questions"]],
  sections: SECTIONS,
  index: pack(SECTIONS.map(([, , path, text]) => `${path.at(-1)}. ${text}`)),
  asked: [[], [], [], [], []],
  terms: [
    [["overfitting", "过拟合"], "book/glossary.html#o", "Learning by heart: the validation loss rises."],
    [["token", "词元"], "book/glossary.html#t", "A piece of text."],
  ],
  chinese: { 过拟合: "overfitting", 价格: "price" },
  english: { cheap: "price" },
};
const book = openBook(DATA);
const first = (question) => book.ask(question).results[0]?.anchor;

test("a word finds its section, whatever its number or case", () => {
  assert.equal(first("PRICES"), "prices");
  assert.equal(first("How does early stopping work?"), "early");
});

test("a word of the same family finds it too", () => assert.equal(first("Why is it normalised?"), "norm"));

test("an everyday word is understood", () => assert.equal(first("is it cheap"), "prices"));

test("a term of the glossary is explained, in either language", () => {
  for (const question of ["What is overfitting?", "什么是过拟合？"]) {
    assert.deepEqual(book.ask(question).terms.map((t) => t.names[0]), ["overfitting"]);
  }
});

const asking = (questions) => openBook({ ...DATA, asked: [[], [], questions.slice(0, 1), questions.slice(1), []] });

test("a section is found by a question that it answers, in words that it does not use", () => {
  const taught = asking(["Is it dear?", "怎样归一化？", "层的输入"]);
  assert.equal(taught.ask("too dear for me").results[0].anchor, "prices");
  assert.equal(taught.ask("归一化有什么用").results[0].anchor, "norm");
  assert.deepEqual(taught.ask("too dear for me").unknown, []);
});

test("the best question counts, not their number", () => {
  const once = asking(["zebra", "zebra", "horse"]).ask("zebra").results;
  assert.deepEqual(once.map((r) => r.anchor), ["prices", "norm"]);
  assert.equal(once[0].score, once[1].score);
});

test("single Chinese characters count in questions, but an unknown word is not taken apart", () => {
  const taught = asking(["价格要耗多少电", "怎样归一化？", "层"]);
  assert.equal(taught.ask("电的价格").results[0].anchor, "prices");
  assert.deepEqual(taught.ask("电视").results, []);
});

test("a Chinese word is translated", () => assert.equal(first("价格会怎样"), "prices"));

test("a summary stands behind the section that teaches", () => {
  const anchors = book.ask("price of tokens").results.map((r) => r.anchor);
  assert.ok(anchors.indexOf("prices") < anchors.indexOf("saw"));
});

test("an answer of the chapter of questions is a result like any other", () => {
  assert.ok(book.ask("What is a price?").results.some((r) => r.anchor === "price"));
});

test("words that mean one thing count once: a word with many translations is no better witness", () => {
  const twice = openBook({ ...DATA, english: { cheap: "price price prices" } }).ask("is it cheap").results;
  assert.deepEqual(twice.map((r) => r.score), book.ask("is it cheap").results.map((r) => r.score));
});

test("words that the book does not use are named", () => {
  assert.deepEqual(book.ask("the price of a yacht").unknown, ["yacht"]);
  assert.deepEqual(book.ask("pricefall").unknown, ["pricefall"], "both halves are words of the book");
  assert.deepEqual(book.ask("斑马的价格").unknown, []);
  assert.deepEqual(book.ask("什么是斑马？").unknown, ["斑马"]);
  assert.deepEqual(book.ask("过拟合").unknown, []);
});

test("nothing to find: empty, signs, empty words, unknown words", () => {
  for (const question of ["", "  ", "?!", "😀", "what is the", "zebra", "constructor", "__proto__"]) {
    assert.deepEqual(book.ask(question).results, [], question);
  }
});

test("a snippet marks words without their full stop, and says where it was cut", () => {
  const text = `${"Much is said before. ".repeat(20)}Then the price falls. ${"And after. ".repeat(30)}`;
  const parts = snippet(text, new Set(["price", "fall"]), () => 2, 100);
  assert.deepEqual(parts.filter((p) => p.match).map((p) => p.text), ["price", "falls"]);
  const whole = parts.map((p) => p.text).join("");
  assert.match(whole, /^… .*Then the price falls\..* …$/);
  assert.ok(whole.length <= 106);
});

test("a snippet of Chinese marks characters of a pair", () => {
  const parts = snippet("模型过拟合了。", new Set(["拟合"]), () => 1);
  assert.equal(parts.filter((p) => p.match).map((p) => p.text).join(""), "拟合");
});

test("text is never lost when nothing matches", () => {
  assert.deepEqual(snippet("Only this.", new Set(), () => 1), [{ text: "Only this.", match: false }]);
  assert.deepEqual(snippet("", new Set(), () => 1), []);
});
