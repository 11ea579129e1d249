// drive_replay.js must replay as nnbook.driving.recording does. Run by tests/js/test_drive_js.py, which first writes the cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as js from "../../nnbook/widgets/static/drive_replay.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

test("where the car is at any moment", () => {
  for (const { film, at } of cases) {
    for (const { second, state } of at) {
      const { ego, speed } = js.momentAt(film, second);
      assertClose([1e3 + ego.x, 1e3 + ego.y, 1e3 + ego.heading, 1e3 + speed], state.map((v) => 1e3 + v), 1e-9, "state");
    }
  }
});

test("what the car believed", () => {
  for (const { film, levels } of cases) levels.forEach((expected, frame) => assert.deepEqual([...js.levelsOf(film, frame)], expected));
});

test("the whole track fits into a picture", () => {
  for (const [width, height] of [[600, 400], [350, 226]]) {
    const fit = js.fitTrack(cases[0].film, width, height);
    for (const [x, y] of [[-2.5, -2.5], [47.5, 11.5]]) {
      assert.ok(fit.x(x) >= 7.99 && fit.x(x) <= width - 7.99);
      assert.ok(fit.y(y) >= 7.99 && fit.y(y) <= height - 7.99);
    }
  }
});

test("the end is told, and a state that cannot be shown is refused", () => {
  const { film } = cases[0];
  assert.match(js.story(film, js.duration(film)), /It finished the lap\.$/);
  assert.match(js.story({ ...film, outcome: "collision" }, js.duration(film)), /hit another car/);
  const good = { films: [film], film: 0, second: 0, speed: 2 };
  assert.equal(js.problemWith(good), null);
  for (const bad of [{ film: 1 }, { film: 0.5 }, { second: -1 }, { second: NaN }, { speed: 3 }]) assert.notEqual(js.problemWith({ ...good, ...bad }), null);
});
