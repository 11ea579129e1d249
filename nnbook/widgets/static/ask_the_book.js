// @ts-check
/** AskTheBook: type a question, get links to the sections of the book that treat it. */

import { openBook } from "./ask_search.js";
import { bookFolder, storedScript } from "./stored.js";
import { followTheme, linkButton, traits } from "./ui_explore.js";
import { announcer, button, createScope, el, uniqueId } from "./ui.js";

const LONGEST = 300;
const SUGGESTIONS = ["What does one more answer cost?", "What is a token?", "Why cross-entropy?", "什么是过拟合？", "训练要花多少钱？"];

/** @param {import("./ask_search.js").Marked} parts @returns {(Node | string)[]} */
const marked = (parts) => parts.map(({ text, match }) => (match ? el("mark", { class: "ask-mark" }, [text]) : text));

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, ["question"], draw);
  /** @type {ReturnType<typeof openBook> | null} */
  let book = null;
  let failure = "";

  const id = uniqueId("ask");
  const input = /** @type {HTMLInputElement} */ (el("input", {
    type: "search", id, class: "ask-input", maxlength: LONGEST, autocomplete: "off", spellcheck: "false", enterkeyhint: "search", "data-lm-suppress-shortcuts": "true",
  }));
  input.value = state.initial.question;
  const ask = button(scope, { label: "Ask", kind: "primary", onClick: () => now() });
  const link = linkButton(scope, {
    model, host, name: "ask", names: ["question"], state, say: (text) => note.say(text, true),
    problemWith: ({ question }) => (typeof question === "string" && question.length <= LONGEST ? null : "the question is too long"),
  });
  const note = announcer(scope, { every: 900, visible: true });
  const glossary = el("div", { class: "ask-terms" });
  const list = el("ol", { class: "ask-results" });
  const chips = SUGGESTIONS.map((text) => button(scope, { label: text, kind: "small", onClick: () => put(text) }).root);
  const root = el("section", { class: "nnw nnx ask", "aria-label": "Ask the book" }, [
    el("label", { for: id, class: "ask-label" }, ["Your question, in English or 中文"]),
    el("div", { class: "ask-row" }, [input, ask.root, ...link]),
    el("div", { class: "ask-chips", role: "group", "aria-label": "Questions to try" }, chips),
    note.root,
    glossary,
    list,
  ]);
  host.append(root);
  followTheme(scope, root);

  let timer = 0;
  const now = () => {
    clearTimeout(timer);
    if (state.read().question !== input.value) state.change({ question: input.value });
    else draw();
  };
  const put = (/** @type {string} */ text) => {
    input.value = text;
    now();
  };
  scope.listen(input, "input", (event) => {
    if (event.isComposing) return; // a Chinese keyboard is still choosing the character
    clearTimeout(timer);
    timer = window.setTimeout(now, 180);
  });
  scope.listen(input, "compositionend", now);
  scope.listen(input, "keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) now();
  });
  scope.onDispose(() => clearTimeout(timer));

  /** A link on a page; in JupyterLab the name of the notebook. @param {string} address "notebooks/x.html#y" @param {(Node | string)[]} content @param {string} kind */
  function place(address, content, kind) {
    if (bookFolder && model.onPage) return el("a", { href: new URL(address, bookFolder).href, class: kind }, content);
    return el("span", { class: kind }, [...content, el("span", { class: "ask-file" }, [` ${address.replace(/\.html.*$/, address.startsWith("notebooks/") ? ".ipynb" : ".md")}`])]);
  }

  /** @param {{page: string, anchor: string}} result */
  const addressOf = ({ page, anchor }) => `${page}.html${anchor ? `#${anchor}` : ""}`;

  function draw() {
    const { question } = state.read();
    if (document.activeElement !== input || input.value.trim() === "") input.value = question;
    list.replaceChildren();
    glossary.replaceChildren();
    if (failure) return note.say(failure, true);
    if (!book) return note.say("The index is on its way …", true);
    if (!question.trim()) return note.say("Type a question, or take one of those above.", true);
    const { results, terms, unknown } = book.ask(question);
    for (const { names, anchor, text } of terms) {
      const name = place(anchor || "book/glossary.html", [names.join(" · ")], "ask-term");
      glossary.append(el("p", {}, [el("strong", {}, [name]), ": ", text]));
    }
    for (const result of results) {
      const trail = [result.title, ...result.path];
      const heading = el("span", { class: "ask-own" }, [trail[trail.length - 1]]);
      const above = trail.length > 1 ? el("span", { class: "ask-above" }, [`${trail.slice(0, -1).join(" › ")} › `]) : "";
      list.append(el("li", {}, [place(addressOf(result), [above, heading], "ask-link"), el("p", { class: "ask-snippet" }, marked(result.snippet))]));
    }
    const missing = unknown.length ? ` The book does not use the ${unknown.length === 1 ? "word" : "words"} ${unknown.map((word) => `“${word}”`).join(", ")}.` : "";
    if (results.length) note.say(`${results.length} ${results.length === 1 ? "section" : "sections"}, the best first.${missing}`);
    else note.say(`Nothing found.${missing} Try the name of a thing (loss, token, price), fewer words, one of the questions above, or the glossary.`);
  }

  const own = model.get("data");
  const ready = own && Object.keys(own).length ? Promise.resolve(own) : model.get("problem") ? Promise.reject(new Error(model.get("problem"))) : storedScript("ask-the-book", "");
  ready.then(
    (data) => {
      if (scope.signal.aborted) return;
      book = openBook(data);
      draw();
    },
    (error) => {
      if (scope.signal.aborted) return;
      failure = model.get("problem") || `The book cannot answer here: ${error.message}.`;
      draw();
    },
  );
  draw();
  return scope.dispose;
}

export default { render };
