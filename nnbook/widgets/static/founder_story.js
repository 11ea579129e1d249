// @ts-check
/** The sentences of FounderCalculator. No DOM. */

import { breakEvenMonth, contribution, contributionIn, firstFailure, lifetimeMonths, lifetimeValue, lifetimeValueToAcquisition, lowestCash } from "./economics.js";
import { formatNumber } from "./ui.js";
import { money, months, percent } from "./ui_explore.js";

/** @typedef {import("./economics.js").Business} Business */
/** @typedef {import("./economics.js").Projection} Projection */

/**
 * What breaks first, in a plain sentence and one of what could be done.
 * @param {Business} b @param {Projection} p @param {string} customer @returns {{tone: "bad" | "open" | "good", title: string, text: string}}
 */
export function story(b, p, customer) {
  const { constraint, month } = firstFailure(b, p);
  const length = p.cash_usd.length;
  const price = b.price_usd_per_customer_month;
  if (constraint === "unit" && month === 1) {
    const cost = price - contribution(b);
    const text = contribution(b) < 0 ? `Each one costs ${money(cost)} and pays ${money(price)} a month. Growing makes it worse.` : `Each one costs all of the ${money(price)} that it pays.`;
    return { tone: "bad", title: `First to break: the margin, from the first day.`, text };
  }
  if (constraint === "unit") {
    const t = /** @type {number} */ (month) - 1;
    const then = price * (1 + b.price_change_per_year) ** (t / 12);
    return {
      tone: "bad",
      title: `First to break: the margin, in month ${month}.`,
      text: `By then a ${customer} pays ${money(then)} a month and costs ${money(then - contributionIn(b, t))}.`,
    };
  }
  if (constraint === "acquisition") {
    return {
      tone: "bad",
      title: `First to break: winning ${customer}s does not pay.`,
      text: `One costs ${money(b.acquisition_usd_per_customer)} to win and brings ${money(lifetimeValue(b))} in the ${formatNumber(lifetimeMonths(b), 2)} months it stays.`,
    };
  }
  const valley = lowestCash(p);
  const even = breakEvenMonth(p);
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
  return {
    tone: "good",
    title: `Nothing breaks within ${months(length)}.`,
    text: `It pays for itself from month ${even}; the deepest point leaves ${money(valley)} of ${money(b.cash_usd)}.${thin}`,
  };
}

/** The cash curve for those who do not see it. @param {Projection} p */
export function cashText(p) {
  const at = [5, 11, 17, 23, 29, 35].filter((t) => t < p.cash_usd.length).map((t) => `month ${t + 1} ${money(p.cash_usd[t])}`);
  const low = lowestCash(p);
  return `Cash left by month: ${at.join(", ")}. Deepest point ${money(low)} in month ${p.cash_usd.indexOf(low) + 1}.`;
}

/** @param {{share: number, low: number, high: number}} s */
export const survivalText = (s) => `${percent(Number(s.share.toFixed(2)))}`;
