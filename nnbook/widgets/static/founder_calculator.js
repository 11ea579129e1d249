// @ts-check
/** FounderCalculator: a plan as a worksheet. Which way, cash in 1000 futures, what breaks first, five gates; export, import, print. */

import { BUSINESS_FIELDS, burn, cashPositiveMonth, contributionOfHeavyUser, customersToCoverFixed, fixedCoveredMonth, grossMargin, lifetimeMonths, lifetimeValueToAcquisition, lowestCash, project, runwayMonths, unit } from "./firm.js";
import { gates, sensitivity, SUPPLY_FIELDS, whichWay } from "./firm_decisions.js";
import { compare, drawFutures, MONTHS, N_FUTURES, raiseUsd, survival } from "./firm_futures.js";
import { cashChart, tornado } from "./founder_charts.js";
import { amount } from "./founder_controls.js";
import { filesRow, printSheet } from "./founder_files.js";
import { CURRENCIES, describe, GROUPS, MORE, parse, problemWith, spoken, typed } from "./founder_inputs.js";
import { gatesPanel, waysPanel } from "./founder_panels.js";
import { onePage } from "./founder_print.js";
import { cashText, pairText, story, survivalText } from "./founder_story.js";
import { Random } from "./nn_random.js";
import { figureRow, followTheme, guardedChange, linkButton, money as dollars, newsTo, percent, seedField, traits } from "./ui_explore.js";
import { announcer, button, choice, createScope, el, formatNumber, select, slider, uniqueId } from "./ui.js";

/** @typedef {import("./firm.js").Business} Business */

const STATE = /** @type {const} */ (["plan", ...BUSINESS_FIELDS, "spread", "seed", "event_rates", "result", "currency", "rate", "other"]);
const RESULTS = {
  final_cash: { label: `cash in month ${MONTHS}`, of: (/** @type {Business} */ b) => project(b, MONTHS).cash_usd[MONTHS - 1], money: true },
  lowest_cash: { label: "the deepest point of the cash", of: (/** @type {Business} */ b) => lowestCash(project(b, MONTHS)), money: true },
  ltv_cac: { label: "LTV/CAC", of: lifetimeValueToAcquisition, money: false },
};
const ALONE = "-"; // no other plan beside this one
const SWINGING = BUSINESS_FIELDS.filter((name) => name !== "reference_price_usd"); // the market's, not the plan's
const FIGURES = { margin: "gross margin", flow: "", even: "pays for itself", covered: "covers fixed costs", survival: "survives", raise: "to raise", ratio: "LTV/CAC", heavy: "heavy user" };

/** The middle 80 % of the simulated cash in each month. @param {Float64Array[]} runs */
function band(runs) {
  const low = new Float64Array(MONTHS);
  const high = new Float64Array(MONTHS);
  const column = new Float64Array(runs.length);
  for (let t = 0; t < MONTHS; t++) {
    runs.forEach((run, i) => void (column[i] = run[t]));
    column.sort();
    low[t] = column[Math.floor(0.1 * (runs.length - 1))];
    high[t] = column[Math.ceil(0.9 * (runs.length - 1))];
  }
  return { low, high };
}

