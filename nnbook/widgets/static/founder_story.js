// @ts-check
/** The sentences of FounderCalculator. No DOM; `money` writes dollars in the reader's currency. */

import { cashPositiveMonth, contribution, contributionIn, lifetimeMonths, lifetimeValue, lifetimeValueToAcquisition, lowestCash, unit } from "./firm.js";
import { crossoverMillionTokens, firstFailure } from "./firm_decisions.js";
import { formatNumber } from "./ui.js";
import { months, percent } from "./ui_explore.js";

/** @typedef {import("./firm.js").Business} Business */
/** @typedef {import("./firm.js").Projection} Projection */
/** @typedef {(usd: number, digits?: number) => string} Money */

/**
 * What breaks first, in a plain sentence and one of what could be done.
 * @param {Business} b @param {Projection} p @param {string} customer @param {Money} money @returns {{tone: "bad" | "open" | "good", title: string, text: string}}
 */
export function story(b, p, customer, money) {
  const { constraint, month } = firstFailure(b, p);
  const length = p.cash_usd.length;
  const price = unit(b).revenue;
  if (constraint === "unit" && month === 1) {
    const cost = price - contribution(b);
    const text = contribution(b) < 0 ? `Each one costs ${money(cost)} and pays ${money(price)} a month. Growing makes it worse.` : `Each one costs all of the ${money(price)} that it pays.`;
    return { tone: "bad", title: `First to break: the margin, from the first day.`, text };
  }
  if (constraint === "unit") {
    const t = /** @type {number} */ (month) - 1;
    const then = price * (1 + b.price_change_per_year) ** (t / 12);
    return { tone: "bad", title: `First to break: the margin, in month ${month}.`, text: `By then a ${customer} pays ${money(then)} a month and costs ${money(then - contributionIn(b, t))}.` };
  }
  if (constraint === "acquisition") {
    return {
      tone: "bad",
      title: `First to break: winning ${customer}s does not pay.`,
      text: `One costs ${money(unit(b).winning)} to win and brings ${money(lifetimeValue(b))} in the ${formatNumber(lifetimeMonths(b), 2)} months it stays.`,
    };
  }
  const valley = lowestCash(p);
  const even = cashPositiveMonth(p);
  if (constraint === "cash") {
    const rescue =
      even === null
        ? `Even ${money(-valley, 2)} more would only last to month ${length}: the plan does not pay for itself by then.`
        : `${money(-valley, 2)} more would carry it to month ${even}, when it pays for itself.`;
    return { tone: "bad", title: `First to break: the cash, in month ${month}.`, text: rescue };
  }
  const left = p.cash_usd[length - 1];
  if (constraint === "break_even") {
    return { tone: "open", title: `Nothing breaks within ${months(length)}, but it does not pay for itself.`, text: `In the last month it still burns ${money(Math.max(0, -p.cash_flow_usd[length - 1]))}; ${money(left)} is left.` };
  }
  const ratio = lifetimeValueToAcquisition(b);
  const thin = ratio < 3 ? ` LTV/CAC is ${formatNumber(ratio, 2)}, below the usual 3: thin.` : "";
  return { tone: "good", title: `Nothing breaks within ${months(length)}.`, text: `It pays for itself from month ${even}; the deepest point leaves ${money(valley)} of ${money(b.cash_usd)}.${thin}` };
}

/** Which way, and from which volume another one. @param {ReturnType<typeof import("./firm_decisions.js").whichWay>} decision @param {string} units @param {number} n months */
export function wayText(decision, units, n) {
  const { choice, reason, ways } = decision;
  const api = ways.find((way) => way.supply.machine_usd_per_month === 0)?.supply;
  const proof = choice === api?.name ? "" : " Whether its answers are good enough, only your own examples can tell.";
  const head = choice === "do not build" ? `Do not build: ${reason}.` : `Take “${choice}”: ${reason}.${proof}`;
  if (!api) return head;
  const others = ways.filter((way) => way.supply.machine_usd_per_month > 0).map(({ supply }) => {
    const volume = crossoverMillionTokens(api, supply, n);
    return Number.isFinite(volume) ? `“${supply.name}” never costs more than “${api.name}” from ${formatNumber(volume, 2)} ${units} a month` : `“${supply.name}” never becomes cheaper than “${api.name}”`;
  });
  return others.length ? `${head} Over ${n} months, ${others.join("; ")}.` : head;
}

/** The words of a gate. @type {Record<string, {measure: (customer: string) => string, when: string, share?: boolean}>} */
export const GATES = {
  price: { when: "before building", measure: () => "what buyers sign for, a month" },
  "cost to serve": { when: "prototype", measure: (customer) => `cost to serve one ${customer}, a month` },
  churn: { when: "pilot", measure: () => "share that leaves, a month", share: true },
  winning: { when: "growth", measure: (customer) => `cost to win one ${customer}` },
  cash: { when: "before scaling", measure: () => "cash in the bank" },
};

/** @param {{stops: string, limit: number | null}} gate @param {(value: number) => string} format */
export const stopText = ({ stops, limit }, format) => (limit === null ? "no value passes" : `${stops} ${format(limit)}`);

/** The cash curve for those who do not see it. @param {Projection} p @param {Money} money */
export function cashText(p, money) {
  const at = [5, 11, 17, 23, 29, 35].filter((t) => t < p.cash_usd.length).map((t) => `month ${t + 1} ${money(p.cash_usd[t])}`);
  const low = lowestCash(p);
  return `Cash left by month: ${at.join(", ")}. Deepest point ${money(low)} in month ${p.cash_usd.indexOf(low) + 1}.`;
}

/** @param {{share: number}} s */
export const survivalText = (s) => percent(Number(s.share.toFixed(2)));

/** Two plans in the same futures. @param {ReturnType<typeof import("./firm_futures.js").compare>} c @param {string} name @param {number} n */
export function pairText(c, name, n) {
  const points = (/** @type {number} */ v) => `${v < 0 ? "−" : "+"}${Math.abs(100 * v).toFixed(0)}`;
  const clear = c.low > 0 ? "This plan survives more often." : c.high < 0 ? `${name} survives more often.` : "Which one survives more often cannot be told.";
  return `In the same ${n} futures: ${c.only_first} times only this plan survives, ${c.only_second} times only ${name}; difference ${points(c.difference)} points (95\u202f%: ${points(c.low)} to ${points(c.high)}). ${clear}`;
}
