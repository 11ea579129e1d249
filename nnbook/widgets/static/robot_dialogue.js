// @ts-check
/** What a robot does and says next: the twin of nnbook/dialogue/{worlds,manager}.py. No DOM. */

import { fold } from "./retrieval.js";
import { slotValues } from "./robot_words.js";

/** @typedef {Record<string, string | number>} Slots */
/** @typedef {{world: any, pending: null | {intent: string, slots: Slots, waiting: string, careful: boolean}, last: Slots}} State */
/** @typedef {{state: State, reply: string, kind: string}} Turn */

const WORD = /[A-Za-z]+|[0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]/g;
const words = (/** @type {string} */ text) => text.match(WORD) ?? [];

/** Six significant digits, as Python's %g. @param {string | number} value */
const plainNumber = (value) => (typeof value === "number" ? String(Number(value.toPrecision(6))) : value);

export const capital = (/** @type {string} */ name) => name.charAt(0).toUpperCase() + name.slice(1);

/** @param {any} world @param {Slots} slots @param {string} place @returns {[string, Slots]} */
function homeState(world, slots, place) {
  if ("door" in slots) return [world.locked[slots.door] ? "state_locked" : "state_unlocked", {}];
  if ("device" in slots && "room" in slots) return [world.on.includes(place) ? "state_on" : "state_off", {}];
  if ("room" in slots) return ["state_room", { degrees: world.temperature[slots.room] }];
  return ["state_home", { count: world.on.length }];
}

/** Changes the home. @param {any} world @param {string} intent @param {Slots} slots @returns {[string, Slots]} */
function home(world, intent, slots) {
  const place = `${slots.room}/${slots.device}`;
  if (intent === "turn_on") world.on = [...new Set([...world.on, place])].sort();
  else if (intent === "turn_off") world.on = world.on.filter((/** @type {string} */ other) => other !== place);
  else if (intent === "set_temperature") {
    if (!(slots.degrees >= 10 && slots.degrees <= 30)) return ["out_of_range", {}];
    world.temperature[slots.room] = slots.degrees;
  } else if (intent === "play_music") {
    world.music = slots.style ?? "any";
    return ["style" in slots ? "play_style" : "play_music", {}];
  } else if (intent === "stop_music") world.music = "";
  else if (intent === "set_timer") world.timer = slots.duration;
  else if (intent === "lock_door" || intent === "unlock_door") world.locked[slots.door] = intent === "lock_door";
  else if (intent === "clean_room") world.cleaning = slots.room;
  else if (intent === "ask_state") return homeState(world, slots, place);
  return [intent, {}];
}

/** Changes one order, or says why not. @param {any} order @param {string} intent @param {Slots} slots @returns {string} */
function changeOrder(order, intent, slots) {
  const { status } = order;
  if (intent === "track_order") return `status_${status}`;
  if (intent === "get_invoice") order.invoice = true;
  else if (intent === "cancel_order" || intent === "change_address") {
    if (status !== "packed") return ["on_the_way", "delivered"].includes(status) ? "too_late" : `status_${status}`;
    if (intent === "cancel_order") {
      order.status = "cancelled";
      return "status_cancelled";
    }
    order.city = slots.city;
  } else {
    if (status !== "delivered") return ["packed", "on_the_way"].includes(status) ? "not_delivered" : `status_${status}`;
    order.status = intent === "return_item" ? "returning" : "replaced";
  }
  return intent;
}

/** @param {any} rules @param {any} world @param {string} intent @param {Slots} slots @returns {[string, Slots]} */
function service(rules, world, intent, slots) {
  if (intent === "talk_to_person") {
    world.person = true;
    return [intent, {}];
  }
  if (intent === "check_stock") {
    const count = world.stock[slots.item];
    return [count ? "in_stock" : "sold_out", { count }];
  }
  if (intent === "delivery_cost") return [intent, { price: rules.prices[slots.city] }];
  const order = Object.hasOwn(world.orders, slots.order) ? world.orders[slots.order] : null;
  if (order === null) return ["unknown_order", {}];
  const key = changeOrder(order, intent, slots);
  return [key, { item: order.item, city: order.city }];
}

/**
 * The dialogue of one robot in one language.
 * @param {{robot: string, language: string, rules: any, gazetteer: import("./robot_words.js").Gazetteer, finder: ReturnType<typeof import("./robot_words.js").slotFinder>}} about
 */
