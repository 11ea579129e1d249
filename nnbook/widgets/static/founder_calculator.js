// @ts-check
/** FounderCalculator: sliders for a plan; margin, break-even, runway, LTV/CAC, survival, and what breaks first. */

import { BUSINESS_FIELDS, breakEvenMonth, drawFactors, grossMargin, lifetimeValueToAcquisition, lowestCash, project, runwayMonths, sensitivity, survival, UNCERTAIN } from "./economics.js";
import { cashChart, tornado } from "./founder_charts.js";
import { describe, GROUPS, problemWith } from "./founder_inputs.js";
import { cashText, story, survivalText } from "./founder_story.js";
import { Random } from "./nn_random.js";
import { figureRow, followTheme, guardedChange, linkButton, money, newsTo, percent, seedField, traits } from "./ui_explore.js";
import { announcer, button, choice, createScope, el, formatNumber, select, slider, uniqueId } from "./ui.js";

/** @typedef {import("./economics.js").Business} Business */

const MONTHS = 36;
const RUNS = 400;
const STATE = /** @type {const} */ (["plan", ...BUSINESS_FIELDS, "spread", "seed", "result"]);
const RESULTS = {
  final_cash: { label: `cash in month ${MONTHS}`, of: (/** @type {Business} */ b) => project(b, MONTHS).cash_usd[MONTHS - 1], format: (/** @type {number} */ v) => money(v, 2) },
  lowest_cash: { label: "the deepest point of the cash", of: (/** @type {Business} */ b) => lowestCash(project(b, MONTHS)), format: (/** @type {number} */ v) => money(v, 2) },
  ltv_cac: { label: "LTV/CAC", of: lifetimeValueToAcquisition, format: (/** @type {number} */ v) => formatNumber(v, 2) },
};

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

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, [...STATE, "plans", "customer_name", "usage_unit"], draw);
  const { plans, customer_name: customer, usage_unit: unit } = state.initial;
  const words = { customer, unit };

  // ------------------------------------------------------------------------------------------------ the parts
  const cases = choice(scope, {
    label: "Case",
    kind: "fdc-cases",
    value: state.initial.plan,
    options: plans.map((/** @type {any} */ plan) => ({ value: plan.name, label: plan.name })),
    onChange: choose,
  });
  const changed = el("span", { class: "fdc-changed", hidden: true }, ["changed"]);
  const back = button(scope, { label: "Reset", icon: "reset", kind: "small", title: "Back to the numbers of this case", onClick: () => choose(model.get("plan")) });
  const note = announcer(scope, { every: 0, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const tryChange = guardedChange({ state, say, problemWith: (s) => problemWith(s), draw });
  const link = linkButton(scope, { model, host, name: "founder", names: STATE, state, say, problemWith: (s) => problemWith(s) });
  const voice = announcer(scope, { every: 1200 });
  const tell = newsTo(voice);

  const title = el("strong", { class: "fdc-title" });
  const text = el("span");
  const verdict = el("p", { class: "fdc-verdict" }, [title, " ", text]);

  const row = figureRow("fdc", { margin: "gross margin", flow: "", even: "break-even", runway: "runway", ratio: "LTV/CAC", survival: "survives" });
  const { cells: figures, show } = row;
  figures.survival.root.title = `Share of ${RUNS} simulated futures whose cash lasts ${MONTHS} months, with its 95 % interval`;
  figures.ratio.root.title = `What one ${customer} brings over its stay, divided by what it costs to win it`;

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

  const fields = Object.fromEntries(
    BUSINESS_FIELDS.map((name) => {
      const { label, values, format, help } = describe(name, words, plans.map((/** @type {any} */ plan) => plan[name]));
      return [name, slider(scope, { label, help, value: state.initial[name], values, format, onInput: (value) => tryChange({ [name]: value }) })];
    }),
  );
  const spread = slider(scope, {
    label: "How unsure are you?",
    help: "Spread of price, cost, churn, arrivals and acquisition in the simulated futures: 25 % means that two thirds lie between ÷1.28 and ×1.28",
    value: state.initial.spread,
    values: [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1],
    format: (v) => `± ${percent(v)}`,
    onInput: (value) => tryChange({ spread: value }),
  });
  const seed = seedField(scope, { id: uniqueId("seed"), value: state.initial.seed, onChange: (value) => state.change({ seed: value }) });

  const groups = GROUPS.map(([heading, list]) => el("div", { class: "fdc-group", role: "group", "aria-label": heading }, [el("p", { class: "nnx-heading" }, [heading]), ...list.map((name) => fields[name].root)]));
  groups[0].append(spread.root);
  groups[1].append(seed.root);
  const head = el("div", { class: "nnx-head" }, [cases.root, el("div", { class: "fdc-tools" }, [changed, back.root, ...link])]);
  const left = el("div", { class: "fdc-chart" }, [el("p", { class: "nnx-heading" }, ["Cash over three years ", el("span", { class: "nnx-light" }, ["band: 8 of 10 futures"])]), cash.root]);
  const right = el("div", { class: "fdc-chart" }, [
    measure.root,
    bars.root,
    el("p", { class: "fdc-key" }, [el("span", { class: "lower" }, ["input −20\u202f%"]), el("span", { class: "raised" }, ["input +20\u202f%"])]),
  ]);
  const root = el("div", { class: "nnw nnx fdc", role: "group", "aria-label": "Calculator for a founder", "data-lm-suppress-shortcuts": "true" }, [
    head,
    verdict,
    row.root,
    el("div", { class: "fdc-charts" }, [left, right]),
    el("div", { class: "nnx-inputs" }, groups),
    note.root,
    voice.root,
  ]);
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  followTheme(scope, root);

  // ------------------------------------------------------------------------------------------------ the state
  /** @param {string} name */
  function choose(name) {
    const plan = plans.find((/** @type {any} */ p) => p.name === name);
    if (plan) tryChange({ plan: name, ...Object.fromEntries(BUSINESS_FIELDS.map((field) => [field, plan[field]])) });
  }

  function draw() {
    const now = state.read();
    const b = /** @type {Business} */ (Object.fromEntries(BUSINESS_FIELDS.map((name) => [name, now[name]])));
    const plan = plans.find((/** @type {any} */ p) => p.name === now.plan);
    changed.hidden = !plan || BUSINESS_FIELDS.every((name) => plan[name] === b[name]);
    cases.set(now.plan);
    for (const name of BUSINESS_FIELDS) if (document.activeElement !== fields[name].input) fields[name].set(b[name]);
    if (document.activeElement !== spread.input) spread.set(now.spread);
    seed.set(now.seed);
    measure.set(now.result);
    if (problemWith(now) !== null) return;

    const p = project(b, MONTHS);
    /** @type {Float64Array[]} */
    const runs = [];
    const factors = drawFactors(RUNS, UNCERTAIN.length, now.spread, new Random(now.seed));
    const futures = survival(b, { months: MONTHS, factors, keep: (future) => runs.push(future.cash_usd) });
    cashView = { start: b.cash_usd, projection: p, ...band(runs) };
    cash.setLabel(cashText(p));
    cash.redraw();

    const { of, format, label } = RESULTS[/** @type {keyof typeof RESULTS} */ (now.result)];
    const rows = sensitivity((s) => of({ ...s, churn_per_month: Math.min(1, s.churn_per_month) }), b, BUSINESS_FIELDS);
    const shortWord = (/** @type {any} */ name) => describe(name, words, []).short;
    swings = { rows, centre: of(b), format, words: shortWord };
    bars.setLabel(`Moved by 20 %, these inputs change ${label} most: ${rows.slice(0, 3).map(([name, low, high]) => `${shortWord(name)}, from ${format(low)} when lowered to ${format(high)} when raised`).join("; ")}.`);
    bars.redraw();

    const told = story(b, p, customer);
    verdict.dataset.tone = told.tone;
    title.textContent = told.title;
    text.textContent = told.text;
    const sentence = `${told.title} ${told.text}`;
    tell(sentence);

    const even = breakEvenMonth(p);
    const runway = runwayMonths(p);
    const flow = p.cash_flow_usd[0];
    show("margin", percent(Number(grossMargin(b).toFixed(3))), `${money(b.price_usd_per_customer_month - b.million_tokens_per_customer_month * b.cost_usd_per_million_tokens - b.other_cost_usd_per_customer_month)} a month`);
    figures.flow.what.textContent = flow < 0 ? "burn" : "cash flow";
    show("flow", money(Math.abs(flow)), "in the first month");
    show("even", even === null ? "never" : even === 1 ? "now" : `month ${even}`, even === null ? `in ${MONTHS} months` : "and from then on");
    show("runway", runway === null ? "lasts" : String(runway), runway === null ? `for ${MONTHS} months` : `${runway === 1 ? "month" : "months"} of cash`);
    show("ratio", formatNumber(lifetimeValueToAcquisition(b), 2), `stays ${formatNumber(1 / b.churn_per_month, 2)} months`);
    show("survival", survivalText(futures), `95\u202f%: ${(100 * futures.low).toFixed(0)}–${(100 * futures.high).toFixed(0)}\u202f%`);
  }
  draw();
  return scope.dispose;
}

export default { render };
