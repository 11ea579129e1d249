// What BackpropStepper shows must be true: every formula, evaluated with its own numbers, gives its own result.
import assert from "node:assert/strict";
import { test } from "node:test";

import * as nn from "../../nnbook/widgets/static/nn.js";
import * as bpr from "../../nnbook/widgets/static/backprop_round.js";
import * as bps from "../../nnbook/widgets/static/backprop_steps.js";
import { layout, weightPlaces } from "../../nnbook/widgets/static/backprop_drawing.js";
import { assertClose, numericalGradient } from "./helpers.mjs";

const START = {
  inputs: [1, 0.5],
  target: 1,
  parameters: [0.4, -0.6, 0.8, 0.2, 0, 0, -0.8, 0.6, 0.1],
  activation: "tanh",
  output_activation: "sigmoid",
  loss: "binary_cross_entropy",
  learning_rate: 0.5,
  seed: 0,
  step: 0,
};

/** Every combination of activations and losses, with several weights. */
function* states() {
  for (const activation of Object.keys(nn.activations)) {
    for (const output_activation of bpr.OUTPUT_ACTIVATIONS) {
      for (const loss of bpr.LOSSES) {
        for (let seed = 0; seed < 4; seed++) {
          const parameters = seed === 0 ? START.parameters : bpr.drawParameters(seed).map((p, i) => p + (i > 3 ? 0.1 * i - 0.5 : 0));
          yield { ...START, activation, output_activation, loss, parameters, target: 0.25 * seed, inputs: [seed - 1.5, 0.7 - seed] };
        }
      }
    }
  }
}

const run = (state) => {
  const v = bpr.computeRound(state);
  return { v, steps: bps.stepsOf(state, v) };
};

