// nn.js on its own: gradients against central differences, numbers computed by hand, seeds, shapes, refusals.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as nn from "../../nnbook/widgets/static/nn.js";
import { assertClose, numericalGradient } from "./helpers.mjs";

const close = (actual, expected, tolerance = 1e-12) => assertClose([actual].flat(), [expected].flat(), tolerance, "value");

/** A random problem for a property check; the seed is the whole description. */
function randomProblem(seed) {
  const rng = new nn.Random(seed);
  const pick = (list) => list[rng.integer(list.length)];
  const loss = pick(Object.keys(nn.losses));
  const sizes = [1 + rng.integer(4), ...Array.from({ length: rng.integer(4) }, () => 1 + rng.integer(9)), 1 + rng.integer(5)];
  const nOut = sizes.at(-1);
  const model = new nn.MLP(sizes, {
    activation: pick(Object.keys(nn.activations)),
    outputActivation: loss === "mean_squared_error" ? pick(Object.keys(nn.activations)) : "identity",
    initializer: "glorot_uniform",
    rng,
  });
  for (const bias of model.biases) for (let j = 0; j < bias.length; j++) bias[j] = 0.5 * rng.normal();
  const nRows = 1 + rng.integer(9);
  const X = Float64Array.from({ length: nRows * sizes[0] }, () => rng.normal());
  const y =
    loss === "cross_entropy"
      ? Float64Array.from({ length: nRows }, () => rng.integer(nOut))
      : Float64Array.from({ length: nRows * nOut }, () => rng.uniform());
  const penalty = pick(Object.keys(nn.penalties));
  return { model, X, y, nRows, loss, penalty, strength: 0.05 };
}

function analyticGradient({ model, X, y, nRows, loss, penalty, strength }) {
  const grad = new Float64Array(nRows * model.nOut);
  nn.losses[loss](model.forward(X, nRows), y, grad, nRows, model.nOut);
  const gradX = new Float64Array(X.length);
  model.backward(grad, nRows, gradX);
  nn.penalties[penalty](model.parameters, model.gradients, strength);
  return { parameters: Array.from(model.gradients), X: Array.from(gradX) };
}

/** The largest difference, against the longest entry. */
function gradientError(actual, expected) {
  const longest = Math.max(1e-4, ...expected.map(Math.abs));
  return Math.max(...actual.map((v, i) => Math.abs(v - expected[i]))) / longest;
}

function objective({ model, X, y, nRows, loss, penalty, strength }) {
  return () => nn.losses[loss](model.forward(X, nRows), y, null, nRows, model.nOut) + nn.penalties[penalty](model.parameters, null, strength);
}

test("gradients of 200 random networks agree with central differences", (t) => {
  let worst = 0;
  let atKink = 0;
  for (let seed = 0; seed < 200; seed++) {
    const problem = randomProblem(seed);
    const { parameters, X } = analyticGradient(problem);
    const f = objective(problem);
    // the loss is known to about 1e-16, so a difference quotient to 1e-11: smaller gradients cannot be checked better
    const error = Math.max(gradientError(parameters, numericalGradient(f, problem.model.parameters)), gradientError(X, numericalGradient(f, problem.X)));
    if (error > 1e-6 && problem.model.z.some((z) => z.some((v) => v !== 0 && Math.abs(v) < 1e-4))) {
      atKink += 1; // a ReLU this close to its kink has no derivative to compare with
      continue;
    }
    assert.ok(error < 1e-6, `seed ${seed}, [${problem.model.sizes}] ${problem.model.activation} ${problem.loss}: ${error}`);
    worst = Math.max(worst, error);
  }
  assert.ok(atKink < 10, `${atKink} problems were left out`);
  t.diagnostic(`largest relative error ${worst}, ${atKink} left out at a kink`);
});

test("the check finds a wrong gradient (negative control)", () => {
  const problem = randomProblem(5);
  const { parameters } = analyticGradient(problem);
  parameters[0] += 1e-4 * Math.max(...parameters.map(Math.abs));
  assert.ok(gradientError(parameters, numericalGradient(objective(problem), problem.model.parameters)) > 1e-5);
});

test("a 2-2-1 network by hand", () => {
  const model = new nn.MLP([2, 2, 1], { activation: "relu" });
  model.parameters.set([1, -1, 2, 0.5, 0.5, 0, 2, -3, 1]);
  const [out] = model.forward(Float64Array.of(1, 2), 1);
  // z = (1 + 4 + 0.5, -1 + 1 + 0) = (5.5, 0); relu keeps 5.5 and 0; out = 11 + 1
  assert.equal(out, 12);
  model.backward(Float64Array.of(1), 1);
  assert.deepEqual(Array.from(model.gradients), [2, 0, 4, 0, 2, 0, 5.5, 0, 1]);
});

