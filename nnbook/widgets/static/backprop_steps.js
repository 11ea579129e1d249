// @ts-check
/** One round of learning, cut into steps: what each step computes, from what, and how to say it. No DOM. */

import { formatNumber } from "./ui.js";

/** @typedef {import("./backprop_round.js").State} State */
/** @typedef {string | {s: string, sup?: string, sub?: string} | {n: number} | {top: Token[], bottom: Token[]}} Token */
/** @typedef {{key: string, left: Token[], symbols: Token[], numbers: Token[], result: number, relation?: string, before?: number}} Formula  before: what the result was a round ago */
/** @typedef {{id: string, phase: string, title: string, text: string, formulas: Formula[], reads: string[], flow: number}} Step */

export const PHASES = ["forward", "loss", "backward", "update"];

/** The lines of the drawing: parameter index → where the line starts and ends. */
export const LINES = [
  { parameter: 0, from: "x0", to: "h0" },
  { parameter: 1, from: "x0", to: "h1" },
  { parameter: 2, from: "x1", to: "h0" },
  { parameter: 3, from: "x1", to: "h1" },
  { parameter: 6, from: "h0", to: "out" },
  { parameter: 7, from: "h1", to: "out" },
];

/** Which parameter is the weight from input i to hidden neuron j. @param {number} i @param {number} j */
const weightIndex = (i, j) => 2 * i + j;

// ---------------------------------------------------------------------------------------------------------- the symbols

/** @param {string} s @param {string} [sup] @param {string} [sub] @returns {Token} */
const sym = (s, sup, sub) => ({ s, sup, sub });
/** @param {number} n @returns {Token} */
const num = (n) => ({ n });

const TARGET = sym("y");
const PREDICTION = sym("ŷ");
const LOSS = sym("J");
const RATE = sym("η");

/** The symbol of a number. @param {string} key as in computeRound @returns {Token[]} */
function symbolOf(key) {
  const kind = key[0];
  const index = Number(key.slice(1));
  /** @param {Token} below @returns {Token[]} */
  const slope = (below) => [{ top: [sym("∂J")], bottom: [sym("∂"), below] }];
  if (key === "L2") return [sym("J", "new")];
  if (key === "a3") return [sym("ŷ", "new")];
  switch (kind) {
    case "x":
      return [sym("x", undefined, String(index + 1))];
    case "p":
    case "n":
      return [parameterSymbol(index)];
    case "g":
      return slope(parameterSymbol(index));
    case "z":
      return [neuronSymbol("z", index)];
    case "a":
      return [index === 2 ? PREDICTION : neuronSymbol("a", index)];
    case "d":
      return [neuronSymbol("δ", index)];
    case "e":
      return slope(index === 2 ? PREDICTION : neuronSymbol("a", index));
    case "t":
      return [TARGET];
    default:
      return [LOSS];
  }
}

/** The same, short enough for the drawing, where the place tells which neuron or line is meant. @param {string} key @returns {Token[]} */
export function labelOf(key) {
  const index = Number(key.slice(1));
  if (key === "L2") return [sym("J", "new")];
  if (key[0] === "g") return [sym(index === 8 || index === 4 || index === 5 ? "∂J/∂b" : "∂J/∂w")];
  if (key[0] === "e") return [sym(index === 2 ? "∂J/∂ŷ" : "∂J/∂a")];
  return key[0] === "n" ? ["→"] : symbolOf(key);
}

/** @param {string} letter @param {number} j 0, 1 hidden; 2 output @returns {Token} */
function neuronSymbol(letter, j) {
  return j === 2 ? sym(letter, "(2)") : sym(letter, "(1)", String(j + 1));
}

/** @param {number} p @returns {Token} */
function parameterSymbol(p) {
  if (p < 4) return sym("w", "(1)", `${Math.floor(p / 2) + 1}${(p % 2) + 1}`);
  if (p < 6) return sym("b", "(1)", String(p - 3));
  return p < 8 ? sym("w", "(2)", String(p - 5)) : sym("b", "(2)");
}

