// @ts-check
/** A look inside: what the head would say after each block, and where the chosen place looked. */

import { percent, visible } from "./chat_words.js";
import { button, el, slider } from "./ui.js";

/**
 * @param {import("./ui.js").Scope} scope @param {any} view
 * @param {{look: (tokens: number[]) => Promise<any>, redraw: () => void, settings: any}} tools
 */
export function buildInside(scope, view, { look, redraw, settings }) {
  /** @type {any} */
  let found = null;
  let layer = settings.nLayers - 1;
  let head = 0;
  const words = el("p", { class: "nnx-what" });
  const table = el("ol", { class: "chat-lens", start: 0 });
  const ask = button(scope, { label: "Look inside before this token", onClick: () => void show() });
  const layers = slider(scope, { label: "Block", value: layer + 1, min: 1, max: settings.nLayers, step: 1, onInput: (v) => paint(v - 1, head) });
  const heads = slider(scope, { label: "Head", value: 1, min: 1, max: settings.nHeads, step: 1, onInput: (v) => paint(layer, v - 1) });
  const sight = el("div", { class: "nnx-inputs", hidden: true }, [layers.root, heads.root]);
  const root = el("details", { class: "chat-inside" }, [el("summary", {}, ["Look inside"]), words, ask.root, sight, table]);
  const decoder = new TextDecoder();

  /** The tokens before the chosen one, or all of them. */
  const before = () => (view.selected > 0 ? view.talk.tokens.slice(0, view.selected) : view.talk.tokens);

  async function show() {
    const tokens = before();
    if (!tokens.length || view.busy) return;
    view.busy = true;
    words.textContent = "Looking …";
    redraw();
    try {
      found = await look(tokens);
      table.replaceChildren(
        ...found.lens.map((/** @type {any} */ { bytes, probability }, /** @type {number} */ i) =>
          el("li", {}, [i === 0 ? "before the first block: " : "", el("strong", {}, [visible(decoder.decode(new Uint8Array(bytes)))]), ` ${percent(probability)}`]),
        ),
      );
      sight.hidden = false;
      words.textContent = "The list says which token the head would choose if it read the vector after each block. In the conversation, the tint shows where one head of one block looked from the last token.";
      paint(layer, head);
    } catch (error) {
      words.textContent = `${/** @type {Error} */ (error).message}.`;
    } finally {
      view.busy = false;
      redraw();
    }
  }

  /** @param {number} l @param {number} h */
  function paint(l, h) {
    [layer, head] = [l, h];
    const row = found?.attention[l];
    if (!row) return;
    const known = row.length / settings.nHeads;
    const weights = row.subarray(h * known, (h + 1) * known);
    const most = Math.max(...weights);
    view.shades = Array.from(weights, (/** @type {number} */ w) => (w > 0.02 * most ? `color-mix(in srgb, var(--nnw-accent) ${Math.round((35 * w) / most)}%, transparent)` : ""));
    redraw();
  }

  return {
    root,
    /** Another token was chosen or written: what was seen is of another moment. */
    changed() {
      found = null;
      view.shades = null;
      sight.hidden = true;
      table.replaceChildren();
      words.textContent = "";
      ask.set({ disabled: !view.talk.entries.length });
      redraw();
    },
  };
}
