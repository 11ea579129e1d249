// @ts-check
/** Numbers as people say them: the twin of nnbook/dialogue/quantities.py. No DOM. */

/** @typedef {{name: string, value: number | null, start: number, end: number}} Quantity */

const ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const ENGLISH = new Map([...ONES.map((w, i) => /** @type {[string, number]} */ ([w, i])), ...TENS.map((w, i) => /** @type {[string, number]} */ ([w, 10 * (i + 2)]))]);
const HAN_DIGITS = /** @type {Record<string, number>} */ ({ 〇: 0, 两: 2, 俩: 2, 幺: 1, ...Object.fromEntries([..."零一二三四五六七八九"].map((c, i) => [c, i])) });

const B = "(?<![a-z0-9])";
const A = "(?![a-z0-9])";
const WORD = [...ENGLISH.keys(), "hundred"].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).join("|");
const HAN = "零〇一二两俩三四五六七八九幺十百千万亿";
const RUN = new RegExp(
  "(?<digits>[0-9]+(?:[.,:/\\u2044][0-9]+)*(?:[点十百千万亿][0-9零〇一二三四五六七八九十百千万亿]*)?)" +
    `|(?<han>[${HAN}][${HAN}点]*[0-9]*)` +
    `|${B}(?<words>(?:an? +(?=hundred))?(?:${WORD})(?:(?:[ -]| and | point )(?:${WORD}))*)${A}` +
    `|${B}(?<article>an?) (?=(?:hour|minute|second)${A})` +
    `|${B}(?<part>half an?|a half|half|(?:a )?quarter of an|(?:a )?quarter)[ -](?=(?:hour|minute|second)${A})` +
    `|(?<half>半|${B}(?:half|quarter|quarters)${A})`,
  "g",
);
const RUN_HERE = new RegExp(RUN.source, "y");
const sticky = (/** @type {string} */ source) => new RegExp(source, "y");
const UNITS = /** @type {[number, RegExp][]} */ ([
  [60, sticky(" *(?:个(?<half>半)?个?)? *(?:小时|钟头)(?<after>半)?")],
  [60, sticky(`(?<half> and (?:a |one )?half)?[ -]*(?:hours?|hrs?|h)${A}(?<after> and a half)?`)],
  [1, sticky(" *(?:分(?<half>半)钟?|分钟(?<after>半)?|分(?!之))")],
  [1, sticky(`(?<half> and (?:a |one )?half)?[ -]*(?:minutes?|mins?)${A}(?<after> and a half)?`)],
  [15, sticky(" *个?刻钟?(?<half>)(?<after>)")],
  [15, sticky(` quarters of an hour${A}(?<half>)(?<after>)`)],
  [1 / 60, sticky(" *秒钟?(?<half>半)?(?<after>)")],
  [1 / 60, sticky(`[ -]*(?:seconds?|secs?|s)${A}(?<half>)(?<after>)`)],
]);
const DEGREES = sticky(
  `(?<half> and (?:a |one )?half)?(?: *(?:degrees?${A}|° *c?|个?度)| *c${A})(?<after>半)?(?<tenth>[一二三四五六七八九1-9](?![0-9零〇一二三四五六七八九十百个]))?`,
);
const CLOCK = sticky(` *(?:点|时(?!候)|o'?clock|[ap]\\.?m${A}|号|月|日|past${A})`);
const PERIOD = sticky(` *(?:个月|个?(?:天|周|星期|礼拜|年)|(?:days?|weeks?|months?|years?)${A})`);
const ROUGH = sticky("(?:个|分钟?)?[多几来余]|个把|分之|[+％%]");
const ROUGHLY_BEFORE = /[几第.]$|零下$|负$|minus $|(?:^|[^0-9a-z])-$/;
const AT = /(?<![a-z])at $/;
const DAY_BEFORE = /(?:周|星期|礼拜|half past |quarter past |quarter to |past )$/;
const UP = /(?:高|升|加|涨|(?:调|变|弄|再|更)(?:暖|热))(?:温|了|上|个|它| )*$/;
const DOWN = /(?:低|降|减|(?:调|变|弄|再|更)(?:凉|冷))(?:温|了|下|个|它| )*$/;
const BY = new RegExp(`${B}(?:by|up|down|higher|lower|warmer|cooler)(?: about| another)? $`);
const MORE = sticky(` *(?:warmer|hotter|higher|more|up|cooler|colder|lower|less|down)${A}`);
const UP_WORDS = new RegExp(`${B}(?:up|rais[a-z]*|increas[a-z]*|warmer|hotter|higher|more)${A}`);
const DOWN_WORDS = new RegExp(`${B}(?:down|lower|decreas[a-z]*|reduc[a-z]*|cool[a-z]*|colder|less)${A}`);
const EMPTY_ONE = sticky("[下点些首会直起样共定般边遍次把盏扇台只曲段支瓶杯个件双条张份句声旦同切地闪码片块家]");
const NO_NUMBER = sticky("零[件食售钱部]");
const EMPTY_BEFORE = /[统唯单专万]$/;
const O_CLOCK = sticky("点(?:半|钟|整|[0-9零一二三四五六七八九十])");
const ABOUT_ONE = sticky("个[多几来把]");
const NOW = sticky("(?:千万|万一)(?=别|不|要|记|注|$)");
const ALARM_BEFORE = /[定设置来开弄搞要上]$/;
const NEW_ALARM = /[定设置来开弄搞]个$/;
const GLUE = sticky(" *(?:零|又|and|,)? *");
const AND_MORE = sticky(" and (?:a |one )?(?:half|quarter)| plus");
const LATIN = /[a-z]/;
const LARGEST_CHANGE = 10;
const HAN_NUMBER = /^(?:([一二两三四五六七八九])千)?(零|〇)?(?:([一二两三四五六七八九])百)?(零|〇)?(?:([一二三四五六七八九])?(十))?([零〇一二两俩三四五六七八九])?$/;

