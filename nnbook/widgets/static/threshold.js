// @ts-check
/** From scores to decisions: counts, rates and costs at every threshold. The mathematics of ThresholdChooser, without a page. */

import { bytes, uint8 } from "./base64.js";

export const STEPS = 10000; // scores and thresholds are multiples of 1 / STEPS
export const PREVALENCE = [0.0001, 0.9999];
const MAX_COST = 1e9;
const COSTS = /** @type {const} */ (["false_positive_cost", "false_negative_cost", "true_positive_cost", "true_negative_cost"]);

/** @typedef {{true_positive_cost: number, false_positive_cost: number, true_negative_cost: number, false_negative_cost: number, prevalence: number}} Stakes */
/** @typedef {ReturnType<typeof tally>} Tally */

/**
 * What Python packed: 16 bits a score, one bit a label, 32 bits an amount.
 * @param {{scores_data: string, labels_data: string, amounts_data: string, n_cases: number}} state
 */
export function unpack(state) {
  const [scores, labels] = [new DataView(bytes(state.scores_data)), uint8(state.labels_data)];
  const amounts = state.amounts_data ? new DataView(bytes(state.amounts_data)) : null;
  const cases = Array.from({ length: state.n_cases }, (_, i) => i);
  return {
    steps: cases.map((i) => scores.getUint16(2 * i, true)),
    labels: cases.map((i) => (labels[i >> 3] >> (7 - (i & 7))) & 1),
    amounts: amounts && cases.map((i) => amounts.getFloat32(4 * i, true)),
  };
}

/**
 * Count once; afterwards each threshold k / STEPS is a look into four lists.
 * @param {{steps: number[], labels: number[], amounts: number[] | null}} cases
 */
export function tally({ steps, labels, amounts }) {
  const here = { tp: new Float64Array(STEPS + 1), fp: new Float64Array(STEPS + 1), amount: new Float64Array(STEPS + 1) };
  steps.forEach((k, i) => {
    here[labels[i] ? "tp" : "fp"][k] += 1;
    if (labels[i] && amounts) here.amount[k] += amounts[i];
  });
  const [tp, fp, missed] = [new Float64Array(STEPS + 2), new Float64Array(STEPS + 2), new Float64Array(STEPS + 1)];
  for (let k = STEPS; k >= 0; k--) {
    tp[k] = tp[k + 1] + here.tp[k];
    fp[k] = fp[k + 1] + here.fp[k];
  }
  for (let k = 1; k <= STEPS; k++) missed[k] = missed[k - 1] + here.amount[k - 1];
  const highest = steps.reduce((a, b) => Math.max(a, b), 0);
  return { tp, fp, missed, positives: tp[0], negatives: fp[0], n: steps.length, hasAmounts: amounts !== null, highest, here };
}

/** The smallest step that is not below the threshold. @param {number} threshold */
export const stepOf = (threshold) => Math.ceil(threshold * STEPS - 1e-6);

/** Cost per case when every case from step k on is called positive. @param {Tally} t @param {Stakes} s @param {number} k */
function costAt(t, s, k) {
  const missed = t.hasAmounts ? t.missed[k] : (t.positives - t.tp[k]) * s.false_negative_cost;
  const perPositive = (missed + t.tp[k] * s.true_positive_cost) / t.positives;
  const perNegative = (t.fp[k] * s.false_positive_cost + (t.negatives - t.fp[k]) * s.true_negative_cost) / t.negatives;
  return s.prevalence * perPositive + (1 - s.prevalence) * perNegative;
}

/** Cost at each step. @param {Tally} t @param {Stakes} s */
export const costCurve = (t, s) => Float64Array.from({ length: STEPS + 1 }, (_, k) => costAt(t, s, k));

/** The middle of the lowest interval over which the cost is least, as a step. @param {Float64Array} curve */
export function cheapest(curve) {
  const least = curve.reduce((a, b) => Math.min(a, b), Infinity);
  const enough = least + 1e-12 * Math.max(1, Math.abs(least));
  const first = curve.findIndex((c) => c <= enough);
  let last = first;
  while (last < STEPS && curve[last + 1] <= enough) last++;
  return Math.floor((first + last) / 2);
}

