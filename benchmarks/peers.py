"""The same training in several libraries. A peer is built with a case, its data and its starting weights.

`peer.epoch()` makes one pass over the shuffled data in mini-batches; `peer.loss()` is the mean cross-entropy
on all of it, so that one can see that everybody does the same work.
"""

import numpy as np

from nnbook import activations, losses, optimizers
from nnbook.mlp import MLP
from nnbook.training import fit

RATES = {"sgd": 0.01, "adam": 1e-4}


class Nnbook:
    """What the book uses, through `fit`, with all its checks."""

    def __init__(self, case, X, y, weights, *, dtype=np.float32):
        self.case, self.rng = case, np.random.default_rng(2)
        activation = {"tanh": activations.Tanh, "relu": activations.ReLU}[case.activation]
        self.model = MLP(case.sizes, activation=activation, dtype=dtype, rng=self.rng)
        for layer, (weight, bias) in zip(self.model.linear_layers, weights, strict=True):
            layer.params["weight"][...], layer.params["bias"][...] = weight, bias
        optimizer = {"sgd": optimizers.SGD, "adam": optimizers.Adam}[case.optimizer]
        self.optimizer = optimizer(RATES[case.optimizer])
        self.X, self.y = X.astype(dtype), y

    def epoch(self):
        fit(
            self.model,
            self.X,
            self.y,
            loss=losses.cross_entropy,
            optimizer=self.optimizer,
            epochs=1,
            batch_size=self.case.batch_size,
            rng=self.rng,
        )

    def loss(self):
        return losses.cross_entropy(self.model(self.X), self.y)[0]


class Textbook:
    """NumPy as one writes it the first time: float64, a new array for every result."""

    def __init__(self, case, X, y, weights):
        self.case, self.rng = case, np.random.default_rng(2)
        self.X, self.y = X, y
        self.weights = [weight.copy() for weight, _ in weights]
        self.biases = [bias.copy() for _, bias in weights]
        self.t = 0
        self.moments = [
            (np.zeros_like(p), np.zeros_like(p))
            for pair in zip(self.weights, self.biases, strict=True)
            for p in pair
        ]

    def epoch(self):
        order = self.rng.permutation(len(self.X))
        for start in range(0, len(order), self.case.batch_size):
            rows = order[start : start + self.case.batch_size]
            self.step(self.X[rows], self.y[rows])

    def step(self, x, y):
        hidden = [x]
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            z = hidden[-1] @ weight + bias
            hidden.append(np.tanh(z) if self.case.activation == "tanh" else np.maximum(z, 0))
        logits = hidden[-1] @ self.weights[-1] + self.biases[-1]
        delta = self.softmax(logits)
        delta[np.arange(len(y)), y] -= 1
        delta /= len(y)
        gradients = []
        for layer in reversed(range(len(self.weights))):
            gradients[:0] = [hidden[layer].T @ delta, delta.sum(axis=0)]
            if layer:
                a = hidden[layer]
                slope = 1 - a**2 if self.case.activation == "tanh" else a > 0
                delta = delta @ self.weights[layer].T * slope
        self.update([p for pair in zip(self.weights, self.biases, strict=True) for p in pair], gradients)

    def update(self, parameters, gradients):
        rate = RATES[self.case.optimizer]
        self.t += 1
        for p, g, (m, s) in zip(parameters, gradients, self.moments, strict=True):
            if self.case.optimizer == "sgd":
                p -= rate * g
            else:
                m[...] = 0.9 * m + 0.1 * g
                s[...] = 0.999 * s + 0.001 * g**2
                m_hat, s_hat = m / (1 - 0.9**self.t), s / (1 - 0.999**self.t)
                p -= rate * m_hat / (np.sqrt(s_hat) + 1e-8)

    @staticmethod
    def softmax(logits):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def loss(self):
        a = self.X
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            z = a @ weight + bias
            a = np.tanh(z) if self.case.activation == "tanh" else np.maximum(z, 0)
        p = self.softmax(a @ self.weights[-1] + self.biases[-1])
        return float(-np.log(p[np.arange(len(p)), self.y]).mean())