/** @param {RegExp} pattern sticky @param {string} text @param {number} at */
function matchAt(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** @param {string} run @returns {number | null} */
function readHan(run) {
  const match = HAN_NUMBER.exec(run);
  if (!run || !match) return null;
  const [, thousands, gap, hundreds, second, tens, ten, unit] = match;
  const skipped = Boolean(thousands) && !hundreds && Boolean(ten || unit);
  const skippedTens = Boolean(thousands || hundreds) && !ten && Boolean(unit);
  const zeros = Number(Boolean(gap)) + Number(Boolean(second));
  if (zeros !== Number(skipped || skippedTens) || ((thousands || hundreds || ten) && (unit === "零" || unit === "〇"))) return null;
  const digit = (/** @type {string | undefined} */ c, otherwise = 0) => (c === undefined ? otherwise : HAN_DIGITS[c]);
  return 1000 * digit(thousands) + 100 * digit(hundreds) + (ten ? 10 * digit(tens, 1) : 0) + digit(unit);
}

/** @param {string} run @returns {number | null} */
function readEnglish(run) {
  const dot = run.indexOf(" point ");
  if (dot >= 0) {
    const number = readEnglish(run.slice(0, dot));
    const digits = run.slice(dot + 7).split(/[ -]/).map((word) => ENGLISH.get(word));
    return number !== null && digits.every((d) => d !== undefined && d < 10) ? Number(`${number}.${digits.join("")}`) : null;
  }
  let hundreds = 0;
  let rest = run;
  const found = /^(?:(an?|[a-z]+) )?hundred(?: and)?(?: |$)/.exec(run);
  if (found) {
    const first = found[1] ?? "";
    const count = first === "" || first === "a" ? 1 : ONES.indexOf(first);
    if (count < 1 || count > 9) return null;
    hundreds = 100 * count;
    rest = run.slice(found[0].length);
    if (!rest) return hundreds;
  }
  const words = rest.replaceAll("-", " ");
  const gap = words.indexOf(" ");
  const tens = gap < 0 ? words : words.slice(0, gap);
  const unit = gap < 0 ? "" : words.slice(gap + 1);
  const one = ONES.indexOf(unit);
  if (TENS.includes(tens) && (!unit || (one >= 1 && one <= 9))) return hundreds + /** @type {number} */ (ENGLISH.get(tens)) + (unit ? one : 0);
  return ONES.includes(tens) && !unit ? hundreds + ONES.indexOf(tens) : null;
}

/** The number that a run of digits or number words stands for, or null. @param {string} run @returns {number | null} */
export function readNumber(run) {
  if (/^[0-9]{1,6}$/.test(run) || /^[0-9]{1,6}[.][0-9]{1,4}$/.test(run)) return Number(run);
  if (run.charCodeAt(0) < 128) return readEnglish(run);
  const dot = run.indexOf("点");
  const number = readHan(dot < 0 ? run : run.slice(0, dot));
  if (dot < 0 || number === null) return number;
  const tenths = [...run.slice(dot + 1)];
  return tenths.length && tenths.every((c) => c in HAN_DIGITS) ? Number(`${number}.${tenths.map((c) => HAN_DIGITS[c]).join("")}`) : null;
}

/** @param {string} text @param {number} at @returns {[number, RegExpExecArray] | null} */
function unitAt(text, at) {
  for (const [factor, pattern] of UNITS) {
    const unit = matchAt(pattern, text, at);
    if (unit) return [factor, unit];
  }
  return null;
}

/** @param {string} text @param {string} run @param {number} start */
function isEmptyOne(text, run, start) {
  if (run === "一" || run === "一点") {
    if (matchAt(ABOUT_ONE, text, start + 1) || matchAt(O_CLOCK, text, start + 1)) return false;
    const twice = start > 0 && text[start - 1] === text[start + 1]; // 扫一扫
    return twice || Boolean(matchAt(EMPTY_ONE, text, start + 1)) || EMPTY_BEFORE.test(text.slice(0, start));
  }
  return run === "零" ? Boolean(matchAt(NO_NUMBER, text, start)) : Boolean(matchAt(NOW, text, start)) && run.length === 2;
}

/** @param {string} text @param {number} start @param {number} end */
function glued(text, start, end) {
  if (start > 0 && LATIN.test(text[start - 1])) return true;
  return LATIN.test(text[end] ?? " ") && !(unitAt(text, end) || matchAt(DEGREES, text, end));
}

const unclear = (/** @type {number} */ start, /** @type {number} */ end) => ({ name: "unclear", value: null, start, end });

/** @param {string} text @param {number} start @param {number} end @param {number | null} value @returns {Quantity | null} */
function duration(text, start, end, value) {
  let total = /** @type {number | null} */ (0);
  let last = /** @type {number | null} */ (null);
  let at = end;
  for (let unit = unitAt(text, at); unit; unit = unitAt(text, at)) {
    const [factor, found] = unit;
    const { half, after } = found.groups ?? {};
    if (value !== null && (half || after) && (!Number.isInteger(value) || value < 1 || (half && after))) value = null;
    if (value === null || (last !== null && factor >= last) || (factor === 15 && value > 3)) total = null;
    if (total !== null) total += (/** @type {number} */ (value) + (half || after ? 0.5 : 0)) * factor;
    end = at + found[0].length;
    last = factor;
    const glue = /** @type {RegExpExecArray} */ (matchAt(GLUE, text, end));
    const next = end + glue[0].length;
    const more = matchAt(RUN_HERE, text, next);
    if (!more || more.groups?.half || more.groups?.part) break;
    const { digits, han, words, article } = /** @type {any} */ (more.groups);
    const stop = next + more[0].length;
    if (!unitAt(text, stop)) {
      const counts = (digits || han) && !isEmptyOne(text, digits || han, next) && !matchAt(DEGREES, text, stop);
      if (["", "零", "又"].includes(glue[0].trim()) && counts) return unclear(start, stop);
      break;
    }
    const run = (digits || han || words || "").replace(/^[零〇]+/, "");
    value = article ? 1 : run ? readNumber(run) : null;
    at = stop;
  }
  if (last === null) return null;
  const said = text.slice(start, end);
  const twoReadings = said.startsWith("一个半") && ALARM_BEFORE.test(text.slice(0, start)) && text[end] === "的";
  if (total === null || matchAt(ROUGH, text, end) || matchAt(AND_MORE, text, end) || twoReadings) return unclear(start, end);
  return { name: "duration", value: Number.isInteger(total) ? total : Math.round(total * 1e9) / 1e9, start, end };
}

/** @param {string} text @param {number} start @param {number} end @param {number | null} value @returns {Quantity | null} */
function degrees(text, start, end, value) {
  const unit = matchAt(DEGREES, text, end);
  if (!unit) return null;
  const { half: inside, after, tenth } = unit.groups ?? {};
  const half = inside || after;
  const all = end + unit[0].length;
  const stop = after || tenth || inside ? all : end;
  const odd = (half || tenth) && (value === null || !Number.isInteger(value) || (half && tenth));
  if (value === null || odd || matchAt(ROUGH, text, all)) return unclear(start, all);
  value += half ? 0.5 : tenth ? (HAN_DIGITS[tenth] ?? Number(tenth)) / 10 : 0;
  const before = text.slice(0, start);
  let up = UP.test(before);
  let down = DOWN.test(before);
  if (BY.test(before) || matchAt(MORE, text, all)) {
    up = UP_WORDS.test(text);
    down = DOWN_WORDS.test(text);
    if (up === down) return unclear(start, all);
  }
  if (up || down) return value > LARGEST_CHANGE ? unclear(start, all) : { name: "change", value: up ? value : -value, start, end: stop };
  return { name: "degrees", value, start, end: stop };
}

/** @param {string} text @param {RegExpExecArray} match @returns {Quantity | null} */
function quantity(text, match) {
  const start = match.index;
  const end = start + match[0].length;
  const before = text.slice(0, start);
  const { digits, han, words, article, part, half } = /** @type {any} */ (match.groups);
  if (part) return duration(text, start, end, part.includes("quarter") ? 0.25 : 0.5) ?? unclear(start, end);
  if (half) {
    const clear = half === "半" && (!/[个一]$/.test(before) || NEW_ALARM.test(before));
    return duration(text, start, end, clear ? 0.5 : null) ?? unclear(start, end);
  }
  const run = digits || han || words || article;
  if (run.endsWith("点") && (digits || han) && isEmptyOne(text, run, start)) return null;
  let value = article ? 1 : readNumber(run);
  const tens = before.endsWith("数") && "十百千万".includes(run[0]);
  if (tens || ROUGHLY_BEFORE.test(before) || matchAt(ROUGH, text, end) || (digits && glued(text, start, end))) value = null;
  const timed = duration(text, start, end, value) ?? degrees(text, start, end, value);
  if (timed) return timed;
  const atOne = AT.test(before) && (value === null || value <= 12); // "at 7", but "keep it at 23"
  if (atOne || DAY_BEFORE.test(before) || matchAt(CLOCK, text, end) || run.includes(":") || run.includes("点")) return { name: "clock", value: null, start, end };
  const period = matchAt(PERIOD, text, end);
  if (period) return { name: "period", value, start, end: end + period[0].length };
  if (isEmptyOne(text, run, start) || run === "one") return null;
  return { name: value === null ? "unclear" : "number", value, start, end };
}

/** All quantities of a folded text from left to right. @param {string} text @param {readonly (readonly [number, number])[]} [taken] spans of names @returns {Quantity[]} */
export function findQuantities(text, taken = []) {
  const found = [];
  let at = 0;
  for (;;) {
    RUN.lastIndex = at;
    const match = RUN.exec(text);
    if (!match) return found;
    const from = match.index;
    const to = from + match[0].length;
    const inside = taken.find(([start, end]) => start < to && from < end);
    if (inside) {
      at = Math.max(inside[1], from + 1);
      continue;
    }
    const one = quantity(text, match);
    if (one) found.push(one);
    at = Math.max(to, one ? one.end : 0);
  }
}
