// firm*.js and plan_file.js must compute what nnbook.economics does. Run by tests/js/test_firm_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as decisions from "../../nnbook/widgets/static/firm_decisions.js";
import * as firm from "../../nnbook/widgets/static/firm.js";
import * as future from "../../nnbook/widgets/static/firm_futures.js";
import * as file from "../../nnbook/widgets/static/plan_file.js";
import { assertClose } from "./helpers.mjs";

const { firms, futures, events, supplies, crossovers, pairs, wilson, limited, layout, formulas } = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const TOLERANCE = 1e-9;
const number = (value) => (typeof value === "string" ? (value === "inf" ? Infinity : -Infinity) : value);

/** Equal, or close; a difference of large sums that is almost nothing is measured against the sums. */
function assertNumber(actual, expected, what, size = 0) {
  const wanted = number(expected);
  if (wanted === null || !Number.isFinite(wanted)) return assert.equal(actual, wanted, what);
  const error = Math.abs(actual - wanted) / Math.max(Math.abs(wanted), 1e-3 * size, 1e-300);
  assert.ok(error <= TOLERANCE || actual === wanted, `${what}: ${actual} against ${wanted}`);
}

test("the fields are those of the dataclass, in its order", () => {
  assert.deepEqual([...firm.BUSINESS_FIELDS], Object.keys(firms[0].business));
  assert.deepEqual([...decisions.SUPPLY_FIELDS], Object.keys(supplies[0]).slice(1));
});

test(`${firms.length} firms: figures, 36 months, and what fails first`, () => {
  for (const c of firms) {
    const b = c.business;
    const p = firm.project(b, 36);
    const size = b.price_usd_per_customer_month + b.other_cost_usd_per_customer_month + firm.unit(b).tokens;
    for (const [name, value] of Object.entries(c.figures)) assertNumber(firm[name](b), value, `${c.name}, ${name}`, size);
    const most = Math.max(...c.projection.cash_usd.map(Math.abs), ...c.projection.revenue_usd);
    for (const [name, column] of Object.entries(c.projection)) column.forEach((value, t) => assertNumber(p[name][t], value, `${c.name} ${name} ${t}`, most));
    assert.deepEqual([firm.fixedCoveredMonth(p), firm.cashPositiveMonth(p), firm.runwayMonths(p)], c.months, c.name);
    assertNumber(firm.lowestCash(p), c.lows[0], `${c.name} lowest`, most);
    assertNumber(firm.burn(p), c.lows[1], `${c.name} burn`, most);
    assert.deepEqual(decisions.firstFailure(b, p), c.failure, c.name);
  }
});

test("survival with the same draws and events", () => {
  for (const c of firms) {
    const s = future.survival(c.business, futures, { spread: 0.4, events });
    assertClose([s.share, s.low, s.high], c.survival, TOLERANCE, `${c.name} share`);
    const most = Math.max(...c.lowest.map(Math.abs));
    c.lowest.forEach((value, i) => assertNumber(s.lowest_cash_usd[i], value, `${c.name} lowest ${i}`, most));
    [0.5, 0.8, 1].forEach((share, i) => assertNumber(future.raiseUsd(s.lowest_cash_usd, share), c.raise[i], `${c.name} raise`, most));
  }
});

test("plans compared in pairs, and the interval of a share", () => {
  for (const { first, second, expected } of pairs) {
    const mine = future.compare(Float64Array.from(first), Float64Array.from(second));
    for (const [name, value] of Object.entries(expected)) assertNumber(mine[name], value, name, 1);
  }
  for (const [share, n, low, high] of wilson) assertClose(future.wilsonInterval(share, n), [low, high], TOLERANCE, `${share} of ${n}`);
});

test("which way, crossovers and gates", () => {
  for (const c of firms) {
    const mine = decisions.whichWay(c.business, supplies, 36);
    assert.deepEqual([mine.choice, mine.reason], c.decision, c.name);
    c.ways.forEach(([name, ...values], i) => {
      const way = mine.ways[i];
      assert.equal(way.supply.name, name, c.name);
      const size = Math.max(...values.map(Math.abs));
      [way.supply_usd, way.final_cash_usd, way.lowest_cash_usd].forEach((value, k) => assertNumber(value, values[k], `${c.name} ${name} ${k}`, size));
    });
    if (!c.gates.length) continue;
    decisions.gates(c.business, 36).forEach((gate, i) => {
      const [month, name, stops, limit, plan, passed] = c.gates[i];
      assert.deepEqual([gate.month, gate.name, gate.stops, gate.passed], [month, name, stops, passed], `${c.name} ${name}`);
      const size = Math.abs(c.gates[4][4]) + c.business.fixed_usd_per_month;
      assertNumber(gate.limit, limit, `${c.name} ${name} limit`, name === "cash" ? size : Math.abs(limit ?? 0) + 1);
      assertNumber(gate.plan, plan, `${c.name} ${name} plan`, name === "cash" ? size : 1);
    });
  }
  for (const [a, b, expected] of crossovers) assertNumber(decisions.crossoverMillionTokens(supplies[a], supplies[b], 36), expected, `${a} ${b}`);
});

test("sensitivity: the same swings, largest first", () => {
  for (const c of firms) {
    const mine = decisions.sensitivity((b) => firm.project(b, 36).cash_usd[35], c.business, c.sensitivity.map((row) => row[0]));
    const size = Math.max(...c.sensitivity.flat().filter(Number.isFinite).map(Math.abs));
    for (const [name, low, high] of c.sensitivity) {
      const row = mine.find((r) => r[0] === name);
      assertNumber(row[1], low, `${c.name} ${name} lowered`, size);
      assertNumber(row[2], high, `${c.name} ${name} raised`, size);
    }
    const swings = mine.map((row) => Math.abs(row[2] - row[1]) || 0);
    assert.deepEqual(swings, swings.toSorted((a, b) => b - a), c.name);
  }
});

test("usage under a cap", () => {
  for (const [mean, spread, cap, expected] of limited) assertNumber(firm.limitedMean(mean, spread, cap), expected, `${mean} ${spread} ${cap}`, mean);
});

test("a worksheet has the same formulas and the same check number", () => {
  const mine = file.formulas(layout);
  for (const sheet of ["Plan", "Months"]) {
    for (const [cell, formula] of Object.entries(formulas[sheet])) assert.equal(mine[sheet][cell], formula, `${sheet} ${cell}`);
    assert.equal(Object.keys(mine[sheet]).length, Object.keys(formulas[sheet]).length);
  }
  for (const c of firms) assert.equal(file.checkNumber(c.business), c.check, c.name);
});
