// @ts-check
/** TextSampler: a trained GPT writes in the page, one token at a time. */

import { withStored } from "./stored.js";
import { SHOWN, TextSession, visible } from "./text_session.js";
import { announcer, animationLoop, button, choice, createScope, el, readTheme, slider, uniqueId, watchTheme } from "./ui.js";

const FAST = 1000;
const PACES = [1, 3, 10, 30, FAST]; // tokens a second
const PAUSE_AFTER = 300;
const LIMIT = 3000; // a page must stay light
const OPENING = 40; // tokens that stand there before the reader does anything

/** @param {number} p */
const percent = (p) => (p >= 0.995 ? `${(100 * p).toFixed(p < 1 ? 1 : 0)} %` : p >= 0.01 ? `${Math.round(100 * p)} %` : "< 1 %");

/** @param {{model: any, el: HTMLElement}} view */
function render({ model, el: host }) {
  const scope = createScope();
  const root = el("div", { class: "nnw nnw-frame nnw-sampler", "data-lm-suppress-shortcuts": "true" });
  host.append(root);
  scope.onDispose(() => root.remove());
  withStored(scope, model, root, {
    waiting: "The language model is on its way …",
    failure: "TextSampler cannot be used",
    open: (data) => new TextSession(data),
    build: (session) => build(model, root, scope, session),
  });
  return scope.dispose;
}

