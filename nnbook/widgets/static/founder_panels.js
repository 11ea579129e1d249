// @ts-check
/** The two tables of FounderCalculator: which way to make the tokens, and five gates. */

import { GATES, stopText, wayText } from "./founder_story.js";
import { percent } from "./ui_explore.js";
import { button, el } from "./ui.js";

/** @typedef {(usd: number, digits?: number) => string} Money */

/** @param {string} caption @param {string[]} heads @param {(string | Node)[][]} rows @param {string} [kind] */
export function table(caption, heads, rows, kind = "") {
  return el("table", { class: `fdc-table ${kind}` }, [
    el("caption", { class: "nnw-hidden" }, [caption]),
    el("thead", {}, [el("tr", {}, heads.map((head) => el("th", { scope: "col" }, [head])))]),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, i) => el(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : {}, [cell]))))),
  ]);
}

/**
 * Each way with its cost; a button takes its five numbers into the plan.
 * @param {import("./ui.js").Scope} scope @param {{onUse: (supply: any) => void}} options
 */
export function waysPanel(scope, { onUse }) {
  const text = el("p", { class: "fdc-way" });
  const box = el("div", { class: "fdc-scroll", tabindex: "0", role: "group", "aria-label": "Ways to make the tokens" });
  /** @type {Map<string, ReturnType<typeof button>>} */
  const uses = new Map();
  return {
    root: el("div", { class: "fdc-panel" }, [el("p", { class: "nnx-heading" }, ["Which way ", el("span", { class: "nnx-light" }, ["the same customers, other tokens"])]), text, box]),
    /** @param {ReturnType<typeof import("./firm_decisions.js").whichWay>} decision @param {string} now @param {{money: Money, units: string, months: number}} words */
    show(decision, now, { money, units, months }) {
      text.textContent = wayText(decision, units, months);
      for (const { supply } of decision.ways) {
        if (!uses.has(supply.name)) uses.set(supply.name, button(scope, { label: "use", kind: "small", title: `Take the five numbers of ${supply.name} into the plan`, onClick: () => onUse(supply) }));
      }
      const keep = document.activeElement;
      box.replaceChildren(
        table("Ways to make the tokens", ["way", `tokens cost in ${months} months`, "lowest cash", `cash in month ${months}`, ""], decision.ways.map((way) => [
          way.supply.name,
          money(way.supply_usd),
          money(way.lowest_cash_usd),
          money(way.final_cash_usd),
          way.supply.name === now ? "in use" : /** @type {any} */ (uses.get(way.supply.name)).root,
        ])),
      );
      if (keep instanceof HTMLElement && box.contains(keep)) keep.focus();
    },
  };
}

/** The gates in the order of time. */
export function gatesPanel() {
  const box = el("div", { class: "fdc-scroll", tabindex: "0", role: "group", "aria-label": "Five gates" });
  return {
    root: el("div", { class: "fdc-panel" }, [el("p", { class: "nnx-heading" }, ["Five gates ", el("span", { class: "nnx-light" }, ["stop when the number you measure lies on the wrong side"])]), box]),
    /** @param {ReturnType<typeof import("./firm_decisions.js").gates>} gates @param {{money: Money, customer: string}} words */
    show(gates, { money, customer }) {
      const rows = gates.map((gate) => {
        const { when, measure, share } = GATES[gate.name];
        const format = share ? percent : (/** @type {number} */ v) => money(v);
        const verdict = el("span", { class: gate.passed ? "fdc-pass" : "fdc-stop" }, [gate.passed ? "passes" : "stops"]);
        return [gate.month === 0 ? `today, ${when}` : `month ${gate.month}, ${when}`, measure(customer), stopText(gate, format), format(gate.plan), verdict];
      });
      box.replaceChildren(table("Five gates", ["when", "measure", "stop", "the plan", ""], rows));
    },
  };
}
