// @ts-check
/** What the Playground and Python tell each other, through the traits of the model. */

import { DEFAULTS, clean, same } from "./playground_state.js";

/** @typedef {import("./playground_engine.js").Engine} Engine */

/** The settings that the model holds, made safe. @param {any} model */
export const settingsOf = (model) => clean(Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, model.get(name)])));

/**
 * @param {import("./ui_dom.js").Scope} scope
 * @param {{model: any, engine: Engine, isPlaying: () => boolean, arrived: (playing: boolean) => void, reset: () => void}} options
 *   `arrived` is called after Python has changed something, with what it wants of `playing`
 */
export function sync(scope, { model, engine, isPlaying, arrived, reset }) {
  let speaking = false;
  let waiting = false;
  /** @type {number[]} */
  let lastParameters = [];

  /** Set traits. @param {Record<string, any>} state */
  function tell(state) {
    speaking = true;
    for (const [name, value] of Object.entries(state)) if (!same(model.get(name), value)) model.set(name, value);
    speaking = false;
    model.save_changes();
  }

  /** Report the run. */
  function publish() {
    if (!engine.finite) return;
    lastParameters = Array.from(engine.model.parameters);
    // The curve is the larger part: it travels when training rests
    tell({ parameters: lastParameters, step: engine.step, ...(isPlaying() ? {} : { history: engine.history.toJSON() }) });
  }

  /** Python has set something: wait until all of its message has arrived, then take it over. */
  function listen() {
    if (speaking || waiting) return;
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      if (scope.signal.aborted) return;
      const settings = settingsOf(model);
      const parameters = model.get("parameters") ?? [];
      if (!same(settings, engine.settings)) engine.change(settings);
      // Not what this view, or another view of the same run, has reported itself
      const known = same(parameters, lastParameters) || same(parameters, Array.from(engine.model.parameters));
      if (parameters.length && !known) engine.setParameters(parameters);
      arrived(Boolean(model.get("playing")));
    });
  }

  for (const name of [...Object.keys(DEFAULTS), "parameters", "playing"]) scope.watch(model, `change:${name}`, listen);
  scope.watch(model, "msg:custom", (message) => message?.do === "reset" && reset());
  return { tell, publish };
}
