// @ts-check
/** OptimizerRace: five optimisers leave the same point at once, on a loss that one can see. */

import { MARKS, raceField } from "./race_field.js";
import { OPTIMIZERS, SURFACES, distanceToMinimum, noiseDraws, runPath } from "./surfaces.js";
import { followTheme, label, line, linkButton, pathThrough, plot, seedField, traits } from "./ui_explore.js";
import { animationLoop, announcer, button, choice, createScope, el, formatNumber, slider, svg, uniqueId } from "./ui.js";

/** @typedef {import("./race_field.js").Runner} Runner */

const STATE = ["surface", "learning_rates", "racing", "start", "noise", "seed", "n_steps", "step"];
const PACE = 60; // steps a second
const FLOOR = 1e-8; // the lowest loss that the chart tells apart
const RATES = [-5, -4, -3, -2, -1, 0].flatMap((power) => [1, 1.5, 2, 3, 5, 7].map((v) => Number((v * 10 ** power).toPrecision(2)))).concat(10);

/** One sentence, or null when the race can be run. @param {Record<string, any>} s */
export function problemWith(s) {
  if (!Object.hasOwn(SURFACES, s.surface)) return "There is no such surface.";
  const rates = s.learning_rates;
  if (Object.keys(rates).length !== OPTIMIZERS.length || !OPTIMIZERS.every((name) => rates[name] >= 1e-5 && rates[name] <= 10)) return "Each learning rate must lie between 0.00001 and 10.";
  if (!s.racing.every((/** @type {string} */ name) => OPTIMIZERS.includes(name))) return "There is no such optimiser.";
  if (s.start.length !== 2 || !s.start.every((/** @type {any} */ v) => Number.isFinite(v) && Math.abs(v) <= 4)) return "The start must lie in the picture.";
  if (!(s.noise >= 0 && s.noise <= 10)) return "The noise must lie between 0 and 10.";
  const whole = (/** @type {number} */ v, /** @type {number} */ low, /** @type {number} */ high) => Number.isInteger(v) && v >= low && v <= high;
  if (!whole(s.seed, 0, 9999) || !whole(s.n_steps, 10, 1000) || !whole(s.step, 0, 1000)) return "Seed and steps must be whole numbers.";
  return null;
}

