// @ts-check
/**
 * Small helpers that every widget of the book uses: elements, controls, messages, links. Canvas and animation: ui_canvas.js.
 *
 * Text always goes in as text (never innerHTML), so nothing a reader types or a notebook stores can become markup.
 * A Scope collects everything that a widget must undo; `render` returns `scope.dispose`.
 */

export { animationLoop, canvas, divergingPalette, prefersReducedMotion, readTheme, watchTheme } from "./ui_canvas.js";
export { createScope, el, svg } from "./ui_dom.js";
import { el, svg } from "./ui_dom.js";

/** @typedef {import("./ui_dom.js").Scope} Scope */

/**
 * A fresh id, for the few places where HTML demands one (label/for, aria-describedby, the name of a radio group).
 * Every widget on a page has its own copy of this module, so the count is kept where all copies see it.
 * @param {string} prefix
 */
export function uniqueId(prefix) {
  const shared = /** @type {{nnbookLastId?: number}} */ (globalThis);
  shared.nnbookLastId = (shared.nnbookLastId ?? 0) + 1;
  return `nnbook-${prefix}-${shared.nnbookLastId}`;
}

/** JupyterLab takes the arrow keys for itself unless the very element that has the focus carries this. */
const KEEP_KEYS = { "data-lm-suppress-shortcuts": "true" };

/** A number in few characters: 0.0123, 12.3, 1 234, 1.2e-5. @param {number} value @param {number} digits significant ones */
export function formatNumber(value, digits = 3) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(Math.max(0, digits - 1)).replace("-", "−").replace("e−", "e-").replace("e+", "e");
  if (Number.isInteger(value)) return String(value).replace(/\B(?=(\d{3})+$)/g, "\u202f").replace("-", "−");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

const ICONS = {
  play: "M4.5 2.5v11l9-5.5z",
  pause: "M4 2.5h3v11H4zM9 2.5h3v11H9z",
  step: "M3 2.5v11l7-5.5zM11 2.5h2v11h-2z",
  reset: "M8 2a6 6 0 1 0 6 6h-2a4 4 0 1 1-1.2-2.8L9 7h5V2l-1.8 1.8A6 6 0 0 0 8 2z",
  link: "M6.5 9.5l3-3M7 4.5l1-1a3 3 0 0 1 4.5 4.5l-1 1M9 11.5l-1 1A3 3 0 0 1 3.5 8l1-1",
  pin: "M9.5 1.5l5 5-1.5.8-2.6 2.6-.4 3.1-2.9-2.9L3 14l-1-1 3.9-4.1L3 6l3.100-.4L8.700 3z",
  plus: "M7 3h2v4h4v2H9v4H7V9H3V7h4z",
  minus: "M3 7h10v2H3z",
  undo: "M6 3L2 7l4 4V8.200h4a2 2 0 0 1 0 4H7v1.800h3a3.800 3.800 0 0 0 0-7.600H6z",
};

/** @param {keyof typeof ICONS} name */
export function icon(name) {
  const stroked = name === "link";
  return svg("svg", { class: "nnw-icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, [
    svg("path", { d: ICONS[name], ...(stroked ? { fill: "none", stroke: "currentColor", "stroke-width": "1.6", "stroke-linecap": "round" } : { fill: "currentColor" }) }),
  ]);
}

/**
 * A button with a text, an icon, or both. `pressed` makes it a toggle.
 * @param {Scope} scope
 * @param {{label: string, icon?: keyof typeof ICONS, iconOnly?: boolean, title?: string, kind?: string, pressed?: boolean,
 *   onClick: (event: Event) => void}} options
 */
export function button(scope, { label, icon: iconName, iconOnly = false, title, kind = "", pressed, onClick }) {
  const text = el("span", { class: iconOnly ? "nnw-hidden" : "" }, [label]);
  const root = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: `nnw-button ${kind}`, title: title ?? (iconOnly ? label : undefined) }));
  let drawn = iconName;
  root.append(...(iconName ? [icon(iconName)] : []), text);
  if (pressed !== undefined) root.setAttribute("aria-pressed", String(pressed));
  scope.listen(root, "click", onClick);
  return {
    root,
    /** @param {{label?: string, icon?: keyof typeof ICONS, pressed?: boolean, disabled?: boolean}} change */
    set({ label: newLabel, icon: newIcon, pressed: newPressed, disabled }) {
      if (newLabel !== undefined && text.textContent !== newLabel) text.textContent = newLabel;
      if (newIcon !== undefined && newIcon !== drawn) {
        root.querySelector("svg")?.replaceWith(icon(newIcon));
        drawn = newIcon;
      }
      if (newPressed !== undefined) root.setAttribute("aria-pressed", String(newPressed));
      if (disabled !== undefined) root.disabled = disabled;
    },
  };
}

