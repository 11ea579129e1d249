"""A layer maps a batch forward and a gradient backward; its parameters live in one flat vector.

Three promises hold for every layer of the book:

* `forward(x)` returns a fresh array. `forward(x, training=True)` remembers what `backward` needs and
  may reuse its output array at the next training call.
* `backward(grad)` takes the gradient of the loss with respect to the layer's output, **overwrites**
  the gradients of its parameters, and returns the gradient with respect to its input.
* `parameters` and `gradients` are flat vectors; `params` and `grads` name views into them. So an
  optimiser needs one vector operation, whatever the network looks like. An assignment to any of the four
  writes into the vectors.

A layer is one place of one model: it remembers one batch, and its numbers lie in one vector.
"""

import copy
import weakref

import numpy as np

from nnbook._named import Named, NamedArrays, write
from nnbook._validate import check_generator, check_instances
from nnbook.functional import as_numbers, as_whole
from nnbook.initializers import glorot_uniform


class Layer:
    """Base of all layers: naming and flat storage of parameters, and reusable work arrays."""

    _views = frozenset({"_parameters", "_gradients", "_matrix", "_matrix_gradient"})  # made by `_bind`

    def __init__(self):
        self._params, self._grads = NamedArrays(), NamedArrays()
        self.children: tuple[Layer, ...] = ()
        self._workspaces: dict = {}
        self._owner = self._taken = None
        self._lay_out(np.float64)

    def forward(self, x, *, training=False):
        """Return the layer's output for a batch `x`."""
        raise NotImplementedError

    def backward(self, grad):
        """Return the loss gradient at the input, given the one at the output; fill `grads`."""
        raise NotImplementedError

    def backward_parameters(self, grad):
        """Like `backward`, for a first layer: nobody needs its input gradient, so it may be skipped."""
        self.backward(grad)

    def __call__(self, x):
        """Check `x`, then `forward(x)`: what a reader calls."""
        return self.forward(self.check_inputs(x))

    def check_inputs(self, x):
        """Return `x` as a float array of this layer's dtype, or say what is wrong with it.

        Raises:
            ValueError: not numbers, empty, or holding NaN or infinity.
        """
        x = as_numbers(x, "inputs")
        if x.size == 0:
            raise ValueError(f"inputs are empty (shape {x.shape}). Did a filter or a split remove every row?")
        with np.errstate(over="ignore"):
            inputs = x.astype(self.dtype, copy=False)
        if not (finite := np.isfinite(inputs)).all():
            if np.isfinite(x).all():
                raise ValueError(
                    f"inputs hold {int((~finite).sum())} values that are too large for {self.dtype}; "
                    f"the largest is {np.abs(x).max():g}. Scale them first."
                )
            raise ValueError(
                f"inputs hold {int((~finite).sum())} values that are NaN or infinite. "
                "Fill or drop missing values first."
            )
        return inputs

    @property
    def dtype(self):
        """Number format of the parameters, decided once when the layer is made."""
        return self._parameters.dtype

    @property
    def n_parameters(self):
        """How many numbers training may change."""
        return self._parameters.size

    @property
    def parameters(self):
        """All numbers that training may change, as one flat vector."""
        if self._taken is not None:
            raise RuntimeError(
                f"{self._taken} was put into another model, which trains it now. "
                "Give that model a copy of its own: copy.deepcopy(layer)."
            )
        return self._parameters

    @parameters.setter
    def parameters(self, values):
        if values is not self._parameters:
            write(self.parameters, values, "parameters")

    @property
    def gradients(self):
        """The derivative of the loss by each of the `parameters`, as one flat vector."""
        return self._gradients

    @gradients.setter
    def gradients(self, values):
        if values is not self._gradients:
            write(self._gradients, values, "gradients")

    @property
    def params(self):
        """This layer's own arrays by name, views of `parameters`."""
        return self._params

    @params.setter
    def params(self, arrays):
        if self._params:
            raise AttributeError("write into the arrays that are there: layer.params[name][...] = values.")
        self._params = NamedArrays(arrays)

    @property
    def grads(self):
        """The gradients of this layer's own arrays by name, views of `gradients`."""
        return self._grads

    def _lay_out(self, dtype):
        """Move the parameters of this layer and its children into one new flat vector."""
        parts, seen = list(self._parts()), set()
        for part in parts:
            if id(part) in seen:
                raise ValueError(
                    f"{part!r} is in this model twice, but it can remember one place only. "
                    "Make a layer of its own for each place."
                )
            seen.add(id(part))
        size = sum(p.size for part in parts for p in part.params.values())
        self._bind(np.zeros(size, dtype), np.zeros(size, dtype), 0)
        for child in self.children:
            child._move_to(self)

    def _parts(self):
        """This layer, its children, and theirs."""
        yield self
        for child in self.children:
            yield from child._parts()

    def _leaves(self):
        return (part for part in self._parts() if part.params)

    def _move_to(self, model):
        """Note that this layer is a part of `model` now, and tell the model that had it before."""
        owner = self._owner() if self._owner else None
        self._owner = weakref.ref(model)
        while owner is not None and owner is not model:
            owner._taken = repr(self)
            owner = owner._owner() if owner._owner else None

    def _bind(self, parameters, gradients, start):
        """Make `params` and `grads` views of the flat vectors from `start` on; return where they end."""
        stop = start
        for name, value in self.params.items():
            section = slice(stop, stop + value.size)
            for vector, arrays, old in (
                (parameters, self.params, value),
                (gradients, self.grads, self.grads.get(name, 0)),
            ):
                view = vector[section].reshape(value.shape)
                view[...] = old
                arrays.bind(name, view)
            stop += value.size
        for child in self.children:
            stop = child._bind(parameters, gradients, stop)
        self._parameters, self._gradients = parameters[start:stop], gradients[start:stop]
        self._workspaces.clear()
        return stop

    def __getstate__(self):
        """What a copy or a file needs: a copied view is no view, so the flat vectors are made anew."""
        state = self.__dict__ | {"_workspaces": {}, "_owner": None, "_taken": None}
        return state | dict.fromkeys(self._views & state.keys(), np.empty(0, self.dtype))

    def __setstate__(self, state):
        self.__dict__.update(state)
        if all(leaf.grads for leaf in self._leaves()):  # weights that were only given have no vector
            self._lay_out(self.dtype)

    def __copy__(self):
        return copy.deepcopy(self)  # layers share nothing

    def _workspace(self, rows):
        """Arrays that training reuses for batches of `rows` rows, made by `_allocate` when first needed."""
        workspace = self._workspaces.get(rows)
        if workspace is None:
            if len(self._workspaces) >= 4:  # odd batch sizes must not pile up memory
                self._workspaces.clear()
            workspace = self._workspaces[rows] = self._allocate(rows)
        return workspace

    def _allocate(self, rows):
        raise NotImplementedError


