// @ts-check
/** The plan on one sheet of paper: an element that only the printer sees. */

import { table } from "./founder_panels.js";
import { GATES, stopText, wayText } from "./founder_story.js";
import { percent } from "./ui_explore.js";
import { el } from "./ui.js";

/**
 * @param {{name: string, verdict: string, chart: SVGElement | null, figures: string[][], inputs: [string, string][],
 *   decision: ReturnType<typeof import("./firm_decisions.js").whichWay>, gates: ReturnType<typeof import("./firm_decisions.js").gates>}} shown
 * @param {{money: (usd: number, digits?: number) => string, units: string, customer: string, months: number}} words
 */
export function onePage({ name, verdict, chart, figures, inputs, decision, gates }, { money, units, customer, months }) {
  const rows = gates.map((gate) => {
    const { when, measure, share } = GATES[gate.name];
    const format = share ? percent : (/** @type {number} */ v) => money(v);
    return [gate.month === 0 ? `today, ${when}` : `month ${gate.month}, ${when}`, measure(customer), stopText(gate, format), format(gate.plan)];
  });
  const half = Math.ceil(inputs.length / 2);
  const list = (/** @type {[string, string][]} */ part) => table("Inputs", ["input", "value"], part);
  return el("section", { class: "fdc-sheet nnw nnx fdc", "aria-hidden": "true" }, [
    el("h1", {}, [name]),
    el("p", { class: "fdc-lead" }, [verdict]),
    el("div", { class: "fdc-columns" }, [
      el("div", {}, [
        table("Figures", ["figure", "value", ""], figures),
        el("h2", {}, ["Which way"]),
        el("p", {}, [wayText(decision, units, months)]),
        el("h2", {}, ["Stop when"]),
        table("Gates", ["when", "measure", "stop", "the plan"], rows),
      ]),
      el("div", {}, [...(chart ? [/** @type {Node} */ (chart.cloneNode(true))] : []), el("h2", {}, ["Assumptions"]), el("div", { class: "fdc-columns" }, [list(inputs.slice(0, half)), list(inputs.slice(half))])]),
    ]),
    el("p", { class: "fdc-foot" }, ["A calculation from these inputs, not a forecast. From Neuron to Business."]),
  ]);
}
