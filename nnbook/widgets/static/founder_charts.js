// @ts-check
/** The two charts of FounderCalculator: cash over 36 months with its valley, and which input moves the result most. */

import { cashPositiveMonth, lowestCash, runwayMonths } from "./firm.js";
import { label, line, pathThrough, plot, ticks } from "./ui_explore.js";
import { svg } from "./ui.js";

/** @typedef {import("./firm.js").Projection} Projection */
/** @typedef {(usd: number, digits?: number) => string} Money */
/** @typedef {{start: number, projection: Projection, low: Float64Array, high: Float64Array, money: Money, other: {name: string, start: number, projection: Projection} | null}} CashView */

/** @param {import("./ui.js").Scope} scope @param {() => CashView | null} view */
export function cashChart(scope, view) {
  return plot(scope, {
    kind: "fdc-cash",
    height: (width) => (width < 340 ? 220 : 290),
    draw(width, height) {
      const now = view();
      if (!now) return [];
      const { start, projection, low, high, money, other } = now;
      const cash = [start, ...projection.cash_usd];
      const n = cash.length - 1;
      const beside = other ? [other.start, ...other.projection.cash_usd] : [];
      const top = Math.max(0, ...cash, ...beside);
      const bottom = Math.min(0, ...cash, ...beside);
      const room = 0.28 * (top - bottom || 1);
      const upper = Math.min(top + room, Math.max(top, ...high)); // the band may leave the picture, the plan may not
      const lower = Math.max(bottom - room, Math.min(bottom, ...low));
      const pad = 0.04 * (upper - lower || 1);
      const box = { left: 56, right: width - 12, top: 10, bottom: height - 26 };
      const x = (/** @type {number} */ month) => box.left + (month / n) * (box.right - box.left);
      const y = (/** @type {number} */ usd) => box.bottom - ((usd - (lower - pad)) / (upper - lower + 2 * pad)) * (box.bottom - box.top);
      const clip = (/** @type {number} */ v) => Math.max(box.top, Math.min(box.bottom, v));
      /** @type {SVGElement[]} */
      const parts = [];
      for (const tick of ticks(lower, upper, 4)) {
        parts.push(line(box.left, y(tick), box.right, y(tick), Math.abs(tick) < 1e-9 ? "nnx-zero" : "nnx-rule"));
        parts.push(label(box.left - 7, y(tick) + 4, money(Math.abs(tick) < 1e-9 ? 0 : tick, 3), { "text-anchor": "end" }));
      }
      for (let month = 0; month <= n; month += 6) parts.push(label(x(month), height - 8, month === 0 ? "today" : String(month), { "text-anchor": month === 0 ? "start" : month === n ? "end" : "middle" }));
      const band = [...high].map((v, i) => /** @type {[number, number]} */ ([x(i + 1), clip(y(v))]));
      const back = [...low].map((v, i) => /** @type {[number, number]} */ ([x(i + 1), clip(y(v))])).reverse();
      const origin = `${x(0).toFixed(1)} ${y(start).toFixed(1)}`;
      if (low.length) parts.push(svg("path", { class: "fdc-band", d: `M${origin}${pathThrough([...band, ...back]).replace("M", "L")}Z` }));
      if (other) {
        parts.push(svg("path", { class: "fdc-other", d: pathThrough(beside.map((v, i) => [x(i), y(v)])) }));
        parts.push(label(box.right, Math.max(box.top + 10, Math.min(box.bottom - 4, y(beside[n]) - 6)), other.name, { class: "nnx-note", "text-anchor": "end" }));
      }
      const points = cash.map((v, i) => /** @type {[number, number]} */ ([x(i), y(v)]));
      const empty = runwayMonths(projection);
      parts.push(svg("path", { class: "fdc-line", d: pathThrough(points) }));
      if (empty !== null) parts.push(svg("path", { class: "fdc-line below", d: pathThrough(points.slice(empty - 1).map((p, i) => (i === 0 ? crossing(points, empty, y(0)) : p))) }));
      const valley = lowestCash(projection);
      const at = projection.cash_usd.indexOf(valley) + 1;
      if (empty !== null) parts.push(...mark(...crossing(points, empty, y(0)), `cash is gone: month ${empty}`, "bad", { box, above: true, beside: true }));
      const deepest = `${at === n ? "lowest" : "valley"}: ${money(valley)}`;
      parts.push(...mark(x(at), y(valley), deepest, valley < 0 ? "bad" : "", { box, above: false }));
      const even = cashPositiveMonth(projection);
      if (even !== null && even > 1 && Math.abs(even - 1 - at) > 1) parts.push(...mark(x(even), y(cash[even]), `pays for itself: month ${even}`, "good", { box, above: true }));
      return parts;
    },
  });
}

