// @ts-check
/** How the next token is drawn: the twin of `Sampling` in nnbook/large/chat.py. No DOM. */

/**
 * @typedef {{temperature: number, topK: number | null, topP: number, repetitionPenalty: number}} Sampling
 * temperature 0 takes the best; topK null keeps all; topP 1 keeps all; repetitionPenalty 1 changes nothing
 * @typedef {{token: number, probability: number}} Candidate
 */

/**
 * The tokens that can come, the best first, with their probabilities after temperature, cuts and penalty.
 * @param {Float32Array} logits @param {Sampling} sampling @param {Iterable<number>} [used] tokens written so far
 * @returns {{tokens: Uint32Array, probabilities: Float64Array}}
 */
export function candidates(logits, { temperature, topK, topP, repetitionPenalty }, used = []) {
  const z = Float64Array.from(logits);
  if (repetitionPenalty !== 1) for (const token of new Set(used)) z[token] = z[token] > 0 ? z[token] / repetitionPenalty : z[token] * repetitionPenalty;
  if (temperature === 0) return { tokens: Uint32Array.of(largest(z)), probabilities: Float64Array.of(1) };
  const order = Uint32Array.from(z, (_, i) => i).sort((a, b) => z[b] - z[a] || a - b);
  const tokens = topK === null ? order : order.subarray(0, topK);
  let probabilities = softmaxOf(z, tokens, temperature);
  if (topP === 1) return { tokens, probabilities };
  let sum = 0;
  let kept = 0;
  while (kept < tokens.length && sum < topP) sum += probabilities[kept++]; // the one that reaches the sum is kept
  probabilities = probabilities.slice(0, kept).map((p) => p / sum);
  return { tokens: tokens.subarray(0, kept), probabilities };
}

/** The place of the largest number, the first of equals. @param {ArrayLike<number>} z */
export function largest(z) {
  let best = 0;
  for (let i = 1; i < z.length; i++) if (z[i] > z[best]) best = i;
  return best;
}

/** The model's own probability of any token, before any setting. @param {Float32Array} logits @returns {(token: number) => number} */
export function ownProbability(logits) {
  const top = logits[largest(logits)];
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp(logits[i] - top);
  return (token) => Math.exp(logits[token] - top) / sum;
}

/** The best tokens with the model's own probabilities. @param {Float32Array} logits @param {number} n @returns {Candidate[]} */
export function best(logits, n) {
  const probability = ownProbability(logits);
  /** @type {number[]} */
  const found = [];
  for (let i = 0; i < logits.length; i++) {
    if (found.length === n && logits[i] <= logits[found[n - 1]]) continue;
    const place = found.findIndex((other) => logits[i] > logits[other]);
    found.splice(place < 0 ? found.length : place, 0, i);
    found.length = Math.min(found.length, n);
  }
  return found.map((token) => ({ token, probability: probability(token) }));
}

/** Where a draw u from [0, 1) falls. @param {{tokens: Uint32Array, probabilities: Float64Array}} of @param {number} u */
export function draw({ tokens, probabilities }, u) {
  let sum = 0;
  for (let i = 0; i < tokens.length; i++) {
    sum += probabilities[i];
    if (u < sum) return tokens[i];
  }
  return tokens[tokens.length - 1]; // rounding
}

/** @param {Float64Array} z @param {Uint32Array} tokens sorted, the best first @param {number} temperature */
function softmaxOf(z, tokens, temperature) {
  const p = Float64Array.from(tokens, (token) => Math.exp((z[token] - z[tokens[0]]) / temperature));
  const sum = p.reduce((a, b) => a + b, 0);
  return p.map((value) => value / sum);
}
