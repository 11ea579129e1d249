// @ts-check
/**
 * What a business earns: the formulas of `nnbook.economics.business` and `projection`, with the same names and units.
 * A test compares the two to 1e-9. No DOM, no randomness.
 */

/** The inputs of a business, in the order of the Python dataclass. */
export const BUSINESS_FIELDS = /** @type {const} */ ([
  "customers", "new_customers_per_month", "growth_per_month", "churn_per_month", "price_usd_per_customer_month", "million_tokens_per_customer_month",
  "cost_usd_per_million_tokens", "other_cost_usd_per_customer_month", "acquisition_usd_per_customer", "fixed_usd_per_month", "cash_usd",
  "price_change_per_year", "token_cost_change_per_year", "machine_usd_per_month", "million_tokens_per_machine_month", "supply_fixed_usd_per_month",
  "one_off_usd", "usage_spread", "overage_usd_per_million_tokens", "included_million_tokens", "cap_million_tokens", "reference_price_usd",
  "price_elasticity", "churn_elasticity",
]);
/** @typedef {Record<typeof BUSINESS_FIELDS[number], number>} Business */

export const NO_CAP = 1e9;

/** The normal distribution function, by its series about 0 (Marsaglia 2004); its tails by a continued fraction. @param {number} x */
export function normalCdf(x) {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) > 6) {
    let tail = 0;
    for (let k = 60; k > 0; k--) tail = k / (Math.abs(x) + tail);
    const outside = density / (Math.abs(x) + tail);
    return x > 0 ? 1 - outside : outside;
  }
  let sum = x;
  for (let term = x, k = 3; Math.abs(term) > 1e-18 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + sum * density;
}

/** Mean of min(usage, cap) when usage is log-normal with this mean. @param {number} mean @param {number} spread @param {number} cap @returns {number} */
export function limitedMean(mean, spread, cap) {
  if (mean === 0 || cap === 0) return 0;
  if (spread === 0) return Math.min(mean, cap);
  const d = (Math.log(cap / mean) + spread ** 2 / 2) / spread;
  return mean * normalCdf(d - spread) + cap * normalCdf(-d);
}

const Z95 = 1.6448536269514722; // 95 % of a normal distribution lie below

/** What one customer means in the first month; computed once for all that asks. @param {Business} b */
export function unit(b) {
  const used = limitedMean(b.million_tokens_per_customer_month, b.usage_spread, b.cap_million_tokens);
  const included = limitedMean(b.million_tokens_per_customer_month, b.usage_spread, Math.min(b.included_million_tokens, b.cap_million_tokens));
  const billed = Math.max(0, used - included);
  const revenue = b.price_usd_per_customer_month + billed * b.overage_usd_per_million_tokens;
  const fullCost = b.cost_usd_per_million_tokens + b.machine_usd_per_month / b.million_tokens_per_machine_month;
  const tokens = used * fullCost;
  const contribution = revenue - tokens - b.other_cost_usd_per_customer_month;
  const ratio = b.reference_price_usd === 0 ? 1 : Math.min(4, Math.max(0.25, revenue / b.reference_price_usd));
  const churn = Math.min(1, b.churn_per_month * ratio ** b.churn_elasticity);
  const winning = b.acquisition_usd_per_customer / ratio ** b.price_elasticity;
  return { used, billed, revenue, fullCost, tokens, contribution, ratio, churn, winning };
}

/** @param {Business} b @returns {number} revenue less what one more customer costs to serve, machines full */
export const contribution = (b) => unit(b).contribution;

/** @param {Business} b */
export function grossMargin(b) {
  const { contribution: each, revenue } = unit(b);
  if (revenue === 0) return each === 0 ? 0 : -Infinity;
  return each / revenue;
}

/** What the customer leaves whom 95 % of all do not exceed in use. @param {Business} b */
export function contributionOfHeavyUser(b) {
  const wanted = b.million_tokens_per_customer_month * Math.exp(b.usage_spread * Z95 - b.usage_spread ** 2 / 2);
  const used = Math.min(wanted, b.cap_million_tokens);
  const billed = Math.max(0, used - Math.min(b.included_million_tokens, b.cap_million_tokens));
  return b.price_usd_per_customer_month + billed * b.overage_usd_per_million_tokens - used * unit(b).fullCost - b.other_cost_usd_per_customer_month;
}

/** How long a customer stays on average. @param {Business} b */
export const lifetimeMonths = (b) => 1 / unit(b).churn;

/** What a customer brings over its stay, along the plan's own path of price and cost. @param {Business} b */
export function lifetimeValue(b) {
  const { revenue, tokens, churn } = unit(b);
  const parts = [[revenue, b.price_change_per_year], [-tokens, b.token_cost_change_per_year], [-b.other_cost_usd_per_customer_month, 0]];
  let value = 0;
  let fastest = [0, 0];
  for (const [amount, change] of parts) {
    const shrinks = churn + (1 - churn) * (1 - (1 + change) ** (1 / 12));
    if (amount !== 0 && shrinks > 0) value += amount / shrinks;
    else if (amount !== 0 && shrinks <= fastest[0]) fastest = [shrinks, amount];
  }
  return fastest[1] === 0 ? value : fastest[1] * Infinity;
}

/** LTV/CAC. @param {Business} b */
export function lifetimeValueToAcquisition(b) {
  const value = lifetimeValue(b);
  const { winning } = unit(b);
  if (winning === 0) return value === 0 ? 0 : value > 0 ? Infinity : -Infinity;
  return value / winning;
}

