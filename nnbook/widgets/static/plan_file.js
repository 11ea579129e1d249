// @ts-check
/** A plan as CSV and XLSX: the same cells and formulas as `nnbook.economics.worksheet`, the same refusals. No DOM. */

import { BUSINESS_FIELDS, burn, cashPositiveMonth, customersToCoverFixed, fixedCoveredMonth, grossMargin, lifetimeValue, lifetimeValueToAcquisition, lowestCash, project, runwayMonths, unit } from "./firm.js";

/** @typedef {import("./firm.js").Business} Business */
/**
 * @typedef {{format: string, fields: string[], first_input: number, first_result: number, results: Record<string, string>, columns: Record<string, string>,
 *   plan: Record<string, string>, months: Record<string, string>, n_months: number}} Layout  see nnbook/economics/worksheet_layout.py
 */

export const LARGEST_FILE = 2_000_000;
/** The inputs are not those that were written; a reader may take them all the same. */
export class Changed extends Error {
  /** @param {string} name @param {Business} business */
  constructor(name, business) {
    super("The inputs are not those that were written: the check number does not fit.");
    this.plan = { name, business };
  }
}

/** CRC-32 of the inputs as eight-byte numbers of 15 digits, big end first. @param {Business} b */
export function checkNumber(b) {
  const view = new DataView(new ArrayBuffer(8 * BUSINESS_FIELDS.length));
  BUSINESS_FIELDS.forEach((name, i) => view.setFloat64(8 * i, Number(b[name].toPrecision(15))));
  let crc = 0xffffffff;
  for (let i = 0; i < view.byteLength; i++) {
    crc ^= view.getUint8(i);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

// --------------------------------------------------------------------------------------------------------- text
const PROJECTION = /** @type {const} */ (["customers", "revenue_usd", "contribution_usd", "cash_flow_usd", "cash_usd", "machines", "idle_usd", "fixed_usd"]);
/** Text for a CSV file: a spreadsheet must not take it for a formula. @param {string} text */
const safe = (text) => ("=+-@'\t\r".includes(text.charAt(0)) && text ? `'${text}` : text);
/** @param {string} field */
const quoted = (field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** @param {Business} b @param {string} name @param {string} format @param {number} months */
export function toCsv(b, name, format, months) {
  const p = project(b, months);
  const rows = [["what", "name", "value"], ["format", format, ""], ["plan", safe(name), ""], ["check", String(checkNumber(b)), ""]];
  for (const field of BUSINESS_FIELDS) rows.push(["input", field, String(b[field])]);
  rows.push(["month", "month", ...PROJECTION]);
  for (let t = 0; t < months; t++) rows.push(["month", String(t + 1), ...PROJECTION.map((column) => p[column][t].toFixed(2))]);
  return rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("");
}

/** Rows of a CSV text. @param {string} text @returns {string[][]} */
function parseCsv(text) {
  /** @type {string[][]} */
  const rows = [[]];
  const pattern = /(?:^|,|\r?\n|\r)(?:"((?:[^"]|"")*)"|([^,"\r\n]*))/g;
  for (const match of text.replace(/^\ufeff/, "").matchAll(pattern)) {
    if (/^[\r\n]/.test(match[0])) rows.push([]);
    rows[rows.length - 1].push(match[1] === undefined ? match[2] : match[1].replaceAll('""', '"'));
  }
  return rows.filter((row) => row.length > 1);
}

