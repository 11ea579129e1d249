// @ts-check
/**
 * The mathematics of the widgets: small multilayer perceptrons on Float64Array, nothing else (no DOM, no imports).
 *
 * The formulas, the order of the parameters and the conventions are those of the Python package `nnbook`; a test compares
 * the two to 1e-9. A training step allocates nothing: every buffer is made in the constructors.
 *
 * Matrices are flat and row-major. X is (nRows, nIn), a weight is (nIn, nOut), so z = x W + b.
 */

// ------------------------------------------------------------------------------------------------ random numbers

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

// ---------------------------------------------------------------------------------------------------- activations

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
        const slope = 2 * GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x);
        out[i] = grad[i] * (s + x * s * (1 - s) * slope);
      }
    },
  },
};

// --------------------------------------------------------------------------------------------------- initializers

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

// --------------------------------------------------------------------------------------------------------- losses

/**
 * A loss returns its value and writes its gradient with respect to the predictions.
 * @typedef {(predictions: Float64Array, targets: ArrayLike<number>, grad: Float64Array | null, nRows: number,
 *   nCols: number) => number} Loss  grad may be null when only the value is wanted
 */

/** The largest number of a row. @param {Float64Array} z @param {number} start @param {number} end */
function rowMax(z, start, end) {
  let max = z[start];
  for (let j = start + 1; j < end; j++) if (z[j] > max) max = z[j];
  return max;
}

/** Softmax of each row; out may be logits itself.
 * @param {Float64Array} logits @param {Float64Array} out @param {number} nRows @param {number} nCols */
export function softmax(logits, out, nRows, nCols) {
  for (let start = 0; start < nRows * nCols; start += nCols) {
    const end = start + nCols;
    const max = rowMax(logits, start, end); // subtract the max: exp(800) overflows
    let total = 0;
    for (let j = start; j < end; j++) total += out[j] = Math.exp(logits[j] - max);
    for (let j = start; j < end; j++) out[j] /= total;
  }
}

/** @type {Record<string, Loss>} */
export const losses = {
  /** mean over all elements of (prediction - target)² */
  mean_squared_error(predictions, targets, grad, nRows, nCols) {
    const n = nRows * nCols;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const difference = predictions[i] - targets[i];
      sum += difference * difference;
      if (grad) grad[i] = (2 / n) * difference;
    }
    return sum / n;
  },
  /** predictions are logits, targets are in [0, 1], mean over all elements */
  binary_cross_entropy(logits, targets, grad, nRows, nCols) {
    const n = nRows * nCols;
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const z = logits[i];
      const t = targets[i];
      const e = Math.exp(z >= 0 ? -z : z); // e^-|z| never overflows
      sum += (z > 0 ? z : 0) - z * t + Math.log1p(e);
      if (grad) grad[i] = ((z >= 0 ? 1 : e) / (1 + e) - t) / n;
    }
    return sum / n;
  },
  /** predictions are logits (nRows, nCols), targets are class labels (nRows), mean over the rows */
  cross_entropy(logits, labels, grad, nRows, nCols) {
    let sum = 0;
    for (let i = 0; i < nRows; i++) {
      const start = i * nCols;
      const end = start + nCols;
      const max = rowMax(logits, start, end);
      let total = 0;
      for (let j = start; j < end; j++) total += Math.exp(logits[j] - max);
      const target = start + labels[i];
      sum += Math.log(total) + max - logits[target];
      if (grad) {
        for (let j = start; j < end; j++) grad[j] = (Math.exp(logits[j] - max) / total - (j === target ? 1 : 0)) / nRows;
      }
    }
    return sum / nRows;
  },
  /** as cross_entropy, but targets are rows of probabilities (nRows, nCols) */
  soft_cross_entropy(logits, targets, grad, nRows, nCols) {
    let sum = 0;
    for (let i = 0; i < nRows; i++) {
      const start = i * nCols;
      const end = start + nCols;
      const max = rowMax(logits, start, end);
      let total = 0;
      let mass = 0;
      for (let j = start; j < end; j++) {
        total += Math.exp(logits[j] - max);
        mass += targets[j];
      }
      const log = Math.log(total) + max;
      for (let j = start; j < end; j++) sum += targets[j] * (log - logits[j]);
      if (grad) {
        for (let j = start; j < end; j++) grad[j] = ((Math.exp(logits[j] - max) / total) * mass - targets[j]) / nRows;
      }
    }
    return sum / nRows;
  },
};

