// @ts-check
/** What to do with a plan, as `nnbook.economics.decisions` and `supply` compute it. No DOM. */

import { cashPositiveMonth, contributionIn, lifetimeValueToAcquisition, lowestCash, project, runwayMonths, unit } from "./firm.js";

/** @typedef {import("./firm.js").Business} Business */
/** @typedef {import("./firm.js").Projection} Projection */
/**
 * @typedef {{name: string, cost_usd_per_million_tokens: number, machine_usd_per_month: number, million_tokens_per_machine_month: number,
 *   supply_fixed_usd_per_month: number, one_off_usd: number}} Supply
 */

/** The five costs of a supply, under the names of the business. */
export const SUPPLY_FIELDS = /** @type {const} */ (["cost_usd_per_million_tokens", "machine_usd_per_month", "million_tokens_per_machine_month", "supply_fixed_usd_per_month", "one_off_usd"]);
const NOTHING = { name: "nothing", cost_usd_per_million_tokens: 0, machine_usd_per_month: 0, million_tokens_per_machine_month: 1e9, supply_fixed_usd_per_month: 0, one_off_usd: 0 };

/** @param {Business} b @param {Supply} supply @returns {Business} */
export const suppliedBy = (b, supply) => ({ ...b, ...Object.fromEntries(SUPPLY_FIELDS.map((name) => [name, supply[name]])) });

/** What `months` months with so many million tokens each cost, one-off costs included. @param {Supply} s @param {number} millionTokens @param {number} months */
export function supplyUsd(s, millionTokens, months) {
  const machines = s.machine_usd_per_month > 0 ? Math.max(1, Math.ceil(millionTokens / s.million_tokens_per_machine_month - 1e-9)) : 0;
  return s.one_off_usd + months * (millionTokens * s.cost_usd_per_million_tokens + machines * s.machine_usd_per_month + s.supply_fixed_usd_per_month);
}

/** @param {Supply} s */
const fullCost = (s) => s.cost_usd_per_million_tokens + s.machine_usd_per_month / s.million_tokens_per_machine_month;

/** Million tokens a month from which on `second` is never dearer than `first`; Infinity when there are none. @param {Supply} first @param {Supply} second @param {number} months */
export function crossoverMillionTokens(first, second, months) {
  const slope = fullCost(first) - fullCost(second);
  const start = supplyUsd(second, 0, months) - supplyUsd(first, 0, months);
  if (slope <= 0) return slope < 0 || start > 0 ? Infinity : 0;
  const steps = months * (second.machine_usd_per_month + first.machine_usd_per_month);
  const end = (Math.max(0, start) + steps) / (months * slope) + 1e-6;
  const edges = new Set([0, end]);
  for (const s of [first, second]) {
    if (!s.machine_usd_per_month) continue;
    const n = Math.floor(end / s.million_tokens_per_machine_month) + 1;
    if (n > 100_000) return NaN;
    for (let k = 1; k <= n && k * s.million_tokens_per_machine_month < end; k++) edges.add(k * s.million_tokens_per_machine_month);
  }
  const sorted = [...edges].sort((a, b) => a - b);
  const dearer = (/** @type {number} */ x) => supplyUsd(second, x, months) - supplyUsd(first, x, months);
  for (let i = sorted.length - 1; i > 0; i--) {
    const [low, high] = [sorted[i - 1], sorted[i]];
    const atHigh = dearer(high);
    const atLow = atHigh + 2 * (dearer((low + high) / 2) - atHigh); // a straight line within (low, high]
    if (Math.max(atLow, atHigh) > 1e-6) return atLow <= atHigh ? high : low + ((high - low) * atLow) / (atLow - atHigh);
  }
  return 0;
}

/** Try each supply on the plan and keep the one with most cash at the end. @param {Business} b @param {Supply[]} supplies @param {number} months */
export function whichWay(b, supplies, months) {
  const ways = supplies.map((supply) => {
    const business = suppliedBy(b, supply);
    const p = project(business, months);
    const without = project(suppliedBy(b, NOTHING), months);
    const final_cash_usd = p.cash_usd[months - 1];
    return { supply, business, supply_usd: without.cash_usd[months - 1] - final_cash_usd, final_cash_usd, lowest_cash_usd: lowestCash(p), even: cashPositiveMonth(p) };
  });
  ways.sort((a, c) => c.final_cash_usd - a.final_cash_usd);
  const [best] = ways;
  const ratio = lifetimeValueToAcquisition(best.business);
  if (b.new_customers_per_month > 0 && ratio < 1) return { choice: "do not build", reason: `a customer brings ${ratio > 0 ? ratio.toFixed(2) : "nothing"} of what it costs to win`, ways };
  if (best.even === null) return { choice: "do not build", reason: `it still spends more than it earns in month ${months}`, ways };
  return { choice: best.supply.name, reason: `it leaves most cash in month ${months}`, ways };
}

