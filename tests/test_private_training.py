from functools import partial

import numpy as np
import pytest

from nnbook import private_training as pt
from nnbook.activations import Tanh
from nnbook.losses import cross_entropy
from nnbook.mlp import MLP
from nnbook.optimizers import SGD


@pytest.fixture
def small():
    rng = np.random.default_rng(0)
    return MLP([3, 5, 4, 2], activation=Tanh, rng=rng), rng.normal(size=(9, 3)), rng.integers(0, 2, 9)


def by_loop(model, X, y):
    rows = []
    for x, label in zip(X, y, strict=True):
        model.backward(cross_entropy(model.forward(x[None], training=True), np.array([label]))[1])
        rows.append(model.gradients.copy())
    return np.array(rows)


def test_per_example_gradients_agree_with_one_backward_per_person(small):
    assert pt.per_example_gradients(*small) == pytest.approx(by_loop(*small), abs=1e-12)


@pytest.mark.parametrize("clip", [1e-3, 0.5, 1e9])
def test_the_clipped_sum_never_writes_a_gradient_down_and_is_the_same(small, clip):
    rows = by_loop(*small)
    lengths = np.linalg.norm(rows, axis=1)
    total, same = pt.clipped_gradient_sum(*small, clip)
    assert same == pytest.approx(lengths)
    assert total == pytest.approx((rows * np.minimum(1, clip / lengths)[:, None]).sum(axis=0), abs=1e-12)


def test_one_person_moves_the_sum_by_at_most_the_clip_norm(small):
    model, X, y = small
    X[0] *= 1e6  # an outlier that would drag an ordinary gradient anywhere
    with_her, _ = pt.clipped_gradient_sum(model, X, y, 0.5)
    without_her, _ = pt.clipped_gradient_sum(model, X[1:], y[1:], 0.5)
    assert np.linalg.norm(with_her - without_her) <= 0.5 + 1e-12


def settings(**changes):
    base = {"optimizer": SGD(0.5), "steps": 3, "sampling_rate": 1.0}
    base |= {"clip_norm": 1e9, "noise_multiplier": 0.0}
    return {**base, "rng": np.random.default_rng(1), **changes}


def test_without_clip_and_noise_it_is_gradient_descent(small):
    model, X, y = small
    twin = MLP([3, 5, 4, 2], activation=Tanh, rng=np.random.default_rng(0))
    pt.fit_private(model, X, y, **settings())
    for _ in range(3):
        twin.backward(cross_entropy(twin.forward(X, training=True), y)[1])
        twin.parameters -= 0.5 * twin.gradients
    assert model.parameters == pytest.approx(twin.parameters)


def test_the_noise_has_the_promised_size(small):
    model, X, y = small
    start, moves = model.parameters.copy(), []
    for seed in range(200):
        model.parameters[...] = start
        rng = np.random.default_rng(seed)
        pt.fit_private(model, X, y, **settings(steps=1, clip_norm=0.1, noise_multiplier=3.0, rng=rng))
        moves.append(model.parameters - start)
    # SGD(0.5) moves by 0.5 · noise / n with noise of 3 · 0.1
    assert np.std(moves, axis=0).mean() == pytest.approx(0.5 * 0.3 / len(X), rel=0.03)


def test_an_empty_draw_still_moves_the_parameters(small):
    model, X, y = small
    before = model.parameters.copy()
    pt.fit_private(model, X, y, **settings(steps=1, sampling_rate=1e-12, noise_multiplier=1.0, clip_norm=1.0))
    assert not np.array_equal(model.parameters, before)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sampling_rate": 0.0}, "sampling_rate"),
        ({"clip_norm": 0.0}, "clip_norm"),
        ({"noise_multiplier": -1.0}, "noise_multiplier"),
    ],
)
def test_wrong_settings_are_refused(small, changes, words):
    with pytest.raises(ValueError, match=words):
        pt.fit_private(*small, **settings(**changes))


def test_labels_must_match_the_rows(small):
    model, X, y = small
    with pytest.raises(ValueError, match="rows"):
        pt.fit_private(model, X, y[:-1], **settings())


def test_one_full_step_of_federated_averaging_is_one_central_step(small):
    model, X, y = small

    def one_step(model, X, y):
        model.backward(cross_entropy(model.forward(X, training=True), y)[1])
        SGD(0.3).step(model.parameters, model.gradients)

    twin = MLP([3, 5, 4, 2], activation=Tanh, rng=np.random.default_rng(0))
    one_step(twin, X, y)
    seen = []
    shards = [(X[:2], y[:2]), (X[2:], y[2:])]  # of different sizes: the weights matter
    pt.federated_averaging(
        model, shards, one_step, rounds=1, after_round=lambda m: seen.append(m.parameters.copy())
    )
    assert model.parameters == pytest.approx(twin.parameters)
    assert len(seen) == 1


def test_an_owner_without_data_is_refused(small):
    model, X, y = small
    with pytest.raises(ValueError, match="needs rows"):
        pt.federated_averaging(model, [(X, y), (X[:0], y[:0])], lambda *_: None, rounds=1)


@pytest.mark.parametrize("deal", [partial(pt.shards_alike, n_owners=10), pt.shards_by_class])
def test_the_owners_rows_share_none_and_leave_none_out(deal):
    labels = np.random.default_rng(0).integers(0, 10, 203)
    rows = deal(labels, rng=np.random.default_rng(1))
    assert len(rows) == 10
    assert np.array_equal(np.sort(np.concatenate(rows)), np.arange(203))


def test_owners_by_class_see_two_classes_and_owners_alike_see_all():
    labels = np.repeat(np.arange(10), 40)
    by_class = pt.shards_by_class(labels, rng=np.random.default_rng(0))
    assert [len(np.unique(labels[rows])) for rows in by_class] == [2] * 10
    assert all(np.bincount(labels[rows]).max() == 20 for rows in by_class), "half of a class each"
    alike = pt.shards_alike(labels, 4, rng=np.random.default_rng(0))
    assert all(len(np.unique(labels[rows])) == 10 for rows in alike)


@pytest.mark.parametrize("n_owners", [0, 5, 1.5])
def test_more_owners_than_rows_are_refused(n_owners):
    with pytest.raises(ValueError, match="owner"):
        pt.shards_alike([0, 1, 0, 1], n_owners, rng=np.random.default_rng(0))
