// @ts-check
/** Quiz: one question at a time, a reply to every choice, progress kept in this browser. */

import { answered, progressBook, score, scoreText } from "./quiz_state.js";
import { bookFolder, storedScript } from "./stored.js";
import { followTheme, traits } from "./ui_explore.js";
import { announcer, button, createScope, el, select, uniqueId } from "./ui.js";

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, ["quiz"], load);
  const progress = progressBook();
  /** @type {import("./quiz_state.js").QuizData | null} */
  let quiz = null;
  let shown = ""; // name of the quiz that is drawn
  let at = 0;
  /** @type {import("./quiz_state.js").Answers} */
  let answers = {};

  /** @type {[string, string, number][]} */
  const all = model.get("quizzes");
  const label = (/** @type {[string, string, number]} */ [name, title, asked]) => {
    const n = Math.min(asked, progress.count(name));
    return { value: name, label: n ? `${title} (${n} of ${asked})` : title };
  };
  const menu = select(scope, { label: "Chapter", value: state.initial.quiz, options: all.map(label), onChange: (name) => state.change({ quiz: name }) });
  const dots = el("div", { class: "quiz-dots", role: "group", "aria-label": "Questions" });
  const form = el("div", { class: "quiz-form" });
  const standing = el("p", { class: "quiz-score" });
  const voice = announcer(scope, { every: 0 });
  const again = button(scope, { label: "Again", icon: "reset", kind: "small", title: "Forget the answers to this quiz", onClick: restart });
  const back = button(scope, { label: "Back", kind: "small", onClick: () => go(at - 1) });
  const next = button(scope, { label: "Next question", kind: "small", onClick: () => go(at + 1) });
  const where = el("p", { class: "quiz-where" });
  const root = el("section", { class: "nnw nnx quiz", "aria-label": "Quiz" }, [
    model.get("menu") ? menu.root : null,
    dots,
    form,
    el("div", { class: "quiz-row" }, [back.root, next.root, standing, again.root]),
    where,
    voice.root,
  ]);
  host.append(root);
  followTheme(scope, root);

  const questions = () => quiz?.questions ?? [];
  /** @param {number} i @returns {"right" | "wrong" | "open"} by the last answer */
  function markOf(i) {
    const { id, choices } = questions()[i];
    return answers[id] ? (choices[answers[id].last].right ? "right" : "wrong") : "open";
  }

  function showStanding() {
    const words = { right: "right", wrong: "not yet right", open: "open" };
    [...dots.children].forEach((dot, i) => {
      const mark = markOf(i);
      dot.className = `quiz-dot ${mark}`;
      dot.setAttribute("aria-label", `Question ${i + 1}, ${words[mark]}`);
      if (i === at) dot.setAttribute("aria-current", "step");
      else dot.removeAttribute("aria-current");
      dot.textContent = { right: "✓", wrong: "✗", open: String(i + 1) }[mark];
    });
    standing.textContent = quiz ? scoreText(score(questions(), answers)) : "";
    back.set({ disabled: at <= 0 });
    next.set({ disabled: at >= questions().length - 1 });
    again.set({ disabled: !Object.keys(answers).length });
    where.textContent = progress.kept ? "Your answers are kept in this browser only; nobody else sees them." : "This browser keeps nothing for this page: your answers last until you leave it.";
    menu.setOptions(all.map(label));
    menu.set(state.read().quiz);
  }

  /** @param {number} i @param {boolean} [focus] */
  function go(i, focus = true) {
    at = Math.max(0, Math.min(questions().length - 1, i));
    drawQuestion();
    showStanding();
    if (focus) /** @type {HTMLElement | null} */ (form.querySelector("input:checked, input"))?.focus();
  }

  function drawQuestion() {
    const { id, question, choices, section } = questions()[at];
    const group = uniqueId("quiz");
    const reply = el("div", { class: "quiz-reply", id: `${group}-reply` });
    const inputs = choices.map((choice, i) => {
      const input = /** @type {HTMLInputElement} */ (el("input", { type: "radio", name: group, value: i, "data-lm-suppress-shortcuts": "true" }));
      return { input, row: el("label", { class: "quiz-choice" }, [input, el("span", {}, [choice.text])]) };
    });
    const chosen = () => inputs.findIndex(({ input }) => input.checked);
    const check = button(scope, { label: "Check", kind: "primary", onClick: () => checkIt() });
    check.set({ disabled: true });

    const show = (/** @type {number} */ i) => {
      const { right, feedback } = choices[i];
      inputs.forEach(({ row }, k) => {
        row.classList.toggle("right", k === i && Boolean(right));
        row.classList.toggle("wrong", k === i && !right);
      });
      const word = right ? "Right." : "Not this one.";
      reply.replaceChildren(el("strong", {}, [word]), ` ${feedback} `);
      if (section) {
        const [page, anchor] = section.includes("#") ? section.split("#") : [quiz?.page ?? "", section];
        const text = right ? "Where it is treated" : "Read it again";
        if (bookFolder && model.onPage) reply.append(el("a", { href: new URL(`${page}.html#${anchor}`, bookFolder).href }, [text]), ".");
      }
      return `${word} ${feedback}`;
    };
    const checkIt = () => {
      const i = chosen();
      if (i < 0) return;
      answers = answered(answers, id, i);
      progress.keep(shown, answers);
      const text = show(i);
      showStanding();
      voice.say(`${text} ${scoreText(score(questions(), answers))}`, true);
    };
    for (const { input } of inputs) {
      scope.listen(input, "change", () => {
        check.set({ disabled: false });
        reply.replaceChildren();
        for (const { row } of inputs) row.classList.remove("right", "wrong");
      });
      scope.listen(input, "keydown", (event) => {
        if (event.key === "Enter") checkIt();
      });
    }
    form.replaceChildren(
      el("fieldset", { class: "quiz-question" }, [el("legend", {}, [el("span", { class: "quiz-number" }, [`Question ${at + 1} of ${questions().length}. `]), question]), ...inputs.map(({ row }) => row)]),
      el("div", { class: "quiz-check" }, [check.root]),
      reply,
    );
    if (answers[id]) {
      inputs[answers[id].last].input.checked = true;
      check.set({ disabled: false });
      show(answers[id].last);
    }
  }

  function restart() {
    answers = {};
    progress.keep(shown, answers);
    go(0);
    voice.say("The answers to this quiz are forgotten.", true);
  }

  function load() {
    const name = state.read().quiz;
    if (name === shown) return;
    const own = model.get("data")?.[name];
    const ready = own ? Promise.resolve(own) : /^[\w-]+$/.test(name) ? storedScript(`quiz-${name}`, "quizzes/") : Promise.reject(new Error("no such quiz"));
    ready.then(
      (data) => {
        if (scope.signal.aborted || state.read().quiz !== name) return;
        quiz = data;
        shown = name;
        answers = progress.answers(name, data.questions);
        dots.replaceChildren(
          ...data.questions.map((/** @type {any} */ _, /** @type {number} */ i) => {
            const dot = el("button", { type: "button", class: "quiz-dot" });
            scope.listen(dot, "click", () => go(i));
            return dot;
          }),
        );
        const open = data.questions.findIndex((/** @type {any} */ q) => !answers[q.id]);
        go(open < 0 ? 0 : open, false);
      },
      (error) => {
        if (scope.signal.aborted) return;
        form.replaceChildren(el("p", { role: "alert" }, [`The quiz could not be loaded: ${error.message}.`]));
      },
    );
  }
  load();
  return scope.dispose;
}

export default { render };