/** @param {any} model @param {HTMLElement} root @param {import("./ui.js").Scope} scope @param {TextSession} session */
function build(model, root, scope, session) {
  const { nLayers, nHeads, contextLength, vocabSize } = session.model;
  let theme = readTheme(root);
  let pace = 30;
  let due = 0; // fraction of the next token
  let burst = 0; // tokens since the reader pressed Write
  let layer = nLayers - 1;
  let head = -1;
  let pinned = -1; // the token the reader clicked or moved to
  let hovered = -1;
  /** @type {HTMLElement[]} */ let spans = [];
  let settledSpans = 0; // spans whose text will not change any more
  let thumbsAt = 0;
  const rate = { tokens: 0, time: 0 };
  const spoken = announcer(scope, { every: 2500 });
  const sampling = () => ({ temperature: model.get("temperature"), topK: model.get("top_k") ?? null });

  // --------------------------------------------------------------------------------------------------- controls
  const promptId = uniqueId("prompt");
  const prompt = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "nnw-ts-prompt", id: promptId, rows: 2, maxlength: 4000, spellcheck: "false", autocomplete: "off" }));
  prompt.value = model.get("prompt");
  const notices = el("p", { class: "nnw-ts-notices", role: "status" });
  let typing = 0;
  scope.listen(prompt, "input", () => {
    clearTimeout(typing);
    typing = window.setTimeout(() => {
      model.set("prompt", prompt.value);
      model.save_changes();
    }, 250);
  });
  scope.onDispose(() => clearTimeout(typing));
  const save = (/** @type {string} */ name, /** @type {any} */ value) => {
    model.set(name, value);
    model.save_changes();
  };
  const temperature = slider(scope, { label: "Temperature", help: "below 1 bolder, above 1 more surprising; 0 always takes the best", value: model.get("temperature"), min: 0, max: 2, step: 0.05, format: (v) => v.toFixed(2), onInput: (v) => save("temperature", v) });
  const ks = [...new Set([1, 2, 3, 5, 10, 20, 40, 100, 300].filter((k) => k < vocabSize))];
  const topK = slider(scope, { label: "Top-k", help: "only the k best tokens can be drawn", value: model.get("top_k") ?? vocabSize, values: [...ks, vocabSize], format: (v) => (v >= vocabSize ? "all" : String(v)), onInput: (v) => save("top_k", v >= vocabSize ? null : v) });
  const seed = slider(scope, { label: "Seed", help: "another seed, another text", value: model.get("seed"), min: 0, max: Math.max(50, model.get("seed")), step: 1, onInput: (v) => save("seed", v) });
  const speed = slider(scope, { label: "Speed", value: pace, values: PACES, format: (v) => (v >= FAST ? "as fast as it can" : `${v} token${v === 1 ? "" : "s"}/s`), onInput: (v) => (pace = v) });
  const writeButton = button(scope, { label: "Write", icon: "play", kind: "primary", onClick: () => (loop.running ? pause() : write()) });
  const stepButton = button(scope, {
    label: "One token",
    icon: "step",
    onClick: () => {
      pause();
      one();
    },
  });
  const againButton = button(scope, { label: "From the prompt", icon: "reset", onClick: () => begin(0) });
  const counter = el("span", { class: "nnw-ts-counter" });

  // -------------------------------------------------------------------------------------------------------- text
  const text = el("div", { class: "nnw-ts-text", tabindex: 0, role: "group", "aria-label": "The text. Arrow keys walk through its tokens, Escape ends." });
  const explain = el("p", { class: "nnw-ts-explain" });
  const spanOf = (/** @type {EventTarget | null} */ target) => (target instanceof HTMLElement && target.dataset.i !== undefined ? Number(target.dataset.i) : -1);
  scope.listen(text, "pointerover", (/** @type {PointerEvent} */ event) => {
    const i = spanOf(event.target);
    if (i === hovered) return;
    hovered = i;
    showSelection();
  });
  scope.listen(text, "pointerleave", () => {
    hovered = -1;
    showSelection();
  });
  scope.listen(text, "click", (/** @type {MouseEvent} */ event) => {
    const i = spanOf(event.target);
    pinned = i === pinned ? -1 : i;
    showSelection();
  });
  scope.listen(text, "keydown", (/** @type {KeyboardEvent} */ event) => {
    const n = session.entries.length;
    const here = pinned < 0 ? n : pinned;
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: n - 1, Escape: -1 }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pinned = to >= n ? -1 : event.key === "Escape" ? -1 : Math.max(0, to);
    showSelection();
    spans[pinned]?.scrollIntoView({ block: "nearest" });
    spoken.say(explain.textContent ?? "", true);
  });

  // -------------------------------------------------------------------------------------------------- candidates
  const optionsHead = el("p", { class: "nnw-ts-head" });
  const options = Array.from({ length: SHOWN }, (_, k) => {
    const name = el("span", { class: "nnw-ts-piece" });
    const bar = el("span", { class: "nnw-ts-bar" });
    const value = el("span", { class: "nnw-ts-value" });
    const row = /** @type {HTMLButtonElement} */ (el("button", { type: "button", class: "nnw-ts-option" }, [name, el("span", { class: "nnw-ts-track" }, [bar]), value]));
    scope.listen(row, "click", () => {
      const candidate = shownOptions[k];
      if (!candidate || selected() >= 0) return;
      pause();
      session.choose(candidate.token, sampling());
      append();
      settle();
    });
    return { row, name, bar, value };
  });
  /** @type {import("./text_session.js").Candidate[]} */ let shownOptions = [];

  // --------------------------------------------------------------------------------------------------- attention
  const size = contextLength;
  const thumbs = Array.from({ length: nLayers * nHeads }, (_, k) => {
    const node = /** @type {HTMLCanvasElement} */ (el("canvas", { class: "nnw-ts-map", width: size, height: size, "aria-hidden": "true" }));
    return { node, layer: Math.floor(k / nHeads), head: k % nHeads };
  });
  const look = choice(scope, {
    label: "Which attention is shown in the text",
    value: `${layer}:${head}`,
    kind: "nnw-ts-maps",
    options: Array.from({ length: nLayers }, (_, l) => [
      { value: `${l}:-1`, label: `Layer ${l + 1}`, title: `Layer ${l + 1}, mean of its heads` },
      ...thumbs.filter((t) => t.layer === l).map((t) => ({ value: `${l}:${t.head}`, label: String(t.head + 1), content: t.node, title: `Layer ${l + 1}, head ${t.head + 1}` })),
    ]).flat(),
    onChange: (value) => {
      [layer, head] = value.split(":").map(Number);
      showSelection();
    },
  });
  // "Layer 1, head 2" is what a screen reader should hear, not "2"
  look.root.querySelectorAll("label").forEach((label) => label.querySelector("input")?.setAttribute("aria-label", label.title));
  look.root.style.setProperty("--nnw-ts-heads", String(nHeads));

  /** Each map: a row for each token that was read, a column for each token it looked at. */
  function drawMaps() {
    thumbsAt = performance.now();
    const [r, g, b] = theme.rgb.accent;
    for (const { node, layer: l, head: h } of thumbs) {
      const context = node.getContext("2d");
      if (!context) continue;
      const image = new ImageData(size, size);
      const map = session.model.attention[l];
      for (let q = 0; q < session.model.length; q++) {
        for (let s = 0; s <= q; s++) {
          const at = 4 * (q * size + s);
          image.data[at] = r;
          image.data[at + 1] = g;
          image.data[at + 2] = b;
          image.data[at + 3] = 255 * Math.sqrt(map[(h * size + q) * size + s]); // the root shows faint looks too
        }
      }
      context.putImageData(image, 0, 0);
    }
  }

  // ---------------------------------------------------------------------------------------------------- behaviour
  const selected = () => (hovered >= 0 ? hovered : pinned);
  const pieceOf = (/** @type {number} */ token) => visible(session.tokenizer.decode([token]));

  /** Make the spans of the entries that have none yet; a character cut in half is shown again when more of it is there. */
  function append() {
    const from = settledSpans;
    const pieces = session.pieces(from);
    pieces.forEach((piece, k) => {
      const i = from + k;
      if (!spans[i]) {
        const { origin } = session.entries[i];
        spans[i] = el("span", { class: `nnw-ts-token ${origin}`, "data-i": i });
        text.append(spans[i]);
      }
      if (spans[i].textContent !== piece) spans[i].textContent = piece;
    });
    const half = pieces.findIndex((piece, k) => k >= pieces.length - 3 && piece.includes("\ufffd"));
    settledSpans = from + (half < 0 ? pieces.length : half);
  }

  /** Colour the tokens that were looked at, and list what could stand at the chosen place. */
  function showSelection() {
    const n = session.entries.length;
    const i = selected();
    const place = i < 0 ? n : i;
    const found = session.attention(place, layer, head);
    const largest = found ? Math.max(1e-9, ...found.weights) : 1;
    spans.forEach((span, k) => {
      const weight = found && k >= found.first && k < place ? found.weights[k - found.first] / largest : 0;
      const shade = weight > 0.02 ? `color-mix(in srgb, var(--nnw-accent) ${Math.round(40 * weight)}%, transparent)` : "";
      if (span.style.backgroundColor !== shade) span.style.backgroundColor = shade;
      span.classList.toggle("selected", k === i);
      span.classList.toggle("forgotten", k < session.firstSeen);
    });
    const entry = session.entries[i];
    const where = head < 0 ? `layer ${layer + 1} (mean of its heads)` : `layer ${layer + 1}, head ${head + 1}`;
    const name = entry ? `“${pieceOf(entry.token)}”` : "the next token";
    let what = `To write ${name}, ${where} looked at the tinted tokens.`;
    if (!found) what = i === 0 && session.firstSeen === 0 ? `${name} is the first token: there was nothing to look at.` : `${name} is out of the model's sight by now: it sees the last ${session.writer.window.length} tokens.`;
    if (entry?.origin === "drawn") what += ` It had ${percent(entry.probability)}.`;
    if (entry?.origin === "chosen") what += ` You chose it; the model gave it ${percent(entry.probability)}.`;
    explain.textContent = what;

    shownOptions = entry ? entry.options : session.candidates(sampling()).slice(0, SHOWN);
    optionsHead.textContent = entry ? (entry.origin === "prompt" ? "This token is part of the prompt" : `What could have stood here instead of ${name}`) : "What could come next (press one to take it)";
    options.forEach(({ row, name: label, bar, value }, k) => {
      const candidate = shownOptions[k];
      row.hidden = !candidate;
      if (!candidate) return;
      const piece = pieceOf(candidate.token);
      label.textContent = piece;
      bar.style.width = `${(100 * candidate.probability).toFixed(1)}%`;
      value.textContent = percent(candidate.probability);
      row.disabled = Boolean(entry);
      row.classList.toggle("taken", entry?.token === candidate.token);
      row.title = entry ? "" : "Go on with this token";
    });
  }

  function count() {
    const written = session.entries.filter((entry) => entry.origin !== "prompt").length;
    const speedText = rate.time > 300 && loop.running && pace >= FAST ? ` · ${Math.round((1000 * rate.tokens) / rate.time)} tokens/s` : "";
    counter.textContent = `${written} token${written === 1 ? "" : "s"} written${speedText}`;
  }

  /** Everything a pause brings up to date. */
  function settle() {
    showSelection();
    drawMaps();
    count();
    model.set("text", session.text);
    model.save_changes();
  }

  /** One token more, drawn and shown. */
  function one() {
    if (session.entries.length >= LIMIT) return;
    session.step(sampling());
    append();
    settle();
    text.scrollTop = text.scrollHeight;
    spoken.say(`${pieceOf(session.entries[session.entries.length - 1].token)}`);
  }

  const loop = animationLoop(scope, root, (elapsed) => {
    due += pace >= FAST ? Infinity : (Math.min(elapsed, 1000) / 1000) * pace;
    const start = performance.now();
    const budget = Math.min(150, Math.max(12, 0.35 * elapsed)); // rare frames (reduced motion) may compute longer
    let made = 0;
    while (due >= 1 && performance.now() - start < budget && burst < PAUSE_AFTER && session.entries.length < LIMIT) {
      session.step(sampling());
      due -= 1;
      burst += 1;
      made += 1;
    }
    if (due === Infinity || due > 3) due = 0; // what this machine cannot do in time is not made up later
    rate.tokens += made;
    rate.time += elapsed;
    if (made) {
      const atEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
      append();
      if (atEnd) text.scrollTop = text.scrollHeight;
      if (selected() < 0) showSelection();
      count();
      if (performance.now() - thumbsAt > 200) drawMaps();
    }
    if (burst >= PAUSE_AFTER || session.entries.length >= LIMIT) {
      pause();
      say([session.entries.length >= LIMIT ? `The text has reached ${LIMIT} tokens. Begin again from the prompt.` : `Paused after ${PAUSE_AFTER} tokens. Press Write for more.`]);
    }
  });

  function write() {
    if (session.entries.length >= LIMIT) return;
    say([]);
    burst = rate.tokens = rate.time = 0;
    due = 1;
    pinned = -1;
    writeButton.set({ label: "Pause", icon: "pause" });
    loop.start();
  }
  function pause() {
    if (!loop.running) return;
    loop.stop();
    writeButton.set({ label: "Write", icon: "play" });
    settle();
    const last = session.text.slice(-160);
    spoken.say(`Paused. The text ends: ${last}`);
  }
  const say = (/** @type {string[]} */ sentences) => {
    const zero = model.get("temperature") === 0 ? ["At temperature 0 the best token is always taken, so the seed changes nothing."] : [];
    notices.textContent = [...sentences, ...zero].join(" ");
  };
  /** @type {string[]} */ let fromPrompt = [];

  /** Read the prompt anew. @param {number} opening tokens to write at once */
  function begin(opening) {
    loop.stop();
    writeButton.set({ label: "Write", icon: "play" });
    pinned = hovered = -1;
    spans = [];
    settledSpans = 0;
    text.replaceChildren();
    fromPrompt = session.begin(model.get("prompt"), model.get("seed"));
    for (let i = 0; i < opening; i++) session.step(sampling());
    append();
    say(fromPrompt);
    settle();
  }

  root.append(
    el("div", { class: "nnw-field" }, [el("div", { class: "nnw-field-head" }, [el("label", { for: promptId }, ["Prompt"])]), prompt]),
    el("div", { class: "nnw-ts-bar-row" }, [writeButton.root, stepButton.root, againButton.root, counter]),
    el("div", { class: "nnw-ts-settings" }, [temperature.root, topK.root, seed.root, speed.root]),
    notices,
    text,
    explain,
    el("div", { class: "nnw-ts-lower" }, [
      el("div", {}, [optionsHead, el("div", { class: "nnw-ts-options" }, options.map((o) => o.row))]),
      el("div", {}, [el("p", { class: "nnw-ts-head" }, ["Attention: rows are tokens, columns what each looked at; choose a layer or a head"]), look.root]),
    ]),
    spoken.root,
  );

  const recolour = () => {
    theme = readTheme(root);
    drawMaps();
  };
  watchTheme(scope, root, recolour);
  for (const name of ["prompt", "seed"]) {
    scope.watch(model, `change:${name}`, () => {
      if (name === "prompt" && prompt.value !== model.get("prompt")) prompt.value = model.get("prompt");
      if (name === "seed") seed.set(model.get("seed"));
      begin(0);
    });
  }
  for (const name of ["temperature", "top_k"]) {
    scope.watch(model, `change:${name}`, () => {
      temperature.set(model.get("temperature"));
      topK.set(model.get("top_k") ?? vocabSize);
      say(fromPrompt);
      showSelection();
    });
  }
  begin(OPENING);
}

export default { render };
