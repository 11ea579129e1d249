// The large model of the page must read, write and draw as nnbook.large does. Run by tests/js/test_large_js.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { openModel } from "../../nnbook/widgets/static/large_model.js";
import { half, plainProducts } from "../../nnbook/widgets/static/large_products.js";
import { best, candidates, draw, largest } from "../../nnbook/widgets/static/large_sampling.js";
import { openTokenizer } from "../../nnbook/widgets/static/large_tokenizer.js";
import { readAdapter } from "../../nnbook/widgets/static/chat_state.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const file = new Uint8Array(readFileSync(cases.file));
const adapter = () => readAdapter(Uint8Array.from(readFileSync(cases.adapter)).buffer, half);

/** Alike up to the rounding of float32 in another order: measured against the largest number of a row. */
function assertNear(actual, expected, what) {
  assert.equal(actual.length, expected.length, what);
  const most = Math.max(...expected.map(Math.abs));
  const error = Math.max(...expected.map((e, i) => Math.abs(actual[i] - e))) / most;
  assert.ok(error < 1e-5, `${what}: relative error ${error}`);
}

/** The logits after tokens, read in pieces of n. */
function after(model, tokens, n, options = {}) {
  let logits = null;
  for (let i = 0; i < tokens.length; i += n) logits = model.read(tokens.slice(i, i + n), i + n >= tokens.length ? options : { more: true });
  return [...logits];
}

for (const plain of [undefined, plainProducts]) {
  const way = plain ? "plain JavaScript" : "WebAssembly";

  test(`${way}: the same scores, whatever the pieces in which a text is read`, async () => {
    const model = await openModel(file, { capacity: 48, plain });
    assert.equal(model.kind, plain ? "JavaScript" : "WebAssembly");
    for (const { tokens, logits } of cases.texts) {
      for (const n of [1, 5, 16]) {
        model.walkBack(0);
        assertNear(after(model, tokens, n), logits, `${tokens.length} tokens by ${n}`);
      }
    }
  });

  test(`${way}: a walk back forgets, and an adapter counts from the first token`, async () => {
    const model = await openModel(file, { capacity: 48, plain });
    const { tokens, logits, adapted } = cases.texts.at(-1);
    after(model, [...tokens, 7, 8, 9], 4);
    model.walkBack(tokens.length - 1);
    assertNear(after(model, tokens.slice(-1), 1), logits, "walked back");
    model.use(adapter());
    assert.equal(model.length, 0);
    assertNear(after(model, tokens, 5), adapted, "with the adapter");
    model.use(null);
    assertNear(after(model, tokens, 5), logits, "without it");
  });
}

test("the lens and where the last place looks", async () => {
  const model = await openModel(file, { capacity: 48 });
  const { tokens, lens, attention } = cases.texts.at(-1);
  const seen = { lens: [], attention: [] };
  const logits = after(model, tokens, 16, { lens: (_, z) => seen.lens.push([...z]), watch: (_, weights) => seen.attention.push([...weights]) });
  [...seen.lens, logits].forEach((row, i) => assertNear(row, lens[i], `after block ${i}`));
  seen.attention.forEach((row, i) => assertNear(row, attention[i].flat(), `block ${i}`));
});

test("more than the cache holds, or nothing, is refused", async () => {
  const model = await openModel(file, { capacity: 4 });
  assert.throws(() => model.read([]), /1 to 16 tokens/);
  assert.throws(() => model.read([1, 2, 3, 4, 5]), /full: 4 tokens/);
});

test("damaged files are refused with a sentence", async () => {
  await assert.rejects(openModel(new Uint8Array(8)), /no GGUF file/);
  await assert.rejects(openModel(file.slice(0, file.length - 100)), /the file ends before/);
});

test("half-precision numbers", () => {
  for (const { bits, value } of cases.halves) assert.equal(half(bits), value);
});

test(`${cases.strings.length} texts are cut alike`, async () => {
  const tokenizer = openTokenizer((await openModel(file, { capacity: 1 })).metadata);
  for (const { text, tokens, trusted, decoded } of cases.strings) {
    assert.deepEqual(tokenizer.encode(text), tokens, JSON.stringify(text));
    assert.deepEqual(tokenizer.encode(text, { control: true }), trusted, JSON.stringify(text));
    assert.equal(tokenizer.decode(tokens), decoded);
  }
});

test(`${cases.draws.length} ways to draw`, () => {
  for (const { logits, sampling, used, probabilities } of cases.draws) {
    const found = new Float64Array(logits.length);
    const { tokens, probabilities: p } = candidates(Float32Array.from(logits), sampling, used);
    tokens.forEach((token, i) => (found[token] = p[i]));
    assertClose([...found], probabilities, 1e-9, JSON.stringify(sampling));
    assert.equal(draw({ tokens, probabilities: p }, 0), tokens[0]);
    assert.equal(draw({ tokens, probabilities: p }, 1), tokens.at(-1));
  }
});

test("the best tokens are the model's own, whatever the settings", () => {
  const z = Float32Array.of(1, 3, 3, 0);
  assert.equal(largest(z), 1);
  assert.deepEqual(best(z, 3).map(({ token }) => token), [1, 2, 0]);
  assertClose([best(z, 4).reduce((sum, { probability }) => sum + probability, 0)], [1], 1e-12);
});
