"""DigitPad: draw a digit; a trained network answers, shows its layers, and says when it is unsure."""

from typing import ClassVar

import numpy as np
import traitlets

from nnbook import activations
from nnbook.datasets import load_digits
from nnbook.functional import log_softmax, softmax
from nnbook.mlp import MLP
from nnbook.serialization import to_int8
from nnbook.widgets._stored import StoredModelWidget, stored_arrays, to_base64

STORED = "digits"
_CHARACTERS = "0123456789abcdefg"  # one for each count from 0 to 16


class DigitPad(StoredModelWidget):
    """A pad to draw a digit on, and the network that reads it.

    ``DigitPad()`` shows the stored network ``nnbook/models/digits.npz``; ``DigitPad(model, scaler)`` yours.

    Args:
        model: an `MLP` from 64 pixels to 10 logits.
        scaler: fitted on pixel counts from 0 to 16, with `shift` and `scale` as in `nnbook.datasets.splits`.
        examples: (X, y) of digits to step through, pixel counts as in `load_digits`; at most 400 are taken.
        validation: (X, y) from which temperature and threshold are measured, see `calibrate`. Without it
            an answer below 90 % counts as unsure.
        example: which example is shown first.
    Raises:
        TypeError, ValueError: a model, scaler or data of another kind; the sentence says what was expected.
    """

    fallback: ClassVar[str] = (
        "Here you can draw a digit, and the network of this chapter says which one it sees. "
        "It needs JavaScript in the browser."
    )

    example = traitlets.Int(0, min=0, help="number of the example shown").tag(sync=True)
    pixels = traitlets.List(traitlets.Int(min=0, max=16), help="the 64 counts seen by the network").tag(
        sync=True
    )
    probabilities = traitlets.List(traitlets.Float(), help="answer of the network").tag(sync=True)

    def __init__(self, model=None, scaler=None, *, examples=None, validation=None, **traits):
        if model is None:
            if not (scaler is None and examples is None and validation is None):
                raise TypeError("DigitPad needs a model with its scaler, or neither of them.")
            traits.setdefault("source", STORED)
            traits["data"] = pack_stored(traits["source"])
        else:
            traits["data"] = _pack_own(model, scaler, examples, validation)
        super().__init__(**traits)

    def state(self) -> dict:
        """The example that is shown stands for what the network sees and answers: a page computes both."""
        return {k: v for k, v in super().state().items() if k not in ("pixels", "probabilities")}

    def image(self) -> np.ndarray:
        """Return what the network sees now as (8, 8) counts from 0 to 16; zeros before anything is drawn."""
        return np.array(self.pixels or [0] * 64, dtype=np.float64).reshape(8, 8)

    def answer(self) -> np.ndarray:
        """Return the network's probabilities for the digits 0 to 9, (10,); all zero on an empty pad."""
        return np.array(self.probabilities or [0.0] * 10)


def calibrate(logits, labels, *, accuracy=0.99) -> dict:
    """Choose when to trust a classifier, from data it was not trained on.

    Args:
        logits: (n, classes); labels: (n,).
        accuracy: wanted among the answers that count as sure.
    Returns:
        temperature: by which logits are divided, chosen for the lowest cross-entropy (Guo et al., On
            calibration of modern neural networks, 2017); threshold: the lowest probability from which on the
            answers reach `accuracy`; both rounded to two digits.
    """
    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    temperatures = np.geomspace(0.5, 5, 93)
    rows = np.arange(len(labels))
    costs = [-log_softmax(logits / t)[rows, labels].mean() for t in temperatures]
    temperature = round(float(temperatures[int(np.argmin(costs))]), 2)
    probabilities = softmax(logits / temperature)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    for threshold in np.arange(0.5, 0.995, 0.01):
        sure = confidence >= threshold
        if sure.any() and right[sure].mean() >= accuracy:
            break
    else:
        threshold = 1.0  # never sure
    return {"temperature": temperature, "threshold": round(float(threshold), 2)}


def principal_components(X, n_components) -> tuple[np.ndarray, np.ndarray]:
    """Return (mean, basis) of the best linear autoencoder: X ≈ mean + (X - mean) @ basis @ basis.T.

    `basis` is (n_features, n_components): the first principal components.
    """
    center = X.mean(axis=0)
    basis = np.linalg.svd(X - center, full_matrices=False)[2][:n_components].T
    largest = np.abs(basis).argmax(
        axis=0
    )  # a component has no sign of its own: take the one that is positive
    return center, basis * np.sign(basis[largest, np.arange(n_components)])


