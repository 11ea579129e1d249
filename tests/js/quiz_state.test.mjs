// What was answered in a quiz, and a storage that is empty, damaged or forbidden.
import assert from "node:assert/strict";
import { test } from "node:test";

import { answered, progressBook, score, scoreText } from "../../nnbook/widgets/static/quiz_state.js";

const QUESTIONS = ["a", "b", "c"].map((id) => ({ id, question: id, choices: [{ text: "1", right: true, feedback: "" }, { text: "2", feedback: "" }] }));

/** A storage of a browser, in memory. */
function storage(initial = {}) {
  const map = new Map(Object.entries(initial));
  return { map, getItem: (k) => map.get(k) ?? null, setItem: (k, v) => void map.set(k, v), removeItem: (k) => void map.delete(k) };
}

test("the first answer counts, the last is shown", () => {
  let answers = answered({}, "a", 1);
  answers = answered(answers, "a", 0);
  answers = answered(answers, "b", 0);
  assert.deepEqual(answers, { a: { first: 1, last: 0 }, b: { first: 0, last: 0 } });
  assert.deepEqual(score(QUESTIONS, answers), { asked: 3, answered: 2, first: 1, last: 2 });
});

test("the score is a sentence", () => {
  assert.equal(scoreText({ asked: 3, answered: 0, first: 0, last: 0 }), "3 questions, none answered yet.");
  assert.equal(scoreText({ asked: 3, answered: 2, first: 1, last: 2 }), "2 of 3 answered; right at the first try: 1, after another try: 2.");
  assert.equal(scoreText({ asked: 3, answered: 3, first: 3, last: 3 }), "All 3 answered; right at the first try: 3.");
});

test("progress is kept for each quiz and can be forgotten", () => {
  const s = storage();
  progressBook(() => s).keep("one", answered({}, "a", 0));
  const book = progressBook(() => s); // another visit
  book.keep("two", answered({}, "b", 1));
  assert.equal(book.kept, true);
  assert.deepEqual(book.answers("one", QUESTIONS), { a: { first: 0, last: 0 } });
  assert.equal(book.count("two"), 1);
  book.keep("one", {});
  assert.deepEqual(progressBook(() => s).answers("one", QUESTIONS), {});
  assert.equal(progressBook(() => s).count("two"), 1);
});

test("two quizzes on one page do not overwrite each other", () => {
  const s = storage();
  const [left, right] = [progressBook(() => s), progressBook(() => s)];
  left.keep("one", answered({}, "a", 0));
  right.keep("two", answered({}, "b", 0));
  assert.deepEqual(Object.keys(JSON.parse(s.map.get("nnbook-quiz"))), ["one", "two"]);
});

test("answers that no longer fit are dropped", () => {
  const stored = { one: { a: { first: 7, last: 0 }, b: { first: 0, last: 1 }, old: { first: 0, last: 0 }, c: "x" } };
  const book = progressBook(() => storage({ "nnbook-quiz": JSON.stringify(stored) }));
  assert.deepEqual(book.answers("one", QUESTIONS), { b: { first: 0, last: 1 } });
  assert.deepEqual(book.answers("constructor", QUESTIONS), {});
});

for (const damaged of ["{", "null", "[]", "3", '{"one": null}', '{"one": 5}']) {
  test(`a damaged storage is a fresh start: ${damaged}`, () => {
    const s = storage({ "nnbook-quiz": damaged });
    const book = progressBook(() => s);
    assert.deepEqual(book.answers("one", QUESTIONS), {});
    assert.equal(book.kept, true);
    book.keep("one", answered({}, "a", 0));
    assert.deepEqual(book.answers("one", QUESTIONS), { a: { first: 0, last: 0 } });
  });
}

test("a browser that forbids storage keeps the answers as long as the page", () => {
  const book = progressBook(() => {
    throw new Error("SecurityError");
  });
  assert.equal(book.kept, false);
  book.keep("one", answered({}, "a", 1));
  assert.deepEqual(book.answers("one", QUESTIONS), { a: { first: 1, last: 1 } });
});

test("a full storage is noticed when it fails", () => {
  const s = storage();
  const book = progressBook(() => s);
  s.setItem = () => {
    throw new Error("QuotaExceededError");
  };
  book.keep("one", answered({}, "a", 0));
  assert.equal(book.kept, false);
  assert.deepEqual(book.answers("one", QUESTIONS), { a: { first: 0, last: 0 } });
});
