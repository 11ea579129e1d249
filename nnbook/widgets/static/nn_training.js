// @ts-check
/** Training a multilayer perceptron, a step at a time. */

import { losses } from "./nn_losses.js";

/** @typedef {import("./nn_losses.js").Loss} Loss */
/** @typedef {import("./nn_losses.js").Penalty} Penalty */
/** @typedef {import("./nn_mlp.js").MLP} MLP */
/** @typedef {import("./nn_random.js").Random} Random */

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