/** Where the curve goes through zero. @param {[number, number][]} points @param {number} empty @param {number} zero @returns {[number, number]} */
function crossing(points, empty, zero) {
  const [x0, y0] = points[empty - 1];
  const [x1, y1] = points[empty];
  const share = y1 === y0 ? 1 : Math.max(0, Math.min(1, (zero - y0) / (y1 - y0)));
  return [x0 + share * (x1 - x0), zero];
}

/**
 * A dot with words. @param {number} x @param {number} y @param {string} text @param {string} tone
 * @param {{box: {left: number, right: number, top: number, bottom: number}, above: boolean, beside?: boolean}} place
 */
function mark(x, y, text, tone, { box, above, beside = false }) {
  const half = 3.4 * text.length;
  const fits = beside && x + 8 + 2 * half < box.right; // to the right of a falling curve
  const anchor = fits || x - half < box.left ? "start" : beside || x + half > box.right ? "end" : "middle";
  const at = fits ? x + 8 : beside ? x - 8 : anchor === "start" ? Math.max(x, box.left + 4) : anchor === "end" ? Math.min(x, box.right) : x;
  let level = above && (fits || !beside) ? y - 11 : y + 19;
  if (level > box.bottom - 3) level = y - 11;
  if (level < box.top + 8) level = y + 19;
  return [svg("circle", { class: `fdc-mark ${tone}`, cx: x.toFixed(1), cy: y.toFixed(1), r: 4.5 }), label(at, level, text, { class: `nnx-note ${tone}`, "text-anchor": anchor })];
}

const LETTER = 6.2; // pixels for a letter of a name, on average

/** The names, those that need more than `room` pixels cut with three dots. @param {string[]} names @param {number} room */
export function fitWords(names, room) {
  const most = Math.max(2, Math.floor(room / LETTER));
  return names.map((name) => (name.length <= most ? name : `${name.slice(0, most - 1).trimEnd()}…`));
}

/**
 * @param {import("./ui.js").Scope} scope
 * @param {() => {rows: [string, number, number][], centre: number, words: (name: string) => string, format: (v: number) => string} | null} view
 */
export function tornado(scope, view) {
  const pitch = 27;
  return plot(scope, {
    kind: "fdc-tornado",
    height: () => 7 * pitch + 30,
    draw(width) {
      const now = view();
      if (!now) return [];
      const { centre, words, format } = now;
      const rows = now.rows.slice(0, 7);
      const finite = rows.flatMap((row) => [row[1], row[2]]).filter(Number.isFinite);
      const low = Math.min(centre, ...finite);
      const high = Math.max(centre, ...finite);
      const names = fitWords(rows.map(([name]) => words(name)), 0.48 * width - 12);
      const box = { left: 12 + LETTER * Math.max(0, ...names.map((name) => name.length)), right: width - 6 };
      const x = (/** @type {number} */ v) => {
        if (high === low) return (box.left + box.right) / 2;
        return box.left + ((Math.max(low, Math.min(high, v)) - low) / (high - low)) * (box.right - box.left);
      };
      /** @type {SVGElement[]} */
      const parts = rows.flatMap(([, lower, raised], i) => {
        const y = i * pitch + 4;
        const bar = (/** @type {number} */ to, /** @type {string} */ kind) => {
          const [a, b] = [x(centre), x(to)].sort((p, q) => p - q);
          return svg("rect", { class: kind, x: a.toFixed(1), y, width: Math.max(0, b - a).toFixed(1), height: pitch - 9, rx: 2 });
        };
        return [label(box.left - 8, y + 13, names[i], { "text-anchor": "end", class: "fdc-name" }), bar(lower, "fdc-lower"), bar(raised, "fdc-raised")];
      });
      const bottom = rows.length * pitch + 2;
      parts.push(line(x(centre), 0, x(centre), bottom, "nnx-zero"));
      const ends = /** @type {[number, string][]} */ ([[low, "start"], [high, "end"]]);
      if (high > low) for (const [v, anchor] of ends) parts.push(label(x(v), bottom + 16, format(v), { "text-anchor": anchor }));
      return parts;
    },
  });
}
