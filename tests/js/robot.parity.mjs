// robot_words.js and robot_dialogue.js must understand and answer as nnbook.dialogue does. Run by tests/js/test_robot_js.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { openRobots } from "../../nnbook/widgets/static/robot_chat.js";
import { cueReader } from "../../nnbook/widgets/static/robot_cues.js";
import { worldRows } from "../../nnbook/widgets/static/robot_home.js";
import { findQuantities } from "../../nnbook/widgets/static/robot_quantities.js";
import { fold } from "../../nnbook/widgets/static/retrieval.js";
import { fnv1a, intentModel, languageOf, pieces, slotFinder } from "../../nnbook/widgets/static/robot_words.js";
import { assertClose } from "./helpers.mjs";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));
const { data } = cases;
const finders = Object.fromEntries(Object.entries(data.gazetteers).map(([robot, gazetteer]) => [robot, slotFinder(robot, gazetteer, data.others[robot])]));
const readers = Object.fromEntries(
  Object.keys(data.gazetteers).map((robot) => [
    robot,
    Object.fromEntries(["en", "zh"].map((language) => [language, cueReader({ robot, language, written: data.cues[robot][language], checks: data.rules.checks, mask: finders[robot].mask })])),
  ]),
);
const families = (robot) => (text) => readers[robot][languageOf(text)].families(text, data.rules.families[robot]);

test(`${cases.texts.length} sentences are cut alike`, () => {
  for (const { text, robot, language, masked, found, slots, hash, answer, quantities } of cases.texts) {
    assert.equal(languageOf(text), language, text);
    assert.equal(finders[robot].mask(text), masked, text);
    assert.deepEqual([...families(robot)(text).map((name) => `=${name}`), ...pieces(masked)], found, text);
    assert.equal(readers[robot][language].yesOrNo(text), answer, text);
    assert.deepEqual(findQuantities(fold(text)).map(({ name, value, start, end }) => [name, value, start, end]), quantities, text);
    assert.equal(fnv1a(text), hash);
    assert.deepEqual(finders[robot].find(text).map(({ name, value }) => [name, typeof value === "number" ? value.toFixed(9) : value]), slots, text);
  }
});

test(`${cases.texts.length} sentences have the same probabilities`, (t) => {
  let worst = 0;
  for (const { text, robot, language, probabilities } of cases.texts) {
    const model = intentModel(data.models[`${robot}_${language}`], data.n_buckets, finders[robot], families(robot));
    worst = Math.max(worst, assertClose([...model.probabilities(text)], probabilities, 1e-9, text));
  }
  t.diagnostic(`largest relative error ${worst}`);
});

test(`${cases.talks.length} dialogues go alike`, () => {
  const robots = openRobots(data);
  for (const { robot, usual, threshold, turns } of cases.talks) {
    let state = robots.first(robot);
    for (const { text, reply, kind, intent, slots, after } of turns) {
      const frozen = JSON.stringify(state);
      const turn = robots.say(robot, state, text, usual, threshold);
      assert.equal(JSON.stringify(state), frozen, "the old state is not changed");
      assert.equal(turn.reply, reply, text);
      assert.equal(turn.kind, kind, text);
      assert.equal(turn.intent, intent, text);
      assert.deepEqual(turn.slots, slots, text);
      assert.deepEqual(turn.state, after, text);
      state = turn.state;
      for (const language of ["en", "zh"]) {
        const rows = worldRows(robot, state.world, language, { gazetteer: data.gazetteers[robot], words: data.words }).flatMap((table) => table.rows);
        assert.ok(rows.every(({ name, value }) => name && value && !`${name}${value}`.includes("undefined")));
      }
    }
  }
});
