// @ts-check
/** The Playground: a small network that trains while one watches, and everything about it can be changed. */

import { comparison, figure } from "./playground_compare.js";
import { curves } from "./playground_curves.js";
import { Engine } from "./playground_engine.js";
import { field } from "./playground_field.js";
import { network } from "./playground_network.js";
import { dataChoice, layerButtons, settingsPanel } from "./playground_settings.js";
import { CHOICES, DEFAULTS, MAX_POINTS, clean, decode, encode, pythonCall, same, taskOf } from "./playground_state.js";
import { settingsOf, sync } from "./playground_sync.js";
import { animationLoop, announcer, button, choice, copyText, createScope, divergingPalette, el, formatNumber, hashKey, hashLink, readHash, readTheme, watchTheme } from "./ui.js";

const RATES = { slow: 60, normal: 900, fast: Infinity }; // updates a second
const BUDGET = 7; // milliseconds of training in a frame of 16; the rest is for drawing
const PUBLISH_EVERY = 500; // milliseconds between two reports to Python

/** Views of one model (a notebook may show it twice) share the run; the first one trains. @type {WeakMap<object, {engine: Engine, views: object[]}>} */
const shared = new WeakMap();

/** @param {{model: any, el: HTMLElement}} context of anywidget */
function render({ model, el: home }) {
  const scope = createScope();
  const compact = Boolean(model.get("compact"));
  let run = shared.get(model);
  if (!run) {
    run = { engine: new Engine(settingsOf(model)), views: [] };
    shared.set(model, run);
  }
  const { engine, views } = run;
  const me = {};
  views.push(me);
  scope.onDispose(() => void views.splice(views.indexOf(me), 1));

  const view = {
    theme: /** @type {any} */ (null), palette: new Uint32Array(256), font: "sans-serif", focus: /** @type {[number, number] | null} */ (null),
    brush: "blue", painting: false, showTest: !compact, compact, dataVersion: 0, themeVersion: 0,
  };
  let playing = false;
  let credit = 0; // updates owed by the clock
  let frames = 0;
  let catchUp = 0; // a link may ask for a run up to this step
  let lastPublish = 0;

  // ---------------------------------------------------------------- the parts
  const status = announcer(scope, { visible: true }); // messages
  const spoken = announcer(scope); // how training goes, every few seconds, for those who do not see the curves
  const play = button(scope, { label: "Play", icon: "play", kind: "primary nnp-play", title: "Train the network (key: P)", onClick: () => setPlaying(!playing) });
  const stepOnce = button(scope, { label: "Step", icon: "step", title: "One update (key: S)", onClick: step });
  const reset = button(scope, { label: "Reset", icon: "reset", title: "Back to the first weights (key: R)", onClick: restart });
  const counter = el("span", { class: "nnp-counter" });
  const plane = field(scope, { engine, view, onPaint: (points) => change({ points: points.slice(-MAX_POINTS) }), say: status.say });
  const net = network(scope, { engine, view, onHidden: (hidden) => change({ hidden }), onFocus: setFocus });
  const chart = curves(scope, { view, current: () => engine.history, pinned: () => compared.pinned && compared.pinned.history });
  const names = CHOICES.dataset.map(([value]) => value).filter((name) => !compact || !["plane", "hills"].includes(name));
  const data = dataChoice(scope, { value: engine.settings.dataset, names, change });
  const layers = layerButtons(scope, { hidden: () => engine.settings.hidden, change });
  const panel = compact ? null : settingsPanel(scope, { settings: engine.settings, change, view, redraw: () => draw(true) });

  const figures = {
    train: el("strong", { class: "nnp-train" }), test: el("strong", { class: "nnp-test" }), right: el("strong"),
  };
  const rightBox = el("div", { title: "Share of the test points on the right side" }, [el("span", {}, ["test accuracy"]), figures.right]);
  const numbers = el("div", { class: "nnp-figures" }, [
    el("div", {}, [el("span", {}, ["training loss"]), figures.train]),
    el("div", {}, [el("span", {}, ["test loss"]), figures.test]),
    rightBox,
  ]);

  const brush = choice(scope, {
    label: "Brush", kind: "nnp-brush", value: "blue", onChange: (value) => void (view.brush = value),
    options: [{ value: "blue", label: "Blue" }, { value: "orange", label: "Orange" }, { value: "erase", label: "Erase" }],
  });
  const undo = button(scope, { label: "Undo", icon: "undo", iconOnly: true, kind: "small", onClick: () => change({ points: engine.settings.points.slice(0, -1) }) });
  const clear = button(scope, { label: "Clear", kind: "small", onClick: () => change({ points: [] }) });
  const painter = el("div", { class: "nnp-painter" }, [brush.root, undo.root, clear.root]);

  const pin = button(scope, { label: "Pin this run", icon: "pin", kind: "small", title: "Keep this curve and compare the next run with it", onClick: togglePin });
  const link = button(scope, { label: "Copy link", icon: "link", kind: "small", title: "A link that restores this playground", onClick: copyLink });
  const code = button(scope, { label: "Copy Python", kind: "small", title: "The line that makes this playground in a notebook", onClick: copyPython });
  const compared = comparison(engine);
  const actions = el("div", { class: "nnp-actions" }, compact ? [] : [pin.root, ...(model.onPage ? [link.root] : []), code.root]);

  const toolbar = el("div", { class: "nnp-toolbar", role: "toolbar", "aria-label": "Training" }, [play.root, ...(compact ? [] : [stepOnce.root]), reset.root, counter]);
  const planeBox = el("div", { class: "nnp-plane-box" }, [plane.root, painter]);
  const netBox = el("div", { class: "nnp-net-box" }, [layers.root, net.root]);
  const body = compact
    ? [toolbar, el("div", { class: "nnp-stage" }, [planeBox, el("div", { class: "nnp-side" }, [data.root, net.root, numbers, chart.root])]), status.root, spoken.root]
    : [
        data.root, toolbar,
        el("div", { class: "nnp-stage" }, [netBox, planeBox]),
        el("div", { class: "nnp-results" }, [chart.root, el("div", { class: "nnp-side" }, [numbers, actions])]),
        compared.root, status.root, spoken.root, panel?.root,
      ];
  const root = el("div", { class: `nnw nnw-frame nnp ${compact ? "compact" : ""}`, role: "region", "aria-label": "Playground: train a neural network" }, body);
  home.append(root);
  scope.onDispose(() => root.remove());

  // ---------------------------------------------------------------- drawing
  const loop = animationLoop(scope, root, frame);
  const python = sync(scope, { model, engine, isPlaying: () => playing, arrived, reset: restart });

  /** @param {boolean} [all] everything, not only what is due in this frame */
  function draw(all = false) {
    engine.lookAround();
    plane.redraw();
    if (all || frames % 3 === 0) net.redraw();
    if (all || frames % 3 === 1) chart.redraw();
    if (all || frames % 6 === 2) showNumbers();
  }

  function showNumbers() {
    const epochs = engine.trainer ? engine.step / engine.trainer.batches.length : 0;
    counter.textContent = `step ${formatNumber(engine.step)} · epoch ${formatNumber(Math.floor(epochs))}`;
    figures.train.textContent = figure(engine.trainLoss);
    figures.test.textContent = figure(engine.testLoss);
    rightBox.hidden = engine.task === "regression";
    figures.right.textContent = engine.test.n ? `${(100 * engine.testAccuracy).toFixed(1)} %` : "–";
  }

  function describe() {
    const { trainLoss, testLoss, step, task, testAccuracy } = engine;
    if (!engine.ready) return "No points yet.";
    const right = task === "classification" && engine.test.n ? `, test accuracy ${(100 * testAccuracy).toFixed(0)} %` : "";
    return `Step ${step}: training loss ${formatNumber(trainLoss)}, test loss ${figure(testLoss)}${right}.`;
  }

  /** Everything that depends on the settings. */
  function refresh() {
    const { settings } = engine;
    view.painting = settings.dataset === "own";
    view.dataVersion += 1;
    data.set(settings.dataset);
    panel?.show(settings);
    layers.show();
    painter.hidden = !view.painting;
    plane.setNote(view.painting && settings.points.length < 2 ? "Drag here to paint points, or use the arrow keys and Space." : "");
    const what = view.painting ? "Arrow keys move the brush, Space paints." : "Arrow keys read the prediction at a place.";
    plane.setLabel(`The plane: ${settings.dataset} data and what the network predicts everywhere. ${what}`);
    chart.setLabel(`Loss against step. ${describe()}`);
    undo.set({ disabled: settings.points.length === 0 });
    clear.set({ disabled: settings.points.length === 0 });
    if (view.focus && (view.focus[0] >= engine.model.sizes.length || view.focus[1] >= engine.model.sizes[view.focus[0]])) view.focus = null;
    compare();
    draw(true);
  }

  function retheme() {
    view.theme = readTheme(root);
    root.classList.toggle("dark", view.theme.dark);
    view.palette = divergingPalette(view.theme, view.theme.dark ? 0.62 : 0.55);
    view.font = getComputedStyle(root).fontFamily;
    view.themeVersion += 1;
    data.paint(view.theme);
    draw(true);
  }

  /** @param {[number, number] | null} focus */
  function setFocus(focus) {
    if (same(view.focus, focus)) return;
    view.focus = focus;
    draw(true);
  }

  // ---------------------------------------------------------------- training
  /** @param {number} elapsed @param {number} now */
  function frame(elapsed, now) {
    frames += 1;
    if (views[0] === me) {
      if (catchUp > engine.step) {
        engine.advanceWithin(catchUp - engine.step, 12);
        if (catchUp <= engine.step) catchUp = 0;
      } else if (playing) {
        const rate = RATES[/** @type {keyof typeof RATES} */ (engine.settings.speed)] ?? RATES.normal;
        credit = Math.min(credit + (rate * Math.min(elapsed, 1000)) / 1000, rate);
        const due = Math.floor(Math.min(credit, 1e6));
        const done = engine.advanceWithin(due, elapsed > 300 ? 60 : BUDGET); // two frames a second (less motion): more work in each
        credit = rate === Infinity || done < due ? 0 : credit - done;
      }
    }
    draw(elapsed > 40); // on a slow machine parts drawn by turns would drift apart
    if (!engine.finite) {
      setPlaying(false);
      status.say("The loss is no longer a finite number: the steps are too large. Lower the learning rate and press Reset.", true);
      draw(true);
      return;
    }
    if (playing) {
      spoken.say(describe());
      if (now - lastPublish > PUBLISH_EVERY) publish(now);
    }
    if (!playing && !catchUp) {
      loop.stop();
      settle();
    }
  }

  /** What is due when training rests. */
  function settle() {
    engine.evaluate(); // the last figures may be a few updates old
    publish();
    chart.setLabel(`Loss against step. ${describe()}`);
    compare();
    draw(true);
  }

  /** @param {boolean} on */
  function setPlaying(on) {
    if (on && !engine.ready) {
      status.say("There are no points to learn from yet. Paint some.", true);
      on = false;
    }
    if (on && !engine.finite) engine.restart();
    if (on && engine.task === "classification" && new Set(engine.train.y).size < 2) {
      status.say("Training needs points of both colours.", true);
      on = false;
    }
    const was = playing;
    playing = on;
    credit = 0;
    play.set({ label: on ? "Pause" : "Play", icon: on ? "pause" : "play" });
    root.classList.toggle("playing", on);
    python.tell({ playing: on });
    if (on) {
      status.say("", true);
      loop.start();
    }
    if (was && !on) {
      if (!catchUp) loop.stop();
      settle();
      status.say(`Paused. ${describe()}`, true);
    }
  }

  function step() {
    if (playing) setPlaying(false);
    if (!engine.ready) return;
    engine.advance(1);
    engine.evaluate();
    status.say(describe(), true);
    settle();
  }

  function restart() {
    if (playing) setPlaying(false);
    catchUp = 0;
    if (engine.replayable) engine.restart();
    else engine.start(engine.settings);
    status.say(`Reset. ${describe()}`, true);
    refresh();
    settle();
  }

  /** A reader (or Python) has changed settings. @param {Partial<import("./playground_state.js").Settings>} what */
  function change(what) {
    const settings = clean({ ...engine.settings, ...what });
    // From numbers back to classes: squared error was no choice of the reader's
    if (engine.task === "regression" && taskOf(settings) === "classification" && !what.loss) settings.loss = DEFAULTS.loss;
    if (same(settings, engine.settings)) return;
    catchUp = 0;
    const fresh = engine.change(settings);
    if (fresh && playing && !engine.ready) setPlaying(false);
    python.tell(settings);
    if (engine.finite) status.say("", true); // what was said is about the run before
    refresh();
    if (!playing) publish();
  }

  function togglePin() {
    if (compared.pinned) compared.unpin();
    else {
      compared.pin();
      status.say("Pinned. Change a setting and train again: both runs are drawn.", true);
    }
    compare();
    chart.redraw();
  }

  function compare() {
    pin.set({ label: compared.pinned ? "Unpin" : "Pin this run" });
    compared.show();
  }

  // ---------------------------------------------------------------- links
  const key = () => hashKey(root, "playground");

  async function copyLink() {
    const kept = compared.pinned;
    const address = hashLink(key(), encode(engine.settings, engine.replayable ? engine.step : 0) + (kept ? `!${encode(kept.settings, kept.step)}` : ""));
    history.replaceState(history.state, "", address);
    const done = await copyText(address);
    const what = engine.replayable || engine.step === 0 ? "It restores all of this." : "It restores the settings; this run was changed on its way, so it begins at step 0.";
    status.say(`${done ? "Link copied." : "The link is in the address bar."} ${what}`, true);
  }

  async function copyPython() {
    const line = pythonCall(engine.settings);
    const done = await copyText(line);
    status.say(done ? "Copied: paste it into a notebook after `from nnbook.widgets import Playground`." : line, true);
  }

  /** @returns {boolean} whether the address held a state for this playground */
  function restore() {
    const text = model.onPage ? readHash(key()) : null;
    if (!text) return false;
    const [mine, other] = text.split("!").map(decode);
    if (other) compared.repeat(other.settings, other.step);
    setPlaying(false);
    engine.start(mine.settings);
    python.tell(mine.settings);
    catchUp = mine.step;
    refresh();
    if (catchUp) loop.start();
    root.scrollIntoView({ block: "center" });
    return true;
  }

  /** Python has changed something. @param {boolean} play */
  function arrived(play) {
    if (play !== playing) setPlaying(play);
    refresh();
    if (!playing) publish();
  }

  /** @param {number} [now] */
  function publish(now = performance.now()) {
    lastPublish = now;
    if (views[0] === me) python.publish();
  }

  // ---------------------------------------------------------------- keys, theme, first picture
  scope.listen(root, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const action = { p: () => setPlaying(!playing), s: step, r: restart }[/** @type {string} */ (event.key).toLowerCase()];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab has commands on these keys
    action();
  });
  scope.listen(window, "hashchange", restore);
  watchTheme(scope, root, retheme);
  const given = model.get("parameters") ?? [];
  if (given.length && views.length === 1) engine.setParameters(given);
  retheme();
  if (!restore()) refresh();
  if (views.length === 1 && !catchUp) publish();
  if (model.get("playing")) setPlaying(true);
  return scope.dispose;
}

export default { render };