export function dialogue({ robot, language, rules, gazetteer, finder }) {
  /** @param {string} key @param {Slots} values */
  function say(key, values) {
    let text = rules.replies[key][language];
    for (const [slot, value] of Object.entries(values)) {
      const known = gazetteer[slot];
      const name = known && Object.hasOwn(known, value) ? known[value][language][0] : plainNumber(value);
      text = text.replaceAll(`{${slot}}`, slot === "city" ? capital(name) : name);
    }
    return text;
  }

  /** @returns {State} */
  const first = () => ({ world: structuredClone(rules.worlds[robot]), pending: null, last: {} });

  /** @param {State} state @param {string} intent @param {Slots} slots @param {string} waiting @param {boolean} careful @returns {Turn} */
  function ask(state, intent, slots, waiting, careful) {
    const confirm = waiting === "confirm";
    const reply = confirm && careful ? say("confirm_not", { wish: rules.wishes[intent][language] }) : say(confirm ? `confirm_${intent}` : `ask_${waiting}`, slots);
    return { state: { ...state, pending: { intent, slots, waiting, careful } }, reply, kind: confirm ? "confirm" : "ask" };
  }

  /** @param {State} state @param {string} intent @param {Slots} slots @returns {Turn} */
  function doIt(state, intent, slots) {
    const world = structuredClone(state.world);
    const [key, more] = robot === "home" ? home(world, intent, slots) : service(rules, world, intent, slots);
    return { state: { world, pending: null, last: { ...state.last, ...slots } }, reply: say(key, { ...slots, ...more }), kind: "done" };
  }

  /** Whether a sentence holds one of the words of a list of the rules. @param {string} text @param {"pronouns" | "not"} what */
  function says(text, what) {
    const folded = fold(text);
    const within = language === "en" ? words(folded) : folded;
    return rules[what][language].some((/** @type {string} */ word) => within.includes(word));
  }

  /** @param {State} state @param {string} intent @param {Slots} given @param {string} text @param {boolean} [warned] the wish held a "not" @returns {Turn} */
  function next(state, intent, given, text, warned = false) {
    const slots = { ...given };
    const careful = warned || (rules.guarded.includes(intent) && says(text, "not"));
    for (const name of rules.needs[intent]) {
      if (!(name in slots) && says(text, "pronouns") && name in state.last) slots[name] = state.last[name];
      if (name === "order" && !(name in slots) && "item" in slots) {
        const same = Object.entries(state.world.orders).filter(([, order]) => /** @type {any} */ (order).item === slots.item);
        if (same.length === 1) slots.order = same[0][0];
      }
      if (!(name in slots)) return ask(state, intent, slots, name, careful);
    }
    return careful || rules.dangerous.includes(intent) ? ask(state, intent, slots, "confirm", careful) : doIt(state, intent, slots);
  }

  /** @param {string} waiting @param {Slots} found @returns {Slots | null} */
  function answer(waiting, found) {
    if (waiting === "duration" && !(waiting in found) && "degrees" in found) return { duration: found.degrees };
    return waiting in found ? { [waiting]: found[waiting] } : null;
  }

  /** Nothing but slots and small words. @param {string} text */
  const bare = (text) => words(finder.mask(text)).every((word) => /^[A-Z]+$/.test(word) || /^[0-9]+$/.test(word) || rules.fillers[language].includes(word));

  /**
   * Answer one sentence; `state` is not changed.
   * @param {State} state @param {string} text @param {import("./robot_words.js").Understanding} understood @param {string | null} [chat] small talk @returns {Turn}
   */
  function step(state, text, understood, chat = null) {
    const { pending } = state;
    const found = slotValues(understood.slots);
    const plain = words(fold(text)).join(language === "zh" ? "" : " ");
    if (pending) {
      if (rules.no[language].includes(plain)) return { state: { ...state, pending: null }, reply: say("dropped", {}), kind: "dropped" };
      if (pending.waiting === "confirm" && rules.yes[language].includes(plain)) return doIt(state, pending.intent, pending.slots);
      const given = answer(pending.waiting, found);
      if (given && (bare(text) || !understood.accepted || understood.intent === pending.intent)) return next(state, pending.intent, { ...pending.slots, ...found, ...given }, text, pending.careful);
      if (!understood.accepted) return ask(state, pending.intent, pending.slots, pending.waiting, pending.careful);
    }
    if (!understood.accepted) return { state: { ...state, pending: null }, reply: chat || say("refused", {}), kind: chat ? "chat" : "refused" };
    return next(state, understood.intent, found, text);
  }
  return { first, step, say };
}