/** @param {string} text @param {string} format @returns {{name: string, business: Business}} */
export function fromCsv(text, format) {
  if (text.length > LARGEST_FILE) throw new Error("This file is too large for a plan.");
  const rows = parseCsv(text);
  const found = (/** @type {string} */ what) => rows.filter((row) => row[0] === what).map((row) => row.slice(1));
  if (found("format").map((row) => row[0]).join() !== format) throw new Error(`This is no table of a plan: a row should say format,${format}.`);
  const inputs = new Map(found("input").map((row) => [row[0], row[1]]));
  return planOf((found("plan")[0]?.[0] ?? "plan").replace(/^'/, ""), inputs, found("check")[0]?.[0]);
}

/** The plan of a file, after every number was looked at. @param {string} name @param {Map<string, any>} inputs @param {any} check */
function planOf(name, inputs, check) {
  const business = /** @type {any} */ ({});
  for (const field of BUSINESS_FIELDS) {
    if (!inputs.has(field)) throw new Error(`The input ${field} is missing.`);
    const text = inputs.get(field);
    const value = typeof text === "number" ? text : /^\s*[-+]?(\d|\.\d)/.test(String(text)) ? Number(text) : NaN;
    if (!Number.isFinite(value)) throw new Error(`The input ${field} should be a finite number; got ${String(text).slice(0, 40)}.`);
    business[field] = value;
  }
  for (const field of inputs.keys()) if (!(/** @type {readonly string[]} */ (BUSINESS_FIELDS).includes(field))) throw new Error(`There is no input called ${String(field).slice(0, 40)}.`);
  if (String(check) !== String(checkNumber(business))) throw new Changed(name, business);
  return { name, business: /** @type {Business} */ (business) };
}

// --------------------------------------------------------------------------------------------------- a worksheet
/** The formulas of both sheets by their cells, without the equals sign. @param {Layout} layout */
export function formulas({ fields, first_input, first_result, plan, months, n_months }) {
  const cells = /** @type {Record<string, string>} */ ({});
  fields.forEach((name, i) => void (cells[name] = `Plan!$B$${first_input + i}`));
  Object.keys(plan).forEach((name, i) => void (cells[name] = `Plan!$B$${first_result + i}`));
  const filled = (/** @type {string} */ formula, /** @type {number} */ row) =>
    formula
      .replaceAll("{before}", row === 2 ? "{customers}" : `C${row - 1}`)
      .replaceAll("{cash_before}", row === 2 ? "{cash_usd}" : `O${row - 1}`)
      .replaceAll("{r}", String(row))
      .replace(/\{(\w+)\}/g, (whole, name) => cells[name] ?? whole);
  const sheets = { Plan: /** @type {Record<string, string>} */ ({}), Months: /** @type {Record<string, string>} */ ({}) };
  Object.entries(plan).forEach(([name, formula]) => void (sheets.Plan[cells[name].split("!")[1].replaceAll("$", "")] = filled(formula, 0)));
  for (let row = 2; row < 2 + n_months; row++) for (const [letter, formula] of Object.entries(months)) sheets.Months[`${letter}${row}`] = filled(formula, row);
  return sheets;
}

/**
 * What the formulas give, by the names of the results and the columns: shown until a program recalculates, and where none may (a preview).
 * @param {Business} b @param {number} months
 */
export function results(b, months) {
  const p = project(b, months);
  const u = unit(b);
  const fixed = b.fixed_usd_per_month + b.supply_fixed_usd_per_month;
  const needed = customersToCoverFixed(b);
  const machinesToCover = u.contribution <= 0 || u.used === 0 ? 1 : Math.max(1, Math.ceil((fixed * u.used) / (b.million_tokens_per_machine_month * u.contribution) - 1e-9));
  /** @type {Record<string, number | string>} */
  const plan = {
    used: u.used, billed: u.billed, revenue: u.revenue, token_cost: u.tokens, contribution: u.contribution, gross_margin: u.revenue === 0 ? 0 : grossMargin(b), ratio: u.ratio,
    churn: u.churn, winning: u.winning, lifetime_value: lifetimeValue(b), ltv_cac: u.winning === 0 ? "free to win" : lifetimeValueToAcquisition(b), fixed,
    machines_to_cover: machinesToCover, customers_to_cover_fixed: Number.isFinite(needed) ? needed : "never", fixed_covered_month: fixedCoveredMonth(p) ?? "not yet",
    cash_positive_month: cashPositiveMonth(p) ?? "not yet", runway_months: runwayMonths(p) ?? "lasts", lowest_cash: lowestCash(p), final_cash: p.cash_usd[months - 1], burn: burn(p),
  };
  const rows = Array.from({ length: months }, (_, t) => {
    const fall = (1 + b.token_cost_change_per_year) ** (t / 12);
    const arriving = b.new_customers_per_month * (1 + b.growth_per_month) ** t;
    const served = p.customers[t];
    return {
      A: t + 1, B: arriving, C: served, D: p.revenue_usd[t], E: p.machines[t], F: p.machines[t] * b.machine_usd_per_month * fall, G: served * u.used * b.cost_usd_per_million_tokens * fall,
      H: served * b.other_cost_usd_per_customer_month, I: p.contribution_usd[t], J: fixed, K: arriving * b.acquisition_usd_per_customer, L: t === 0 ? b.one_off_usd : 0, M: p.idle_usd[t],
      N: p.cash_flow_usd[t], O: p.cash_usd[t], P: p.revenue_usd[t] > 0 ? p.contribution_usd[t] / p.revenue_usd[t] : "", Q: p.contribution_usd[t] < fixed ? t + 1 : 0,
      R: p.cash_flow_usd[t] < 0 ? t + 1 : 0, S: p.cash_usd[t] < 0 ? t + 1 : months + 1,
    };
  });
  return { plan, rows: /** @type {Record<string, number | string>[]} */ (rows) };
}

/**
 * @param {any} XLSX the library @param {Layout} layout @param {Business} b @param {string} name @param {(field: string) => string} [source]
 * @returns {ArrayBuffer}
 */
export function toXlsx(XLSX, layout, b, name, source = () => "") {
  const text = (/** @type {string} */ v) => ({ t: "s", v });
  const number = (/** @type {number} */ v) => ({ t: "n", v });
  const plan = /** @type {any} */ ({ A1: text(layout.format), B1: text("US dollars"), A2: text("name"), B2: text(name), A3: text("check"), B3: number(checkNumber(b)) });
  Object.assign(plan, { A4: text("input"), B4: text("value"), C4: text("source"), "!cols": [{ wch: 52 }, { wch: 18 }, { wch: 60 }] });
  layout.fields.forEach((field, i) => {
    const row = layout.first_input + i;
    plan[`A${row}`] = text(field);
    plan[`B${row}`] = number(/** @type {any} */ (b)[field]);
    if (source(field)) plan[`C${row}`] = text(source(field));
  });
  Object.values(layout.results).forEach((words, i) => void (plan[`A${layout.first_result + i}`] = text(words)));
  const months = /** @type {any} */ ({});
  Object.entries(layout.columns).forEach(([letter, words]) => void (months[`${letter}1`] = text(words)));
  const all = formulas(layout);
  const known = results(b, layout.n_months);
  const live = (/** @type {string} */ f, /** @type {number | string} */ v) => ({ t: typeof v === "number" && Number.isFinite(v) ? "n" : "s", f, v: typeof v === "number" && !Number.isFinite(v) ? String(v) : v });
  Object.entries(all.Plan).forEach(([cell, formula], i) => void (plan[cell] = live(formula, Object.keys(layout.plan).map((key) => known.plan[key])[i])));
  for (const [cell, formula] of Object.entries(all.Months)) months[cell] = live(formula, known.rows[Number(cell.slice(1)) - 2][cell[0]]);
  plan["!ref"] = `A1:C${layout.first_result + Object.keys(layout.results).length - 1}`;
  months["!ref"] = `A1:${Object.keys(layout.columns).at(-1)}${layout.n_months + 1}`;
  return XLSX.write({ SheetNames: ["Plan", "Months"], Sheets: { Plan: plan, Months: months } }, { type: "array", bookType: "xlsx", compression: true });
}

const plain = (/** @type {any} */ formula) => (typeof formula === "string" ? formula.replace(/\s+/g, "").toUpperCase() : formula);

/** @param {any} XLSX the library @param {Layout} layout @param {ArrayBuffer} data @returns {{name: string, business: Business}} */
export function fromXlsx(XLSX, layout, data) {
  if (data.byteLength > LARGEST_FILE) throw new Error("This file is too large for a plan.");
  let sheets;
  try {
    sheets = XLSX.read(data, { type: "array", cellFormula: true, cellHTML: false, cellText: false, sheetStubs: true }).Sheets;
  } catch {
    throw new Error("This file is damaged, or no worksheet of a plan.");
  }
  if (!sheets?.Plan || !sheets.Months) throw new Error("This file is damaged, or no worksheet of a plan.");
  const at = (/** @type {string} */ cell) => sheets.Plan[cell]?.v;
  if (at("A1") !== layout.format) throw new Error(`This is no worksheet of a plan: cell A1 should say ${layout.format}.`);
  for (const [title, list] of Object.entries(formulas(layout))) {
    for (const [cell, formula] of Object.entries(list)) {
      if (plain(sheets[title][cell]?.f) !== plain(formula)) throw new Error(`Cell ${cell} of the sheet ${title} no longer holds the formula that was written.`);
    }
  }
  const inputs = new Map();
  layout.fields.forEach((field, i) => {
    const row = layout.first_input + i;
    if (at(`A${row}`) !== field) throw new Error(`Cell A${row} should say ${field}.`);
    inputs.set(field, at(`B${row}`));
  });
  return planOf(String(at("B2") ?? "plan"), inputs, at("B3"));
}
