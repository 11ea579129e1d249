// @ts-check
/** Elements without innerHTML, and the scope that undoes a widget. */

/** @typedef {ReturnType<typeof createScope>} Scope */

/** Collects what a widget must undo: listeners, timers, observers. */
export function createScope() {
  const controller = new AbortController();
  /** @type {(() => void)[]} */
  const undo = [];
  return {
    signal: controller.signal,
    /** @param {EventTarget} target @param {string} type @param {(event: any) => void} handler @param {AddEventListenerOptions} [options] */
    listen(target, type, handler, options = {}) {
      target.addEventListener(type, handler, { ...options, signal: controller.signal });
    },
    /** Listen to a model of anywidget. @param {any} model @param {string} name @param {(...values: any[]) => void} handler */
    watch(model, name, handler) {
      model.on(name, handler);
      undo.push(() => model.off(name, handler));
    },
    /** @param {() => void} action */
    onDispose(action) {
      undo.push(action);
    },
    dispose() {
      controller.abort();
      for (const action of undo.splice(0).reverse()) action();
    },
  };
}

/** @param {Element} node @param {Record<string, any>} attributes @param {(Node | string | null | undefined)[]} children */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false || value === "") continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined).map((child) => /** @type {Node | string} */ (child)));
  return node;
}

/**
 * An element with attributes and children; strings become text. An attribute that is undefined, false or "" is left out.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string | null | undefined)[]} [children]
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, children = []) {
  return /** @type {HTMLElement} */ (fill(document.createElement(tag), attributes, children));
}

/** The same for SVG. @param {string} tag @param {Record<string, any>} [attributes] @param {(Node | string)[]} [children] */
export function svg(tag, attributes = {}, children = []) {
  return /** @type {SVGElement} */ (fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children));
}
