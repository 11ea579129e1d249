// @ts-check
/** The activations and their derivatives, on flat arrays. */

/**
 * @typedef {object} Activation
 * @property {(z: Float64Array, out: Float64Array, n: number) => void} forward out = f(z)
 * @property {(z: Float64Array, a: Float64Array, grad: Float64Array, out: Float64Array, n: number) => void} backward
 *   out = grad · f'(z); a is f(z) from the forward pass; out may be grad itself
 */

const GELU_SCALE = Math.sqrt(2 / Math.PI);
const GELU_CUBIC = 0.044715;

/** @param {number} z @returns {number} 1 / (1 + e^-z), without overflow */
export function sigmoid(z) {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** @type {Record<string, Activation>} */
export const activations = {
  identity: {
    forward(z, out, n) {
      for (let i = 0; i < n; i++) out[i] = z[i];
    },
    backward(z, a, grad, out, n) {
      for (let i = 0; i < n; i++) out[i] = grad[i];
    },
  },
  relu: {
    forward(z, out, n) {
      for (let i = 0; i < n; i++) out[i] = z[i] <= 0 ? 0 : z[i]; // this way round, NaN stays NaN
    },
    backward(z, a, grad, out, n) {
      for (let i = 0; i < n; i++) out[i] = z[i] > 0 ? grad[i] : 0;
    },
  },
  tanh: {
    forward(z, out, n) {
      for (let i = 0; i < n; i++) out[i] = Math.tanh(z[i]);
    },
    backward(z, a, grad, out, n) {
      for (let i = 0; i < n; i++) out[i] = grad[i] * (1 - a[i] * a[i]);
    },
  },
  sigmoid: {
    forward(z, out, n) {
      for (let i = 0; i < n; i++) out[i] = sigmoid(z[i]);
    },
    backward(z, a, grad, out, n) {
      for (let i = 0; i < n; i++) out[i] = grad[i] * a[i] * (1 - a[i]);
    },
  },
  // The tanh form of GELU. ½ (1 + tanh u) is sigmoid(2u), which keeps its digits where tanh u is close to -1.
  gelu: {
    forward(z, out, n) {
      for (let i = 0; i < n; i++) {
        const x = z[i];
        out[i] = x * sigmoid(2 * GELU_SCALE * (x + GELU_CUBIC * x * x * x));
      }
    },
    backward(z, a, grad, out, n) {
      for (let i = 0; i < n; i++) {
        const x = z[i];
        const s = x === 0 ? 0.5 : a[i] / x; // the sigmoid again, without another exponential
        const bend = s * (1 - s); // exactly 0 far out, where x³ overflows: 0 · Infinity is no number
        const slope = 2 * GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x);
        out[i] = grad[i] * (bend === 0 ? s : s + x * bend * slope);
      }
    },
  },
};
