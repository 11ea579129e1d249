// TrainingMonitor without a browser: decoding a recording, axes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { curveNames, isLoss, moments, range, ticks, TOP } from "../../nnbook/widgets/static/training_recording.js";

const RECORDING = {
  epochs: [0, 1, 3],
  curves: { "train loss": [null, 2, 0.5], accuracy: [null, 0.25, 0.75] },
  bins: 4,
  layers: [
    { name: "2 → 4", limit: 1, levels: "0A_0" + "1234" + "0000" },
    { name: "4 → 1", limit: 2, levels: "____" + "0000" + "abcd" },
  ],
  surface: { size: 2, extent: 1.1, low: 0, high: 1, levels: "0___" + "0000" + "_000" },
};

test("moments hold what the recording holds", () => {
  const list = moments(RECORDING);
  assert.deepEqual(list.map((m) => m.epoch), [0, 1, 3]);
  assert.deepEqual(list[0].curves, { "train loss": null, accuracy: null });
  assert.deepEqual([...list[0].histograms[0].levels], [0, 10, TOP, 0]);
  assert.deepEqual([...list[1].histograms[0].levels], [1, 2, 3, 4]);
  assert.deepEqual([...list[2].histograms[1].levels], [36, 37, 38, 39]);
  assert.equal(list[2].histograms[1].limit, 2);
  assert.deepEqual([...list[0].surface], [0, TOP, TOP, TOP]);
  assert.deepEqual([...list[2].surface], [TOP, 0, 0, 0]);
});

test("an empty recording has no moments; one without a surface has none", () => {
  assert.deepEqual(moments({}), []);
  const { surface, ...rest } = RECORDING;
  assert.equal(moments(rest)[0].surface, null);
});

test("a curve that was never measured is not named", () => {
  const list = moments({ ...RECORDING, curves: { "train loss": [null, 1, 2], "validation loss": [null, null, null] } });
  assert.deepEqual(curveNames(list), ["train loss"]);
  assert.ok(isLoss("validation loss") && !isLoss("accuracy"));
});

test("axes have round numbers inside their range", () => {
  assert.deepEqual(ticks(0, 2), [0, 0.5, 1, 1.5, 2]);
  assert.deepEqual(ticks(0.31, 0.72), [0.4, 0.6]);
  assert.deepEqual(ticks(0.001, 10, true), [0.001, 0.01, 0.1, 1, 10]);
  assert.deepEqual(ticks(0.3, 4, true), [0.5, 1, 2]);
  for (const [low, high] of [[0, 1e-7], [5, 5000], [-3, 8], [0.9999, 1.0001]]) {
    const found = ticks(low, high);
    assert.ok(found.length >= 2 && found.length <= 7, `${low} to ${high}: ${found}`);
    assert.ok(found.every((v) => v >= low - 1e-12 && v <= high + 1e-12));
  }
});

test("a loss is read against zero, a metric against its own range; log leaves out what it cannot show", () => {
  const list = moments(RECORDING);
  assert.equal(range(list, ["train loss"], false)[0], 0);
  assert.ok(range(list, ["accuracy"], false)[0] > 0.2);
  assert.equal(range(list, ["nothing"], false), null);
  const zero = moments({ ...RECORDING, curves: { "train loss": [null, 0, 0.5] } });
  assert.ok(range(zero, ["train loss"], true)[0] > 0);
  const flat = moments({ ...RECORDING, curves: { accuracy: [1, 1, 1] } });
  const [low, high] = range(flat, ["accuracy"], false);
  assert.ok(low < 1 && high > 1);
});
