// What ThresholdChooser says, and which states it refuses.
import assert from "node:assert/strict";
import { test } from "node:test";

import { axisEnd, costCurve, cheapest, decide, histogram, problemWith, tally } from "../../nnbook/widgets/static/threshold.js";
import { ofThousand, percentText, pricer, story } from "../../nnbook/widgets/static/threshold_words.js";

const STAKES = { false_positive_cost: 1, false_negative_cost: 5, true_positive_cost: 0, true_negative_cost: 0, prevalence: 0.5 };
const counts = tally({ steps: [1000, 2000, 3000, 6000, 7000, 9000], labels: [0, 0, 1, 0, 1, 1], amounts: null });
const told = (k, stakes = STAKES) => {
  const curve = costCurve(counts, stakes);
  const best = cheapest(curve);
  return story(decide(counts, stakes, k), { cases: "women", positive: "ill", unit: "USD", cheapest: { threshold: best / 10000, cost: curve[best] }, nobody: curve[10000], everybody: curve[0] });
};

test("a threshold in words", () => {
  assert.equal(told(6500).first, "Of 1000 such women, 333 are called “ill”; 333 of these calls are right. 167 are missed.");
  assert.equal(told(6500).second, "The cost is $0.83 per case, $0.67 more than at 0.25.");
  assert.match(told(6500).third, /Calling everybody, without any model, costs \$0.50: it is cheaper than this/);
  assert.equal(told(6500).worse, true);
  assert.match(told(2500).second, /the least there is/);
  assert.equal(told(2500).worse, false);
  assert.match(told(10000).first, /nobody is called “ill”: all 500 are missed/);
  assert.match(told(0).third, /Calling everybody, without any model, costs the same/);
  assert.match(told(10000, { ...STAKES, false_positive_cost: 20 }).third, /Calling nobody, without any model, costs the same/);
});

test("numbers read well", () => {
  assert.deepEqual([0, 0.00001, 0.0034, 0.25].map(ofThousand), ["0", "fewer than 0.1", "3.4", "250"]);
  assert.deepEqual([0.5, 0.0213, 0.9987, NaN].map(percentText), ["50\u202f%", "2.13\u202f%", "99.87\u202f%", "–"]);
  assert.equal(pricer("points")(12.5), "12.5 points");
  assert.equal(pricer("USD")(86.08), "$86.08");
});

test("the axis ends at a round number above the highest score", () => {
  assert.equal(axisEnd(counts), 1);
  assert.equal(axisEnd(tally({ steps: [10, 800], labels: [0, 1], amounts: null })), 0.1);
  const { positive, negative } = histogram(counts, 10, 1);
  assert.deepEqual([...positive], [0, 0, 0, 1, 0, 0, 0, 1, 0, 1]);
  assert.deepEqual([...negative], [0, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
});

test("a state that cannot be shown is refused", () => {
  const good = { ...STAKES, threshold: 0.5 };
  assert.equal(problemWith(good), null);
  for (const bad of [{ threshold: 1.01 }, { threshold: NaN }, { prevalence: 0 }, { false_negative_cost: 1e10 }, { true_positive_cost: "1" }]) {
    assert.match(problemWith({ ...good, ...bad }), /must lie in/, JSON.stringify(bad));
  }
});
