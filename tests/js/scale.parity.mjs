// scale.js must count and cost as nnbook does. Run by tests/js/test_scale_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as scale from "../../nnbook/widgets/static/scale.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

test("both know the same bounds, precisions and presets", () => {
  assert.deepEqual(scale.BOUNDS, cases.bounds);
  assert.deepEqual(scale.PRECISIONS, cases.precisions);
  assert.deepEqual(scale.PRESETS, cases.presets);
});

test(`${cases.models.length} models: every parameter, byte, day and dollar`, () => {
  for (const c of cases.models) {
    const f = scale.figures(c.state);
    assert.deepEqual(f.parts, c.parts);
    assert.equal(f.total, c.total);
    assertClose([f.weights, f.toServe, f.toTrain], c.memory, 1e-12, "memory");
    assert.deepEqual([f.servers, f.trainers], c.accelerators);
    assertClose([f.run.flops, f.run.accelerator_hours, f.run.days, f.run.cost_usd], c.training, 1e-9, "training");
    assertClose([f.sold.written_tokens_per_second, f.sold.cost_usd_per_million_written, f.sold.utilisation], c.serving, 1e-9, "serving");
    assert.deepEqual([f.sold.fits, f.sold.limit], [true, c.limit]);
    assert.deepEqual(f.machine, c.machine);
    assert.equal(scale.problemWith(c.state), null);
  }
});

test("an impossible model is refused with a sentence", () => {
  const good = cases.models[1].state;
  assert.match(scale.problemWith({ ...good, n_heads: 10 }), /768 cannot be shared equally among 10 heads/);
  for (const bad of [{ n_layers: 1.5 }, { d_model: NaN }, { bytes_per_parameter: 3 }, { preset: "toString" }, { accelerator: "abacus" }, { busy_share: 0 }]) {
    assert.notEqual(scale.problemWith({ ...good, ...bad }), null, JSON.stringify(bad));
  }
});

test("heads divide the width", () => {
  assert.deepEqual(scale.possibleHeads(96, 1), [1, 2, 3, 4, 6, 8, 12]);
  assert.ok(scale.possibleHeads(1600, 25).includes(25));
  assert.deepEqual(scale.possibleHeads(16, 16), [1, 2, 16]);
});

test("large numbers read well", () => {
  assert.deepEqual([999, 248e6, 1.5e12, 999.9e6].map(scale.bytes), ["999 B", "248 MB", "1.5 TB", "1 GB"]);
  assert.deepEqual([1536, 38597376, 175e9].map(scale.count), ["1\u202f536", "38.6 M", "175 B"]);
  assert.deepEqual([1 / 86400, 0.09, 1, 3.456, 800, 1e6].map(scale.duration), ["1 second", "2.2 hours", "24 hours", "3.5 days", "2.2 years", "2\u202f738 years"]);
});