/**
 * The first thing that fails: "unit", a customer brings nothing from this month on; "acquisition", LTV/CAC below 1; "cash", it runs out;
 * "break_even", nothing fails, but the cash flow does not stay positive; "nothing".
 * @param {Business} b @param {Projection} p
 * @returns {{constraint: "unit" | "acquisition" | "cash" | "break_even" | "nothing", month: number | null}}
 */
export function firstFailure(b, p) {
  const months = p.cash_usd.length;
  const empty = runwayMonths(p) ?? Infinity;
  let unitFails = Infinity;
  for (let t = 0; t < months && unitFails === Infinity; t++) if (contributionIn(b, t) <= 0) unitFails = t + 1;
  const acquisition = b.new_customers_per_month > 0 && lifetimeValueToAcquisition(b) < 1 ? 1 : Infinity;
  const first = Math.min(unitFails, acquisition, empty);
  if (first < Infinity) return { constraint: unitFails === first ? "unit" : acquisition === first ? "acquisition" : "cash", month: first };
  return { constraint: cashPositiveMonth(p) === null ? "break_even" : "nothing", month: null };
}

/** The last good value on the way from `best` to `worst`, or null. @param {(x: number) => boolean} good @param {number} best @param {number} worst */
function edge(good, best, worst) {
  if (!good(best)) return null;
  if (good(worst)) return worst;
  for (let step = 0; step < 60; step++) {
    const middle = (best + worst) / 2;
    if (good(middle)) best = middle;
    else worst = middle;
  }
  return best;
}

/**
 * Five gates in the order of time, each a number at which to stop; null where no value would let the plan pass.
 * @param {Business} b @param {number} months
 * @returns {{month: number, name: string, stops: "below" | "above", limit: number | null, plan: number, passed: boolean}[]}
 */
export function gates(b, months) {
  const price = b.price_usd_per_customer_month;
  const serve = unit(b).tokens + b.other_cost_usd_per_customer_month;
  const bringsBack = (/** @type {Partial<Business>} */ changes) => lifetimeValueToAcquisition({ ...b, ...changes }) >= 1;
  const lasts = (/** @type {Partial<Business>} */ changes) => lowestCash(project({ ...b, ...changes }, months)) >= 0;
  const atMarket = (/** @type {number} */ p) => ({
    price_usd_per_customer_month: p,
    reference_price_usd: b.reference_price_usd && price ? (b.reference_price_usd * p) / price : b.reference_price_usd,
  });
  const other = b.other_cost_usd_per_customer_month;
  const lowest = edge((p) => bringsBack(atMarket(p)), 100 * Math.max(price, serve, 1), 0);
  const extra = edge((x) => bringsBack({ other_cost_usd_per_customer_month: other + x }), -other, 100 * Math.max(price, 1));
  const { cash_usd: cash } = project(b, months);
  const month = Math.min(18, months);
  const ahead = Math.max(0, cash[month - 1] - cash.subarray(month - 1).reduce((low, c) => Math.min(low, c), Infinity));
  const fixed = b.fixed_usd_per_month + b.supply_fixed_usd_per_month;
  const churn = edge((c) => lasts({ churn_per_month: c }), 0.001, 1);
  const winning = edge((a) => lasts({ acquisition_usd_per_customer: a }), 0, 100 * Math.max(b.acquisition_usd_per_customer, 1));
  const row = (/** @type {number} */ when, /** @type {string} */ name, /** @type {"below" | "above"} */ stops, /** @type {number | null} */ limit, /** @type {number} */ plan) => ({
    month: when, name, stops, limit, plan, passed: limit !== null && (stops === "below" ? plan >= limit : plan <= limit),
  });
  return [
    row(0, "price", "below", lowest, price),
    row(3, "cost to serve", "above", extra === null ? null : serve + extra, serve),
    row(6, "churn", "above", churn, b.churn_per_month),
    row(12, "winning", "above", winning, b.acquisition_usd_per_customer),
    row(month, "cash", "below", ahead + 3 * fixed, cash[month - 1]),
  ];
}

/**
 * Move one input at a time by ±change: [name, result with the input lowered, result with it raised], largest swing first.
 * @template {Record<string, number>} T
 * @param {(settings: T) => number} result @param {T} settings @param {readonly (keyof T & string)[]} fields @param {number} [change]
 * @returns {[string, number, number][]}
 */
export function sensitivity(result, settings, fields, change = 0.2) {
  /** @type {[string, number, number][]} */
  const rows = fields.map((name) => [name, ...[1 - change, 1 + change].map((factor) => result({ ...settings, [name]: settings[name] * factor }))]);
  const swing = (/** @type {[string, number, number]} */ row) => Math.abs(row[2] - row[1]) || 0; // ∞ - ∞ moves nothing
  return rows.sort((a, b) => swing(b) - swing(a));
}
