// @ts-check
/** RobotChat: say something; see what was understood, how sure the robot is, and what changes. */

import { openIndex } from "./retrieval.js";
import { cueReader } from "./robot_cues.js";
import { dialogue } from "./robot_dialogue.js";
import { worldRows } from "./robot_home.js";
import { intentModel, languageOf, slotFinder } from "./robot_words.js";
import { withStored } from "./stored.js";
import { followTheme, linkButton, traits } from "./ui_explore.js";
import { announcer, button, choice, createScope, el, slider, uniqueId } from "./ui.js";

const LONGEST = 200;
const NAMES = /** @type {const} */ (["robot", "language", "threshold"]);
const KINDS = /** @type {Record<string, string>} */ ({ done: "done", ask: "asks for what is missing", confirm: "asks before it acts", dropped: "dropped", refused: "refused: not sure enough", chat: "refused, answers with small talk" });
const percent = (/** @type {number} */ p) => `${Math.round(100 * p)} %`;

/** @param {any} state */
function problemWith({ robot, language, threshold }) {
  if (!["home", "service"].includes(robot)) return "there is no such robot";
  if (!["en", "zh"].includes(language)) return "there is no such language";
  return typeof threshold === "number" && threshold >= 0 && threshold <= 1 ? null : "the threshold must lie in [0, 1]";
}

/** Everything that answers, without the DOM. @param {any} data of robot_chat.py */
export function openRobots(data) {
  const { rules } = data;
  const robots = Object.fromEntries(
    ["home", "service"].map((robot) => {
      const gazetteer = data.gazetteers[robot];
      const finder = slotFinder(robot, gazetteer, data.others[robot]);
      const cues = Object.fromEntries(["en", "zh"].map((language) => [language, cueReader({ robot, language, written: data.cues[robot][language], checks: rules.checks, mask: finder.mask })]));
      const families = (/** @type {string} */ text) => cues[languageOf(text)].families(text, rules.families[robot]);
      const languages = Object.fromEntries(
        ["en", "zh"].map((language) => [
          language,
          {
            model: intentModel(data.models[`${robot}_${language}`], data.n_buckets, finder, families),
            talk: dialogue({ robot, language, rules, cues: cues[language], gazetteer, finder }),
          },
        ]),
      );
      return [robot, { gazetteer, languages }];
    }),
  );
  const small = Object.fromEntries(Object.entries(data.talk).map(([language, talk]) => [language, { ...talk, index: openIndex(talk.index) }]));

  /** @param {string} text @param {string} language */
  function smallTalk(text, language) {
    const [hit] = small[language].index.search(text, 1);
    return hit && hit[1] >= small[language].threshold ? small[language].answers[hit[0]] : null;
  }
  return {
    gazetteer: (/** @type {string} */ robot) => robots[robot].gazetteer,
    first: (/** @type {string} */ robot) => robots[robot].languages.en.talk.first(),
    threshold: (/** @type {string} */ robot, /** @type {string} */ language) => robots[robot].languages[language].model.threshold,
    /** One turn. A sentence without a letter ("4711") has the language of the talk. @param {string} robot @param {any} state @param {string} text @param {string} usual @param {number} threshold 0: the stored one */
    say(robot, state, text, usual, threshold = 0) {
      const language = /\p{L}/u.test(text) ? languageOf(text) : usual;
      const { model, talk } = robots[robot].languages[language];
      const seen = model.understand(text);
      const limit = threshold || model.threshold;
      const understood = { ...seen, accepted: seen.confidence >= limit, sure: seen.confidence >= Math.max(limit, model.sureFrom) };
      return { ...talk.step(state, text, understood, smallTalk(text, language)), understood, language, limit, labels: model.labels };
    },
  };
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const root = el("section", { class: "nnw nnx rch", "aria-label": "Talk to a robot" });
  host.append(root);
  scope.onDispose(() => root.remove());
  followTheme(scope, root);
  withStored(scope, model, root, {
    waiting: "The robots are on their way …",
    failure: "The robots cannot talk here",
    open: (data) => ({ robots: openRobots(data), words: data.words }),
    build: ({ robots, words }) => build(model, host, root, scope, robots, words),
  });
  return scope.dispose;
}

