// @ts-check
/** The inputs of FounderCalculator: words, units, bounds, slider stops, and how a typed number is read. No DOM. */

import { BUSINESS_FIELDS, NO_CAP } from "./firm.js";
import { percent } from "./ui_explore.js";
import { formatNumber } from "./ui.js";

/** @typedef {import("./firm.js").Business} Business */
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
  machine_usd_per_month: [0, 1e7],
  million_tokens_per_machine_month: [0.001, 1e9],
  supply_fixed_usd_per_month: [0, 1e9],
  one_off_usd: [0, 1e9],
  usage_spread: [0, 3],
  overage_usd_per_million_tokens: [0, 1e6],
  included_million_tokens: [0, 1e6],
  cap_million_tokens: [0.001, 1e9],
  reference_price_usd: [0, 1e7],
  price_elasticity: [-5, 0],
  churn_elasticity: [0, 5],
};
export const RESULTS = ["final_cash", "lowest_cash", "ltv_cac"];
export const CURRENCIES = /** @type {const} */ ({ USD: { sign: "$", word: "dollars", rate: 1 }, EUR: { sign: "€", word: "euros", rate: 0.9 }, CNY: { sign: "¥", word: "yuan", rate: 7 } });
export const RATE_BOUNDS = [0.0001, 10_000];
const MOST_EVENTS = 12; // a year
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
/** @param {number} from @param {number} to @param {number} step */
const tenths = (from, to, step) => Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => Number((from + i * step).toFixed(2)));

/** What a typed number means: "money" in the reader's currency, "share" in per cent, or a plain "number". @typedef {"money" | "share" | "number"} Kind */

/**
 * The slider and the words of one input. A case far from the usual one stretches its slider: the stops reach to ten times its value.
 * @param {Field} name @param {{customer: string, unit: string}} words @param {number[]} values what the cases hold
 * @returns {{label: string, short: string, values: number[], kind: Kind, help: string, none?: number}} none: the value that means "without"
 */
export function describe(name, { customer, unit }, values) {
  const million = unit.startsWith("million ");
  const units = million ? unit : `${unit}s`;
  const each = million ? `million ${unit.slice(8).replace(/s$/, "")}s` : unit;
  const usual = (/** @type {number} */ low, /** @type {number} */ high) => {
    const largest = Math.max(...values.filter((v) => v < NO_CAP), 0);
    const smallest = Math.min(...values.filter((v) => v > 0), Infinity);
    return series(Math.min(low, smallest / 10), Math.max(high, Math.min(largest * 10, BOUNDS[name][1])));
  };
  const upTo = (/** @type {number} */ low, /** @type {number} */ high) => [...usual(low, high).filter((v) => v > 0), NO_CAP];
  const money = /** @type {Kind} */ ("money");
  const share = /** @type {Kind} */ ("share");
  const number = /** @type {Kind} */ ("number");
  /** @type {Record<Field, ReturnType<typeof describe>>} */
  const all = {
    customers: { label: `${capital(customer)}s today`, short: `${customer}s today`, values: usual(1, 1e5), kind: number, help: "How many pay today" },
    new_customers_per_month: { label: "New each month", short: `new ${customer}s`, values: usual(0.5, 1e4), kind: number, help: "How many arrive in the first month" },
    growth_per_month: { label: "Their growth a month", short: "growth", values: shares(-20, 40, 1), kind: share, help: "By how much the number of arrivals changes each month" },
    churn_per_month: { label: "Churn a month", short: "churn", values: [0.002, 0.005, ...shares(1, 30, 1), 0.4, 0.5, 0.6, 0.8], kind: share, help: `The share of ${customer}s who leave each month` },
    price_usd_per_customer_month: { label: `Price a month`, short: "price", values: usual(1, 5e3), kind: money, help: `What one ${customer} pays each month, however much it uses` },
    million_tokens_per_customer_month: { label: `${capital(units)} a month`, short: "usage", values: usual(0.1, 1e3), kind: number, help: `What one ${customer} uses each month on average` },
    cost_usd_per_million_tokens: { label: `Cost per ${each}`, short: `cost per ${each}`, values: usual(0.01, 100), kind: money, help: `What a supplier is paid for each ${each}; 0 where machines are rented` },
    other_cost_usd_per_customer_month: { label: "Other cost a month", short: "other cost", values: usual(0.5, 1e3), kind: money, help: `Support, payment fees, hosting for one ${customer}` },
    acquisition_usd_per_customer: { label: `To win a ${customer}`, short: "acquisition cost", values: usual(1, 2e4), kind: money, help: "Marketing and sales, divided by new arrivals (CAC)" },
    fixed_usd_per_month: { label: "Fixed cost a month", short: "fixed cost", values: usual(100, 1e6), kind: money, help: "Salaries and rent; rented machines have a line of their own" },
    cash_usd: { label: "Cash today", short: "cash today", values: usual(1e3, 1e8), kind: money, help: "What is in the bank" },
    price_change_per_year: { label: "Price change a year", short: "price change", values: shares(-80, 40, 5), kind: share, help: "Of the whole market; competition usually makes this negative" },
    token_cost_change_per_year: { label: million ? "Token cost change a year" : "Cost change a year", short: million ? "token cost change" : "cost change", values: shares(-80, 40, 5), kind: share, help: "What the same computing costs a year from now" },
    machine_usd_per_month: { label: "Rent of a machine a month", short: "machine rent", values: usual(100, 5e4), kind: money, help: "Of all accelerators that hold the model once; rented whole, busy or idle" },
    million_tokens_per_machine_month: { label: `${capital(units)} a machine can do`, short: "machine capacity", values: upTo(10, 1e6), kind: number, help: "In a month, so that its busiest hour still fits", none: NO_CAP },
    supply_fixed_usd_per_month: { label: "People for the machines a month", short: "people for machines", values: usual(100, 1e5), kind: money, help: "Engineers who keep model and machines alive" },
    one_off_usd: { label: "Paid once, at the start", short: "paid once", values: usual(100, 1e6), kind: money, help: "Data, tuning run, evaluation" },
    usage_spread: { label: "How different customers are", short: "spread of use", values: tenths(0, 3, 0.1), kind: number, help: "Standard deviation of the logarithm of use; at 1 one in twenty uses more than three times the mean" },
    overage_usd_per_million_tokens: { label: `Price of a further ${each}`, short: "overage price", values: usual(0.01, 100), kind: money, help: "Beyond what is included" },
    included_million_tokens: { label: `${capital(units)} included`, short: "included use", values: usual(0.1, 1e4), kind: number, help: "Paid with the monthly price" },
    cap_million_tokens: { label: `Most ${units} a month`, short: "cap", values: upTo(0.1, 1e4), kind: number, help: `A ${customer} cannot use more`, none: NO_CAP },
    reference_price_usd: { label: "Usual price a month", short: "usual price", values: usual(1, 5e3), kind: money, help: "For which you estimated arrivals and churn; 0: the price moves nobody" },
    price_elasticity: { label: "Elasticity of arrivals", short: "elasticity", values: tenths(-5, 0, 0.1), kind: number, help: "A price one per cent above the usual changes arrivals by so many per cent" },
    churn_elasticity: { label: "Elasticity of churn", short: "elasticity of churn", values: tenths(0, 5, 0.1), kind: number, help: "A price one per cent above the usual changes churn by so many per cent" },
  };
  return all[name];
}

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** The ten numbers that everybody has, then the rest. */
export const GROUPS = /** @type {[string, Field[]][]} */ ([
  ["Who comes and who stays", ["new_customers_per_month", "growth_per_month", "churn_per_month", "acquisition_usd_per_customer"]],
  ["What each pays and costs", ["price_usd_per_customer_month", "million_tokens_per_customer_month", "cost_usd_per_million_tokens", "other_cost_usd_per_customer_month"]],
  ["The company", ["fixed_usd_per_month", "cash_usd"]],
]);
export const MORE = /** @type {[string, Field[]][]} */ ([
  ["Own machines", ["machine_usd_per_month", "million_tokens_per_machine_month", "supply_fixed_usd_per_month", "one_off_usd"]],
  ["How it is sold", ["usage_spread", "cap_million_tokens", "included_million_tokens", "overage_usd_per_million_tokens"]],
  ["Answers to the price", ["reference_price_usd", "price_elasticity", "churn_elasticity"]],
  ["Today and later", ["customers", "price_change_per_year", "token_cost_change_per_year"]],
]);

