"""Make a trained network smaller: fewer bits for a weight, fewer weights, or a smaller network as pupil.

Only matrices are compressed. Biases and the numbers of LayerNorm are few, and stay as they are.
"""

from dataclasses import dataclass

import numpy as np

from nnbook.callbacks import Callback
from nnbook.functional import as_array, as_number, as_numbers, check_labels, softmax
from nnbook.layers import Layer
from nnbook.losses import cross_entropy
from nnbook.mlp import MLP
from nnbook.transformer import Transformer

BITS = range(2, 17)  # of a quantised weight; 32 stands for "not quantised"
GRAINS = ("column", "matrix")


@dataclass(frozen=True)
class Quantized:
    """A matrix as whole numbers and scales: weight ≈ integers · scale.

    `integers` has the matrix's shape, from -(2^(bits-1) - 1) to 2^(bits-1) - 1; `scale` is (n_columns,).
    """

    integers: np.ndarray
    scale: np.ndarray
    bits: int

    def dequantize(self):
        """The matrix that the network computes with, float64."""
        return self.integers * self.scale


def quantize(weight, bits, *, grain="column"):
    """Round a matrix to whole numbers with `bits` bits, symmetric about 0.

    Args:
        weight: (in_features, out_features), finite.
        bits: 2 to 16. 8 bits know 255 values, 4 bits 15, 2 bits three: -1, 0, 1.
        grain: "column" gives each output neuron its own scale, "matrix" one scale to all.
    Returns:
        Quantized. No weight moves by more than half a scale.
    Raises:
        ValueError: not a matrix, NaN or infinite, or bits or grain of another kind.

    >>> small = quantize(np.array([[0.5, -7.0], [-0.1, 2.2]]), 4)
    >>> small.integers.tolist(), small.scale.round(4).tolist()
    ([[7, -7], [-1, 2]], [0.0714, 1.0])
    """
    weight = _matrix(weight)
    _check_setting(bits, 0.0, grain)
    if bits == 32:
        raise ValueError("bits must be a whole number from 2 to 16; got 32, which stands for no rounding.")
    largest = 2 ** (int(bits) - 1) - 1
    top = np.abs(weight).max(axis=0) if grain == "column" else np.full(weight.shape[1], np.abs(weight).max())
    scale = top / largest
    scale[scale == 0] = 1.0  # a column of zeros, or of numbers too small to be divided
    integers = np.clip(np.rint(weight / scale), -largest, largest)
    return Quantized(integers.astype(np.int16), scale, int(bits))


def pruning_mask(weights, share):
    """Which weights stay when the smallest `share` of all of them is set to 0 (magnitude pruning).

    Args:
        weights: list of arrays; they are ranked together, so a layer of small weights loses more.
        share: from 0 to 1. Of equal magnitudes the earlier ones go first.
    Returns:
        list of bool arrays, True where a weight stays.

    >>> [mask.tolist() for mask in pruning_mask([np.array([3.0, -0.1]), np.array([0.2, -5.0])], 0.5)]
    [[True, False], [False, True]]
    """
    _check_setting(32, share, "column")
    if not isinstance(weights, list | tuple) or not weights:
        raise ValueError(f"weights must be a list of arrays, not empty; got {type(weights).__name__}.")
    sizes = np.concatenate([np.abs(as_numbers(w)).ravel() for w in weights])
    if not np.isfinite(sizes).all():
        raise ValueError("weights hold NaN or infinity: such a network is broken, not large.")
    stays = np.ones(len(sizes), dtype=bool)
    stays[np.argsort(sizes, kind="stable")[: int(np.floor(share * len(sizes) + 0.5))]] = False
    masks, start = [], 0
    for w in weights:
        masks.append(stays[start : start + np.size(w)].reshape(np.shape(w)))
        start += np.size(w)
    return masks


def matrices(model):
    """All weight matrices of a model, as views: what is written into them changes the model."""
    if not isinstance(model, Layer):
        raise TypeError(f"model must be a network of this book; got {type(model).__name__}.")
    return [array for leaf in model._leaves() for array in leaf.params.values() if array.ndim == 2]


def copy_model(model):
    """An independent copy of an `MLP` or a `Transformer`."""
    rng = np.random.default_rng(0)  # its weights are overwritten
    if isinstance(model, MLP):
        activations = {"activation": model.activation, "output_activation": model.output_activation}
        copy = MLP(model.sizes, **activations, dtype=model.dtype, rng=rng)
    elif isinstance(model, Transformer):
        copy = Transformer(**model.settings, dtype=model.dtype, rng=rng)
    else:
        raise TypeError(f"compression knows MLP and Transformer; got {type(model).__name__}.")
    copy.parameters[...] = model.parameters
    return copy


def compress(model, *, bits=32, pruned=0.0, grain="column"):
    """Prune, then quantise a copy of a model.

    Args:
        model: `MLP` or `Transformer`.
        bits: 2 to 16, or 32 to leave the weights as they are.
        pruned: share of all matrix entries set to 0, the smallest ones.
        grain: as in `quantize`.
    Returns:
        A model of the same kind whose weights are the rounded ones.

    >>> model = MLP([2, 3, 1], rng=np.random.default_rng(0))
    >>> sum(int(np.sum(w == 0)) for w in matrices(compress(model, pruned=0.5)))  # of 9
    5
    """
    _check_setting(bits, pruned, grain)
    small = copy_model(model)
    weights = matrices(small)
    for weight, mask in zip(weights, pruning_mask(weights, pruned), strict=True):
        weight[~mask] = 0.0
        if bits != 32:
            weight[...] = quantize(weight, bits, grain=grain).dequantize()
    return small


