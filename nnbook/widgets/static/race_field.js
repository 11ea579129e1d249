// @ts-check
/** The picture of OptimizerRace: contours, minima, paths, and a start that can be dragged or moved by keys. */

import { contour } from "./contours.js";
import { canvas, el, formatNumber } from "./ui.js";

/** @typedef {import("./surfaces.js").Surface} Surface */
/** @typedef {{name: string, path: Float64Array, losses: Float64Array, left: number | null}} Runner */

const GRID = [121, 91]; // the pictures are 4 : 3
const LEVELS = 16;

/** Each optimiser has a mark of its own besides its colour. @param {CanvasRenderingContext2D | Path2D} pen @param {string} name @param {number} x @param {number} y @param {number} r */
function marker(pen, name, x, y, r) {
  const polygon = (/** @type {[number, number][]} */ points) => {
    points.forEach(([a, b], i) => (i ? pen.lineTo(x + r * a, y + r * b) : pen.moveTo(x + r * a, y + r * b)));
    pen.closePath();
  };
  if (name === "SGD") {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
  } else if (name === "Momentum") polygon([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
  else if (name === "RMSProp") polygon([[0, -1.15], [1.1, 0.85], [-1.1, 0.85]]);
  else if (name === "Adam") polygon([[0, -1.3], [1.15, 0], [0, 1.3], [-1.15, 0]]);
  else polygon([[-0.38, -1.1], [0.38, -1.1], [0.38, -0.38], [1.1, -0.38], [1.1, 0.38], [0.38, 0.38], [0.38, 1.1], [-0.38, 1.1], [-0.38, 0.38], [-1.1, 0.38], [-1.1, -0.38], [-0.38, -0.38]]);
}

/** The same marks as SVG paths, for the table. */
export const MARKS = {
  SGD: "M12 7A5 5 0 1 1 2 7A5 5 0 1 1 12 7Z",
  Momentum: "M2.500 2.500H11.500V11.500H2.500Z",
  RMSProp: "M7 1L12.500 11.500H1.500Z",
  Adam: "M7 .5L12.800 7L7 13.500L1.200 7Z",
  AdamW: "M5.200 1.500H8.800V5.200H12.500V8.800H8.800V12.500H5.200V8.800H1.500V5.200H5.200Z",
};

/** Heights of a surface on the grid, spread so that the floor of a valley has lines too. @param {Surface} surface */
export function heights(surface) {
  const [nx, ny] = GRID;
  const [x0, x1, y0, y1] = surface.bounds;
  const lowest = surface.value(...surface.minima[0]);
  const values = new Float64Array(nx * ny);
  let top = 0;
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const gap = surface.value(x0 + ((x1 - x0) * i) / (nx - 1), y1 - ((y1 - y0) * j) / (ny - 1)) - lowest;
      const height = Math.log1p(4 * Math.max(0, gap));
      values[j * nx + i] = height;
      if (height > top) top = height;
    }
  }
  return { values, top };
}

/**
 * @param {import("./ui.js").Scope} scope
 * @param {{view: () => {surface: Surface, runners: Runner[], step: number, start: number[], theme: any, colours: Record<string, string>},
 *   onStart: (start: number[]) => void}} options
 */