/** Customers whose contribution pays fixed costs and idle machines. @param {Business} b */
export function customersToCoverFixed(b) {
  const { contribution: each, used } = unit(b);
  const fixed = b.fixed_usd_per_month + b.supply_fixed_usd_per_month;
  if (each <= 0) return Infinity;
  if (b.machine_usd_per_month === 0 || used === 0) return (fixed + b.machine_usd_per_month) / each;
  const room = b.million_tokens_per_machine_month / used;
  const machines = Math.max(1, Math.ceil(fixed / (room * each) - 1e-9));
  return (fixed + machines * b.machine_usd_per_month) / (each + b.machine_usd_per_month / room);
}

/** What a customer leaves in month t, counted from 0, when machines are full. @param {Business} b @param {number} t */
export function contributionIn(b, t) {
  const { revenue, tokens } = unit(b);
  return revenue * (1 + b.price_change_per_year) ** (t / 12) - tokens * (1 + b.token_cost_change_per_year) ** (t / 12) - b.other_cost_usd_per_customer_month;
}

/**
 * @typedef {object} Projection  one entry per month
 * @property {Float64Array} customers at the end of the month
 * @property {Float64Array} revenue_usd
 * @property {Float64Array} contribution_usd after all costs to serve, idle machines too
 * @property {Float64Array} cash_flow_usd
 * @property {Float64Array} cash_usd
 * @property {Float64Array} machines
 * @property {Float64Array} idle_usd rent of hours that nobody used
 * @property {Float64Array} fixed_usd
 */
const COLUMNS = /** @type {const} */ (["customers", "revenue_usd", "contribution_usd", "cash_flow_usd", "cash_usd", "machines", "idle_usd", "fixed_usd"]);

/**
 * @param {Business} b @param {number} months
 * @param {{factors?: Partial<Record<string, Float64Array>>, paid?: Float64Array, counts?: {used: number, billed: number}}} [events] what events
 *   multiply in each month, what they cost in it, and usage where it is known already
 * @returns {Projection}
 */
export function project(b, months, { factors = {}, paid, counts } = {}) {
  const result = /** @type {Projection} */ (Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(months)])));
  const { used, billed } = counts ?? unit(b);
  const rise = (1 + b.price_change_per_year) ** (1 / 12);
  const fall = (1 + b.token_cost_change_per_year) ** (1 / 12);
  const at = (/** @type {string} */ name, /** @type {number} */ t) => /** @type {any} */ (b)[name] * (factors[name]?.[t] ?? 1);
  let served = b.customers;
  let cash = b.cash_usd;
  for (let t = 0; t < months; t++) {
    const [up, down] = [rise ** t, fall ** t];
    const revenue = (at("price_usd_per_customer_month", t) + billed * b.overage_usd_per_million_tokens) * up;
    const reference = at("reference_price_usd", t) * up;
    const ratio = reference > 0 ? Math.min(4, Math.max(0.25, revenue / reference)) : 1;
    const arriving = at("new_customers_per_month", t) * (1 + b.growth_per_month) ** t;
    served = served * (1 - Math.min(1, at("churn_per_month", t) * ratio ** b.churn_elasticity)) + arriving * ratio ** b.price_elasticity;
    const load = (served * used) / b.million_tokens_per_machine_month;
    const rent1 = at("machine_usd_per_month", t);
    const machines = rent1 > 0 ? Math.max(1, Math.ceil(load - 1e-9)) : 0;
    const rent = machines * rent1 * down;
    const earned = served * (revenue - at("other_cost_usd_per_customer_month", t)) - served * used * at("cost_usd_per_million_tokens", t) * down - rent;
    const fixed = at("fixed_usd_per_month", t) + b.supply_fixed_usd_per_month;
    const flow = earned - arriving * at("acquisition_usd_per_customer", t) - fixed - ((t === 0 ? b.one_off_usd : 0) + (paid?.[t] ?? 0));
    cash += flow;
    const row = [served, served * revenue, earned, flow, cash, machines, rent - load * rent1 * down, fixed];
    for (let i = 0; i < row.length; i++) result[COLUMNS[i]][t] = row[i];
  }
  return result;
}

/** First month (from 1) from which a row stays at or above zero, or null. @param {(t: number) => number} value @param {number} months */
function staysFrom(value, months) {
  let last = months - 1;
  while (last >= 0 && !(value(last) < 0)) last -= 1;
  return last + 2 <= months ? last + 2 : null;
}

/** First month from which contribution covers the fixed costs, or null. @param {Projection} p */
export const fixedCoveredMonth = (p) => staysFrom((t) => p.contribution_usd[t] - p.fixed_usd[t], p.cash_usd.length);

/** First month from which cash flow, with winning customers, stays at or above zero, or null. @param {Projection} p */
export const cashPositiveMonth = (p) => staysFrom((t) => p.cash_flow_usd[t], p.cash_usd.length);

/** Months until the cash is gone, or null when it lasts. @param {Projection} p @returns {number | null} */
export function runwayMonths(p) {
  const empty = p.cash_usd.findIndex((cash) => cash < 0);
  return empty < 0 ? null : empty + 1;
}

/** @param {Projection} p */
export const lowestCash = (p) => p.cash_usd.reduce((low, cash) => Math.min(low, cash), Infinity);
/** Largest loss of a month. @param {Projection} p */
export const burn = (p) => Math.max(0, -p.cash_flow_usd.reduce((low, flow) => Math.min(low, flow), Infinity));
