// @ts-check
/** Losses and penalties; each value comes with its gradient. */

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
