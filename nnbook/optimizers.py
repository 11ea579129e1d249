"""From a gradient to a step: each optimiser changes the flat parameter vector in place.

`optimizer.step(parameters, gradients)` is all there is. State (velocity, averages) is made at the first step.
"""

import weakref

import numpy as np

from nnbook.functional import as_number

CHUNK = 32_768  # elements handled at a time, so that parameter, gradient and state stay in the cache


class Optimizer:
    """Base: checks the learning rate, makes the state and walks through the vector in chunks."""

    n_states = 0

    def __init__(self, learning_rate):
        check_positive("learning_rate", learning_rate)
        self.learning_rate = float(learning_rate)
        self.n_steps = 0
        self._states = self._scratch = self._vector = self._memory = None

    def step(self, parameters, gradients):
        """Change `parameters` in place, one step against `gradients` (both flat, same shape).

        Raises:
            ValueError: shapes differ, or the vector is not the one this optimiser began with.
        """
        if parameters.shape != gradients.shape:
            raise ValueError(
                f"gradients must have shape {parameters.shape} like parameters; got {gradients.shape}."
            )
        if self._states is None:
            self._states = [np.zeros_like(parameters) for _ in range(self.n_states)]
        if self._scratch is None:
            self._size = self._states[0].size if self._states else parameters.size
            self._scratch = [np.empty(min(CHUNK, parameters.size), parameters.dtype) for _ in range(2)]
        if self._vector is None or self._vector() is not parameters:
            self._check_vector(parameters)
        self.n_steps += 1
        if parameters.size <= CHUNK:
            self._update(parameters, gradients, *self._states, *self._scratch)
            return
        for start in range(0, parameters.size, CHUNK):
            part = slice(start, start + CHUNK)
            p = parameters[part]
            states = [state[part] for state in self._states]
            self._update(p, gradients[part], *states, *[scratch[: p.size] for scratch in self._scratch])

    def _check_vector(self, parameters):
        """The state belongs to one vector. Without a state (plain SGD) any vector of that size will do."""
        if parameters.size != self._size:
            raise ValueError(
                f"this optimizer has the state of a model with {self._size} parameters; "
                f"got {parameters.size}. Make a new optimizer for a new model."
            )
        memory, place = _memory(parameters)
        if self._vector is None or not self.n_states:
            self._memory, self._place = weakref.ref(memory), place
        if self._memory() is not memory or self._place != place:
            raise ValueError(
                "this optimizer has the momentum of another model. Make a new optimizer for a new model."
            )
        self._vector = weakref.ref(parameters)  # the next time, one look at it is enough

    def snapshot(self):
        """(steps so far, copies of the state arrays): what `restore` needs to go on from here."""
        states = None if self._states is None else [state.copy() for state in self._states]
        return self.n_steps, states

    def restore(self, snapshot):
        """Go back to a `snapshot`, or on from a stored one. The next step says which model it is for."""
        self.n_steps, states = snapshot
        self._states = None if states is None else [np.array(state) for state in states]
        self._scratch = self._vector = None

    def __getstate__(self):
        # a copy belongs to the copied model, which is the next one it meets
        return self.__dict__ | {"_scratch": None, "_vector": None, "_memory": None}

    def _update(self, p, g, *states_and_scratch):
        raise NotImplementedError


