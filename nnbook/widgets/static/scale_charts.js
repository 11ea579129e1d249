// @ts-check
/** The two pictures of ScaleExplorer: which parts hold the parameters, and memory on a log scale against accelerators. */

import { bytes, count } from "./scale.js";
import { label, line, plot } from "./ui_explore.js";
import { el, svg } from "./ui.js";

/** A bar cut into parts, and their names. */
export function partsBar() {
  const bar = el("div", { class: "scx-bar", "aria-hidden": "true" });
  const legend = el("ul", { class: "scx-legend", "aria-label": "Parameters by part" });
  return {
    root: el("div", { class: "scx-parts" }, [bar, legend]),
    /** @param {Record<string, number>} parts @param {number} total */
    show(parts, total) {
      const list = Object.entries(parts);
      bar.replaceChildren(...list.map(([name, n]) => el("span", { class: `scx-part ${name.replace(" ", "-")}`, style: `flex-grow: ${(n / total).toFixed(5)}` })));
      legend.replaceChildren(...list.map(([name, n]) => el("li", { class: `scx-part-key ${name.replace(" ", "-")}` }, [`${name} ${count(n)}`])));
    },
  };
}

/**
 * @param {import("./ui.js").Scope} scope
 * @param {() => {weights: number, toServe: number, toTrain: number, accelerators: {memory_gigabytes: number}[], machine: {memory_gigabytes: number}} | null} view
 */
export function memoryChart(scope, view) {
  return plot(scope, {
    kind: "scx-log",
    height: () => 188,
    draw(width) {
      const now = view();
      if (!now) return [];
      const { weights, toServe, toTrain, accelerators, machine } = now;
      const sizes = [...new Set(accelerators.map((a) => a.memory_gigabytes))].sort((a, b) => a - b);
      const from = Math.min(6, Math.floor(Math.log10(weights)));
      const to = Math.max(12, Math.ceil(Math.log10(Math.max(toTrain, toServe)) + 0.3));
      const narrow = width < 460;
      const box = { left: narrow ? 62 : 76, right: width - 8, top: 38, bottom: 158 };
      const x = (/** @type {number} */ b) => box.left + ((Math.max(from, Math.log10(b)) - from) / (to - from)) * (box.right - box.left);
      /** @type {SVGElement[]} */
      const parts = [];
      for (let power = from; power <= to; power++) {
        parts.push(line(x(10 ** power), box.top, x(10 ** power), box.bottom, "nnx-rule"));
        if (!narrow || power % 3 === 0) parts.push(label(x(10 ** power), box.bottom + 18, bytes(10 ** power), { "text-anchor": power === to ? "end" : "middle" }));
      }
      const rows = /** @type {[string, number, number][]} */ ([["weights", weights, weights], ["to serve", weights, toServe], ["to train", toTrain, toTrain]]);
      /** @type {SVGElement[]} */
      const words = [];
      rows.forEach(([name, solid, all], i) => {
        const y = box.top + 8 + i * 38;
        const bar = (/** @type {number} */ a, /** @type {number} */ b, /** @type {string} */ kind) => svg("rect", { class: kind, x: a.toFixed(1), y, width: Math.max(0, b - a).toFixed(1), height: 24, rx: 3 });
        parts.push(label(box.left - 8, y + 16, name, { "text-anchor": "end", class: "scx-name" }));
        if (all > solid) parts.push(bar(x(from ? 10 ** from : 1), x(all), "scx-cache"));
        parts.push(bar(x(10 ** from), x(solid), i === 2 ? "scx-train" : "scx-weights"));
        const end = x(all);
        const text = bytes(all);
        const inside = end + 9 * text.length > box.right;
        words.push(label(inside ? end - 7 : end + 7, y + 16, text, { class: inside ? "scx-inside" : "nnx-note", "text-anchor": inside ? "end" : "start" }));
      });
      sizes.forEach((size, i) => {
        const at = x(size * 1e9);
        parts.push(line(at, i % 2 ? 15 : 29, at, box.bottom, size === machine.memory_gigabytes ? "scx-size chosen" : "scx-size"));
        parts.push(label(at, i % 2 ? 12 : 26, `${size} GB`, { "text-anchor": i === 0 ? "end" : i === sizes.length - 1 ? "start" : "middle", class: size === machine.memory_gigabytes ? "scx-chosen" : "" }));
      });
      return [...parts, ...words];
    },
  });
}