/** What a screen reader calls a number. @param {string} key */
export function nameOf(key) {
  const kind = key[0];
  const index = Number(key.slice(1));
  const neuron = index === 2 ? "the output" : `hidden neuron ${index + 1}`;
  if (key === "L2") return "loss after the update";
  if (key === "a3") return "prediction after the update";
  switch (kind) {
    case "x":
      return `input ${index + 1}`;
    case "p":
      return parameterName(index);
    case "n":
      return `new ${parameterName(index)}`;
    case "g":
      return `gradient of the ${parameterName(index)}`;
    case "z":
      return `weighted sum z of ${neuron}`;
    case "a":
      return index === 2 ? "prediction" : `activation a of ${neuron}`;
    case "d":
      return `delta of ${neuron}`;
    case "e":
      return `derivative of the loss by the ${index === 2 ? "prediction" : `activation of ${neuron}`}`;
    case "t":
      return "target";
    default:
      return "loss";
  }
}

/** @param {number} p */
function parameterName(p) {
  if (p < 4) return `weight from input ${Math.floor(p / 2) + 1} to hidden neuron ${(p % 2) + 1}`;
  if (p < 6) return `bias of hidden neuron ${p - 3}`;
  return p < 8 ? `weight from hidden neuron ${p - 5} to the output` : "bias of the output";
}

/** @type {Record<string, {label: string, apply: (z: Token) => Token[], slope: (z: Token, a: Token) => Token[], why: string}>} */
const FUNCTIONS = {
  identity: { label: "identity", apply: (z) => [z], slope: () => ["1"], why: "The identity changes nothing." },
  relu: {
    label: "ReLU",
    apply: (z) => ["max(0, ", z, ")"],
    slope: (z) => ["[", z, " > 0]"],
    why: "ReLU keeps a positive sum and turns a negative one into 0.",
  },
  tanh: { label: "tanh", apply: (z) => ["tanh ", z], slope: (z, a) => ["(1 − (", a, ")²)"], why: "tanh presses the sum into the range from −1 to 1." },
  sigmoid: { label: "sigmoid", apply: (z) => ["σ(", z, ")"], slope: (z, a) => [a, " · (1 − ", a, ")"], why: "The sigmoid σ presses the sum into the range from 0 to 1." },
  gelu: { label: "GELU", apply: (z) => ["GELU(", z, ")"], slope: (z) => ["GELU′(", z, ")"], why: "GELU is a ReLU with a soft corner." },
};
/** @type {Record<string, string>} */
export const ACTIVATION_LABELS = Object.fromEntries(Object.entries(FUNCTIONS).map(([name, f]) => [name, f.label]));

// ------------------------------------------------------------------------------------------------------------ the steps

/**
 * The steps of one round. @param {State} state
 * @param {Record<string, number>} v what computeRound gave
 * @returns {Step[]}
 */
