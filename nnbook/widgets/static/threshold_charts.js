// @ts-check
/** The four pictures of ThresholdChooser: scores of both classes, ROC, precision and recall, cost. */

import { STEPS, histogram, precisionPoints, rocPoints } from "./threshold.js";
import { percentText, pricer, thresholdText } from "./threshold_words.js";
import { label, line, pathThrough, plot, ticks } from "./ui_explore.js";
import { svg } from "./ui.js";

/** @typedef {import("./threshold.js").Tally} Tally */
/** @typedef {{tally: Tally, k: number, end: number, decision: ReturnType<typeof import("./threshold.js").decide>, prevalence: number, curve: Float64Array, best: number, unit: string, names: string[]}} View */

export const EDGE = 14; // pixels left and right of the threshold's axis
export const COST_LEFT = 58;

/** Where a threshold stands. @param {number} t @param {number} end @param {number} left @param {number} right */
export const place = (t, end, left, right) => left + (Math.min(t, end) / end) * (right - left);

/** Scores: class 1 upwards, class 0 downwards; what is called wrongly is strong. @param {import("./ui.js").Scope} scope @param {() => View} view */
export function scoreStrip(scope, view) {
  return plot(scope, {
    kind: "thc-scores",
    height: (width) => (width < 460 ? 190 : 210),
    draw(width, height) {
      const { tally, k, end, names } = view();
      const bins = width < 460 ? 25 : 50;
      const { positive, negative } = histogram(tally, bins, end);
      const box = { left: EDGE, right: width - EDGE, top: 22, bottom: height - 24 };
      const middle = (box.top + box.bottom) / 2;
      const x = (/** @type {number} */ t) => place(t, end, box.left, box.right);
      const cut = x(k / STEPS);
      /** @type {SVGElement[]} */
      const parts = [];
      for (const tick of ticks(0, end, width < 460 ? 4 : 8)) parts.push(line(x(tick), box.top, x(tick), box.bottom), label(x(tick), height - 8, thresholdText(tick), { "text-anchor": "middle" }));
      const bars = (/** @type {Float64Array} */ counts, /** @type {string} */ kind, /** @type {number} */ sign) => {
        const most = Math.max(1, ...counts);
        counts.forEach((n, i) => {
          if (n === 0) return;
          const tall = Math.max(2, Math.sqrt(n / most) * (middle - box.top - 2));
          const [a, b] = [x((i * end) / bins) + 0.5, x(((i + 1) * end) / bins) - 0.5];
          const piece = (/** @type {number} */ from, /** @type {number} */ to, /** @type {boolean} */ called) => {
            if (to - from < 0.2) return;
            const wrong = called !== (sign > 0);
            parts.push(svg("rect", { class: `thc-bar ${kind} ${wrong ? "wrong" : "right"}`, x: from.toFixed(1), width: (to - from).toFixed(1), y: (sign > 0 ? middle - tall : middle).toFixed(1), height: tall.toFixed(1) }));
          };
          piece(a, Math.min(b, cut), false);
          piece(Math.max(a, cut), b, true);
        });
      };
      bars(positive, "one", 1);
      bars(negative, "zero", -1);
      parts.push(line(box.left, middle, box.right, middle, "nnx-zero"), line(cut, 4, cut, box.bottom, "thc-cut"));
      const right = cut < (box.left + box.right) / 2;
      const beside = { "text-anchor": right ? "start" : "end", class: "nnx-note thc-side" };
      parts.push(label(cut + (right ? 12 : -12), 14, right ? `called ${names[1]} →` : `← called ${names[0]}`, beside));
      return parts;
    },
  });
}

/** @param {number} width @param {number} height */
const square = (width, height) => ({ left: 40, right: width - 10, top: 8, bottom: height - 36 });

/** A chart of two shares with the present point. @param {import("./ui.js").Scope} scope @param {{kind: string, across: string, up: string, lines: (v: View) => {path: [number, number][], rule: [number, number][], point: [number, number]}}} options */
function shares(scope, view, { kind, across, up, lines }) {
  return plot(scope, {
    kind,
    height: (width) => Math.min(260, Math.max(190, 0.85 * width)),
    draw(width, height) {
      const box = square(width, height);
      const at = (/** @type {[number, number]} */ [a, b]) => /** @type {[number, number]} */ ([box.left + a * (box.right - box.left), box.bottom - b * (box.bottom - box.top)]);
      const { path, rule, point } = lines(view());
      /** @type {SVGElement[]} */
      const parts = [];
      for (const tick of [0, 0.5, 1]) {
        const [[x, y]] = [at([tick, tick])];
        parts.push(line(box.left, y, box.right, y), line(x, box.top, x, box.bottom), label(box.left - 6, y + 4, String(tick), { "text-anchor": "end" }), label(x, box.bottom + 15, String(tick), { "text-anchor": tick === 1 ? "end" : "middle" }));
      }
      parts.push(label((box.left + box.right) / 2, height - 6, across, { "text-anchor": "middle" }));
      parts.push(svg("text", { transform: `translate(11 ${((box.top + box.bottom) / 2).toFixed(1)}) rotate(-90)`, "text-anchor": "middle" }, [up]));
      parts.push(svg("path", { class: "thc-rule", d: pathThrough(rule.map(at)) }), svg("path", { class: "thc-line", d: pathThrough(path.map(at)) }));
      const [x, y] = at(point);
      if (Number.isFinite(x) && Number.isFinite(y)) parts.push(svg("circle", { class: "thc-point", cx: x.toFixed(1), cy: y.toFixed(1), r: 6 }));
      return parts;
    },
  });
}

