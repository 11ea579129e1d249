// @ts-check
/** The inputs of FounderCalculator: words, units, bounds and slider stops. No DOM. */

import { BUSINESS_FIELDS } from "./economics.js";
import { money, percent } from "./ui_explore.js";
import { formatNumber } from "./ui.js";

/** @typedef {import("./economics.js").Business} Business */
/** @typedef {typeof BUSINESS_FIELDS[number]} Field */

/** As in founder_calculator.py; a test compares the two. @type {Record<Field, [number, number]>} */
export const BOUNDS = {
  customers: [0, 1e8],
  new_customers_per_month: [0, 1e7],
  growth_per_month: [-0.5, 0.5],
  churn_per_month: [0.001, 0.8],
  price_usd_per_customer_month: [0, 1e7],
  million_tokens_per_customer_month: [0, 1e6],
  cost_usd_per_million_tokens: [0, 1e6],
  other_cost_usd_per_customer_month: [0, 1e7],
  acquisition_usd_per_customer: [0, 1e7],
  fixed_usd_per_month: [0, 1e9],
  cash_usd: [0, 1e11],
  price_change_per_year: [-0.95, 1],
  token_cost_change_per_year: [-0.95, 1],
};
export const RESULTS = ["final_cash", "lowest_cash", "ltv_cac"];
const STEPS = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

/** 0, then ten stops in each power of ten. @param {number} low @param {number} high */
function series(low, high) {
  const list = [0];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const step of STEPS) {
      const value = Number((step * 10 ** power).toPrecision(3));
      if (value >= low && value <= high) list.push(value);
    }
  }
  return list;
}
/** @param {number} from @param {number} to @param {number} step all in percent */
const shares = (from, to, step) => Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => Math.round(10 * (from + i * step)) / 1000);

/**
 * The slider of one input. A case far from the usual one stretches its slider: the stops reach to ten times its value.
 * @param {Field} name @param {{customer: string, unit: string}} words @param {number[]} values what the cases hold
 */
export function describe(name, { customer, unit }, values) {
  const million = unit.startsWith("million ");
  const units = million ? unit : `${unit}s`;
  const each = million ? `million ${unit.slice(8).replace(/s$/, "")}s` : unit;
  const usual = (/** @type {number} */ low, /** @type {number} */ high) => {
    const largest = Math.max(...values, 0);
    const smallest = Math.min(...values.filter((v) => v > 0), Infinity);
    return series(Math.min(low, smallest / 10), Math.max(high, Math.min(largest * 10, BOUNDS[name][1])));
  };
  const signed = (/** @type {number} */ v) => (v > 0 ? `+${percent(v)}` : percent(v));
  const usd = (/** @type {number} */ v) => money(v);
  const count = (/** @type {number} */ v) => formatNumber(v);
  /** @type {Record<Field, {label: string, short: string, values: number[], format: (v: number) => string, unit?: string, help: string}>} */
  const all = {
    customers: { label: `${capital(customer)}s today`, short: `${customer}s today`, values: usual(1, 1e5), format: count, help: "How many pay today" },
    new_customers_per_month: { label: "New each month", short: `new ${customer}s`, values: usual(0.5, 1e4), format: count, help: "How many arrive in the first month" },
    growth_per_month: { label: "Their growth a month", short: "growth", values: shares(-20, 40, 1), format: signed, help: "By how much the number of arrivals changes each month" },
    churn_per_month: { label: "Churn a month", short: "churn", values: [0.002, 0.005, ...shares(1, 30, 1), 0.4, 0.5, 0.6, 0.8], format: percent, help: `The share of ${customer}s who leave each month` },
    price_usd_per_customer_month: { label: `Price a month`, short: "price", values: usual(1, 5e3), format: usd, help: `What one ${customer} pays each month` },
    million_tokens_per_customer_month: { label: `${capital(units)} a month`, short: "usage", values: usual(0.1, 1e3), format: count, help: `What one ${customer} uses each month` },
    cost_usd_per_million_tokens: { label: `Cost per ${each}`, short: `cost per ${each}`, values: usual(0.01, 100), format: usd, help: `What you pay for each ${each}` },
    other_cost_usd_per_customer_month: { label: "Other cost a month", short: "other cost", values: usual(0.5, 1e3), format: usd, help: `Support, payment fees, hosting for one ${customer}` },
    acquisition_usd_per_customer: { label: `To win a ${customer}`, short: "acquisition cost", values: usual(1, 2e4), format: usd, help: "Marketing and sales, divided by new arrivals (CAC)" },
    fixed_usd_per_month: { label: "Fixed cost a month", short: "fixed cost", values: usual(100, 1e6), format: usd, help: "Salaries, rent, reserved machines" },
    cash_usd: { label: "Cash today", short: "cash today", values: usual(1e3, 1e8), format: usd, help: "What is in the bank" },
    price_change_per_year: { label: "Price change a year", short: "price change", values: shares(-80, 40, 5), format: signed, help: "Competition usually makes this negative" },
    token_cost_change_per_year: { label: million ? "Token cost change a year" : "Cost change a year", short: million ? "token cost change" : "cost change", values: shares(-80, 40, 5), format: signed, help: "What you pay for the same model a year from now" },
  };
  return all[name];
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const GROUPS = /** @type {[string, Field[]][]} */ ([
  ["Who comes and who stays", ["customers", "new_customers_per_month", "growth_per_month", "churn_per_month"]],
  ["What each pays and costs", ["price_usd_per_customer_month", "million_tokens_per_customer_month", "cost_usd_per_million_tokens", "other_cost_usd_per_customer_month"]],
  ["The company", ["acquisition_usd_per_customer", "fixed_usd_per_month", "cash_usd", "price_change_per_year", "token_cost_change_per_year"]],
]);

/** One sentence, or null when the state can be computed. @param {Record<string, any>} state */
export function problemWith(state) {
  for (const name of BUSINESS_FIELDS) {
    const [low, high] = BOUNDS[name];
    if (!(state[name] >= low && state[name] <= high)) return `${name} must lie between ${low} and ${high}.`;
  }
  if (state.customers + state.new_customers_per_month === 0) return "A business needs customers: there are none today, and none arrive.";
  if (!(state.spread >= 0 && state.spread <= 1)) return "The spread must lie between 0 and 1.";
  if (!(Number.isInteger(state.seed) && state.seed >= 0 && state.seed <= 9999)) return "The seed must be a whole number up to 9999.";
  if (!RESULTS.includes(state.result)) return "The chart has no such result.";
  return null;
}