test("losses by hand", () => {
  const grad = new Float64Array(2);
  close(nn.losses.mean_squared_error(Float64Array.of(1, 3), [1, 1], grad, 1, 2), 2);
  assert.deepEqual(Array.from(grad), [0, 2]);
  close(nn.losses.binary_cross_entropy(Float64Array.of(0, 0), [0, 1], grad, 2, 1), Math.log(2));
  assert.deepEqual(Array.from(grad), [0.25, -0.25]);
  close(nn.losses.cross_entropy(Float64Array.of(0, 0), [1], grad, 1, 2), Math.log(2));
  close(Array.from(grad), [0.5, -0.5]);
});

test("a batch is the mean of its rows", () => {
  for (let seed = 300; seed < 330; seed++) {
    const problem = { ...randomProblem(seed), penalty: "none" };
    const whole = analyticGradient(problem).parameters;
    const { model, X, y, nRows, loss } = problem;
    const mean = whole.map(() => 0);
    const nTargets = y.length / nRows;
    for (let r = 0; r < nRows; r++) {
      const row = { model, X: X.slice(r * model.nIn, (r + 1) * model.nIn), y: y.slice(r * nTargets, (r + 1) * nTargets), nRows: 1, loss, penalty: "none" };
      analyticGradient(row).parameters.forEach((g, i) => (mean[i] += g / nRows));
    }
    assertClose(mean, whole, 1e-9, `seed ${seed}`);
  }
});

test("optimizers by hand: the first step", () => {
  const after = (optimizer) => {
    const p = Float64Array.of(1);
    optimizer.step(p, Float64Array.of(2));
    return p[0];
  };
  close(after(new nn.SGD(1, { learningRate: 0.1 })), 0.8);
  close(after(new nn.SGD(1, { learningRate: 0.1, momentum: 0.9 })), 0.8);
  close(after(new nn.RMSProp(1, { learningRate: 0.1, decay: 0.75, epsilon: 1e-15 })), 0.8); // 2 / sqrt(0.25 · 4) = 2
  close(after(new nn.Adam(1, { learningRate: 0.1, epsilon: 1e-15 })), 0.9); // the first step is one learning rate long
  close(after(new nn.AdamW(1, { learningRate: 0.1, epsilon: 1e-15, weightDecay: 1 })), 0.8); // 1 · (1 - 0.1) - 0.1
});

test("reset makes an optimizer new", () => {
  for (const [name, Optimizer] of Object.entries(nn.optimizers)) {
    const run = (optimizer) => {
      const p = Float64Array.of(1, -2);
      for (let i = 0; i < 3; i++) optimizer.step(p, Float64Array.of(0.5 + i, -1));
      return Array.from(p);
    };
    const optimizer = new Optimizer(2, { learningRate: 0.1, ...(name === "SGD" ? { momentum: 0.9 } : {}) });
    const first = run(optimizer);
    optimizer.reset();
    assert.deepEqual(run(optimizer), first, name);
  }
});

test("same seed, same numbers; another seed, others", () => {
  const draw = (seed) => {
    const rng = new nn.Random(seed);
    return [rng.uniform(), rng.normal(), rng.normal(), rng.integer(1000), ...rng.shuffle([0, 1, 2, 3, 4, 5, 6, 7])];
  };
  assert.deepEqual(draw(4), draw(4));
  assert.notDeepEqual(draw(4), draw(5));
});

test("uniform and normal numbers have the right mean, spread and range", () => {
  const rng = new nn.Random(1);
  const n = 100_000;
  const u = Array.from({ length: n }, () => rng.uniform());
  const z = Array.from({ length: n }, () => rng.normal());
  const mean = (v) => v.reduce((s, x) => s + x, 0) / n;
  // four standard errors: 0.0037 and 0.013
  assert.ok(Math.abs(mean(u) - 0.5) < 0.0037 && u.every((x) => x >= 0 && x < 1));
  assert.ok(Math.abs(mean(z)) < 0.013 && Math.abs(mean(z.map((x) => x * x)) - 1) < 0.018);
  assert.deepEqual([...rng.shuffle([0, 1, 2, 3, 4])].sort(), [0, 1, 2, 3, 4]);
});

test("every data set fills [-1, 1]², repeats with its seed, and has both classes", () => {
  for (const [name, make] of Object.entries(nn.datasets)) {
    const { X, y } = make(300, 0, new nn.Random(2));
    assert.equal(X.length, 600, name);
    assert.equal(y.length, 300, name);
    assert.deepEqual(make(300, 0, new nn.Random(2)), { X, y }, name);
    assert.ok(X.every((x) => Math.abs(x) <= 1.1), `${name} leaves the square`);
    if (name === "plane" || name === "hills") {
      assert.ok(y.every((v) => Math.abs(v) <= 1.1) && Math.max(...y) > 0.6 && Math.min(...y) < -0.6, name);
    } else {
      const ones = y.reduce((s, v) => s + v, 0);
      assert.ok(y.every((v) => v === 0 || v === 1) && ones >= 100 && ones <= 200, `${name}: ${ones} of 300 are class 1`);
    }
    const noisy = make(300, 0.2, new nn.Random(2));
    assert.notDeepEqual(noisy, { X, y }, `${name}: noise must do something`);
  }
});

