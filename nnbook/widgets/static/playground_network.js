// @ts-check
/** The network as a drawing: a line for each weight, a small picture for each unit of what it responds to. */

import { GRID } from "./playground_engine.js";
import { FEATURE_WORDS, MAX_LAYERS, MAX_UNITS } from "./playground_state.js";
import { button, canvas, el, formatNumber, tooltip } from "./ui.js";

/** @typedef {import("./playground_engine.js").Engine} Engine */

const THUMB = GRID / 2;
const HEAD = 34; // room for the buttons above each layer

/**
 * @param {import("./ui_dom.js").Scope} scope
 * @param {{engine: Engine, view: any, onHidden: (hidden: number[]) => void, onFocus: (focus: [number, number] | null) => void}} options
 */
export function network(scope, { engine, view, onHidden, onFocus }) {
  const main = canvas(scope, { label: "The network", kind: "nnp-net", draw });
  // The picture of each unit is a button over the drawing: that gives keyboard, touch and screen reader one thing to hold
  const nodes = el("div", { class: "nnp-nodes", role: "group", "aria-label": "Units of the network; arrow keys move between them" });
  const heads = el("div", { class: "nnp-heads" });
  const root = el("div", { class: "nnp-network" }, [main.root, heads, nodes]);
  const tip = tooltip(root);
  const values = new Float32Array(GRID * GRID);
  const atlas = document.createElement("canvas"); // the thumbnails, one row for each layer
  const atlasContext = /** @type {CanvasRenderingContext2D} */ (atlas.getContext("2d"));
  const thumb = new ImageData(THUMB, THUMB);
  const pixels = new Uint32Array(thumb.data.buffer);
  atlas.width = THUMB * MAX_UNITS;
  atlas.height = THUMB * (MAX_LAYERS + 2);

  /** @type {{x: number, y: number, size: number}[][]} */
  let places = [];
  /** @type {HTMLButtonElement[][]} */
  let buttons = [];
  let structure = "";

  function layout() {
    const { width, height } = main.size;
    const { sizes } = engine.model;
    const most = Math.max(...sizes, 4);
    const room = height - HEAD - 6;
    const size = Math.max(14, Math.min(34, room / most - 7, (width / sizes.length) * 0.5));
    const side = size / 2 + 5;
    places = sizes.map((n, l) => {
      const x = side + ((width - 2 * side) * l) / (sizes.length - 1);
      const pitch = Math.min(room / n, size + 16);
      return Array.from({ length: n }, (_, u) => ({ x, y: HEAD + room / 2 + (u - (n - 1) / 2) * pitch, size }));
    });
    places.forEach((column, l) =>
      column.forEach(({ x, y }, u) => {
        const node = buttons[l]?.[u];
        if (!node) return;
        node.style.width = node.style.height = `${size}px`;
        node.style.transform = `translate(${x - size / 2}px, ${y - size / 2}px)`;
      }),
    );
    [...heads.children].forEach((head, i) => {
      const x = places[i + 1]?.[0].x ?? 0;
      /** @type {HTMLElement} */ (head).style.transform = `translateX(${x}px) translateX(-50%)`;
    });
  }

  /** @param {number} layer @param {number} unit */
  function nameOf(layer, unit) {
    const last = engine.model.nLayers;
    if (layer === 0) return `Input ${FEATURE_WORDS[/** @type {keyof typeof FEATURE_WORDS} */ (engine.settings.features[unit])]}`;
    return layer === last ? "Output" : `Layer ${layer}, unit ${unit + 1}`;
  }

  /** @param {number} layer @param {number} unit @returns {string[]} */
  function numbersOf(layer, unit) {
    const { weights, biases, sizes, nLayers } = engine.model;
    const lines = [nameOf(layer, unit)];
    if (layer > 0) {
      lines.push(`bias ${formatNumber(biases[layer - 1][unit])}`);
      const incoming = Array.from({ length: sizes[layer - 1] }, (_, i) => formatNumber(weights[layer - 1][i * sizes[layer] + unit], 2));
      lines.push(`weights in: ${incoming.join(", ")}`);
    }
    if (layer < nLayers) {
      const outgoing = Array.from(weights[layer].subarray(unit * sizes[layer + 1], (unit + 1) * sizes[layer + 1]), (w) => formatNumber(w, 2));
      lines.push(`weights out: ${outgoing.join(", ")}`);
    }
    return lines;
  }

  /** @param {number} layer @param {number} unit */
  function point(layer, unit) {
    onFocus([layer, unit]);
    const { x, y, size } = places[layer][unit];
    const lines = numbersOf(layer, unit);
    buttons[layer][unit].setAttribute("aria-label", lines.join("; "));
    tip.show(x + size / 2, y, lines);
  }
  function release() {
    onFocus(null);
    tip.hide();
  }

  /** @param {number} layer @param {number} unit */
  function moveTo(layer, unit) {
    const l = Math.max(0, Math.min(buttons.length - 1, layer));
    const u = Math.max(0, Math.min(buttons[l].length - 1, unit));
    buttons.flat().forEach((node) => void (node.tabIndex = -1));
    buttons[l][u].tabIndex = 0;
    buttons[l][u].focus();
  }

  /** Buttons for units and layers, made anew when the shape of the network changes. */
  function rebuild() {
    const { sizes, nLayers } = engine.model;
    const now = `${sizes} ${engine.settings.features} ${view.compact}`;
    if (now === structure) return;
    structure = now;
    tip.hide();
    buttons = sizes.map((n, l) =>
      Array.from({ length: n }, (_, u) => {
        const node = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: "nnp-node", "aria-label": nameOf(l, u), tabindex: l + u === 0 ? "0" : "-1" }));
        node.dataset.place = `${l} ${u}`;
        return node;
      }),
    );
    nodes.replaceChildren(...buttons.flat());
    heads.replaceChildren(...(view.compact ? [] : engine.settings.hidden.map((n, l) => unitButtons(l, n))));
    if (nLayers > 0) layout();
  }

  /** @param {number} l @param {number} n */
  function unitButtons(l, n) {
    const change = (/** @type {number} */ by) => () => {
      const hidden = engine.settings.hidden.slice();
      hidden[l] += by;
      const label = by > 0 ? "More" : "Fewer";
      onHidden(hidden);
      /** @type {HTMLElement | null} */ (heads.querySelector(`[data-layer="${l}"] [title^="${label}"]`))?.focus(); // it was made anew
    };
    const fewer = button(scope, { label: `Fewer units in layer ${l + 1}`, icon: "minus", iconOnly: true, kind: "tiny", onClick: change(-1) });
    const more = button(scope, { label: `More units in layer ${l + 1}`, icon: "plus", iconOnly: true, kind: "tiny", onClick: change(1) });
    fewer.set({ disabled: n <= 1 });
    more.set({ disabled: n >= MAX_UNITS });
    return el("div", { class: "nnp-units", "data-layer": String(l) }, [fewer.root, el("span", { title: "units" }, [String(n)]), more.root]);
  }

  const placeOf = (/** @type {EventTarget | null} */ target) => {
    const place = target instanceof HTMLElement ? target.dataset.place : undefined;
    return place ? place.split(" ").map(Number) : null;
  };
  for (const type of ["pointerover", "focusin"]) {
    scope.listen(nodes, type, (event) => {
      const place = placeOf(event.target);
      if (place) point(place[0], place[1]);
    });
  }
  scope.listen(nodes, "pointerout", release);

  /** The weight whose line passes nearest to a place, if one does within six pixels. @param {number} px @param {number} py */
  function weightAt(px, py) {
    const { weights, sizes, nLayers } = engine.model;
    let best = { distance: 6, text: "" };
    for (let l = 0; l < nLayers; l++) {
      const x0 = places[l][0].x + places[l][0].size / 2;
      const x1 = places[l + 1][0].x - places[l + 1][0].size / 2;
      if (px < x0 || px > x1) continue;
      // Along the curve x = x0 + (x1 - x0) · along(t), y = y0 + (y1 - y0) · rise(t): find t by halving
      const share = (px - x0) / (x1 - x0);
      let [low, high] = [0, 1];
      for (let k = 0; k < 20; k++) {
        const t = (low + high) / 2;
        if (1.35 * t * (1 - t) ** 2 + 1.65 * t * t * (1 - t) + t ** 3 < share) low = t;
        else high = t;
      }
      const rise = low * low * (3 - 2 * low);
      for (let i = 0; i < sizes[l]; i++) {
        for (let j = 0; j < sizes[l + 1]; j++) {
          const distance = Math.abs(places[l][i].y + (places[l + 1][j].y - places[l][i].y) * rise - py);
          if (distance >= best.distance) continue;
          best = { distance, text: `weight ${formatNumber(weights[l][i * sizes[l + 1] + j])}\n${nameOf(l, i)} → ${nameOf(l + 1, j)}` };
        }
      }
    }
    return best.text;
  }
  scope.listen(root, "pointermove", (event) => {
    if (event.target !== main.root || event.pointerType === "touch") return;
    const text = weightAt(event.offsetX, event.offsetY);
    if (text) tip.show(event.offsetX, event.offsetY, text.split("\n"));
    else tip.hide();
  });
  scope.listen(main.root, "pointerleave", () => tip.hide());
  scope.listen(nodes, "focusout", release);
  scope.listen(nodes, "keydown", (event) => {
    const place = placeOf(event.target);
    const moves = /** @type {Record<string, [number, number]>} */ ({ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] });
    const move = moves[event.key];
    if (!place || !move) {
      if (event.key === "Escape") release();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    moveTo(place[0] + move[0], place[1] + move[1]);
  });

  function refresh() {
    const { palette } = view;
    engine.model.sizes.forEach((n, l) => {
      for (let u = 0; u < n; u++) {
        engine.responseInto(l, u, values);
        for (let row = 0, k = 0; row < THUMB; row++) {
          for (let column = 0; column < THUMB; column++) pixels[k++] = palette[(values[2 * row * GRID + 2 * column] * 127.5 + 127.5) | 0];
        }
        atlasContext.putImageData(thumb, u * THUMB, l * THUMB);
      }
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function draw(context, width, height) {
    if (!view.theme) return;
    layout();
    const { css } = view.theme;
    const { weights, sizes, nLayers } = engine.model;
    const focus = view.focus;
    context.clearRect(0, 0, width, height);
    for (let l = 0; l < nLayers; l++) {
      for (let i = 0; i < sizes[l]; i++) {
        const from = places[l][i];
        for (let j = 0; j < sizes[l + 1]; j++) {
          const w = weights[l][i * sizes[l + 1] + j];
          const size = Math.abs(w);
          const to = places[l + 1][j];
          const touched = focus && ((focus[0] === l && focus[1] === i) || (focus[0] === l + 1 && focus[1] === j));
          const x0 = from.x + from.size / 2;
          const x1 = to.x - to.size / 2;
          const bend = (x1 - x0) * 0.45;
          context.beginPath();
          context.moveTo(x0, from.y);
          context.bezierCurveTo(x0 + bend, from.y, x1 - bend, to.y, x1, to.y);
          context.strokeStyle = w < 0 ? css.negative : css.positive;
          context.lineWidth = 0.4 + (5 * size) / (size + 2.5);
          const strength = 0.12 + (0.78 * size) / (size + 1);
          context.globalAlpha = focus ? (touched ? Math.max(0.6, strength) : 0.06) : strength;
          context.stroke();
        }
      }
    }
    context.globalAlpha = 1;
    places.forEach((column, l) =>
      column.forEach(({ x, y, size }, u) => {
        const left = x - size / 2;
        const top = y - size / 2;
        context.save();
        context.beginPath();
        context.roundRect(left, top, size, size, 5);
        context.clip();
        context.drawImage(atlas, u * THUMB, l * THUMB, THUMB, THUMB, left, top, size, size);
        context.restore();
        const chosen = focus && focus[0] === l && focus[1] === u;
        context.strokeStyle = chosen ? css.ink : css.muted;
        context.globalAlpha = chosen ? 1 : 0.55;
        context.lineWidth = chosen ? 2 : 1;
        context.beginPath();
        context.roundRect(left, top, size, size, 5);
        context.stroke();
        context.globalAlpha = 1;
      }),
    );
    context.font = `12px ${view.font}`;
    context.fillStyle = css.muted;
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText("inputs", 2, 20);
    if (width > 300) {
      context.textAlign = "right";
      context.fillText("output", width - 2, 20);
    }
    if (places[0].length <= 5) {
      context.textAlign = "left";
      engine.settings.features.forEach((name, u) => {
        const { x, y, size } = places[0][u];
        context.fillText(FEATURE_WORDS[/** @type {keyof typeof FEATURE_WORDS} */ (name)], x - size / 2, y + size / 2 + 13);
      });
    }
  }

  return {
    root,
    redraw() {
      rebuild();
      refresh();
      main.redraw();
    },
  };
}
