// retrieval.js must cut, translate and score as nnbook.retrieval does. Run by tests/js/test_retrieval_js.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fitIndex, fold, openIndex, singular, tokenise, translate } from "../../nnbook/widgets/static/retrieval.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

test(`${cases.texts.length} texts are cut alike`, () => {
  for (const { text, folded, tokens, translated } of cases.texts) {
    assert.equal(fold(text), folded);
    assert.deepEqual(tokenise(text), tokens, text);
    assert.equal(translate(text, cases.dictionary), translated);
  }
  for (const [word, expected] of Object.entries(cases.singulars)) assert.equal(singular(word), expected);
});

test(`${cases.queries.length} queries score alike`, () => {
  const index = openIndex(cases.index);
  assert.equal(index.n_documents, cases.index.n_documents);
  for (const { query, scores, best } of cases.queries) {
    const asked = typeof query === "string" || Array.isArray(query) ? query : new Map(Object.entries(query));
    assertClose(index.scores(asked), scores, 1e-9, JSON.stringify(query));
    assert.deepEqual(index.search(asked, 3).map(([i]) => i), best, JSON.stringify(query));
  }
});

test(`${cases.concepts.length} sets of concepts score alike, in an index that was stored and in one made here`, () => {
  for (const index of [openIndex(cases.index), fitIndex(cases.texts.map(({ text }) => text))]) {
    for (const { concepts, scores } of cases.concepts) assertClose(index.bm25(concepts), scores, 1e-9, JSON.stringify(concepts));
  }
});

test("a term named like a property of every object is a term", () => {
  assert.equal(openIndex(cases.index).idf("valueof"), undefined);
  assert.deepEqual(openIndex(cases.index).search("constructor", 1).map(([i]) => cases.texts[i].text.includes("constructor")), [true]);
  assert.equal(translate("训练", JSON.parse('{"__proto__": "x", "训练": "training"}')), "training");
});
