// @ts-check
/** The two loss curves, and those of a pinned run behind them. */

import { canvas, el, formatNumber } from "./ui.js";

/** @typedef {import("./playground_engine.js").RunHistory} RunHistory */

/**
 * A comfortable end for an axis that must hold `value`: 1, 2 or 5 times a power of ten.
 * @param {number} value
 */
export function niceTop(value) {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const share = value / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 2.5 ? 2.5 : share <= 5 ? 5 : 10);
}

/**
 * @param {import("./ui_dom.js").Scope} scope
 * @param {{view: any, current: () => RunHistory, pinned: () => RunHistory | null}} options
 */
export function curves(scope, { view, current, pinned }) {
  const margin = { left: 40, right: 12, top: 8, bottom: 22 };
  const main = canvas(scope, { label: "Loss against step", kind: "nnp-curves", draw });
  const key = (/** @type {string} */ kind, /** @type {string} */ text) => el("span", { class: `nnp-key ${kind}` }, [text]);
  const pinnedKey = key("pinned", "pinned run");
  const legend = el("div", { class: "nnp-legend" }, [key("train", "training loss"), key("test", "test loss"), pinnedKey]);
  const root = el("div", { class: "nnp-curves-box" }, [legend, main.root]);

  /** @param {CanvasRenderingContext2D} context @param {number} width @param {number} height */
  function draw(context, width, height) {
    if (!view.theme) return;
    const { css } = view.theme;
    const runs = [pinned(), current()].filter((run) => run !== null);
    let top = 0;
    let end = 100;
    for (const run of runs) {
      for (let i = 0; i < run.length; i++) {
        for (const v of [run.train[i], run.test[i]]) if (v > top && v < 1e6) top = v;
      }
      if (run.length && run.steps[run.length - 1] > end) end = run.steps[run.length - 1];
    }
    top = niceTop(Math.max(top, 1e-6));
    const x = (/** @type {number} */ step) => margin.left + (step / end) * (width - margin.left - margin.right);
    const y = (/** @type {number} */ value) => margin.top + (1 - Math.max(0, Math.min(value, top)) / top) * (height - margin.top - margin.bottom);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${view.font}`;
    context.fillStyle = css.muted;
    context.strokeStyle = css.line;
    context.lineWidth = 1;
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const share of [0, 0.5, 1]) {
      const level = Math.round(y(share * top)) + 0.5;
      context.beginPath();
      context.moveTo(margin.left, level);
      context.lineTo(width - margin.right, level);
      context.stroke();
      context.fillText(formatNumber(share * top, 2), margin.left - 6, level);
    }
    context.textBaseline = "alphabetic";
    context.textAlign = "left";
    context.fillText("0", margin.left, height - 5);
    context.textAlign = "right";
    context.fillText(`step ${formatNumber(end)}`, width - margin.right, height - 5);
    for (const run of runs) {
      const old = run !== current();
      for (const [series, colour] of /** @type {const} */ ([["test", css.accent], ["train", css.ink]])) {
        context.beginPath();
        let pen = false;
        for (let i = 0; i < run.length; i++) {
          const v = run[series][i];
          if (!Number.isFinite(v)) continue;
          if (pen) context.lineTo(x(run.steps[i]), y(v));
          else context.moveTo(x(run.steps[i]), y(v));
          pen = true;
        }
        context.setLineDash(old ? [5, 4] : []);
        context.globalAlpha = old ? 0.6 : 1;
        context.lineWidth = old ? 1.4 : 2;
        context.lineJoin = "round";
        context.strokeStyle = colour;
        context.stroke();
      }
      context.setLineDash([]);
      context.globalAlpha = 1;
    }
    // A dot where the run stands now: the eye finds it
    const run = current();
    const i = run.length - 1;
    for (const [series, colour] of /** @type {const} */ ([["test", css.accent], ["train", css.ink]])) {
      if (i < 0 || !Number.isFinite(run[series][i])) continue;
      context.beginPath();
      context.arc(x(run.steps[i]), y(run[series][i]), 3, 0, 7);
      context.fillStyle = colour;
      context.fill();
    }
  }

  return {
    root,
    redraw() {
      pinnedKey.hidden = pinned() === null;
      main.redraw();
    },
    /** @param {string} text */
    setLabel: (text) => main.root.setAttribute("aria-label", text),
  };
}