/** @param {any} model @param {HTMLElement} host @param {HTMLElement} root @param {import("./ui.js").Scope} scope @param {ReturnType<typeof openRobots>} robots @param {any} words */
function build(model, host, root, scope, robots, words) {
  const state = traits(scope, model, NAMES, changed);
  let now = { ...state.initial };
  let talk = robots.first(now.robot);
  /** @type {any} */
  let last = null;

  const voice = announcer(scope, { every: 300 });
  const note = announcer(scope, { every: 0, visible: true });
  const robotChoice = choice(scope, { label: "Robot", value: now.robot, options: [{ value: "home", label: "Home · 家" }, { value: "service", label: "Shop · 客服" }], onChange: (robot) => state.change({ robot }) });
  const languageChoice = choice(scope, { label: "Language", value: now.language, options: [{ value: "en", label: "English" }, { value: "zh", label: "中文" }], onChange: (language) => state.change({ language }) });
  const reset = button(scope, { label: "Start again", icon: "reset", kind: "small", onClick: () => begin(true) });
  const link = linkButton(scope, { model, host, name: "robot", names: NAMES, state, say: (text) => note.say(text, true), problemWith });

  const id = uniqueId("robot");
  const input = /** @type {HTMLInputElement} */ (el("input", { id, type: "text", class: "rch-input", maxlength: LONGEST, autocomplete: "off", enterkeyhint: "send", "data-lm-suppress-shortcuts": "true" }));
  const send = button(scope, { label: "Say", kind: "primary", onClick: () => said(input.value) });
  scope.listen(input, "keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) said(input.value);
  });
  const log = el("ol", { class: "rch-log", tabindex: "0", "aria-label": "What was said" });
  const chips = el("div", { class: "rch-chips", role: "group", "aria-label": "Sentences to try" });
  const seen = el("div", { class: "rch-seen" });
  const world = el("div", { class: "rch-world" });
  const limit = slider(scope, { label: "Refuse below", help: "The probability below which the robot does nothing", value: 0.5, min: 0.05, max: 0.95, step: 0.05, format: percent, onInput: (threshold) => state.change({ threshold }) });
  const usual = button(scope, { label: "As chosen", kind: "small", title: "The threshold that was chosen on validation phrases", onClick: () => state.change({ threshold: 0 }) });

  root.replaceChildren(
    el("div", { class: "rch-head" }, [robotChoice.root, languageChoice.root, el("div", { class: "rch-tools" }, [reset.root, ...link])]),
    el("div", { class: "rch-columns" }, [
      el("div", { class: "rch-talk" }, [
        log,
        el("label", { for: id, class: "rch-label" }, ["Say something, in English or 中文"]),
        el("div", { class: "rch-row" }, [input, send.root]),
        chips,
        note.root,
      ]),
      el("div", { class: "rch-side" }, [seen, el("div", { class: "rch-limit" }, [limit.root, usual.root]), world]),
    ]),
    voice.root,
  );

  /** @param {boolean} [silent] without the opening sentence */
  function begin(silent = false) {
    talk = robots.first(now.robot);
    last = null;
    log.replaceChildren();
    const opening = model.get("opening");
    if (!silent && opening && now.robot === state.initial.robot) said(opening, true);
    else draw();
  }

  /** @param {string} text @param {boolean} [quiet] not spoken: nobody asked yet */
  function said(text, quiet = false) {
    const clean = text.trim().slice(0, LONGEST);
    if (!clean) return note.say("Type a wish first, or take a sentence below.", true);
    note.say("", true);
    const before = talk.world;
    last = { ...robots.say(now.robot, talk, clean, now.language, now.threshold), text: clean, before };
    talk = last.state;
    log.append(line("rch-you", "You", clean, languageOf(clean)), line(`rch-robot ${last.kind}`, "Robot", last.reply, last.language));
    while (log.children.length > 60) log.firstChild?.remove();
    log.scrollTop = log.scrollHeight;
    input.value = "";
    if (!quiet) voice.say(`${last.reply} ${KINDS[last.kind]}.`);
    if (quiet || last.language === now.language) draw();
    else state.change({ language: last.language }); // who speaks Chinese reads Chinese
  }

  /** @param {string} kind @param {string} who @param {string} text @param {string} language */
  const line = (kind, who, text, language) => el("li", { class: kind }, [el("span", { class: "nnw-hidden" }, [`${who}: `]), el("span", { lang: language }, [text])]);

  function draw() {
    const { language } = now;
    chips.replaceChildren(...words.examples[now.robot][language].map((/** @type {string} */ text) => button(scope, { label: text, kind: "small", onClick: () => said(text) }).root));
    limit.set(now.threshold || robots.threshold(now.robot, language));
    usual.root.toggleAttribute("disabled", now.threshold === 0);
    drawSeen();
    drawWorld();
  }

  function drawSeen() {
    if (!last) return seen.replaceChildren(el("p", { class: "nnx-heading" }, ["What it understands"]), el("p", { class: "rch-light" }, ["Nothing was said yet."]));
    const { understood, limit: least, labels, kind, language } = last;
    const order = [...labels.keys()].sort((a, b) => understood.probabilities[b] - understood.probabilities[a]).slice(0, 3);
    const bars = order.map((j) => {
      const p = understood.probabilities[j];
      const bar = el("span", { class: "rch-bar", "aria-hidden": "true" });
      bar.style.setProperty("--share", `${100 * p}%`);
      bar.style.setProperty("--least", `${100 * least}%`);
      return el("li", { class: labels[j] === "other" ? "other" : "" }, [el("span", { lang: language }, [words.intents[labels[j]][language]]), bar, el("span", { class: "rch-p" }, [percent(p)])]);
    });
    const slots = understood.slots.map((/** @type {any} */ slot) => {
      const known = robots.gazetteer(now.robot)[slot.name]?.[slot.value];
      const value = known ? known[language][0] : String(typeof slot.value === "number" ? Number(slot.value.toPrecision(3)) : slot.value);
      return el("span", { class: "rch-slot", lang: language }, [`${words.slots[slot.name][language]}: ${value}`]);
    });
    seen.replaceChildren(
      el("p", { class: "nnx-heading" }, ["What it understood"]),
      el("ul", { class: "rch-bars" }, bars),
      el("p", { class: "rch-slots" }, slots.length ? slots : [el("span", { class: "rch-light" }, ["no slot found"])]),
      el("p", { class: `rch-verdict ${kind}` }, [KINDS[kind], el("span", { class: "rch-light" }, [` (refuses below ${percent(least)})`])]),
    );
  }

  function drawWorld() {
    const about = { gazetteer: robots.gazetteer(now.robot), words };
    const before = last ? worldRows(now.robot, last.before, now.language, about).flatMap(({ rows }) => rows.map((row) => row.value)) : null;
    let number = 0;
    const tables = worldRows(now.robot, talk.world, now.language, about).map(({ title, rows }) =>
      el("table", { class: "rch-table", lang: now.language }, [
        el("caption", {}, [title]),
        el("tbody", {}, rows.map((row) => {
          const fresh = before && before[number++] !== row.value;
          return el("tr", { class: `${row.on ? "on" : ""}${fresh ? " fresh" : ""}` }, [el("th", { scope: "row" }, [row.name]), el("td", {}, [row.value, fresh ? el("span", { class: "rch-new" }, [now.language === "zh" ? " 新" : " new"]) : ""])]);
        })),
      ]),
    );
    world.replaceChildren(...tables);
  }

  function changed() {
    const next = { ...state.read() };
    if (problemWith(next) !== null) return;
    const other = next.robot !== now.robot;
    now = /** @type {any} */ (next);
    robotChoice.set(now.robot);
    languageChoice.set(now.language);
    if (other) begin(true);
    else draw();
  }
  begin();
}

export default { render };
