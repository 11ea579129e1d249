// @ts-check
/** The world of a robot as rows of a table: what stands where, for the eye and for tests. No DOM. */

import { capital, durationInWords } from "./robot_world.js";

/** @typedef {{name: string, value: string, on?: boolean}} Row */

/**
 * @param {string} robot @param {any} world @param {string} language
 * @param {{gazetteer: import("./robot_words.js").Gazetteer, words: any}} about @returns {{title: string, rows: Row[]}[]}
 */
export function worldRows(robot, world, language, { gazetteer, words }) {
  const name = (/** @type {string} */ slot, /** @type {string} */ value) => gazetteer[slot][value][language][0];
  const t = (/** @type {string} */ en, /** @type {string} */ zh) => (language === "zh" ? zh : en);
  if (robot === "home") {
    const rooms = Object.keys(world.temperature).map((room) => {
      const on = world.on.filter((/** @type {string} */ place) => place.startsWith(`${room}/`)).map((/** @type {string} */ place) => name("device", place.split("/")[1]));
      const busy = world.cleaning.includes(room) ? [t("being cleaned", "打扫中")] : [];
      return { name: name("room", room), value: [`${world.temperature[room]} °C`, ...on, ...busy].join(" · "), on: on.length > 0 };
    });
    const doors = Object.keys(world.locked).map((door) => ({ name: name("door", door), value: world.locked[door] ? t("locked", "已上锁") : t("not locked", "未上锁"), on: !world.locked[door] }));
    const music = world.music === "" ? t("silent", "未播放") : world.music === "any" ? t("playing", "播放中") : name("style", world.music);
    const timer = world.timer ? durationInWords(world.timer, language) : t("none", "无");
    const rest = [
      { name: t("music", "音乐"), value: music, on: world.music !== "" },
      { name: t("timer", "倒计时"), value: timer, on: Boolean(world.timer) },
    ];
    return [
      { title: t("Rooms", "房间"), rows: rooms },
      { title: t("Doors and the rest", "门锁与其他"), rows: [...doors, ...rest] },
    ];
  }
  const orders = Object.entries(world.orders).map(([number, order]) => ({
    name: number,
    value: [name("item", order.item), capital(name("city", order.city)), words.status[order.status][language], ...(order.invoice ? [t("invoice sent", "发票已发送")] : [])].join(" · "),
    on: order.status === "cancelled",
  }));
  const stock = Object.entries(world.stock).map(([item, count]) => ({ name: name("item", item), value: String(count), on: false }));
  const person = { name: t("person", "人工"), value: world.person ? t("is called", "已接通") : t("not called", "未接通"), on: world.person };
  return [
    { title: t("Your orders", "您的订单"), rows: [...orders, person] },
    { title: t("In stock", "库存"), rows: stock },
  ];
}
