// Draws the book's widgets on a page that has no Python.
//
// A widget stands in the page as <div data-nnbook-widget="Playground" data-state='{…}'>fallback</div>, and its script has
// registered window.nnbookWidgets.Playground = {initialize?, render, css}. Both render and the model it receives follow
// the anywidget front-end interface, so the same file also runs in JupyterLab. A classic script: it works on file:// too.
(() => {
  "use strict";

  /** What anywidget gives a widget, without a kernel behind it. */
  class PageModel {
    constructor(state) {
      this.state = state;
      this.listeners = new Map();
      this.onPage = true; // a widget may offer here what makes sense in a page only, such as a link to itself
    }
    get(name) {
      return this.state[name];
    }
    set(name, value) {
      const changes = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(changes).filter((key) => !same(this.state[key], changes[key]));
      for (const key of changed) this.state[key] = changes[key];
      for (const key of changed) this.emit(`change:${key}`, this, changes[key]);
      if (changed.length) this.emit("change", this);
    }
    on(names, callback) {
      for (const name of names.split(/\s+/)) {
        if (!this.listeners.has(name)) this.listeners.set(name, new Set());
        this.listeners.get(name).add(callback);
      }
    }
    off(names, callback) {
      for (const name of names ? names.split(/\s+/) : [...this.listeners.keys()]) {
        if (callback) this.listeners.get(name)?.delete(callback);
        else this.listeners.delete(name);
      }
    }
    emit(name, ...values) {
      for (const callback of [...(this.listeners.get(name) || [])]) callback(...values);
    }
    save_changes() {} // there is nobody to tell
    send() {}
    get widget_manager() {
      throw new Error("A page has no widget manager: show the widgets one by one.");
    }
  }

  function same(a, b) {
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
    const keys = Object.keys(a);
    return (
      Array.isArray(a) === Array.isArray(b) &&
      keys.length === Object.keys(b).length &&
      keys.every((key) => key in b && same(a[key], b[key]))
    );
  }

  const mounted = new Map(); // element -> {release} once drawing has begun
  const styled = new Set();

  function addStyle(name, css) {
    if (!css || styled.has(name)) return;
    styled.add(name);
    const style = document.createElement("style");
    style.dataset.nnbookWidgetStyle = name;
    style.textContent = css;
    document.head.append(style);
  }

  function say(element, sentence) {
    const note = document.createElement("p");
    note.className = "nnbook-widget-error";
    note.setAttribute("role", "alert");
    note.textContent = sentence;
    element.append(note);
  }

  async function mount(element) {
    const name = element.dataset.nnbookWidget;
    const widget = (window.nnbookWidgets || {})[name];
    if (!widget || mounted.has(element)) return;
    const controller = new AbortController();
    const entry = { fallback: [...element.childNodes], model: null, cleanups: [], controller };
    mounted.set(element, entry);
    try {
      const model = new PageModel(JSON.parse(element.dataset.state || "{}"));
      entry.model = model;
      addStyle(name, widget.css);
      const view = document.createElement("div");
      element.replaceChildren(view);
      const shared = { model, signal: controller.signal, experimental: { invoke: noKernel } };
      entry.cleanups.push(await widget.initialize?.(shared));
      entry.cleanups.push(await widget.render({ ...shared, el: view }));
      element.dataset.nnbookMounted = "true";
      if (controller.signal.aborted) release(entry); // unmounted while render was still busy
    } catch (error) {
      console.error(`${name} could not be drawn.`, error);
      element.replaceChildren(...entry.fallback);
      say(element, `The widget ${name} could not be drawn: ${error.message || error}`);
      element.dataset.nnbookMounted = "error";
    }
  }

  async function noKernel() {
    throw new Error("A page has no Python behind it.");
  }

  function release(entry) {
    for (const cleanup of entry.cleanups.splice(0).reverse()) if (typeof cleanup === "function") cleanup();
    entry.model?.off();
  }

  /** Undo everything a widget did and put its fallback back. */
  function unmount(element) {
    const entry = mounted.get(element);
    if (!entry) return;
    mounted.delete(element);
    entry.controller.abort();
    release(entry);
    element.replaceChildren(...entry.fallback);
    delete element.dataset.nnbookMounted;
  }

  const nearby =
    typeof IntersectionObserver === "undefined"
      ? null
      : new IntersectionObserver(
          (entries) => {
            for (const { isIntersecting, target } of entries) {
              if (!isIntersecting || !(target.dataset.nnbookWidget in (window.nnbookWidgets || {}))) continue;
              nearby.unobserve(target);
              mount(target);
            }
          },
          { rootMargin: "400px 0px" },
        );

  /** Mount each widget when the reader comes near it; at once if the address holds the state of one. */
  function mountAll() {
    const addressed = location.hash.includes("=");
    for (const element of document.querySelectorAll("div[data-nnbook-widget]")) {
      if (mounted.has(element)) continue;
      if (addressed || !nearby) mount(element);
      else {
        nearby.unobserve(element); // observing again reports where it stands now
        nearby.observe(element);
      }
    }
  }

  /** A div whose script never came keeps its fallback, and says why it is not alive. */
  function reportMissing() {
    for (const element of document.querySelectorAll("div[data-nnbook-widget]")) {
      const name = element.dataset.nnbookWidget;
      if ((window.nnbookWidgets || {})[name] || element.dataset.nnbookMounted) continue;
      element.dataset.nnbookMounted = "error";
      say(element, `The script of the widget ${name} is missing on this page.`);
    }
  }

  window.nnbookWidgetHost = { mount, mountAll, unmount, PageModel, modelOf: (element) => mounted.get(element)?.model };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mountAll);
  else mountAll();
  window.addEventListener("load", () => {
    mountAll();
    reportMissing();
  });
  window.addEventListener("hashchange", () => location.hash.includes("=") && mountAll());
})();