class Linear(Layer):
    """A weighted sum per output neuron: x @ weight + bias.

    Args:
        in_features, out_features: numbers of inputs and of neurons.
        initializer: function from `nnbook.initializers` for the weight; biases start at 0.
        dtype: np.float64 (default) or np.float32 (faster training).
        rng: where the starting weights come from.

    `weight` has shape (in_features, out_features), `bias` (out_features,). The bias is the weight of one more
    input that is always 1. It follows the weight in the flat vector, so both are one matrix of
    in_features + 1 rows, and training needs one matrix product instead of a product and a sum.

    >>> layer = Linear(3, 2, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((5, 3))).shape
    (5, 2)
    """

    weight, bias = Named(), Named()

    def __init__(self, in_features, out_features, *, initializer=glorot_uniform, dtype=np.float64, rng):
        super().__init__()
        if np.dtype(dtype).kind != "f":
            raise ValueError(f"dtype must be a float format such as np.float64; got {np.dtype(dtype)}.")
        self.in_features = as_whole(in_features, "in_features")
        self.out_features = as_whole(out_features, "out_features")
        self.params = {
            "weight": initializer((self.in_features, self.out_features), rng=rng),
            "bias": np.zeros(self.out_features),
        }
        self._lay_out(np.dtype(dtype))
        self._work = None

    def forward(self, x, *, training=False):
        """Map `x` of shape (n, in_features) to (n, out_features)."""
        if x.ndim != 2 or x.shape[1] != self.in_features:
            raise ValueError(
                f"Linear expected inputs of shape (n, {self.in_features}); got {x.shape}. "
                "One sample? Use x[None, :]. Features in rows? Use x.T."
            )
        if not training:
            return x @ self.params["weight"] + self.params["bias"]
        self._work = inputs, features, out, _ = self._workspace(len(x))
        features[...] = x
        return np.dot(inputs, self._matrix, out)  # (n, in + 1) @ (in + 1, out)

    def backward_parameters(self, grad):
        """Fill the gradients of weight and bias only."""
        if self._work is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        np.dot(self._work[0].T, grad, self._matrix_gradient)  # (in + 1, n) @ (n, out) sums over the batch

    def backward(self, grad):
        """Gradient at the input: grad @ weight.T, shape (n, in_features)."""
        self.backward_parameters(grad)
        return np.dot(grad, self._params["weight"].T, self._work[3])

    def _bind(self, parameters, gradients, start):
        stop = super()._bind(parameters, gradients, start)
        if self.params:
            self._matrix = self._parameters.reshape(-1, self.out_features)
            self._matrix_gradient = self._gradients.reshape(-1, self.out_features)
        return stop

    def _allocate(self, rows):
        inputs = np.ones((rows, self.in_features + 1), self.dtype)
        features = inputs[:, :-1]  # all columns but the last, which stays 1
        out = np.empty((rows, self.out_features), self.dtype)
        return inputs, features, out, np.empty((rows, self.in_features), self.dtype)

    def __repr__(self):
        return f"Linear({self.in_features} → {self.out_features})"


