// @ts-check
/** The settings of the Playground: names, bounds, words, and their short form in a link. No DOM, no mathematics. */

/** Coordinates run over [-RANGE, RANGE] on both axes. */
export const RANGE = 1.2;
const QUANTA = 240; // painted points lie on a lattice of 0.01, so that a link holds them in one byte per number

/** The names are those of the Python traits; a test keeps the defaults of both equal. */
export const DEFAULTS = {
  dataset: "spiral",
  task: "classification",
  points: /** @type {number[][]} */ ([]),
  n_points: 400,
  noise: 0.03,
  test_fraction: 0.4,
  features: ["x1", "x2"],
  hidden: [8, 8],
  activation: "tanh",
  initializer: "glorot_uniform",
  loss: "binary_cross_entropy",
  optimizer: "Adam",
  learning_rate: 0.03,
  batch_size: 32,
  penalty: "none",
  penalty_strength: 0.001,
  seed: 0,
  speed: "normal",
};

/** @typedef {typeof DEFAULTS} Settings */

/** @type {Record<string, {label: string, min: number, max: number, whole?: boolean, values?: number[], unit?: string, help?: string}>} */
export const NUMBERS = {
  n_points: { label: "Points", min: 20, max: 1000, whole: true, values: [50, 100, 200, 400, 600, 1000], help: "How many points are drawn" },
  noise: { label: "Noise", min: 0, max: 0.5, values: [0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5], help: "Standard deviation of what is added to each point" },
  test_fraction: { label: "Held out for test", min: 0.1, max: 0.9, values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], help: "Share of the points that training never sees" },
  learning_rate: { label: "Learning rate", min: 1e-5, max: 10, values: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10], help: "How far one update goes" },
  batch_size: { label: "Batch size", min: 1, max: 1000, whole: true, values: [1, 2, 4, 8, 16, 32, 64, 128, 256], unit: "points", help: "Points behind each update" },
  penalty_strength: { label: "Strength", min: 0, max: 1, values: [0.00001, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1], help: "Factor before the penalty" },
  seed: { label: "Seed", min: 0, max: 9999, whole: true, help: "Same seed, same points, same first weights, same order" },
};

/** @type {Record<string, [string, string][]>} value and word of each choice */
export const CHOICES = {
  dataset: [
    ["disc", "Disc"],
    ["spiral", "Spiral"],
    ["xor", "XOR"],
    ["moons", "Moons"],
    ["gaussians", "Gaussians"],
    ["plane", "Plane"],
    ["hills", "Hills"],
    ["own", "Your own"],
  ],
  task: [
    ["classification", "Two classes"],
    ["regression", "A number"],
  ],
  activation: [
    ["tanh", "Tanh"],
    ["relu", "ReLU"],
    ["sigmoid", "Sigmoid"],
    ["gelu", "GELU"],
    ["identity", "Identity (linear)"],
  ],
  initializer: [
    ["glorot_uniform", "Glorot uniform"],
    ["he_normal", "He normal"],
    ["normal", "Normal, std 1"],
    ["zeros", "Zeros"],
  ],
  loss: [
    ["binary_cross_entropy", "Cross-entropy"],
    ["mean_squared_error", "Squared error"],
  ],
  optimizer: [
    ["SGD", "SGD"],
    ["Momentum", "SGD, momentum 0.9"],
    ["RMSProp", "RMSProp"],
    ["Adam", "Adam"],
    ["AdamW", "AdamW"],
  ],
  penalty: [
    ["none", "None"],
    ["l1", "L1"],
    ["l2", "L2"],
  ],
  speed: [
    ["slow", "Slow"],
    ["normal", "Normal"],
    ["fast", "As fast as it goes"],
  ],
};

export const FEATURES = ["x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2"];
export const FEATURE_WORDS = { x1: "x₁", x2: "x₂", x1_squared: "x₁²", x2_squared: "x₂²", x1_x2: "x₁x₂", sin_x1: "sin πx₁", sin_x2: "sin πx₂" };
export const MAX_LAYERS = 4;
export const MAX_UNITS = 8;
export const MAX_POINTS = 2000;

const LABELS = {
  dataset: "Data", task: "Task", points: "Points painted", features: "Inputs", hidden: "Hidden layers", activation: "Activation", initializer: "First weights",
  loss: "Loss", optimizer: "Optimiser", penalty: "Penalty", speed: "Speed",
};
/** @param {string} name */
export const labelOf = (name) => LABELS[/** @type {keyof typeof LABELS} */ (name)] ?? NUMBERS[name]?.label ?? name;

/** These change a run under way; every other setting starts a new one. */
export const LIVE = ["learning_rate", "penalty", "penalty_strength", "speed"];

/** @param {Pick<Settings, "dataset" | "task">} settings @returns {"classification" | "regression"} */
export function taskOf({ dataset, task }) {
  if (dataset === "own") return task === "regression" ? "regression" : "classification";
  return dataset === "plane" || dataset === "hills" ? "regression" : "classification";
}

/** @param {number} v */
const onLattice = (v) => Math.round(Math.max(-RANGE, Math.min(RANGE, v)) * 100) / 100;
/** A painted point, rounded as a link rounds it. @param {number} x @param {number} y @param {number} target */
export const paintedPoint = (x, y, target) => [onLattice(x), onLattice(y), onLattice(target)];