def _memory(array):
    """(the array that owns the memory, the address of the first element): equal for all views of a vector."""
    place = array.__array_interface__["data"][0]
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array, place


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - η v with velocity v ← μ v + g (μ = `momentum`; 0 is plain SGD).

    >>> p = np.array([1.0]); SGD(0.1).step(p, np.array([2.0])); p
    array([0.8])
    """

    def __init__(self, learning_rate, *, momentum=0.0):
        super().__init__(learning_rate)
        check_fraction("momentum", momentum)
        self.momentum = momentum
        self.n_states = 1 if momentum else 0

    def _update(self, p, g, *rest):
        scratch = rest[-1]
        if self.momentum:
            velocity = rest[0]
            velocity *= self.momentum
            velocity += g
            g = velocity
        np.multiply(g, self.learning_rate, out=scratch)
        p -= scratch


class RMSProp(Optimizer):
    """Divide each gradient by a running root mean square of itself: p ← p - η g / (√s + ε).

    Source: Tieleman & Hinton, Lecture 6.5, 2012.
    """

    n_states = 1

    def __init__(self, learning_rate, *, decay=0.9, epsilon=1e-8):
        super().__init__(learning_rate)
        check_fraction("decay", decay)
        check_positive("epsilon", epsilon)
        self.decay, self.epsilon = decay, epsilon

    def _update(self, p, g, s, a, b):
        np.multiply(g, g, out=a)
        a *= 1 - self.decay
        s *= self.decay
        s += a
        np.sqrt(s, out=a)
        a += self.epsilon
        np.divide(g, a, out=a)
        a *= self.learning_rate
        p -= a


class Adam(Optimizer):
    """Momentum and RMSProp together, corrected for their start at zero.

    m ← β₁m + (1-β₁)g,  s ← β₂s + (1-β₂)g²,  p ← p - η (m / (1-β₁ᵗ)) / (√(s / (1-β₂ᵗ)) + ε).
    Source: Kingma & Ba, Adam, 2015.
    """

    n_states = 2

    def __init__(self, learning_rate=1e-3, *, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        check_fraction("beta1", beta1)
        check_fraction("beta2", beta2)
        check_positive("epsilon", epsilon)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def _update(self, p, g, m, s, a, b):
        m *= self.beta1
        m += g
        s *= self.beta2
        np.multiply(g, g, out=a)
        s += a
        # Here m and s lack their factors (1-β): scalars, applied below together with the corrections.
        mean = (1 - self.beta1) / (1 - self.beta1**self.n_steps)
        root = ((1 - self.beta2) / (1 - self.beta2**self.n_steps)) ** 0.5
        np.sqrt(s, out=a)
        a += self.epsilon / root
        np.divide(m, a, out=a)
        a *= self.learning_rate * mean / root
        p -= a


class AdamW(Adam):
    """Adam with decoupled weight decay: first p ← (1 - η λ) p, then Adam's step.

    Source: Loshchilov & Hutter, Decoupled weight decay regularization, 2019.
    """

    def __init__(self, learning_rate=1e-3, *, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
        super().__init__(learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon)
        weight_decay = as_number(weight_decay, "weight_decay")
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be at least 0; got {weight_decay}.")
        self.weight_decay = weight_decay
        self._kept()

    def _kept(self):
        """The share 1 - η λ of a weight that one step keeps."""
        kept = 1 - self.learning_rate * self.weight_decay
        if not kept > 0:
            raise ValueError(
                "learning_rate times weight_decay must stay below 1, or a step turns the sign of weights; "
                f"got {self.learning_rate:g} · {self.weight_decay:g}."
            )
        return kept

    def _update(self, p, *rest):
        p *= self._kept()
        super()._update(p, *rest)


def clip_gradients(gradients, max_norm):
    """Scale the flat vector `gradients` in place so that its length is at most `max_norm`.

    Returns:
        The length before clipping.
    Raises:
        ValueError: `gradients` is not an array of floats.
        FloatingPointError: the length is not a number: a NaN would go through every comparison unseen.

    >>> g = np.array([3.0, 4.0]); clip_gradients(g, 1.0), g
    (5.0, array([0.6, 0.8]))
    """
    check_positive("max_norm", max_norm)
    if getattr(gradients, "dtype", np.dtype(object)).kind != "f":
        raise ValueError("gradients must be an array of floats, which is changed in place.")
    norm = float(np.sqrt(np.vdot(gradients, gradients)))
    if not np.isfinite(norm):
        raise FloatingPointError(f"the length of the gradients is {norm}. Try a smaller learning rate.")
    if norm > max_norm:
        gradients *= max_norm / norm
    return norm


def check_positive(name, value):
    """Raise a ValueError that names the setting unless `value` is a finite number above 0."""
    hint = ""
    if name == "learning_rate" and np.ndim(value):
        hint = " The parameters come with each step: fit(model, …, optimizer=Adam(0.001))."
    try:
        number = as_number(value, name)
    except ValueError as error:
        raise ValueError(f"{error}{hint}") from None
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{name} must be a finite number above 0; got {value}.")


def check_fraction(name, value):
    """Raise a ValueError that names the setting unless 0 <= value < 1."""
    if not 0 <= as_number(value, name) < 1:
        raise ValueError(f"{name} must lie in [0, 1); got {value}.")
