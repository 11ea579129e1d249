// tokenizers.js, transformer.js and generation.js must compute what nnbook computes. Run by tests/js/test_transformer_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Random } from "../../nnbook/widgets/static/nn.js";
import { Writer, candidates, draw } from "../../nnbook/widgets/static/generation.js";
import { tokenizerFrom } from "../../nnbook/widgets/static/tokenizers.js";
import { Transformer } from "../../nnbook/widgets/static/transformer.js";

const { models, tokenizers } = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

/** The largest absolute difference. */
function difference(actual, expected) {
  assert.equal(actual.length, expected.length);
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
  return largest;
}

for (const c of models) {
  const model = new Transformer(c.file);
  const tokenizer = tokenizerFrom(c.file.metadata.tokenizer);

  test(`${c.name}: logits and attention`, (t) => {
    const logits = c.tokens.flatMap((token) => Array.from(model.read(token)));
    const exact = difference(logits, c.logits);
    const single = difference(logits, c.logits32);
    assert.ok(exact <= 1e-9, `logits are off by ${exact} in float64`);
    assert.ok(single <= 1e-4, `logits are off by ${single} in float32`);
    const { contextLength: T, nHeads } = model;
    const maps = model.attention.flatMap((layer) => Array.from(layer.subarray(0, nHeads * T * T)));
    const attention = difference(maps, c.attention);
    assert.ok(attention <= 1e-9, `attention is off by ${attention}`);
    t.diagnostic(`${c.name}: logits off by ${exact} (float64) and ${single} (float32), attention by ${attention}`);
  });

  test(`${c.name}: probabilities of the next token`, () => {
    const logits = Float64Array.from(c.logits.slice(-model.vocabSize));
    for (const { temperature, topK, probabilities } of c.samplings) {
      const mine = new Float64Array(model.vocabSize);
      const list = candidates(logits, { temperature, topK });
      for (const { token, probability } of list) mine[token] = probability;
      assert.ok(difference(mine, probabilities) <= 1e-9, `temperature ${temperature}, top-k ${topK}`);
      for (let i = 1; i < list.length; i++) assert.ok(list[i - 1].probability >= list[i].probability);
    }
  });

  test(`${c.name}: greedy text, past the end of the context`, () => {
    const writer = new Writer(model, tokenizer);
    writer.start(c.prompt);
    while (writer.tokens.length < c.greedy.length) writer.next({ temperature: 0 });
    assert.deepEqual(writer.tokens, c.greedy);
    assert.equal(writer.text, tokenizer.decode(c.greedy));
    assert.ok(writer.text.startsWith(c.prompt));
  });
}

test("tokenizers cut and join as in Python", () => {
  for (const { data, texts, decoded } of tokenizers) {
    const tokenizer = tokenizerFrom(data);
    for (const { text, tokens } of texts) {
      assert.deepEqual(tokenizer.encode(text), tokens, JSON.stringify(text));
    }
    for (const { tokens, text } of decoded) assert.equal(tokenizer.decode(tokens), text);
  }
});

test("same seed, same text; draws follow the probabilities", () => {
  const c = models[0];
  const writer = new Writer(new Transformer(c.file), tokenizerFrom(c.file.metadata.tokenizer));
  const write = (seed) => {
    writer.start(c.prompt, seed);
    for (let i = 0; i < 30; i++) writer.next({ temperature: 1.5, topK: 10 });
    return writer.text;
  };
  assert.equal(write(1), write(1));
  assert.notEqual(write(1), write(2));
  const list = [0.5, 0.3, 0.2].map((probability, token) => ({ token, probability }));
  const counts = [0, 0, 0];
  const random = new Random(3);
  for (let i = 0; i < 20000; i++) counts[draw(list, random.uniform())] += 1;
  assert.ok(difference(counts.map((n) => n / 20000), [0.5, 0.3, 0.2]) < 0.02);
  assert.equal(draw(list, 1), 2);
});

test("bad input gets a sentence", () => {
  const c = models[0];
  const model = new Transformer(c.file);
  const writer = new Writer(model, tokenizerFrom(c.file.metadata.tokenizer));
  assert.throws(() => writer.next(), /start\(prompt\) first/);
  assert.throws(() => writer.start(""), /prompt is empty/);
  assert.throws(() => writer.start("Z"), /does not know “Z”/);
  writer.start("to be");
  assert.throws(() => writer.next({ temperature: -1 }), /temperature must be .* got -1/);
  assert.throws(() => writer.next({ temperature: NaN }), /temperature/);
  assert.throws(() => writer.next({ topK: 0 }), /topK/);
  assert.throws(() => model.read(-1), /tokens must lie in/);
  assert.throws(() => tokenizerFrom({ kind: "?" }), /unknown kind/);
  for (const cut of [-4, -8, -16, -64]) {
    const short = { ...c.file, vectors: c.file.vectors.slice(0, cut) };
    assert.throws(() => new Transformer(short), /damaged/);
  }
});

test("fast enough to watch", (t) => {
  const c = models.at(-1);
  const writer = new Writer(new Transformer(c.file), tokenizerFrom(c.file.metadata.tokenizer));
  writer.start(c.prompt);
  const start = performance.now();
  for (let i = 0; i < 100; i++) writer.next({ temperature: 0.8, topK: 40 });
  t.diagnostic(`${c.name}: ${Math.round(100000 / (performance.now() - start))} tokens/s in Node`);
});
