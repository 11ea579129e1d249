// The sentences and sliders of FounderCalculator.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BUSINESS_FIELDS, drawFactors, project } from "../../nnbook/widgets/static/economics.js";
import { BOUNDS, describe, GROUPS, problemWith } from "../../nnbook/widgets/static/founder_inputs.js";
import { cashText, story } from "../../nnbook/widgets/static/founder_story.js";
import { Random } from "../../nnbook/widgets/static/nn.js";
import { money, percent, ticks } from "../../nnbook/widgets/static/ui_explore.js";

const GOOD = Object.fromEntries(BUSINESS_FIELDS.map((name, i) => [name, [100, 10, 0, 0.05, 50, 5, 2, 10, 100, 1000, 10000, 0, 0][i]]));
const STATE = { ...GOOD, spread: 0.25, seed: 1, result: "final_cash" };
const told = (changes) => {
  const b = { ...GOOD, ...changes };
  return story(b, project(b, 36), "customer");
};

test("each failure has its own sentence", () => {
  assert.match(told({}).title, /Nothing breaks within 36 months/);
  assert.match(told({}).text, /pays for itself from month 1; the deepest point leaves/);
  assert.match(told({ price_usd_per_customer_month: 19 }).title, /margin, from the first day/);
  assert.match(told({ price_usd_per_customer_month: 19 }).text, /costs \$20 and pays \$19 a month/);
  assert.match(told({ price_change_per_year: -0.5 }).title, /margin, in month 17/); // 50 · 0.5^(16/12) = 19.84 < 20
  assert.match(told({ acquisition_usd_per_customer: 700 }).text, /costs \$700 to win and brings \$600 in the 20 months/);
  assert.match(told({ fixed_usd_per_month: 6000, new_customers_per_month: 30 }).title, /cash, in month/);
  assert.match(told({ fixed_usd_per_month: 20000 }).text, /does not pay for itself/);
  assert.match(told({ fixed_usd_per_month: 5000, cash_usd: 1e6 }).title, /does not pay for itself/);
  assert.match(told({ acquisition_usd_per_customer: 300 }).text, /below the usual 3: thin/);
});

test("the curve as text names the deepest month", () => {
  const text = cashText(project({ ...GOOD, cash_usd: 0, fixed_usd_per_month: 3500, new_customers_per_month: 40 }, 36));
  assert.match(text, /month 36 \$/);
  assert.match(text, /Deepest point −\$\d/);
});

test("every input has a slider, within its bounds, and the stops rise", () => {
  assert.deepEqual(GROUPS.flatMap(([, names]) => names).sort(), [...BUSINESS_FIELDS].sort());
  for (const name of BUSINESS_FIELDS) {
    const { values, format } = describe(name, { customer: "clinic", unit: "patient" }, [1e3, 0]);
    values.forEach((v, i) => assert.ok(i === 0 || v > values[i - 1], `${name} ${v}`));
    assert.ok(values[0] >= BOUNDS[name][0] && values.at(-1) <= BOUNDS[name][1], name);
    for (const v of values) assert.doesNotMatch(format(v), /NaN|undefined/);
  }
});

test("words of another trade", () => {
  assert.equal(describe("cost_usd_per_million_tokens", { customer: "clinic", unit: "patient" }, []).label, "Cost per patient");
  assert.equal(describe("million_tokens_per_customer_month", { customer: "clinic", unit: "patient" }, []).label, "Patients a month");
  assert.equal(describe("cost_usd_per_million_tokens", { customer: "customer", unit: "million tokens" }, []).label, "Cost per million tokens");
});

test("what cannot be computed is refused", () => {
  assert.equal(problemWith(STATE), null);
  assert.match(problemWith({ ...STATE, customers: 0, new_customers_per_month: 0 }), /needs customers/);
  assert.match(problemWith({ ...STATE, churn_per_month: 0 }), /churn_per_month/);
  assert.match(problemWith({ ...STATE, cash_usd: NaN }), /cash_usd/);
  assert.match(problemWith({ ...STATE, seed: 1.5 }), /seed/);
  assert.match(problemWith({ ...STATE, result: "glory" }), /result/);
});

test("factors: median 1, the same for the same seed", () => {
  const draw = (seed) => drawFactors(4000, 5, 0.25, new Random(seed));
  assert.deepEqual(draw(1), draw(1));
  const sorted = draw(1).sort();
  assert.ok(Math.abs(sorted[10000] - 1) < 0.01);
});

test("money, shares and ticks read well", () => {
  assert.deepEqual([0, 12, 1.6, 0.25, 340000, -1.25e6, 9500, 0.03].map((v) => money(v)), ["$0", "$12", "$1.60", "$0.25", "$340k", "−$1.25M", "$9,500", "$0.03"]);
  assert.equal(percent(-0.35), "−35\u202f%");
  assert.deepEqual(ticks(-10, 100, 4).map((t) => t + 0), [0, 50, 100]);
  assert.deepEqual(ticks(3, 3, 4), [3]);
});
