// @ts-check
/**
 * What a model costs and what a business on it earns: the formulas of `nnbook.economics`, with the same names and units.
 * A test compares the two to 1e-9. No DOM, no randomness of its own: whoever simulates passes the factors in.
 */

const BYTES_PER_GIGABYTE = 1e9;

/** @param {number} nParameters @param {number} nTokens @returns {number} 6 N D */
const trainingFlops = (nParameters, nTokens) => 6 * nParameters * nTokens;

/**
 * 2 N, and 4 · layers · context · d_model for attention's two products.
 * @param {number} nParameters @param {{n_layers?: number, d_model?: number, context_tokens?: number}} [attention]
 */
export const inferenceFlopsPerToken = (nParameters, { n_layers = 0, d_model = 0, context_tokens = 0 } = {}) => 2 * nParameters + 4 * n_layers * context_tokens * d_model;

/** @param {{n_layers: number, d_model: number, context_tokens: number, bytes_per_value?: number, kv_share?: number}} size */
export const kvCacheBytes = ({ n_layers, d_model, context_tokens, bytes_per_value = 2, kv_share = 1 }) => 2 * n_layers * context_tokens * d_model * bytes_per_value * kv_share;

/** Weights, gradients and Adam's state in mixed precision. @param {number} nParameters @param {number} [bytesPerParameter] */
export const trainingBytes = (nParameters, bytesPerParameter = 16) => nParameters * bytesPerParameter;

/** @param {number} nBytes @param {number} memoryGigabytes @param {number} [usableShare] */
export const nAcceleratorsFor = (nBytes, memoryGigabytes, usableShare = 0.9) => Math.max(1, Math.ceil(nBytes / (memoryGigabytes * BYTES_PER_GIGABYTE * usableShare)));

/** @typedef {{name: string, peak_flops_per_second: number, memory_gigabytes: number, price_usd_per_hour: number}} Accelerator */

/** @param {{n_parameters: number, n_tokens: number, accelerator: Accelerator, n_accelerators?: number, utilisation?: number}} run */
export function trainingRun({ n_parameters, n_tokens, accelerator, n_accelerators = 1, utilisation = 0.4 }) {
  const flops = trainingFlops(n_parameters, n_tokens);
  const accelerator_hours = flops / (accelerator.peak_flops_per_second * utilisation) / 3600;
  return { flops, accelerator_hours, days: accelerator_hours / n_accelerators / 24, cost_usd: accelerator_hours * accelerator.price_usd_per_hour };
}

/**
 * @param {{n_parameters: number, accelerator: Accelerator, n_accelerators?: number, utilisation?: number, busy_share?: number,
 *   bytes_per_parameter?: number}} plan
 */
export function serving({ n_parameters, accelerator, n_accelerators = 1, utilisation = 0.3, busy_share = 0.5, bytes_per_parameter = 2 }) {
  const tokens_per_second = (accelerator.peak_flops_per_second * utilisation * n_accelerators) / inferenceFlopsPerToken(n_parameters);
  const usdPerSecond = (n_accelerators * accelerator.price_usd_per_hour) / 3600;
  return { weight_bytes: n_parameters * bytes_per_parameter, tokens_per_second, cost_usd_per_million_tokens: (usdPerSecond / (tokens_per_second * busy_share)) * 1e6 };
}

// ------------------------------------------------------------------------------------------------- a business

/** The inputs of a business, in the order of the Python dataclass. */
export const BUSINESS_FIELDS = /** @type {const} */ ([
  "customers", "new_customers_per_month", "growth_per_month", "churn_per_month", "price_usd_per_customer_month", "million_tokens_per_customer_month",
  "cost_usd_per_million_tokens", "other_cost_usd_per_customer_month", "acquisition_usd_per_customer", "fixed_usd_per_month", "cash_usd",
  "price_change_per_year", "token_cost_change_per_year",
]);

