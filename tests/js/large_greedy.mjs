// Continues prompts with the large model itself and prints the tokens. Called by tests/js/test_large_js.py.
import { readFileSync } from "node:fs";

import { AT_ONCE, openModel } from "../../nnbook/widgets/static/large_model.js";
import { largest } from "../../nnbook/widgets/static/large_sampling.js";

const [path, asked] = process.argv.slice(2);
const model = await openModel(new Uint8Array(readFileSync(path)), { capacity: 256 });
const written = JSON.parse(readFileSync(asked, "utf8")).map(({ prompt, n }) => {
  model.walkBack(0);
  let logits = null;
  for (let i = 0; i < prompt.length; i += AT_ONCE) logits = model.read(prompt.slice(i, i + AT_ONCE), { more: i + AT_ONCE < prompt.length });
  return Array.from({ length: n }, () => {
    const token = largest(logits);
    logits = model.read([token]);
    return token;
  });
});
console.log(JSON.stringify(written));
