// @ts-check
/**
 * The mathematics of the widgets: small multilayer perceptrons on Float64Array, nothing else (no DOM).
 *
 * The formulas, the order of the parameters and the conventions are those of the Python package `nnbook`; a test compares
 * the two to 1e-9. A widget that needs a part only imports that part, so that its page loads no more.
 */

export { Random, initializers } from "./nn_random.js";
export { sigmoid, activations } from "./nn_activations.js";
export { softmax, losses, penalties } from "./nn_losses.js";
export { SGD, RMSProp, Adam, AdamW, optimizers } from "./nn_optimizers.js";
export { MLP } from "./nn_mlp.js";
export { trainStep, evaluate, Trainer } from "./nn_training.js";
export { datasets } from "./nn_data.js";