/**
 * A labelled slider that shows its value and unit. With `values` it walks through that list; with `log` its steps are equal
 * ratios. The text a screen reader hears is the formatted value.
 * @param {Scope} scope
 * @param {{label: string, unit?: string, help?: string, value: number, values?: number[], min?: number, max?: number, step?: number,
 *   log?: boolean, format?: (value: number) => string, onInput: (value: number) => void}} options
 */
export function slider(scope, { label, unit = "", help, value, values, min = 0, max = 1, step, log = false, format = formatNumber, onInput }) {
  const id = uniqueId("slider");
  const steps = log ? 100 : 0;
  /** @param {number} position @returns {number} */
  const toValue = (position) => {
    if (values) return values[position];
    return log ? Number((min * (max / min) ** (position / steps)).toPrecision(2)) : position;
  };
  /** @param {number} v @returns {number} */
  const toPosition = (v) => {
    if (values) return values.reduce((best, candidate, i) => (Math.abs(candidate - v) < Math.abs(values[best] - v) ? i : best), 0);
    return log ? Math.round((steps * Math.log(v / min)) / Math.log(max / min)) : v;
  };
  const range = values ? { min: 0, max: values.length - 1, step: 1 } : log ? { min: 0, max: steps, step: 1 } : { min, max, step: step ?? (max - min) / 100 };
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "range", class: "nnw-range", id, ...KEEP_KEYS, ...range }));
  const output = el("output", { class: "nnw-value", for: id });
  /** @param {number} v */
  const show = (v) => {
    const text = unit ? `${format(v)} ${unit}` : format(v);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
    const share = (Number(input.value) - Number(input.min)) / (Number(input.max) - Number(input.min) || 1);
    input.style.setProperty("--nnw-share", `${(100 * share).toFixed(1)}%`);
  };
  const root = el("div", { class: "nnw-field", title: help }, [el("div", { class: "nnw-field-head" }, [el("label", { for: id }, [label]), output]), input]);
  const set = (/** @type {number} */ v) => {
    input.value = String(toPosition(v));
    show(v);
  };
  scope.listen(input, "input", () => {
    const v = toValue(Number(input.value));
    show(v);
    onInput(v);
  });
  set(value);
  return { root, input, set, enable: (/** @type {boolean} */ on) => void (input.disabled = !on) };
}

/**
 * A labelled menu.
 * @param {Scope} scope
 * @param {{label: string, help?: string, value: string, options: {value: string, label: string}[], onChange: (value: string) => void}} options
 */
export function select(scope, { label, help, value, options, onChange }) {
  const id = uniqueId("select");
  const input = /** @type {HTMLSelectElement} */ (el("select", { class: "nnw-select", id, ...KEEP_KEYS }, options.map((option) => el("option", { value: option.value }, [option.label]))));
  input.value = value;
  scope.listen(input, "change", () => onChange(input.value));
  const root = el("div", { class: "nnw-field", title: help }, [el("label", { for: id }, [label]), input]);
  return {
    root,
    input,
    set: (/** @type {string} */ v) => void (input.value = v),
    enable: (/** @type {boolean} */ on) => void (input.disabled = !on),
    /** @param {{value: string, label: string}[]} list */
    setOptions(list) {
      const keep = input.value;
      input.replaceChildren(...list.map((option) => el("option", { value: option.value }, [option.label])));
      input.value = keep;
    },
  };
}

/**
 * A box with a tick. @param {Scope} scope
 * @param {{label: string, help?: string, value: boolean, onChange: (value: boolean) => void}} options
 */
export function checkbox(scope, { label, help, value, onChange }) {
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox" }));
  input.checked = value;
  scope.listen(input, "change", () => onChange(input.checked));
  const root = el("label", { class: "nnw-check", title: help }, [input, el("span", {}, [label])]);
  return { root, input, set: (/** @type {boolean} */ v) => void (input.checked = v) };
}

