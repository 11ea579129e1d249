// @ts-check
/** Where a widget's trained model comes from: its own state, JupyterLab's trait, or a script beside the page. */

import { el } from "./ui_dom.js";

// Known while a classic script runs; null in JupyterLab, where the data come through the trait.
const HERE = typeof document === "undefined" ? "" : /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src || "";
/** @type {Map<string, Promise<any>>} */
const loading = new Map();

/** The folder of the book's pages, as an address that ends in a slash; empty in JupyterLab. */
export const bookFolder = HERE ? new URL("../../", HERE).href : "";

/**
 * The data of the model that this widget shows. @param {any} model of anywidget, with traits `source` and `data`
 * @returns {Promise<any>}
 */
function storedData(model) {
  const own = model.get("data");
  if (own && Object.keys(own).length) return Promise.resolve(own);
  const name = model.get("source") || "";
  if (!/^[\w-]+$/.test(name)) return Promise.reject(new Error("this widget was given no model"));
  return storedScript(name, "models/");
}

/**
 * Say that a model is on its way; when it is here, open it and build the widget with it, or say why there is none.
 * @template T @param {import("./ui_dom.js").Scope} scope @param {any} model of anywidget @param {HTMLElement} root
 * @param {{waiting: string, failure: string, open: (data: any) => T, build: (opened: T) => void}} options
 */
export function withStored(scope, model, root, { waiting, failure, open, build }) {
  const status = el("p", { class: "nnw-status" }, [waiting]);
  root.append(status);
  const begin = (/** @type {T} */ opened) => {
    if (scope.signal.aborted) return;
    status.remove();
    build(opened);
  };
  storedData(model)
    .then(open)
    .then(begin, (error) => void (status.textContent = `${failure}: ${error.message.replace(/\.$/, "")}.`));
}

/**
 * Data that lie beside the pages, as `window.nnbookModels[name]` in the script `_static/<folder><name>.js`.
 * @param {string} name @param {string} folder "" or "models/" @returns {Promise<any>}
 */
export function storedScript(name, folder) {
  const what = folder === "models/" ? `the model ${name}` : name;
  const known = () => /** @type {any} */ (window).nnbookModels?.[name];
  if (known()) return Promise.resolve(known());
  let promise = loading.get(name);
  if (!promise) {
    promise = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(`../${folder}${name}.js`, HERE || document.baseURI).href;
      script.onload = () => (known() ? resolve(known()) : reject(new Error(`the file of ${what} is damaged`)));
      script.onerror = () => reject(new Error(`the file of ${what} could not be loaded`));
      document.head.append(script);
    });
    promise.catch(() => loading.delete(name)); // a later widget may try again
    loading.set(name, promise);
  }
  return promise;
}