export function stepsOf(state, v) {
  const crossEntropy = state.loss === "binary_cross_entropy";
  const hidden = FUNCTIONS[state.activation];
  const last = FUNCTIONS[crossEntropy ? "sigmoid" : state.output_activation];
  /** @type {Step[]} */
  const steps = [];

  /**
   * A formula, once with symbols and once with numbers. @param {string} key what it computes
   * @param {(string | [string])[]} parts text, or [key] for a number
   */
  const formula = (key, parts) => {
    /** @type {Token[]} */ const symbols = [];
    /** @type {Token[]} */ const numbers = [];
    for (const part of parts) {
      if (typeof part === "string") {
        symbols.push(part);
        numbers.push(part);
      } else {
        symbols.push(...(part[0] === "rate" ? [RATE] : symbolOf(part[0])));
        numbers.push(num(part[0] === "rate" ? state.learning_rate : v[part[0]]));
      }
    }
    return { key, left: symbolOf(key), symbols, numbers, result: v[key] };
  };
  /** As formula, but an assignment. @param {string} key @param {(string | [string])[]} parts */
  const arrow = (key, parts) => ({ ...formula(key, parts), relation: "←" });
  /** @param {string} key @param {(token: Token) => Token[]} write a formula of one number @param {string} of */
  const applied = (key, write, of) => ({ key, left: symbolOf(key), symbols: write(symbolOf(of)[0]), numbers: write(num(v[of])), result: v[key] });
  /** δ = ∂J/∂a · f′(z) @param {number} j @param {typeof hidden} f */
  const delta = (j, f) => ({
    key: `d${j}`,
    left: symbolOf(`d${j}`),
    symbols: [...symbolOf(`e${j}`), " · ", ...f.slope(symbolOf(`z${j}`)[0], symbolOf(`a${j}`)[0])],
    numbers: [num(v[`e${j}`]), " · ", ...f.slope(num(v[`z${j}`]), num(v[`a${j}`]))],
    result: v[`d${j}`],
  });
  /** @param {string} id @param {string} phase @param {string} title @param {string} text @param {Formula[]} formulas @param {string[]} reads @param {number} [flow] */
  const add = (id, phase, title, text, formulas, reads, flow = 0) => void steps.push({ id, phase, title, text, formulas, reads, flow });

  for (let j = 0; j < 2; j++) {
    const [w1, w2, b] = [`p${weightIndex(0, j)}`, `p${weightIndex(1, j)}`, `p${4 + j}`];
    add(
      `z${j}`, "forward", `Hidden neuron ${j + 1} adds up`,
      j === 0 ? "Each input is multiplied by the weight on its line; the bias is added." : "The same inputs, other weights: so the two neurons can see different things.",
      [formula(`z${j}`, [[w1], " · ", ["x0"], " + ", [w2], " · ", ["x1"], " + ", [b]])],
      ["x0", "x1", w1, w2, b], 1,
    );
    add(`a${j}`, "forward", `Hidden neuron ${j + 1} answers`, hidden.why, [applied(`a${j}`, hidden.apply, `z${j}`)], [`z${j}`]);
  }
  add(
    "z2", "forward", "The output adds up", "What the hidden neurons answered is now the input. The arithmetic is the same.",
    [formula("z2", [["p6"], " · ", ["a0"], " + ", ["p7"], " · ", ["a1"], " + ", ["p8"]])],
    ["a0", "a1", "p6", "p7", "p8"], 1,
  );
  add(
    "a2", "forward", "The prediction",
    crossEntropy ? "The sum z is a logit; the sigmoid turns it into the probability of class 1." : `The output's activation. ${last.why}`,
    [applied("a2", last.apply, "z2")], ["z2"],
  );
  add(
    "L", "loss", "How wrong is it?",
    crossEntropy ? "Cross-entropy: minus the logarithm of the probability that the network gave to the truth." : "Squared error: the distance to the target, times itself.",
    [
      crossEntropy
        ? formula("L", ["−", ["t"], " · ln ", ["a2"], " − (1 − ", ["t"], ") · ln(1 − ", ["a2"], ")"])
        : formula("L", ["(", ["a2"], " − ", ["t"], ")²"]),
    ],
    ["a2", "t"],
  );
  if (crossEntropy) {
    add(
      "d2", "backward", "The error at the output",
      "δ is how fast the loss grows with z. Cross-entropy and sigmoid together leave only this: prediction minus target.",
      [formula("d2", [["a2"], " − ", ["t"]])], ["a2", "t"],
    );
  } else {
    add("e2", "backward", "Now backward", "How fast does the loss grow when the prediction grows?", [formula("e2", ["2 · (", ["a2"], " − ", ["t"], ")"])], ["a2", "t"]);
    add(
      "d2", "backward", "The error at the output",
      `Chain rule: times the slope of the output's activation, ${short(v.s2)}.${Math.abs(v.s2) < 0.1 ? " So flat a slope lets almost nothing through: the neuron is saturated." : ""}`,
      [delta(2, last)], ["e2", ...slopeReads(crossEntropy ? "identity" : state.output_activation, 2)],
    );
  }
  add(
    "g2", "backward", "Gradients of the output's weights", "What came in on a line, times the δ at its end. The bias's input is always 1.",
    [formula("g6", [["d2"], " · ", ["a0"]]), formula("g7", [["d2"], " · ", ["a1"]]), formula("g8", [["d2"]])],
    ["d2", "a0", "a1"],
  );
  add(
    "e", "backward", "Back through the lines", "The error returns on the same lines, through the same weights, to the hidden neurons.",
    [formula("e0", [["d2"], " · ", ["p6"]]), formula("e1", [["d2"], " · ", ["p7"]])],
    ["d2", "p6", "p7"], -1,
  );
  const silent = [0, 1].filter((j) => v[`s${j}`] === 0);
  add(
    "d", "backward", "The error at the hidden neurons",
    silent.length
      ? `Times the slope of the activation. It is 0 for hidden neuron ${silent.map((j) => j + 1).join(" and ")}: no error passes, so its weights will not move.`
      : `Times the slope of the activation: steep lets the error through, flat stops it.${state.activation === "relu" ? " [z > 0] is 1 where z is above 0, else 0." : ""}`,
    [delta(0, hidden), delta(1, hidden)],
    ["e0", "e1", ...slopeReads(state.activation, 0), ...slopeReads(state.activation, 1)],
  );
  for (let j = 0; j < 2; j++) {
    add(
      `g${j}`, "backward", `Gradients of hidden neuron ${j + 1}`, "The same rule as at the output: input times δ.",
      [formula(`g${weightIndex(0, j)}`, [[`d${j}`], " · ", ["x0"]]), formula(`g${weightIndex(1, j)}`, [[`d${j}`], " · ", ["x1"]]), formula(`g${4 + j}`, [[`d${j}`]])],
      [`d${j}`, "x0", "x1"],
    );
  }
  const updates = [
    { id: "n2", title: "Update the output", text: "Every parameter takes a small step against its gradient; η is the learning rate.", list: [6, 7, 8] },
    { id: "n0", title: "Update hidden neuron 1", text: "All gradients were computed with the old weights; only now do the weights change.", list: [0, 2, 4] },
    { id: "n1", title: "Update hidden neuron 2", text: "A gradient above 0 makes its parameter smaller, one below 0 makes it larger.", list: [1, 3, 5] },
  ];
  for (const { id, title, text, list } of updates) {
    add(id, "update", title, text, list.map((p) => arrow(`n${p}`, [[`p${p}`], " − ", ["rate"], " · ", [`g${p}`]])), list.flatMap((p) => [`p${p}`, `g${p}`]));
  }
  const fell = v.L2 < v.L;
  add(
    "after", "update", "Did it help?",
    fell
      ? `One more forward pass with the new numbers: the loss fell from ${short(v.L)} to ${short(v.L2)}. Next starts the next round.`
      : v.L2 === v.L
        ? `The loss stays at ${short(v.L)}: there was nothing to learn, or nothing got through.`
        : `The loss rose from ${short(v.L)} to ${short(v.L2)}: the step was too long. Try a smaller learning rate.`,
    [
      { key: "a3", left: symbolOf("a3"), symbols: [], numbers: [], result: v.a3, before: v.a2 },
      { key: "L2", left: symbolOf("L2"), symbols: [], numbers: [], result: v.L2, before: v.L },
    ],
    ["t"], 1,
  );
  return steps;
}

