// @ts-check
/** ThresholdChooser: drag the threshold; who is alarmed, who is missed, and what it costs. */

import { STEPS, PREVALENCE, axisEnd, cheapest, costCurve, decide, problemWith, rocArea, stepOf, tally, unpack } from "./threshold.js";
import { COST_LEFT, EDGE, chartWords, costChart, place, precisionChart, rocChart, scoreStrip } from "./threshold_charts.js";
import { percentText, pricer, story, thresholdText } from "./threshold_words.js";
import { figureRow, followTheme, guardedChange, linkButton, newsTo, traits } from "./ui_explore.js";
import { announcer, button, createScope, el, slider, uniqueId } from "./ui.js";

const STATE = /** @type {const} */ (["threshold", "false_positive_cost", "false_negative_cost", "true_positive_cost", "true_negative_cost", "prevalence"]);
const DATA = /** @type {const} */ (["unit", "class_names", "cases_name", "title", "scores_data", "labels_data", "amounts_data", "n_cases"]);

/** Stops from a thousandth to a thousand times the usual cost. @param {number} usual */
function costStops(usual) {
  const size = Math.abs(usual) || 1;
  const stops = [0];
  for (let power = Math.floor(Math.log10(size)) - 2; power <= Math.log10(size) + 2.4; power++) {
    for (const s of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8]) stops.push(Number((s * 10 ** power).toPrecision(3)));
  }
  return [...new Set([...stops, usual])].sort((a, b) => a - b);
}
/** @param {number} usual */
function prevalenceStops(usual) {
  const stops = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];
  return [...new Set([...stops, usual])].filter((p) => p >= PREVALENCE[0] && p <= PREVALENCE[1]).sort((a, b) => a - b);
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, STATE, draw);
  const first = state.initial;
  const data = /** @type {any} */ (Object.fromEntries(DATA.map((name) => [name, model.get(name)])));
  const counts = tally(unpack(data));
  const [negative, positive] = data.class_names;
  const price = pricer(data.unit);
  const end = axisEnd(counts);
  const area = rocArea(counts);
  const own = counts.positives / counts.n;
  /** @type {import("./threshold_charts.js").View} */
  let view;

  const note = announcer(scope, { every: 0, visible: true });
  const voice = announcer(scope, { every: 1000 });
  const tell = newsTo(voice);
  const say = (/** @type {string} */ text) => note.say(text, true);
  const tryChange = guardedChange({ state, say, problemWith, draw });
  const link = linkButton(scope, { model, host, name: "threshold", names: STATE, state, say, problemWith });
  const reset = button(scope, { label: "Reset", icon: "reset", kind: "small", title: "Back to the beginning", onClick: () => tryChange(first) });
  const best = button(scope, { label: "Go to the cheapest threshold", kind: "primary thc-go", onClick: () => tryChange({ threshold: view.best / STEPS }) });

  // ------------------------------------------------------------------------------------------- scores and handle
  const strip = scoreStrip(scope, () => view);
  const handle = el("div", { class: "thc-handle", role: "slider", tabindex: "0", "aria-label": "Threshold", "aria-valuemin": "0", "aria-valuemax": String(end), "data-lm-suppress-shortcuts": "true" });
  const stage = el("div", { class: "thc-stage" }, [strip.root, handle]);
  dragged(stage, EDGE, EDGE);
  scope.listen(handle, "keydown", (event) => {
    const small = event.shiftKey ? end / 1000 : end / 100;
    const by = { ArrowRight: small, ArrowUp: small, ArrowLeft: -small, ArrowDown: -small, PageUp: end / 10, PageDown: -end / 10, Home: -2, End: 2 }[/** @type {string} */ (event.key)];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    goTo(Math.min(model.get("threshold"), end) + by);
  });

  const story_ = { first: el("span", { class: "thc-title" }), second: el("span"), third: el("span") };
  const verdict = el("p", { class: "thc-verdict" }, [story_.first, " ", story_.second, " ", story_.third]);
  const names = /** @type {const} */ (["threshold", "sensitivity", "specificity", "precision", "cost"]);
  const help = {
    threshold: "called from this score on",
    sensitivity: `of the ${positive}, found`,
    specificity: `of the ${negative}, left alone`,
    precision: `of the called, ${positive}`,
    cost: "per case, expected",
  };
  const { root: figures, show } = figureRow("thc", /** @type {Record<typeof names[number], string>} */ (Object.fromEntries(names.map((name) => [name, name]))));

  // ------------------------------------------------------------------------------------------- the four outcomes
  const outcomes = Object.fromEntries(["tp", "fn", "fp", "tn"].map((name) => [name, el("strong")]));
  const cell = (/** @type {string} */ name, /** @type {string} */ word, /** @type {string} */ kind) => el("td", { class: `thc-cell ${kind}` }, [outcomes[name], el("span", {}, [word])]);
  const matrix = el("table", { class: "thc-matrix" }, [
    el("caption", {}, [`The ${counts.n.toLocaleString("en-US")} cases of the data`]),
    el("thead", {}, [el("tr", {}, [el("td"), el("th", { scope: "col" }, [`called ${positive}`]), el("th", { scope: "col" }, [`called ${negative}`])])]),
    el("tbody", {}, [
      el("tr", {}, [el("th", { scope: "row" }, [`is ${positive}`]), cell("tp", "found", "one"), cell("fn", "missed", "one wrong")]),
      el("tr", {}, [el("th", { scope: "row" }, [`is ${negative}`]), cell("fp", "false alarm", "zero wrong"), cell("tn", "left alone", "zero")]),
    ]),
  ]);

  // ------------------------------------------------------------------------------------------- charts and inputs
  const charts = { roc: rocChart(scope, () => view), pr: precisionChart(scope, () => view), cost: costChart(scope, () => view) };
  const chart = (/** @type {string} */ heading, /** @type {HTMLElement} */ root, /** @type {string} */ light = "") => el("div", { class: "thc-chart" }, [el("p", { class: "nnx-heading" }, [heading, el("span", { class: "nnx-light" }, [light])]), root]);
  dragged(charts.cost.root, COST_LEFT, EDGE);
  charts.cost.root.classList.add("thc-drag");

  const fpCost = slider(scope, { label: "Cost of a false alarm", value: first.false_positive_cost, values: costStops(first.false_positive_cost), format: price, onInput: (v) => tryChange({ false_positive_cost: v }) });
  const fnCost = slider(scope, { label: "Cost of a missed case", value: first.false_negative_cost, values: costStops(first.false_negative_cost), format: price, onInput: (v) => tryChange({ false_negative_cost: v }) });
  const mean = counts.hasAmounts ? counts.missed[STEPS] / counts.positives : 0;
  const amounts = el("p", { class: "nnx-light" }, [`A missed case costs its own amount, ${price(mean)} on average.`]);
  const tpCost = numberField("Cost of a found case", "true_positive_cost");
  const tnCost = numberField("Cost of a case left alone", "true_negative_cost");
  const share = slider(scope, { label: `Prevalence: ${positive}`, help: "Prevalence: the share of positives where the model is used", value: first.prevalence, values: [...new Set([...prevalenceStops(first.prevalence), own])].sort((a, b) => a - b), format: percentText, onInput: (v) => tryChange({ prevalence: v }) });
  const asData = button(scope, { label: `As in the data: ${percentText(own)}`, kind: "small", onClick: () => tryChange({ prevalence: own }) });

  const root = el("div", { class: "nnw nnx thc", role: "group", "aria-label": data.title || "Choose a threshold" }, [
    el("div", { class: "nnx-head" }, [el("p", { class: "nnx-heading" }, [data.title || "Choose a threshold"]), el("div", { class: "thc-tools" }, [best.root, reset.root, ...link])]),
    el("p", { class: "thc-key" }, [el("span", { class: "one" }, [`up: ${positive}`]), el("span", { class: "zero" }, [`down: ${negative}`]), el("span", { class: "plain" }, ["strong colour: called wrongly; heights are square roots, each class on its own scale"])]),
    stage,
    verdict,
    figures,
    el("div", { class: "thc-middle" }, [el("div", { class: "thc-chart" }, [matrix]), chart("Cost per case", charts.cost.root, `in ${data.unit}; drag here too`)]),
    el("div", { class: "thc-charts" }, [chart("ROC", charts.roc.root, `area ${area.toFixed(3)}`), chart("Precision and recall", charts.pr.root, "dashed: calling everybody")]),
    note.root,
    el("div", { class: "nnx-inputs" }, [
      el("div", { class: "thc-group" }, [fpCost.root, counts.hasAmounts ? amounts : fnCost.root]),
      el("div", { class: "thc-group" }, [tpCost.root, tnCost.root]),
      el("div", { class: "thc-group" }, [share.root, asData.root]),
    ]),
    voice.root,
  ]);
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  const placing = new ResizeObserver(placeHandle);
  placing.observe(stage);
  scope.onDispose(() => placing.disconnect());
  followTheme(scope, root);

  /** A cost of any sign; a negative one is a gain. @param {string} text @param {"true_positive_cost" | "true_negative_cost"} name */
  function numberField(text, name) {
    const id = uniqueId("cost");
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "number", class: "nnw-select", id, step: "any", "data-lm-suppress-shortcuts": "true" }));
    scope.listen(input, "change", () => {
      const value = Number(input.value);
      if (input.value.trim() === "" || !Number.isFinite(value)) {
        say(`${text}: this needs a number; a negative one is a gain.`);
        draw();
      } else tryChange({ [name]: value });
    });
    return { root: el("div", { class: "nnw-field" }, [el("label", { for: id }, [`${text} (${data.unit})`]), input]), input };
  }
  /** The pointer moves the threshold. @param {HTMLElement} element @param {number} left @param {number} right */
  function dragged(element, left, right) {
    let holding = false;
    const follow = (/** @type {PointerEvent} */ event) => {
      const box = element.getBoundingClientRect();
      goTo(((event.clientX - box.left - left) / (box.width - left - right)) * end);
    };
    scope.listen(element, "pointerdown", (event) => {
      if (event.button !== 0) return;
      holding = true;
      element.setPointerCapture(event.pointerId);
      follow(event);
      if (element === stage) handle.focus({ preventScroll: true });
    });
    scope.listen(element, "pointermove", (event) => holding && follow(event));
    for (const type of ["pointerup", "pointercancel"]) scope.listen(element, type, () => void (holding = false));
  }
  /** @param {number} threshold */
  function goTo(threshold) {
    tryChange({ threshold: Math.round(Math.max(0, Math.min(end, threshold)) * STEPS) / STEPS });
  }
  function placeHandle() {
    if (stage.clientWidth > 40) handle.style.left = `${place(view.k / STEPS, end, EDGE, stage.clientWidth - EDGE)}px`;
  }

  function draw() {
    const now = /** @type {any} */ (state.read());
    for (const [field, name] of /** @type {[any, string][]} */ ([[fpCost, "false_positive_cost"], [fnCost, "false_negative_cost"], [share, "prevalence"]])) if (document.activeElement !== field.input) field.set(now[name]);
    for (const [field, name] of /** @type {[any, string][]} */ ([[tpCost, "true_positive_cost"], [tnCost, "true_negative_cost"]])) field.input.value = String(now[name]);
    if (problemWith(now) !== null) return;
    const k = stepOf(now.threshold);
    const curve = costCurve(counts, now);
    const lowest = cheapest(curve);
    const decision = decide(counts, now, k);
    view = { tally: counts, k, end, decision, prevalence: now.prevalence, curve, best: lowest, unit: data.unit, names: data.class_names };

    const shown = { threshold: thresholdText(now.threshold), sensitivity: percentText(decision.sensitivity), specificity: percentText(decision.specificity), precision: percentText(decision.precision), cost: price(decision.cost) };
    for (const name of names) show(name, shown[name], help[name]);
    for (const name of /** @type {const} */ (["tp", "fn", "fp", "tn"])) outcomes[name].textContent = decision[name].toLocaleString("en-US");
    const told = story(decision, { cases: data.cases_name, positive, unit: data.unit, cheapest: { threshold: lowest / STEPS, cost: curve[lowest] }, nobody: curve[STEPS], everybody: curve[0] });
    for (const part of /** @type {const} */ (["first", "second", "third"])) story_[part].textContent = told[part];
    verdict.dataset.tone = told.worse ? "bad" : "good";
    handle.setAttribute("aria-valuenow", String(now.threshold));
    handle.setAttribute("aria-valuetext", `${shown.threshold}: sensitivity ${shown.sensitivity}, cost ${shown.cost}`);
    placeHandle();
    const words = chartWords(view, area);
    strip.setLabel(words.scores);
    strip.redraw();
    for (const name of /** @type {const} */ (["roc", "pr", "cost"])) {
      charts[name].setLabel(words[name]);
      charts[name].redraw();
    }
    const all = `${told.first} ${told.second} ${told.third}`;
    tell(all);
  }
  draw();
  return scope.dispose;
}

export default { render };