/** The business that a state or a case holds. @param {Record<string, any>} values @returns {Business} */
const businessOf = (values) => /** @type {Business} */ (Object.fromEntries(BUSINESS_FIELDS.map((name) => [name, values[name]])));

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, [...STATE, "plans", "supplies", "events", "notes", "layout_of_sheet", "customer_name", "usage_unit"], draw);
  const { plans, supplies, events, notes, customer_name: customer, usage_unit: unitName } = state.initial;
  const words = { customer, unit: unitName };
  const units = unitName.startsWith("million ") ? unitName : `${unitName}s`;
  const planNamed = (/** @type {string} */ name) => plans.find((/** @type {any} */ p) => p.name === name);
  const rate = () => model.get("rate");
  const sign = () => CURRENCIES[/** @type {keyof typeof CURRENCIES} */ (model.get("currency"))]?.sign ?? "$";
  const money = (/** @type {number} */ usd, /** @type {number} */ digits = 3) => dollars(usd * rate(), digits).replace("$", sign());

  // ------------------------------------------------------------------------------------------------ the parts
  const note = announcer(scope, { every: 0, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const tryChange = guardedChange({ state, say, problemWith, draw });
  const link = linkButton(scope, { model, host, name: "founder", names: STATE, state, say, problemWith: (s) => problemWith(s) ?? (s.other && !planNamed(s.other) ? "There is no such case." : null) });
  const voice = announcer(scope, { every: 1200 });
  const tell = newsTo(voice);
  const head = headOf();
  const title = el("strong", { class: "fdc-title" });
  const text = el("span");
  const verdict = el("p", { class: "fdc-verdict" }, [title, " ", text]);
  const row = figureRow("fdc", FIGURES);
  const { cells: figures, show } = row;
  figures.survival.root.title = `Share of ${N_FUTURES} simulated futures whose cash lasts ${MONTHS} months, with its 95 % interval`;
  figures.raise.root.title = "Cash that is missing today so that eight of ten futures survive";
  figures.ratio.root.title = `What one ${customer} brings over its stay, along the path of prices, divided by what it costs to win it`;
  figures.heavy.root.title = `What the ${customer} leaves in a month whom 95 of 100 do not exceed in use`;
  figures.covered.root.title = "From this many on, contribution pays the fixed costs; winning new ones is not in it";

  /** @type {import("./founder_charts.js").CashView | null} */
  let cashView = null;
  const cash = cashChart(scope, () => cashView);
  /** @type {any} */
  let swings = null;
  const bars = tornado(scope, () => swings);
  const measure = select(scope, {
    label: "Which input moves this most?",
    value: state.initial.result,
    options: Object.entries(RESULTS).map(([value, { label }]) => ({ value, label })),
    onChange: (value) => state.change({ result: value }),
  });
  const beside = select(scope, {
    label: "Beside it",
    help: "A second plan in the same futures",
    value: state.initial.other || ALONE,
    options: [{ value: ALONE, label: "no other plan" }, ...plans.map((/** @type {any} */ p) => ({ value: p.name, label: p.name }))],
    onChange: (value) => state.change({ other: value === ALONE ? "" : value }),
  });
  const pair = el("p", { class: "fdc-pair", hidden: true });
  const ways = waysPanel(scope, { onUse: (supply) => tryChange(Object.fromEntries(SUPPLY_FIELDS.map((name) => [name, supply[name]]))) });
  const stops = gatesPanel();
  const fields = Object.fromEntries(BUSINESS_FIELDS.map((name) => [name, field(name)]));
  const spread = slider(scope, {
    label: "How unsure are you?",
    help: "Spread of price, cost, churn, arrivals and acquisition in the simulated futures: 30 % means that two thirds lie between ÷1.35 and ×1.35",
    value: state.initial.spread,
    values: [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1],
    format: (v) => `± ${percent(v)}`,
    onInput: (value) => tryChange({ spread: value }),
  });
  const rates = events.map((/** @type {any} */ event, /** @type {number} */ i) =>
    slider(scope, {
      label: event.name.charAt(0).toUpperCase() + event.name.slice(1),
      help: "How often a year; an assumption",
      value: state.initial.event_rates[i],
      values: [0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 4],
      format: (v) => (v === 0 ? "never" : `${formatNumber(v)} a year`),
      onInput: (value) => tryChange({ event_rates: model.get("event_rates").map((/** @type {number} */ old, /** @type {number} */ k) => (k === i ? value : old)) }),
    }),
  );
  const seed = seedField(scope, { id: uniqueId("seed"), value: state.initial.seed, onChange: (value) => state.change({ seed: value }) });
  const money_ = currencyFields();
  const files = filesRow(scope, { model, layout: state.initial.layout_of_sheet, say, print, plan: planNow, take });
  const root = build();
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  followTheme(scope, root);

  // ------------------------------------------------------------------------------------------- building the parts
  /** @param {typeof BUSINESS_FIELDS[number]} name */
  function field(name) {
    const about = describe(name, words, plans.map((/** @type {any} */ plan) => plan[name]));
    return amount(scope, {
      label: about.label,
      help: about.help,
      note: notes[state.initial.plan]?.[name],
      value: state.initial[name],
      values: about.values,
      format: (v) => spoken(v, about, money),
      typed: (v) => typed(v, about, rate()),
      parse: (entered) => parse(entered, about, rate()),
      affix: () => (about.kind === "money" ? [sign(), ""] : about.kind === "share" ? ["", "%"] : ["", ""]),
      onInput: (value) => tryChange({ [name]: value }),
      onProblem: say,
    });
  }
  function headOf() {
    const cases = choice(scope, { label: "Case", kind: "fdc-cases", value: state.initial.plan, options: plans.map((/** @type {any} */ plan) => ({ value: plan.name, label: plan.name })), onChange: choose });
    const changed = el("span", { class: "fdc-changed", hidden: true }, ["changed"]);
    const back = button(scope, { label: "Reset", icon: "reset", kind: "small", title: "Back to the numbers of this case", onClick: () => choose(model.get("plan")) });
    return { cases, changed, root: el("div", { class: "nnx-head" }, [cases.root, el("div", { class: "fdc-tools" }, [changed, back.root, ...link])]) };
  }
  function currencyFields() {
    const kind = select(scope, {
      label: "Currency",
      value: state.initial.currency,
      options: Object.entries(CURRENCIES).map(([value, { word }]) => ({ value, label: word })),
      onChange: (value) => tryChange({ currency: value, rate: CURRENCIES[/** @type {keyof typeof CURRENCIES} */ (value)].rate }),
    });
    const id = uniqueId("rate");
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "text", inputmode: "decimal", class: "nnw-select", id, autocomplete: "off" }));
    scope.listen(input, "change", () => {
      const wanted = parse(input.value, { kind: "number" }, 1);
      tryChange({ rate: Number.isNaN(wanted) ? -1 : wanted });
    });
    const rateField = el("div", { class: "nnw-field", title: "An assumption: look up today's" }, [el("label", { for: id }, ["For one dollar"]), input]);
    return {
      root: el("div", { class: "fdc-currency" }, [kind.root, rateField]),
      set(/** @type {any} */ now) {
        kind.set(now.currency);
        rateField.hidden = now.currency === "USD";
        if (document.activeElement !== input) input.value = String(now.rate);
      },
    };
  }
  /** @param {[string, (typeof BUSINESS_FIELDS[number])[]]} group @param {HTMLElement[]} [more] */
  function groupOf([heading, list], more = []) {
    return el("div", { class: "fdc-group", role: "group", "aria-label": heading }, [el("p", { class: "nnx-heading" }, [heading]), ...list.map((name) => fields[name].root), ...more]);
  }
  function build() {
    const left = el("div", { class: "fdc-chart" }, [el("p", { class: "nnx-heading" }, ["Cash over three years ", el("span", { class: "nnx-light" }, ["band: 8 of 10 futures"])]), cash.root, beside.root, pair]);
    const right = el("div", { class: "fdc-chart" }, [measure.root, bars.root, el("p", { class: "fdc-key" }, [el("span", { class: "lower" }, ["input −20\u202f%"]), el("span", { class: "raised" }, ["input +20\u202f%"])])]);
    const main = GROUPS.map((group, i) => groupOf(group, i === 2 ? [spread.root, seed.root, money_.root] : []));
    const happens = el("div", { class: "fdc-group", role: "group", "aria-label": "What may happen" }, [el("p", { class: "nnx-heading" }, ["What may happen"]), ...rates.map((/** @type {any} */ r) => r.root)]);
    const more = el("details", { class: "fdc-more" }, [el("summary", {}, ["More: own machines, heavy users, answers to the price, accidents"]), el("div", { class: "nnx-inputs" }, [...MORE.map((group) => groupOf(group)), happens])]);
    return el("div", { class: "nnw nnx fdc", role: "group", "aria-label": "Worksheet of a founder", "data-lm-suppress-shortcuts": "true" }, [
      head.root,
      verdict,
      row.root,
      ways.root,
      el("div", { class: "fdc-charts" }, [left, right]),
      stops.root,
      el("div", { class: "nnx-inputs" }, main),
      more,
      files,
      note.root,
      voice.root,
    ]);
  }

  // ------------------------------------------------------------------------------------------------ the state
  /** @param {string} name */
  function choose(name) {
    const plan = planNamed(name);
    if (plan) tryChange({ plan: name, ...businessOf(plan) });
  }
  function planNow() {
    const now = state.read();
    return { name: now.plan, business: businessOf(now), source: (/** @type {string} */ name) => (planNamed(now.plan)?.[name] === now[name] ? notes[now.plan]?.[name] ?? "" : "changed") };
  }
  /** @param {Business} business @param {string} name @returns {string | null} */
  function take(business, name) {
    const wanted = { ...state.read(), ...business, ...(planNamed(name) ? { plan: name } : {}) };
    const problem = problemWith(wanted);
    if (problem === null) state.change({ ...business, ...(planNamed(name) ? { plan: name } : {}) });
    return problem;
  }
  function print() {
    const now = state.read();
    const b = businessOf(now);
    const shown = {
      name: now.plan, verdict: `${title.textContent} ${text.textContent}`, chart: cash.root.querySelector("svg"), decision: whichWay(b, supplies, MONTHS), gates: gates(b, MONTHS),
      figures: Object.values(figures).map(({ what, value, more }) => [what.textContent ?? "", value.textContent ?? "", more.textContent ?? ""]),
      inputs: BUSINESS_FIELDS.map((name) => {
        const about = describe(name, words, []);
        return /** @type {[string, string]} */ ([about.label, spoken(b[name], about, money)]);
      }),
    };
    printSheet(onePage(shown, { money, units, customer, months: MONTHS }));
  }

  let drawn = { seed: NaN, futures: /** @type {import("./firm_futures.js").Futures | null} */ (null) };
  /** @param {number} wanted seed */
  function futuresOf(wanted) {
    if (drawn.seed !== wanted || !drawn.futures) drawn = { seed: wanted, futures: drawFutures(new Random(wanted), { n_events: events.length }) };
    return /** @type {import("./firm_futures.js").Futures} */ (drawn.futures);
  }

  function draw() {
    const now = state.read();
    const b = businessOf(now);
    const plan = planNamed(now.plan);
    head.changed.hidden = !plan || BUSINESS_FIELDS.every((name) => plan[name] === b[name]);
    head.cases.set(now.plan);
    for (const name of BUSINESS_FIELDS) fields[name].set(b[name]);
    if (document.activeElement !== spread.input) spread.set(now.spread);
    rates.forEach((/** @type {any} */ r, /** @type {number} */ i) => document.activeElement !== r.input && r.set(now.event_rates[i]));
    seed.set(now.seed);
    measure.set(now.result);
    beside.set(now.other || ALONE);
    money_.set(now);
    if (problemWith(now) !== null) return;

    const p = project(b, MONTHS);
    const happening = events.map((/** @type {any} */ event, /** @type {number} */ i) => ({ ...event, rate_per_year: now.event_rates[i] }));
    /** @type {Float64Array[]} */
    const runs = [];
    const options = { spread: now.spread, events: happening };
    const futures = survival(b, futuresOf(now.seed), { ...options, keep: (future) => runs.push(future.cash_usd) });
    drawCash(now, b, p, runs, futures, options);
    drawSwings(now, b);
    drawFigures(b, p, futures);
    ways.show(whichWay(b, supplies, MONTHS), supplyOf(b), { money, units, months: MONTHS });
    if (b.new_customers_per_month > 0) stops.show(gates(b, MONTHS), { money, customer });
    stops.root.hidden = !(b.new_customers_per_month > 0);

    const told = story(b, p, customer, money);
    verdict.dataset.tone = told.tone;
    title.textContent = told.title;
    text.textContent = told.text;
    tell(`${told.title} ${told.text}`);
  }
  /** The name of the way that the plan uses, or "". @param {Business} b */
  function supplyOf(b) {
    return supplies.find((/** @type {any} */ supply) => SUPPLY_FIELDS.every((name) => supply[name] === b[name]))?.name ?? "";
  }
  /** @param {any} now @param {Business} b @param {import("./firm.js").Projection} p @param {Float64Array[]} runs @param {{lowest_cash_usd: Float64Array}} futures @param {any} options */
  function drawCash(now, b, p, runs, futures, options) {
    const plan = now.other ? planNamed(now.other) : null;
    const rival = plan ? businessOf(plan) : null;
    cashView = { start: b.cash_usd, projection: p, ...band(runs), money, other: rival ? { name: now.other, start: rival.cash_usd, projection: project(rival, MONTHS) } : null };
    pair.hidden = !rival;
    if (rival) pair.textContent = pairText(compare(futures.lowest_cash_usd, survival(rival, futuresOf(now.seed), options).lowest_cash_usd), now.other, N_FUTURES);
    cash.setLabel(cashText(p, money));
    cash.redraw();
  }
  /** @param {any} now @param {Business} b */
  function drawSwings(now, b) {
    const { of, money: isMoney, label } = RESULTS[/** @type {keyof typeof RESULTS} */ (now.result)];
    const format = (/** @type {number} */ v) => (isMoney ? money(v, 2) : formatNumber(v, 2));
    const rows = sensitivity((s) => of({ ...s, churn_per_month: Math.min(1, s.churn_per_month) }), b, SWINGING);
    const shortWord = (/** @type {any} */ name) => describe(name, words, []).short;
    swings = { rows, centre: of(b), format, words: shortWord };
    bars.setLabel(`Moved by 20 %, these inputs change ${label} most: ${rows.slice(0, 3).map(([name, low, high]) => `${shortWord(name)}, from ${format(low)} when lowered to ${format(high)} when raised`).join("; ")}.`);
    bars.redraw();
  }
  /** @param {Business} b @param {import("./firm.js").Projection} p @param {ReturnType<typeof survival>} futures */
  function drawFigures(b, p, futures) {
    const even = cashPositiveMonth(p);
    const covered = fixedCoveredMonth(p);
    const runway = runwayMonths(p);
    const flow = p.cash_flow_usd[0];
    const needed = customersToCoverFixed(b);
    const heavy = contributionOfHeavyUser(b);
    const missing = raiseUsd(futures.lowest_cash_usd);
    show("margin", percent(Number(grossMargin(b).toFixed(3))), `${money(unit(b).contribution)} a month, machines full`);
    figures.flow.what.textContent = flow < 0 ? "largest burn" : "cash flow";
    show("flow", money(flow < 0 ? burn(p) : flow), runway === null ? `a month; cash lasts ${MONTHS}` : `a month; cash ends in ${runway}`);
    show("even", even === null ? "never" : even === 1 ? "now" : `month ${even}`, even === null ? `in ${MONTHS} months` : `winning ${customer}s included`);
    show("covered", Number.isFinite(needed) ? formatNumber(Math.ceil(needed - 1e-9)) : "never", covered === null ? `${customer}s; not in ${MONTHS} months` : `${customer}s; month ${covered}`);
    show("survival", survivalText(futures), `95\u202f%: ${(100 * futures.low).toFixed(0)}–${(100 * futures.high).toFixed(0)}\u202f%`);
    show("raise", missing === 0 ? "nothing" : money(missing, 2), "so that 8 of 10 survive");
    show("ratio", formatNumber(lifetimeValueToAcquisition(b), 2), `stays ${formatNumber(lifetimeMonths(b), 2)} months`);
    show("heavy", `${heavy >= 0 ? "leaves" : "costs"} ${money(Math.abs(heavy))}`, "a month, one in twenty");
  }
  draw();
  return scope.dispose;
}

export default { render };
