// @ts-check
/** DigitPad: draw a digit; the network answers, layer by layer. */

import { imageOfStrokes } from "./digit_ink.js";
import { digitNetwork, percent, sentence } from "./digit_net.js";
import { withStored } from "./stored.js";
import { announcer, button, canvas, createScope, el, formatNumber, readTheme, tooltip, watchTheme } from "./ui.js";

/** @typedef {import("./digit_ink.js").Stroke} Stroke */

const PEN_STEP = 1 / 16; // of the pad's side, for the arrow keys
const COLUMNS = 16; // of a layer's picture

/** Mix two colours. @param {number[]} a @param {number[]} b @param {number} t @returns {string} CSS */
const mix = (a, b, t) => `rgb(${[0, 1, 2].map((k) => Math.round(a[k] + (b[k] - a[k]) * t)).join(" ")})`;

/** @param {{model: any, el: HTMLElement}} view */
function render({ model, el: host }) {
  const scope = createScope();
  const root = el("div", { class: "nnw nnw-frame nnw-digitpad", "data-lm-suppress-shortcuts": "true" });
  host.append(root);
  scope.onDispose(() => root.remove());
  withStored(scope, model, root, {
    waiting: "The network is on its way …",
    failure: "DigitPad cannot be used",
    open: digitNetwork,
    build: (network) => build(model, root, scope, network),
  });
  return scope.dispose;
}