/** What a slope is computed from. @param {string} activation @param {number} j */
function slopeReads(activation, j) {
  if (activation === "identity") return [];
  return activation === "tanh" || activation === "sigmoid" ? [`a${j}`] : [`z${j}`];
}

/** Which numbers are known once this step is done. @param {Step[]} steps @param {number} index @returns {Set<string>} */
export function knownAt(steps, index) {
  const known = new Set(["x0", "x1", "t", ...Array.from({ length: 9 }, (_, p) => `p${p}`)]);
  for (const step of steps.slice(0, index + 1)) for (const { key } of step.formulas) known.add(key);
  return known;
}

// ---------------------------------------------------------------------------------------------------------------- words

/** A number for reading: four significant digits, a true minus sign. @param {number} value */
export const short = (value) => formatNumber(value, 4);

/** Does a negative number after this token need brackets? Not at the start, not after "(" or ",". @param {Token | undefined} before */
export const needsBrackets = (before) => before !== undefined && !(typeof before === "string" && /[([,]\s*$/.test(before));

/** Tokens as plain text, for screen readers and tests. @param {Token[]} tokens @returns {string} */
export function plain(tokens) {
  return tokens
    .map((token, i) => {
      if (typeof token === "string") return token;
      if ("n" in token) return token.n < 0 && needsBrackets(tokens[i - 1]) ? `(${short(token.n)})` : short(token.n);
      if ("top" in token) return `${plain(token.top)}/${plain(token.bottom)}`;
      return `${token.s}${token.sub ?? ""}${token.sup ?? ""}`;
    })
    .join("");
}

/** A step in one spoken sentence or two. @param {Step} step @param {number} index @param {number} total */
export function spoken(step, index, total) {
  const results = step.formulas.map((f) => `${nameOf(f.key)} is ${short(f.result)}`).join("; ");
  return `Step ${index + 1} of ${total}, ${step.phase}. ${step.title}: ${results}. ${step.text}`;
}
