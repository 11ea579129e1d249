// @ts-check
/** ChatPad: the large model answers in the page, opt-in, one token at a time. */

import { createClient } from "./chat_client.js";
import { buildPanel } from "./chat_panel.js";
import { half } from "./large_products.js";
import { forget, freshOrKept, kept, load, manifestOf } from "./large_store.js";
import { readAdapter } from "./chat_state.js";
import { bookFolder } from "./stored.js";
import { followTheme } from "./ui_explore.js";
import { announcer, button, createScope, el } from "./ui.js";

const CAPACITY = 1024; // tokens of one conversation: 47 MB of keys and values
const megabytes = (/** @type {number} */ n) => `${Math.round(n / 1e6)} MB`;

/** @param {{model: any, el: HTMLElement}} view */
function render({ model, el: host }) {
  const scope = createScope();
  const root = el("section", { class: "nnw nnw-frame chat", "aria-label": "The large model", "data-lm-suppress-shortcuts": "true" });
  host.append(root);
  followTheme(scope, root);
  scope.onDispose(() => root.remove());
  if (!model.onPage) {
    root.append(el("p", {}, ["On the site this model answers in the page. In JupyterLab use nnbook.large: load_llama(load_large_model()), then nnbook.large.chat.reply."]));
    return scope.dispose;
  }
  offer(scope, root, model, `${bookFolder}_static/large/`);
  return scope.dispose;
}

/** Ask before anything is fetched. @param {import("./ui.js").Scope} scope @param {HTMLElement} root @param {any} model @param {string} folder */
function offer(scope, root, model, folder) {
  const panel = el("div", { class: "chat-offer" });
  const what = el("p", {}, ["A language model of 134,515,008 parameters, SmolLM2-135M-Instruct, can answer here, in this page and on your computer alone: your words never leave it."]);
  const bar = /** @type {HTMLProgressElement} */ (el("progress", { class: "chat-progress", max: 1, value: 0, hidden: true, "aria-label": "Loading" }));
  const note = announcer(scope, { every: 2000, visible: true });
  const start = button(scope, { label: "Load the real model (98 MB, from this site, kept by your browser)", kind: "primary", onClick: () => begin() });
  const cancel = button(scope, { label: "Stop loading", onClick: () => controller?.abort() });
  cancel.root.hidden = true;
  panel.append(what, el("div", { class: "chat-row" }, [start.root, cancel.root]), bar, note.root);
  root.append(panel);
  /** @type {AbortController | null} */
  let controller = null;
  scope.onDispose(() => controller?.abort());
  const busy = (/** @type {boolean} */ on) => {
    start.set({ disabled: on });
    cancel.root.hidden = bar.hidden = !on;
  };

  async function begin() {
    controller = new AbortController();
    busy(true);
    note.say("The model is on its way.", true);
    try {
      const manifest = await manifestOf(folder);
      bar.max = manifest.bytes;
      const here = await kept(folder, manifest);
      const file = await load(folder, manifest, {
        signal: controller.signal,
        onProgress: (bytes) => {
          bar.value = bytes;
          note.say(`${megabytes(bytes)} of ${megabytes(manifest.bytes)}${here === manifest.bytes ? ", from your browser" : ""}.`);
        },
      });
      note.say("Unpacking …", true);
      const client = createClient();
      scope.onDispose(client.end);
      const opened = await client.open(file, CAPACITY);
      if (scope.signal.aborted) return;
      buildPanel(scope, root, model, {
        client,
        opened,
        title: manifest.title,
        adapter: async () => {
          const response = await freshOrKept(`${folder}large_shop.safetensors`);
          if (!response) throw new Error("the adapter of the shop could not be fetched");
          return readAdapter(await response.arrayBuffer(), half);
        },
        forget: async () => {
          await forget();
          client.end();
          root.replaceChildren();
          offer(scope, root, model, folder);
        },
      });
      panel.remove();
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error);
      note.say(name === "AbortError" ? "Stopped. What has arrived is kept; press again to go on." : `The model cannot be used here: ${message.replace(/\.$/, "")}.`, true);
      busy(false);
    }
  }
}

export default { render };
