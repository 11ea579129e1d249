// nn.js must compute what nnbook computes. Run by tests/js/test_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as nn from "../../nnbook/widgets/static/nn.js";
import { assertClose, relativeError } from "./helpers.mjs";

const TOLERANCE = 1e-9;
const path = process.env.NNBOOK_PARITY_CASES;
assert.ok(path, "NNBOOK_PARITY_CASES is not set: run this through pytest tests/js");
const cases = JSON.parse(readFileSync(path, "utf8"));

/** Repeat in nn.js what Python wrote down. @returns the largest relative error of each quantity */
function replay(c, alter = (model) => model) {
  const model = alter(nn.MLP.fromState(c, 1));
  const X = Float64Array.from(c.X);
  const loss = nn.losses[c.loss];
  const predictions = model.forward(X, c.nRows);
  const errors = { predictions: relativeError(predictions, c.predictions) };
  const gradOutput = new Float64Array(predictions.length);
  loss(predictions, c.y, gradOutput, c.nRows, model.nOut);
  const gradInput = new Float64Array(X.length);
  model.backward(gradOutput, c.nRows, gradInput);
  errors.outputGradient = relativeError(gradOutput, c.outputGradient);
  errors.gradients = relativeError(model.gradients, c.dataGradients);
  errors.inputGradient = relativeError(gradInput, c.inputGradient);
  const optimizer = new nn.optimizers[c.optimizer.name](model.parameters.length, c.optimizer.options);
  const penalty = c.penalty && { penalty: nn.penalties[c.penalty.name], strength: c.penalty.strength };
  const rows = Int32Array.from({ length: c.nRows }, (_, i) => i);
  errors.losses = errors.updates = 0;
  for (const update of c.updates) {
    const value = nn.trainStep(model, X, c.y, rows, loss, optimizer, penalty);
    errors.losses = Math.max(errors.losses, relativeError([value], [update.loss]));
    errors.updates = Math.max(errors.updates, relativeError(model.parameters, update.parameters));
  }
  return errors;
}

const worst = {};
for (const loss of Object.keys(nn.losses)) {
  for (const activation of Object.keys(nn.activations)) {
    const group = cases.networks.filter((c) => c.loss === loss && c.activation === activation);
    test(`${activation} with ${loss}: ${group.length} networks, gradients and 10 updates each`, () => {
      assert.ok(group.length >= 12, "every optimizer must occur, with two shapes");
      for (const c of group) {
        for (const [quantity, error] of Object.entries(replay(c))) {
          assert.ok(error <= TOLERANCE, `${c.name}: ${quantity} off by ${error}`);
          worst[quantity] = Math.max(worst[quantity] ?? 0, error);
        }
      }
    });
  }
}

test("the cases cover every optimizer, penalty, activation and loss of nn.js", () => {
  const seen = (list) => [...new Set(list)].sort();
  assert.deepEqual(seen(cases.networks.map((c) => c.optimizer.name)), Object.keys(nn.optimizers).sort());
  assert.deepEqual(seen(cases.networks.map((c) => c.penalty?.name ?? "none")), Object.keys(nn.penalties).sort());
  assert.deepEqual(seen(cases.activations.map((c) => c.name)), Object.keys(nn.activations).sort());
  assert.deepEqual(seen(cases.losses.map((c) => c.name)), Object.keys(nn.losses).sort());
  assert.deepEqual(seen(cases.datasets.map((c) => c.name)), Object.keys(nn.datasets).sort());
  assert.deepEqual(seen(cases.initializers.map((c) => c.name)), Object.keys(nn.initializers).sort());
});

test("activations and their derivatives agree, at ±800 too", () => {
  for (const c of cases.activations) {
    const z = Float64Array.from(c.z);
    const a = new Float64Array(z.length);
    const out = new Float64Array(z.length);
    nn.activations[c.name].forward(z, a, z.length);
    nn.activations[c.name].backward(z, a, Float64Array.from(c.grad), out, z.length);
    assertClose(a, c.a, TOLERANCE, `${c.name} forward`);
    // GELU in NumPy loses digits in 1 + tanh where tanh is close to -1: there the error is 1e-15 of a value of 1e-6
    assertClose(out, c.backward, c.name === "gelu" ? 1e-8 : TOLERANCE, `${c.name} backward`);
  }
});

test("losses and their gradients agree at logits of ±800", () => {
  for (const c of cases.losses) {
    const logits = Float64Array.from(c.logits);
    const grad = new Float64Array(logits.length);
    const value = nn.losses[c.name](logits, c.targets, grad, c.nRows, c.nCols);
    assertClose([value], [c.value], TOLERANCE, `${c.name} value`);
    assertClose(grad, c.grad, TOLERANCE, `${c.name} gradient`);
  }
});

test("initial weights have the same distribution", () => {
  for (const c of cases.initializers) {
    const [nIn, nOut] = c.shape;
    const weights = new Float64Array(nIn * nOut);
    nn.initializers[c.name](weights, nIn, nOut, new nn.Random(3));
    for (const [i, k] of [1, 2, 4].entries()) {
      const moment = (weights.reduce((sum, w) => sum + Math.abs(w) ** k, 0) / weights.length) ** (1 / k);
      // 20 000 draws: the fourth moment of a normal still wobbles by 1 %
      assert.ok(Math.abs(moment - c.moments[i]) <= 0.03 * c.moments[i], `${c.name} ${c.shape}: moment ${k}: ${moment}, not ${c.moments[i]}`);
    }
    if (c.name === "glorot_uniform") {
      const largest = weights.reduce((m, w) => Math.max(m, Math.abs(w)), 0);
      assertClose([largest], [c.largest], 2e-3, "the limit of glorot_uniform");
    }
  }
});

test("data sets have the same shape", (t) => {
  const n = 40_000;
  let worst = 0;
  for (const c of cases.datasets) {
    const { X, y } = nn.datasets[c.name](n, c.noise, new nn.Random(5));
    let index = 0;
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 4; j++) {
        for (let k = 0; k < 3; k++) {
          let sum = 0;
          for (let r = 0; r < n; r++) sum += X[2 * r] ** i * X[2 * r + 1] ** j * y[r] ** k;
          const difference = Math.abs(sum / n - c.moments[index]);
          worst = Math.max(worst, difference);
          // each value is below about 1, so the standard error of either side is below 0.005
          assert.ok(difference < 0.02, `${c.name}, noise ${c.noise}: mean of x1^${i} x2^${j} y^${k} differs by ${difference}`);
          index += 1;
        }
      }
    }
  }
  t.diagnostic(`largest difference of a mean: ${worst}`);
});

test("a wrong derivative is found (negative control)", () => {
  const c = cases.networks.find((n) => n.activation === "tanh" && n.sizes.length > 2);
  assert.ok(replay(c).gradients <= TOLERANCE);
  const errors = replay(c, (model) => {
    const right = model.functions[0];
    const wrong = (z, a, grad, out, n) => {
      right.backward(z, a, grad, out, n);
      out[0] *= 1 + 1e-6;
    };
    model.functions[0] = { forward: right.forward, backward: wrong };
    return model;
  });
  assert.ok(errors.predictions <= TOLERANCE, "only the derivative is wrong");
  assert.ok(errors.gradients > TOLERANCE, "an error of one in a million must be seen");
});

test("report", (t) => {
  t.diagnostic(`largest relative error over ${cases.networks.length} networks: ${JSON.stringify(worst)}`);
});
