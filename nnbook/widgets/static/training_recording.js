// @ts-check
/** A recorded training run: decoding what Python packed, and joining the moments of a live one (no DOM). */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
export const TOP = ALPHABET.length - 1;
const LEVEL = new Uint8Array(128);
[...ALPHABET].forEach((c, i) => (LEVEL[c.charCodeAt(0)] = i));

/**
 * @typedef {object} Moment
 * @property {number} epoch
 * @property {Record<string, number | null>} curves
 * @property {{limit: number, levels: Uint8Array}[]} histograms levels are heights from 0 to TOP
 * @property {Uint8Array | null} surface levels from 0 to TOP, row 0 is the top
 */

/** @typedef {{name: string, limit: number, levels: string}} PackedLayer */
/**
 * @typedef {object} Recording as nnbook.widgets._training_recording.pack writes it
 * @property {number[]} epochs
 * @property {Record<string, (number | null)[]>} curves
 * @property {number} bins
 * @property {PackedLayer[]} layers
 * @property {{size: number, extent: number, low: number, high: number, levels: string}} [surface]
 * @property {{x: number[], y: number[], value: number[]}} [points]
 */

/** @param {string} text @param {number} start @param {number} length */
function levels(text, start, length) {
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i++) out[i] = LEVEL[text.charCodeAt(start + i) & 127];
  return out;
}

/** @param {Recording | Record<string, never>} recording @returns {Moment[]} empty for an empty recording */
export function moments(recording) {
  if (!recording.epochs) return [];
  const { epochs, curves, bins, layers, surface } = /** @type {Recording} */ (recording);
  const cells = surface ? surface.size * surface.size : 0;
  return epochs.map((epoch, i) => ({
    epoch,
    curves: Object.fromEntries(Object.entries(curves).map(([name, values]) => [name, values[i]])),
    histograms: layers.map((layer) => ({ limit: layer.limit, levels: levels(layer.levels, i * bins, bins) })),
    surface: surface ? levels(surface.levels, i * cells, cells) : null,
  }));
}

/** Names of the curves of all moments, in the order in which they came. @param {Moment[]} list */
export function curveNames(list) {
  const names = new Set();
  for (const moment of list) for (const [name, value] of Object.entries(moment.curves)) if (value !== null) names.add(name);
  return /** @type {string[]} */ ([...names]);
}

/** A loss has its own axis; the other curves are metrics. @param {string} name */
export const isLoss = (name) => name.endsWith("loss");

/**
 * Round numbers for an axis from low to high. @param {number} low @param {number} high @param {boolean} [log]
 * @returns {number[]}
 */
export function ticks(low, high, log = false) {
  if (!(high > low)) return [low];
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first) / 4));
    const out = [];
    for (let e = first; e <= last; e += step) out.push(10 ** e);
    if (out.length > 1) return out;
    return [1, 2, 5].flatMap((m) => [m * 10 ** (first - 1), m * 10 ** first]).filter((v) => v >= low && v <= high).sort((a, b) => a - b);
  }
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough - 1e-12) ?? rough;
  const out = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) out.push(Number((k * step).toPrecision(12)));
  return out;
}

/** The range of some curves, with room; null if there is nothing. @param {Moment[]} list @param {string[]} names @param {boolean} log @returns {[number, number] | null} */
export function range(list, names, log) {
  let low = Infinity;
  let high = -Infinity;
  for (const { curves } of list) {
    for (const name of names) {
      const v = curves[name];
      if (v === null || v === undefined || (log && v <= 0)) continue;
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  }
  if (low === Infinity) return null;
  if (log) return low === high ? [low / 2, high * 2] : [low / 1.1, high * 1.1];
  if (names.every(isLoss)) low = Math.min(0, low); // a loss is read against zero
  const room = 0.04 * (high - low) || 0.5 * Math.abs(high) || 0.5;
  return [low === 0 ? 0 : low - room, high + room];
}
