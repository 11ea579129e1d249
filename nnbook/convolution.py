"""A convolution slides one set of weights over all places: what it learns at one place, it knows at all.

Shapes: B samples, T places (texts) or H × W places (pictures), C features at each place, which come last.
A picture of 8 × 8 grey values is (8, 8, 1): make a batch of flat rows so by `X.reshape(-1, 8, 8, 1)`.
"""

import numpy as np

from nnbook.functional import as_whole
from nnbook.initializers import he_normal
from nnbook.layers import Layer, Linear


class Convolution(Layer):
    """One `Linear` that reads a window of places, the same one at every place. Use `Conv1d` or `Conv2d`.

    Args:
        in_channels: features at each place of the input.
        out_channels: features at each place of the output: so many patterns are looked for.
        kernel_size: places of the window along each axis.
        padding: rows of zeros put around the input, so that the windows reach its border.
        initializer: of the weight, as in `Linear`; He's, because a ReLU usually follows.
        dtype, rng: as in `Linear`.

    An axis of n places becomes one of n + 2 padding - kernel_size + 1. The weights are those of the child
    `linear`; `kernel` shows them as an array of shape (kernel_size, …, in_channels, out_channels).
    As everywhere in this field, the window is not turned round: mathematics calls this a cross-correlation.
    Source: LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989.
    """

    n_axes = 0

    def __init__(
        self, in_channels, out_channels, kernel_size, *, padding=0, initializer=he_normal,
        dtype=np.float64, rng,
    ):  # fmt: skip
        super().__init__()
        self.in_channels = as_whole(in_channels, "in_channels")
        self.out_channels = as_whole(out_channels, "out_channels")
        self.kernel_size = as_whole(kernel_size, "kernel_size")
        self.padding = as_whole(padding, "padding", 0)
        self.window = (self.kernel_size,) * self.n_axes
        features = self.kernel_size**self.n_axes * self.in_channels
        self.linear = Linear(features, self.out_channels, initializer=initializer, dtype=dtype, rng=rng)
        self.children = (self.linear,)
        self._lay_out(np.dtype(dtype))
        self._padded_shape = None

    @property
    def kernel(self):
        """The weights as (kernel_size, …, in_channels, out_channels): a view, so it can be written to."""
        return self.linear.params["weight"].reshape(*self.window, self.in_channels, self.out_channels)

    def forward(self, x, *, training=False):
        """Map `x` (B, places…, in_channels) to (B, fewer places…, out_channels)."""
        self._check_shape(x)
        border = ((self.padding, self.padding),) * self.n_axes
        x = np.pad(x, ((0, 0), *border, (0, 0)))
        axes = tuple(range(1, 1 + self.n_axes))
        windows = np.lib.stride_tricks.sliding_window_view(x, self.window, axis=axes)
        windows = np.moveaxis(windows, 1 + self.n_axes, -1)  # (B, places…, window…, in_channels)
        if training:
            self._padded_shape, self._window_shape = x.shape, windows.shape
        rows = windows.reshape(-1, self.linear.in_features)  # each window is one row
        out = self.linear.forward(rows, training=training)
        return out.reshape(*windows.shape[: 1 + self.n_axes], self.out_channels)

    def backward(self, grad):
        """Each place stood in several windows, so its gradient is the sum over them."""
        if self._padded_shape is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        windows = self.linear.backward(grad.reshape(-1, self.out_channels)).reshape(self._window_shape)
        d_x = np.zeros(self._padded_shape, self.dtype)
        places = grad.shape[1:-1]
        for offset in np.ndindex(self.window):  # the same corner of all windows at once
            reached = tuple(slice(o, o + n) for o, n in zip(offset, places, strict=True))
            d_x[:, *reached] += windows[(slice(None),) * (1 + self.n_axes) + offset]
        inside = (slice(self.padding, n - self.padding) for n in self._padded_shape[1:-1])
        return d_x[:, *inside]

    def backward_parameters(self, grad):
        """Fill the gradients of kernel and bias only."""
        if self._padded_shape is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        self.linear.backward_parameters(grad.reshape(-1, self.out_channels))

    def _check_shape(self, x):
        places = ("length",) if self.n_axes == 1 else ("height", "width")
        expected = (
            f"{type(self).__name__} expected inputs of shape (n, {', '.join(places)}, {self.in_channels})"
        )
        if x.ndim != 2 + self.n_axes or x.shape[-1] != self.in_channels:
            hint = "X.reshape(n, -1, 1)" if self.n_axes == 1 else "X.reshape(n, height, width, 1)"
            raise ValueError(f"{expected}; got {x.shape}. Flat rows? Use {hint}.")
        if min(x.shape[1:-1]) + 2 * self.padding < self.kernel_size:
            raise ValueError(
                f"{expected} with at least {self.kernel_size} places along each axis; got {x.shape}. "
                "Use a smaller kernel, or padding."
            )

    def __repr__(self):
        size = "×".join(map(str, self.window))
        return f"{type(self).__name__}({self.in_channels} → {self.out_channels}, window {size})"


