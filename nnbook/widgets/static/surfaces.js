// @ts-check
/**
 * Loss surfaces over two parameters, and a race of optimisers on them: the formulas and settings of `nnbook.surfaces`.
 * A test compares values, gradients, settings and paths. The optimisers are those of nn.js.
 */

import { optimizers } from "./nn_optimizers.js";
import { Random } from "./nn_random.js";

export const OPTIMIZERS = ["SGD", "Momentum", "RMSProp", "Adam", "AdamW"];
export const FAR_AWAY = 1e6; // beyond this an optimiser has left the race and stays where it is

/**
 * @typedef {object} Surface
 * @property {string} title
 * @property {(x: number, y: number, gradient?: Float64Array) => number} value  also writes the gradient when asked
 * @property {[number, number, number, number]} bounds of the picture: x from, to; y from, to
 * @property {[number, number][]} minima the best one first
 * @property {[number, number]} start
 * @property {Record<string, number>} learning_rates
 * @property {number} noise
 */

/** @param {number[]} values */
const rates = (...values) => Object.fromEntries(OPTIMIZERS.map((name, i) => [name, values[i]]));

/** @type {Record<string, Surface>} */
export const SURFACES = {
  bowl: {
    title: "Bowl",
    value(x, y, gradient) {
      if (gradient) [gradient[0], gradient[1]] = [x, 12 * y];
      return 0.5 * (x * x + 12 * y * y);
    },
    bounds: [-3, 3, -2.25, 2.25],
    minima: [[0, 0]],
    start: [-2.6, 1.6],
    learning_rates: rates(0.1, 0.02, 0.1, 0.3, 0.3),
    noise: 0,
  },
  valley: {
    title: "Long valley",
    value(x, y, gradient) {
      const across = y - x * x; // Rosenbrock's function, with 10 in the place of 100
      if (gradient) [gradient[0], gradient[1]] = [-2 * (1 - x) - 40 * x * across, 20 * across];
      return (1 - x) ** 2 + 10 * across * across;
    },
    bounds: [-2, 2, -0.75, 2.25],
    minima: [[1, 1]],
    start: [-1.5, 1.9],
    learning_rates: rates(0.005, 0.001, 0.01, 0.1, 0.1),
    noise: 0,
  },
  saddle: {
    title: "Saddle",
    value(x, y, gradient) {
      if (gradient) [gradient[0], gradient[1]] = [x, y ** 3 - y];
      return 0.5 * x * x - 0.5 * y * y + 0.25 * y ** 4;
    },
    bounds: [-2, 2, -1.5, 1.5],
    minima: [[0, 1], [0, -1]],
    start: [-1.7, 0.001],
    learning_rates: rates(0.05, 0.02, 0.02, 0.05, 0.05),
    noise: 0,
  },
  minima: {
    title: "Several minima",
    value(x, y, gradient) {
      if (gradient) [gradient[0], gradient[1]] = [0.3 * x + 0.9 * Math.sin(3 * x), 0.3 * y + 0.9 * Math.sin(3 * y)];
      return 0.15 * (x * x + y * y) + 0.3 * (2 - Math.cos(3 * x) - Math.cos(3 * y));
    },
    bounds: [-4, 4, -3, 3],
    minima: [[0, 0]],
    start: [-3.4, 2.6],
    learning_rates: rates(0.1, 0.05, 0.05, 0.3, 0.3),
    noise: 0,
  },
  noisy: {
    title: "Noisy gradient",
    value(x, y, gradient) {
      if (gradient) [gradient[0], gradient[1]] = [x, 4 * y];
      return 0.5 * (x * x + 4 * y * y);
    },
    bounds: [-3, 3, -2.25, 2.25],
    minima: [[0, 0]],
    start: [-2.6, 1.6],
    learning_rates: rates(0.1, 0.02, 0.05, 0.1, 0.1),
    noise: 2,
  },
};

/** @param {string} name @param {number} learningRate */
function makeOptimizer(name, learningRate) {
  if (name === "Momentum") return new optimizers.SGD(2, { learningRate, momentum: 0.9 });
  return new optimizers[/** @type {keyof typeof optimizers} */ (name)](2, { learningRate });
}

/** Standard normal numbers for n steps. @param {number} seed @param {number} n */
export function noiseDraws(seed, n) {
  const rng = new Random(seed);
  return Float64Array.from({ length: 2 * n }, () => rng.normal());
}

/**
 * The path of one optimiser: (n + 1) positions and losses, and the step at which it flew away, or null.
 * @param {Surface} surface @param {string} name @param {number} learningRate @param {ArrayLike<number>} start
 * @param {number} n @param {number} noise @param {Float64Array} draws (n, 2)
 */
export function runPath(surface, name, learningRate, start, n, noise, draws) {
  const optimizer = makeOptimizer(name, learningRate);
  const position = Float64Array.from(start);
  const gradient = new Float64Array(2);
  const path = new Float64Array(2 * (n + 1));
  const losses = new Float64Array(n + 1);
  /** @type {number | null} */
  let left = null;
  path.set(position);
  losses[0] = surface.value(position[0], position[1]);
  for (let t = 0; t < n; t++) {
    if (Math.max(Math.abs(position[0]), Math.abs(position[1])) <= FAR_AWAY) {
      surface.value(position[0], position[1], gradient);
      gradient[0] += noise * draws[2 * t];
      gradient[1] += noise * draws[2 * t + 1];
      optimizer.step(position, gradient);
    } else left ??= t;
    path[2 * t + 2] = position[0];
    path[2 * t + 3] = position[1];
    losses[t + 1] = surface.value(position[0], position[1]);
  }
  return { name, path, losses, left };
}

/** How far a point is from the nearest minimum. @param {Surface} surface @param {number} x @param {number} y */
export const distanceToMinimum = (surface, x, y) => Math.min(...surface.minima.map(([a, b]) => Math.hypot(x - a, y - b)));
