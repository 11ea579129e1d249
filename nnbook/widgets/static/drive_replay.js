// @ts-check
/** A recorded drive as numbers: where everybody is at a moment, what the car believed, how the track fits a picture. */

/**
 * @typedef {{title: string, outcome: string, view: string, tenths: number[], ego: number[], speeds: number[], progress: number[], cars: number[][],
 *   pictures: string, paths: number[][], lanes: number[][], grid: {cells: number, cell: number, behind: number}}} Recording
 * @typedef {{x: number, y: number, heading: number}} Pose  metres and radians
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
export const SPEEDS = [0.5, 1, 2, 4];

/** How long a film is. @param {Recording} film seconds */
export const duration = (film) => film.tenths[film.tenths.length - 1] / 10;

/** The frame at or before a moment, and how far it is to the next (0 to 1). @param {Recording} film @param {number} second */
function frameAt(film, second) {
  const tenths = film.tenths;
  const t = 10 * Math.max(0, Math.min(duration(film), second));
  let frame = 0;
  while (frame + 1 < tenths.length && tenths[frame + 1] <= t + 1e-9) frame++;
  const share = frame + 1 < tenths.length ? (t - tenths[frame]) / (tenths[frame + 1] - tenths[frame]) : 0;
  return { frame, share };
}

/** @param {number[]} numbers @param {number} k @param {number} share @param {number} [stride] */
function between(numbers, k, share, stride = 1) {
  return share === 0 ? numbers[k] : numbers[k] + share * (numbers[k + stride] - numbers[k]);
}

/** @param {number[]} poses @param {number} frame @param {number} share @returns {Pose} */
function poseAt(poses, frame, share) {
  const [x, y, heading] = [0, 1, 2].map((k) => between(poses, 3 * frame + k, share, 3));
  return { x: x / 10, y: y / 10, heading: heading / 100 };
}

/** Where everybody is. @param {Recording} film @param {number} second */
export function momentAt(film, second) {
  const { frame, share } = frameAt(film, second);
  return {
    frame,
    ego: poseAt(film.ego, frame, share),
    cars: film.cars.map((car) => poseAt(car, frame, share)),
    speed: between(film.speeds, frame, share) / 10,
    progress: between(film.progress, frame, share),
  };
}

/** What the car believed in a frame: levels 0 (no road) to 3 (road), row by row from behind the car. @param {Recording} film @param {number} frame */
export function levelsOf(film, frame) {
  const cells = film.grid.cells ** 2;
  const letters = cells / 3;
  const levels = new Uint8Array(cells);
  for (let k = 0; k < letters; k++) {
    const code = ALPHABET.indexOf(film.pictures[frame * letters + k]);
    levels[3 * k] = code % 4;
    levels[3 * k + 1] = Math.floor(code / 4) % 4;
    levels[3 * k + 2] = Math.floor(code / 16);
  }
  return levels;
}

/** From metres on the track to pixels of a picture: the whole track fits, with room around. @param {Recording} film @param {number} width @param {number} height */
export function fitTrack(film, width, height) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const lane of film.lanes) {
    const half = lane[0] / 2;
    for (let k = 1; k < lane.length; k += 2) {
      left = Math.min(left, lane[k] - half);
      right = Math.max(right, lane[k] + half);
      top = Math.min(top, lane[k + 1] - half);
      bottom = Math.max(bottom, lane[k + 1] + half);
    }
  }
  const margin = 8;
  const scale = Math.min((width - 2 * margin) / (right - left), (height - 2 * margin) / (bottom - top)) * 10; // pixels per metre
  const x0 = width / 2 - (scale * (left + right)) / 20;
  const y0 = height / 2 - (scale * (top + bottom)) / 20;
  return { scale, x: (/** @type {number} */ metres) => x0 + scale * metres, y: (/** @type {number} */ metres) => y0 + scale * metres };
}

const ENDS = { finished: "It finished the lap.", "off-road": "It left the road.", collision: "It hit another car.", "too slow": "The time was over." };

/** What is to be seen, in words. @param {Recording} film @param {number} second */
export function story(film, second) {
  const { speed, progress } = momentAt(film, second);
  const text = `${second.toFixed(1)} s: ${Math.round(progress)} m, ${speed.toFixed(1)} m/s.`;
  return second >= duration(film) ? `${text} ${ENDS[/** @type {keyof typeof ENDS} */ (film.outcome)]}` : text;
}

/** One sentence, or null when the state can be shown. @param {{films: Recording[], film: number, second: number, speed: number}} s */
export function problemWith(s) {
  if (!Number.isInteger(s.film) || s.film < 0 || s.film >= s.films.length) return "There is no such film.";
  if (!(s.second >= 0 && s.second <= 3600)) return "There is no such moment.";
  return SPEEDS.includes(s.speed) ? null : "The speed must be 0.5, 1, 2 or 4.";
}
