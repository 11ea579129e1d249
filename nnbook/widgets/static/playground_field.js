// @ts-check
/** The plane with its points: what the network answers everywhere, and a place to paint points of one's own. */

import { GRID } from "./playground_engine.js";
import { RANGE, paintedPoint } from "./playground_state.js";
import { canvas, el, formatNumber, tooltip } from "./ui.js";

/** @typedef {import("./playground_engine.js").Engine} Engine */

const BRUSH_GAP = 0.07; // a dragged brush leaves a point this often
const ERASER = 0.12;

/**
 * @param {import("./ui_dom.js").Scope} scope
 * @param {{engine: Engine, view: any, onPaint: (points: number[][]) => void, say: (text: string, now?: boolean) => void}} options
 *   view is shared with the other parts: {theme, palette, focus: [layer, unit] | null, brush, painting}
 */
export function field(scope, { engine, view, onPaint, say }) {
  const values = new Float32Array(GRID * GRID);
  const image = new ImageData(GRID, GRID);
  const pixels = new Uint32Array(image.data.buffer);
  const small = document.createElement("canvas");
  small.width = small.height = GRID;
  const smallContext = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
  const dots = document.createElement("canvas"); // the points change seldom: drawn once, then copied
  let dotsAreOf = "";
  const cursor = { x: 0, y: 0, shown: false };
  const main = canvas(scope, { label: "The plane", kind: "nnp-plane", draw });
  const note = el("p", { class: "nnp-note", hidden: true });
  const root = el("div", { class: "nnp-field", tabindex: "0" }, [main.root, note]);
  const tip = tooltip(root);

  const px = (/** @type {number} */ x) => ((x / RANGE + 1) / 2) * main.size.width;
  const py = (/** @type {number} */ y) => ((1 - y / RANGE) / 2) * main.size.height;

  function refresh() {
    const [layer, unit] = view.focus ?? [engine.viewer.nLayers, 0];
    engine.responseInto(layer, unit, values);
    const { palette } = view;
    for (let i = 0; i < pixels.length; i++) pixels[i] = palette[(values[i] * 127.5 + 127.5) | 0];
    smallContext.putImageData(image, 0, 0);
  }

  /** The line where the answer changes sign, by marching squares over the grid. @param {CanvasRenderingContext2D} context */
  function boundary(context) {
    const scale = main.size.width / GRID;
    context.beginPath();
    for (let row = 0; row < GRID - 1; row++) {
      for (let column = 0; column < GRID - 1; column++) {
        const i = row * GRID + column;
        const a = values[i];
        const b = values[i + 1];
        const c = values[i + GRID + 1];
        const d = values[i + GRID];
        if (a > 0 === b > 0 && b > 0 === c > 0 && c > 0 === d > 0) continue;
        const x = (column + 0.5) * scale;
        const y = (row + 0.5) * scale;
        let pen = false;
        const meet = (/** @type {number} */ u, /** @type {number} */ v) => {
          if (pen) context.lineTo(u, v);
          else context.moveTo(u, v);
          pen = !pen;
        };
        if (a > 0 !== b > 0) meet(x + (scale * a) / (a - b), y);
        if (b > 0 !== c > 0) meet(x + scale, y + (scale * b) / (b - c));
        if (c > 0 !== d > 0) meet(x + (scale * d) / (d - c), y + scale);
        if (d > 0 !== a > 0) meet(x, y + (scale * a) / (a - d));
      }
    }
    context.strokeStyle = view.theme.css.ink;
    context.globalAlpha = 0.55;
    context.lineWidth = 1.25;
    context.stroke();
    context.globalAlpha = 1;
  }

  function drawDots() {
    const ratio = main.root.width / main.size.width;
    dots.width = main.root.width;
    dots.height = main.root.height;
    const context = /** @type {CanvasRenderingContext2D} */ (dots.getContext("2d"));
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { css, rgb } = view.theme;
    const many = engine.train.n + engine.test.n > 500;
    const radius = (main.size.width < 260 ? 2.6 : 3.4) * (many ? 0.8 : 1);
    const colourOf = (/** @type {number} */ y) => {
      if (engine.task === "classification") return y > 0.5 ? css.positive : css.negative;
      const t = Math.min(1, Math.abs(y));
      const end = y > 0 ? rgb.positive : rgb.negative;
      return `rgb(${rgb.paper.map((/** @type {number} */ p, /** @type {number} */ k) => Math.round(p + (end[k] - p) * t)).join(",")})`;
    };
    // Test points are rings, training points are full: the difference must not be one of colour
    for (const [part, hollow] of /** @type {const} */ ([[engine.test, true], [engine.train, false]])) {
      if (hollow && !view.showTest) continue;
      for (let i = 0; i < part.n; i++) {
        context.beginPath();
        context.arc(px(part.X[2 * i]), py(part.X[2 * i + 1]), hollow ? radius - 0.6 : radius, 0, 7);
        if (hollow) {
          context.lineWidth = 3.2;
          context.strokeStyle = css.paper;
          context.stroke();
          context.lineWidth = 1.7;
          context.strokeStyle = colourOf(part.y[i]);
          context.stroke();
        } else {
          context.fillStyle = colourOf(part.y[i]);
          context.fill();
          context.lineWidth = 1.1;
          context.strokeStyle = engine.task === "classification" ? css.paper : css.muted;
          context.stroke();
        }
      }
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function draw(context, width, height) {
    if (!view.theme) return;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, width, height);
    if (engine.task === "classification" || view.focus) boundary(context);
    context.globalAlpha = 0.35;
    context.fillStyle = view.theme.css.ink;
    for (const t of [-1, 0, 1]) {
      context.fillRect(px(t) - 0.5, height - 5, 1, 5);
      context.fillRect(0, py(t) - 0.5, 5, 1);
    }
    context.globalAlpha = 1;
    const state = `${view.dataVersion} ${view.themeVersion} ${view.showTest} ${main.root.width} ${width}`;
    if (state !== dotsAreOf) {
      drawDots();
      dotsAreOf = state;
    }
    context.globalAlpha = view.focus ? 0.25 : 1;
    context.drawImage(dots, 0, 0, width, height);
    context.globalAlpha = 1;
    if (cursor.shown && view.painting) {
      const [x, y] = [px(cursor.x), py(cursor.y)];
      for (const [colour, wide] of /** @type {const} */ ([[view.theme.css.paper, 4], [view.theme.css.ink, 1.5]])) {
        context.strokeStyle = colour;
        context.lineWidth = wide;
        context.beginPath();
        context.arc(x, y, view.brush === "erase" ? (ERASER / RANGE / 2) * width : 7, 0, 7);
        context.moveTo(x - 12, y);
        context.lineTo(x - 3, y);
        context.moveTo(x + 3, y);
        context.lineTo(x + 12, y);
        context.stroke();
      }
    }
  }

  /** @param {number} x @param {number} y */
  const outputAt = (x, y) => {
    const column = Math.max(0, Math.min(GRID - 1, Math.floor(((x / RANGE + 1) / 2) * GRID)));
    const row = Math.max(0, Math.min(GRID - 1, Math.floor(((1 - y / RANGE) / 2) * GRID)));
    return values[row * GRID + column];
  };

  /** @param {number} x @param {number} y @returns {string[]} */
  function words(x, y) {
    const v = outputAt(x, y);
    const where = `x₁ ${x.toFixed(2)}, x₂ ${y.toFixed(2)}`.replaceAll("-", "−");
    if (view.focus) return [where, `response ${formatNumber(v, 2)}`];
    if (engine.task === "regression") return [where, `prediction ${formatNumber(v, 2)}`];
    return [where, `blue with probability ${((v + 1) / 2).toFixed(2)}`];
  }

  // ---- painting: the same two actions for pointer and keyboard

  const targetOf = () => (view.brush === "blue" ? 1 : engine.task === "classification" ? (view.brush === "orange" ? 0 : 1) : view.brush === "orange" ? -1 : 0);

  /** @param {number} x @param {number} y @returns {boolean} whether anything changed */
  function apply(x, y) {
    const points = engine.settings.points;
    if (view.brush === "erase") {
      const kept = points.filter((p) => Math.hypot(p[0] - x, p[1] - y) > ERASER);
      if (kept.length === points.length) return false;
      onPaint(kept);
    } else {
      onPaint([...points, paintedPoint(x, y, targetOf())]);
    }
    return true;
  }

  /** @type {[number, number] | null} */
  let lastMark = null;
  const locate = (/** @type {PointerEvent} */ event) => {
    const box = main.root.getBoundingClientRect();
    const limit = (/** @type {number} */ v) => Math.max(-RANGE, Math.min(RANGE, v));
    return /** @type {[number, number]} */ ([limit(RANGE * ((2 * (event.clientX - box.left)) / box.width - 1)), limit(RANGE * (1 - (2 * (event.clientY - box.top)) / box.height))]);
  };
  scope.listen(root, "pointerdown", (event) => {
    if (!view.painting || event.button !== 0) return;
    event.preventDefault();
    root.focus({ preventScroll: true });
    root.setPointerCapture(event.pointerId);
    lastMark = locate(event);
    cursor.shown = false;
    apply(...lastMark);
  });
  scope.listen(root, "pointermove", (event) => {
    const [x, y] = locate(event);
    if (lastMark) {
      if (Math.hypot(x - lastMark[0], y - lastMark[1]) < BRUSH_GAP) return;
      lastMark = [x, y];
      apply(x, y);
    } else if (event.pointerType !== "touch") {
      tip.show(px(x), py(y), words(x, y));
    }
  });
  const lift = () => void (lastMark = null);
  scope.listen(root, "pointerup", lift);
  scope.listen(root, "pointercancel", lift);
  scope.listen(root, "pointerleave", () => tip.hide());

  const MOVES = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] });
  scope.listen(root, "keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (move) {
      const stride = event.shiftKey ? 0.02 : 0.1;
      cursor.x = Math.max(-RANGE, Math.min(RANGE, cursor.x + stride * move[0]));
      cursor.y = Math.max(-RANGE, Math.min(RANGE, cursor.y + stride * move[1]));
      cursor.shown = true;
      tip.show(px(cursor.x), py(cursor.y), words(cursor.x, cursor.y));
      say(words(cursor.x, cursor.y).join(", "), true);
    } else if (view.painting && (event.key === " " || event.key === "Enter")) {
      cursor.shown = true;
      const did = apply(cursor.x, cursor.y);
      say(did ? `${view.brush === "erase" ? "Erased" : `Painted ${view.brush}`}; ${engine.settings.points.length} points` : "Nothing here to erase", true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    main.redraw();
  });
  scope.listen(root, "blur", () => {
    cursor.shown = false;
    tip.hide();
    main.redraw();
  });

  return {
    root,
    redraw() {
      refresh();
      main.redraw();
    },
    /** What stands in the middle of the plane, or nothing. @param {string} text */
    setNote(text) {
      note.hidden = !text;
      note.textContent = text;
    },
    /** @param {string} label */
    setLabel(label) {
      root.setAttribute("aria-label", label);
      root.setAttribute("role", "application");
      root.classList.toggle("painting", view.painting);
    },
  };
}
