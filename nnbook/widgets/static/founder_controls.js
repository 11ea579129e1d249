// @ts-check
/** An input that can be moved and typed, with what others report beside it. */

import { el, slider, uniqueId } from "./ui.js";

/**
 * A slider with a field for the exact number.
 * @param {import("./ui.js").Scope} scope
 * @param {{label: string, help: string, note?: string, value: number, values: number[], format: (v: number) => string, typed: (v: number) => string,
 *   parse: (text: string) => number, affix: () => [string, string], onInput: (v: number) => void, onProblem: (text: string) => void}} options
 *   affix: what stands before and after the field, such as "$" and ""
 */
export function amount(scope, { label, help, note, value, values, format, typed, parse, affix, onInput, onProblem }) {
  const range = slider(scope, { label, help, value, values, format, onInput });
  const noteId = uniqueId("note");
  const field = /** @type {HTMLInputElement} */ (
    el("input", { type: "text", inputmode: "decimal", class: "fdc-exact", "aria-label": `${label}, exact number`, autocomplete: "off", spellcheck: "false", ...(note ? { "aria-describedby": noteId } : {}) })
  );
  const [before, after] = [el("span", { "aria-hidden": "true" }), el("span", { "aria-hidden": "true" })];
  const output = range.root.querySelector("output");
  output?.replaceWith(el("span", { class: "fdc-typed" }, [before, field, after]));
  if (note) range.root.append(el("p", { class: "fdc-note", id: noteId }, [note]));
  const show = (/** @type {number} */ v) => {
    if (document.activeElement !== field) field.value = typed(v);
    [before.textContent, after.textContent] = affix();
  };
  const take = () => {
    const wanted = parse(field.value);
    if (Number.isNaN(wanted)) {
      onProblem(`${label}: “${field.value.slice(0, 20)}” is not a number.`);
      field.setAttribute("aria-invalid", "true");
      return;
    }
    field.removeAttribute("aria-invalid");
    onInput(wanted);
  };
  scope.listen(field, "change", take);
  scope.listen(field, "keydown", (event) => {
    const { key } = /** @type {KeyboardEvent} */ (event);
    if (key === "Enter") take();
  });
  show(value);
  return {
    root: range.root,
    input: range.input,
    field,
    /** @param {number} v */
    set(v) {
      if (document.activeElement !== range.input) range.set(v);
      if (document.activeElement !== field) field.removeAttribute("aria-invalid");
      show(v);
    },
  };
}
