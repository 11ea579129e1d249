// The path of DigitPad over all held-out digits; tests/test_widgets_digit_pad.py runs it and compares.
// Usage: node digit_pad_answers.mjs data.json
import fs from "node:fs";

import { digitNetwork } from "../../nnbook/widgets/static/digit_net.js";

const network = digitNetwork(JSON.parse(fs.readFileSync(process.argv[2], "utf-8")));
const out = Array.from({ length: network.nExamples }, (_, i) => {
  const { counts, label } = network.example(i);
  const { probabilities, activations, best, verdict } = network.answer(counts);
  return { counts, label, best, verdict, probabilities: [...probabilities], logits: [...activations.at(-1)], strangeness: network.strangeness(counts) };
});
console.log(JSON.stringify(out));
