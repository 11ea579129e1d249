// @ts-check
/** One run of the Playground: data, network, training and its history. All mathematics is nn.js; no DOM here. */

import { MLP, Random, Trainer, datasets, losses, optimizers, penalties } from "./nn.js";
import { LIVE, RANGE, same, taskOf } from "./playground_state.js";

/** @typedef {import("./playground_state.js").Settings} Settings */

/** Rows and columns of the grid on which the surface is computed. */
export const GRID = 64;

/** @type {Record<string, (a: number, b: number) => number>} */
const FEATURE_FUNCTIONS = {
  x1: (a) => a,
  x2: (a, b) => b,
  x1_squared: (a) => a * a,
  x2_squared: (a, b) => b * b,
  x1_x2: (a, b) => a * b,
  sin_x1: (a) => Math.sin(Math.PI * a),
  sin_x2: (a, b) => Math.sin(Math.PI * b),
};

/** The network's inputs for points (n, 2). @param {ArrayLike<number>} points @param {string[]} features */
export function inputsOf(points, features) {
  const n = points.length / 2;
  const inputs = new Float64Array(n * features.length);
  for (let i = 0, k = 0; i < n; i++) for (const name of features) inputs[k++] = FEATURE_FUNCTIONS[name](points[2 * i], points[2 * i + 1]);
  return inputs;
}

function gridPoints() {
  const points = new Float64Array(2 * GRID * GRID);
  for (let row = 0, k = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++) {
      points[k++] = RANGE * ((2 * (column + 0.5)) / GRID - 1);
      points[k++] = RANGE * (1 - (2 * (row + 0.5)) / GRID); // the first row of an image is its top
    }
  }
  return points;
}

/** Losses against steps in a fixed room: when it is full, every second entry goes and the stride doubles. */
export class RunHistory {
  length = 0;
  stride = 5; // steps between two entries

  constructor(capacity = 400) {
    this.capacity = capacity;
    this.steps = new Float64Array(capacity);
    this.train = new Float64Array(capacity);
    this.test = new Float64Array(capacity);
    this.clear();
  }
  clear() {
    this.length = 0;
    this.stride = 5;
  }
  /** @param {number} step @param {number} train @param {number} test */
  add(step, train, test) {
    if (this.length === this.capacity) {
      let kept = 0;
      for (let i = 0; i < this.length; i += 2, kept++) {
        this.steps[kept] = this.steps[i];
        this.train[kept] = this.train[i];
        this.test[kept] = this.test[i];
      }
      this.length = kept;
      this.stride *= 2;
      if (step % this.stride) return;
    }
    this.steps[this.length] = step;
    this.train[this.length] = train;
    this.test[this.length] = test;
    this.length += 1;
  }
  /** As plain lists with six digits, for Python. */
  toJSON() {
    const list = (/** @type {Float64Array} */ values) => Array.from(values.subarray(0, this.length), (v) => (Number.isFinite(v) ? Number(v.toPrecision(6)) : null));
    return { step: list(this.steps), train_loss: list(this.train), test_loss: list(this.test) };
  }
}

/** @typedef {{X: Float64Array, inputs: Float64Array, y: Float64Array, n: number}} Part */

const NOTHING = new MLP([1, 1]);
/** @type {Part} */
const NO_POINTS = { X: new Float64Array(0), inputs: new Float64Array(0), y: new Float64Array(0), n: 0 };

export class Engine {
  model = NOTHING;
  viewer = NOTHING; // drawing uses a second network with the same weights: it never disturbs the buffers of training
  train = NO_POINTS;
  test = NO_POINTS;
  gridInputs = new Float64Array(0);
  firstParameters = new Float64Array(0);
  /** @type {Trainer | null} */ trainer = null;
  /** @type {any} */ optimizer = null;
  /** @type {import("./nn_losses.js").Loss} */ lossFunction = losses.binary_cross_entropy;
  step = 0;
  accuracyNow = NaN;
  trainLoss = NaN;
  testLoss = NaN;
  trainAccuracy = NaN;
  testAccuracy = NaN;

  /** @param {Settings} settings as `clean` returns them */
  constructor(settings) {
    this.history = new RunHistory();
    this.grid = gridPoints();
    /** @type {Settings} */ this.settings = settings;
    this.start(settings);
  }

