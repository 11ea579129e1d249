// @ts-check
/** TrainingMonitor: a training run that is watched live, or played and scrubbed afterwards. */

import { curveNames, isLoss, moments, range, ticks, TOP } from "./training_recording.js";
import { announcer, animationLoop, button, canvas, checkbox, createScope, divergingPalette, el, formatNumber, readTheme, slider, tooltip, watchTheme } from "./ui.js";

/** @typedef {import("./training_recording.js").Moment} Moment */

const SECONDS = 7; // to play a whole run
const MARGIN = { left: 44, right: 10, top: 10, bottom: 24 };

/** @param {number} v */
const short = (v) => formatNumber(v, 3);

/** @param {{model: any, el: HTMLElement}} view */
function render({ model, el: host }) {
  const scope = createScope();
  const root = el("div", { class: "nnw nnw-frame nnw-monitor", "data-lm-suppress-shortcuts": "true" });
  host.append(root);
  scope.onDispose(() => root.remove());
  let theme = readTheme(root);
  let palette = divergingPalette(theme, 0.6);

  /** @type {any} */ let recording = model.get("recording") || {};
  /** @type {Moment[]} */ let list = moments(recording);
  let live = false;
  let planned = 0; // epochs of the live run
  let log = false;
  let at = 0; // the moment shown
  let position = 0; // the same while playing, as a fraction

  // --------------------------------------------------------------------------------------------------- controls
  const play = button(scope, { label: "Play", icon: "play", kind: "primary", onClick: () => (loop.running ? stop() : start()) });
  const scrubber = slider(scope, { label: "Epoch", value: 0, min: 0, max: 1, step: 1, format: (i) => epochText(i), onInput: (i) => seek(i, true) });
  const logBox = checkbox(scope, { label: "log scale", help: "equal ratios of the loss look equal", value: log, onChange: (on) => ((log = on), paint()) });
  const figures = el("div", { class: "nnw-tm-figures" });
  const spoken = announcer(scope, { every: 1500 });
  const empty = el("p", { class: "nnw-status" }, ["Nothing is recorded yet: pass monitor.callback() to fit, and the run appears here."]);

  /** @param {number} i */
  function epochText(i) {
    const moment = list[Math.round(i)];
    const last = live ? planned : list.at(-1)?.epoch;
    return moment ? `${moment.epoch} of ${last}` : "–";
  }

  // ----------------------------------------------------------------------------------------------------- charts
  const home = el("div", { class: "nnw-tm-charts" });
  const note = tooltip(home);

  /** @param {string} title @param {(name: string) => boolean} wanted @param {number} [firstInk] */
  function chart(title, wanted, firstInk = 0) {
    const inks = () => [theme.css.positive, theme.css.negative, theme.css.accent, theme.css.muted];
    /** @type {{low: number, high: number, width: number} | null} */ let frame = null;
    const own = () => curveNames(list).filter(wanted);
    const onLog = () => log && title === "Loss";
    const view = canvas(scope, {
      label: title,
      kind: "nnw-tm-chart",
      draw(context, width, height) {
        context.clearRect(0, 0, width, height);
        const names = own();
        const limits = range(list, names, onLog());
        frame = null;
        if (!limits) return;
        const [low, high] = limits;
        const plotWidth = width - MARGIN.left - MARGIN.right;
        const plotHeight = height - MARGIN.top - MARGIN.bottom;
        const scale = (/** @type {number} */ v) => (onLog() ? (Math.log(v) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (v - low) / (high - low));
        const y = (/** @type {number} */ v) => MARGIN.top + plotHeight * (1 - scale(v));
        const lastEpoch = Math.max(1, live ? planned : list[list.length - 1].epoch);
        const x = (/** @type {number} */ epoch) => MARGIN.left + (plotWidth * epoch) / lastEpoch;
        frame = { low: MARGIN.left, high: width - MARGIN.right, width: plotWidth };
        context.font = `11.5px ${getComputedStyle(root).fontFamily}`;
        context.fillStyle = theme.css.muted;
        context.strokeStyle = theme.css.line;
        context.lineWidth = 1;
        context.textBaseline = "middle";
        context.textAlign = "right";
        for (const tick of ticks(low, high, onLog())) {
          const level = Math.round(y(tick)) + 0.5;
          context.beginPath();
          context.moveTo(MARGIN.left, level);
          context.lineTo(width - MARGIN.right, level);
          context.stroke();
          context.fillText(short(tick), MARGIN.left - 6, level);
        }
        context.textBaseline = "alphabetic";
        const marks = ticks(0, lastEpoch).filter(Number.isInteger);
        context.textAlign = "right";
        context.fillText(`${lastEpoch} epochs`, width - MARGIN.right, height - 6);
        context.textAlign = "center";
        for (const tick of marks) if (x(tick) < width - MARGIN.right - 84) context.fillText(String(tick), x(tick), height - 6);
        const now = list[at].epoch;
        names.forEach((name, k) => {
          const points = list.filter((m) => m.curves[name] !== null && m.curves[name] !== undefined && (!onLog() || Number(m.curves[name]) > 0));
          const trace = (/** @type {Moment[]} */ part, /** @type {number} */ alpha) => {
            context.globalAlpha = alpha;
            context.strokeStyle = inks()[(k + firstInk) % 4];
            context.lineWidth = 2;
            context.lineJoin = "round";
            context.beginPath();
            part.forEach((m, i) => (i ? context.lineTo(x(m.epoch), y(Number(m.curves[name]))) : context.moveTo(x(m.epoch), y(Number(m.curves[name])))));
            context.stroke();
            context.globalAlpha = 1;
          };
          trace(points, 0.28); // what is still to come is faint
          const past = points.filter((m) => m.epoch <= now);
          trace(past, 1);
          const last = past[past.length - 1];
          if (!last) return;
          context.fillStyle = inks()[(k + firstInk) % 4];
          context.beginPath();
          context.arc(x(last.epoch), y(Number(last.curves[name])), 3.5, 0, 2 * Math.PI);
          context.fill();
        });
        context.strokeStyle = theme.css.muted;
        context.setLineDash([3, 3]);
        context.beginPath();
        context.moveTo(Math.round(x(now)) + 0.5, MARGIN.top);
        context.lineTo(Math.round(x(now)) + 0.5, height - MARGIN.bottom);
        context.stroke();
        context.setLineDash([]);
      },
    });
    const nearest = (/** @type {PointerEvent} */ event) => {
      if (!frame || list.length === 0) return -1;
      const box = view.root.getBoundingClientRect();
      const lastEpoch = Math.max(1, live ? planned : list[list.length - 1].epoch);
      const epoch = ((event.clientX - box.left - frame.low) / frame.width) * lastEpoch;
      return list.reduce((best, m, i) => (Math.abs(m.epoch - epoch) < Math.abs(list[best].epoch - epoch) ? i : best), 0);
    };
    let held = false;
    scope.listen(view.root, "pointerdown", (/** @type {PointerEvent} */ event) => {
      held = true;
      view.root.setPointerCapture(event.pointerId);
      const i = nearest(event);
      if (i >= 0) seek(i, true);
    });
    scope.listen(view.root, "pointermove", (/** @type {PointerEvent} */ event) => {
      const i = nearest(event);
      if (i < 0) return;
      if (held) seek(i, true);
      const lines = own().map((name) => `${name}: ${list[i].curves[name] === null ? "not measured" : short(Number(list[i].curves[name]))}`);
      const box = home.getBoundingClientRect();
      note.show(event.clientX - box.left, event.clientY - box.top, [`epoch ${list[i].epoch}`, ...lines]);
    });
    for (const end of ["pointerup", "pointercancel"]) scope.listen(view.root, end, () => (held = false));
    scope.listen(view.root, "pointerleave", () => note.hide());
    const legend = el("span", { class: "nnw-tm-legend" });
    const panel = el("div", { class: "nnw-tm-panel" }, [el("div", { class: "nnw-tm-head" }, [el("span", {}, [title]), legend]), view.root]);
    return {
      panel,
      paint() {
        const names = own();
        panel.hidden = names.length === 0;
        const text = names.join("|");
        if (legend.dataset.names !== text) {
          legend.dataset.names = text;
          legend.replaceChildren(...names.map((name, k) => el("span", { class: `nnw-tm-key k${(k + firstInk) % 4}` }, [title === "Loss" ? name.replace(/ loss$/, "") : name])));
        }
        const here = names.map((name) => `${name} ${list[at]?.curves[name] === null ? "not measured" : short(Number(list[at].curves[name]))}`);
        view.root.setAttribute("aria-label", `${title} over the epochs. At epoch ${list[at]?.epoch}: ${here.join(", ")}. All numbers stand in the table below.`);
        view.redraw();
      },
    };
  }
  const loss = chart("Loss", isLoss);
  const metric = chart("Metrics on the validation data", (name) => !isLoss(name), 2);
  loss.panel.querySelector(".nnw-tm-head")?.append(logBox.root);

  // -------------------------------------------------------------------------------------------- decision surface
  const surfacePixels = document.createElement("canvas");
  const surface = canvas(scope, {
    label: "Decision surface",
    kind: "nnw-tm-surface",
    draw(context, width) {
      const levels = list[at]?.surface;
      if (!levels) return;
      const { size, extent, low, high } = recording.surface;
      surfacePixels.width = surfacePixels.height = size;
      const image = new ImageData(size, size);
      const pixels = new Uint32Array(image.data.buffer);
      levels.forEach((level, i) => (pixels[i] = palette[Math.round((255 * level) / TOP)]));
      const brush = surfacePixels.getContext("2d");
      if (!brush) return;
      brush.putImageData(image, 0, 0);
      context.imageSmoothingEnabled = true;
      context.drawImage(surfacePixels, 0, 0, width, width);
      const { x, y, value } = recording.points ?? { x: [], y: [], value: [] };
      const place = (/** @type {number} */ v) => ((v / extent + 1) / 2) * width;
      for (let i = 0; i < x.length; i++) {
        context.beginPath();
        context.arc(place(x[i]), width - place(y[i]), 2.8, 0, 2 * Math.PI);
        context.fillStyle = (value[i] - low) / (high - low) < 0.5 ? theme.css.negative : theme.css.positive;
        context.fill();
        context.strokeStyle = theme.css.paper;
        context.lineWidth = 0.8;
        context.stroke();
      }
    },
  });
  const surfacePanel = el("div", { class: "nnw-tm-panel nnw-tm-square" }, [el("div", { class: "nnw-tm-head" }, [el("span", {}, ["What the network answers"])]), surface.root]);

  // -------------------------------------------------------------------------------------------------- histograms
  const histograms = el("div", { class: "nnw-tm-histograms" });
  /** @type {{redraw: () => void, root: HTMLElement}[]} */ let bars = [];
  let barScope = createScope();
  scope.onDispose(() => barScope.dispose());
  function buildHistograms() {
    barScope.dispose();
    barScope = createScope();
    bars = (recording.layers ?? []).map((/** @type {any} */ layer, /** @type {number} */ l) => {
      const view = canvas(barScope, {
        label: `Histogram of the weights ${layer.name}`,
        kind: "nnw-tm-histogram",
        draw(context, width, height) {
          context.clearRect(0, 0, width, height);
          const now = list[at]?.histograms[l];
          const first = list[0]?.histograms[l];
          if (!now || !first) return;
          const floor = height - 18;
          const n = now.levels.length;
          const wide = width / n;
          // Live moments are each scaled to themselves; one recording has one scale for all.
          const highest = Math.max(1, ...(live ? now.levels : [TOP]));
          context.fillStyle = theme.css.positive;
          now.levels.forEach((level, i) => context.fillRect(i * wide + 0.5, floor - (level / highest) * (floor - 4), wide - 1, (level / highest) * (floor - 4)));
          if (first.limit === now.limit && !live) {
            context.strokeStyle = theme.css.ink;
            context.lineWidth = 1.2;
            context.beginPath();
            first.levels.forEach((level, i) => {
              const top = floor - (level / TOP) * (floor - 4);
              if (i) context.lineTo(i * wide, top);
              else context.moveTo(0, top);
              context.lineTo((i + 1) * wide, top);
            });
            context.stroke();
          }
          context.strokeStyle = theme.css.line;
          context.lineWidth = 1;
          context.beginPath();
          context.moveTo(0, floor + 0.5);
          context.lineTo(width, floor + 0.5);
          context.stroke();
          context.font = `11.5px ${getComputedStyle(root).fontFamily}`;
          context.fillStyle = theme.css.muted;
          context.textAlign = "left";
          context.fillText(short(-now.limit), 0, height - 4);
          context.textAlign = "center";
          context.fillText("0", width / 2, height - 4);
          context.textAlign = "right";
          context.fillText(short(now.limit), width, height - 4);
        },
      });
      return { redraw: view.redraw, root: el("div", { class: "nnw-tm-panel" }, [el("div", { class: "nnw-tm-head" }, [`Weights ${layer.name}`]), view.root]) };
    });
    histograms.replaceChildren(...bars.map((bar) => bar.root));
  }

  // ---------------------------------------------------------------------------------------------- numbers as text
  const table = el("table", {});
  const details = /** @type {HTMLDetailsElement} */ (el("details", { class: "nnw-tm-table" }, [el("summary", {}, ["The numbers as a table"]), el("div", { tabindex: 0, role: "region", "aria-label": "The numbers of the run" }, [table])]));
  const fillTable = () => {
    if (!details.open) return;
    const names = curveNames(list);
    table.replaceChildren(
      el("thead", {}, [el("tr", {}, ["epoch", ...names].map((name) => el("th", { scope: "col" }, [name])))]),
      el("tbody", {}, list.map((m) => el("tr", {}, [el("th", { scope: "row" }, [String(m.epoch)]), ...names.map((name) => el("td", {}, [m.curves[name] === null || m.curves[name] === undefined ? "–" : short(Number(m.curves[name]))]))]))),
    );
  };
  scope.listen(details, "toggle", fillTable);

  // ---------------------------------------------------------------------------------------------------- behaviour
  /** @param {number} i @param {boolean} [byHand] */
  function seek(i, byHand = false) {
    at = Math.max(0, Math.min(list.length - 1, Math.round(i)));
    if (byHand) {
      stop();
      position = at;
      model.set("frame", at === list.length - 1 ? -1 : at);
      model.save_changes();
      spoken.say(describe());
    }
    paint();
  }

  function describe() {
    const moment = list[at];
    if (!moment) return "";
    const parts = Object.entries(moment.curves).filter(([, value]) => value !== null);
    return [`Epoch ${moment.epoch}`, ...parts.map(([name, value]) => `${name} ${short(Number(value))}`)].join(", ");
  }

  const loop = animationLoop(scope, root, (elapsed) => {
    const last = list.length - 1;
    position += ((Math.min(elapsed, 600) / 1000) * last) / SECONDS;
    if (position >= last) {
      stop();
      seek(last);
      spoken.say(describe());
    } else if (Math.floor(position) !== at) seek(Math.floor(position));
  });
  function start() {
    if (list.length < 2) return;
    if (at >= list.length - 1) seek(0);
    position = at;
    loop.start();
    play.set({ label: "Pause", icon: "pause" });
  }
  function stop() {
    loop.stop();
    play.set({ label: "Play", icon: "play" });
  }

  function paint() {
    const any = list.length > 0;
    empty.hidden = any;
    body.hidden = !any;
    if (!any) return;
    scrubber.input.max = String(Math.max(1, list.length - 1));
    scrubber.set(at);
    figures.replaceChildren(
      ...Object.entries(list[at].curves).flatMap(([name, value]) => (curveNames(list).includes(name) ? [el("div", {}, [el("span", {}, [name]), el("strong", {}, [value === null ? "–" : short(value)])])] : [])),
    );
    loss.paint();
    metric.paint();
    surfacePanel.hidden = !list[at].surface;
    const words = recording.points ? ` over ${recording.points.x.length} training points` : "";
    surface.root.setAttribute("aria-label", `What the network answers on the plane${words} at epoch ${list[at].epoch}: blue where it is high, orange where it is low.`);
    surface.redraw();
    bars.forEach((bar) => bar.redraw());
    root.classList.toggle("live", live);
    play.set({ disabled: live || list.length < 2 });
  }

  function load() {
    stop();
    live = false;
    recording = model.get("recording") || {};
    list = moments(recording);
    buildHistograms();
    const wanted = model.get("frame") ?? -1;
    at = wanted < 0 ? Math.max(0, list.length - 1) : Math.min(wanted, Math.max(0, list.length - 1));
    position = at;
    fillTable();
    paint();
  }

  /** A moment of a run that is going on. @param {{moment?: any, total?: number}} message */
  function onMessage({ moment, total }) {
    if (!moment?.epochs) return;
    const [next] = moments(moment);
    if (!live || next.epoch <= (list.at(-1)?.epoch ?? -1)) {
      stop();
      live = true;
      list = [];
      recording = moment;
      buildHistograms();
    }
    const following = at >= list.length - 1;
    planned = total ?? 0;
    list.push(next);
    if (following) at = list.length - 1;
    paint();
  }

  const body = el("div", { class: "nnw-tm-body" }, [
    el("div", { class: "nnw-tm-bar" }, [play.root, scrubber.root]),
    figures,
    el("div", { class: "nnw-tm-main" }, [home, surfacePanel]),
    el("p", { class: "nnw-tm-head nnw-tm-explain" }, ["How many weights have which value: now (blue), and before training (line)"]),
    histograms,
    details,
  ]);
  home.prepend(loss.panel, metric.panel);
  root.append(empty, body, spoken.root);

  scope.watch(model, "change:recording", load);
  scope.watch(model, "change:frame", () => {
    const wanted = model.get("frame");
    const i = wanted < 0 ? list.length - 1 : wanted;
    if (i !== at && !live) seek(i);
  });
  scope.watch(model, "msg:custom", onMessage);
  const recolour = () => {
    theme = readTheme(root);
    palette = divergingPalette(theme, 0.6);
    paint();
  };
  watchTheme(scope, root, recolour);
  load();
  return scope.dispose;
}

export default { render };
