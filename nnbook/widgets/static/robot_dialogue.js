// @ts-check
/** What a robot does and says next: the twin of nnbook/dialogue/manager.py. No DOM. */

import { fold } from "./retrieval.js";
import { findQuantities } from "./robot_quantities.js";
import { slotValues } from "./robot_words.js";
import { home, service, speaker } from "./robot_world.js";

/** @typedef {import("./robot_world.js").Slots} Slots */
/** @typedef {import("./robot_words.js").Slot} Slot */
/** @typedef {{intent: string, slots: Slots, waiting: string, doubt: string, tries: number}} Pending */
/** @typedef {{world: any, pending: null | Pending, last: Slots}} State */
/** @typedef {{state: State, reply: string, kind: string, intent: string | null, slots: Slots}} Turn */

const MOST_TRIES = 2; // questions in vain, after which a robot stops
const NUMBERS = ["degrees", "change", "duration"];
const STATES = ["turn_on", "turn_off", "lock_door", "unlock_door"];
const CLAUSE = /[,。.!;、]+ */;
const TARGET = /(?:到|成|为|去|至|往|(?<![a-z])to|(?<![a-z])into) *$/;
const WORD = /[A-Za-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]/g;
const words = (/** @type {string} */ text) => text.match(WORD) ?? [];
const without = (/** @type {Slots} */ slots, /** @type {string[]} */ names) => Object.fromEntries(Object.entries(slots).filter(([name]) => !names.includes(name)));

/** Whether rooms and devices alternate: two wishes in one sentence. @param {readonly Slot[]} slots */
function crossed(slots) {
  const places = slots.filter(({ name }) => name === "room" || name === "device");
  const turns = places.filter(({ name }, i) => i > 0 && name !== places[i - 1].name).length;
  const different = ["room", "device"].map((kind) => new Set(places.filter(({ name }) => name === kind).map(({ value }) => value)).size);
  return turns > 1 && Math.min(...different) > 1;
}

/** The one city of several that stands after a "to". @param {string} text @param {readonly Slot[]} slots */
function target(text, slots) {
  const folded = fold(text);
  const meant = new Set(slots.filter(({ name, start }) => name === "city" && TARGET.test(folded.slice(0, start))).map(({ value }) => value));
  return meant.size === 1 ? [...meant][0] : null;
}

/**
 * The dialogue of one robot in one language.
 * @param {{robot: string, language: string, rules: any, cues: ReturnType<typeof import("./robot_cues.js").cueReader>, gazetteer: import("./robot_words.js").Gazetteer, finder: ReturnType<typeof import("./robot_words.js").slotFinder>}} about
 */