/** @param {import("./ui.js").Scope} scope @param {() => View} view */
export const rocChart = (scope, view) =>
  shares(scope, view, {
    kind: "thc-roc",
    across: "1 − specificity",
    up: "sensitivity",
    lines: (v) => ({ path: rocPoints(v.tally), rule: [[0, 0], [1, 1]], point: [1 - v.decision.specificity, v.decision.sensitivity] }),
  });

/** @param {import("./ui.js").Scope} scope @param {() => View} view */
export const precisionChart = (scope, view) =>
  shares(scope, view, {
    kind: "thc-pr",
    across: "sensitivity (recall)",
    up: "precision",
    lines: (v) => ({ path: precisionPoints(v.tally, v.prevalence), rule: [[0, v.prevalence], [1, v.prevalence]], point: [v.decision.sensitivity, v.decision.precision] }),
  });

/** Cost per case at each threshold, the cheapest marked. @param {import("./ui.js").Scope} scope @param {() => View} view */
export function costChart(scope, view) {
  return plot(scope, {
    kind: "thc-cost",
    height: (width) => (width < 460 ? 200 : 220),
    draw(width, height) {
      const { k, end, curve, best, unit } = view();
      const price = pricer(unit);
      const box = { left: COST_LEFT, right: width - EDGE, top: 22, bottom: height - 36 };
      const last = Math.round(end * STEPS);
      const shown = Array.from({ length: 301 }, (_, i) => Math.round((i / 300) * last));
      const values = [...shown.map((i) => curve[i]), curve[best]];
      const [low, high] = [Math.min(...values), Math.max(...values)];
      const pad = 0.08 * (high - low || Math.abs(high) || 1);
      const y = (/** @type {number} */ c) => box.bottom - ((c - low + pad) / (high - low + 2 * pad)) * (box.bottom - box.top);
      const x = (/** @type {number} */ step) => place(step / STEPS, end, box.left, box.right);
      /** @type {SVGElement[]} */
      const parts = [];
      for (const tick of ticks(low - pad, high + pad, 4)) parts.push(line(box.left, y(tick), box.right, y(tick), Math.abs(tick) < 1e-12 ? "nnx-zero" : "nnx-rule"), label(box.left - 6, y(tick) + 4, unit === "USD" ? price(tick) : price(tick).replace(` ${unit}`, ""), { "text-anchor": "end" }));
      for (const tick of ticks(0, end, width < 460 ? 4 : 6)) parts.push(label(x(tick * STEPS), box.bottom + 15, thresholdText(tick), { "text-anchor": "middle" }));
      parts.push(label((box.left + box.right) / 2, height - 5, "threshold", { "text-anchor": "middle" }));
      parts.push(svg("path", { class: "thc-line", d: pathThrough(shown.map((i) => [x(i), y(curve[i])])) }), line(x(k), box.top - 8, x(k), box.bottom, "thc-cut"));
      parts.push(svg("circle", { class: "thc-best", cx: x(best).toFixed(1), cy: y(curve[best]).toFixed(1), r: 5 }), svg("circle", { class: "thc-point", cx: x(k).toFixed(1), cy: y(curve[k]).toFixed(1), r: 6 }));
      const left = x(best) < (box.left + box.right) / 2;
      parts.push(label(x(best) + (left ? 4 : -4), 12, `cheapest: ${thresholdText(Math.min(best / STEPS, 1))}, ${price(curve[best])}`, { class: "nnx-note", "text-anchor": left ? "start" : "end" }));
      return parts;
    },
  });
}

/** The pictures in words. @param {View} v @param {number} area */
export const chartWords = (v, area) => ({
  scores: `Scores of ${v.tally.positives} ${v.names[1]} and ${v.tally.negatives} ${v.names[0]} cases, threshold ${thresholdText(v.k / STEPS)}.`,
  roc: `ROC curve, area ${area.toFixed(3)}; now sensitivity ${percentText(v.decision.sensitivity)} at specificity ${percentText(v.decision.specificity)}.`,
  pr: `Precision against sensitivity; now precision ${percentText(v.decision.precision)} at sensitivity ${percentText(v.decision.sensitivity)}.`,
  cost: `Cost per case against the threshold; now ${pricer(v.unit)(v.decision.cost)}, least ${pricer(v.unit)(v.curve[v.best])} at ${thresholdText(v.best / STEPS)}.`,
});