  /** Begin a new run. @param {Settings} settings */
  start(settings) {
    this.settings = settings;
    this.task = taskOf(settings);
    this.lossFunction = losses[settings.loss];
    const sizes = [settings.features.length, ...settings.hidden, 1];
    // Squared error on classes compares probabilities, so the sigmoid is then part of the network
    this.squashed = this.task === "classification" && settings.loss === "mean_squared_error";
    const options = { activation: settings.activation, outputActivation: this.squashed ? "sigmoid" : "identity", initializer: settings.initializer };
    this.model = new MLP(sizes, { ...options, rng: new Random(settings.seed + 10007), maxBatch: 64 });
    this.viewer = new MLP(sizes, { ...options, initializer: "zeros", maxBatch: GRID * GRID });
    this.gridInputs = inputsOf(this.grid, settings.features);
    this.firstParameters = this.model.parameters.slice();
    this.makeOptimizer();
    this.makeData();
    this.makeTrainer();
    this.restart();
  }

  /** Back to step 0 with the first weights. */
  restart() {
    this.model.parameters.set(this.firstParameters);
    this.optimizer.reset();
    this.makeTrainer();
    this.step = 0;
    this.replayable = true; // settings and step alone lead here again
    this.history.clear();
    this.evaluate();
    this.history.add(0, this.trainLoss, this.testLoss);
  }

  makeOptimizer() {
    const { optimizer, learning_rate: learningRate } = this.settings;
    const n = this.model.parameters.length;
    this.optimizer = optimizer === "Momentum" ? new optimizers.SGD(n, { learningRate, momentum: 0.9 }) : new (/** @type {any} */ (optimizers)[optimizer])(n, { learningRate });
  }

  makeData() {
    const { dataset, points, n_points, noise, test_fraction, features, seed } = this.settings;
    const rng = new Random(seed);
    const own = dataset === "own";
    const { X, y } = own ? { X: Float64Array.from(points.flatMap((p) => [p[0], p[1]])), y: Float64Array.from(points, (p) => p[2]) } : datasets[dataset](n_points, noise, rng);
    if (own && this.task === "classification") for (let i = 0; i < y.length; i++) y[i] = y[i] > 0 ? 1 : 0;
    const order = Int32Array.from(y, (_, i) => i);
    new Random(seed + 20011).shuffle(order);
    const nTest = Math.min(Math.round(test_fraction * order.length), Math.max(0, order.length - 1));
    /** @param {Int32Array} rows @returns {Part} */
    const take = (rows) => {
      const points = Float64Array.from({ length: 2 * rows.length }, (_, k) => X[2 * rows[k >> 1] + (k & 1)]);
      return { X: points, inputs: inputsOf(points, features), y: Float64Array.from(rows, (row) => y[row]), n: rows.length };
    };
    this.test = take(order.subarray(0, nTest));
    this.train = take(order.subarray(nTest));
  }

  makeTrainer() {
    const { batch_size: batchSize, seed } = this.settings;
    this.trainer = this.train.n
      ? new Trainer(this.model, this.train.inputs, this.train.y, { loss: this.lossFunction, optimizer: this.optimizer, batchSize, rng: new Random(seed + 30011), penalty: this.penalty() })
      : null;
  }

  penalty() {
    const { penalty, penalty_strength: strength } = this.settings;
    return penalty === "none" ? null : { penalty: penalties[penalty === "l1" ? "l1_penalty" : "l2_penalty"], strength };
  }

  /**
   * Take over new settings; start a new run only if they need one.
   * @param {Settings} settings @returns {boolean} whether a new run has begun
   */
  change(settings) {
    const names = /** @type {(keyof Settings)[]} */ (Object.keys(settings));
    const changed = names.filter((name) => !same(settings[name], this.settings[name]));
    // Painting goes on during a run: the network meets the new points at once
    const paintedOn = changed.length === 1 && changed[0] === "points" && settings.dataset === "own";
    if (changed.length && !paintedOn && !changed.every((name) => LIVE.includes(name))) {
      this.start(settings);
      return true;
    }
    this.settings = settings;
    if (paintedOn) {
      this.makeData();
      this.makeTrainer();
    }
    this.optimizer.learningRate = settings.learning_rate;
    if (this.trainer) this.trainer.penalty = this.penalty();
    if (this.step > 0 && changed.some((name) => name !== "speed")) this.replayable = false;
    if (this.step === 0) this.history.clear();
    this.evaluate();
    if (this.step === 0) this.history.add(0, this.trainLoss, this.testLoss);
    return false;
  }

