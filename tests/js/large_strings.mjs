// The tokenizer of the page cuts as nnbook.large's. Run by tests/js/test_large_js.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readFile } from "../../nnbook/widgets/static/large_file.js";
import { openTokenizer } from "../../nnbook/widgets/static/large_tokenizer.js";

const cases = JSON.parse(readFileSync(process.env.NNBOOK_PARITY_CASES, "utf8"));

test(`${cases.strings.length} texts`, () => {
  const tokenizer = openTokenizer(readFile(new Uint8Array(readFileSync(cases.file))).metadata);
  for (const { text, tokens, trusted, decoded } of cases.strings) {
    assert.deepEqual(tokenizer.encode(text), tokens, JSON.stringify(text));
    assert.deepEqual(tokenizer.encode(text, { control: true }), trusted, JSON.stringify(text));
    assert.equal(tokenizer.decode(tokens), decoded);
  }
});