/**
 * Settings that can be trusted, from anything (a link, a notebook): what is missing or out of bounds gets its default.
 * @param {Record<string, any>} raw @returns {Settings}
 */
export function clean(raw) {
  const settings = /** @type {any} */ (structuredClone(DEFAULTS));
  for (const [name, { min, max, whole }] of Object.entries(NUMBERS)) {
    const value = raw[name];
    if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) settings[name] = value;
  }
  for (const [name, options] of Object.entries(CHOICES)) if (options.some(([value]) => value === raw[name])) settings[name] = raw[name];
  const { hidden, features, points } = raw;
  if (Array.isArray(hidden) && hidden.length <= MAX_LAYERS && hidden.every((n) => Number.isInteger(n) && n >= 1 && n <= MAX_UNITS)) settings.hidden = hidden.slice();
  if (Array.isArray(features)) {
    const known = FEATURES.filter((name) => features.includes(name));
    if (known.length) settings.features = known;
  }
  if (Array.isArray(points)) {
    const good = (/** @type {any} */ p) => Array.isArray(p) && p.length === 3 && p.every(Number.isFinite);
    settings.points = points.slice(0, MAX_POINTS).filter(good).map((p) => p.slice());
  }
  if (taskOf(settings) === "regression") settings.loss = "mean_squared_error"; // cross-entropy needs classes
  return settings;
}

/** @param {any} a @param {any} b */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** @param {number[][]} points three bytes for each point, as URL-safe base64 */
function packPoints(points) {
  const byte = (/** @type {number} */ v) => String.fromCharCode(Math.round((onLattice(v) + RANGE) * 100));
  const text = points.map((p) => p.map(byte).join("")).join("");
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} text @returns {number[][]} */
function unpackPoints(text) {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const points = [];
  for (let i = 0; i + 2 < bytes.length; i += 3) {
    points.push([0, 1, 2].map((k) => Math.round(Math.min(QUANTA, bytes.charCodeAt(i + k)) - 100 * RANGE) / 100));
  }
  return points;
}

/**
 * Settings and a step as a short text for a link: `dataset.moons~hidden.4-4~step.250`. Defaults are left out.
 * @param {Settings} settings @param {number} [step] @returns {string}
 */
export function encode(settings, step = 0) {
  const parts = [];
  for (const [name, standard] of Object.entries(DEFAULTS)) {
    const value = /** @type {any} */ (settings)[name];
    if (same(value, standard)) continue;
    const text = name === "points" ? packPoints(value) : Array.isArray(value) ? value.join("-") : String(value);
    parts.push(`${name}.${text}`);
  }
  if (step > 0) parts.push(`step.${step}`);
  return parts.join("~") || "default";
}

/** @param {string} text @returns {{settings: Settings, step: number}} whatever the text says; wrong parts are ignored */
export function decode(text) {
  /** @type {Record<string, any>} */
  const raw = {};
  for (const part of text.split("~")) {
    const dot = part.indexOf(".");
    const name = part.slice(0, dot);
    const value = part.slice(dot + 1);
    if (dot < 1) continue;
    if (name === "points") {
      try {
        raw.points = unpackPoints(value);
      } catch {
        raw.points = [];
      }
    } else if (name === "hidden") raw.hidden = value === "" ? [] : value.split("-").map(Number);
    else if (name === "features") raw.features = value.split("-");
    else if (name in NUMBERS || name === "step") raw[name] = Number(value);
    else raw[name] = value;
  }
  const step = Number.isInteger(raw.step) ? Math.max(0, Math.min(raw.step, 100000)) : 0;
  return { settings: clean(raw), step };
}

/** A value in words. @param {string} name @param {any} value @returns {string} */
function inWords(name, value) {
  if (name === "points") return `${value.length}`;
  if (name === "hidden") return value.length ? value.join(", ") : "none";
  if (name === "features") return value.map((/** @type {keyof typeof FEATURE_WORDS} */ f) => FEATURE_WORDS[f]).join(", ");
  return CHOICES[name]?.find(([v]) => v === value)?.[1] ?? String(value);
}

/** What sets two runs apart. @param {Settings} a @param {Settings} b @returns {{label: string, a: string, b: string}[]} */
export function differences(a, b) {
  const rows = [];
  for (const name of /** @type {(keyof Settings)[]} */ (Object.keys(DEFAULTS))) {
    if (name === "speed" || same(a[name], b[name])) continue;
    if (name === "penalty_strength" && a.penalty === "none" && b.penalty === "none") continue;
    if (name === "points" && a.dataset !== "own" && b.dataset !== "own") continue;
    rows.push({ label: labelOf(name), a: inWords(name, a[name]), b: inWords(name, b[name]) });
  }
  return rows;
}

/** The line of Python that makes this playground in a notebook. @param {Settings} settings */
export function pythonCall(settings) {
  const parts = Object.entries(DEFAULTS).flatMap(([name, standard]) => {
    const value = /** @type {any} */ (settings)[name];
    return same(value, standard) ? [] : [`${name}=${JSON.stringify(value).replaceAll(",", ", ")}`];
  });
  return `Playground(${parts.join(", ")})`;
}