/** Digits as people group them: 1322, 1,322.50, 1 322, 4,5 with a decimal comma; NaN for anything between. @param {string} text */
function grouped(text) {
  if (/^(\d+(\.\d*)?|\.\d+)$/.test(text)) return Number(text);
  if (/^\d{1,3}([,\s_'\u00a0\u202f]\d{3})+(\.\d*)?$/.test(text)) return Number(text.replace(/[,\s_'\u00a0\u202f]/g, ""));
  return /^\d+,\d{1,2}$/.test(text) ? Number(text.replace(",", ".")) : NaN;
}

/**
 * The number that a reader means by "$1,322", "1 322.50", "12 %", "¥299", "1.5k" or "none"; NaN when it is none.
 * @param {string} text @param {{kind: Kind, none?: number}} field @param {number} rate of the currency
 */
export function parse(text, { kind, none }, rate) {
  const plain = text.trim().toLowerCase().replace(/−/g, "-");
  if (none !== undefined && (plain === "none" || plain === "")) return none;
  const match = /^[$€¥￥]?\s*([-+]?)\s*[$€¥￥]?\s*([\d.][\d\s,._'\u00a0\u202f]*?)\s*(k|m|%)?\s*[$€¥￥]?$/.exec(plain);
  if (!match) return NaN;
  const [, sign, digits, suffix] = match;
  if (suffix === "%" && kind !== "share") return NaN;
  const size = grouped(digits) * ({ k: 1e3, m: 1e6 }[suffix] ?? 1);
  const value = sign === "-" ? -size : size;
  return kind === "share" ? Number((value / 100).toPrecision(15)) : kind === "money" ? value / rate : value;
}

/** The same number as a reader would type it. @param {number} value @param {{kind: Kind, none?: number}} field @param {number} rate */
export function typed(value, { kind, none }, rate) {
  if (value === none) return "none";
  const shown = kind === "share" ? value * 100 : kind === "money" ? value * rate : value;
  return Number(shown.toPrecision(9)).toLocaleString("en-US", { maximumFractionDigits: 9 });
}

/** What a slider says of its value. @param {number} value @param {{kind: Kind, none?: number}} field @param {(usd: number) => string} money */
export function spoken(value, { kind, none }, money) {
  if (value === none) return "none";
  return kind === "share" ? percent(value) : kind === "money" ? money(value) : formatNumber(value);
}

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
  if (!Object.hasOwn(CURRENCIES, state.currency)) return "There is no such currency here.";
  if (!(state.rate >= RATE_BOUNDS[0] && state.rate <= RATE_BOUNDS[1])) return "A dollar must be worth between 0.0001 and 10,000.";
  const rates = state.event_rates;
  const few = (/** @type {any} */ r) => typeof r === "number" && r >= 0 && r <= MOST_EVENTS;
  if (!Array.isArray(rates) || rates.length !== (state.events ?? rates).length || !rates.every(few)) return "Each accident needs a rate, at most 12 times a year.";
  return null;
}
