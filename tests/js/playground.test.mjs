// The Playground without a page: settings, links, and a run that can be repeated.
import assert from "node:assert/strict";
import { test } from "node:test";

import { Engine, GRID, RunHistory, inputsOf } from "../../nnbook/widgets/static/playground_engine.js";
import { CHOICES, DEFAULTS, FEATURES, RANGE, clean, decode, differences, encode, paintedPoint, pythonCall, taskOf } from "../../nnbook/widgets/static/playground_state.js";
import { niceTop } from "../../nnbook/widgets/static/playground_curves.js";

const settings = (change = {}) => clean({ ...DEFAULTS, ...change });
const dots = [[0.5, 0.5, 1], [-0.5, -0.5, 0], [0.4, 0.6, 1], [-0.6, -0.4, 0], [0.25, 0.3, 1], [-0.2, -0.31, 0]];

// ---- settings

test("nothing given: the defaults", () => assert.deepEqual(clean({}), DEFAULTS));

test("what is out of bounds or unknown falls back to its default", () => {
  const wrong = { dataset: "<img onerror=1>", learning_rate: -1, noise: NaN, batch_size: 2.5, hidden: [99], features: ["x9"], seed: "3", points: [[1, 2], "x"], extra: 1 };
  assert.deepEqual(clean(wrong), DEFAULTS);
});

test("a prediction of numbers is never judged by cross-entropy", () => {
  assert.equal(settings({ dataset: "hills" }).loss, "mean_squared_error");
  assert.equal(settings({ dataset: "own", task: "regression" }).loss, "mean_squared_error");
  assert.equal(taskOf(settings({ dataset: "moons", task: "regression" })), "classification");
});

// ---- links

const links = [
  ["the defaults", {}, 0],
  ["a step", {}, 1234],
  ["no hidden layer", { hidden: [] }, 0],
  ["many settings", { dataset: "moons", hidden: [1, 2, 3, 4], features: ["x1", "x1_squared", "sin_x2"], learning_rate: 0.0001, penalty: "l1", seed: 9999, noise: 0.5 }, 7],
  ["painted points", { dataset: "own", points: dots.map((p) => paintedPoint(...p)) }, 40],
  ["painted numbers", { dataset: "own", task: "regression", points: [paintedPoint(1.2, -1.2, -1), paintedPoint(0, 0.01, 0)] }, 0],
];
for (const [name, change, step] of links) {
  test(`a link restores everything: ${name}`, () => {
    const text = encode(settings(change), step);
    assert.match(text, /^[\w.~-]+$/); // nothing that an address would have to escape
    assert.deepEqual(decode(text), { settings: settings(change), step });
  });
}

test("200 painted points fit into a link of 900 characters", () => {
  const points = Array.from({ length: 200 }, (_, i) => paintedPoint(Math.sin(i), Math.cos(i), i % 2));
  assert.ok(encode(settings({ dataset: "own", points })).length < 900);
});

test("a broken or hostile link gives a working playground", () => {
  for (const text of ["", "~~", ".", "points.***", "hidden.a-b", "step.-5", "step.1e99", "learning_rate.Infinity", "__proto__.x", "constructor.y", "a".repeat(1e5)]) {
    const { settings: got, step } = decode(text);
    assert.ok(got.hidden.every((n) => n >= 1 && n <= 8), text);
    assert.ok(step >= 0 && step <= 100000, text);
    assert.deepEqual(Object.keys(got).sort(), Object.keys(DEFAULTS).sort());
    new Engine(got).advance(2);
  }
});

test("two runs: only what differs and matters is listed, in words", () => {
  const a = settings({ penalty_strength: 0.1, speed: "fast" });
  const b = settings({ learning_rate: 0.1, hidden: [] });
  assert.deepEqual(differences(a, b), [
    { label: "Hidden layers", a: "8, 8", b: "none" },
    { label: "Learning rate", a: "0.03", b: "0.1" },
  ]);
});

test("as Python", () => {
  assert.equal(pythonCall(settings()), "Playground()");
  assert.equal(pythonCall(settings({ dataset: "moons", hidden: [4, 2] })), 'Playground(dataset="moons", hidden=[4, 2])');
});

// ---- the run

test("equal settings lead to equal weights, also when the frames differ", () => {
  const [a, b] = [new Engine(settings()), new Engine(settings())];
  a.advance(300);
  for (let i = 0; i < 100; i++) b.advance(3);
  assert.deepEqual(a.model.parameters, b.model.parameters);
  assert.deepEqual(a.history.toJSON(), b.history.toJSON());
});

test("reset leads back to the beginning, and on to the same place", () => {
  const engine = new Engine(settings());
  const first = engine.model.parameters.slice();
  engine.advance(100);
  const later = engine.model.parameters.slice();
  engine.restart();
  assert.deepEqual(engine.model.parameters, first);
  assert.equal(engine.history.length, 1);
  engine.advance(100);
  assert.deepEqual(engine.model.parameters, later);
});

test("the default network halves its loss within 2500 updates, whatever the first seeds", () => {
  for (const seed of [0, 1, 3]) {
    const engine = new Engine(settings({ seed }));
    const before = engine.trainLoss;
    engine.advance(2500);
    assert.ok(engine.trainLoss < before / 2, `seed ${seed}: ${before} → ${engine.trainLoss}`);
  }
});