export function raceField(scope, { view, onStart }) {
  const shade = document.createElement("canvas"); // the surface alone, drawn again only when it or the theme changes
  let shadeKey = "";
  const main = canvas(scope, { label: "", kind: "opr-canvas", draw });
  const handle = el("button", { type: "button", class: "opr-start" });
  const root = el("div", { class: "opr-field" }, [main.root, handle]);

  /** @param {number} width @param {number} height */
  function scale(width, height) {
    const [x0, x1, y0, y1] = view().surface.bounds;
    return {
      x: (/** @type {number} */ v) => ((v - x0) / (x1 - x0)) * width,
      y: (/** @type {number} */ v) => ((y1 - v) / (y1 - y0)) * height,
    };
  }

  /** @param {number} width @param {number} height */
  function paintSurface(width, height) {
    const { surface, theme } = view();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const key = [surface.title, width, height, ratio, theme.css.paper, theme.css.accent].join();
    if (key === shadeKey) return;
    shadeKey = key;
    shade.width = Math.round(width * ratio);
    shade.height = Math.round(height * ratio);
    const context = /** @type {CanvasRenderingContext2D} */ (shade.getContext("2d"));
    const [nx, ny] = GRID;
    const { values, top } = heights(surface);
    const small = document.createElement("canvas");
    small.width = nx;
    small.height = ny;
    const pen = /** @type {CanvasRenderingContext2D} */ (small.getContext("2d"));
    const image = pen.createImageData(nx, ny);
    const { paper, accent, surface: far } = theme.rgb;
    for (let i = 0; i < nx * ny; i++) {
      const depth = (1 - values[i] / (top || 1)) ** 1.6;
      for (let k = 0; k < 3; k++) image.data[4 * i + k] = far[k] + ((theme.dark ? 0.42 : 0.38) * accent[k] + (theme.dark ? 0.58 : 0.62) * paper[k] - far[k]) * depth;
      image.data[4 * i + 3] = 255;
    }
    pen.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, shade.width, shade.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.strokeStyle = theme.css.muted;
    context.globalAlpha = 0.42;
    context.lineWidth = 0.8;
    context.beginPath();
    const sx = width / (nx - 1);
    const sy = height / (ny - 1);
    for (let level = 1; level < LEVELS; level++) {
      contour(values, nx, ny, (top * level) / LEVELS, (a, b, c, d) => {
        context.moveTo(a * sx, b * sy);
        context.lineTo(c * sx, d * sy);
      });
    }
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function draw(context, width, height) {
    const { surface, runners, step, start, theme, colours } = view();
    if (!theme) return;
    paintSurface(width, height);
    const { x, y } = scale(width, height);
    context.clearRect(0, 0, width, height);
    context.drawImage(shade, 0, 0, width, height);
    for (const [a, b] of surface.minima) {
      context.beginPath();
      for (let k = 0; k < 10; k++) {
        const r = k % 2 ? 3.6 : 8.5;
        const turn = (Math.PI * (k - 2.5)) / 5;
        context.lineTo(x(a) + r * Math.cos(turn), y(b) + r * Math.sin(turn));
      }
      context.closePath();
      context.fillStyle = theme.css.paper;
      context.strokeStyle = theme.css.ink;
      context.lineWidth = 1.4;
      context.fill();
      context.stroke();
    }
    context.lineJoin = "round";
    context.lineCap = "round";
    for (const halo of [true, false]) {
      for (const { name, path } of runners) {
        context.beginPath();
        for (let t = 0; t <= step; t++) {
          const [a, b] = [path[2 * t], path[2 * t + 1]];
          if (!(Math.abs(a) < 1e3 && Math.abs(b) < 1e3)) break;
          context.lineTo(x(a), y(b));
        }
        context.strokeStyle = halo ? theme.css.paper : colours[name];
        context.globalAlpha = halo ? 0.55 : 1;
        context.lineWidth = halo ? 4.6 : 2;
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    if (step > 0) {
      for (const { name, path } of runners) {
        const [a, b] = [x(path[2 * step]), y(path[2 * step + 1])];
        if (!(a > -20 && a < width + 20 && b > -20 && b < height + 20)) continue;
        context.beginPath();
        marker(context, name, a, b, 6);
        context.fillStyle = colours[name];
        context.strokeStyle = theme.css.paper;
        context.lineWidth = 1.6;
        context.stroke();
        context.fill();
      }
    }
    handle.style.transform = `translate(${x(start[0]).toFixed(1)}px, ${y(start[1]).toFixed(1)}px)`;
  }

  // ---- moving the start
  const clamp = (/** @type {number[]} */ [a, b]) => {
    const [x0, x1, y0, y1] = view().surface.bounds;
    const round = (/** @type {number} */ v) => Math.round(v * 1000) / 1000;
    return [round(Math.max(x0, Math.min(x1, a))), round(Math.max(y0, Math.min(y1, b)))];
  };
  const pointed = (/** @type {PointerEvent | MouseEvent} */ event) => {
    const box = main.root.getBoundingClientRect();
    const [x0, x1, y0, y1] = view().surface.bounds;
    return clamp([x0 + ((event.clientX - box.left) / box.width) * (x1 - x0), y1 - ((event.clientY - box.top) / box.height) * (y1 - y0)]);
  };
  let dragging = false;
  scope.listen(handle, "pointerdown", (event) => {
    dragging = true;
    handle.setPointerCapture(event.pointerId);
    event.preventDefault();
    handle.focus();
  });
  scope.listen(handle, "pointermove", (event) => dragging && onStart(pointed(event)));
  for (const type of ["pointerup", "pointercancel"]) scope.listen(handle, type, () => void (dragging = false));
  scope.listen(main.root, "click", (event) => onStart(pointed(event)));
  scope.listen(handle, "keydown", (event) => {
    const way = /** @type {Record<string, number[]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] })[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const { surface, start } = view();
    const [x0, x1] = surface.bounds;
    const stride = (event.shiftKey ? 0.1 : 0.02) * (x1 - x0);
    onStart(clamp([start[0] + stride * way[0], start[1] + stride * way[1]]));
  });

  return {
    root,
    redraw: main.redraw,
    /** @param {string} text */
    describe(text) {
      const { start } = view();
      main.root.setAttribute("aria-label", text);
      handle.setAttribute("aria-label", `Start at ${formatNumber(start[0])}, ${formatNumber(start[1])}. Drag it, or move it with the arrow keys.`);
    },
  };
}
