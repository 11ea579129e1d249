"""Train the network behind the widget DigitPad and store it as nnbook/models/digits.npz (about ten seconds).

Usage: python tools/train_digits_model.py        part of `make models`

The network is the one of chapter 5 (64 → 128 → 64 → 10). People draw differently on a screen than on the
forms from which the data came, so the training digits are also shown turned, slanted, shifted and stretched
a little. Validation digits, treated the same way, choose temperature and thresholds. Test digits take part
in nothing and are only counted.
"""

import sys
from pathlib import Path

import numpy as np
import scipy.ndimage
from tqdm import trange

from nnbook import callbacks, functional, losses, mlp, optimizers, schedules, serialization, training
from nnbook.datasets import load_digits
from nnbook.datasets.splits import StandardScaler, train_validation_test_split
from nnbook.widgets import digit_pad

TARGET = Path(__file__).resolve().parent.parent / "nnbook" / "models" / "digits.npz"
SEED = 5
SIZES = [64, 128, 64, 10]
COPIES, EPOCHS, BATCH = 8, 25, 64
COMPONENTS = 8  # of the linear autoencoder that tells digits from scribbles


def redraw(image, rng):
    """Return an 8×8 digit turned, slanted, shifted and stretched a little, with the ink of a real one."""
    fine = scipy.ndimage.gaussian_filter(np.kron(image / 16, np.ones((4, 4))), 1.2)  # 32×32
    angle, slant = rng.normal(0, 0.12), rng.normal(0, 0.2)
    wide, high = np.exp(rng.normal(0, [0.15, 0.04]))
    matrix = np.array([[np.cos(angle) / high, np.sin(angle)], [slant - np.sin(angle), np.cos(angle) / wide]])
    middle = np.array([15.5, 15.5])
    offset = middle - matrix @ (middle + rng.normal(0, [0.6, 1.2]))
    moved = scipy.ndimage.affine_transform(fine, matrix, offset=offset, order=1)
    ink = int(np.clip(rng.normal(312, 34), 190, 430))  # mean and spread of the data set
    threshold = max(np.sort(moved, axis=None)[-ink], 1e-3)
    return (moved >= threshold).reshape(8, 4, 8, 4).sum(axis=(1, 3)).ravel()


def augment(X, copies, rng):
    """Return `copies` redrawn versions of all images, (copies * n, 64)."""
    images = X.reshape(-1, 8, 8)
    return np.array(
        [redraw(image, rng) for _ in trange(copies, desc="redraw") for image in images], dtype=np.float64
    )


def main() -> int:
    """Train, measure, store; print the card."""
    data = load_digits()
    rng = np.random.default_rng(SEED)
    rows = np.arange(len(data.y))
    X = np.column_stack(
        [data.X, rows]
    )  # the row number rides along, so that the file can say who was held out
    X_train, X_validation, X_test, y_train, y_validation, y_test = train_validation_test_split(
        X, data.y, rng=rng
    )
    held_out = X_test[:, 64].astype(np.int64)
    X_train, X_validation, X_test = X_train[:, :64], X_validation[:, :64], X_test[:, :64]
    X_more = np.vstack([X_train, augment(X_train, COPIES, rng)])
    y_more = np.tile(y_train, COPIES + 1)

    scaler = StandardScaler().fit(X_more)
    model = mlp.MLP(SIZES, rng=rng)
    steps = EPOCHS * -(-len(X_more) // BATCH)
    training.fit(
        model,
        scaler.transform(X_more),
        y_more,
        loss=losses.cross_entropy,
        optimizer=optimizers.AdamW(2e-3, weight_decay=0.05),
        epochs=EPOCHS,
        batch_size=BATCH,
        rng=rng,
        schedule=schedules.cosine(steps),
        validation=(scaler.transform(X_validation), y_validation),
        callbacks=[callbacks.Progress()],
    )

    # what a page computes: whole-number weights
    model = digit_pad.rounded(model)
    X_usual = np.vstack([X_validation, augment(X_validation, COPIES, rng)])
    y_usual = np.tile(y_validation, COPIES + 1)
    calibration = digit_pad.calibrate(model(scaler.transform(X_usual)), y_usual)
    center, basis = digit_pad.principal_components(X_train, COMPONENTS)
    usual = digit_pad.strangeness(X_validation, center, basis)
    # stranger than every validation digit: a warning; stranger than 99 of 100: a warning if it is unsure too
    calibration["strange"] = round(float(usual.max()), 3)
    calibration["odd"] = round(float(np.quantile(usual, 0.99)), 3)

    logits = model(scaler.transform(X_test))
    confidence = functional.softmax(logits / calibration["temperature"]).max(axis=1)
    right = logits.argmax(axis=1) == y_test
    sure = confidence >= calibration["threshold"]
    card = {
        "trained_on": f"{len(X_train)} digits of the UCI set, {COPIES} redrawn copies of each",
        "seed": SEED,
        "steps": steps,
        "validation_digits": len(X_validation),
        "held_out_digits": len(X_test),
        "redrawn_validation_accuracy": round(
            float((model(scaler.transform(X_usual)).argmax(axis=1) == y_usual).mean()), 4
        ),
        "held_out_accuracy": round(float(right.mean()), 4),
        "held_out_sure_share": round(float(sure.mean()), 4),
        "held_out_sure_accuracy": round(float(right[sure].mean()), 4),
        "held_out_strange_share": round(
            float((digit_pad.strangeness(X_test, center, basis) > calibration["strange"]).mean()), 4
        ),
    }
    header = {
        "format": serialization.FORMAT,
        "version": serialization.VERSION,
        "kind": "MLP",
        "sizes": model.sizes,
        "activation": "ReLU",
        "output_activation": "Identity",
        "dtype": "float64",
        "metadata": {"card": card, "calibration": calibration},
    }
    TARGET.parent.mkdir(exist_ok=True)
    serialization.write_arrays(
        TARGET,
        header,
        parameters=model.parameters.astype(np.float32),
        shift=scaler.shift,
        scale=scaler.scale,
        held_out=held_out.astype(np.int16),
        center=center.astype(np.float32),
        basis=basis.astype(np.float32),
    )
    for name, value in {**card, **calibration, "bytes": TARGET.stat().st_size}.items():
        print(f"{name:<28} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