/** @typedef {Record<typeof BUSINESS_FIELDS[number], number>} Business */

/** The inputs that survival draws. */
export const UNCERTAIN = /** @type {const} */ ([
  "new_customers_per_month", "churn_per_month", "price_usd_per_customer_month", "cost_usd_per_million_tokens", "acquisition_usd_per_customer",
]);

/** @param {Business} b @returns {number} price less what one more customer costs to serve, a month */
export const contribution = (b) => b.price_usd_per_customer_month - b.million_tokens_per_customer_month * b.cost_usd_per_million_tokens - b.other_cost_usd_per_customer_month;

/** @param {Business} b */
export function grossMargin(b) {
  const each = contribution(b);
  if (b.price_usd_per_customer_month === 0) return each === 0 ? 0 : -Infinity;
  return each / b.price_usd_per_customer_month;
}

/** @param {Business} b @returns {number} how long a customer stays on average */
export const lifetimeMonths = (b) => 1 / b.churn_per_month;
/**
 * What a customer brings over its stay, along the plan's own path of price and cost: the sum over months of (1 - churn)^t · contribution in t.
 * @param {Business} b
 */
export function lifetimeValue(b) {
  const parts = [
    [b.price_usd_per_customer_month, b.price_change_per_year],
    [-b.million_tokens_per_customer_month * b.cost_usd_per_million_tokens, b.token_cost_change_per_year],
    [-b.other_cost_usd_per_customer_month, 0],
  ];
  let value = 0;
  let fastest = [0, 0];
  for (const [amount, change] of parts) {
    const shrinks = b.churn_per_month + (1 - b.churn_per_month) * (1 - (1 + change) ** (1 / 12));
    if (amount !== 0 && shrinks > 0) value += amount / shrinks;
    else if (amount !== 0 && shrinks <= fastest[0]) fastest = [shrinks, amount];
  }
  return fastest[1] === 0 ? value : fastest[1] * Infinity;
}

/** LTV/CAC. @param {Business} b */
export function lifetimeValueToAcquisition(b) {
  const value = lifetimeValue(b);
  if (b.acquisition_usd_per_customer === 0) return value === 0 ? 0 : value > 0 ? Infinity : -Infinity;
  return value / b.acquisition_usd_per_customer;
}

/** Price less cost to serve in month t, counted from 0. @param {Business} b @param {number} t */
export const contributionIn = (b, t) =>
  b.price_usd_per_customer_month * (1 + b.price_change_per_year) ** (t / 12) -
  b.million_tokens_per_customer_month * b.cost_usd_per_million_tokens * (1 + b.token_cost_change_per_year) ** (t / 12) -
  b.other_cost_usd_per_customer_month;

/**
 * @typedef {object} Projection  one entry per month
 * @property {Float64Array} customers at the end of the month
 * @property {Float64Array} revenue_usd
 * @property {Float64Array} contribution_usd
 * @property {Float64Array} cash_flow_usd
 * @property {Float64Array} cash_usd
 */

/** @param {Business} b @param {number} months @returns {Projection} */
export function project(b, months) {
  const column = () => new Float64Array(months);
  const result = { customers: column(), revenue_usd: column(), contribution_usd: column(), cash_flow_usd: column(), cash_usd: column() };
  let served = b.customers;
  let cash = b.cash_usd;
  for (let t = 0; t < months; t++) {
    const arriving = b.new_customers_per_month * (1 + b.growth_per_month) ** t;
    served = served * (1 - b.churn_per_month) + arriving;
    const earned = served * contributionIn(b, t);
    const flow = earned - arriving * b.acquisition_usd_per_customer - b.fixed_usd_per_month;
    cash += flow;
    result.customers[t] = served;
    result.revenue_usd[t] = served * b.price_usd_per_customer_month * (1 + b.price_change_per_year) ** (t / 12);
    result.contribution_usd[t] = earned;
    result.cash_flow_usd[t] = flow;
    result.cash_usd[t] = cash;
  }
  return result;
}

