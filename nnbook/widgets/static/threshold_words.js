// @ts-check
/** The sentences of ThresholdChooser. No DOM. */

import { money } from "./ui_explore.js";
import { formatNumber } from "./ui.js";

/** @param {string} unit @returns {(value: number) => string} */
export const pricer = (unit) => (unit === "USD" ? (v) => money(v, 4) : (v) => `${formatNumber(v, 4)} ${unit}`);

/** Cases of 1000: whole numbers, one digit where they are few. @param {number} share */
export function ofThousand(share) {
  const n = 1000 * share;
  return n === 0 ? "0" : n < 0.05 ? "fewer than 0.1" : n < 9.95 ? String(Number(n.toFixed(1))) : String(Math.round(n));
}

/** 0.42, 0.035, 0.0042: a threshold in few digits. @param {number} t */
export const thresholdText = (t) => String(Number(t.toFixed(4)));

/** 87 %, 87.3 %. @param {number} share */
export const percentText = (share) => (Number.isFinite(share) ? `${Number((100 * share).toFixed(share > 0.995 || share < 0.1 ? 2 : 1))}\u202f%` : "–");

/**
 * What the present threshold means.
 * @param {ReturnType<typeof import("./threshold.js").decide>} d
 * @param {{cases: string, positive: string, unit: string, cheapest: {threshold: number, cost: number}, nobody: number, everybody: number}} about
 */
export function story(d, { cases, positive, unit, cheapest, nobody, everybody }) {
  const price = pricer(unit);
  const first =
    d.alarms === 0
      ? `Of 1000 such ${cases}, nobody is called “${positive}”: all ${ofThousand(d.per.fn)} are missed.`
      : `Of 1000 such ${cases}, ${ofThousand(d.alarms)} are called “${positive}”; ${ofThousand(d.per.tp)} of these calls are right. ${ofThousand(d.per.fn)} are missed.`;
  const gap = d.cost - cheapest.cost;
  const near = gap <= 1e-9 * Math.max(1, Math.abs(d.cost));
  const second = `The cost is ${price(d.cost)} per case${near ? ", the least there is" : `, ${price(gap)} more than at ${thresholdText(cheapest.threshold)}`}.`;
  const simple = Math.min(nobody, everybody);
  const name = nobody <= everybody ? "nobody" : "everybody";
  const equal = Math.abs(d.cost - simple) <= 1e-9 * Math.max(1, Math.abs(simple));
  const third = equal ? `Calling ${name}, without any model, costs the same.` : d.cost < simple ? `Calling ${name}, without any model, costs ${price(simple)}.` : `Calling ${name}, without any model, costs ${price(simple)}: it is cheaper than this.`;
  return { first, second, third, worse: !equal && d.cost > simple };
}
