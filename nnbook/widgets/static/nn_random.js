// @ts-check
/** Random numbers, and the first weights that are drawn with them. */

/**
 * A small seeded generator (sfc32, seeded by splitmix32). Same seed, same numbers, on every machine.
 * It is not NumPy's generator: a seed means something else in Python.
 */
export class Random {
  /** @param {number} seed an integer */
  constructor(seed = 0) {
    let h = seed >>> 0;
    const next = () => {
      h = (h + 0x9e3779b9) | 0;
      let t = h ^ (h >>> 16);
      t = Math.imul(t, 0x21f0aaad);
      t ^= t >>> 15;
      t = Math.imul(t, 0x735a2d97);
      return t ^ (t >>> 15);
    };
    this.a = next();
    this.b = next();
    this.c = next();
    this.d = 1;
    /** @type {number} the second number of a Box–Muller pair; NaN when there is none */
    this.spare = NaN;
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** @returns {number} 32 random bits, as an integer in [0, 2^32) */
  bits() {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }

  /** @returns {number} uniform in [0, 1), with 53 random bits */
  uniform() {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** @returns {number} standard normal (Box–Muller) */
  normal() {
    if (this.spare === this.spare) {
      const z = this.spare;
      this.spare = NaN;
      return z;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform())); // 1 - u is never 0
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** @param {number} n @returns {number} an integer in [0, n) */
  integer(n) {
    return Math.floor(this.uniform() * n);
  }

  /** Fisher–Yates, in place. @param {Int32Array | number[]} indices */
  shuffle(indices) {
    for (let i = indices.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      const t = indices[i];
      indices[i] = indices[j];
      indices[j] = t;
    }
    return indices;
  }
}

/** @typedef {(weights: Float64Array, nIn: number, nOut: number, rng: Random) => void} Initializer */

/** @type {Record<string, Initializer>} */
export const initializers = {
  zeros(weights) {
    weights.fill(0);
  },
  /** standard deviation 1: too large for most networks, on purpose */
  normal(weights, nIn, nOut, rng) {
    for (let i = 0; i < nIn * nOut; i++) weights[i] = rng.normal();
  },
  /** Glorot & Bengio 2010: uniform in ±sqrt(6 / (nIn + nOut)) */
  glorot_uniform(weights, nIn, nOut, rng) {
    const limit = Math.sqrt(6 / (nIn + nOut));
    for (let i = 0; i < nIn * nOut; i++) weights[i] = limit * (2 * rng.uniform() - 1);
  },
  /** He et al. 2015: normal with standard deviation sqrt(2 / nIn) */
  he_normal(weights, nIn, nOut, rng) {
    const std = Math.sqrt(2 / nIn);
    for (let i = 0; i < nIn * nOut; i++) weights[i] = std * rng.normal();
  },
};
