import numpy as np
import pytest

from nnbook.activations import ReLU, Tanh
from nnbook.autodiff import Tensor
from nnbook.gradcheck import numerical_gradient
from nnbook.losses import cross_entropy, mean_squared_error
from nnbook.mlp import MLP

OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: (a * b) ** 3,
    "exp": lambda a, b: (a * b).exp(),
    "log": lambda a, b: (a * a + b * b).log(),
    "tanh": lambda a, b: (a + b).tanh(),
    "relu": lambda a, b: (a - b).relu(),
    "sum of rows": lambda a, b: (a * b).sum(axis=1) * a,
    "number on the left": lambda a, b: 2.0 - a * 3.0 + 1.0 * b,
    "array on the left": lambda a, b: np.arange(6.0).reshape(2, 3) * a + b,
    "used twice": lambda a, b: a * a * b + a,
}


@pytest.mark.parametrize("shape", [(2, 3), (3,), (1, 3), (2, 1)])
@pytest.mark.parametrize("name", OPERATIONS)
def test_gradient_of_every_operation(name, shape):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.5, 2, (2, 3)), rng.uniform(0.5, 2, shape)  # b is spread over a

    def value(first, second):
        return (OPERATIONS[name](Tensor(first), Tensor(second)) ** 2).sum()

    first, second = Tensor(a.copy()), Tensor(b.copy())
    (OPERATIONS[name](first, second) ** 2).sum().backward()
    by_a = numerical_gradient(lambda: float(value(a, b).data), a)
    by_b = numerical_gradient(lambda: float(value(a, b).data), b)
    np.testing.assert_allclose(first.grad, by_a, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(second.grad, by_b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("activation", "bend"), [(Tanh, Tensor.tanh), (ReLU, Tensor.relu)])
def test_an_mlp_has_the_gradients_of_the_layers(activation, bend):
    rng = np.random.default_rng(1)
    X, labels = rng.normal(size=(5, 4)), np.array([0, 2, 1, 1, 0])
    model = MLP([4, 6, 6, 3], activation=activation, rng=rng)
    value, grad = cross_entropy(model.forward(X, training=True), labels)
    model.backward(grad)

    weights = [(Tensor(l.params["weight"]), Tensor(l.params["bias"])) for l in model.linear_layers]  # noqa: E741
    a = Tensor(X)
    for W, b in weights[:-1]:
        a = bend(a @ W + b)
    logits = a @ weights[-1][0] + weights[-1][1]
    right = Tensor(np.eye(3)[labels])
    loss = -((logits - logits.exp().sum(axis=1).log()) * right).sum() / len(X)
    loss.backward()

    assert np.isclose(float(loss.data), value)
    mine = np.concatenate([t.grad.ravel() for pair in weights for t in pair])
    np.testing.assert_allclose(mine, model.gradients, rtol=1e-10, atol=1e-14)


def test_mean_squared_error():
    predictions, targets = np.array([[1.0, 3.0]]), np.array([[0.0, 1.0]])
    p = Tensor(predictions)
    loss = ((p - targets) ** 2).sum() / 2
    loss.backward()
    value, grad = mean_squared_error(predictions, targets)
    assert np.isclose(float(loss.data), value)
    np.testing.assert_allclose(p.grad, grad)


def test_a_second_backward_starts_anew():
    w = Tensor([3.0])
    loss = (w * w).sum()
    loss.backward()
    loss.backward()
    assert w.grad == [6.0]


def test_the_ways_add_up():
    w = Tensor([3.0])
    (w * w + w).sum().backward()
    assert w.grad == [7.0]


def test_a_graph_deeper_than_the_stack():
    x = Tensor([1.0])
    y = x
    for _ in range(5000):
        y = y + 1.0
    y.sum().backward()
    assert x.grad == [1.0]


def test_only_one_number_has_a_gradient():
    with pytest.raises(ValueError, match=r"\(2,\).*sum"):
        Tensor([1.0, 2.0]).backward()


def test_torch_agrees():
    torch = pytest.importorskip("torch", reason="torch is in requirements-frameworks.txt")
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    mine = [Tensor(a), Tensor(b)]
    (mine[0] @ mine[1]).tanh().exp().sum().backward()
    theirs = [torch.tensor(x, requires_grad=True) for x in (a, b)]
    (theirs[0] @ theirs[1]).tanh().exp().sum().backward()
    for m, t in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(m.grad, t.grad.numpy())


SHAPES = [
    ((2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((1, 2, 3), (5, 3, 4)),
]


@pytest.mark.parametrize("shapes", SHAPES)
def test_products_of_matrices_and_of_batches(shapes):
    rng = np.random.default_rng(0)
    a, b = (rng.normal(size=shape) for shape in shapes)
    for left, right in ((Tensor(a), Tensor(b)), (Tensor(a), b), (a, Tensor(b))):
        product = left @ right
        assert product.data == pytest.approx(a @ b)
        (product * product).sum().backward()
        for tensor, array in ((left, a), (right, b)):
            if isinstance(tensor, Tensor):
                expected = numerical_gradient(lambda: float(((a @ b) ** 2).sum()), array)
                assert tensor.grad == pytest.approx(expected, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    "shapes", [((3, 3), (3,)), ((3,), (3, 3)), ((3,), (3,)), ((2, 3), (2, 3)), ((), (2, 2))]
)
def test_other_products_are_refused(shapes):
    a, b = (np.ones(shape) for shape in shapes)
    for left, right in ((Tensor(a), Tensor(b)), (Tensor(a), b), (a, Tensor(b))):
        with pytest.raises(ValueError, match="@ needs matrices"):
            left @ right


def test_a_power_of_zero_is_one_and_has_no_slope():
    x = Tensor([0.0, 2.0])
    y = x**0
    y.sum().backward()
    assert y.data.tolist() == [1, 1]
    assert x.grad.tolist() == [0, 0]