test("a spiral is learned", () => {
  const rng = new nn.Random(0);
  const { X, y } = nn.datasets.spiral(300, 0, rng);
  const model = new nn.MLP([2, 8, 8, 1], { activation: "relu", rng });
  const optimizer = new nn.Adam(model.parameters.length, { learningRate: 0.01 });
  const loss = nn.losses.binary_cross_entropy;
  const before = nn.evaluate(model, X, y, loss);
  const trainer = new nn.Trainer(model, X, y, { loss, optimizer, batchSize: 32, rng });
  for (let i = 0; i < 5000; i++) trainer.step();
  assert.equal(trainer.steps, 5000);
  assert.ok(nn.evaluate(model, X, y, loss) < 0.5 * before);
});

test("an epoch of the Trainer uses every row once, in a new order", () => {
  const seen = [];
  const X = Float64Array.from({ length: 10 }, (_, i) => i);
  const model = new nn.MLP([1, 1], { initializer: "zeros" });
  const loss = (predictions, targets, grad, nRows) => {
    seen.push(Array.from(targets).slice(0, nRows));
    return 0;
  };
  const trainer = new nn.Trainer(model, X, X, { loss, optimizer: { step() {} }, batchSize: 4, rng: new nn.Random(0) });
  for (let i = 0; i < 6; i++) trainer.step();
  assert.deepEqual(seen.map((batch) => batch.length), [4, 4, 2, 4, 4, 2]);
  assert.deepEqual(seen.slice(0, 3).flat().sort((p, q) => p - q), Array.from(X));
  assert.notDeepEqual(seen.slice(0, 3), seen.slice(3));
  assert.equal(trainer.epochs, 2);
});

test("state goes through JSON and back; a clone is independent", () => {
  const model = new nn.MLP([2, 3, 1], { activation: "gelu", rng: new nn.Random(1) });
  const again = nn.MLP.fromState(JSON.parse(JSON.stringify(model.state)));
  const X = Float64Array.of(0.3, -0.4);
  assert.deepEqual(again.forward(X, 1), model.forward(X, 1));
  const clone = model.clone();
  clone.parameters[0] += 1;
  assert.notEqual(clone.parameters[0], model.parameters[0]);
});

test("a longer batch than reserved makes room, and the answer is the same", () => {
  const options = () => ({ rng: new nn.Random(1) });
  const X = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
  const small = new nn.MLP([2, 5, 3], { ...options(), maxBatch: 1 });
  const large = new nn.MLP([2, 5, 3], { ...options(), maxBatch: 500 });
  assert.deepEqual(small.forward(X, 100), large.forward(X, 100));
  assert.equal(small.forward(X, 7).length, 21);
});

test("the slope of GELU is a number for every number", () => {
  const z = Float64Array.of(-1e300, -1e155, -50, 50, 1e155, 1e300);
  const a = new Float64Array(6), slope = new Float64Array(6);
  nn.activations.gelu.forward(z, a, 6);
  nn.activations.gelu.backward(z, a, new Float64Array(6).fill(1), slope, 6);
  close(Array.from(slope), [0, 0, 0, 1, 1, 1]);
});

test("mistakes are refused with a sentence", () => {
  assert.throws(() => new nn.AdamW(1, { learningRate: 2, weightDecay: 0.6 }).step(Float64Array.of(1), Float64Array.of(1)), /must stay below 1/);
  assert.throws(() => new nn.MLP([2]), /at least two positive integers/);
  assert.throws(() => new nn.MLP([2, 0, 1]), /positive integers; got \[2,0,1\]/);
  assert.throws(() => new nn.MLP([2, 1], { activation: "step" }), /unknown activation "step"; known: identity/);
  assert.throws(() => new nn.MLP([2, 1], { initializer: "ones" }), /unknown initializer "ones"/);
  assert.throws(() => new nn.MLP([2, 1]).forward(new Float64Array(3), 2), /2 rows of 2 inputs need 4 numbers; got 3/);
  assert.throws(() => (new nn.MLP([2, 1]).state = { sizes: [3, 1], parameters: [] }), /sizes must be \[2,1\]/);
  assert.throws(() => (new nn.MLP([2, 1]).state = { sizes: [2, 1], parameters: [1] }), /expected 3 parameters; got 1/);
  for (const Optimizer of Object.values(nn.optimizers)) {
    for (const learningRate of [0, -1, NaN, Infinity]) assert.throws(() => new Optimizer(1, { learningRate }), /learningRate must be positive/);
  }
});
