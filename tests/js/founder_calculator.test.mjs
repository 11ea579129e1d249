// The sentences and sliders of FounderCalculator.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BUSINESS_FIELDS, NO_CAP, project } from "../../nnbook/widgets/static/firm.js";
import { gates, whichWay } from "../../nnbook/widgets/static/firm_decisions.js";
import { drawFutures, UNCERTAIN } from "../../nnbook/widgets/static/firm_futures.js";
import { BOUNDS, CURRENCIES, describe, GROUPS, MORE, parse, problemWith, spoken, typed } from "../../nnbook/widgets/static/founder_inputs.js";
import { cashText, GATES, pairText, stopText, story, wayText } from "../../nnbook/widgets/static/founder_story.js";
import { Changed, checkNumber, fromCsv, toCsv } from "../../nnbook/widgets/static/plan_file.js";
import { Random } from "../../nnbook/widgets/static/nn.js";
import { money, percent, ticks } from "../../nnbook/widgets/static/ui_explore.js";

const GOOD = Object.fromEntries(BUSINESS_FIELDS.map((name, i) => [name, [100, 10, 0, 0.05, 50, 5, 2, 10, 100, 1000, 10000, 0, 0, 0, NO_CAP, 0, 0, 0, 0, 0, NO_CAP, 0, -1.5, 0.5][i]]));
const STATE = { ...GOOD, spread: 0.25, seed: 1, result: "final_cash", currency: "USD", rate: 1, event_rates: [0, 0] };
const told = (changes) => {
  const b = { ...GOOD, ...changes };
  return story(b, project(b, 36), "customer", money);
};

test("each failure has its own sentence", () => {
  assert.match(told({}).title, /Nothing breaks within 36 months/);
  assert.match(told({}).text, /pays for itself from month 1; the deepest point leaves/);
  assert.match(told({ price_usd_per_customer_month: 19 }).title, /margin, from the first day/);
  assert.match(told({ price_usd_per_customer_month: 19 }).text, /costs \$20 and pays \$19 a month/);
  assert.match(told({ price_change_per_year: -0.5, acquisition_usd_per_customer: 0 }).title, /margin, in month 17/); // 50 · 0.5^(16/12) = 19.84 < 20
  assert.match(told({ acquisition_usd_per_customer: 700 }).text, /costs \$700 to win and brings \$600 in the 20 months/);
  assert.match(told({ fixed_usd_per_month: 6000, new_customers_per_month: 30 }).title, /cash, in month/);
  assert.match(told({ fixed_usd_per_month: 20000 }).text, /does not pay for itself/);
  assert.match(told({ fixed_usd_per_month: 5000, cash_usd: 1e6 }).title, /does not pay for itself/);
  assert.match(told({ acquisition_usd_per_customer: 300 }).text, /below the usual 3: thin/);
});

test("the curve as text names the deepest month", () => {
  const text = cashText(project({ ...GOOD, cash_usd: 0, fixed_usd_per_month: 3500, new_customers_per_month: 40 }, 36), money);
  assert.match(text, /month 36 \$/);
  assert.match(text, /Deepest point −\$\d/);
});