/** First month (from 1) from which cash flow stays at or above zero, or null. @param {Projection} p @returns {number | null} */
export function breakEvenMonth(p) {
  let last = p.cash_flow_usd.length - 1;
  while (last >= 0 && !(p.cash_flow_usd[last] < 0)) last -= 1;
  return last + 2 <= p.cash_flow_usd.length ? last + 2 : null;
}

/** Months until the cash is gone, or null when it lasts. @param {Projection} p @returns {number | null} */
export function runwayMonths(p) {
  const empty = p.cash_usd.findIndex((cash) => cash < 0);
  return empty < 0 ? null : empty + 1;
}

/** @param {Projection} p */
export const lowestCash = (p) => p.cash_usd.reduce((low, cash) => Math.min(low, cash), Infinity);

/**
 * The first thing that fails, as `FounderCalculator.first_failure` in Python says it.
 * "unit": a customer brings nothing from this month on; "acquisition": LTV/CAC below 1; "cash": it runs out;
 * "break_even": nothing fails, but the cash flow does not stay positive; "nothing".
 * @param {Business} b @param {Projection} p
 * @returns {{constraint: "unit" | "acquisition" | "cash" | "break_even" | "nothing", month: number | null}}
 */
export function firstFailure(b, p) {
  const months = p.cash_usd.length;
  const empty = runwayMonths(p) ?? Infinity;
  let unit = Infinity;
  for (let t = 0; t < months && unit === Infinity; t++) if (contributionIn(b, t) <= 0) unit = t + 1;
  const acquisition = b.new_customers_per_month > 0 && lifetimeValueToAcquisition(b) < 1 ? 1 : Infinity;
  const first = Math.min(unit, acquisition, empty);
  if (first < Infinity) return { constraint: unit === first ? "unit" : acquisition === first ? "acquisition" : "cash", month: first };
  return { constraint: breakEvenMonth(p) === null ? "break_even" : "nothing", month: null };
}

// --------------------------------------------------------------------------------------------- uncertain futures

/** 95 % interval of a share seen in n trials (Wilson 1927). @param {number} share @param {number} n @param {number} [z] */
export function wilsonInterval(share, n, z = 1.96) {
  const centre = share + z ** 2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, (centre - half) / (1 + z ** 2 / n)), Math.min(1, (centre + half) / (1 + z ** 2 / n))];
}

/** Log-normal factors with median 1, row by row. @param {number} nRuns @param {number} nFields @param {number} spread @param {{normal: () => number}} rng */
export function drawFactors(nRuns, nFields, spread, rng) {
  return Float64Array.from({ length: nRuns * nFields }, () => Math.exp(spread * rng.normal()));
}

/**
 * How many futures never run out of cash, when each uncertain input is multiplied by its factor.
 * @param {Business} b
 * @param {{months: number, factors: ArrayLike<number>, fields?: readonly (keyof Business)[], keep?: (p: Projection, run: number) => void}} options
 *   factors: (nRuns, fields.length), row by row; keep sees each projection
 */
export function survival(b, { months, factors, fields = UNCERTAIN, keep }) {
  const nRuns = factors.length / fields.length;
  const lowest = new Float64Array(nRuns);
  let survived = 0;
  for (let run = 0; run < nRuns; run++) {
    const changed = { ...b };
    fields.forEach((name, i) => void (changed[name] = b[name] * factors[run * fields.length + i]));
    changed.churn_per_month = Math.min(changed.churn_per_month, 1); // nobody leaves twice
    const p = project(changed, months);
    lowest[run] = lowestCash(p);
    if (lowest[run] >= 0) survived += 1;
    keep?.(p, run);
  }
  const share = survived / nRuns;
  const [low, high] = wilsonInterval(share, nRuns);
  return { share, low, high, lowest_cash_usd: lowest };
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
