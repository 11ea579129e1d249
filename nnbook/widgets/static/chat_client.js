// @ts-check
/** The page's side of the large model's thread. */

import { createSession } from "./large_worker.js";
import workerText from "./large_worker.js" with { type: "text" };

/** Messages to a thread of its own, or, where a browser allows none, to the page's thread. */
export function createClient() {
  /** @type {Map<number, {on: (message: any) => void, fail: (error: Error) => void}>} */
  const waiting = new Map();
  let last = 0;
  const receive = (/** @type {any} */ message) => {
    const asked = waiting.get(message.id);
    if (message.type === "failed") asked?.fail(new Error(message.why));
    else asked?.on(message);
  };

  let send = /** @type {(message: any, transfer?: Transferable[]) => void} */ (() => {});
  let end = () => {};
  try {
    const address = URL.createObjectURL(new Blob([workerText], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = ({ message }) => {
      for (const { fail } of waiting.values()) fail(new Error(`the model's thread stopped: ${message}`));
    };
    send = (message, transfer = []) => worker.postMessage(message, transfer);
    end = () => {
      worker.terminate();
      URL.revokeObjectURL(address);
    };
  } catch {
    const handle = createSession(receive);
    send = (message) => void handle(message);
  }

  /**
   * @param {any} message @param {string} until the type of the last answer
   * @param {(message: any) => void} [on] told of each answer on the way @param {Transferable[]} [transfer]
   * @returns {Promise<any>} the last answer
   */
  function ask(message, until, on = () => {}, transfer = []) {
    const id = ++last;
    return new Promise((resolve, reject) => {
      const done = (/** @type {() => void} */ settle) => {
        waiting.delete(id);
        settle();
      };
      waiting.set(id, { on: (answer) => (answer.type === until ? done(() => resolve(answer)) : on(answer)), fail: (error) => done(() => reject(error)) });
      send({ ...message, id }, transfer);
    });
  }

  return {
    /** @param {Uint8Array} file handed over, not copied @param {number} capacity */
    open: (file, capacity) => ask({ type: "open", file: file.buffer, capacity }, "opened", undefined, [file.buffer]),
    /** @param {import("./large_model.js").Adapter | null} adapter */
    use: (adapter) => ask({ type: "use", adapter }, "used"),
    /** @param {any} order @param {(message: any) => void} on */
    write: (order, on) => ask({ type: "write", ...order }, "written", on),
    /** @param {number[]} tokens */
    look: (tokens) => ask({ type: "look", tokens }, "looked"),
    stop: () => send({ type: "stop" }),
    end,
  };
}
