// compression.js must prune, round and count as nnbook.compression does. Run by tests/js/test_compression_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as js from "../../nnbook/widgets/static/compression.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

test("halves go to the even number", () => {
  assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999, -3.6, 7].map((x) => js.rint(x) + 0), [0, 2, 2, 0, -2, -2, 2, -4, 7]);
});

test(`${cases.matrices.length} matrices are rounded alike`, () => {
  for (const c of cases.matrices) {
    const { integers, scale } = js.quantize(c.weight, c.columns, c.bits, c.grain);
    assert.deepEqual([...integers].map((v) => v + 0), c.integers);
    assertClose([...scale], c.scale, 1e-12, "scale");
  }
});

test("the same weights stay", () => {
  for (const c of cases.masks) {
    const masks = js.pruningMask(c.weights.map((w) => Float64Array.from(w)), c.share);
    assert.deepEqual(masks.map((m) => [...m]), c.masks);
  }
});

test("the stored network: accuracy, bytes and margin", () => {
  const network = js.compressible(cases.data);
  for (const c of cases.states) {
    assert.equal(js.problemWith(c.state), null);
    const result = network.measure(c.state);
    assert.equal(result.bytes, c.bytes);
    assertClose([result.accuracy], [c.accuracy], 1e-9, "accuracy");
    assertClose([result.ratio], [c.ratio], 1e-12, "ratio");
    assertClose([js.margin(c.state, result.ratio)], [c.margin], 1e-9, "margin");
    assertClose(result.weights.map((w) => w.reduce((a, b) => a + Math.abs(b), 0)), c.sums, 1e-9, "weights");
  }
});

test("an impossible state is refused with a sentence", () => {
  const good = cases.states[0].state;
  for (const bad of [{ bits: 7 }, { bits: NaN }, { bits: "8" }, { pruned: -0.1 }, { pruned: 1 }, { pruned: NaN }, { grain: "toString" }, { memory_share: 1.01 }]) {
    assert.notEqual(js.problemWith({ ...good, ...bad }), null, JSON.stringify(bad));
  }
});

test("a histogram holds every weight, also at its edges", () => {
  const counts = js.histogram([Float64Array.of(-1, 0, 1), Float64Array.of(0.99, -5)], 1, 5);
  assert.deepEqual([...counts], [2, 0, 1, 0, 2]);
});