def strangeness(X, center, basis) -> np.ndarray:
    """Return for each image its distance (root mean square) from what the autoencoder can draw."""
    rest = X - center
    rest = rest - rest @ basis @ basis.T
    return np.sqrt((rest**2).mean(axis=1))


def rounded(model) -> MLP:
    """Return a copy of `model` with the whole-number weights that travel to a page, multiplied out again."""
    copy = MLP(
        model.sizes,
        activation=model.activation,
        output_activation=model.output_activation,
        rng=np.random.default_rng(0),
    )
    copy.parameters[...] = model.parameters
    for layer in copy.linear_layers:
        integers, scale = to_int8(layer.params["weight"])
        layer.params["weight"][...] = integers * scale.astype(np.float64)
        layer.params["bias"][...] = layer.params["bias"].astype(np.float32)
    return copy


def pack_stored(name: str) -> dict:
    """Return the stored model `name` with its held-out digits as data for the page."""
    header, arrays = stored_arrays(name)
    model = MLP(
        header["sizes"], activation=getattr(activations, header["activation"]), rng=np.random.default_rng(0)
    )
    model.parameters[...] = arrays["parameters"]
    digits = load_digits()
    examples = digits.X[arrays["held_out"]], digits.y[arrays["held_out"]]
    calibration = header["metadata"]["calibration"]
    return _pack(model, arrays["shift"], arrays["scale"], examples, calibration)


def _pack_own(model, scaler, examples, validation) -> dict:
    if not isinstance(model, MLP):
        raise TypeError(f"DigitPad shows an MLP; got {type(model).__name__}.")
    if (model.sizes[0], model.sizes[-1]) != (64, 10):
        raise ValueError(f"DigitPad needs an MLP from 64 pixels to 10 logits; got sizes {model.sizes}.")
    shift, scale = (np.asarray(getattr(scaler, name, ())) for name in ("shift", "scale"))
    if shift.shape != (64,) or scale.shape != (64,):
        raise TypeError(
            "DigitPad needs the scaler that the model was trained with, fitted on 64 pixels: "
            f"StandardScaler().fit(X_train); got {type(scaler).__name__}."
        )
    if examples is not None:
        examples = _check_digits("examples", *examples)
    calibration = {"temperature": 1.0, "threshold": 0.9}
    if validation is not None:
        X, y = _check_digits("validation", *validation)
        calibration = calibrate(model((X - shift) / scale), y)
    # Whether a picture looks like a digit at all is a question about the data, not about this model.
    usual = stored_arrays(STORED)[0]["metadata"]["calibration"]
    calibration |= {name: usual[name] for name in ("strange", "odd")}
    return _pack(model, shift, scale, examples, calibration)


def _check_digits(name, X, y):
    X, y = np.asarray(X), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 64 or y.shape != (len(X),) or len(X) == 0:
        raise ValueError(f"{name} must be (X, y) with shapes (n, 64) and (n,); got {X.shape} and {y.shape}.")
    if not ((X >= 0) & (X <= 16) & (np.rint(X) == X)).all():
        raise ValueError(
            f"{name} must hold pixel counts from 0 to 16, before scaling, as load_digits gives them."
        )
    if not np.isin(y, np.arange(10)).all():
        raise ValueError(f"{name} must be labelled 0 to 9.")
    return X, y


def _pack(model, shift, scale, examples, calibration) -> dict:
    layers = []
    for layer in model.linear_layers:
        integers, column_scale = to_int8(layer.params["weight"])
        layers.append(
            {
                "weight": to_base64(integers, "int8"),
                "scale": to_base64(column_scale, "<f4"),
                "bias": to_base64(layer.params["bias"], "<f4"),
            }
        )
    _, usual = stored_arrays(STORED)
    basis, basis_scale = to_int8(usual["basis"])
    X, y = examples if examples is not None else (np.zeros((0, 64)), np.zeros(0))
    return {
        "sizes": model.sizes,
        "activation": model.activation.__name__.lower(),
        "layers": layers,
        "shift": to_base64(shift, "<f4"),
        "spread": to_base64(scale, "<f4"),
        **calibration,
        "center": to_base64(usual["center"], "<f4"),
        "basis": to_base64(basis, "int8"),
        "basisScale": to_base64(basis_scale, "<f4"),
        "examples": "".join(_CHARACTERS[int(count)] for count in X[:400].ravel()),
        "labels": "".join(str(int(label)) for label in y[:400]),
    }
