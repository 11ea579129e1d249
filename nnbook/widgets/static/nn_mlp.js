// @ts-check
/**
 * Multilayer perceptrons on Float64Array. A pass forward or backward allocates nothing: every buffer is made in the constructor.
 *
 * Matrices are flat and row-major. X is (nRows, nIn), a weight is (nIn, nOut), so z = x W + b.
 */

import { activations } from "./nn_activations.js";
import { affine, biasGradient, inputGradient, weightGradient } from "./nn_products.js";
import { Random, initializers } from "./nn_random.js";

/** @typedef {import("./nn_activations.js").Activation} Activation */

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