class Dropout(Layer):
    """Silence each input with probability `rate` while training; do nothing otherwise.

    Kept values are divided by 1 - rate, so the expected output equals the input ("inverted" dropout).
    Source: Srivastava et al., Dropout, JMLR 2014.
    """

    def __init__(self, rate, *, rng):
        super().__init__()
        if not 0 <= rate < 1:
            raise ValueError(f"rate must lie in [0, 1); got {rate}. A rate of 1 would silence every input.")
        self.rate, self.rng = rate, check_generator(rng)
        self._mask = None

    def forward(self, x, *, training=False):
        """Same shape out as in; a new random mask at each training call."""
        if not training:
            return np.array(x)
        x = as_numbers(x, "inputs")  # 1 - rate would be rounded to a whole number for integers
        keep = self.rng.random(x.shape, dtype=np.float32) >= self.rate
        self._mask = keep.astype(x.dtype) / x.dtype.type(1 - self.rate)
        return x * self._mask

    def backward(self, grad):
        """The gradient passes where the input passed."""
        if self._mask is None:
            raise RuntimeError("backward needs forward(x, training=True) first.")
        return grad * self._mask

    def __repr__(self):
        return f"Dropout({self.rate})"


class Sequential(Layer):
    """Layers one after another: forward runs left to right, backward right to left.

    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Linear(4, 8, rng=rng), Linear(8, 2, rng=rng))
    >>> model.n_parameters
    58
    """

    def __init__(self, *layers):
        super().__init__()
        if not layers:
            raise ValueError("Sequential needs at least one layer.")
        layers = check_instances(
            layers, Layer, "the layers of Sequential", "Sequential(Linear(…), ReLU(), …)"
        )
        dtypes = {layer.dtype for layer in layers if layer.n_parameters}
        if len(dtypes) > 1:
            raise ValueError(f"all layers of a model must share one dtype; got {sorted(map(str, dtypes))}.")
        self.children = layers
        self._lay_out(dtypes.pop() if dtypes else np.float64)

    def forward(self, x, *, training=False):
        """Pass `x` through all layers."""
        for layer in self.children:
            x = layer.forward(x, training=training)
        return x

    def backward(self, grad):
        """The chain rule: each layer hands its input gradient to the layer before it."""
        check_gradient(grad)
        for layer in reversed(self.children):
            grad = layer.backward(grad)
        return grad

    def backward_parameters(self, grad):
        """Like `backward`, but stop short of the input of the first layer."""
        check_gradient(grad)
        for layer in self.children[:0:-1]:
            grad = layer.backward(grad)
        self.children[0].backward_parameters(grad)

    def __repr__(self):
        return f"Sequential({', '.join(map(repr, self.children))})"


def check_gradient(grad):
    """Raise a ValueError if `grad` is the pair that a loss returns."""
    if isinstance(grad, tuple):
        raise ValueError(
            "backward takes the gradient alone, but a loss returns a pair: "
            "value, grad = loss(predictions, targets)."
        )
