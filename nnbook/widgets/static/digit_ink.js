// @ts-check
/**
 * From strokes of a pen to the 8×8 picture that the digits data set holds (no DOM).
 *
 * The data set (Alpaydin & Kaynak, UCI 1998) was made from 32×32 black-and-white bitmaps: each of its 8×8 numbers counts the black
 * pixels of a 4×4 block, 0 to 16. Those bitmaps came from scanned forms, already brought to one size and nearly one amount of ink;
 * in the data every digit touches the top and the bottom row, lies in the middle columns, and fills 312 ± 34 of the 1024 pixels.
 * A drawing is brought to the same form: its box becomes 32 pixels high and at most 22 wide, it is centred, and the pen is made as
 * thick as it takes to fill about 312 pixels. What stays different: a pen of constant width, a finger or mouse instead of a ballpoint.
 */

/** @typedef {[number, number][]} Stroke points of the pen, in any unit; y grows downwards */

export const BITMAP = 32;
const IMAGE = 8;
export const INK = 312;
const WIDTH = 22;
const MAX_STRETCH = 1.3; // a narrow drawing is widened by no more than this, compared with its height

/** @param {Stroke[]} strokes @returns {{left: number, top: number, width: number, height: number} | null} */
function boundingBox(strokes) {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  return left === Infinity ? null : { left, top, width: right - left, height: bottom - top };
}

/** Square of the distance from (x, y) to the line from a to b. @param {number} x @param {number} y @param {[number, number]} a @param {[number, number]} b */
function distanceSquared(x, y, a, b) {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length = dx * dx + dy * dy;
  const t = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
  return (x - a[0] - t * dx) ** 2 + (y - a[1] - t * dy) ** 2;
}

/**
 * The strokes scaled and centred in the bitmap, for a pen of this radius.
 * @param {Stroke[]} strokes @param {{left: number, top: number, width: number, height: number}} box @param {number} radius
 * @returns {Stroke[]}
 */
function fit(strokes, box, radius) {
  const size = Math.max(box.width, box.height, 1e-9);
  const room = BITMAP - 2 * radius;
  // A lying stroke must not be blown up to full height: its own width limits it.
  const vertical = Math.min(room / Math.max(box.height, 1e-9), (2 * room) / size);
  const horizontal = Math.min((WIDTH - 2 * radius) / Math.max(box.width, 1e-9), MAX_STRETCH * vertical);
  const middleX = box.left + box.width / 2;
  const middleY = box.top + box.height / 2;
  return strokes.map((stroke) => stroke.map(([x, y]) => [BITMAP / 2 + (x - middleX) * horizontal, BITMAP / 2 + (y - middleY) * vertical]));
}

/**
 * Black pixels of the strokes drawn with a round pen. @param {Stroke[]} strokes in pixels of the bitmap @param {number} radius
 * @returns {Uint8Array} 32×32 of 0 and 1
 */
export function rasterize(strokes, radius) {
  const bitmap = new Uint8Array(BITMAP * BITMAP);
  const reach = radius * radius;
  for (const stroke of strokes) {
    for (let i = 0; i < stroke.length; i++) {
      const a = stroke[Math.max(0, i - 1)];
      const b = stroke[i];
      const x0 = Math.max(0, Math.floor(Math.min(a[0], b[0]) - radius));
      const x1 = Math.min(BITMAP - 1, Math.ceil(Math.max(a[0], b[0]) + radius));
      const y0 = Math.max(0, Math.floor(Math.min(a[1], b[1]) - radius));
      const y1 = Math.min(BITMAP - 1, Math.ceil(Math.max(a[1], b[1]) + radius));
      for (let y = y0; y <= y1; y++) {
        for (let x = x0; x <= x1; x++) {
          if (distanceSquared(x + 0.5, y + 0.5, a, b) <= reach) bitmap[y * BITMAP + x] = 1;
        }
      }
    }
  }
  return bitmap;
}

/** Count the black pixels of each 4×4 block. @param {Uint8Array} bitmap @returns {number[]} 64 counts from 0 to 16, row by row */
export function countBlocks(bitmap) {
  const block = BITMAP / IMAGE;
  const counts = new Array(IMAGE * IMAGE).fill(0);
  for (let y = 0; y < BITMAP; y++) {
    for (let x = 0; x < BITMAP; x++) counts[Math.floor(y / block) * IMAGE + Math.floor(x / block)] += bitmap[y * BITMAP + x];
  }
  return counts;
}

/**
 * The picture that the network is given. @param {Stroke[]} strokes
 * @returns {number[]} 64 counts from 0 to 16; all zero when nothing was drawn
 */
export function imageOfStrokes(strokes) {
  const box = boundingBox(strokes);
  if (!box) return new Array(IMAGE * IMAGE).fill(0);
  let thin = 1;
  let thick = 5;
  let bitmap = new Uint8Array(BITMAP * BITMAP);
  for (let i = 0; i < 8; i++) {
    const radius = (thin + thick) / 2;
    bitmap = rasterize(fit(strokes, box, radius), radius);
    const ink = bitmap.reduce((sum, pixel) => sum + pixel, 0);
    if (ink < INK) thin = radius;
    else thick = radius;
  }
  return countBlocks(bitmap);
}
