// @ts-check
/** The matrix products of a layer, forward and backward. Matrices are flat and row-major; z = x W + b. */

// Four sums at a time: they do not wait for each other, and each input is read once for four products.

/** Z = X W + b
 * @param {Float64Array} X @param {Float64Array} W @param {Float64Array} b @param {Float64Array} Z
 * @param {number} nRows @param {number} nIn @param {number} nOut */
export function affine(X, W, b, Z, nRows, nIn, nOut) {
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
export function weightGradient(X, D, dW, nRows, nIn, nOut) {
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
export function biasGradient(D, db, nRows, nOut) {
  for (let j = 0; j < nOut; j++) {
    let s = 0;
    for (let i = 0, d = j; i < nRows; i++, d += nOut) s += D[d];
    db[j] = s;
  }
}

/** dX = D Wᵀ
 * @param {Float64Array} D @param {Float64Array} W @param {Float64Array} dX
 * @param {number} nRows @param {number} nIn @param {number} nOut */
export function inputGradient(D, W, dX, nRows, nIn, nOut) {
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
