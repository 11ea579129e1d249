// @ts-check
/** A run that is kept, so that the next one can be compared with it. */

import { Engine, RunHistory } from "./playground_engine.js";
import { differences } from "./playground_state.js";
import { el, formatNumber } from "./ui.js";

/** @param {number} loss NaN without points */
export const figure = (loss) => (Number.isNaN(loss) ? "–" : formatNumber(loss));

/** @typedef {Pick<Engine, "settings" | "history" | "step" | "trainLoss" | "testLoss">} Kept */

/** @param {Engine} engine @returns {Kept} */
function keep(engine) {
  engine.evaluate(); // the last figures may be a few updates old
  const history = Object.assign(new RunHistory(), structuredClone({ ...engine.history }));
  return { settings: engine.settings, history, step: engine.step, trainLoss: engine.trainLoss, testLoss: engine.testLoss };
}

/** The table of what differs between the pinned run and this one. @param {Engine} engine */
export function comparison(engine) {
  const root = el("div", { class: "nnp-comparison", hidden: true });
  /** @type {Kept | null} */
  let pinned = null;

  /** @param {string} name @param {string} a @param {string} b */
  const row = (name, a, b) => el("tr", {}, [el("th", { scope: "row" }, [name]), el("td", {}, [a]), el("td", {}, [b])]);
  const head = (/** @type {string} */ text) => el("th", { scope: "col" }, [text]);

  function show() {
    root.hidden = !pinned;
    if (!pinned) return;
    const different = differences(pinned.settings, engine.settings);
    root.replaceChildren(
      el("table", {}, [
        el("thead", {}, [el("tr", {}, [head("What differs"), head("Pinned run"), head("This run")])]),
        el("tbody", {}, [
          ...(different.length ? different.map(({ label, a, b }) => row(label, a, b)) : [row("Settings", "the same", "the same")]),
          row("Step", formatNumber(pinned.step), formatNumber(engine.step)),
          row("Training loss", figure(pinned.trainLoss), figure(engine.trainLoss)),
          row("Test loss", figure(pinned.testLoss), figure(engine.testLoss)),
        ]),
      ]),
    );
  }

  return {
    root,
    show,
    get pinned() {
      return pinned;
    },
    pin() {
      pinned = keep(engine);
    },
    unpin() {
      pinned = null;
    },
    /** Run it again, as a link asks for. @param {import("./playground_state.js").Settings} settings @param {number} step */
    repeat(settings, step) {
      const past = new Engine(settings);
      past.advance(step);
      pinned = keep(past);
    },
  };
}