export function dialogue({ robot, language, rules, cues, gazetteer, finder }) {
  const { say, wish, fill, inWords } = speaker({ language, rules, gazetteer });
  const { heard, says, yesOrNo, doubt } = cues;
  const own = (/** @type {string} */ intent, /** @type {Slots} */ slots) => Object.fromEntries(Object.entries(slots).filter(([name]) => rules.checks[intent].slots.includes(name)));

  /** @returns {State} */
  const first = () => ({ world: structuredClone(rules.worlds[robot]), pending: null, last: {} });

  /** @param {State} state @param {string} key @param {string} kind @param {Slots} [values] @param {string | null} [intent] @returns {Turn} */
  const end = (state, key, kind, values = {}, intent = null) => ({ state: { ...state, pending: null }, reply: say(key, values), kind, intent, slots: {} });

  /** @param {any} before @param {string} intent @param {Slots} slots @returns {[any, string, Slots]} */
  function act(before, intent, slots) {
    const world = structuredClone(before);
    return [world, ...(robot === "home" ? home(world, intent, slots, gazetteer) : service(rules, world, intent, slots))];
  }

  /** @param {string} waiting */
  function choices(waiting) {
    if (!gazetteer[waiting]) return NUMBERS.includes(waiting) ? say("a_number", {}) : "";
    const names = Object.keys(gazetteer[waiting]).map((value) => inWords(waiting, value));
    return fill(rules.replies.choices[language], { choices: names.join(language === "zh" ? "、" : ", ") });
  }

  /** @param {State} state @param {Omit<Pending, "tries">} pending @param {number} [tries] @returns {Turn} */
  function ask(state, { intent, slots, waiting, doubt: why }, tries = 0) {
    const confirm = waiting === "confirm";
    let reply;
    if (!confirm) reply = say(`ask_${waiting}`, slots);
    else if (rules.dangerous.includes(intent) && why !== "not") reply = say(`confirm_${intent}`, slots);
    else reply = say(`confirm_${why}`, { wish: wish(intent, slots) });
    if (tries && !confirm) reply += ` ${choices(waiting)}`;
    return { state: { ...state, pending: { intent, slots, waiting, doubt: why, tries } }, reply, kind: confirm ? "confirm" : "ask", intent, slots };
  }

  /** Ask once more, with choices; after that, stop. @param {State} state @param {Pending} pending @returns {Turn} */
  function again(state, pending) {
    const tries = pending.tries + 1;
    return tries >= MOST_TRIES ? end(state, "stuck", "dropped") : ask(state, pending, tries);
  }

  /** @param {State} state @param {string} intent @param {Slots} slots @returns {Turn} */
  function doIt(state, intent, slots) {
    const [world, key, more] = act(state.world, intent, slots);
    return { state: { world, pending: null, last: { ...state.last, ...slots } }, reply: say(key, { ...slots, ...more }), kind: "done", intent, slots };
  }

  /** Whether a sentence holds one of the words of a list of the rules. @param {string} text @param {"pronouns"} what */
  function holds(text, what) {
    const folded = fold(text);
    const within = language === "en" ? words(folded) : folded;
    return rules[what][language].some((/** @type {string} */ word) => within.includes(word));
  }

  /** Rooms and doors that are meant without being named. @param {Slots} given @param {string} intent @param {string} said */
  function everything(given, intent, said) {
    const slots = { ...given };
    if (robot !== "home") return slots;
    if (intent === "ask_state" && Object.keys(slots).length === 0) {
      if (says(said, "lock")) return { door: "all" };
      return says(said, "climate") ? { room: "all" } : slots;
    }
    for (const name of ["room", "door"]) if (rules.needs[intent].includes(name) && !(name in slots) && says(said, "everything")) slots[name] = "all";
    return slots;
  }

  /** @param {State} state @param {string} intent @param {Slots} given @param {string} text @param {string} why @returns {Turn} */
  function next(state, intent, given, text, why) {
    const slots = everything(own(intent, given), intent, heard(text));
    for (const name of rules.needs[intent]) {
      if (name === "degrees" && "change" in slots) continue;
      if (!(name in slots) && holds(text, "pronouns") && name in state.last) slots[name] = state.last[name];
      if (name === "order" && !(name in slots) && typeof slots.item === "string") {
        const same = Object.entries(state.world.orders).filter(([, order]) => /** @type {any} */ (order).item === slots.item);
        if (same.length === 1) slots.order = same[0][0];
      }
      if (!(name in slots)) return ask(state, { intent, slots, waiting: name, doubt: why });
    }
    const dangerous = rules.dangerous.includes(intent);
    if (dangerous && why !== "not" && JSON.stringify(act(state.world, intent, slots)[0]) === JSON.stringify(state.world)) return doIt(state, intent, slots);
    return why || dangerous ? ask(state, { intent, slots, waiting: "confirm", doubt: why }) : doIt(state, intent, slots);
  }

  /** The model's guess, heard against the words of each intent. @param {any} understood @param {Slots} found @param {string} text @returns {[string | null, boolean]} intent, and whether one may act */
  function secondWitness({ accepted, sure, intent, ranking }, found, text) {
    const said = heard(text);
    const heardOf = (/** @type {string} */ one) => !rules.checks[one].must || says(said, rules.checks[one].must);
    const named = ranking.find(heardOf) ?? null;
    if (accepted) return named === null || heardOf(intent) ? [intent, sure] : [named, false];
    const needs = named === null ? [] : rules.needs[named];
    const complete = needs.length && needs.every((/** @type {string} */ name) => name in found || (name === "degrees" && "change" in found));
    return complete && !("thing" in found) ? [named, false] : [null, false];
  }

  /** "Yes, cancel it": a yes or a no that is followed by nothing new. @param {Pending} pending @param {Slots} found @param {string} text */
  function yesAndMore(pending, found, text) {
    const folded = fold(text);
    const cut = CLAUSE.exec(folded);
    const given = cut && yesOrNo(folded.slice(0, cut.index));
    if (!cut || !given) return null;
    if (Object.entries(found).some(([name, value]) => JSON.stringify(pending.slots[name]) !== JSON.stringify(value))) return null;
    if (given === "no") return given;
    const said = heard(folded.slice(cut.index + cut[0].length));
    return !["not", "later", "except"].some((cue) => says(said, cue)) && says(said, rules.checks[pending.intent].must) ? "yes" : null;
  }

  /** A new wish: whether something speaks against doing it. @param {State} state @param {string} guess @param {boolean} sure @param {any} understood @param {Slots} found @param {string} text @returns {Turn} */
  function newWish(state, guess, sure, understood, found, text) {
    let intent = guess;
    let slots = { ...found };
    const said = heard(text);
    if (STATES.includes(intent) && says(said, "state_question") && !says(said, "ability")) intent = "ask_state";
    let why = doubt(intent, slots, text, sure);
    if ("thing" in slots && !rules.needs[intent].some((/** @type {string} */ name) => name in slots) && !rules.checks[intent].slots.includes("thing"))
      return end(state, `no_such_${robot}`, "refused", { thing: Array.isArray(slots.thing) ? slots.thing[0] : slots.thing });
    if (crossed(understood.slots)) return end(state, "one_thing", "ask", {}, intent);
    const numbers = understood.slots.filter((/** @type {Slot} */ { name }) => NUMBERS.includes(name));
    if ("unclear" in slots || numbers.length > 1) slots = without(slots, NUMBERS);
    for (const [name, value] of Object.entries(slots)) {
      if (!Array.isArray(value) || rules.several.includes(name)) continue;
      const one = name === "city" ? target(text, understood.slots) : null;
      if (one) slots[name] = one;
      else {
        why ||= "several";
        delete slots[name];
      }
    }
    return next(state, intent, slots, text, why);
  }

  /** The slots that a sentence gives to the question that was asked. @param {Pending} pending @param {Slots} found @param {string} text @returns {Slots} */
  function answer({ waiting, intent }, found, text) {
    const all = findQuantities(fold(text));
    const numbers = all.filter(({ name }) => name === "number");
    if ("unclear" in found || "thing" in found || "time" in found) {
      found = without(found, [...NUMBERS, "unclear", "thing", "time"]);
      if (waiting === "degrees" || waiting === "duration") return numbers.length === 1 && all.length === 1 ? { [waiting]: numbers[0].value } : {};
    }
    const several = Object.entries(found).some(([name, value]) => Array.isArray(value) && !rules.several.includes(name));
    if (several || NUMBERS.filter((name) => name in found).length > 1) return {};
    if (waiting === "duration" && !("duration" in found)) return numbers.length === 1 && "degrees" in found ? { duration: numbers[0].value } : {};
    const mine = own(intent, found);
    if (waiting === "confirm" || (waiting === "degrees" && "change" in mine)) return mine;
    return waiting in mine ? mine : {};
  }

  /** Whether a sentence holds nothing but slots and small words. @param {string} text */
  const bare = (text) => words(finder.mask(text)).every((word) => /^(?:[A-Z]+|[0-9]+)$/.test(word) || rules.fillers[language].includes(word));

  /** @param {State} state @param {string} text @param {any} understood @param {string | null} [chat] small talk @returns {Turn} */
  function step(state, text, understood, chat = null) {
    const { pending } = state;
    const found = slotValues(understood.slots);
    if (pending) {
      const said = yesOrNo(text) ?? yesAndMore(pending, found, text);
      if (said === "no") return end(state, "dropped", "dropped");
      if (said === "yes" && pending.waiting === "confirm") return doIt(state, pending.intent, pending.slots);
      const given = answer(pending, found, text);
      const small = bare(text);
      if (Object.keys(given).length && (small || !understood.accepted || understood.intent === pending.intent)) {
        const why = pending.doubt || doubt(pending.intent, found, text, true, true);
        return next(state, pending.intent, { ...pending.slots, ...given }, text, why);
      }
      if (!understood.accepted || small) return again(state, pending);
    }
    const [intent, sure] = secondWitness(understood, found, text);
    if (intent !== null) return newWish(state, intent, sure, understood, found, text);
    const refused = end(state, `refused_${robot}`, chat ? "chat" : "refused");
    return chat ? { ...refused, reply: chat } : refused;
  }
  return { first, step, say };
}
