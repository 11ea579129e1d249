"""Figures in one house style. Every function draws on `ax` (a new one by default) and returns it.

Colours are the Okabe-Ito set, told apart by colour-blind eyes; classes also differ by marker, lines by dash.
"""

import matplotlib.pyplot as plt
import numpy as np
from cycler import cycler
from matplotlib.colors import LinearSegmentedColormap

BLUE, ORANGE, GREEN, PINK, SKY, RED, INK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#222222",
)
COLOURS = (BLUE, RED, GREEN, PINK, ORANGE, SKY, INK)
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), "-")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
DIVERGING = LinearSegmentedColormap.from_list(
    "orange-paper-blue", ["#D55E00", "#F2B58C", "#FBFAF7", "#8CBBDD", BLUE]
)


def house_style():
    """Set matplotlib's defaults for the whole notebook: size, colours, grid, and reproducible files."""
    plt.rcParams.update(
        {
            "figure.figsize": (6.4, 3.8),
            "figure.dpi": 110,
            "savefig.dpi": 110,
            "savefig.bbox": "tight",
            "figure.constrained_layout.use": True,
            "font.size": 10.5,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#DDDDDD",
            "grid.linewidth": 0.7,
            "legend.frameon": False,
            "lines.linewidth": 2.0,
            "axes.prop_cycle": cycler(color=COLOURS) + cycler(linestyle=DASHES),
            "svg.hashsalt": "nnbook",
        }
    )


def plot_history(history, *, ax=None):
    """Training loss by epoch, and validation loss where it was measured."""
    ax = _axes(ax)
    epochs = np.arange(1, history.epochs + 1)
    ax.plot(epochs, history.train_loss, label="training")
    if history.validation_loss:
        ax.plot(epochs, history.validation_loss, label="validation")
    ax.set(xlabel="epoch", ylabel="loss", ylim=(0, None))
    ax.legend()
    return ax


def plot_points(X, labels, *, class_names=None, ax=None):
    """Two-dimensional samples, one colour and one marker per class."""
    ax = _axes(ax, figsize=(4.4, 4.2))
    labels = np.asarray(labels)
    for k, label in enumerate(np.unique(labels)):
        name = class_names[int(label)] if class_names is not None else f"class {label}"
        ax.scatter(
            *X[labels == label].T,
            s=18,
            marker=MARKERS[k],
            color=(RED, BLUE, *COLOURS[2:])[k],
            edgecolor="white",
            linewidth=0.4,
            label=name,
        )
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
    ax.legend(loc="upper right", framealpha=0.9, frameon=True)
    return ax


def plot_decision_surface(score, X, labels, *, resolution=160, class_names=None, ax=None):
    """What a classifier says everywhere on the plane, with the samples on top.

    Args:
        score: function (n, 2) -> (n,) in [0, 1], the probability of class 1.
        X, labels: samples of shape (n, 2) and their labels 0 or 1.
        resolution: points per side of the grid.
    """
    ax = plot_points(X, labels, class_names=class_names, ax=ax)
    margin = 0.15
    (left, bottom), (right, top) = X.min(axis=0) - margin, X.max(axis=0) + margin
    x1, x2 = np.meshgrid(np.linspace(left, right, resolution), np.linspace(bottom, top, resolution))
    values = np.asarray(score(np.stack([x1.ravel(), x2.ravel()], axis=1))).reshape(x1.shape)
    ax.contourf(x1, x2, values, levels=np.linspace(0, 1, 21), cmap=DIVERGING, alpha=0.75, zorder=0)
    ax.contour(x1, x2, values, levels=[0.5], colors=[INK], linewidths=1.2, linestyles="-", zorder=1)
    ax.grid(False)
    return ax


def plot_confusion_matrix(matrix, class_names, *, ax=None):
    """Counts by true class (row) and predicted class (column); the diagonal is right."""
    ax = _axes(ax, figsize=(4.2, 3.6))
    matrix = np.asarray(matrix)
    ax.imshow(matrix, cmap="Blues", vmin=0, vmax=matrix.max() * 1.25)
    for (row, column), count in np.ndenumerate(matrix):
        strong = count > 0.6 * matrix.max()
        ax.text(column, row, str(count), ha="center", va="center", color="white" if strong else INK)
    ticks = np.arange(len(class_names))
    ax.set_xticks(ticks, class_names)
    ax.set_yticks(ticks, class_names)
    ax.set(xlabel="predicted", ylabel="true")
    ax.grid(False)
    return ax


def plot_images(images, titles, *, columns=8):
    """Grey images of shape (n, height, width) in a grid, each under its title; returns the array of Axes."""
    rows = -(-len(images) // columns)
    _, axes = plt.subplots(rows, columns, figsize=(columns * 1.05, rows * 1.3), squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        ax.imshow(image, cmap="gray_r")
        ax.set_title(title, fontsize=9, fontweight="normal", loc="center")
    return axes


def plot_spread(values, *, ylabel, ax=None):
    """One column of dots per name, with the mean as a bar: every seed is shown, not only the best.

    Args:
        values: {name: sequence of results, one per seed}.
    """
    ax = _axes(ax)
    for k, results in enumerate(values.values()):
        results = np.asarray(results)
        offsets = np.linspace(-0.12, 0.12, len(results)) if len(results) > 1 else [0.0]
        ax.plot(k + np.asarray(offsets), results, MARKERS[0], color=COLOURS[k % len(COLOURS)], alpha=0.8)
        ax.plot([k - 0.25, k + 0.25], [results.mean()] * 2, "-", color=INK, linewidth=1.6)
    ax.set_xticks(range(len(values)), values.keys())
    ax.set(ylabel=ylabel, xlim=(-0.5, len(values) - 0.5))
    ax.grid(axis="x", visible=False)
    return ax


def _axes(ax, **figure):
    return plt.subplots(**figure)[1] if ax is None else ax
