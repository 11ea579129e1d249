// surfaces.js must be nnbook.surfaces. Run by tests/js/test_surfaces_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { contour } from "../../nnbook/widgets/static/contours.js";
import { problemWith, standing } from "../../nnbook/widgets/static/optimizer_race.js";
import { FAR_AWAY, OPTIMIZERS, SURFACES, distanceToMinimum, noiseDraws, runPath } from "../../nnbook/widgets/static/surfaces.js";
import { assertClose } from "./helpers.mjs";

const { surfaces, races, far_away } = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const TOLERANCE = 1e-9;

test("both know the same surfaces, with the same settings", () => {
  assert.deepEqual(Object.keys(SURFACES), surfaces.map((s) => s.name));
  assert.equal(FAR_AWAY, far_away);
  for (const { name, settings } of surfaces) {
    const { value, ...mine } = SURFACES[name];
    assert.deepEqual(mine, settings);
    assert.deepEqual(Object.keys(mine.learning_rates), OPTIMIZERS);
  }
});

test("values and gradients agree", () => {
  for (const { name, points, values, gradients } of surfaces) {
    const g = new Float64Array(2);
    const mine = points.map(([x, y]) => [SURFACES[name].value(x, y, g), g[0], g[1]]);
    assertClose(mine.map((m) => m[0]), values, TOLERANCE, `${name} value`);
    assertClose(mine.flatMap((m) => m.slice(1)), gradients.flat(), TOLERANCE, `${name} gradient`);
  }
});

test(`${races.length} races of ${OPTIMIZERS.length}: 200 steps each, with the same noise`, (t) => {
  let worst = 0;
  for (const { surface, noise, start, rates, draws, paths, losses } of races) {
    for (const name of OPTIMIZERS) {
      const run = runPath(SURFACES[surface], name, rates[name], start, 200, noise, Float64Array.from(draws));
      worst = Math.max(worst, assertClose(run.path, paths[name], TOLERANCE, `${surface} ${name} path`));
      assertClose(run.losses, losses[name], TOLERANCE, `${surface} ${name} losses`);
      assert.equal(run.left, null);
    }
  }
  t.diagnostic(`largest relative error ${worst}`);
});

test("who flies away stays there, and stands last", () => {
  const draws = noiseDraws(0, 100);
  const surface = SURFACES.bowl;
  const lost = runPath(surface, "SGD", 1, [-2, 1], 100, 0, draws);
  const good = runPath(surface, "Adam", 0.1, [-2, 1], 100, 0, draws);
  assert.ok(lost.left > 3 && lost.left < 30);
  assert.ok(lost.path.every(Number.isFinite));
  assert.deepEqual(standing(surface, [lost, good], 100).map((row) => [row.name, row.away]), [["Adam", false], ["SGD", true]]);
  assert.equal(standing(surface, [lost, good], 0)[0].away, false);
});

test("the nearest minimum counts", () => {
  assert.equal(distanceToMinimum(SURFACES.saddle, 0, -1.5), 0.5);
  assert.equal(distanceToMinimum(SURFACES.valley, 1, 0), 1);
});

test("a contour of a cone is a circle", () => {
  const n = 41;
  const values = Float64Array.from({ length: n * n }, (_, k) => Math.hypot((k % n) - 20, Math.floor(k / n) - 20));
  let length = 0;
  contour(values, n, n, 12.3, (x0, y0, x1, y1) => {
    length += Math.hypot(x1 - x0, y1 - y0);
    for (const [x, y] of [[x0, y0], [x1, y1]]) assert.ok(Math.abs(Math.hypot(x - 20, y - 20) - 12.3) < 0.02);
  });
  assert.ok(Math.abs(length - 2 * Math.PI * 12.3) < 0.2, `length ${length}`);
});

test("a state that cannot race is refused", () => {
  const { learning_rates, start, noise } = SURFACES.bowl;
  const good = { surface: "bowl", learning_rates, start, noise, racing: OPTIMIZERS, seed: 0, n_steps: 300, step: 0 };
  assert.equal(problemWith(good), null);
  for (const bad of [{ surface: "toString" }, { learning_rates: { ...learning_rates, SGD: 0 } }, { start: [0] }, { start: [0, "1"] }, { noise: -1 }, { racing: ["x"] }, { seed: 0.5 }, { n_steps: 1e9 }]) {
    assert.notEqual(problemWith({ ...good, ...bad }), null, JSON.stringify(bad));
  }
});