class Conv1d(Convolution):
    """A convolution over texts or signals: (B, T, in_channels) → (B, T', out_channels).

    >>> layer = Conv1d(10, 16, 2, rng=np.random.default_rng(0)); layer
    Conv1d(10 → 16, window 2)
    >>> layer.forward(np.ones((5, 8, 10))).shape, layer.n_parameters
    ((5, 7, 16), 336)
    """

    n_axes = 1


class Conv2d(Convolution):
    """A convolution over pictures: (B, H, W, in_channels) → (B, H', W', out_channels).

    >>> layer = Conv2d(1, 4, 3, rng=np.random.default_rng(0)); layer
    Conv2d(1 → 4, window 3×3)
    >>> layer.forward(np.ones((5, 8, 8, 1))).shape, layer.n_parameters
    ((5, 6, 6, 4), 40)
    """

    n_axes = 2


class GlobalMaxPool(Layer):
    """Keep the strongest answer of each feature, wherever it stood: (B, places…, C) → (B, C).

    "Is the pattern anywhere?" The answer does not depend on where.

    >>> GlobalMaxPool().forward(np.array([[[1.0, 5.0], [3.0, 2.0]]]))
    array([[3., 5.]])
    """

    def __init__(self):
        super().__init__()
        self._shape = None

    def forward(self, x, *, training=False):
        """The largest value of each feature over all places."""
        if x.ndim < 3:
            raise ValueError(f"GlobalMaxPool expected inputs of shape (n, places…, features); got {x.shape}.")
        rows = x.reshape(len(x), -1, x.shape[-1])  # (B, places, C)
        best = rows.argmax(axis=1)[:, None]  # (B, 1, C)
        if training:
            self._shape, self._best = x.shape, best
        return np.take_along_axis(rows, best, axis=1)[:, 0]

    def backward(self, grad):
        """Only the strongest place acted, so it gets the gradient (the first one, if several are equal)."""
        if self._shape is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        d_x = np.zeros((len(grad), int(np.prod(self._shape[1:-1])), grad.shape[1]), grad.dtype)
        np.put_along_axis(d_x, self._best, grad[:, None], axis=1)
        return d_x.reshape(self._shape)

    def __repr__(self):
        return "GlobalMaxPool()"


class Flatten(Layer):
    """All features of all places side by side, as `Linear` wants them: (B, places…, C) → (B, places · C)."""

    def __init__(self):
        super().__init__()
        self._shape = None

    def forward(self, x, *, training=False):
        """One row per sample."""
        if training:
            self._shape = x.shape
        return x.reshape(len(x), -1) if training else np.array(x).reshape(len(x), -1)

    def backward(self, grad):
        """The same numbers in the shape that came in."""
        if self._shape is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        return grad.reshape(self._shape)

    def __repr__(self):
        return "Flatten()"