/**
 * All that one threshold means. Counts are of the data; `per` counts are of one case where the prevalence is `s.prevalence`.
 * @param {Tally} t @param {Stakes} s @param {number} k
 */
export function decide(t, s, k) {
  const [tp, fp] = [t.tp[k], t.fp[k]];
  const [fn, tn] = [t.positives - tp, t.negatives - fp];
  const sensitivity = tp / t.positives;
  const specificity = tn / t.negatives;
  const per = { tp: s.prevalence * sensitivity, fn: s.prevalence * (1 - sensitivity), fp: (1 - s.prevalence) * (1 - specificity), tn: (1 - s.prevalence) * specificity };
  const alarms = per.tp + per.fp;
  const threshold = k / STEPS;
  return {
    tp, fp, fn, tn, sensitivity, specificity, per, alarms,
    precision: alarms > 0 ? per.tp / alarms : NaN,
    negativeValue: alarms < 1 ? per.tn / (per.tn + per.fn) : NaN,
    cost: costAt(t, s, k),
    netBenefit: threshold < 1 ? per.tp - (per.fp * threshold) / (1 - threshold) : NaN,
  };
}

/** The steps at which something changes, from calling nobody to calling everybody: one beyond each score that occurs. @param {Tally} t */
export function turns(t) {
  const list = [STEPS];
  for (let k = STEPS; k >= 0; k--) if (t.here.tp[k] || t.here.fp[k]) list.push(k);
  return list;
}

/** False and true positive rate at each turn. @param {Tally} t @returns {[number, number][]} */
export const rocPoints = (t) => turns(t).map((k) => [t.fp[k] / t.negatives, t.tp[k] / t.positives]);

/** Sensitivity and precision at each turn where somebody is called. @param {Tally} t @param {number} prevalence @returns {[number, number][]} */
export function precisionPoints(t, prevalence) {
  return turns(t).filter((k) => t.tp[k] + t.fp[k] > 0).map((k) => {
    const found = (prevalence * t.tp[k]) / t.positives;
    return [t.tp[k] / t.positives, found / (found + ((1 - prevalence) * t.fp[k]) / t.negatives)];
  });
}

/** Area under the ROC curve. @param {Tally} t */
export function rocArea(t) {
  let area = 0;
  const points = rocPoints(t);
  for (let i = 1; i < points.length; i++) area += ((points[i][0] - points[i - 1][0]) * (points[i][1] + points[i - 1][1])) / 2;
  return area;
}

/** How many of each class fall into each of `bins` equal parts of [0, top]. @param {Tally} t @param {number} bins @param {number} top */
export function histogram(t, bins, top) {
  const [positive, negative] = [new Float64Array(bins), new Float64Array(bins)];
  for (let k = 0; k <= STEPS; k++) {
    const bin = Math.min(bins - 1, Math.floor((k * bins) / (top * STEPS)));
    positive[bin] += t.here.tp[k];
    negative[bin] += t.here.fp[k];
  }
  return { positive, negative };
}

/** The right end of the axis: a round number above the highest score. @param {Tally} t */
export function axisEnd(t) {
  const highest = (t.highest + 1) / STEPS;
  return [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8].find((end) => end >= highest) ?? 1;
}

/** A sentence if the state cannot be shown, else null. @param {any} state */
export function problemWith(state) {
  const number = (/** @type {string} */ name, /** @type {number} */ low, /** @type {number} */ high) =>
    typeof state[name] === "number" && state[name] >= low && state[name] <= high ? null : `${name} must lie in [${low}, ${high}].`;
  return number("threshold", 0, 1) ?? number("prevalence", PREVALENCE[0], PREVALENCE[1]) ?? COSTS.map((name) => number(name, -MAX_COST, MAX_COST)).find((p) => p !== null) ?? null;
}
