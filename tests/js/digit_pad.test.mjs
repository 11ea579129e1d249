// DigitPad without a browser: from strokes to 8×8 counts, and what the widget says.
import assert from "node:assert/strict";
import { test } from "node:test";

import { BITMAP, countBlocks, imageOfStrokes, INK, rasterize } from "../../nnbook/widgets/static/digit_ink.js";
import { percent, sentence } from "../../nnbook/widgets/static/digit_net.js";

const sum = (list) => list.reduce((a, b) => a + b, 0);
const circle = Array.from({ length: 41 }, (_, i) => [50 + 20 * Math.cos((i * Math.PI) / 20), 50 + 40 * Math.sin((i * Math.PI) / 20)]);
const stroke = [[10, 10], [30, 10], [15, 60]];
const rows = (image) => Array.from({ length: 8 }, (_, r) => sum(image.slice(8 * r, 8 * r + 8)));
const columns = (image) => Array.from({ length: 8 }, (_, c) => sum(image.filter((_, i) => i % 8 === c)));

test("a block of 4×4 black pixels counts 16, its neighbours nothing", () => {
  const bitmap = new Uint8Array(BITMAP * BITMAP);
  for (let y = 4; y < 8; y++) for (let x = 8; x < 12; x++) bitmap[y * BITMAP + x] = 1;
  const counts = countBlocks(bitmap);
  assert.equal(counts[1 * 8 + 2], 16);
  assert.equal(sum(counts), 16);
});

test("a straight pen stroke of radius 2 along a row of pixels blackens four rows", () => {
  const bitmap = rasterize([[[0, 16], [32, 16]]], 2);
  for (let y = 0; y < BITMAP; y++) assert.equal(bitmap[y * BITMAP + 16], y >= 14 && y < 18 ? 1 : 0, `row ${y}`);
});

test("a drawing looks like the data: full height, centred, the ink of a real digit", () => {
  for (const strokes of [[circle], [stroke], [[[0, 0], [0, 50]]], [[[0, 0], [30, 50]], [[30, 0], [0, 50]]]]) {
    const image = imageOfStrokes(strokes);
    assert.ok(image.every((v) => Number.isInteger(v) && v >= 0 && v <= 16));
    assert.ok(Math.abs(sum(image) - INK) < 25, `ink ${sum(image)}`);
    assert.ok(rows(image)[0] > 0 && rows(image)[7] > 0, "touches top and bottom");
    assert.equal(columns(image)[0] + columns(image)[7], 0, "keeps the outer columns free");
    const middle = sum(columns(image).map((v, c) => v * c)) / sum(image);
    assert.ok(Math.abs(middle - 3.5) < 0.7, `middle ${middle}`);
  }
});

test("place, size and unit of the drawing do not matter", () => {
  const moved = circle.map(([x, y]) => [0.01 * x + 7, 0.01 * y - 3]);
  assert.deepEqual(imageOfStrokes([moved]), imageOfStrokes([circle]));
});

test("nothing, a dot and a lying stroke are no exceptions", () => {
  assert.equal(sum(imageOfStrokes([])), 0);
  assert.ok(sum(imageOfStrokes([[[5, 5]]])) > 0);
  const lying = imageOfStrokes([[[0, 0], [100, 0]]]);
  assert.ok(rows(lying)[0] === 0 && rows(lying)[7] === 0, "a lying stroke is not blown up to full height");
});

test("a tall drawing of one pixel's width is not stretched into a block", () => {
  const thin = columns(imageOfStrokes([[[0, 0], [1, 100]]]));
  assert.ok(thin[1] + thin[6] === 0, thin.join(" "));
});

test("what the widget says", () => {
  const probabilities = new Float64Array([0, 0, 0.004, 0.6, 0, 0.396, 0, 0, 0, 0]);
  const answer = { probabilities, activations: [], best: 3, second: 5, verdict: "unsure" };
  assert.equal(sentence(answer), "I am unsure: 3 (60 %) or 5 (40 %).");
  assert.equal(sentence({ ...answer, verdict: "sure" }, 5), "I read a 3 (60 %). The writer meant a 5.");
  assert.equal(sentence({ ...answer, verdict: "sure" }, 3), "I read a 3 (60 %). That is what the writer meant.");
  assert.match(sentence({ ...answer, verdict: "strange" }), /does not look like/);
  assert.equal(percent(0.9999), "over 99 %");
  assert.equal(percent(0.0001), "under 1 %");
});
