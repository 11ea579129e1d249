// @ts-check
/** DriveFilm: recorded drives to play and scrub, with what the car believed beside them. */

import { SPEEDS, duration, fitTrack, levelsOf, momentAt, problemWith, story } from "./drive_replay.js";
import { followTheme, linkButton, traits } from "./ui_explore.js";
import { animationLoop, announcer, button, canvas, choice, createScope, el, slider } from "./ui.js";

/** @typedef {import("./drive_replay.js").Recording} Recording */

const STATE = ["film", "second", "speed"];
const CAR = { length: 5, width: 2 }; // metres

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el: host }) {
  const scope = createScope();
  const state = traits(scope, model, STATE, refresh);
  const films = /** @type {Recording[]} */ (model.get("films"));
  const problem = (/** @type {any} */ s) => problemWith({ ...s, films });
  let now = state.initial;
  let second = now.second;
  let playing = false;
  /** @type {any} */
  let theme = null;
  const film = () => films[now.film];

  // ------------------------------------------------------------------------------------------------ the parts
  const titles = choice(scope, {
    label: "Film",
    value: String(now.film),
    kind: "drf-titles",
    options: films.map(({ title }, k) => ({ value: String(k), label: title })),
    onChange: (k) => choose(Number(k)),
  });
  const note = announcer(scope, { every: 1000, visible: true });
  const say = (/** @type {string} */ text) => note.say(text, true);
  const link = linkButton(scope, { model, host, name: "drive", names: STATE, state, say, problemWith: problem });
  const play = button(scope, { label: "Play", icon: "play", kind: "primary drf-play", onClick: () => setPlaying(!playing) });
  const reset = button(scope, { label: "Reset", icon: "reset", title: "Back to the start", onClick: () => goTo(0) });
  const scrub = slider(scope, { label: "Time", unit: "s", value: 0, min: 0, max: 1, step: 0.1, format: (v) => v.toFixed(1), onInput: goTo });
  const pace = choice(scope, { label: "Speed of the film", value: String(now.speed), options: SPEEDS.map((v) => ({ value: String(v), label: `${v}×` })), onChange: (v) => tryChange({ speed: Number(v) }) });
  const track = canvas(scope, { label: "The track from above", kind: "drf-track", draw: drawTrack });
  const view = canvas(scope, { label: "The road as the car saw it", kind: "drf-view", draw: drawView });
  const viewTitle = el("p", { class: "drf-heading" });

  const root = el("div", { class: "nnw nnx drf", role: "group", "aria-label": "A film of recorded drives", "data-lm-suppress-shortcuts": "true" }, [
    el("div", { class: "drf-head" }, [films.length > 1 ? titles.root : el("p", { class: "drf-heading" }, [films[0].title]), el("div", {}, link)]),
    el("div", { class: "drf-bar" }, [play.root, reset.root, scrub.root, pace.root]),
    el("div", { class: "drf-stage" }, [
      el("div", {}, [el("p", { class: "drf-heading" }, ["From above"]), track.root]),
      el("div", {}, [viewTitle, view.root]),
    ]),
    el("p", { class: "drf-key" }, [
      el("span", { class: "ours" }, ["our car"]),
      el("span", { class: "theirs" }, ["another car"]),
      el("span", { class: "plan" }, ["planned path"]),
      el("span", { class: "road" }, ["taken for road"]),
    ]),
    note.root,
  ]);
  host.replaceChildren(root);
  scope.onDispose(() => root.remove());
  const loop = animationLoop(scope, root, frame);
  scope.listen(scrub.input, "keydown", (event) => {
    if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey) return; // a slider has no use for the space bar
    setPlaying(!playing);
    event.preventDefault();
  });

  // ------------------------------------------------------------------------------------------------ the state
  /** @param {Record<string, any>} changes */
  function tryChange(changes) {
    const trouble = problem({ ...state.read(), ...changes });
    if (trouble !== null) return say(trouble);
    state.change(changes);
    refresh();
  }
  /** @param {number} k */
  function choose(k) {
    setPlaying(false);
    tryChange({ film: k, second: 0 });
  }
  /** @param {number} to */
  function goTo(to) {
    if (playing) setPlaying(false);
    tryChange({ second: Math.round(10 * Math.min(to, duration(film()))) / 10 });
  }
  /** @param {boolean} on */
  function setPlaying(on) {
    if (on === playing) return;
    playing = on;
    play.set({ label: on ? "Pause" : "Play", icon: on ? "pause" : "play" });
    if (on) {
      if (second >= duration(film())) second = 0;
      say(""); // the sentence is about one moment; it comes back with the next pause
      loop.start();
    } else {
      loop.stop();
      tryChange({ second: Math.round(10 * second) / 10 });
    }
  }
  /** @param {number} elapsed */
  function frame(elapsed) {
    second = Math.min(second + (now.speed * Math.min(elapsed, 1000)) / 1000, duration(film()));
    draw();
    if (second >= duration(film())) setPlaying(false);
  }
  function refresh() {
    const wanted = state.read();
    if (problem(wanted) !== null) return;
    const other = wanted.film !== now.film;
    now = wanted;
    if (!playing || other) second = Math.min(now.second, duration(film()));
    titles.set(String(now.film));
    pace.set(String(now.speed));
    scrub.input.max = String(duration(film()));
    viewTitle.textContent = film().view === "believed" ? "What the car believes" : "What the sensor gives";
    root.classList.toggle("no-plan", film().paths.length === 0);
    draw();
  }

  // ------------------------------------------------------------------------------------------------ to look at
  function draw() {
    if (!theme) return; // not yet
    if (!(document.activeElement === scrub.input && Math.abs(Number(scrub.input.value) - second) < 0.05)) scrub.set(second);
    track.redraw();
    view.redraw();
    if (!playing) {
      const text = story(film(), second);
      note.say(text);
      track.root.setAttribute("aria-label", `The track from above. ${film().title}. ${text}`);
      view.root.setAttribute("aria-label", `${viewTitle.textContent}: ${film().grid.cells} by ${film().grid.cells} cells in front of the car, driving up.`);
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} angle @param {number} scale @param {string} colour */
  function drawCar(context, x, y, angle, scale, colour) {
    const length = Math.max(11, CAR.length * scale);
    const width = Math.max(5.5, CAR.width * scale);
    context.save();
    context.translate(x, y);
    context.rotate(angle);
    context.fillStyle = colour;
    context.strokeStyle = theme.css.paper;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(-length / 2, -width / 2, length, width, 2);
    context.fill();
    context.stroke();
    context.fillStyle = theme.css.paper;
    context.fillRect(length / 2 - 0.3 * length, -width / 2 + 1.5, 0.12 * length, width - 3); // the windscreen: where is ahead
    context.restore();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function drawTrack(context, width, height) {
    if (!theme) return;
    context.clearRect(0, 0, width, height);
    const it = film();
    const fit = fitTrack(it, width, height);
    const lines = (/** @type {string} */ colour, /** @type {(lane: number[]) => number} */ thick) => {
      context.strokeStyle = colour;
      context.lineCap = "round";
      context.lineJoin = "round";
      for (const lane of it.lanes) {
        context.lineWidth = thick(lane);
        context.beginPath();
        for (let k = 1; k < lane.length; k += 2) context.lineTo(fit.x(lane[k] / 10), fit.y(lane[k + 1] / 10));
        context.stroke();
      }
    };
    lines(theme.css.muted, (lane) => (fit.scale * lane[0]) / 10 + 2.5);
    lines(theme.css.line, (lane) => (fit.scale * lane[0]) / 10 + 0.5);
    const moment = momentAt(it, second);
    context.strokeStyle = theme.css.accent;
    context.lineWidth = 2;
    context.beginPath();
    for (let k = 0; k <= moment.frame; k++) context.lineTo(fit.x(it.ego[3 * k] / 10), fit.y(it.ego[3 * k + 1] / 10));
    context.lineTo(fit.x(moment.ego.x), fit.y(moment.ego.y));
    context.stroke();
    for (const car of moment.cars) drawCar(context, fit.x(car.x), fit.y(car.y), car.heading, fit.scale, theme.css.negative);
    drawCar(context, fit.x(moment.ego.x), fit.y(moment.ego.y), moment.ego.heading, fit.scale, theme.css.accent);
    if (second >= duration(it) && it.outcome !== "finished") cross(context, fit.x(moment.ego.x), fit.y(moment.ego.y));
  }

  /** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y */
  function cross(context, x, y) {
    context.strokeStyle = theme.css.negative;
    context.lineWidth = 3;
    context.beginPath();
    for (const s of [-1, 1]) {
      context.moveTo(x - 11, y - 11 * s);
      context.lineTo(x + 11, y + 11 * s);
    }
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function drawView(context, width, height) {
    if (!theme) return;
    const it = film();
    const { cells, cell, behind } = it.grid;
    const size = Math.min(width, height) / cells;
    const moment = momentAt(it, second);
    const levels = levelsOf(it, moment.frame);
    context.clearRect(0, 0, width, height);
    context.fillStyle = theme.css.surface;
    context.fillRect(0, 0, size * cells, size * cells);
    context.fillStyle = theme.css.positive;
    for (let row = 0; row < cells; row++) {
      for (let column = 0; column < cells; column++) {
        const level = levels[row * cells + column];
        if (level === 0) continue;
        context.globalAlpha = 0.22 * level;
        context.fillRect(column * size, (cells - 1 - row) * size, size - 0.5, size - 0.5);
      }
    }
    context.globalAlpha = 1;
    const scale = (10 * size) / cell; // pixels per metre
    const x = (/** @type {number} */ aside) => (size * cells) / 2 + scale * aside;
    const y = (/** @type {number} */ ahead) => size * cells - scale * (ahead + behind / 10);
    const path = it.paths[moment.frame];
    if (path) {
      context.strokeStyle = theme.css.ink;
      context.lineWidth = 2.5;
      context.setLineDash([5, 4]);
      context.beginPath();
      for (let k = 0; k < path.length; k += 2) context.lineTo(x(path[k + 1] / 10), y(path[k] / 10));
      context.stroke();
      context.setLineDash([]);
    }
    context.save();
    context.beginPath();
    context.rect(0, 0, size * cells, size * cells);
    context.clip();
    const c = Math.cos(moment.ego.heading);
    const s = Math.sin(moment.ego.heading);
    for (const car of moment.cars) {
      const [dx, dy] = [car.x - moment.ego.x, car.y - moment.ego.y];
      drawCar(context, x(c * dy - s * dx), y(c * dx + s * dy), car.heading - moment.ego.heading - Math.PI / 2, scale, theme.css.negative);
    }
    drawCar(context, x(0), y(0), -Math.PI / 2, scale, theme.css.accent);
    context.restore();
  }

  followTheme(scope, root, (colours) => {
    theme = colours;
    draw();
  });
  refresh();
  return scope.dispose;
}

export default { render };
