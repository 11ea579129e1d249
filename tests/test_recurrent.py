"""Recurrent networks: by hand, by differences, by PyTorch; and what each way of dropout does."""

import numpy as np
import pytest

from nnbook import losses, optimizers, training
from nnbook.gradcheck import check_gradients
from nnbook.recurrent import LSTM, RNN, SequenceClassifier
from nnbook.sequence_dropout import WAYS, SequenceDropout, disagreement, monte_carlo

CELLS = pytest.mark.parametrize("cell", [RNN, LSTM])


class SameEveryTime(np.random.Generator):
    """A source of random numbers that gives the same ones at every call, so that forward is a function."""

    def __init__(self):
        super().__init__(np.random.PCG64(7))

    def random(self, shape, dtype):
        return np.random.default_rng(7).random(shape, dtype=dtype)


def frozen(way):
    return SequenceDropout(way, 0.4, rng=SameEveryTime())


def test_two_steps_by_hand():
    layer = RNN(1, 1, rng=np.random.default_rng(0))
    layer.params["weight_x"][...], layer.params["weight_h"][...], layer.params["bias"][...] = 2.0, 0.5, 0.1
    first = np.tanh(2.0 * 0.3 + 0.1)
    second = np.tanh(2.0 * -0.2 + 0.5 * first + 0.1)
    assert layer(np.array([[[0.3], [-0.2]]])).ravel() == pytest.approx([first, second])


@CELLS
@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_those_of_the_loss(cell, way):
    rng = np.random.default_rng(1)
    layer = cell(3, 4, dropout=frozen(way), rng=rng)
    X, y = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 4))
    report = check_gradients(layer, losses.mean_squared_error, X, y)
    assert report.ok, report


@CELLS
@pytest.mark.parametrize("way", WAYS)
def test_gradients_of_the_classifier_with_words_that_repeat(cell, way):
    rng = np.random.default_rng(2)
    model = SequenceClassifier(6, 3, 4, 2, dropout=frozen(way), cell=cell, rng=rng)
    report = check_gradients(model, losses.cross_entropy, rng.integers(0, 6, (3, 8)), np.array([0, 1, 1]))
    assert report.ok, report


def test_the_checker_sees_a_gradient_that_forgets_the_past():
    class Forgetful(RNN):
        def _step_back(self, dh, dm, h):
            return dh * (1 - h), dm

    rng = np.random.default_rng(3)
    layer = Forgetful(2, 3, rng=rng)
    X, y = rng.normal(size=(2, 4, 2)), rng.normal(size=(2, 4, 3))
    assert not check_gradients(layer, losses.mean_squared_error, X, y).ok


