// economics.js must compute what nnbook.economics computes. Run by tests/js/test_economics_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as eco from "../../nnbook/widgets/static/economics.js";
import { assertClose } from "./helpers.mjs";

const { businesses, machines, wilson } = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const TOLERANCE = 1e-9;
const number = (value) => (typeof value === "string" ? (value === "inf" ? Infinity : -Infinity) : value);

/** Equal, or close; a difference of large sums that is almost nothing is measured against the sums. */
function assertNumber(actual, expected, what, size = 0) {
  const wanted = number(expected);
  if (!Number.isFinite(wanted)) return assert.equal(actual, wanted, what);
  const error = Math.abs(actual - wanted) / Math.max(Math.abs(wanted), 1e-3 * size, 1e-300);
  assert.ok(error <= TOLERANCE || actual === wanted, `${what}: ${actual} against ${wanted}`);
}

test("the fields are those of the dataclass, in its order", () => {
  assert.deepEqual([...eco.BUSINESS_FIELDS], Object.keys(businesses[0].business));
});

test(`${businesses.length} businesses: figures, 36 months, and what fails first`, (t) => {
  let worst = 0;
  for (const c of businesses) {
    const b = c.business;
    const p = eco.project(b, c.months);
    const size = b.price_usd_per_customer_month + b.other_cost_usd_per_customer_month;
    const figures = [eco.contribution(b), eco.grossMargin(b), eco.lifetimeValue(b), eco.lifetimeValueToAcquisition(b), eco.lowestCash(p)];
    figures.forEach((value, i) => assertNumber(value, c.figures[i], `${c.name}, figure ${i}`, size));
    for (const name of Object.keys(c.projection)) worst = Math.max(worst, assertClose(p[name], c.projection[name], TOLERANCE, `${c.name} ${name}`));
    assert.deepEqual([eco.breakEvenMonth(p), eco.runwayMonths(p)], c.months_that_matter, c.name);
    assert.deepEqual(eco.firstFailure(b, p), c.failure, c.name);
  }
  t.diagnostic(`largest relative error ${worst}`);
});

test("survival with the same factors", () => {
  for (const c of businesses) {
    const s = eco.survival(c.business, { months: c.months, factors: c.factors });
    assertClose([s.share, s.low, s.high], c.survival, TOLERANCE, `${c.name} share`);
    assertClose(s.lowest_cash_usd, c.lowest, TOLERANCE, `${c.name} lowest`);
  }
});

test("sensitivity: the same swings, largest first", () => {
  const results = { final_cash: (b) => eco.project(b, 36).cash_usd[35], ltv_cac: eco.lifetimeValueToAcquisition };
  for (const c of businesses) {
    for (const [key, rows] of Object.entries(c.sensitivity)) {
      const mine = eco.sensitivity(results[key], c.business, rows.map((row) => row[0]));
      const size = Math.max(...rows.flat().filter(Number.isFinite).map(Math.abs), 0);
      for (const [name, low, high] of rows) {
        const row = mine.find((r) => r[0] === name);
        assertNumber(row[1], low, `${c.name} ${key} ${name} lowered`, size);
        assertNumber(row[2], high, `${c.name} ${key} ${name} raised`, size);
      }
      const swings = mine.map((row) => Math.abs(row[2] - row[1]) || 0);
      assert.deepEqual(swings, swings.toSorted((a, b) => b - a), `${c.name} ${key}`);
    }
  }
});

test("training, serving, memory", () => {
  for (const { plan, share, training, serving, flops, cache, needed } of machines) {
    const run = eco.trainingRun({ ...plan, n_tokens: 2e10, utilisation: share });
    assertClose([run.flops, run.accelerator_hours, run.days, run.cost_usd], training, TOLERANCE, "training");
    const s = eco.serving({ ...plan, utilisation: 0.3, busy_share: share, bytes_per_parameter: 0.5 });
    assertClose([s.weight_bytes, s.tokens_per_second, s.cost_usd_per_million_tokens], serving, TOLERANCE, "serving");
    const size = { n_layers: 12, d_model: 768, context_tokens: 1024 };
    assert.equal(eco.inferenceFlopsPerToken(plan.n_parameters, size), flops);
    assert.equal(eco.kvCacheBytes({ ...size, kv_share: 0.25 }), cache);
    assert.deepEqual([0.01, 1, 25].map((k) => eco.nAcceleratorsFor(eco.trainingBytes(plan.n_parameters * k), 80)), needed);
  }
});

test("the interval of a share", () => {
  for (const [share, n, low, high] of wilson) assertClose(eco.wilsonInterval(share, n), [low, high], TOLERANCE, `${share} of ${n}`);
});