/**
 * One choice of a few, as a row of buttons; arrow keys move the choice.
 * @param {Scope} scope
 * @param {{label: string, value: string, kind?: string, options: {value: string, label: string, content?: Node, title?: string}[],
 *   onChange: (value: string) => void}} options
 */
export function choice(scope, { label, value, kind = "", options, onChange }) {
  const name = uniqueId("choice");
  const inputs = new Map();
  const items = options.map((option) => {
    const input = /** @type {HTMLInputElement} */ (el("input", { type: "radio", name, value: option.value, class: "nnw-hidden", ...KEEP_KEYS }));
    inputs.set(option.value, input);
    scope.listen(input, "change", () => input.checked && onChange(option.value));
    return el("label", { class: "nnw-choice-item", title: option.title }, [input, ...(option.content ? [option.content] : []), el("span", {}, [option.label])]);
  });
  const root = el("div", { class: `nnw-choice ${kind}`, role: "radiogroup", "aria-label": label }, items);
  const set = (/** @type {string} */ v) => inputs.forEach((input, key) => void (input.checked = key === v));
  set(value);
  return { root, set };
}

/**
 * A region that screen readers speak, politely and not more often than `every` milliseconds; the last message always comes.
 * @param {Scope} scope @param {{every?: number, visible?: boolean}} [options]
 */
export function announcer(scope, { every = 4000, visible = false } = {}) {
  const root = el("p", { class: visible ? "nnw-status" : "nnw-hidden", role: "status", "aria-live": "polite" });
  let last = -Infinity;
  let timer = 0;
  /** @param {string} text @param {boolean} [now] */
  const say = (text, now = false) => {
    clearTimeout(timer);
    const wait = now ? 0 : Math.max(0, last + every - performance.now());
    const speak = () => {
      last = performance.now();
      if (root.textContent !== text) root.textContent = text;
    };
    if (wait === 0) speak();
    else timer = window.setTimeout(speak, wait);
  };
  scope.onDispose(() => clearTimeout(timer));
  return { root, say };
}

/** A small note beside the pointer or a focused element, inside `container` (which must be positioned). @param {HTMLElement} container */
export function tooltip(container) {
  const root = el("div", { class: "nnw-tooltip", role: "tooltip", hidden: true });
  container.append(root);
  return {
    root,
    /** @param {number} x from the left of container @param {number} y @param {string[]} lines */
    show(x, y, lines) {
      root.hidden = false;
      if (root.dataset.text !== lines.join("\n")) {
        root.dataset.text = lines.join("\n");
        root.replaceChildren(...lines.map((line) => el("div", {}, [line])));
      }
      const left = Math.max(4, Math.min(x + 12, container.clientWidth - root.offsetWidth - 4));
      const above = y - root.offsetHeight - 10;
      root.style.transform = `translate(${left}px, ${above > 0 ? above : y + 16}px)`;
    },
    hide() {
      root.hidden = true;
    },
  };
}

/** Each widget's own key in the address: `playground`, then `playground-2`. @param {Element} element @param {string} name */
export function hashKey(element, name) {
  const home = element.closest("[data-nnbook-widget]");
  if (!home) return name;
  const all = [...document.querySelectorAll("[data-nnbook-widget]")].filter((other) => other.getAttribute("data-nnbook-widget") === home.getAttribute("data-nnbook-widget"));
  const index = all.indexOf(home);
  return index > 0 ? `${name}-${index + 1}` : name;
}

/** @param {string} key @returns {string | null} what the address holds under key, as in `#playground=…` */
export function readHash(key) {
  return new URLSearchParams(location.hash.slice(1)).get(key);
}

/** @param {string} key @param {string} value @returns {string} the address of this page with key set */
export function hashLink(key, value) {
  const others = location.hash.includes("=") ? location.hash.slice(1).split("&").filter((part) => !part.startsWith(`${key}=`)) : [];
  return `${location.href.split("#")[0]}#${[...others, `${key}=${encodeURIComponent(value)}`].join("&")}`;
}

/** Copy text. @param {string} text @returns {Promise<boolean>} false where the browser forbids it */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "nnw-hidden", readonly: true, "aria-hidden": "true" }));
    area.value = text;
    document.body.append(area);
    area.select();
    let done = false;
    try {
      done = document.execCommand("copy");
    } catch {
      done = false;
    }
    area.remove();
    return done;
  }
}