  /** Weights from elsewhere. @param {ArrayLike<number>} parameters @returns {boolean} whether their number fits */
  setParameters(parameters) {
    if (parameters.length !== this.model.parameters.length) return false;
    this.model.parameters.set(parameters);
    this.optimizer.reset();
    this.step = 0;
    this.replayable = false;
    this.history.clear();
    this.evaluate();
    this.history.add(0, this.trainLoss, this.testLoss);
    return true;
  }

  /** Whether there is something to learn from. */
  get ready() {
    return this.trainer !== null;
  }

  /** @param {number} nSteps */
  advance(nSteps) {
    const { trainer, history } = this;
    if (!trainer) return;
    for (let i = 0; i < nSteps; i++) {
      trainer.step();
      this.step += 1;
      if (this.step % history.stride === 0) {
        this.evaluate();
        history.add(this.step, this.trainLoss, this.testLoss);
      }
    }
  }

  /** As many of nSteps as fit into some milliseconds. @param {number} nSteps @param {number} budget @returns {number} steps done */
  advanceWithin(nSteps, budget) {
    const end = performance.now() + budget;
    let done = 0;
    while (done < nSteps) {
      const some = Math.min(4, nSteps - done);
      this.advance(some);
      done += some;
      if (performance.now() >= end) break;
    }
    return done;
  }

  /** Losses (and accuracies) on all training and test points. */
  evaluate() {
    this.trainLoss = this.lossOn(this.train);
    this.trainAccuracy = this.accuracyNow;
    this.testLoss = this.lossOn(this.test);
    this.testAccuracy = this.accuracyNow;
    this.finite = !this.train.n || Number.isFinite(this.trainLoss);
  }

  /** @param {Part} part */
  lossOn({ inputs, y, n }) {
    this.accuracyNow = NaN;
    if (n === 0) return NaN;
    const outputs = this.model.forward(inputs, n);
    if (this.task === "classification") {
      const boundary = this.squashed ? 0.5 : 0;
      let right = 0;
      for (let i = 0; i < n; i++) if (outputs[i] > boundary === y[i] > 0.5) right += 1;
      this.accuracyNow = right / n;
    }
    return this.lossFunction(outputs, y, null, n, 1);
  }

  /** Compute the network on the whole grid; `responses` and `surfaceInto` read the result. */
  lookAround() {
    this.viewer.parameters.set(this.model.parameters);
    this.viewer.forward(this.gridInputs, GRID * GRID);
  }

  /** What the output means as a colour: -1 to 1. @param {number} output */
  shade(output) {
    if (this.squashed) return 2 * output - 1;
    if (this.task === "classification") return Math.tanh(output / 2); // 2 sigmoid(z) - 1
    return output > 1 ? 1 : output < -1 ? -1 : output;
  }

  /**
   * The response of one unit on the grid as values -1 to 1. Layer 0 is the inputs, the last layer is the output.
   * @param {number} layer @param {number} unit @param {Float32Array} out GRID·GRID numbers
   */
  responseInto(layer, unit, out) {
    const { viewer } = this;
    const width = viewer.sizes[layer];
    const source = layer === 0 ? this.gridInputs : viewer.activationsOf(layer - 1);
    const n = GRID * GRID;
    if (layer === viewer.nLayers) {
      for (let i = 0; i < n; i++) out[i] = this.shade(source[i]);
      return;
    }
    const name = this.settings.activation;
    if (layer > 0 && name === "sigmoid") {
      for (let i = 0; i < n; i++) out[i] = 2 * source[i * width + unit] - 1;
      return;
    }
    let scale = 1; // ReLU, GELU and identity have no bounds: the largest response gets the full colour
    if (layer > 0 && name !== "tanh") {
      for (let i = 0; i < n; i++) {
        const size = Math.abs(source[i * width + unit]);
        if (size > scale) scale = size;
      }
    }
    for (let i = 0; i < n; i++) {
      const v = source[i * width + unit] / scale;
      out[i] = v > 1 ? 1 : v < -1 ? -1 : v;
    }
  }
}