/**
 * A penalty returns its value and ADDS its gradient to gradients (unless that is null).
 * @typedef {(parameters: Float64Array, gradients: Float64Array | null, strength: number) => number} Penalty
 */

/** @type {Record<string, Penalty>} */
export const penalties = {
  none() {
    return 0;
  },
  /** strength · Σ|p| */
  l1_penalty(parameters, gradients, strength) {
    let sum = 0;
    for (let i = 0; i < parameters.length; i++) {
      const p = parameters[i];
      sum += p < 0 ? -p : p;
      if (gradients && p !== 0) gradients[i] += p > 0 ? strength : -strength;
    }
    return strength * sum;
  },
  /** strength / 2 · Σp² */
  l2_penalty(parameters, gradients, strength) {
    let sum = 0;
    for (let i = 0; i < parameters.length; i++) {
      const p = parameters[i];
      sum += p * p;
      if (gradients) gradients[i] += strength * p;
    }
    return 0.5 * strength * sum;
  },
};

// ----------------------------------------------------------------------------------------------------- optimizers

/** @param {string} name @param {number} value */
function checkLearningRate(name, value) {
  if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${name}: learningRate must be positive and finite; got ${value}.`);
}

/** Gradient descent with optional momentum: v = momentum · v + g; p -= learningRate · v. */
export class SGD {
  /** @param {number} nParameters @param {{learningRate?: number, momentum?: number}} [options] */
  constructor(nParameters, { learningRate = 0.1, momentum = 0 } = {}) {
    checkLearningRate("SGD", learningRate);
    this.learningRate = learningRate;
    this.momentum = momentum;
    this.velocity = new Float64Array(nParameters);
  }

  /** @param {Float64Array} parameters @param {Float64Array} gradients */
  step(parameters, gradients) {
    const { learningRate, momentum, velocity } = this;
    if (momentum === 0) {
      for (let i = 0; i < parameters.length; i++) parameters[i] -= learningRate * gradients[i];
      return;
    }
    for (let i = 0; i < parameters.length; i++) {
      const v = momentum * velocity[i] + gradients[i];
      velocity[i] = v;
      parameters[i] -= learningRate * v;
    }
  }

  reset() {
    this.velocity.fill(0);
  }
}

/** Divides each gradient by a running root mean square (Hinton's lecture 6e). */
export class RMSProp {
  /** @param {number} nParameters @param {{learningRate?: number, decay?: number, epsilon?: number}} [options] */
  constructor(nParameters, { learningRate = 0.01, decay = 0.9, epsilon = 1e-8 } = {}) {
    checkLearningRate("RMSProp", learningRate);
    this.learningRate = learningRate;
    this.decay = decay;
    this.epsilon = epsilon;
    this.square = new Float64Array(nParameters);
  }

  /** @param {Float64Array} parameters @param {Float64Array} gradients */
  step(parameters, gradients) {
    const { learningRate, decay, epsilon, square } = this;
    for (let i = 0; i < parameters.length; i++) {
      const g = gradients[i];
      const s = decay * square[i] + (1 - decay) * g * g;
      square[i] = s;
      parameters[i] -= (learningRate * g) / (Math.sqrt(s) + epsilon);
    }
  }

  reset() {
    this.square.fill(0);
  }
}

/** Kingma & Ba 2015, with bias correction and epsilon outside the root. */
export class Adam {
  /** @param {number} nParameters
   *  @param {{learningRate?: number, beta1?: number, beta2?: number, epsilon?: number}} [options] */
  constructor(nParameters, { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {}) {
    checkLearningRate("Adam", learningRate);
    this.learningRate = learningRate;
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.steps = 0;
    this.mean = new Float64Array(nParameters);
    this.square = new Float64Array(nParameters);
  }

  /** @param {Float64Array} parameters @param {Float64Array} gradients */
  step(parameters, gradients) {
    const { beta1, beta2, epsilon, mean, square } = this;
    this.steps += 1;
    const rate = this.learningRate / (1 - Math.pow(beta1, this.steps));
    const rootScale = 1 / Math.sqrt(1 - Math.pow(beta2, this.steps));
    for (let i = 0; i < parameters.length; i++) {
      const g = gradients[i];
      const m = beta1 * mean[i] + (1 - beta1) * g;
      const s = beta2 * square[i] + (1 - beta2) * g * g;
      mean[i] = m;
      square[i] = s;
      parameters[i] -= (rate * m) / (Math.sqrt(s) * rootScale + epsilon);
    }
  }

  reset() {
    this.steps = 0;
    this.mean.fill(0);
    this.square.fill(0);
  }
}

/** Loshchilov & Hutter 2019: Adam, after shrinking every parameter by 1 - learningRate · weightDecay. */
export class AdamW extends Adam {
  /** @param {number} nParameters
   *  @param {{learningRate?: number, beta1?: number, beta2?: number, epsilon?: number, weightDecay?: number}} [options] */
  constructor(nParameters, options = {}) {
    super(nParameters, options);
    this.weightDecay = options.weightDecay ?? 0.01;
  }

  /** @param {Float64Array} parameters @param {Float64Array} gradients */
  step(parameters, gradients) {
    const keep = 1 - this.learningRate * this.weightDecay;
    for (let i = 0; i < parameters.length; i++) parameters[i] *= keep;
    super.step(parameters, gradients);
  }
}

/** By name, for menus: `new optimizers.Adam(model.parameters.length, { learningRate: 0.01 })`. */
export const optimizers = { SGD, RMSProp, Adam, AdamW };

// ------------------------------------------------------------------------------------------------ matrix products

// Four sums at a time: they do not wait for each other, and each input is read once for four products.

/** Z = X W + b
 * @param {Float64Array} X @param {Float64Array} W @param {Float64Array} b @param {Float64Array} Z
 * @param {number} nRows @param {number} nIn @param {number} nOut */
function affine(X, W, b, Z, nRows, nIn, nOut) {
  for (let i = 0; i < nRows; i++) {
    const x = i * nIn;
    const z = i * nOut;
    let j = 0;
    for (; j + 4 <= nOut; j += 4) {
      let s0 = b[j];
      let s1 = b[j + 1];
      let s2 = b[j + 2];
      let s3 = b[j + 3];
      for (let k = 0, w = j; k < nIn; k++, w += nOut) {
        const v = X[x + k];
        s0 += v * W[w];
        s1 += v * W[w + 1];
        s2 += v * W[w + 2];
        s3 += v * W[w + 3];
      }
      Z[z + j] = s0;
      Z[z + j + 1] = s1;
      Z[z + j + 2] = s2;
      Z[z + j + 3] = s3;
    }
    for (; j < nOut; j++) {
      let s = b[j];
      for (let k = 0, w = j; k < nIn; k++, w += nOut) s += X[x + k] * W[w];
      Z[z + j] = s;
    }
  }
}

/** dW = Xᵀ D
 * @param {Float64Array} X @param {Float64Array} D @param {Float64Array} dW
 * @param {number} nRows @param {number} nIn @param {number} nOut */
function weightGradient(X, D, dW, nRows, nIn, nOut) {
  for (let k = 0; k < nIn; k++) {
    const w = k * nOut;
    let j = 0;
    for (; j + 4 <= nOut; j += 4) {
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let i = 0, x = k, d = j; i < nRows; i++, x += nIn, d += nOut) {
        const v = X[x];
        s0 += v * D[d];
        s1 += v * D[d + 1];
        s2 += v * D[d + 2];
        s3 += v * D[d + 3];
      }
      dW[w + j] = s0;
      dW[w + j + 1] = s1;
      dW[w + j + 2] = s2;
      dW[w + j + 3] = s3;
    }
    for (; j < nOut; j++) {
      let s = 0;
      for (let i = 0, x = k, d = j; i < nRows; i++, x += nIn, d += nOut) s += X[x] * D[d];
      dW[w + j] = s;
    }
  }
}

/** db = column sums of D
 * @param {Float64Array} D @param {Float64Array} db @param {number} nRows @param {number} nOut */
function biasGradient(D, db, nRows, nOut) {
  for (let j = 0; j < nOut; j++) {
    let s = 0;
    for (let i = 0, d = j; i < nRows; i++, d += nOut) s += D[d];
    db[j] = s;
  }
}

/** dX = D Wᵀ
 * @param {Float64Array} D @param {Float64Array} W @param {Float64Array} dX
 * @param {number} nRows @param {number} nIn @param {number} nOut */
function inputGradient(D, W, dX, nRows, nIn, nOut) {
  for (let i = 0; i < nRows; i++) {
    const d = i * nOut;
    const x = i * nIn;
    let k = 0;
    for (; k + 4 <= nIn; k += 4) {
      const w0 = k * nOut;
      const w1 = w0 + nOut;
      const w2 = w1 + nOut;
      const w3 = w2 + nOut;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let j = 0; j < nOut; j++) {
        const v = D[d + j];
        s0 += v * W[w0 + j];
        s1 += v * W[w1 + j];
        s2 += v * W[w2 + j];
        s3 += v * W[w3 + j];
      }
      dX[x + k] = s0;
      dX[x + k + 1] = s1;
      dX[x + k + 2] = s2;
      dX[x + k + 3] = s3;
    }
    for (; k < nIn; k++) {
      const w = k * nOut;
      let s = 0;
      for (let j = 0; j < nOut; j++) s += D[d + j] * W[w + j];
      dX[x + k] = s;
    }
  }
}

// ------------------------------------------------------------------------------------------------------ the model

/**
 * @typedef {object} MLPOptions
 * @property {string} [activation] of the hidden layers
 * @property {string} [outputActivation]
 * @property {string} [initializer] of the weights; biases start at 0
 * @property {Random} [rng]
 * @property {number} [maxBatch] rows to make room for; a longer forward pass makes more room, once
 */

/** @typedef {{sizes: number[], activation: string, outputActivation: string, parameters: ArrayLike<number>}} ModelState */

/**
 * A multilayer perceptron. `parameters` and `gradients` are flat, layer by layer, weight (row-major) then bias;
 * `weights[l]`, `biases[l]`, `weightGradients[l]`, `biasGradients[l]` are views of them.
 */
export class MLP {
  /** @param {number[]} sizes such as [2, 8, 8, 1] @param {MLPOptions} [options] */
  constructor(sizes, { activation = "relu", outputActivation = "identity", initializer = "glorot_uniform", rng = new Random(0), maxBatch = 64 } = {}) {
    if (sizes.length < 2 || sizes.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new RangeError(`MLP: sizes must be at least two positive integers; got [${sizes}].`);
    }
    for (const name of [activation, outputActivation]) {
      if (!Object.hasOwn(activations, name)) throw new RangeError(`MLP: unknown activation "${name}"; known: ${Object.keys(activations).join(", ")}.`);
    }
    if (!Object.hasOwn(initializers, initializer)) {
      throw new RangeError(`MLP: unknown initializer "${initializer}"; known: ${Object.keys(initializers).join(", ")}.`);
    }
    this.sizes = sizes.slice();
    this.nLayers = sizes.length - 1;
    this.nIn = sizes[0];
    this.nOut = sizes[this.nLayers];
    this.activation = activation;
    this.outputActivation = outputActivation;
    let nParameters = 0;
    for (let l = 0; l < this.nLayers; l++) nParameters += (sizes[l] + 1) * sizes[l + 1];
    this.parameters = new Float64Array(nParameters);
    this.gradients = new Float64Array(nParameters);
    /** @type {Float64Array[]} */ this.weights = [];
    /** @type {Float64Array[]} */ this.biases = [];
    /** @type {Float64Array[]} */ this.weightGradients = [];
    /** @type {Float64Array[]} */ this.biasGradients = [];
    /** @type {Activation[]} */ this.functions = [];
    for (let l = 0, start = 0; l < this.nLayers; l++) {
      const bias = start + sizes[l] * sizes[l + 1];
      const end = bias + sizes[l + 1];
      this.weights.push(this.parameters.subarray(start, bias));
      this.biases.push(this.parameters.subarray(bias, end));
      this.weightGradients.push(this.gradients.subarray(start, bias));
      this.biasGradients.push(this.gradients.subarray(bias, end));
      this.functions.push(activations[l < this.nLayers - 1 ? activation : outputActivation]);
      initializers[initializer](this.weights[l], sizes[l], sizes[l + 1], rng);
      start = end;
    }
    /** @type {Float64Array} */ this.inputs = new Float64Array(0); // what the last forward pass was given
    this.maxBatch = 0;
    /** @type {Float64Array[]} pre-activations */ this.z = [];
    /** @type {Float64Array[]} activations */ this.a = [];
    /** @type {Float64Array[]} dL/da */ this.gradA = [];
    /** @type {Float64Array[]} dL/dz */ this.delta = [];
    this.batchX = this.batchY = this.outputView = this.inputs;
    this.reserve(maxBatch);
  }

  /** Make room for nRows rows. @param {number} nRows */
  reserve(nRows) {
    if (nRows <= this.maxBatch) return;
    this.maxBatch = nRows;
    const room = () => this.sizes.slice(1).map((n) => new Float64Array(nRows * n));
    this.z = room();
    this.a = room();
    this.gradA = room();
    this.delta = room();
    this.batchX = new Float64Array(nRows * this.nIn);
    this.batchY = new Float64Array(nRows * this.nOut);
    this.outputView = this.a[this.nLayers - 1];
  }

  /** The buffer a loss writes its gradient to, and backward reads by default. */
  get outputGradient() {
    return this.gradA[this.nLayers - 1];
  }

  /**
   * @param {Float64Array} X (nRows, nIn); kept, not copied, until backward
   * @param {number} nRows
   * @returns {Float64Array} predictions (nRows, nOut): a view, overwritten by the next forward pass
   */
  forward(X, nRows) {
    if (X.length < nRows * this.nIn) {
      throw new RangeError(`forward: ${nRows} rows of ${this.nIn} inputs need ${nRows * this.nIn} numbers; got ${X.length}.`);
    }
    if (nRows > this.maxBatch) this.reserve(nRows);
    this.inputs = X;
    const { sizes, nLayers, z, a } = this;
    for (let l = 0; l < nLayers; l++) {
      affine(l === 0 ? X : a[l - 1], this.weights[l], this.biases[l], z[l], nRows, sizes[l], sizes[l + 1]);
      this.functions[l].forward(z[l], a[l], nRows * sizes[l + 1]);
    }
    const length = nRows * this.nOut;
    if (this.outputView.length !== length) this.outputView = a[nLayers - 1].subarray(0, length);
    return this.outputView;
  }

  /**
   * Overwrites `gradients` (does not accumulate). Call after forward with the same nRows.
   * @param {Float64Array} gradOutput dL/dpredictions (nRows, nOut)
   * @param {number} nRows
   * @param {Float64Array | null} [gradInput] filled with dL/dX when given (otherwise never computed)
   */
  backward(gradOutput, nRows, gradInput = null) {
    const { sizes, nLayers, z, a, gradA, delta } = this;
    let grad = gradOutput;
    for (let l = nLayers - 1; l >= 0; l--) {
      const nIn = sizes[l];
      const nOut = sizes[l + 1];
      this.functions[l].backward(z[l], a[l], grad, delta[l], nRows * nOut);
      weightGradient(l === 0 ? this.inputs : a[l - 1], delta[l], this.weightGradients[l], nRows, nIn, nOut);
      biasGradient(delta[l], this.biasGradients[l], nRows, nOut);
      if (l > 0) {
        grad = gradA[l - 1];
        inputGradient(delta[l], this.weights[l], grad, nRows, nIn, nOut);
      } else if (gradInput) {
        inputGradient(delta[0], this.weights[0], gradInput, nRows, nIn, nOut);
      }
    }
  }

  /** Outputs a of layer l (0 is the first hidden layer) of the last forward pass; longer than nRows · size. @param {number} l */
  activationsOf(l) {
    return this.a[l];
  }

  /** Pre-activations z of layer l of the last forward pass. @param {number} l */
  preActivationsOf(l) {
    return this.z[l];
  }

  /** dL/dz of layer l of the last backward pass. @param {number} l */
  deltasOf(l) {
    return this.delta[l];
  }

  /** dL/da of layer l of the last backward pass. @param {number} l */
  activationGradientsOf(l) {
    return this.gradA[l];
  }

  /** Everything that makes this model, as plain JSON. @returns {ModelState} */
  get state() {
    return { sizes: this.sizes.slice(), activation: this.activation, outputActivation: this.outputActivation, parameters: Array.from(this.parameters) };
  }

  /** @param {ModelState} state of a model with the same sizes */
  set state({ sizes, parameters }) {
    if (sizes.length !== this.sizes.length || sizes.some((n, l) => n !== this.sizes[l])) {
      throw new RangeError(`state: sizes must be [${this.sizes}]; got [${sizes}].`);
    }
    if (parameters.length !== this.parameters.length) {
      throw new RangeError(`state: expected ${this.parameters.length} parameters; got ${parameters.length}.`);
    }
    this.parameters.set(parameters);
  }

  /** @param {ModelState} state @param {number} [maxBatch] */
  static fromState(state, maxBatch = 64) {
    const { sizes, activation, outputActivation } = state;
    const model = new MLP(sizes, { activation, outputActivation, initializer: "zeros", maxBatch });
    model.state = state;
    return model;
  }

  clone() {
    return MLP.fromState(this.state, this.maxBatch);
  }
}

// ------------------------------------------------------------------------------------------------------- training

/**
 * One update on the given rows: forward, loss, backward, penalty, optimizer.
 * @param {MLP} model
 * @param {Float64Array} X (n, nIn)
 * @param {ArrayLike<number>} y (n, nOut), or n labels for cross_entropy
 * @param {ArrayLike<number>} rows which rows of X and y
 * @param {Loss} loss
 * @param {{step: (parameters: Float64Array, gradients: Float64Array) => void}} optimizer
 * @param {{penalty: Penalty, strength: number} | null} [penalty]
 * @returns {number} the loss on these rows before the update, penalty included
 */
export function trainStep(model, X, y, rows, loss, optimizer, penalty = null) {
  const nRows = rows.length;
  if (nRows > model.maxBatch) model.reserve(nRows);
  const { nIn, batchX, batchY } = model;
  const nTargets = loss === losses.cross_entropy ? 1 : model.nOut;
  for (let r = 0; r < nRows; r++) {
    const row = rows[r];
    for (let k = 0, from = row * nIn, to = r * nIn; k < nIn; k++) batchX[to + k] = X[from + k];
    for (let k = 0, from = row * nTargets, to = r * nTargets; k < nTargets; k++) batchY[to + k] = y[from + k];
  }
  const predictions = model.forward(batchX, nRows);
  let value = loss(predictions, batchY, model.outputGradient, nRows, model.nOut);
  model.backward(model.outputGradient, nRows);
  if (penalty !== null) value += penalty.penalty(model.parameters, model.gradients, penalty.strength);
  optimizer.step(model.parameters, model.gradients);
  return value;
}

/** The loss on all rows, without a gradient.
 * @param {MLP} model @param {Float64Array} X @param {ArrayLike<number>} y @param {Loss} loss */
export function evaluate(model, X, y, loss) {
  const nRows = X.length / model.nIn;
  return loss(model.forward(X, nRows), y, null, nRows, model.nOut);
}

/** Walks through shuffled mini-batches, epoch after epoch, without allocating. */
export class Trainer {
  /**
   * @param {MLP} model @param {Float64Array} X @param {ArrayLike<number>} y
   * @param {{loss: Loss, optimizer: {step: (p: Float64Array, g: Float64Array) => void}, batchSize?: number, rng: Random,
   *   penalty?: {penalty: Penalty, strength: number} | null}} options
   */
  constructor(model, X, y, { loss, optimizer, batchSize = 32, rng, penalty = null }) {
    this.model = model;
    this.X = X;
    this.y = y;
    this.loss = loss;
    this.optimizer = optimizer;
    this.penalty = penalty;
    this.rng = rng;
    const n = X.length / model.nIn;
    this.order = Int32Array.from({ length: n }, (_, i) => i);
    /** @type {Int32Array[]} views of `order`, made once; the last one may be shorter */
    this.batches = [];
    for (let start = 0; start < n; start += batchSize) this.batches.push(this.order.subarray(start, Math.min(start + batchSize, n)));
    this.next = 0;
    this.steps = 0;
    model.reserve(Math.min(batchSize, n));
  }

  /** @returns {number} epochs begun and perhaps not finished, as a fraction */
  get epochs() {
    return this.steps / this.batches.length;
  }

  /** One update. @returns {number} the loss on its batch */
  step() {
    if (this.next === 0) this.rng.shuffle(this.order);
    const rows = this.batches[this.next];
    this.next = (this.next + 1) % this.batches.length;
    this.steps += 1;
    return trainStep(this.model, this.X, this.y, rows, this.loss, this.optimizer, this.penalty);
  }
}

// ----------------------------------------------------------------------------------------------------------- data

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