/** Evaluate a formula as it stands on the page, with all digits of its numbers. */
function evaluate(tokens) {
  const source = tokens
    .map((token) => (typeof token === "string" ? token : `(${token.n})`))
    .join("")
    .replaceAll("−", "-")
    .replaceAll("·", "*")
    .replaceAll("²", "**2")
    .replace(/ln ?/g, "Math.log")
    .replace(/max\(/g, "Math.max(")
    .replace(/tanh /g, "Math.tanh")
    .replace(/\[(.*?) > 0\]/g, "($1 > 0 ? 1 : 0)");
  const one = (f, backward) => (z) => {
    const [Z, a, out] = [Float64Array.of(z), Float64Array.of(0), Float64Array.of(0)];
    nn.activations[f].forward(Z, a, 1);
    if (!backward) return a[0];
    nn.activations[f].backward(Z, a, Float64Array.of(1), out, 1);
    return out[0];
  };
  const names = { σ: nn.sigmoid, GELU: one("gelu", false), slopeOfGELU: one("gelu", true) };
  return new Function(...Object.keys(names), `return ${source.replaceAll("GELU′", "slopeOfGELU")}`)(...Object.values(names));
}

test("every formula gives its result: all activations, losses and outputs", (t) => {
  let formulas = 0;
  for (const state of states()) {
    for (const step of run(state).steps) {
      for (const formula of step.formulas.filter((f) => f.numbers.length)) {
        const value = evaluate(formula.numbers);
        assert.ok(Math.abs(value - formula.result) <= 1e-12 * Math.max(1, Math.abs(value)), `${step.id}: ${bps.plain(formula.numbers)} = ${value}, not ${formula.result}`);
        formulas += 1;
      }
    }
  }
  t.diagnostic(`${formulas} formulas evaluated`);
  assert.ok(formulas > 3000);
});

test("a formula with a wrong number is found (negative control)", () => {
  const [formula] = run(START).steps[0].formulas;
  assert.ok(Math.abs(evaluate([...formula.numbers, " + ", { n: 1e-6 }]) - formula.result) > 1e-12);
});

test("the gradients are those of central differences", () => {
  for (const state of states()) {
    const parameters = state.parameters.slice();
    const v = bpr.computeRound(state);
    if (state.activation === "relu" && [v.z0, v.z1].some((z) => Math.abs(z) < 1e-3)) continue; // at the kink
    const numeric = numericalGradient(() => bpr.computeRound({ ...state, parameters }).L, parameters);
    const shown = parameters.map((_, p) => v[`g${p}`]);
    const longest = Math.max(1e-3, ...shown.map(Math.abs));
    shown.forEach((g, p) => assert.ok(Math.abs(g - numeric[p]) < 1e-6 * longest, `${JSON.stringify(state)}: gradient ${p}`));
  }
});

test("a round computes all numbers, each once, and only from numbers known before", () => {
  for (const state of states()) {
    const { v, steps } = run(state);
    assert.equal(steps.length, state.loss === "binary_cross_entropy" ? 17 : 18);
    const known = bps.knownAt(steps, -1);
    for (const step of steps) {
      for (const key of step.reads) assert.ok(known.has(key), `${step.id} reads ${key} before it is computed`);
      for (const { key, result } of step.formulas) {
        assert.ok(!known.has(key), `${key} is computed twice`);
        assert.equal(result, v[key]);
        known.add(key);
      }
      assert.ok(bps.PHASES.includes(step.phase));
    }
    for (let p = 0; p < 9; p++) assert.ok(known.has(`g${p}`) && known.has(`n${p}`));
    assert.deepEqual(known, bps.knownAt(steps, steps.length - 1));
  }
});

test("the first round of the default state, by hand", () => {
  const { v, steps } = run(START);
  assertClose([v.z0, v.z1], [0.8, -0.5], 1e-12, "z");
  assertClose([v.a0], [Math.tanh(0.8)], 1e-12, "a");
  assert.equal(bps.plain(steps[0].formulas[0].symbols), "w11(1) · x1 + w21(1) · x2 + b1(1)");
  assert.equal(bps.plain(steps[0].formulas[0].numbers), "0.4 · 1 + 0.8 · 0.5 + 0");
  const [, , , , , , , delta] = steps;
  assert.equal(delta.id, "d2");
  assert.equal(bps.plain(delta.formulas[0].numbers), "0.3299 − 1");
  assert.ok(v.L2 < v.L, "the default state must show a loss that falls");
});

test("ten rounds are ten steps of gradient descent", () => {
  let state = START;
  const model = new nn.MLP([2, 2, 1], { activation: "tanh" });
  model.parameters.set(START.parameters);
  const optimizer = new nn.SGD(9, { learningRate: 0.5 });
  const X = Float64Array.from(START.inputs);
  for (let i = 0; i < 10; i++) {
    state = { ...state, parameters: bpr.updatedParameters(state) };
    nn.trainStep(model, X, [1], [0], nn.losses.binary_cross_entropy, optimizer);
  }
  assert.deepEqual(state.parameters, Array.from(model.parameters));
});

test("sentences tell what is special: a silent ReLU, a saturated output, a step too long", () => {
  const text = (state, id) => run(state).steps.find((step) => step.id === id).text;
  assert.match(text({ ...START, activation: "relu" }, "d"), /hidden neuron 2: no error passes/);
  assert.match(text({ ...START, loss: "mean_squared_error", parameters: [0, 0, 0, 0, 0, 0, 0, 0, -6] }, "d2"), /saturated/);
  assert.match(text(START, "after"), /fell from 1.109 to 0.634/);
  const square = { ...START, loss: "mean_squared_error", output_activation: "identity", target: 5, learning_rate: 10 };
  assert.match(text(square, "after"), /rose .* smaller learning rate/);
  assert.match(text({ ...square, parameters: Array(9).fill(0), target: 0 }, "after"), /stays at 0/);
});

test("negative numbers stand in brackets where a sign would run into another", () => {
  for (const state of states()) {
    for (const step of run(state).steps) {
      for (const { numbers } of step.formulas) {
        const text = bps.plain(numbers);
        assert.doesNotMatch(text, /[·+−] −/, text);
        assert.doesNotMatch(text, /\(\(/, text);
      }
    }
  }
});

test("a state goes into an address and back", () => {
  for (const state of states()) {
    const text = bpr.encodeState(state);
    assert.match(text, /^[\w.*-]+$/, "no character that an address would escape");
    const back = bpr.decodeState(text);
    assertClose(back.parameters, state.parameters, 1e-11, "parameters");
    assert.deepEqual({ ...back, parameters: [] }, { ...state, parameters: [] , inputs: back.inputs });
    assertClose(back.inputs, state.inputs, 1e-11, "inputs");
  }
});

test("a broken address is ignored", () => {
  const good = bpr.encodeState(START);
  assert.notEqual(bpr.decodeState(good), null);
  for (const bad of ["", "x", "nonsense*k*", good.replace("x1_", "xNaN_"), good.replace("x1_", "x_"), good.replace("x1_", "xInfinity_"), good.replace("atanh", "aconstructor"),
    good.replace("lbce", "lconstructor"), good.replace("t1", "t2"), good.replace("r0.5", "r0"), good.replace("k0", "k99"), good.replace("k0", "k0.5"), good.replace("p0.4_", "p")]) {
    assert.equal(bpr.decodeState(bad), null, bad);
  }
});

test("mistakes are named", () => {
  const problem = (change) => bpr.problemWith({ ...START, ...change });
  assert.equal(problem({}), null);
  assert.match(problem({ inputs: [NaN, 0] }), /An input must be a number from −10 to 10/);
  assert.match(problem({ target: 2 }), /target is a probability/);
  assert.equal(problem({ target: 2, loss: "mean_squared_error" }), null);
  assert.match(problem({ parameters: [1] }), /weight or bias/);
  assert.match(problem({ learning_rate: 0 }), /learning rate/);
  assert.match(problem({ seed: -1 }), /seed/);
});

test("nothing in the drawing overlaps or leaves it, from 270 to 900 pixels", () => {
  for (let width = 270; width <= 900; width += 5) {
    const plan = layout(width);
    const { boxes, height } = plan;
    const list = [...Object.entries(boxes), ...weightPlaces(plan).map(({ name, box }) => [name, box])];
    for (const [name, { x, y, w, h }] of list) {
      assert.ok(x - w / 2 >= 0 && x + w / 2 <= width && y - h / 2 >= 0 && y + h / 2 <= height, `${name} leaves a drawing of ${width}`);
    }
    for (const [i, [nameA, a]] of list.entries()) {
      for (const [nameB, b] of list.slice(i + 1)) {
        assert.ok(Math.abs(a.x - b.x) >= (a.w + b.w) / 2 || Math.abs(a.y - b.y) >= (a.h + b.h) / 2, `${nameA} and ${nameB} overlap at ${width}`);
      }
    }
  }
});