class ScikitLearn:
    """MLPClassifier.partial_fit: one pass over the data per call.

    For two classes it has one logistic output, the difference of the two logits: the same function of the
    input, a little less work per step, and half the step in its last layer.
    """

    def __init__(self, case, X, y, weights, *, dtype=np.float64):
        from sklearn.neural_network import MLPClassifier

        self.X, self.y = X.astype(dtype), y
        self.model = MLPClassifier(
            case.sizes[1:-1],
            activation=case.activation,
            solver=case.optimizer,
            alpha=0.0,
            batch_size=case.batch_size,
            learning_rate_init=RATES[case.optimizer],
            momentum=0.0,
            nesterovs_momentum=False,
            random_state=2,
        )
        self.same_steps = case.sizes[-1] > 2
        few = slice(0, case.batch_size)
        self.model.partial_fit(
            self.X[few], self.y[few], classes=np.arange(case.sizes[-1])
        )  # makes the arrays
        for layer, (weight, bias) in enumerate(weights):
            if weight.shape != self.model.coefs_[layer].shape:
                weight, bias = weight[:, 1:] - weight[:, :1], bias[1:] - bias[:1]
            self.model.coefs_[layer][...], self.model.intercepts_[layer][...] = weight, bias
        for name in ("ms", "vs", "velocities"):
            for state in getattr(self.model._optimizer, name, ()):
                state[...] = 0
        self.model._optimizer.t = 0
        self.model.t_ = 0

    def epoch(self):
        self.model.partial_fit(self.X, self.y)

    def loss(self):
        p = self.model.predict_proba(self.X)
        return float(-np.log(p[np.arange(len(p)), self.y]).mean())


class PyTorch:
    """Batches cut by hand from shuffled tensors; nobody reads the loss. The fastest plain loop."""

    def __init__(self, case, X, y, weights, *, fused=False):
        import torch

        self.case = case
        torch.manual_seed(2)
        self.X = torch.tensor(X, dtype=torch.float32)
        self.y = torch.tensor(y, dtype=torch.int64)
        layers = []
        for weight, bias in weights:
            linear = torch.nn.Linear(*weight.shape)
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(weight.T))
                linear.bias.copy_(torch.tensor(bias))
            layers += [linear, {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[case.activation]()]
        self.model = torch.nn.Sequential(*layers[:-1])
        self.cross_entropy = torch.nn.CrossEntropyLoss()
        optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[case.optimizer]
        self.optimizer = optimizer(self.model.parameters(), lr=RATES[case.optimizer], fused=fused or None)

    def batches(self):
        import torch

        order = torch.randperm(len(self.X))
        X, y = self.X[order], self.y[order]
        for start in range(0, len(order), self.case.batch_size):
            yield X[start : start + self.case.batch_size], y[start : start + self.case.batch_size]

    def epoch(self):
        for x, y in self.batches():
            self.optimizer.zero_grad()
            self.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()

    def loss(self):
        import torch

        with torch.no_grad():
            return float(self.cross_entropy(self.model(self.X), self.y))


class PyTorchDataLoader(PyTorch):
    """The loop of PyTorch's tutorials: a DataLoader shuffles and batches, the losses are added up."""

    def epoch(self):
        from torch.utils.data import DataLoader, TensorDataset

        total = 0.0
        loader = DataLoader(TensorDataset(self.X, self.y), batch_size=self.case.batch_size, shuffle=True)
        for x, y in loader:
            self.optimizer.zero_grad()
            loss = self.cross_entropy(self.model(x), y)
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(x)


def nnbook_float64(case, X, y, weights):
    return Nnbook(case, X, y, weights, dtype=np.float64)


def scikit_learn_float32(case, X, y, weights):
    return ScikitLearn(case, X, y, weights, dtype=np.float32)


def pytorch_fused(case, X, y, weights):
    return PyTorch(case, X, y, weights, fused=True)


PEERS = {
    "nnbook": Nnbook,
    "nnbook, float64": nnbook_float64,
    "textbook NumPy, float64": Textbook,
    "scikit-learn, float64": ScikitLearn,
    "scikit-learn, float32": scikit_learn_float32,
    "PyTorch eager, DataLoader": PyTorchDataLoader,
    "PyTorch eager, bare loop": PyTorch,
    "PyTorch fused, bare loop": pytorch_fused,
}
