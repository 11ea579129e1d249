"""The same expression twice: once in nnbook, once in PyTorch. Skipped where PyTorch is not installed."""

import numpy as np
import pytest

from nnbook.activations import GELU, Identity, ReLU, Sigmoid, Tanh
from nnbook.convolution import Conv1d, Conv2d, GlobalMaxPool
from nnbook.losses import binary_cross_entropy, cross_entropy, mean_squared_error
from nnbook.mlp import MLP
from nnbook.optimizers import SGD, Adam, AdamW, RMSProp, clip_gradients

torch = pytest.importorskip(
    "torch",
    reason="PyTorch is not installed: pip install -r requirements-frameworks.txt",
    exc_type=ImportError,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 4))
LABELS = RNG.integers(0, 3, 7)
ACTIVATIONS = {
    Identity: torch.nn.Identity(),
    ReLU: torch.nn.ReLU(),
    Tanh: torch.nn.Tanh(),
    Sigmoid: torch.nn.Sigmoid(),
    GELU: torch.nn.GELU(approximate="tanh"),
}
# ours, theirs, targets
functional = torch.nn.functional
LOSSES = {
    "mse": (mean_squared_error, functional.mse_loss, RNG.normal(size=(7, 3))),
    "bce": (binary_cross_entropy, functional.binary_cross_entropy_with_logits, RNG.random((7, 3)).round()),
    "labels": (cross_entropy, functional.cross_entropy, LABELS),
    "rows": (cross_entropy, functional.cross_entropy, RNG.dirichlet(np.ones(3), 7)),
}
OPTIMIZERS = {
    "SGD": (lambda: SGD(0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (lambda: SGD(0.1, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "RMSProp": (lambda: RMSProp(0.01, decay=0.9), lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9)),
    "Adam": (lambda: Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    "Adam, other betas": (
        lambda: Adam(0.01, beta1=0.5, beta2=0.9, epsilon=1e-3),
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.9), eps=1e-3),
    ),
    "AdamW": (
        lambda: AdamW(0.01, weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    ),
}


def twins(activation=Tanh, sizes=(4, 6, 5, 3)):
    """The same network in both libraries, with the same weights."""
    ours = MLP(sizes, activation=activation, rng=np.random.default_rng(1))
    ours.parameters += np.random.default_rng(2).normal(0, 0.3, ours.n_parameters)  # biases too
    modules = []
    for layer in ours.linear_layers:
        linear = torch.nn.Linear(layer.in_features, layer.out_features, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(layer.params["weight"].T.copy()))
            linear.bias.copy_(torch.from_numpy(layer.params["bias"].copy()))
        modules += [linear, ACTIVATIONS[activation]]
    return ours, torch.nn.Sequential(*modules[:-1])


def flat(model, attribute):
    """Weights or gradients of the PyTorch twin in the order of our flat vector."""
    parts = []
    for linear in model:
        if isinstance(linear, torch.nn.Linear):
            weight, bias = (getattr(p, attribute).detach().numpy() for p in (linear.weight, linear.bias))
            parts += [weight.T.ravel(), bias]
    return np.concatenate(parts)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_forward_loss_and_gradients(activation, loss):
    ours, theirs = twins(activation)
    our_loss, their_loss, targets = LOSSES[loss]
    x = torch.tensor(X, requires_grad=True)
    predictions = theirs(x)
    expected = their_loss(predictions, torch.from_numpy(targets))
    expected.backward()

    out = ours.forward(X, training=True)
    assert out == pytest.approx(predictions.detach().numpy(), rel=1e-12)
    value, grad = our_loss(out, targets)
    assert value == pytest.approx(expected.item(), rel=1e-12)
    assert ours.backward(grad) == pytest.approx(x.grad.numpy(), rel=1e-9, abs=1e-14)
    assert ours.gradients == pytest.approx(flat(theirs, "grad"), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps(name):
    ours, theirs = twins()
    our_optimizer, their_optimizer = OPTIMIZERS[name][0](), OPTIMIZERS[name][1](theirs.parameters())
    for step in range(10):
        rows = slice(step % 3, step % 3 + 4)
        _, grad = cross_entropy(ours.forward(X[rows], training=True), LABELS[rows])
        ours.backward(grad)
        our_optimizer.step(ours.parameters, ours.gradients)

        their_optimizer.zero_grad()
        functional.cross_entropy(theirs(torch.from_numpy(X[rows])), torch.from_numpy(LABELS[rows])).backward()
        their_optimizer.step()
        # ten steps of RMSProp and Adam divide by small roots, which stretches the last digits
        assert ours.parameters == pytest.approx(flat(theirs, "data"), rel=1e-8, abs=1e-11)


def test_clipping():
    ours, theirs = twins()
    _, grad = cross_entropy(ours.forward(X, training=True), LABELS)
    ours.backward(grad)
    functional.cross_entropy(theirs(torch.from_numpy(X)), torch.from_numpy(LABELS)).backward()
    norm = torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.1)
    assert clip_gradients(ours.gradients, 0.1) == pytest.approx(norm.item(), rel=1e-12)
    assert ours.gradients == pytest.approx(flat(theirs, "grad"), rel=1e-4)  # PyTorch divides by norm + 1e-6


@pytest.mark.parametrize(("kernel_size", "padding"), [(1, 0), (2, 0), (3, 1), (3, 2)])
@pytest.mark.parametrize(("ours_is", "theirs_is", "places"), [
    (Conv1d, torch.nn.Conv1d, (6,)), (Conv2d, torch.nn.Conv2d, (5, 6)),
])  # fmt: skip
def test_convolution(ours_is, theirs_is, places, kernel_size, padding):
    rng = np.random.default_rng(0)
    ours = ours_is(2, 3, kernel_size, padding=padding, rng=rng)
    ours.parameters += rng.normal(0, 0.3, ours.n_parameters)
    theirs = theirs_is(2, 3, kernel_size, padding=padding, dtype=torch.float64)
    with torch.no_grad():
        kernel = ours.kernel.transpose(-1, -2, *range(len(places)))  # channels first over there
        theirs.weight.copy_(torch.from_numpy(kernel.copy()))
        theirs.bias.copy_(torch.from_numpy(ours.linear.params["bias"].copy()))
    x = rng.normal(size=(4, *places, 2))
    x_theirs = torch.from_numpy(np.moveaxis(x, -1, 1).copy()).requires_grad_()
    out_theirs = theirs(x_theirs)
    out = ours.forward(x, training=True)
    assert out == pytest.approx(np.moveaxis(out_theirs.detach().numpy(), 1, -1), rel=1e-12, abs=1e-14)
    grad = rng.normal(size=out.shape)
    out_theirs.backward(torch.from_numpy(np.moveaxis(grad, -1, 1).copy()))
    d_x = ours.backward(grad)
    assert d_x == pytest.approx(np.moveaxis(x_theirs.grad.numpy(), 1, -1), rel=1e-9, abs=1e-13)
    d_kernel = ours.linear.grads["weight"].reshape(ours.kernel.shape).transpose(-1, -2, *range(len(places)))
    assert d_kernel == pytest.approx(theirs.weight.grad.numpy(), rel=1e-9, abs=1e-13)
    assert ours.linear.grads["bias"] == pytest.approx(theirs.bias.grad.numpy(), rel=1e-9, abs=1e-13)


def test_global_max_pool():
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    theirs = torch.from_numpy(x.copy()).requires_grad_()
    out_theirs = theirs.amax(dim=(1, 2))
    pool = GlobalMaxPool()
    assert pool.forward(x, training=True) == pytest.approx(out_theirs.detach().numpy())
    out_theirs.backward(torch.ones_like(out_theirs))
    assert pool.backward(np.ones((3, 2))) == pytest.approx(theirs.grad.numpy())


def test_float32_stays_within_float32():
    ours, theirs = twins(GELU)
    small = MLP([4, 6, 5, 3], activation=GELU, dtype=np.float32, rng=RNG)
    small.parameters[...] = ours.parameters
    expected = theirs(torch.from_numpy(X)).detach().numpy()
    assert small(X) == pytest.approx(expected, rel=1e-4, abs=1e-5)
