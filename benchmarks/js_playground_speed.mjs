// Updates per second of nn.js, as the Playground uses it: `node benchmarks/js_playground_speed.mjs` (one thread, no page).
import * as nn from "../nnbook/widgets/static/nn.js";

const SECONDS = 0.7;
const cases = [
  { name: "2-8-8-1 tanh, BCE, SGD", sizes: [2, 8, 8, 1], activation: "tanh", optimizer: "SGD" },
  { name: "2-8-8-1 relu, BCE, SGD", sizes: [2, 8, 8, 1], activation: "relu", optimizer: "SGD" },
  { name: "2-8-8-1 tanh, BCE, Adam", sizes: [2, 8, 8, 1], activation: "tanh", optimizer: "Adam" },
  { name: "2-8-8-1 gelu, BCE, Adam", sizes: [2, 8, 8, 1], activation: "gelu", optimizer: "Adam" },
  { name: "2-16-16-16-1 relu, BCE, Adam", sizes: [2, 16, 16, 16, 1], activation: "relu", optimizer: "Adam" },
];

const { X, y } = nn.datasets.spiral(500, 0.02, new nn.Random(1));
const rows = [];
for (let round = 0; round < 3; round++) {
  for (const [i, c] of cases.entries()) {
    const rng = new nn.Random(7);
    const model = new nn.MLP(c.sizes, { activation: c.activation, rng, maxBatch: 32 });
    const optimizer = new nn.optimizers[c.optimizer](model.parameters.length, { learningRate: 0.01 });
    const trainer = new nn.Trainer(model, X, y, { loss: nn.losses.binary_cross_entropy, optimizer, batchSize: 32, rng });
    for (let k = 0; k < 3000; k++) trainer.step();
    const before = process.memoryUsage().heapUsed;
    const start = performance.now();
    let steps = 0;
    while (performance.now() - start < SECONDS * 1000) {
      for (let k = 0; k < 100; k++) trainer.step();
      steps += 100;
    }
    const perSecond = (1000 * steps) / (performance.now() - start);
    const bytes = (process.memoryUsage().heapUsed - before) / steps;
    (rows[i] ??= { case: c.name, rates: [], bytes: [] }).rates.push(perSecond);
    rows[i].bytes.push(bytes);
  }
}
const median = (values) => values.slice().sort((p, q) => p - q)[values.length >> 1];
console.table(
  rows.map((r) => ({ case: r.case, "updates/s": Math.round(median(r.rates)), "µs/update": +(1e6 / median(r.rates)).toFixed(1), "bytes/update": +median(r.bytes).toFixed(1) })),
);
