// The host on its own: the model it gives a widget behaves as anywidget's does, and a failing widget says so.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const source = readFileSync(new URL("../../book/_static/widget-host.js", import.meta.url), "utf8");

class Element {
  constructor(dataset = {}) {
    this.dataset = dataset;
    this.childNodes = ["fallback"];
    this.attributes = {};
  }
  replaceChildren(...nodes) {
    this.childNodes = nodes;
  }
  append(...nodes) {
    this.childNodes.push(...nodes);
  }
  setAttribute(name, value) {
    this.attributes[name] = value;
  }
}

/** A page with these widgets and divs. */
function page(widgets = {}, elements = []) {
  const errors = [];
  const window = { nnbookWidgets: widgets, addEventListener() {} };
  const document = { readyState: "complete", head: new Element(), createElement: () => new Element(), querySelectorAll: () => elements, addEventListener() {} };
  vm.runInNewContext(source, { window, document, location: { hash: "" }, console: { error: (...all) => errors.push(all) }, AbortController });
  return { host: window.nnbookWidgetHost, errors, head: document.head };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const div = (name, state = {}) => new Element({ nnbookWidget: name, state: JSON.stringify(state) });

test("set tells listeners once, and only what has changed", () => {
  const { PageModel } = page().host;
  const model = new PageModel({ a: 1, list: [1, 2] });
  const heard = [];
  model.on("change:a", (_, value) => heard.push(["a", value]));
  model.on("change:list", () => heard.push(["list"]));
  model.on("change", () => heard.push(["change"]));
  model.set("a", 2);
  model.set("a", 2);
  model.set("list", [1, 2]);
  model.set({ a: 3, list: [1] });
  assert.deepEqual(heard, [["a", 2], ["change"], ["a", 3], ["list"], ["change"]]);
  assert.equal(model.get("a"), 3);
});

test("off removes one listener, all of a name, or all", () => {
  const { PageModel } = page().host;
  const model = new PageModel({});
  let heard = 0;
  const hear = () => void (heard += 1);
  model.on("change:a change:b", hear);
  model.off("change:a", hear);
  model.set({ a: 1, b: 1 });
  assert.equal(heard, 1);
  model.off();
  model.set("b", 2);
  assert.equal(heard, 1);
});

test("a widget is drawn with the state of its div, and undone completely", async () => {
  const seen = [];
  const element = div("Demo", { a: [1] });
  const widget = {
    css: ".x{}",
    initialize: () => () => seen.push("initialize undone"),
    render({ model, el, signal }) {
      seen.push(model.get("a"), el.constructor.name);
      signal.addEventListener("abort", () => seen.push("aborted"));
      return () => seen.push("render undone");
    },
  };
  const { host, head } = page({ Demo: widget }, [element]);
  await settled();
  assert.equal(element.dataset.nnbookMounted, "true");
  assert.equal(head.childNodes.length, 2); // "fallback" and one style
  host.mountAll();
  await settled();
  host.unmount(element);
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), [[1], "Element", "aborted", "render undone", "initialize undone"]);
  assert.deepEqual([...element.childNodes], ["fallback"]);
});

test("two widgets of one kind have their own models and one style", async () => {
  const models = [];
  const elements = [div("Demo", { a: 1 }), div("Demo", { a: 2 })];
  const { head } = page({ Demo: { css: "x", render: ({ model }) => void models.push(model) } }, elements);
  await settled();
  assert.deepEqual(models.map((model) => model.get("a")), [1, 2]);
  assert.equal(head.childNodes.length, 2);
});

for (const [name, element] of [
  ["render throws", div("Broken")],
  ["the state is not JSON", Object.assign(new Element({ nnbookWidget: "Fine", state: "{" }))],
]) {
  test(`an error becomes a sentence in its place, beside the fallback: ${name}`, async () => {
    const neighbour = div("Fine");
    const widgets = {
      Broken: {
        render() {
          throw new Error("no such thing");
        },
      },
      Fine: { render() {} },
    };
    const { errors } = page(widgets, [element, neighbour]);
    await settled();
    assert.equal(element.dataset.nnbookMounted, "error");
    assert.equal(element.childNodes[0], "fallback");
    assert.match(element.childNodes[1].textContent, /could not be drawn: /);
    assert.equal(errors.length, 1);
    assert.equal(neighbour.dataset.nnbookMounted, "true");
  });
}
