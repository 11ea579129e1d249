// TextSampler without a browser: a tiny GPT with random weights, its session, and everything a reader may get wrong.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Random } from "../../nnbook/widgets/static/nn.js";
import { SHOWN, TextSession, visible } from "../../nnbook/widgets/static/text_session.js";
import { candidates, Writer } from "../../nnbook/widgets/static/generation.js";

const base64 = (array) => Buffer.from(array.buffer).toString("base64");

/** The file of a small model with random weights; context of 8 tokens. */
function file(tokenizer, vocab_size) {
  const [C, L, T] = [8, 2, 8];
  const rng = new Random(1);
  const columns = [C, C, ...Array(L).fill([3 * C, C, 4 * C, C]).flat(), vocab_size];
  const nIntegers = vocab_size * C + T * C + L * (3 * C * C + C * C + 4 * C * C + 4 * C * C) + C * vocab_size;
  const norm = () => [...Array(C).fill(1), ...Array(C).fill(0)];
  const vectors = [];
  for (let l = 0; l < L; l++) vectors.push(...norm(), ...Array(3 * C).fill(0), ...Array(C).fill(0), ...norm(), ...Array(4 * C).fill(0), ...Array(C).fill(0));
  vectors.push(...norm(), ...Array(vocab_size).fill(0));
  return {
    settings: { vocab_size, d_model: C, n_heads: 2, n_layers: L, context_length: T },
    metadata: { tokenizer },
    integers: base64(Int8Array.from({ length: nIntegers }, () => rng.integer(255) - 127)),
    scales: base64(Float32Array.from({ length: columns.reduce((a, b) => a + b) }, () => 0.01)),
    vectors: base64(Float32Array.from(vectors)),
  };
}

const LETTERS = { kind: "CharTokenizer", characters: "\n abcde", unknown: null };
const BYTES = { kind: "BPETokenizer", merges: [[97, 98], [256, 99]] };
const letters = () => new TextSession(file(LETTERS, 7));
const bytes = () => new TextSession(file(BYTES, 258));
const AS_IT_IS = { temperature: 1, topK: null };

test("a session writes what the Writer of generation.js writes", () => {
  const session = letters();
  session.begin("ab", 3);
  for (let i = 0; i < 30; i++) session.step({ temperature: 0.7, topK: 3 });
  const writer = new Writer(letters().model, session.tokenizer);
  writer.start("ab", 3);
  for (let i = 0; i < 30; i++) writer.next({ temperature: 0.7, topK: 3 });
  assert.equal(session.text, writer.text);
  assert.equal(session.text.length, 32);
});

test("the same seed gives the same text, another seed another one, temperature 0 knows no seed", () => {
  const write = (seed, temperature) => {
    const session = letters();
    session.begin("a", seed);
    for (let i = 0; i < 25; i++) session.step({ temperature, topK: null });
    return session.text;
  };
  assert.equal(write(1, 1), write(1, 1));
  assert.notEqual(write(1, 1), write(2, 1));
  assert.equal(write(1, 0), write(2, 0));
});

test("every drawn token remembers its probability and what else could have stood there", () => {
  const session = letters();
  session.begin("abc", 0);
  const before = session.candidates(AS_IT_IS);
  const entry = session.step(AS_IT_IS);
  assert.equal(entry.origin, "drawn");
  assert.deepEqual(entry.options, before.slice(0, SHOWN));
  assert.equal(entry.probability, before.find((c) => c.token === entry.token).probability);
  assert.ok(entry.options.every((c, i, all) => i === 0 || c.probability <= all[i - 1].probability));
});

test("a token of the reader's choice goes into the text, even one that could not be drawn", () => {
  const session = letters();
  session.begin("abc", 0);
  const worst = session.candidates(AS_IT_IS).at(-1);
  const entry = session.choose(worst.token, { temperature: 1, topK: 1 });
  assert.equal(entry.origin, "chosen");
  assert.equal(entry.probability, 0);
  assert.equal(session.entries.at(-1), entry);
});