/** @param {any} model @param {HTMLElement} root @param {import("./ui.js").Scope} scope @param {ReturnType<typeof digitNetwork>} network */
function build(model, root, scope, network) {
  let theme = readTheme(root);
  /** @type {Stroke[]} */ let strokes = [];
  /** @type {Stroke | null} */ let current = null; // the stroke being drawn
  /** @type {number | null} */ let label = null; // of the example shown
  /** @type {number[] | null} */ let counts = null;
  /** @type {ReturnType<typeof network.answer> | null} */ let answer = null;
  const pen = { x: 0.5, y: 0.15, shown: false, down: false };
  let pending = 0;
  const says = el("p", { class: "nnw-dp-says", "aria-hidden": "true" }); // at once for the eye, calmly for the ear
  const status = announcer(scope, { every: 1500 });

  // ------------------------------------------------------------------------------------------------ the pad
  const pad = canvas(scope, {
    label: "Drawing pad. Arrow keys move the pen, the space bar sets it down or lifts it, Backspace takes back a stroke, Delete clears.",
    kind: "nnw-dp-pad",
    draw(context, width) {
      context.fillStyle = theme.css.paper;
      context.fillRect(0, 0, width, width);
      if (label !== null && counts) return drawCounts(context, counts, width);
      context.lineCap = context.lineJoin = "round";
      context.lineWidth = width * 0.07;
      context.strokeStyle = context.fillStyle = theme.css.ink;
      for (const stroke of strokes) {
        context.beginPath();
        stroke.forEach(([x, y], i) => (i ? context.lineTo(x * width, y * width) : context.moveTo(x * width, y * width)));
        if (stroke.length === 1) context.lineTo(stroke[0][0] * width + 0.01, stroke[0][1] * width);
        context.stroke();
      }
      if (strokes.length === 0) {
        context.fillStyle = theme.css.muted;
        context.font = `15px ${getComputedStyle(root).fontFamily}`;
        context.textAlign = "center";
        context.fillText("draw a digit here", width / 2, width / 2);
      }
      if (pen.shown) {
        context.lineWidth = 2;
        context.strokeStyle = pen.down ? theme.css.accent : theme.css.muted;
        context.beginPath();
        context.arc(pen.x * width, pen.y * width, width * 0.045, 0, 2 * Math.PI);
        context.stroke();
      }
    },
  });
  pad.root.setAttribute("role", "application");
  pad.root.tabIndex = 0;

  /** 8 by 8 squares. @param {CanvasRenderingContext2D} context @param {number} width @param {(i: number) => string} colour */
  function drawSquares(context, width, colour) {
    const cell = width / 8;
    for (let i = 0; i < 64; i++) {
      context.fillStyle = colour(i);
      context.fillRect(Math.floor((i % 8) * cell), Math.floor(Math.floor(i / 8) * cell), Math.ceil(cell), Math.ceil(cell));
    }
  }
  /** @param {CanvasRenderingContext2D} context @param {ArrayLike<number>} values @param {number} width */
  function drawCounts(context, values, width) {
    drawSquares(context, width, (i) => mix(theme.rgb.paper, theme.rgb.ink, values[i] / 16));
  }

  const point = (/** @type {PointerEvent} */ event) => {
    const box = pad.root.getBoundingClientRect();
    const inside = (/** @type {number} */ v) => Math.max(0, Math.min(1, v));
    return /** @type {[number, number]} */ ([inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)]);
  };
  const begin = (/** @type {[number, number]} */ where) => {
    if (label !== null) clear();
    current = [where];
    strokes.push(current);
  };
  scope.listen(pad.root, "pointerdown", (/** @type {PointerEvent} */ event) => {
    if (current || (event.pointerType === "mouse" && event.button !== 0)) return;
    pad.root.setPointerCapture(event.pointerId);
    pen.shown = pen.down = false;
    begin(point(event));
    refresh();
  });
  scope.listen(pad.root, "pointermove", (/** @type {PointerEvent} */ event) => {
    if (!current || !pad.root.hasPointerCapture(event.pointerId)) return;
    const steps = event.getCoalescedEvents?.() ?? [];
    for (const step of steps.length ? steps : [event]) current.push(point(step));
    refresh();
  });
  const lift = () => {
    if (!current || pen.down) return;
    current = null;
    refresh();
  };
  scope.listen(pad.root, "pointerup", lift);
  scope.listen(pad.root, "pointercancel", lift);
  scope.listen(pad.root, "blur", () => {
    pen.shown = pen.down = false;
    current = null;
    pad.redraw();
  });
  scope.listen(pad.root, "keydown", (/** @type {KeyboardEvent} */ event) => {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move) {
      if (label !== null) clear();
      pen.shown = true;
      pen.x = Math.max(0, Math.min(1, pen.x + move[0] * PEN_STEP));
      pen.y = Math.max(0, Math.min(1, pen.y + move[1] * PEN_STEP));
      if (pen.down && current) current.push([pen.x, pen.y]);
    } else if (event.key === " ") {
      pen.shown = true;
      pen.down = !pen.down;
      if (pen.down) begin([pen.x, pen.y]);
      else current = null;
    } else if (event.key === "Backspace") undo();
    else if (event.key === "Delete") clear();
    else return;
    event.preventDefault();
    refresh();
  });

  // ------------------------------------------------------------------------------------ what the network sees
  let looking = -1; // neuron of the first layer whose weights are shown
  const seen = canvas(scope, {
    label: "What the network sees: 8 by 8 grey pixels",
    kind: "nnw-dp-seen",
    draw(context, width) {
      context.fillStyle = theme.css.surface;
      context.fillRect(0, 0, width, width);
      if (looking >= 0) {
        const weights = network.weightsInto(looking);
        const largest = Math.max(...weights.map(Math.abs));
        drawSquares(context, width, (i) => mix(theme.rgb.paper, weights[i] < 0 ? theme.rgb.negative : theme.rgb.positive, Math.abs(weights[i]) / largest));
      } else if (counts) drawCounts(context, counts, width);
    },
  });
  const caption = el("p", { class: "nnw-dp-caption" });

  // ------------------------------------------------------------------------------------------------- the answer
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const bar = el("span", { class: "nnw-dp-bar" });
    const value = el("span", { class: "nnw-dp-value" });
    const row = el("li", { class: "nnw-dp-row" }, [el("span", { class: "nnw-dp-digit" }, [String(digit)]), el("span", { class: "nnw-dp-track" }, [bar]), value]);
    return { row, bar, value };
  });
  const bars = el("ol", { class: "nnw-dp-bars", "aria-label": "Probability of each digit", style: `--nnw-dp-sure: ${100 * network.threshold}%` }, rows.map((r) => r.row));

  // ------------------------------------------------------------------------------------------- inside the network
  const note = tooltip(root);
  const layers = network.sizes.slice(1, -1).map((size, l) => {
    const nRows = Math.ceil(size / COLUMNS);
    let chosen = -1;
    const name = `Layer ${l + 1}`;
    const picture = canvas(scope, {
      label: `${name}: the outputs of ${size} neurons. Arrow keys choose a neuron.`,
      kind: "nnw-dp-layer",
      draw(context, width, height) {
        const cell = width / COLUMNS;
        const values = answer?.activations[l];
        const largest = values ? Math.max(1e-9, ...values.map(Math.abs)) : 1;
        context.clearRect(0, 0, width, height);
        for (let i = 0; i < size; i++) {
          const v = values ? values[i] / largest : 0;
          context.fillStyle = mix(theme.rgb.surface, v < 0 ? theme.rgb.negative : theme.rgb.positive, Math.abs(v));
          context.fillRect((i % COLUMNS) * cell + 0.5, Math.floor(i / COLUMNS) * cell + 0.5, cell - 1, cell - 1);
        }
        if (chosen >= 0) {
          context.strokeStyle = theme.css.ink;
          context.lineWidth = 1.5;
          context.strokeRect((chosen % COLUMNS) * cell + 0.75, Math.floor(chosen / COLUMNS) * cell + 0.75, cell - 1.5, cell - 1.5);
        }
      },
    });
    picture.root.style.aspectRatio = `${COLUMNS} / ${nRows}`;
    picture.root.tabIndex = 0;
    const choose = (/** @type {number} */ i, speak = false) => {
      chosen = i >= 0 && i < size ? i : -1;
      looking = l === 0 ? chosen : -1;
      picture.redraw();
      seen.redraw();
      captionText();
      if (chosen < 0) return note.hide();
      const value = answer ? formatNumber(answer.activations[l][chosen], 3) : "nothing drawn yet";
      const lines = [`${name}, neuron ${chosen + 1}: ${value}`];
      const box = picture.root.getBoundingClientRect();
      const home = root.getBoundingClientRect();
      const cell = box.width / COLUMNS;
      note.show(box.left - home.left + ((chosen % COLUMNS) + 0.5) * cell, box.top - home.top + Math.floor(chosen / COLUMNS) * cell, lines);
      if (speak) spoken.say(lines[0], true);
    };
    scope.listen(picture.root, "pointermove", (/** @type {PointerEvent} */ event) => {
      const box = picture.root.getBoundingClientRect();
      const cell = box.width / COLUMNS;
      choose(Math.min(COLUMNS - 1, Math.floor((event.clientX - box.left) / cell)) + COLUMNS * Math.floor((event.clientY - box.top) / cell));
    });
    scope.listen(picture.root, "pointerleave", () => choose(-1));
    scope.listen(picture.root, "blur", () => choose(-1));
    scope.listen(picture.root, "keydown", (/** @type {KeyboardEvent} */ event) => {
      const move = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS })[event.key];
      if (event.key === "Escape") choose(-1);
      if (move === undefined) return;
      event.preventDefault();
      choose(chosen < 0 ? 0 : Math.max(0, Math.min(size - 1, chosen + move)), true);
    });
    return { picture, root: el("div", { class: "nnw-dp-block" }, [el("p", { class: "nnw-dp-head" }, [`${name} · ${size} neurons`]), picture.root]) };
  });
  const spoken = announcer(scope, { every: 300 });

  // --------------------------------------------------------------------------------------------------- actions
  function clear() {
    strokes = [];
    current = null;
    counts = answer = label = null;
    pen.down = false;
    refresh();
  }
  function undo() {
    if (label !== null) return clear();
    strokes.pop();
    current = null;
    pen.down = false;
    refresh();
  }
  /** @param {number} index */
  function showExample(index) {
    strokes = [];
    current = null;
    const n = network.nExamples;
    if (n === 0) return;
    ({ counts, label } = network.example(((index % n) + n) % n));
    refresh();
  }
  const step = (/** @type {number} */ by) => {
    const n = network.nExamples;
    // Without an example on the pad, "next" brings back the last one shown.
    model.set("example", label === null ? model.get("example") : (((model.get("example") + by) % n) + n) % n);
    showExample(model.get("example"));
    model.save_changes();
  };

  /** Tell Python what the network sees and answers. */
  function share() {
    const image = counts ? Array.from(counts) : [];
    model.set("pixels", image);
    model.set("probabilities", answer ? Array.from(answer.probabilities, (p) => Number(p.toFixed(6))) : []);
    model.save_changes();
  }

  function captionText() {
    caption.textContent =
      looking >= 0 ? `Weights into neuron ${looking + 1}: blue raises it, orange lowers it` : label === null ? "What the network sees" : `Held-out digit ${model.get("example") + 1} of ${network.nExamples}`;
  }

  function refresh() {
    if (pending) return;
    pending = requestAnimationFrame(() => {
      pending = 0;
      if (label === null) counts = strokes.length ? imageOfStrokes(strokes) : null;
      answer = counts ? network.answer(counts) : null;
      rows.forEach(({ row, bar, value }, digit) => {
        const p = answer ? answer.probabilities[digit] : 0;
        bar.style.width = `${(100 * p).toFixed(1)}%`;
        value.textContent = answer ? percent(p).replace("over", ">").replace("under", "<") : "";
        row.classList.toggle("best", answer?.best === digit);
      });
      root.dataset.verdict = answer ? answer.verdict : "none";
      says.textContent = answer ? sentence(answer, label) : "Draw a digit with mouse, finger or arrow keys, or step through digits that the network has never seen.";
      status.say(says.textContent);
      captionText();
      pad.redraw();
      seen.redraw();
      layers.forEach((layer) => layer.picture.redraw());
      undoButton.set({ disabled: strokes.length === 0 });
      clearButton.set({ disabled: counts === null });
      if (!current || pen.down) share(); // not at every move of a mouse
    });
  }
  scope.onDispose(() => cancelAnimationFrame(pending));

  const clearButton = button(scope, {
    label: "Clear",
    icon: "reset",
    onClick: clear,
  });
  const undoButton = button(scope, { label: "Undo", icon: "undo", onClick: undo });
  const exampleButton = button(scope, { label: "Next example", icon: "step", onClick: () => step(1) });
  exampleButton.root.hidden = network.nExamples === 0;

  root.append(
    el("div", { class: "nnw-dp-top" }, [
      el("div", { class: "nnw-dp-left" }, [pad.root]),
      el("div", { class: "nnw-dp-middle" }, [seen.root, caption]),
      el("div", { class: "nnw-dp-right" }, [bars]),
    ]),
    el("div", { class: "nnw-dp-buttons" }, [clearButton.root, undoButton.root, exampleButton.root]),
    says,
    status.root,
    el("div", { class: "nnw-dp-layers" }, layers.map((layer) => layer.root)),
    el("details", { class: "nnw-dp-about" }, [
      el("summary", {}, ["How a drawing becomes 8 × 8 numbers"]),
      el("p", {}, [
        "The digits of the data set were written with a ballpoint on forms, scanned as 32 × 32 black-and-white pixels, brought to one height and " +
          "nearly one amount of ink, and counted in blocks of 4 × 4. Your drawing is brought to the same form: stretched to full height, centred, drawn " +
          "again with a pen as thick as it takes to blacken about 312 of the 1024 pixels, and counted. Your hand, your mouse and your way of writing a 4 " +
          "are still not those of the 13 people in the data: expect more mistakes here than the held-out digits show.",
      ]),
    ]),
    spoken.root,
  );

  const recolour = () => {
    theme = readTheme(root);
    refresh();
  };
  watchTheme(scope, root, recolour);
  scope.watch(model, "change:example", () => showExample(model.get("example")));
  if (network.nExamples) showExample(model.get("example"));
  refresh();
}

export default { render };