/** Who is where, best first. @param {import("./surfaces.js").Surface} surface @param {Runner[]} runners @param {number} step */
export function standing(surface, runners, step) {
  const lowest = surface.value(...surface.minima[0]);
  const rows = runners.map(({ name, path, losses, left }) => {
    const [x, y] = [path[2 * step], path[2 * step + 1]];
    const away = left !== null && step >= left;
    return { name, x, y, away, gap: Math.max(0, losses[step] - lowest), distance: distanceToMinimum(surface, x, y) };
  });
  return rows.sort((a, b) => Number(a.away) - Number(b.away) || a.gap - b.gap);
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, STATE, refresh);
  let now = state.initial;
  let step = now.step;
  let playing = false;
  let credit = 0;
  let ranFor = "";
  /** @type {Runner[]} */
  let runners = [];
  /** @type {any} */
  let theme = null;
  /** @type {Record<string, string>} */
  let colours = {};
  const surface = () => SURFACES[now.surface];

  // ------------------------------------------------------------------------------------------------ the parts
  const surfaces = choice(scope, {
    label: "Surface",
    value: now.surface,
    options: Object.entries(SURFACES).map(([value, { title }]) => ({ value, label: title })),
    onChange: chooseSurface,
  });
  const note = announcer(scope, { every: 500, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const link = linkButton(scope, { model, host, name: "race", names: STATE, state, say, problemWith });
  const play = button(scope, { label: "Play", icon: "play", kind: "primary opr-play", onClick: () => setPlaying(!playing) });
  const once = button(scope, { label: "Step", icon: "step", onClick: () => goTo(Math.min(step + 1, now.n_steps)) });
  const reset = button(scope, { label: "Reset", icon: "reset", title: "Back to the start", onClick: () => goTo(0) });
  const scrub = slider(scope, { label: "Step", value: step, min: 0, max: now.n_steps, step: 1, format: (v) => `${v} of ${now.n_steps}`, onInput: goTo });
  const picture = raceField(scope, { view: () => ({ surface: surface(), runners, step, start: now.start, theme, colours }), onStart: (start) => tryChange({ start }) });
  const chart = plot(scope, { kind: "opr-chart", height: 250, draw: drawChart });

  const rows = OPTIMIZERS.map((name) => {
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", "aria-label": `${name} takes part` }));
    scope.listen(input, "change", () => tryChange({ racing: OPTIMIZERS.filter((n) => (n === name ? input.checked : now.racing.includes(n))) }));
    const mark = svg("svg", { class: "opr-mark", viewBox: "0 0 14 14", "aria-hidden": "true" }, [svg("path", { d: MARKS[/** @type {keyof typeof MARKS} */ (name)], class: `opr-${name}` })]);
    const rate = slider(scope, { label: `learning rate of ${name}`, value: now.learning_rates[name], values: RATES, onInput: (v) => tryChange({ learning_rates: { ...now.learning_rates, [name]: v } }) });
    rate.root.classList.add("opr-rate");
    const cells = { gap: el("td", { class: "opr-number" }), at: el("td", { class: "opr-number opr-at" }) };
    const root = el("tr", {}, [el("th", { scope: "row" }, [el("label", { class: "opr-name" }, [input, mark, el("span", {}, [name])])]), el("td", { class: "opr-rate-cell" }, [rate.root]), cells.gap, cells.at]);
    return { name, input, rate, cells, root };
  });
  const table = el("table", { class: "opr-table" }, [
    el("thead", {}, [el("tr", {}, [el("th", { scope: "col" }, ["Optimiser"]), el("th", { scope: "col" }, ["Learning rate"]), el("th", { scope: "col", class: "opr-number" }, ["Above the minimum"]), el("th", { scope: "col", class: "opr-number opr-at" }, ["Where"])])]),
    el("tbody", {}, rows.map((row) => row.root)),
  ]);
  const noise = slider(scope, { label: "Gradient noise", help: "Standard deviation of what is added to each component of every gradient; the same for all", value: now.noise, values: [0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10], onInput: (v) => tryChange({ noise: v }) });
  const length = slider(scope, { label: "Length of the race", unit: "steps", value: now.n_steps, values: [50, 100, 200, 300, 500, 1000], onInput: (v) => tryChange({ n_steps: v, step: Math.min(step, v) }) });
  const seed = seedField(scope, { id: uniqueId("seed"), value: now.seed, onChange: (v) => tryChange({ seed: v }) });
  const defaults = button(scope, { label: "Usual settings", kind: "small", title: "Start, noise and learning rates of this surface, chosen so that the five can be told apart, not so that each is at its best", onClick: () => chooseSurface(now.surface) });

  const bar = el("div", { class: "opr-bar" }, [play.root, once.root, reset.root, scrub.root]);
  const side = el("div", { class: "opr-side" }, [el("p", { class: "opr-title" }, ["Loss above the minimum, by step"]), chart.root]);
  const root = el("div", { class: "nnw nnx opr", role: "group", "aria-label": "A race of optimisers", "data-lm-suppress-shortcuts": "true" }, [
    el("div", { class: "nnx-head" }, [surfaces.root, el("div", { class: "opr-tools" }, [defaults.root, ...link])]),
    bar,
    el("div", { class: "opr-stage" }, [picture.root, side]),
    note.root,
    el("div", { class: "opr-scroll" }, [table]),
    el("div", { class: "opr-settings" }, [noise.root, length.root, seed.root]),
  ]);
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  const loop = animationLoop(scope, root, frame);

  // ------------------------------------------------------------------------------------------------ the state
  /** @param {Record<string, any>} changes */
  function tryChange(changes) {
    const problem = problemWith({ ...state.read(), ...changes });
    if (problem !== null) return say(problem);
    state.change(changes);
    refresh();
  }
  /** @param {string} name */
  function chooseSurface(name) {
    setPlaying(false);
    const { start, learning_rates, noise: amount } = SURFACES[name];
    tryChange({ surface: name, start: [...start], learning_rates: { ...learning_rates }, noise: amount, step: 0 });
  }
  /** @param {number} to */
  function goTo(to) {
    if (playing) setPlaying(false);
    step = to;
    state.change({ step });
    draw();
  }
  /** @param {boolean} on */
  function setPlaying(on) {
    if (on === playing) return;
    if (on && now.racing.length === 0) return say("Nobody takes part: tick an optimiser.");
    playing = on;
    credit = 0;
    if (on && step >= now.n_steps) step = 0;
    play.set({ label: on ? "Pause" : "Play", icon: on ? "pause" : "play" });
    if (on) loop.start();
    else {
      loop.stop();
      state.change({ step });
      draw();
    }
  }
  /** @param {number} elapsed */
  function frame(elapsed) {
    credit += (PACE * Math.min(elapsed, 1000)) / 1000;
    const due = Math.floor(credit);
    credit -= due;
    step = Math.min(step + due, now.n_steps);
    draw();
    if (step >= now.n_steps) setPlaying(false);
  }

  // ------------------------------------------------------------------------------------------------ to look at
  function describe() {
    if (step === 0) return "All stand at the start.";
    const list = standing(surface(), runners, step);
    if (list.length === 0) return "Nobody takes part: tick an optimiser.";
    const away = list.filter((row) => row.away).map((row) => row.name);
    const here = list.filter((row) => !row.away);
    const first = here[0] ? `${here[0].name} is lowest, ${gapText(here[0].gap)} above the minimum` : "";
    const last = here.length > 1 ? `; ${here[here.length - 1].name} is highest, ${gapText(here[here.length - 1].gap)} above` : "";
    const lost = away.length ? ` ${away.join(" and ")} flew away: the learning rate is too large.` : "";
    return `After ${step} ${step === 1 ? "step" : "steps"}: ${first}${last}${first ? "." : ""}${lost}`;
  }

  /** Everything that depends on the settings. */
  function refresh() {
    const before = now;
    now = state.read();
    if (problemWith(now) !== null) {
      now = before;
      return;
    }
    if (!playing) step = Math.min(now.step, now.n_steps);
    const settings = JSON.stringify({ ...now, step: 0 });
    if (settings !== ranFor) {
      ranFor = settings;
      const draws = noiseDraws(now.seed, now.n_steps);
      runners = OPTIMIZERS.filter((name) => now.racing.includes(name)).map((name) => runPath(surface(), name, now.learning_rates[name], now.start, now.n_steps, now.noise, draws));
    }
    surfaces.set(now.surface);
    scrub.input.max = String(now.n_steps);
    const idle = (/** @type {{input: HTMLInputElement}} */ control) => document.activeElement !== control.input;
    for (const { name, input, rate } of rows) {
      input.checked = now.racing.includes(name);
      if (idle(rate)) rate.set(now.learning_rates[name]);
    }
    if (idle(noise)) noise.set(now.noise);
    if (idle(length)) length.set(now.n_steps);
    seed.set(now.seed);
    draw();
  }

  function draw() {
    if (!theme || !ranFor) return; // not yet
    if (!(document.activeElement === scrub.input && Number(scrub.input.value) === step)) scrub.set(step);
    const list = standing(surface(), runners, step);
    const best = step > 0 && list.length > 1 && !list[0].away ? list[0].name : "";
    for (const { name, cells, root: row } of rows) {
      const it = list.find((other) => other.name === name);
      row.classList.toggle("out", !it);
      row.classList.toggle("best", name === best);
      cells.gap.textContent = it ? (it.away ? "flew away" : gapText(it.gap)) : "–";
      cells.at.textContent = it && !it.away ? `${twoDigits(it.x)}, ${twoDigits(it.y)}` : "–";
    }
    picture.redraw();
    chart.redraw();
    if (!playing) {
      const text = describe();
      picture.describe(`${surface().title} seen from above, with its minimum marked by a star. ${text}`);
      chart.setLabel(`Loss above the minimum against step. ${text}`);
      note.say(text);
    }
  }

  /** @param {number} width @param {number} height @returns {SVGElement[]} */
  function drawChart(width, height) {
    const box = { left: 44, right: width - 10, top: 8, bottom: height - 24 };
    const lowest = surface().value(...surface().minima[0]);
    const all = runners.flatMap(({ losses }) => [...losses]).map((v) => v - lowest).filter((v) => v > 0 && v < 1e4);
    const high = Math.ceil(Math.log10(Math.max(...all, 1)));
    const low = Math.max(Math.floor(Math.log10(Math.min(...all, 0.1))), Math.log10(FLOOR));
    const x = (/** @type {number} */ t) => box.left + (t / now.n_steps) * (box.right - box.left);
    const y = (/** @type {number} */ gap) => box.bottom - ((Math.max(low, Math.min(high + 0.05, Math.log10(gap))) - low) / (high - low)) * (box.bottom - box.top);
    /** @type {SVGElement[]} */
    const parts = [];
    const every = high - low > 5 ? 2 : 1;
    for (let power = high; power >= low; power -= every) {
      const level = y(10 ** power);
      parts.push(line(box.left, level, box.right, level), label(box.left - 6, level + 4, power >= -2 && power <= 3 ? String(Number((10 ** power).toPrecision(1))) : `1e${power}`.replace("-", "−"), { "text-anchor": "end" }));
    }
    parts.push(label(box.left, height - 6, "0"), label(box.right, height - 6, `step ${now.n_steps}`, { "text-anchor": "end" }));
    for (const { name, losses } of runners) {
      const points = /** @type {[number, number][]} */ ([]);
      for (let t = 0; t <= step; t++) points.push([x(t), Number.isFinite(losses[t]) ? y(Math.max(losses[t] - lowest, 1e-300)) : NaN]);
      parts.push(svg("path", { class: `opr-curve opr-${name}`, d: pathThrough(points) }));
    }
    parts.push(line(x(step), box.top, x(step), box.bottom, "opr-now"));
    return parts;
  }

  followTheme(scope, root, (now) => {
    theme = now;
    const style = getComputedStyle(root);
    colours = Object.fromEntries(OPTIMIZERS.map((name) => [name, style.getPropertyValue(`--opr-${name}`).trim() || theme.css.ink]));
    draw();
  });
  refresh();
  return scope.dispose;
}

/** Without a minus before zero. @param {number} v */
const twoDigits = (v) => (Math.round(100 * v) / 100 + 0).toFixed(2).replace("-", "−");

/** @param {number} gap */
const gapText = (gap) => (gap < FLOOR ? "0" : formatNumber(gap, 2));

export default { render };
