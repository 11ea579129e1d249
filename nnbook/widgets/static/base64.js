// @ts-check
/** Numbers that travel as base64 text, as `nnbook.widgets._stored` packs them. No DOM. */

/** @param {string} text base64 @returns {ArrayBuffer} */
export function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}

/** @param {string} text base64 of int8 */
export const int8 = (text) => new Int8Array(bytes(text));
/** @param {string} text base64 of uint8 */
export const uint8 = (text) => new Uint8Array(bytes(text));
/** @param {string} text base64 of float32, little-endian */
export const float32 = (text) => new Float32Array(bytes(text));

/** Integers times the scale of their column. @param {string} integers base64 of int8 (rows, columns) @param {string} scales base64 of float32 (columns) */
export function dequantize(integers, scales) {
  const whole = int8(integers);
  const scale = float32(scales);
  const out = new Float64Array(whole.length);
  for (let i = 0; i < whole.length; i++) out[i] = whole[i] * scale[i % scale.length];
  return out;
}
