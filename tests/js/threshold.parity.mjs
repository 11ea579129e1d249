// threshold.js must decide as nnbook.metrics and ThresholdChooser do. Run by tests/js/test_threshold_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as js from "../../nnbook/widgets/static/threshold.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const loaded = cases.map((c) => ({ ...c, tally: js.tally(js.unpack(c.state)) }));

test("scores, labels and amounts arrive as they were sent", () => {
  for (const c of cases) {
    const { steps, labels, amounts } = js.unpack(c.state);
    assert.deepEqual(steps, c.steps);
    assert.deepEqual(labels, c.labels);
    assert.deepEqual(amounts, c.amounts);
    assert.equal(js.problemWith(c.state), null);
  }
});

test("confusion, cost and net benefit at many thresholds", () => {
  for (const { tally, state, at } of loaded) {
    for (const point of at) {
      const d = js.decide(tally, state, js.stepOf(point.threshold));
      assert.deepEqual([[d.tn, d.fp], [d.fn, d.tp]], point.confusion);
      assertClose([d.cost], [point.cost], 1e-9, "cost");
      if (point.netBenefit !== null) assertClose([1 + d.netBenefit], [1 + point.netBenefit], 1e-9, "net benefit");
      assertClose([d.sensitivity], [point.sensitivity], 1e-9, "sensitivity");
      if (point.precision !== null) assertClose([d.precision], [point.precision], 1e-9, "precision");
    }
  }
});

test("the cheapest threshold", () => {
  for (const { tally, state, best } of loaded) {
    const curve = js.costCurve(tally, state);
    assert.equal(js.cheapest(curve) / js.STEPS, best.threshold);
    assertClose([curve[js.cheapest(curve)]], [best.cost], 1e-9, "least cost");
  }
});

test("ROC and precision-recall curves", () => {
  for (const { tally, state, roc, pr, area } of loaded) {
    const points = js.rocPoints(tally);
    assertClose(points.map((p) => p[0]), roc[0], 1e-9, "false positive rate");
    assertClose(points.map((p) => p[1]), roc[1], 1e-9, "true positive rate");
    assertClose([js.rocArea(tally)], [area], 1e-9, "area");
    const own = tally.positives / tally.n;
    const curve = js.precisionPoints(tally, own);
    assertClose(curve.map((p) => p[1]), pr[0], 1e-9, "precision");
    assertClose(curve.map((p) => p[0]), pr[1], 1e-9, "recall");
    if (Math.abs(state.prevalence - own) > 0.01) assert.notDeepEqual(js.precisionPoints(tally, state.prevalence), curve);
  }
});
