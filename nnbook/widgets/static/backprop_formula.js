// @ts-check
/** Formulas as elements: letters with sub- and superscript, fractions, numbers. Plain HTML, so no formula engine is needed. */

import { needsBrackets, plain, short } from "./backprop_steps.js";
import { el } from "./ui.js";

/** @typedef {import("./backprop_steps.js").Token} Token */
/** @typedef {import("./backprop_steps.js").Formula} Formula */

/** @param {{s: string, sup?: string, sub?: string}} token */
function letter({ s, sup, sub }) {
  const marks = sup || sub ? [el("span", { class: "bps-marks" }, [el("span", {}, [sup ?? ""]), el("span", {}, [sub ?? ""])])] : [];
  return el("span", { class: "bps-letter" }, [el("i", {}, [s]), ...marks]);
}

/** @param {Token[]} tokens @returns {Node[]} */
export function typeset(tokens) {
  return tokens.map((token, i) => {
    if (typeof token === "string") return document.createTextNode(token);
    if ("n" in token) {
      const text = short(token.n);
      return el("span", { class: "bps-number" }, [token.n < 0 && needsBrackets(tokens[i - 1]) ? `(${text})` : text]);
    }
    if ("top" in token) return el("span", { class: "bps-fraction" }, [el("span", {}, typeset(token.top)), el("span", {}, typeset(token.bottom))]);
    return letter(token);
  });
}

/**
 * Formulas below one another: left side, symbols, numbers, result. A screen reader reads each as one line.
 * @param {Formula[]} formulas
 */
export function formulaBlock(formulas) {
  const rows = formulas.map(({ left, symbols, numbers, result, relation = "=", before }) => {
    // a formula that is one number already, such as ∂J/∂b = δ, would only say its result twice
    const substituted = numbers.length > 1;
    const spoken = [plain(left), ...(symbols.length ? [plain(symbols)] : []), ...(substituted ? [plain(numbers)] : []), short(result)].join(" = ");
    return el("div", { class: "bps-formula", role: "math", "aria-label": spoken.replace("=", relation === "←" ? "becomes" : "=") }, [
      el("span", { class: "bps-left" }, typeset(left)),
      symbols.length ? part(relation, typeset(symbols)) : null,
      el("span", { class: `bps-figures${symbols.length ? "" : " loose"}` }, [
        substituted ? part("=", typeset(numbers)) : null,
        part("=", [el("b", { class: "bps-result" }, [short(result)])]),
        before === undefined ? null : el("span", { class: "bps-before" }, [`before: ${short(before)}`]),
      ]),
    ]);
  });
  return el("div", { class: `bps-formulas${formulas.length === 1 ? " single" : ""}` }, rows);
}

/** @param {string} relation @param {Node[]} content */
function part(relation, content) {
  return el("span", { class: "bps-part" }, [el("span", { class: "bps-relation" }, [relation]), el("span", {}, content)]);
}