@pytest.mark.parametrize("name", ["RNN", "LSTM"])
def test_equals_pytorch(name):
    torch = pytest.importorskip("torch", reason="torch is in requirements-frameworks.txt")
    rng = np.random.default_rng(4)
    ours = {"RNN": RNN, "LSTM": LSTM}[name](3, 5, rng=rng)
    ours.params["bias"][...] = rng.normal(size=ours.params["bias"].shape)
    theirs = getattr(torch.nn, name)(3, 5, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.weight_ih_l0[:] = torch.from_numpy(ours.params["weight_x"].T)
        theirs.weight_hh_l0[:] = torch.from_numpy(ours.params["weight_h"].T)
        theirs.bias_ih_l0[:] = torch.from_numpy(ours.params["bias"])
        theirs.bias_hh_l0[:] = 0  # PyTorch adds two biases
    x, grad = rng.normal(size=(2, 6, 3)), rng.normal(size=(2, 6, 5))
    inputs = torch.from_numpy(x).requires_grad_()
    out, _ = theirs(inputs)
    out.backward(torch.from_numpy(grad))
    np.testing.assert_allclose(ours.forward(x, training=True), out.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(ours.backward(grad), inputs.grad.numpy(), atol=1e-12)
    np.testing.assert_allclose(ours.grads["weight_h"], theirs.weight_hh_l0.grad.numpy().T, atol=1e-12)
    np.testing.assert_allclose(ours.grads["weight_x"], theirs.weight_ih_l0.grad.numpy().T, atol=1e-12)
    np.testing.assert_allclose(ours.grads["bias"], theirs.bias_ih_l0.grad.numpy(), atol=1e-12)


def test_the_naive_way_changes_its_mask_at_every_step_and_leaves_the_memory_alone():
    dropout = SequenceDropout("naive", 0.5, rng=np.random.default_rng(5))
    mask = dropout.mask(2, 50, 3, np.float64)
    assert mask.shape == (2, 50, 3)
    assert set(np.unique(mask)) == {0.0, 2.0}
    assert dropout.recurrent_mask(2, 3, np.float64) is None
    assert dropout.word_mask(np.zeros((2, 4), int), 9, np.float64) is None


def test_the_variational_way_silences_a_word_wherever_it_stands():
    dropout = SequenceDropout("variational", 0.5, rng=np.random.default_rng(6))
    tokens = np.array([[3, 1, 3, 3], [3, 3, 1, 1]])
    mask = dropout.word_mask(tokens, 5, np.float64)[:, :, 0]
    for row, words in zip(mask, tokens, strict=True):
        assert all(len(set(row[words == word])) == 1 for word in (1, 3))
    assert dropout.mask(2, 4, 3, np.float64).shape == (2, 1, 3)
    assert dropout.recurrent_mask(2, 3, np.float64).shape == (2, 3)


@pytest.mark.parametrize("way", ["naive", "variational"])
def test_masks_keep_the_mean(way):
    dropout = SequenceDropout(way, 0.3, rng=np.random.default_rng(8))
    assert dropout.mask(4000, 1, 5, np.float64).mean() == pytest.approx(1.0, abs=0.02)


def test_without_training_dropout_does_nothing():
    rng = np.random.default_rng(9)
    model = SequenceClassifier(6, 3, 4, 2, dropout=SequenceDropout("variational", 0.5, rng=rng), rng=rng)
    tokens = rng.integers(0, 6, (3, 8))
    np.testing.assert_array_equal(model(tokens), model(tokens))
    first = model.forward(tokens, training=True).copy()  # a training call may reuse its output array
    assert not np.array_equal(first, model.forward(tokens, training=True))


def test_it_learns_which_token_came_first():
    """A task that needs a memory: the class stands at the first of six steps."""
    rng = np.random.default_rng(10)
    tokens = rng.integers(0, 4, (200, 6))
    labels = (tokens[:, 0] >= 2).astype(int)
    model = SequenceClassifier(4, 4, 12, 2, dropout=SequenceDropout("none", 0.0, rng=rng), rng=rng)
    training.fit(
        model,
        tokens,
        labels,
        loss=losses.cross_entropy,
        optimizer=optimizers.Adam(0.02),
        epochs=25,
        batch_size=20,
        rng=rng,
    )
    fresh = rng.integers(0, 4, (200, 6))
    assert np.mean(model(fresh).argmax(axis=1) == (fresh[:, 0] >= 2)) > 0.98


def test_monte_carlo_repeats_with_its_seed_and_gives_the_models_source_back():
    rng = np.random.default_rng(11)
    model = SequenceClassifier(6, 3, 4, 2, dropout=SequenceDropout("naive", 0.5, rng=rng), rng=rng)
    tokens = rng.integers(0, 6, (3, 8))
    first = monte_carlo(model, tokens, 5, rng=np.random.default_rng(0))
    assert first.shape == (5, 3, 2)
    assert first.sum(axis=2) == pytest.approx(np.ones((5, 3)))
    np.testing.assert_array_equal(first, monte_carlo(model, tokens, 5, rng=np.random.default_rng(0)))
    assert model.dropout.rng is rng
    assert (disagreement(first) >= -1e-12).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SequenceDropout("both", 0.5, rng=None), "one of none, naive, variational"),
        (lambda: SequenceDropout("naive", 1.0, rng=None), r"\[0, 1\)"),
        (lambda: RNN(3, 4, rng=np.random.default_rng(0)).forward(np.ones((5, 3))), "One sequence"),
    ],
)
def test_wrong_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_backward_before_forward_is_refused():
    with pytest.raises(RuntimeError, match="training=True"):
        LSTM(2, 3, rng=np.random.default_rng(0)).backward(np.zeros((1, 1, 3)))
