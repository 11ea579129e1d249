// @ts-check
/**
 * The large model in a thread of its own, so that the page stays quick. Messages in: open, use, write, look, stop.
 * Messages out carry the `id` of what they answer; `failed` says in one sentence what went wrong.
 */

import { AT_ONCE, openModel } from "./large_model.js";
import { best, candidates, draw, ownProbability } from "./large_sampling.js";
import { openTokenizer } from "./large_tokenizer.js";
import { Random } from "./nn_random.js";

const SHOWN = 8; // candidates that are reported for each token

/** @typedef {{text: string, control?: boolean}} Part control: marks such as <|im_end|> in it are control tokens; only for the page's own words */

/** @param {(message: any, transfer?: Transferable[]) => void} post @returns {(message: any) => Promise<void>} what handles a message */
export function createSession(post) {
  /** @type {import("./large_model.js").Model | null} */
  let model = null;
  /** @type {ReturnType<typeof openTokenizer>} */
  let tokenizer;
  /** @type {number[]} */
  let read = []; // the tokens that the cache holds
  let running = 0; // the id of what is being written; another value stops it
  const breathe = () => new Promise((resolve) => setTimeout(resolve)); // lets a stop arrive

  /** Read a prompt, keeping what the cache already holds of it. @param {number} id @param {number[]} tokens @param {any} [options] */
  async function readAll(id, tokens, options) {
    const m = /** @type {import("./large_model.js").Model} */ (model);
    let same = 0;
    while (same < Math.min(read.length, tokens.length - 1) && read[same] === tokens[same]) same++;
    m.walkBack(same);
    read = read.slice(0, same);
    let logits = null;
    for (let i = same; i < tokens.length; i += AT_ONCE) {
      const piece = tokens.slice(i, i + AT_ONCE);
      const last = i + AT_ONCE >= tokens.length;
      logits = m.read(piece, { more: !last, ...(last ? options : {}) });
      read.push(...piece);
      if (last) break;
      post({ type: "reading", id, done: read.length, total: tokens.length });
      await breathe();
      if (running !== id) return null;
    }
    return logits;
  }

  const pieceOf = (/** @type {number} */ token) => ({ token, piece: tokenizer.piece(token), bytes: tokenizer.bytes(token), mark: tokenizer.control.has(tokenizer.piece(token)) });
  const offered = (/** @type {Float32Array} */ logits) => best(logits, SHOWN).map(({ token, probability }) => ({ ...pieceOf(token), probability }));

  /** @type {Record<string, (message: any) => Promise<void>>} */
  const handlers = {
    async open({ id, file, capacity, plain }) {
      model = await openModel(new Uint8Array(file), { capacity, plain });
      tokenizer = openTokenizer(model.metadata);
      read = [];
      post({ type: "opened", id, kind: model.kind, bytes: model.bytes, capacity, settings: model.settings });
    },
    async use({ id, adapter }) {
      model?.use(adapter);
      read = [];
      post({ type: "used", id });
    },
    /** tokens: what stands there already; parts: what is put after it; n: how many tokens to write */
    async write({ id, tokens, parts, sampling, seed, n, stop }) {
      const m = /** @type {import("./large_model.js").Model} */ (model);
      running = id;
      const added = parts.flatMap((/** @type {Part} */ { text, control }) => tokenizer.encode(text, { control }));
      const prompt = [...tokens, ...added];
      if (!prompt.length) throw new Error("there is nothing to read yet");
      if (prompt.length + 1 > m.capacity) throw new Error(`the text has ${prompt.length} tokens; the page keeps room for ${m.capacity}. Shorten it or begin anew`);
      post({ type: "prompt", id, tokens: added.map(pieceOf) });
      const random = new Random(seed);
      const begun = performance.now();
      const before = read.length;
      let logits = await readAll(id, prompt);
      const readSeconds = (performance.now() - begun) / 1000;
      const fresh = Math.max(1, prompt.length - before); // the last token is always read again
      const ends = new Set(stop.map((/** @type {string} */ mark) => tokenizer.control.get(mark)));
      const written = [];
      let end = "stopped";
      const from = performance.now();
      while (logits && running === id) {
        if (written.length >= n) {
          end = "length";
          break;
        }
        if (read.length >= m.capacity) {
          end = "full";
          break;
        }
        const options = offered(logits);
        const token = draw(candidates(logits, sampling, written), random.uniform());
        const known = options.find((option) => option.token === token);
        const probability = known ? known.probability : ownProbability(logits)(token);
        written.push(token);
        post({ type: "token", id, ...pieceOf(token), probability, options });
        if (ends.has(token)) {
          end = "stop";
          break;
        }
        await breathe();
        if (running !== id) break;
        logits = m.read([token]);
        read.push(token);
      }
      const seconds = (performance.now() - from) / 1000;
      post({ type: "written", id, end, read: fresh, readSeconds, written: written.length, writeSeconds: seconds, options: logits ? offered(logits) : [] });
    },
    /** What stood behind the token after `tokens`: where the last place looked, and what the head would say after each layer. */
    async look({ id, tokens }) {
      running = id;
      /** @type {Float32Array[]} */
      const attention = [];
      /** @type {any[]} */
      const lens = [];
      const logits = await readAll(id, tokens, {
        watch: (/** @type {number} */ _, /** @type {Float32Array} */ weights) => attention.push(weights),
        lens: (/** @type {number} */ _, /** @type {Float32Array} */ z) => lens.push(best(z, 1).map(({ token, probability }) => ({ ...pieceOf(token), probability }))[0]),
      });
      if (!logits) return post({ type: "looked", id, attention: [], lens: [] }); // stopped
      lens.push(offered(logits)[0]);
      post({ type: "looked", id, attention, lens }, attention.map((weights) => weights.buffer));
    },
    async stop() {
      running = 0;
    },
  };

  return async (message) => {
    try {
      if (message.type !== "open" && message.type !== "stop" && !model) throw new Error("no model is open");
      await handlers[message.type](message);
    } catch (error) {
      post({ type: "failed", id: message.id, why: /** @type {Error} */ (error).message });
    }
  };
}

// in the thread; under Node and in the page's own thread, createSession is called instead
if (typeof WorkerGlobalScope !== "undefined" && globalThis instanceof WorkerGlobalScope) {
  const worker = /** @type {any} */ (globalThis);
  const handle = createSession((message, transfer = []) => worker.postMessage(message, transfer));
  worker.onmessage = (/** @type {MessageEvent} */ { data }) => handle(data);
}