def stored_bytes(model, *, bits=32, pruned=0.0, grain="column"):
    """Bytes of a compressed model on a disk: weights, scales and the uncompressed rest (4 bytes a number).

    A pruned model is stored densely, or as one bit a weight that says "kept" and the kept ones: what is
    shorter.

    >>> model = MLP([64, 10], rng=np.random.default_rng(0))
    >>> stored_bytes(model), stored_bytes(model, bits=8), stored_bytes(model, bits=8, pruned=0.9)
    (2600, 720, 224)
    """
    _check_setting(bits, pruned, grain)
    shapes = [w.shape for w in matrices(model)]
    n = sum(rows * columns for rows, columns in shapes)
    kept = n - int(np.floor(pruned * n + 0.5))
    scales = 0 if bits == 32 else len(shapes) if grain == "matrix" else sum(c for _, c in shapes)
    rest = model.n_parameters - n
    weights_bits = min(n * bits, n + kept * bits) if pruned else n * bits
    return -(-weights_bits // 8) + 4 * (scales + rest)


def distillation_targets(teacher_logits, labels):
    """What a pupil learns from: the teacher's logits and the true label, (n, n_classes + 1)."""
    logits = as_array(teacher_logits, "teacher_logits", ("n", "n_classes"))
    labels = check_labels(labels, logits.shape[1])
    if labels.shape != (len(logits),):
        raise ValueError(
            f"teacher_logits must be (n, n_classes) and labels (n,); got {logits.shape} and {labels.shape}."
        )
    return np.column_stack([logits, labels]).astype(np.float64)


def distillation_loss(*, temperature=3.0, soft_share=0.7):
    """A loss for `fit` that listens to a teacher and to the labels.

    soft_share · T² · cross-entropy(logits / T, softmax(teacher / T)) + (1 - soft_share) · cross-entropy with
    the labels. T² keeps the size of the gradient when T grows. Source: Hinton, Vinyals, Dean, Distilling the
    knowledge in a neural network, 2015.

    Returns:
        function (logits (n, K), `distillation_targets` (n, K + 1)) -> (value, grad).

    >>> targets = distillation_targets(np.array([[0.0, 4.0]]), np.array([1]))
    >>> value, grad = distillation_loss(temperature=2.0, soft_share=1.0)(np.zeros((1, 2)), targets)
    >>> round(value, 4), grad.round(4).tolist()
    (2.7726, [[0.7616, -0.7616]])
    """
    temperature, soft_share = as_number(temperature, "temperature"), as_number(soft_share, "soft_share")
    if not 1e-9 <= temperature <= 1e9:  # beyond, logits / T or T² overflow
        raise ValueError(f"temperature must be from 1e-9 to 1e9, mostly 1 to 10; got {temperature}.")
    if not 0 <= soft_share <= 1:
        raise ValueError(f"soft_share must lie in [0, 1]; got {soft_share}.")

    def loss(logits, targets):
        logits = as_array(logits, "logits", ("n", "K"))
        if np.shape(targets) != (logits.shape[0], logits.shape[1] + 1):
            raise ValueError(f"expected targets of distillation_targets; got shape {np.shape(targets)}.")
        targets = as_array(targets, "targets", np.shape(targets))
        teacher, labels = targets[:, :-1], targets[:, -1].astype(np.int64)
        soft, soft_grad = cross_entropy(logits / temperature, softmax(teacher / temperature))
        hard, hard_grad = cross_entropy(logits, labels)
        value = soft_share * temperature**2 * soft + (1 - soft_share) * hard
        return value, soft_share * temperature * soft_grad + (1 - soft_share) * hard_grad

    return loss


def _check_setting(bits, pruned, grain):
    if as_number(bits, "bits") not in (*BITS, 32):
        raise ValueError(f"bits must be a whole number from {BITS[0]} to {BITS[-1]}, or 32; got {bits}.")
    if not 0 <= as_number(pruned, "share") <= 1:
        raise ValueError(f"share must lie in [0, 1]; got {pruned}. Per cent? Divide by 100.")
    if not isinstance(grain, str) or grain not in GRAINS:
        raise ValueError(f"grain must be one of {', '.join(GRAINS)}; got {grain!r:.60}.")


def _matrix(weight):
    weight = as_numbers(weight, "weight")
    if weight.ndim != 2 or weight.size == 0:
        raise ValueError(f"weight must be a matrix with at least one entry; got shape {weight.shape}.")
    if not np.isfinite(weight).all():
        raise ValueError("weight holds NaN or infinity: such a network is broken, not large.")
    return weight.astype(np.float64)


class KeepPruned(Callback):
    """Keeps pruned weights at 0 while the rest is trained on: give it to `fit` after pruning.

    Args:
        model: the model that is trained, already pruned.
        masks: of `pruning_mask`, one for each of its `matrices`.
    """

    def __init__(self, model, masks):
        weights = matrices(model)
        masks = masks if isinstance(masks, list | tuple) else [masks]
        kinds = [(np.shape(mask), np.asarray(mask).dtype) for mask in masks]
        if kinds != [(weight.shape, bool) for weight in weights]:
            raise ValueError(f"masks must be booleans, one array for each matrix; got {kinds}.")
        self._pairs = list(zip(weights, masks, strict=True))

    def on_step_end(self, state):
        """Undo what the optimiser did to pruned weights."""
        for weight, mask in self._pairs:
            weight[~mask] = 0.0