test("attention over the tokens before adds up to one, for each head and for their mean", () => {
  const session = letters();
  session.begin("abcde", 0);
  for (const head of [-1, 0, 1]) {
    for (let i = 1; i <= 5; i++) {
      const { first, weights } = session.attention(i, 1, head);
      assert.equal(first, 0);
      assert.equal(weights.length, i);
      assert.ok(Math.abs(weights.reduce((a, b) => a + b, 0) - 1) < 1e-12);
    }
  }
  assert.equal(session.attention(0, 0, 0), null, "the first token had nothing to look at");
});

test("beyond the context the model forgets, and says so", () => {
  const session = letters();
  session.begin("ab", 0);
  for (let i = 0; i < 20; i++) {
    session.step(AS_IT_IS);
    const seen = session.entries.length - session.firstSeen;
    assert.ok(seen >= 1 && seen <= 8);
    assert.equal(session.attention(session.entries.length, 0, 0).weights.length, seen);
  }
  assert.ok(session.firstSeen > 0);
  assert.equal(session.attention(session.firstSeen, 0, 0), null);
});

test("nothing is drawn from scores that are no numbers", () => {
  for (const wrong of [[0, NaN], [NaN, 0], [0, Infinity], [-Infinity, -Infinity]]) {
    for (const temperature of [0, 1]) assert.throws(() => candidates(Float64Array.from(wrong), { temperature }), /logits hold NaN or infinity/);
  }
  assert.deepEqual(candidates(Float64Array.of(0, -Infinity)).map((one) => one.probability), [1, 0]);
});

test("what a reader may get wrong is a sentence, never a crash", () => {
  const session = letters();
  assert.deepEqual(session.begin("abc", 0), []);
  assert.match(session.begin("aZcZ", 0)[0], /never seen “Z”, so it is left out/);
  assert.equal(session.text, "ac");
  assert.match(session.begin("XYZ", 0).join(" "), /left out.*empty, so the model begins after a line break/);
  assert.equal(session.text, "\n");
  assert.match(session.begin("", 0)[0], /prompt is empty/);
  assert.match(session.begin("abcdeabcdeab", 0)[0], /12 tokens long, but the model sees 8 at most/);
  assert.equal(session.firstSeen, 4);
  assert.throws(() => session.step({ temperature: -1, topK: null }), /temperature must be/);
});

test("an alphabet with a character for the unknown, or without a line break", () => {
  const known = new TextSession(file({ ...LETTERS, unknown: "e" }, 7));
  assert.match(known.begin("aZ", 0)[0], /reads it as “unknown”/);
  assert.equal(known.text, "ae");
  const flat = new TextSession(file({ kind: "CharTokenizer", characters: "abcdefg", unknown: null }, 7));
  assert.match(flat.begin("", 0)[0], /begins after “a”/);
});

test("bytes: any character can be read, and rare ones are pointed out", () => {
  const session = bytes();
  const notices = session.begin("abc 中", 0);
  assert.match(notices[0], /“中” is rare or absent/);
  assert.deepEqual(session.pieces(), ["abc", " ", "中", "", ""], "a character of three bytes stands with its first token");
  assert.equal(session.text, "abc 中");
});

test("a character cut in half shows as �, and completes itself", () => {
  const session = bytes();
  session.begin("a", 0);
  session.choose(0xe4, AS_IT_IS);
  assert.deepEqual(session.pieces(), ["a", "\ufffd"]);
  session.choose(0xb8, AS_IT_IS);
  session.choose(0xad, AS_IT_IS);
  assert.deepEqual(session.pieces(), ["a", "中", "", ""]);
});

test("spaces and line breaks are visible in labels", () => {
  assert.equal(visible(" a\n"), "␣a⏎");
  assert.equal(visible(""), "∅");
  assert.equal(visible("\u0000"), "·");
});
