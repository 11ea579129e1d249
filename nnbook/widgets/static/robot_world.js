// @ts-check
/** What the words change, and how it is told: the twin of nnbook/dialogue/worlds.py. No DOM. */

/** @typedef {import("./robot_words.js").Gazetteer} Gazetteer */
/** @typedef {Record<string, any>} Slots  a value, or a list of values */

const LONGEST_TIMER = 24 * 60; // minutes
const THE = ["room", "device", "door"]; // English names of these take an article

export const capital = (/** @type {string} */ name) => name.charAt(0).toUpperCase() + name.slice(1);

/** Six significant digits, as Python's %g. @param {string | number} value */
const plainNumber = (value) => (typeof value === "number" ? String(Number.isInteger(value) ? value : Number(value.toPrecision(6))) : value);

/** @param {number} minutes @param {string} language */
export function durationInWords(minutes, language) {
  const seconds = Math.floor(minutes * 60 + 0.5);
  const units = language === "zh" ? ["小时", "分钟", "秒"] : ["hour", "minute", "second"];
  const told = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].flatMap((count, i) => (count ? [`${count} ${units[i]}${language === "en" && count !== 1 ? "s" : ""}`] : []));
  return told.join(" ") || `0 ${units[2]}`;
}

/** Replies and wishes in words. @param {{language: string, rules: any, gazetteer: Gazetteer}} about */
export function speaker({ language, rules, gazetteer }) {
  const chinese = language === "zh";

  /** @param {string} slot @param {any} value @returns {string} */
  function inWords(slot, value) {
    if (slot === "readings") return value.map((/** @type {[string, number]} */ [room, heat]) => `${gazetteer.room[room][language][0]} ${plainNumber(heat)}${chinese ? " 度" : ""}`).join(chinese ? "，" : ", ");
    if (Array.isArray(value)) {
      const names = value.map((one) => inWords(slot, one));
      return names.slice(0, -1).join(chinese ? "、" : ", ") + (names.length > 1 ? (chinese ? "和" : " and ") : "") + names[names.length - 1];
    }
    if (gazetteer[slot] && Object.hasOwn(gazetteer[slot], value)) {
      const name = gazetteer[slot][value][language][0];
      if (slot === "city") return capital(name);
      return !chinese && THE.includes(slot) && value !== "all" ? `the ${name}` : name;
    }
    if (slot === "duration") return durationInWords(value, language);
    if (slot === "change") {
      const size = plainNumber(Math.abs(value));
      if (chinese) return `调${value > 0 ? "高" : "低"} ${size} 度`;
      return `${size} degree${Math.abs(value) === 1 ? "" : "s"} ${value > 0 ? "warmer" : "cooler"}`;
    }
    return plainNumber(value);
  }

  /** @param {string} text @param {Slots} values */
  function fill(text, values) {
    const blank = text.startsWith("{");
    const subject = values[text.includes("{door}") ? "door" : "device"];
    text = text.replaceAll("{is}", subject === "all" || Array.isArray(subject) ? "are" : "is");
    for (const [slot, value] of Object.entries(values)) text = text.replaceAll(`{${slot}}`, () => inWords(slot, value));
    return blank && !chinese ? capital(text) : text;
  }
  const say = (/** @type {string} */ key, /** @type {Slots} */ values) => fill(rules.replies[key][language], values);

  /** "switch on the light in the kitchen" @param {string} intent @param {Slots} slots */
  function wish(intent, slots) {
    const key = intent === "set_temperature" && "change" in slots ? "change_temperature" : intent === "play_music" && "style" in slots ? "play_style" : intent;
    return fill(rules.wishes[key][language], slots);
  }
  return { say, wish, fill, inWords };
}

/** The values of a slot as a list; "all" becomes every value that the robot knows. @param {Slots} slots @param {string} name @param {Gazetteer} gazetteer @returns {string[]} */
function each(slots, name, gazetteer) {
  const value = slots[name];
  if (value === "all") return Object.keys(gazetteer[name]).filter((known) => known !== "all");
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

/** @param {any} world @param {Slots} slots @param {Gazetteer} gazetteer @returns {[string, Slots]} */
function temperature(world, slots, gazetteer) {
  const now = world.temperature;
  const fresh = each(slots, "room", gazetteer).map((room) => [room, "change" in slots ? now[room] + slots.change : slots.degrees]);
  if (!fresh.every(([, degrees]) => degrees >= 10 && degrees <= 30)) return ["out_of_range", {}];
  Object.assign(now, Object.fromEntries(fresh));
  return ["change" in slots ? "change_temperature" : "set_temperature", {}];
}

/** @param {any} world @param {Slots} slots @param {Gazetteer} gazetteer @returns {[string, Slots]} */
function homeState(world, slots, gazetteer) {
  if ("door" in slots) {
    const free = each(slots, "door", gazetteer).filter((door) => !world.locked[door]);
    return free.length ? ["state_unlocked", { door: free.length === 1 ? free[0] : free }] : ["state_locked", {}];
  }
  if ("device" in slots) {
    const rooms = each("room" in slots ? slots : { room: "all" }, "room", gazetteer);
    const on = rooms.filter((room) => each(slots, "device", gazetteer).some((device) => world.on.includes(`${room}/${device}`)));
    if (on.length) return ["state_on", { room: on.length === 1 ? on[0] : on }];
    return ["room" in slots ? "state_off" : "state_device_off", {}];
  }
  const rooms = each(slots, "room", gazetteer);
  if (rooms.length === 1) return ["state_room", { degrees: world.temperature[rooms[0]] }];
  if (rooms.length) return ["state_rooms", { readings: rooms.map((room) => [room, world.temperature[room]]) }];
  return ["state_home", { count: world.on.length }];
}

/** Changes the home. @param {any} world @param {string} intent @param {Slots} slots @param {Gazetteer} gazetteer @returns {[string, Slots]} */
export function home(world, intent, slots, gazetteer) {
  const devices = each(slots, "device", gazetteer);
  const places = each(slots, "room", gazetteer).flatMap((room) => devices.map((device) => `${room}/${device}`));
  if (intent === "turn_on") world.on = [...new Set([...world.on, ...places])].sort();
  else if (intent === "turn_off") world.on = world.on.filter((/** @type {string} */ other) => !places.includes(other));
  else if (intent === "set_temperature") return temperature(world, slots, gazetteer);
  else if (intent === "play_music") {
    world.music = slots.style ?? "any";
    return ["style" in slots ? "play_style" : "play_music", {}];
  } else if (intent === "stop_music") world.music = "";
  else if (intent === "set_timer") {
    if (!(slots.duration > 0 && slots.duration <= LONGEST_TIMER)) return ["too_long", {}];
    world.timer = slots.duration;
  } else if (intent === "lock_door" || intent === "unlock_door") for (const door of each(slots, "door", gazetteer)) world.locked[door] = intent === "lock_door";
  else if (intent === "clean_room") world.cleaning = each(slots, "room", gazetteer);
  else if (intent === "ask_state") return homeState(world, slots, gazetteer);
  return [intent, {}];
}

/** Changes one order, or says why not. @param {any} order @param {string} intent @param {Slots} slots @returns {string} */
function changeOrder(order, intent, slots) {
  const { status } = order;
  if (intent === "track_order") return `status_${status}`;
  if (intent === "get_invoice") order.invoice = true;
  else if (intent === "cancel_order" || intent === "change_address") {
    if (status !== "packed") return ["on_the_way", "delivered"].includes(status) ? `too_late_${status}` : `status_${status}`;
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
export function service(rules, world, intent, slots) {
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
