// @ts-check
/** A plan leaves and comes back: worksheet, table, one printed page. The library for worksheets is loaded when it is asked for. */

import { Changed, fromCsv, fromXlsx, LARGEST_FILE, toCsv, toXlsx } from "./plan_file.js";
import { button, el } from "./ui.js";

// Known while a classic script runs; null in JupyterLab, where Python writes and reads worksheets.
const HERE = typeof document === "undefined" ? "" : /** @type {HTMLScriptElement | null} */ (document.currentScript)?.src || "";
/** @type {Promise<any> | null} */
let library = null;

/** @returns {Promise<any>} window.XLSX, from the file that the site itself serves */
function spreadsheets() {
  const known = () => /** @type {any} */ (window).XLSX;
  if (known()) return Promise.resolve(known());
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("../vendor/xlsx.mini.min.js", HERE || document.baseURI).href;
    script.onload = () => (known() ? resolve(known()) : reject(new Error("The library for worksheets is damaged.")));
    script.onerror = () => reject(new Error("The library for worksheets could not be loaded."));
    document.head.append(script);
  });
  library.catch(() => (library = null)); // the next press may try again
  return library;
}

/** @param {BlobPart} data @param {string} name @param {string} type */
function download(data, name, type) {
  const address = URL.createObjectURL(new Blob([data], { type }));
  const link = /** @type {HTMLAnchorElement} */ (el("a", { href: address, download: name, class: "nnw-hidden" }));
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

const XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/** @param {string} name */
const fileName = (name) => `${name.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60) || "plan"}`;

/**
 * The buttons. @param {import("./ui.js").Scope} scope
 * @param {{model: any, layout: any, say: (text: string) => void, plan: () => {name: string, business: any, source: (field: string) => string},
 *   take: (business: any, name: string) => string | null, print: () => void}} options  take returns a problem, or null
 */
export function filesRow(scope, { model, layout, say, plan, take, print }) {
  const onPage = Boolean(model.onPage);
  /** @type {{name: string, business: any} | {buffer: ArrayBuffer} | null} */
  let offered = null;
  const all = button(scope, { label: "Take the changed numbers", kind: "small", onClick: takeChanged });
  all.root.hidden = true;
  const offer = (/** @type {typeof offered} */ what) => {
    offered = what;
    all.root.hidden = what === null;
  };
  const done = (/** @type {any} */ business, /** @type {string} */ name) => say(take(business, name) ?? `The plan “${name}” is here.`);
  const failed = (/** @type {any} */ error) => {
    if (error instanceof Changed) offer(error.plan);
    say(error.message);
  };

  function takeChanged() {
    const what = offered;
    offer(null);
    if (what && "buffer" in what) model.send({ kind: "import", changed: true }, undefined, [what.buffer]);
    else if (what) done(what.business, what.name);
  }
  async function worksheet() {
    if (!onPage) return model.send({ kind: "export" });
    try {
      const { name, business, source } = plan();
      download(toXlsx(await spreadsheets(), layout, business, name, source), `${fileName(name)}.xlsx`, XLSX_TYPE);
      say("The worksheet is in your downloads; its formulas are live.");
    } catch (error) {
      failed(error);
    }
  }
  function csv() {
    const { name, business } = plan();
    download(toCsv(business, name, layout.format, layout.n_months), `${fileName(name)}.csv`, "text/csv;charset=utf-8");
    say("The table is in your downloads.");
  }
  const input = /** @type {HTMLInputElement} */ (el("input", { type: "file", class: "nnw-hidden", accept: ".xlsx,.csv", "aria-label": "Open a plan", tabindex: "-1" }));
  scope.listen(input, "change", async () => {
    const [file] = input.files ?? [];
    input.value = "";
    offer(null);
    if (!file) return;
    try {
      if (file.size > LARGEST_FILE) throw new Error("This file is too large for a plan.");
      if (/\.csv$/i.test(file.name)) {
        const read = fromCsv(await file.text(), layout.format);
        done(read.business, read.name);
      } else if (onPage) {
        const read = fromXlsx(await spreadsheets(), layout, await file.arrayBuffer());
        done(read.business, read.name);
      } else {
        offered = { buffer: await file.arrayBuffer() };
        model.send({ kind: "import" }, undefined, [offered.buffer]);
      }
    } catch (error) {
      failed(error);
    }
  });
  if (!onPage) {
    scope.watch(model, "msg:custom", (/** @type {any} */ message, /** @type {DataView[]} */ buffers) => {
      if (message.kind === "worksheet") {
        const { name } = plan();
        download(/** @type {any} */ (buffers[0]), `${fileName(name)}.xlsx`, XLSX_TYPE);
        say("The worksheet is in your downloads; its formulas are live.");
      } else if (message.kind === "said") {
        all.root.hidden = !message.changed;
        say(message.text);
      }
    });
  }
  const sheet = button(scope, { label: "Worksheet (XLSX)", kind: "small", title: "A file for Excel, LibreOffice or Numbers whose formulas compute the plan", onClick: () => void worksheet() });
  const text = button(scope, { label: "Table (CSV)", kind: "small", title: "Inputs and months as plain text", onClick: csv });
  const open = button(scope, { label: "Open a plan", kind: "small", title: "A worksheet or a table that was written here", onClick: () => input.click() });
  const paper = button(scope, { label: "Print one page", kind: "small", title: "The plan on one sheet of paper", onClick: print });
  return el("div", { class: "fdc-files", role: "group", "aria-label": "Keep the plan" }, [sheet.root, text.root, open.root, input, paper.root, all.root]);
}

/** Show nothing but `sheet` to the printer. @param {HTMLElement} sheet */
export function printSheet(sheet) {
  document.body.append(sheet);
  const { classList } = document.documentElement;
  classList.add("fdc-printing");
  const after = () => {
    classList.remove("fdc-printing");
    sheet.remove();
  };
  window.addEventListener("afterprint", after, { once: true });
  window.print();
}
