// @ts-check
/** Points in a plane to learn from. */

/** @typedef {import("./nn_random.js").Random} Random */

/**
 * Points in about [-1, 1]², X (n, 2). y is a class 0 or 1, or (plane, hills) a number in about [-1, 1].
 * noise is the standard deviation of what is added to the points (for plane and hills: to y).
 * @typedef {(n: number, noise: number, rng: Random) => {X: Float64Array, y: Float64Array}} DatasetMaker
 */

/** @param {number} n @param {(i: number, point: Float64Array) => number} draw fills point[0], point[1], returns y */
function collect(n, draw) {
  const X = new Float64Array(2 * n);
  const y = new Float64Array(n);
  const point = new Float64Array(2);
  for (let i = 0; i < n; i++) {
    y[i] = draw(i, point);
    X[2 * i] = point[0];
    X[2 * i + 1] = point[1];
  }
  return { X, y };
}

/** @param {Float64Array} point @param {number} noise @param {Random} rng */
function blur(point, noise, rng) {
  point[0] += noise * rng.normal();
  point[1] += noise * rng.normal();
}

/** @param {number} x1 @param {number} x2 @returns {number} the surface of `hills`: a hill at (½, ½), a hollow at (-½, -½) */
function hillsHeight(x1, x2) {
  const hill = Math.exp(-((x1 - 0.5) ** 2 + (x2 - 0.5) ** 2) / 0.18);
  return hill - Math.exp(-((x1 + 0.5) ** 2 + (x2 + 0.5) ** 2) / 0.18);
}

/** @type {Record<string, DatasetMaker>} */
export const datasets = {
  /** class 1 inside a disc, class 0 in a ring around it; the circle of radius 0.5 lies between them */
  disc(n, noise, rng) {
    return collect(n, (i, point) => {
      const inside = i % 2;
      const radius = inside ? 0.45 * Math.sqrt(rng.uniform()) : 0.6 + 0.35 * rng.uniform();
      const angle = 2 * Math.PI * rng.uniform();
      point[0] = radius * Math.cos(angle);
      point[1] = radius * Math.sin(angle);
      blur(point, noise, rng);
      return inside;
    });
  },
  /** two arms wound round each other, one and a half turns */
  spiral(n, noise, rng) {
    return collect(n, (i, point) => {
      const arm = i % 2;
      const t = rng.uniform();
      const angle = 3 * Math.PI * t + Math.PI * arm;
      point[0] = (0.08 + 0.85 * t) * Math.cos(angle);
      point[1] = (0.08 + 0.85 * t) * Math.sin(angle);
      blur(point, noise, rng);
      return arm;
    });
  },
  /** class 1 where the signs of the two coordinates agree */
  xor(n, noise, rng) {
    return collect(n, (i, point) => {
      for (let k = 0; k < 2; k++) point[k] = (rng.uniform() < 0.5 ? -1 : 1) * (0.08 + 0.87 * rng.uniform());
      const label = point[0] * point[1] > 0 ? 1 : 0;
      blur(point, noise, rng);
      return label;
    });
  },
  /** two half circles that reach into each other */
  moons(n, noise, rng) {
    return collect(n, (i, point) => {
      const label = i % 2;
      const angle = Math.PI * rng.uniform();
      const x = label ? 1 - Math.cos(angle) : Math.cos(angle);
      const y = label ? 0.5 - Math.sin(angle) : Math.sin(angle);
      point[0] = 0.6 * (x - 0.5);
      point[1] = 0.9 * (y - 0.25);
      blur(point, noise, rng);
      return label;
    });
  },
  /** two round clouds that overlap a little */
  gaussians(n, noise, rng) {
    return collect(n, (i, point) => {
      const label = i % 2;
      point[0] = point[1] = label ? 0.4 : -0.4;
      blur(point, 0.2, rng);
      blur(point, noise, rng);
      return label;
    });
  },
  /** regression: y = (x1 + x2) / 2 */
  plane(n, noise, rng) {
    return collect(n, (i, point) => {
      point[0] = 2 * rng.uniform() - 1;
      point[1] = 2 * rng.uniform() - 1;
      return (point[0] + point[1]) / 2 + noise * rng.normal();
    });
  },
  /** regression: a hill and a hollow */
  hills(n, noise, rng) {
    return collect(n, (i, point) => {
      point[0] = 2 * rng.uniform() - 1;
      point[1] = 2 * rng.uniform() - 1;
      return hillsHeight(point[0], point[1]) + noise * rng.normal();
    });
  },
};
