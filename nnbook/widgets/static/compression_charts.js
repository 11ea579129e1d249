// @ts-check
/** The two pictures of CompressionExplorer: the weights, and accuracy against bytes. */

import { histogram } from "./compression.js";
import { label, line, pathThrough, plot, ticks } from "./ui_explore.js";
import { svg } from "./ui.js";

const BINS = 81; // odd: zero has a bin of its own in the middle

/** @typedef {{original: Float64Array[], weights: Float64Array[]}} Weights */
/** @typedef {{bits: number, accuracy: number, bytes: number, chosen: boolean}} Point */

/** Bars: the compressed weights; line: the original ones. @param {import("./ui.js").Scope} scope @param {() => Weights | null} view */
export function weightChart(scope, view) {
  return plot(scope, {
    kind: "cpx-weights",
    height: 210,
    draw(width, height) {
      const now = view();
      if (!now) return [];
      const end = now.original.reduce((top, w) => w.reduce((a, b) => Math.max(a, Math.abs(b)), top), 0) || 1;
      const before = histogram(now.original, end, BINS);
      const after = histogram(now.weights, end, BINS);
      const most = Math.log10(1 + Math.max(...before, ...after));
      const box = { left: 42, right: width - 8, top: 8, bottom: height - 34 };
      const x = (/** @type {number} */ bin) => box.left + (bin / BINS) * (box.right - box.left);
      const y = (/** @type {number} */ count) => box.bottom - (Math.log10(1 + count) / most) * (box.bottom - box.top);
      /** @type {SVGElement[]} */
      const parts = [];
      for (let power = 1; power <= most; power++) parts.push(line(box.left, y(10 ** power - 1), box.right, y(10 ** power - 1)), label(box.left - 6, y(10 ** power - 1) + 4, String(10 ** power), { "text-anchor": "end" }));
      after.forEach((count, bin) => {
        if (count) parts.push(svg("rect", { class: "cpx-bar", x: (x(bin) + 0.4).toFixed(1), width: Math.max(0.8, x(1) - x(0) - 0.8).toFixed(1), y: y(count).toFixed(1), height: (box.bottom - y(count)).toFixed(1) }));
      });
      const outline = [...before].flatMap((count, bin) => /** @type {[number, number][]} */ ([[x(bin), y(count)], [x(bin + 1), y(count)]]));
      parts.push(svg("path", { class: "cpx-outline", d: pathThrough(outline) }), line(box.left, box.bottom, box.right, box.bottom, "nnx-zero"));
      for (const tick of ticks(-end, end, width < 420 ? 3 : 5)) parts.push(label(x(((tick + end) / (2 * end)) * BINS), box.bottom + 15, String(Number(tick.toPrecision(3))).replace("-", "−"), { "text-anchor": "middle" }));
      parts.push(label((box.left + box.right) / 2, height - 4, "weight", { "text-anchor": "middle" }));
      return parts;
    },
  });
}

/** One point for each number of bits at the present pruning. @param {import("./ui.js").Scope} scope @param {() => Point[]} view */
export function frontierChart(scope, view) {
  return plot(scope, {
    kind: "cpx-frontier",
    height: 210,
    draw(width, height) {
      const points = view();
      if (!points.length) return [];
      const box = { left: 44, right: width - 14, top: 14, bottom: height - 34 };
      const [low, high] = [1000, 50_000];
      const x = (/** @type {number} */ bytes) => box.left + (Math.log(bytes / low) / Math.log(high / low)) * (box.right - box.left);
      const y = (/** @type {number} */ share) => box.bottom - share * (box.bottom - box.top);
      /** @type {SVGElement[]} */
      const parts = [];
      for (const share of [0, 0.5, 1]) parts.push(line(box.left, y(share), box.right, y(share)), label(box.left - 6, y(share) + 4, `${100 * share}\u202f%`, { "text-anchor": "end" }));
      for (const kilobytes of [1, 2, 5, 10, 20, 50]) parts.push(line(x(1000 * kilobytes), box.top, x(1000 * kilobytes), box.bottom), label(x(1000 * kilobytes), box.bottom + 15, String(kilobytes), { "text-anchor": "middle" }));
      parts.push(label((box.left + box.right) / 2, height - 4, "kilobytes", { "text-anchor": "middle" }));
      parts.push(svg("path", { class: "cpx-line", d: pathThrough(points.map((p) => [x(p.bytes), y(p.accuracy)])) }));
      for (const p of points) {
        parts.push(svg("circle", { class: p.chosen ? "cpx-point chosen" : "cpx-point", cx: x(p.bytes).toFixed(1), cy: y(p.accuracy).toFixed(1), r: p.chosen ? 6.5 : 4 }));
        if (p.chosen) parts.push(label(x(p.bytes), y(p.accuracy) + (p.accuracy > 0.5 ? 22 : -12), `${p.bits} bits`, { "text-anchor": "middle", class: "nnx-note" }));
      }
      return parts;
    },
  });
}