for (const dataset of CHOICES.dataset.map(([name]) => name)) {
  test(`it learns on ${dataset}`, () => {
    const engine = new Engine(settings({ dataset, points: dots, features: dataset === "spiral" ? FEATURES : DEFAULTS.features }));
    const before = engine.trainLoss;
    engine.advance(600);
    engine.evaluate();
    assert.ok(engine.trainLoss < 0.7 * before, `${before} → ${engine.trainLoss}`);
  });
}

test("training and test points are disjoint and complete", () => {
  const engine = new Engine(settings({ test_fraction: 0.3 }));
  assert.equal(engine.test.n, 120);
  const seen = new Set();
  for (const part of [engine.train, engine.test]) for (let i = 0; i < part.n; i++) seen.add(`${part.X[2 * i]} ${part.X[2 * i + 1]}`);
  assert.equal(seen.size, 400);
});

test("the rate changes under way; a new layer begins anew", () => {
  const engine = new Engine(settings());
  engine.advance(10);
  assert.equal(engine.change(settings({ learning_rate: 0.1 })), false);
  assert.equal(engine.step, 10);
  assert.equal(engine.optimizer.learningRate, 0.1);
  assert.equal(engine.replayable, false);
  assert.equal(engine.change(settings({ learning_rate: 0.1, hidden: [8] })), true);
  assert.equal(engine.step, 0);
  assert.equal(engine.replayable, true);
});

test("painting goes on during a run without forgetting what was learned", () => {
  const engine = new Engine(settings({ dataset: "own", points: dots }));
  engine.advance(50);
  const weights = engine.model.parameters.slice();
  assert.equal(engine.change(settings({ dataset: "own", points: [...dots, [0.9, -0.9, 1]] })), false);
  assert.deepEqual(engine.model.parameters, weights);
  assert.equal(engine.train.n + engine.test.n, 7);
});

test("without points there is nothing to train, and nothing breaks", () => {
  const engine = new Engine(settings({ dataset: "own", points: [] }));
  assert.equal(engine.ready, false);
  engine.advance(10);
  engine.evaluate();
  assert.equal(engine.step, 0);
  engine.change(settings({ dataset: "own", points: [[0, 0, 1]] }));
  assert.equal(engine.ready, true);
});

test("a run that diverges is noticed", () => {
  const engine = new Engine(settings({ dataset: "hills", activation: "identity", learning_rate: 10, optimizer: "SGD" }));
  engine.advance(2000);
  engine.evaluate();
  assert.equal(engine.finite, false);
});

test("weights from elsewhere: the right number is taken, another refused", () => {
  const engine = new Engine(settings());
  const other = new Engine(settings({ seed: 5 }));
  assert.equal(engine.setParameters([1, 2, 3]), false);
  assert.equal(engine.setParameters(Array.from(other.model.parameters)), true);
  assert.deepEqual(engine.model.parameters, other.model.parameters);
});

// ---- what is drawn

test("colours stay within -1 and 1 for every unit of every activation and loss", () => {
  const out = new Float32Array(GRID * GRID);
  for (const [activation] of CHOICES.activation) {
    for (const [loss] of CHOICES.loss) {
      const engine = new Engine(settings({ activation, loss, initializer: "normal" }));
      engine.advance(20);
      engine.lookAround();
      engine.model.sizes.forEach((n, l) => {
        for (let u = 0; u < n; u++) {
          engine.responseInto(l, u, out);
          for (const v of out) assert.ok(v >= -1 && v <= 1, `${activation} ${loss} ${l} ${u}: ${v}`);
        }
      });
    }
  }
});

test("the picture of an input is the input: x₁ grows to the right, x₂ upwards", () => {
  const engine = new Engine(settings());
  engine.lookAround();
  const out = new Float32Array(GRID * GRID);
  engine.responseInto(0, 0, out);
  assert.ok(out[0] < -0.9 && out[GRID - 1] > 0.9);
  engine.responseInto(0, 1, out);
  assert.ok(out[0] > 0.9 && out[GRID * (GRID - 1)] < -0.9);
});

test("looking does not disturb training", () => {
  const [a, b] = [new Engine(settings()), new Engine(settings())];
  for (let i = 0; i < 20; i++) {
    a.advance(3);
    b.advance(3);
    b.lookAround();
    b.evaluate();
  }
  assert.deepEqual(a.model.parameters, b.model.parameters);
});

test("inputs, by hand", () => {
  const got = inputsOf([0.5, -0.25], FEATURES);
  const expected = [0.5, -0.25, 0.25, 0.0625, -0.125, 1, -Math.SQRT1_2];
  expected.forEach((v, k) => assert.ok(Math.abs(got[k] - v) < 1e-15));
});

test("a long history keeps its room, its beginning and its order", () => {
  const history = new RunHistory(8);
  for (let step = 0; step <= 1000; step++) if (step % history.stride === 0) history.add(step, step, 2 * step);
  const { step, train_loss, test_loss } = history.toJSON();
  assert.ok(step.length <= 8 && step.length >= 4);
  assert.equal(step[0], 0);
  assert.deepEqual(step, [...step].sort((a, b) => a - b));
  assert.deepEqual(train_loss, step);
  assert.deepEqual(test_loss, step.map((s) => 2 * s));
});

test("axes end at a round number", () => {
  assert.deepEqual([0.69, 0.05, 3, 1, 0, NaN].map(niceTop), [1, 0.05, 5, 1, 1, 1]);
  assert.equal(RANGE, 1.2);
});
