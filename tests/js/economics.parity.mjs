// economics.js must compute what nnbook.economics does. Run by tests/js/test_economics_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as eco from "../../nnbook/widgets/static/economics.js";
import { assertClose } from "./helpers.mjs";

const { machines, servings } = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const TOLERANCE = 1e-9;

test("training and memory", () => {
  for (const { plan, share, training, flops, cache, needed } of machines) {
    const run = eco.trainingRun({ ...plan, n_tokens: 2e10, utilisation: share });
    assertClose([run.flops, run.accelerator_hours, run.days, run.cost_usd], training, TOLERANCE, "training");
    const size = { n_layers: 12, d_model: 768, context_tokens: 1024 };
    assert.equal(eco.inferenceFlopsPerToken(plan.n_parameters, size), flops);
    assert.equal(eco.kvCacheBytes({ ...size, kv_share: 0.25 }), cache);
    assert.deepEqual([0.01, 1, 25].map((k) => eco.nAcceleratorsFor(eco.trainingBytes(plan.n_parameters * k), 80)), needed);
  }
});

test(`${servings.length} ways to serve: batch, limit, utilisation, costs`, () => {
  for (const { plan, batch_size, limit, numbers } of servings) {
    const s = eco.serving(plan);
    assert.deepEqual([s.fits, s.batch_size, s.limit], [true, batch_size, limit]);
    for (const [name, value] of Object.entries(numbers)) assertClose([s[name]], [value], TOLERANCE, name);
  }
  assert.equal(eco.serving({ ...servings[0].plan, n_conversations: 1e9 }).fits, false);
});
