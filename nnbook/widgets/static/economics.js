// @ts-check
/**
 * What a model costs: the formulas of `nnbook.economics.compute` and `serving`, with the same names and units.
 * A test compares the two to 1e-9. No DOM.
 */

const BYTES_PER_GIGABYTE = 1e9;

/** @param {number} nParameters @param {number} nTokens @returns {number} 6 N D */
const trainingFlops = (nParameters, nTokens) => 6 * nParameters * nTokens;

/**
 * 2 N, and 4 · layers · context · d_model for attention's two products.
 * @param {number} nParameters @param {{n_layers?: number, d_model?: number, context_tokens?: number}} [attention]
 */
export const inferenceFlopsPerToken = (nParameters, { n_layers = 0, d_model = 0, context_tokens = 0 } = {}) => 2 * nParameters + 4 * n_layers * context_tokens * d_model;

/** @param {{n_layers: number, d_model: number, context_tokens: number, bytes_per_value?: number, kv_share?: number}} size */
export const kvCacheBytes = ({ n_layers, d_model, context_tokens, bytes_per_value = 2, kv_share = 1 }) => 2 * n_layers * context_tokens * d_model * bytes_per_value * kv_share;

/** Weights, gradients and Adam's state in mixed precision. @param {number} nParameters @param {number} [bytesPerParameter] */
export const trainingBytes = (nParameters, bytesPerParameter = 16) => nParameters * bytesPerParameter;

/** @param {number} nBytes @param {number} memoryGigabytes @param {number} [usableShare] */
export const nAcceleratorsFor = (nBytes, memoryGigabytes, usableShare = 0.9) => Math.max(1, Math.ceil(nBytes / (memoryGigabytes * BYTES_PER_GIGABYTE * usableShare)));

/** @typedef {{name: string, peak_flops_per_second: number, memory_gigabytes: number, price_usd_per_hour: number}} Accelerator */

/** @param {{n_parameters: number, n_tokens: number, accelerator: Accelerator, n_accelerators?: number, utilisation?: number}} run */
export function trainingRun({ n_parameters, n_tokens, accelerator, n_accelerators = 1, utilisation = 0.4 }) {
  const flops = trainingFlops(n_parameters, n_tokens);
  const accelerator_hours = flops / (accelerator.peak_flops_per_second * utilisation) / 3600;
  return { flops, accelerator_hours, days: accelerator_hours / n_accelerators / 24, cost_usd: accelerator_hours * accelerator.price_usd_per_hour };
}

/** @typedef {{total_parameters: number, active_parameters: number, bits_per_weight: number, n_layers: number, kv_width: number, d_model: number, bytes_per_cached_value: number}} Model */

/**
 * Answering with a model on rented machines, as `nnbook.economics.Serving`: utilisation is a result of what memory allows.
 * @param {{model: Model, accelerator: Accelerator & {bandwidth_bytes_per_second: number}, n_accelerators: number, read_tokens: number, written_tokens: number,
 *   cached_share: number, busy_share: number, efficiency: number, n_conversations: number}} plan
 */
export function serving({ model, accelerator, n_accelerators, read_tokens, written_tokens, cached_share, busy_share, efficiency, n_conversations }) {
  const context = read_tokens + written_tokens;
  const weightBytes = (model.total_parameters * model.bits_per_weight) / 8;
  const cacheBytes = 2 * model.n_layers * model.kv_width * model.bytes_per_cached_value * context;
  const room = accelerator.memory_gigabytes * BYTES_PER_GIGABYTE * 0.9 * n_accelerators - weightBytes;
  const most = cacheBytes === 0 ? (room >= 0 ? 1024 : 0) : Math.max(0, Math.floor(room / cacheBytes));
  const batch_size = n_conversations || most;
  const flops = (/** @type {number} */ tokens) => inferenceFlopsPerToken(model.active_parameters, { n_layers: model.n_layers, d_model: model.d_model, context_tokens: tokens });
  const peak = accelerator.peak_flops_per_second * n_accelerators * efficiency;
  const touched = Math.min(1, (batch_size * model.active_parameters) / model.total_parameters);
  const arithmetic = (batch_size * flops(context)) / peak;
  const memory = (weightBytes * touched + batch_size * cacheBytes) / (accelerator.bandwidth_bytes_per_second * n_accelerators * efficiency);
  const seconds_per_step = Math.max(arithmetic, memory);
  const written_tokens_per_second = batch_size / seconds_per_step;
  const read_tokens_per_second = peak / flops(read_tokens / 2);
  const seconds_per_answer = (read_tokens * (1 - cached_share)) / read_tokens_per_second + written_tokens / written_tokens_per_second;
  const usd = (/** @type {number} */ tokensPerSecond) => (((n_accelerators * accelerator.price_usd_per_hour) / 3600) / (tokensPerSecond * busy_share)) * 1e6;
  return {
    fits: batch_size >= 1 && batch_size <= most, batch_size, limit: memory > arithmetic ? "memory" : "arithmetic",
    utilisation: (arithmetic / seconds_per_step) * efficiency, written_tokens_per_second, read_tokens_per_second, seconds_per_answer,
    cost_usd_per_million_written: usd(written_tokens_per_second), cost_usd_per_million_read: usd(read_tokens_per_second),
    cost_usd_per_million_tokens: usd(context / seconds_per_answer),
  };
}
