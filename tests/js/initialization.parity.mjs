// initialization.js must measure what Python measures. Run by tests/js/test_initialization_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as init from "../../nnbook/widgets/static/initialization.js";
import { MLP } from "../../nnbook/widgets/static/nn.js";
import { assertClose } from "./helpers.mjs";

const { settings, networks } = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

test("both know the same settings", () => {
  assert.deepEqual([init.N_ROWS, init.N_CLASSES, init.MUCH, init.BOUNDS, Object.keys(init.ACTIVATIONS), init.INITIALIZERS], settings);
});

test(`${networks.length} networks: spread, gradients, saturation, zeros and the word for it`, (t) => {
  let worst = 0;
  for (const c of networks) {
    const layers = init.measure(MLP.fromState(c, 1), Float64Array.from(c.X), c.labels);
    assert.equal(layers.length, c.layers.length);
    for (const name of ["activation_std", "gradient_rms", "saturated", "zero"]) {
      layers.forEach((layer, l) => void (worst = Math.max(worst, assertClose([layer[name]], [c.layers[l][name]], 1e-9, `${c.activation} ${c.sizes} layer ${l} ${name}`))));
    }
    assert.equal(init.verdict(layers), c.verdict);
  }
  t.diagnostic(`largest relative error ${worst}`);
});

const START = { n_layers: 8, width: 64, activation: "tanh", initializer: "normal", std: 0.05, seed: 0 };
const look = (changes) => {
  const state = { ...START, ...changes };
  const { model, X, labels } = init.draw(state);
  const layers = init.measure(model, X, labels);
  return { layers, ...init.story(layers, state.activation) };
};

test("the page's own draws tell the same stories as NumPy's", () => {
  const expected = [
    [{ initializer: "zeros" }, "silent"],
    [{}, "dies"],
    [{ std: 1 }, "saturates"],
    [{ initializer: "glorot_uniform" }, "level"],
    [{ activation: "relu", initializer: "glorot_uniform" }, "dies"],
    [{ activation: "relu", initializer: "he_normal" }, "level"],
    [{ activation: "relu", std: 1 }, "explodes"],
    [{ activation: "sigmoid", initializer: "glorot_uniform" }, "vanishes"],
  ];
  for (const [changes, word] of expected) {
    for (let seed = 0; seed < 3; seed++) assert.equal(look({ ...changes, seed }).word, word, JSON.stringify({ ...changes, seed }));
  }
});

test("every sentence has its numbers", () => {
  assert.match(look({}).text, /from 0\.3\d in layer 1 to \S+ in layer 8\. On the way back/);
  assert.match(look({ std: 1 }).text, /In layer \d, \d\d % of the tanh outputs/);
  assert.doesNotMatch(look({ n_layers: 1 }).text, /way back|NaN|undefined/);
});

test("the batch stays the same when the initialiser changes; a seed changes it", () => {
  assert.deepEqual(init.draw(START).X, init.draw({ ...START, initializer: "zeros" }).X);
  assert.notDeepEqual(init.draw(START).X, init.draw({ ...START, seed: 1 }).X);
});

test("histograms keep every value, also those outside", () => {
  assert.deepEqual([...init.histogram([-5, -1, -0.6, 0, 0.4, 1, 7, NaN], -1, 1, 4)], [3, 0, 2, 2]);
  const { layers } = look({ activation: "gelu", initializer: "he_normal" });
  const [low, high] = init.activationRange(layers, "gelu");
  assert.ok(low < 0 && low >= -0.18 && high > 1);
  assert.deepEqual(init.activationRange(look({ activation: "relu", initializer: "zeros" }).layers, "relu"), [0, 1]);
  assert.deepEqual(init.gradientRange([new Float64Array()]), [-4, 0]);
  assert.deepEqual(init.gradientRange([Float64Array.of(-1.5, -1.2)]), [-5, -1]);
});

test("an impossible state is refused", () => {
  assert.equal(init.problemWith(START), null);
  for (const bad of [{ n_layers: 11 }, { width: 2.5 }, { std: 0 }, { seed: NaN }, { activation: "toString" }, { initializer: "magic" }]) assert.notEqual(init.problemWith({ ...START, ...bad }), null);
});
