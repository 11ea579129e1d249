import numpy as np
import pytest

from nnbook import optimizers
from nnbook.optimizers import SGD, Adam, AdamW, RMSProp, clip_gradients

ALL = {
    "SGD": lambda: SGD(0.1),
    "momentum": lambda: SGD(0.1, momentum=0.9),
    "RMSProp": lambda: RMSProp(0.1),
    "Adam": lambda: Adam(0.1),
    "AdamW": lambda: AdamW(0.1, weight_decay=0.1),
}


@pytest.fixture(params=ALL)
def make(request):
    return ALL[request.param]


def run(optimizer, gradients, start):
    p = np.array(start)
    for g in gradients:
        optimizer.step(p, np.array(g, p.dtype))
    return p


def test_sgd_by_hand():
    assert run(SGD(0.1), [[2.0], [-1.0]], [1.0]) == pytest.approx([1 - 0.2 + 0.1])


def test_momentum_by_hand():
    # velocities 2, then 0.5 · 2 + 1 = 2
    assert run(SGD(0.1, momentum=0.5), [[2.0], [1.0]], [1.0]) == pytest.approx([1 - 0.2 - 0.2])


def test_rmsprop_by_hand():
    # s = 0.1 · 4, then 0.9 · 0.4 + 0.1 · 1
    expected = 1 - 0.1 * 2 / np.sqrt(0.4) - 0.1 * 1 / np.sqrt(0.46)
    assert run(RMSProp(0.1, epsilon=1e-12), [[2.0], [1.0]], [1.0]) == pytest.approx([expected])


def test_adam_by_hand():
    p, m, s = 1.0, 0.0, 0.0
    for t, g in enumerate([2.0, -1.0, 0.5], start=1):
        m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
        p -= 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(s / (1 - 0.999**t)) + 1e-3)
    assert run(Adam(0.1, epsilon=1e-3), [[2.0], [-1.0], [0.5]], [1.0]) == pytest.approx([p], rel=1e-12)


def test_the_first_step_of_adam_has_the_length_of_the_learning_rate():
    for g in (1e-3, 1.0, 1e3):
        assert run(Adam(0.1), [[g]], [0.0]) == pytest.approx([-0.1], rel=1e-4)


def test_adamw_shrinks_before_it_steps():
    adam, adamw = run(Adam(0.1), [[2.0]], [1.0]), run(AdamW(0.1, weight_decay=0.5), [[2.0]], [1.0])
    assert adam - adamw == pytest.approx([0.1 * 0.5 * 1.0])
    assert np.array_equal(run(AdamW(0.1, weight_decay=0.0), [[2.0]], [1.0]), adam)


def test_the_bowl_is_descended(make):
    optimizer, p = make(), np.array([3.0, -2.0])
    for _ in range(300):
        optimizer.step(p, p.copy())  # gradient of ½|p|²
    assert np.abs(p).max() < 0.2


@pytest.mark.parametrize("name", sorted(set(ALL) - {"AdamW"}))  # weight decay needs no gradient
def test_zero_gradients_move_nothing(name):
    assert np.array_equal(run(ALL[name](), [[0.0, 0.0]] * 3, [1.0, -1.0]), [1.0, -1.0])


def test_chunks_make_no_difference(make, monkeypatch):
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=1000), rng.normal(size=(3, 1000))
    whole = run(make(), gradients, start)
    monkeypatch.setattr(optimizers, "CHUNK", 64)  # the last chunk is shorter
    assert np.array_equal(run(make(), gradients, start), whole)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_in_place_in_the_given_format(make, dtype):
    p, g = np.ones(3, dtype), np.ones(3, dtype)
    view, optimizer = p[:], make()
    optimizer.step(p, g)
    assert p.dtype == dtype
    assert (view < 1).all()
    assert (g == 1).all()


def test_a_model_of_another_size_is_refused_and_nothing_moves(make):
    optimizer = make()
    optimizer.step(np.ones(3), np.ones(3))
    p = np.ones(4)
    with pytest.raises(
        ValueError, match=r"has the state of a model with 3 parameters; got 4. Make a new optimizer"
    ):
        optimizer.step(p, np.ones(4))
    with pytest.raises(ValueError, match=r"gradients must have shape \(4,\) like parameters; got \(1,\)."):
        make().step(p, np.ones(1))
    assert (p == 1).all()


@pytest.mark.parametrize("rate", [0, -0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("optimizer", [SGD, RMSProp, Adam, AdamW])
def test_learning_rates_that_cannot_work(optimizer, rate):
    with pytest.raises(ValueError, match=f"learning_rate must be a finite number above 0; got {rate}."):
        optimizer(rate)


@pytest.mark.parametrize(
    ("make_wrong", "sentence"),
    [
        (lambda: SGD(0.1, momentum=1.0), r"momentum must lie in \[0, 1\); got 1.0."),
        (lambda: RMSProp(0.1, decay=-0.1), r"decay must lie in \[0, 1\); got -0.1."),
        (lambda: RMSProp(0.1, epsilon=0.0), "epsilon must be a finite number above 0; got 0.0."),
        (lambda: Adam(beta1=1.0), r"beta1 must lie in \[0, 1\); got 1.0."),
        (lambda: Adam(beta2=float("nan")), r"beta2 must lie in \[0, 1\); got nan."),
        (lambda: AdamW(weight_decay=-1.0), "weight_decay must be at least 0; got -1.0."),
        (lambda: clip_gradients(np.ones(2), 0.0), "max_norm must be a finite number above 0; got 0.0."),
    ],
)
def test_settings_that_cannot_work(make_wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        make_wrong()


def test_clipping_shortens_but_keeps_the_direction():
    g = np.array([3.0, 4.0])
    assert clip_gradients(g, 10.0) == 5.0
    assert g.tolist() == [3, 4]
    assert clip_gradients(g, 2.5) == 5.0
    assert g == pytest.approx([1.5, 2.0])
