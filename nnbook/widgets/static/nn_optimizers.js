// @ts-check
/** From a gradient to the next parameters. A step allocates nothing. */

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
    if (!(keep > 0)) throw new RangeError(`learningRate times weightDecay must stay below 1, or a step turns the sign of weights; got ${this.learningRate} · ${this.weightDecay}.`);
    for (let i = 0; i < parameters.length; i++) parameters[i] *= keep;
    super.step(parameters, gradients);
  }
}

/** By name, for menus: `new optimizers.Adam(model.parameters.length, { learningRate: 0.01 })`. */
export const optimizers = { SGD, RMSProp, Adam, AdamW };
