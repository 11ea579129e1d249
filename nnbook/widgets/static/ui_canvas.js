// @ts-check
/** Drawing: sharp canvases, colours that follow the page's theme, an animation loop that rests when nobody looks. */

import { el } from "./ui_dom.js";

/** @typedef {import("./ui_dom.js").Scope} Scope */
/** @typedef {[number, number, number]} RGB */

export function prefersReducedMotion() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/**
 * A canvas that stays sharp on every screen. `draw(context, width, height)` works in CSS pixels and is called again whenever
 * the size changes. A canvas says nothing to a screen reader, so it needs a label.
 * @param {Scope} scope
 * @param {{label: string, kind?: string, draw: (context: CanvasRenderingContext2D, width: number, height: number) => void}} options
 */
export function canvas(scope, { label, kind = "", draw }) {
  const root = /** @type {HTMLCanvasElement} */ (el("canvas", { class: `nnw-canvas ${kind}`, role: "img", "aria-label": label }));
  const context = /** @type {CanvasRenderingContext2D} */ (root.getContext("2d"));
  const size = { width: 0, height: 0 };
  const redraw = () => {
    if (size.width < 1 || size.height < 1) return;
    draw(context, size.width, size.height);
  };
  const resize = () => {
    const width = root.clientWidth;
    const height = root.clientHeight;
    const ratio = Math.min(window.devicePixelRatio || 1, 2); // more costs time and shows nothing
    if (root.width !== Math.round(width * ratio) || root.height !== Math.round(height * ratio)) {
      root.width = Math.round(width * ratio);
      root.height = Math.round(height * ratio);
    }
    size.width = width;
    size.height = height;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    redraw();
  };
  const observer = new ResizeObserver(resize);
  observer.observe(root);
  scope.onDispose(() => observer.disconnect());
  scope.listen(window, "resize", resize); // a change of zoom changes the pixel ratio, not the element
  return { root, context, size, redraw, resize };
}

/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/** Any CSS colour as three numbers 0–255. @param {string} css @returns {RGB} */
function toRGB(css) {
  if (!probe) {
    const node = document.createElement("canvas");
    node.width = node.height = 1;
    probe = /** @type {CanvasRenderingContext2D} */ (node.getContext("2d", { willReadFrequently: true }));
  }
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = "#808080";
  probe.fillStyle = css.trim();
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

const COLOURS = /** @type {const} */ (["ink", "muted", "paper", "surface", "line", "accent", "negative", "positive", "focus"]);

/**
 * The colours of the theme, as CSS text and as RGB. `element` must be inside a root of class `nnw`.
 * @param {Element} element
 */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const css = /** @type {Record<typeof COLOURS[number], string>} */ ({});
  const rgb = /** @type {Record<typeof COLOURS[number], RGB>} */ ({});
  for (const name of COLOURS) {
    css[name] = style.getPropertyValue(`--nnw-${name}`).trim() || "#808080";
    rgb[name] = toRGB(css[name]);
  }
  const [r, g, b] = rgb.paper;
  return { css, rgb, dark: 0.299 * r + 0.587 * g + 0.114 * b < 128 };
}

/**
 * Call back when the page changes between light and dark (Sphinx theme, JupyterLab, system), as soon as `root` has a size, and each
 * time it comes back after having had none: JupyterLab draws a widget before it puts it on the screen, when no colour is known.
 * @param {Scope} scope @param {Element} root @param {() => void} changed
 */
export function watchTheme(scope, root, changed) {
  const observer = new MutationObserver(changed);
  const attributes = { attributes: true, attributeFilter: ["data-theme", "data-mode", "data-jp-theme-name", "data-jp-theme-light", "class"] };
  observer.observe(document.documentElement, attributes);
  observer.observe(document.body, attributes);
  let shown = false;
  const sized = new ResizeObserver((entries) => {
    const { width } = entries[entries.length - 1].contentRect;
    if (width > 0 && !shown) changed();
    shown = width > 0;
  });
  sized.observe(root);
  scope.onDispose(() => {
    observer.disconnect();
    sized.disconnect();
  });
  scope.listen(window.matchMedia("(prefers-color-scheme: dark)"), "change", changed);
}

/**
 * 256 colours from negative over paper to positive, as 32-bit pixels for an ImageData buffer.
 * Blue against orange stays apart for colour-blind readers; the middle is the paper, so "undecided" looks empty.
 * @param {ReturnType<typeof readTheme>} theme @param {number} [strength] 0–1: how far the ends go
 */
export function divergingPalette(theme, strength = 0.85) {
  const pixels = new Uint32Array(256);
  const { paper, negative, positive } = theme.rgb;
  for (let i = 0; i < 256; i++) {
    const t = (i - 127.5) / 127.5;
    const end = t < 0 ? negative : positive;
    const mix = strength * Math.abs(t) ** 0.8; // a little steeper near the middle: the boundary stays readable
    const channel = (/** @type {number} */ k) => Math.round(paper[k] + (end[k] - paper[k]) * mix);
    pixels[i] = (255 << 24) | (channel(2) << 16) | (channel(1) << 8) | channel(0);
  }
  return pixels;
}

/**
 * Calls `frame(milliseconds since the last frame)` while started, the page is visible and `element` is on the screen.
 * Readers who asked for reduced motion get two frames a second.
 * @param {Scope} scope @param {Element} element @param {(elapsed: number, now: number) => void} frame
 */
export function animationLoop(scope, element, frame) {
  let wanted = false;
  let onScreen = true;
  let request = 0;
  let timer = 0;
  let last = 0;
  const tick = (/** @type {number} */ now) => {
    request = 0;
    const elapsed = last ? now - last : 16;
    last = now;
    frame(elapsed, now);
    schedule();
  };
  const schedule = () => {
    if (request || timer || !wanted || !onScreen || document.hidden) return;
    if (prefersReducedMotion()) {
      timer = window.setTimeout(() => {
        timer = 0;
        if (!request && wanted && onScreen && !document.hidden) request = requestAnimationFrame(tick);
      }, 484);
    } else request = requestAnimationFrame(tick);
  };
  const halt = () => {
    cancelAnimationFrame(request);
    clearTimeout(timer);
    request = timer = 0;
    last = 0;
  };
  const observer = new IntersectionObserver((entries) => {
    onScreen = entries[entries.length - 1].isIntersecting;
    if (onScreen) schedule();
    else halt();
  });
  observer.observe(element);
  scope.listen(document, "visibilitychange", () => (document.hidden ? halt() : schedule()));
  scope.onDispose(() => {
    wanted = false;
    halt();
    observer.disconnect();
  });
  return {
    start() {
      wanted = true;
      schedule();
    },
    stop() {
      wanted = false;
      halt();
    },
    get running() {
      return wanted;
    },
  };
}
