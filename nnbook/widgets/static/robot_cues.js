// @ts-check
/** Words that must stand in a sentence before a robot acts, and words that must not: the twin of nnbook/dialogue/cues.py. */

import { fold } from "./retrieval.js";

const LONGEST_ANSWER = 24; // characters of a yes or a no
const END = /[ \t\r\n\f\v。！？!?,，.～~…]+$/;
const BLANK = /[ \t\r\n\f\v]+/g;
const trim = (/** @type {string} */ text) => text.replace(/^ +| +$/g, "");

/**
 * The cues of one robot in one language.
 * @param {{language: string, written: Record<string, string>, checks: Record<string, any>, robot: string, mask: (text: string) => string}} about
 */
export function cueReader({ language, written, checks, robot, mask }) {
  /** @type {Record<string, RegExp>} */
  const known = {};
  for (const [name, words] of Object.entries(written)) known[name] = new RegExp(language === "en" ? `(?<![a-z0-9'])(?:${words})(?![a-z0-9])` : words);
  const except = new RegExp(known.not_except.source, "g");
  const gap = language === "zh" ? "" : " ";

  /** The masked sentence as the patterns want it. @param {string} text */
  const heard = (text) => trim(mask(text).replace(END, "").replaceAll("’", "'").replace(BLANK, gap));

  /** @param {string} said @param {string} cue */
  const says = (said, cue) => known[cue].test(cue.startsWith("not") ? said.replace(except, " ") : said);

  /** The word families of a sentence. @param {string} text @param {readonly string[]} names */
  function families(text, names) {
    const said = heard(text);
    return names.filter((cue) => says(said, cue));
  }

  /** @param {string} text @returns {"yes" | "no" | null} */
  function yesOrNo(text) {
    const said = trim(fold(text).replaceAll("’", "'").replace(/[^a-z'0-9\u4e00-\u9fff]+/g, gap));
    if (!said || [...said].length > LONGEST_ANSWER) return null;
    return known.no.test(said) ? "no" : known.yes.test(said) ? "yes" : null;
  }

  /**
   * Why a robot should ask before it acts on this intent, or "".
   * @param {string} intent @param {Record<string, any>} slots @param {string} text @param {boolean} sure @param {boolean} [answer] to a question of the robot
   */
  function doubt(intent, slots, text, sure, answer = false) {
    const said = heard(text);
    const check = checks[intent];
    const hears = (/** @type {string} */ cue) => says(said, cue);
    if (check.not && hears(check.not)) return "not";
    const timed = "time" in slots || ("duration" in slots && !check.slots.includes("duration"));
    if (timed || (check.changes && hears("later"))) return "later";
    if (check.changes && hears("except")) return "several";
    const counted = check.slots.some((/** @type {string} */ name) => name === "degrees" || name === "duration");
    const more = Object.keys(slots).some((name) => !check.slots.includes(name) && name !== "time" && name !== "duration" && !(counted && name === "unclear"));
    if (check.against.some(hears) || more) return "several";
    if (answer) return "";
    const question = robot === "home" && check.changes && hears("question") && !hears("polite");
    if (question || (check.changes && hears("told"))) return "unsure";
    return (sure || check.at_once) && (!check.must || hears(check.must)) ? "" : "unsure";
  }
  return { heard, says, families, yesOrNo, doubt };
}
