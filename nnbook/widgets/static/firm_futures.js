// @ts-check
/** Many futures of a plan, as `nnbook.economics.futures` computes them; whoever simulates passes the draws in. No DOM. */

import { lowestCash, project, unit } from "./firm.js";

/** @typedef {import("./firm.js").Business} Business */
/** @typedef {import("./firm.js").Projection} Projection */
/** @typedef {{name: string, rate_per_year: number, multiply: [string, number][], months: number, once_usd: number, only_with: string}} Event */
/** @typedef {{n: number, months: number, normals: ArrayLike<number>, uniforms: ArrayLike<number>, n_events: number}} Futures  row by row */

export const MONTHS = 36;
export const N_FUTURES = 1000;
/** The inputs that vary. */
export const UNCERTAIN = /** @type {const} */ ([
  "new_customers_per_month", "churn_per_month", "price_usd_per_customer_month", "cost_usd_per_million_tokens", "acquisition_usd_per_customer",
]);
const MOVES_ALONG = /** @type {Record<string, string[]>} */ ({
  price_usd_per_customer_month: ["reference_price_usd", "overage_usd_per_million_tokens"],
  cost_usd_per_million_tokens: ["machine_usd_per_month"],
});

/** 95 % interval of a share seen in n trials (Wilson 1927). @param {number} share @param {number} n @param {number} [z] */
export function wilsonInterval(share, n, z = 1.96) {
  const centre = share + z ** 2 / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [Math.max(0, (centre - half) / (1 + z ** 2 / n)), Math.min(1, (centre + half) / (1 + z ** 2 / n))];
}

/** @param {{normal: () => number, uniform: () => number}} rng @param {{n?: number, months?: number, n_events: number}} size @returns {Futures} */
export function drawFutures(rng, { n = N_FUTURES, months = MONTHS, n_events }) {
  const normals = Float64Array.from({ length: n * UNCERTAIN.length }, () => rng.normal());
  const uniforms = Float64Array.from({ length: n * n_events * months }, () => rng.uniform());
  return { n, months, normals, uniforms, n_events };
}

/** How many times an event is in force in each month. @param {(t: number) => boolean} happens @param {number} months @param {number} last */
function inForce(happens, months, last) {
  const count = new Float64Array(months);
  for (let t = 0; t < months; t++) {
    if (!happens(t)) continue;
    for (let later = t; later < (last ? Math.min(months, t + last) : months); later++) count[later] += 1;
  }
  return count;
}

/** What the events do in one future. @param {Business} b @param {Futures} futures @param {number} run @param {readonly Event[]} events */
function eventsOf(b, futures, run, events) {
  /** @type {Partial<Record<string, Float64Array>>} */
  const factors = {};
  const paid = new Float64Array(futures.months);
  events.forEach((event, i) => {
    if (event.rate_per_year === 0 || (event.only_with && /** @type {any} */ (b)[event.only_with] === 0)) return;
    const chance = 1 - Math.exp(-event.rate_per_year / 12);
    const start = (run * futures.n_events + i) * futures.months;
    const happens = (/** @type {number} */ t) => futures.uniforms[start + t] < chance;
    for (let t = 0; t < futures.months; t++) if (happens(t)) paid[t] += event.once_usd;
    if (!event.multiply.length) return;
    const count = inForce(happens, futures.months, event.months);
    for (const [name, factor] of event.multiply) {
      const all = (factors[name] ??= new Float64Array(futures.months).fill(1));
      for (let t = 0; t < futures.months; t++) all[t] *= factor ** count[t];
    }
  });
  return { factors, paid };
}

/**
 * Each uncertain input is multiplied by its own log-normal factor, median 1; the reference price moves with the price.
 * @param {Business} b @param {Futures} futures
 * @param {{spread: number, events?: readonly Event[], keep?: (p: Projection, run: number) => void}} options keep sees each projection
 */
export function survival(b, futures, { spread, events = [], keep }) {
  const lowest = new Float64Array(futures.n);
  const { used, billed } = unit(b); // usage does not vary
  let survived = 0;
  for (let run = 0; run < futures.n; run++) {
    const changed = /** @type {any} */ ({ ...b });
    UNCERTAIN.forEach((name, i) => {
      const factor = Math.exp(spread * futures.normals[run * UNCERTAIN.length + i]);
      for (const moved of [name, ...(MOVES_ALONG[name] ?? [])]) changed[moved] *= factor;
    });
    changed.churn_per_month = Math.min(changed.churn_per_month, 1); // nobody leaves twice
    const p = project(changed, futures.months, { ...eventsOf(b, futures, run, events), counts: { used, billed } });
    lowest[run] = lowestCash(p);
    if (lowest[run] >= 0) survived += 1;
    keep?.(p, run);
  }
  const share = survived / futures.n;
  const [low, high] = wilsonInterval(share, futures.n);
  return { share, low, high, lowest_cash_usd: lowest };
}

/** Cash that is missing today so that `share` of the futures survive. @param {Float64Array} lowest @param {number} [share] */
export function raiseUsd(lowest, share = 0.8) {
  const needed = Float64Array.from(lowest, (cash) => -cash).sort();
  return Math.max(0, needed[Math.ceil(share * needed.length - 1e-9) - 1]);
}

/**
 * Two plans in the same futures: who survives where, and the paired 95 % interval of the difference (Agresti and Min 2005, Wald + 2).
 * @param {Float64Array} first lowest cash in each future @param {Float64Array} second
 */
export function compare(first, second) {
  let [both, only_first, only_second] = [0, 0, 0];
  first.forEach((cash, i) => {
    const [a, b] = [cash >= 0, second[i] >= 0];
    if (a && b) both += 1;
    else if (a) only_first += 1;
    else if (b) only_second += 1;
  });
  const n = first.length + 2;
  const apart = only_first - only_second;
  const half = (1.959963984540054 * Math.sqrt(only_first + only_second + 1 - apart ** 2 / n)) / n;
  return {
    both, only_first, only_second, neither: first.length - both - only_first - only_second,
    difference: apart / first.length, low: Math.max(-1, apart / n - half), high: Math.min(1, apart / n + half),
  };
}