test("every input has a slider, within its bounds, and the stops rise", () => {
  assert.deepEqual([...GROUPS, ...MORE].flatMap(([, names]) => names).sort(), [...BUSINESS_FIELDS].sort());
  assert.equal(GROUPS.flatMap(([, names]) => names).length, 10, "ten numbers that everybody has");
  for (const name of BUSINESS_FIELDS) {
    const about = describe(name, { customer: "clinic", unit: "patient" }, [1e3, 0]);
    const { values } = about;
    values.forEach((v, i) => assert.ok(i === 0 || v > values[i - 1], `${name} ${v}`));
    assert.ok(values[0] >= BOUNDS[name][0] && values.at(-1) <= BOUNDS[name][1], name);
    for (const v of values) {
      assert.doesNotMatch(spoken(v, about, money), /NaN|undefined/);
      for (const rate of [1, 7.13]) {
        const again = parse(typed(v, about, rate), about, rate);
        assert.ok(Math.abs(again - v) <= 1e-8 * Math.abs(v), `${name}: ${v} typed as ${typed(v, about, rate)} is ${again}`);
      }
    }
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

test("a typed number is read as a reader means it", () => {
  const usd = { kind: "money" };
  const cases = [["$1,322", 1322], ["1 322.50", 1322.5], ["  39 ", 39], ["1.5k", 1500], ["2M", 2e6], ["$ 0.45", 0.45], [".5", 0.5], ["−20", -20], ["-$20", -20], ["1'000", 1000], ["4,5", 4.5], ["1,322,000.25", 1322000.25]];
  for (const [text, value] of cases) assert.equal(parse(text, usd, 1), value, text);
  assert.equal(parse("¥299", usd, 7), 299 / 7);
  assert.equal(parse("4", { kind: "share" }, 1), 0.04);
  assert.equal(parse("4.5 %", { kind: "share" }, 1), 0.045);
  assert.equal(parse("none", { kind: "number", none: NO_CAP }, 1), NO_CAP);
  for (const text of ["", "abc", "1e5", "4 % of it", "12%", "1-2", "<b>1</b>", "--3", "NaN", "Infinity", "1.2.3", "1,32,2", "12,3456", "1.322,50", "."]) assert.ok(Number.isNaN(parse(text, usd, 1)), text);
});

test("currencies and accidents have bounds", () => {
  assert.deepEqual(Object.keys(CURRENCIES), ["USD", "EUR", "CNY"]);
  assert.match(problemWith({ ...STATE, currency: "toString" }), /no such currency/);
  assert.match(problemWith({ ...STATE, rate: 0 }), /dollar must be worth/);
  for (const event_rates of [[0], [0, "1"], [0, -1], [0, 13], "00", [0, NaN]]) assert.match(problemWith({ ...STATE, event_rates, events: [{}, {}] }), /Each accident needs a rate/);
});

test("futures: the same for the same seed, normal and uniform", () => {
  const draw = (seed) => drawFutures(new Random(seed), { n: 4000, months: 3, n_events: 2 });
  assert.deepEqual(draw(1), draw(1));
  const { normals, uniforms } = draw(1);
  assert.equal(normals.length, 4000 * UNCERTAIN.length);
  const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
  assert.ok(Math.abs(mean(normals)) < 0.03 && Math.abs(mean(normals.map((x) => x * x)) - 1) < 0.03);
  assert.ok(Math.abs(mean(uniforms) - 0.5) < 0.01);
});

test("which way and when to stop, in words", () => {
  const api = { name: "API", cost_usd_per_million_tokens: 2, machine_usd_per_month: 0, million_tokens_per_machine_month: NO_CAP, supply_fixed_usd_per_month: 0, one_off_usd: 0 };
  const own = { ...api, name: "own", cost_usd_per_million_tokens: 0, machine_usd_per_month: 1000, million_tokens_per_machine_month: 1e6 };
  assert.match(wayText(whichWay(GOOD, [api, own], 36), "million tokens", 36), /Take “own”.*only your own examples can tell.*“own” never costs more than “API” from 500 million tokens a month/);
  assert.match(wayText(whichWay({ ...GOOD, acquisition_usd_per_customer: 5000 }, [api], 36), "million tokens", 36), /Do not build: a customer brings/);
  const names = gates(GOOD, 36).map((gate) => gate.name);
  assert.deepEqual(names, Object.keys(GATES));
  assert.equal(stopText({ stops: "above", limit: 0.2 }, percent), "above 20\u202f%");
  assert.equal(stopText({ stops: "below", limit: null }, percent), "no value passes");
});

test("a comparison says what it can tell and what not", () => {
  const row = { only_first: 5, only_second: 1, difference: 0.4, low: 0.0, high: 0.7 };
  assert.match(pairText({ ...row, low: -0.1 }, "B", 10), /5 times only this plan survives.*cannot be told/);
  assert.match(pairText({ ...row, low: 0.1 }, "B", 10), /This plan survives more often/);
  assert.match(pairText({ ...row, low: -0.7, high: -0.1, difference: -0.4 }, "B", 10), /B survives more often/);
});

test("a table comes back to the last bit, and a changed one is offered, not taken", () => {
  const plan = { ...GOOD, churn_per_month: 0.1 + 0.2 - 0.25, cash_usd: 1 / 3 };
  const text = toCsv(plan, '=a "b", c', "nnbook plan 1", 36);
  assert.doesNotMatch(text, /(^|,)"?=/m);
  assert.deepEqual(fromCsv(text, "nnbook plan 1"), { name: '=a "b", c', business: plan });
  assert.deepEqual(fromCsv(`\ufeff${text.replaceAll("\r\n", "\n")}`, "nnbook plan 1").business, plan);
  const edited = text.replace("input,fixed_usd_per_month,1000", "input,fixed_usd_per_month,1001");
  assert.throws(() => fromCsv(edited, "nnbook plan 1"), (error) => error instanceof Changed && error.plan.business.fixed_usd_per_month === 1001);
  for (const [bad, words] of [
    [text.replace("format,nnbook plan 1", "format,else"), /no table of a plan/],
    [text.replace("input,cash_usd", "input,glory"), /cash_usd is missing/],
    [text.replace("input,fixed_usd_per_month,1000", "input,fixed_usd_per_month,many"), /should be a finite number; got many/],
    ["x".repeat(2_000_001), /too large/],
    ["", /no table of a plan/],
  ]) assert.throws(() => fromCsv(bad, "nnbook plan 1"), words);
  assert.notEqual(checkNumber(plan), checkNumber(GOOD));
});

test("money, shares and ticks read well", () => {
  assert.deepEqual([0, 12, 1.6, 0.25, 340000, -1.25e6, 9500, 0.03].map((v) => money(v)), ["$0", "$12", "$1.60", "$0.25", "$340k", "−$1.25M", "$9,500", "$0.03"]);
  assert.equal(percent(-0.35), "−35\u202f%");
  assert.deepEqual(ticks(-10, 100, 4).map((t) => t + 0), [0, 50, 100]);
  assert.deepEqual(ticks(3, 3, 4), [3]);
});
