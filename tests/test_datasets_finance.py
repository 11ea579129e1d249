import numpy as np
import pandas as pd
import pytest

from nnbook.datasets.card_fraud import look_back, simulate_cards, window_sums
from nnbook.datasets.credit import TableEncoder, load_credit, load_lending_club


def test_spanish_loans():
    loans = load_credit()
    assert loans.frame.shape == (4454, 13)
    assert np.bincount(loans.y).tolist() == [3200, 1254]
    first = loans.frame.iloc[0]
    assert (first["Seniority"], first["Home"], first["Income"], first["Amount"]) == (9, "rent", 129, 800)
    assert loans.y[:3].tolist() == [0, 0, 1]
    assert loans.frame["Income"].isna().sum() == 381
    assert loans.frame["Home"].isna().sum() == 6
    assert all(word is None or isinstance(word, str) for word in loans.frame["Home"])
    assert "Not realistic" in loans.description
    assert "verdict" in loans.description


def test_lending_club():
    club = load_lending_club()
    assert club.frame.shape == (9857, 21)
    assert np.bincount(club.y).tolist() == [9340, 517]
    assert club.frame["int_rate"].iloc[0] == 13.99
    assert "only granted loans" in club.description


def test_a_loan_table_can_be_changed_without_reaching_the_next_one():
    frame = load_credit().frame
    frame["Amount"] = 0.0
    assert load_credit().frame["Amount"].min() > 0


def test_the_encoder_by_hand():
    train = pd.DataFrame({"x": [0.0, 2.0, np.nan, 1.0], "w": np.array(["a", "b", None, "a"], dtype=object)})
    encoder = TableEncoder().fit(train)
    assert encoder.feature_names == ("x", "x missing", "w = a", "w = b")
    assert encoder.source.tolist() == ["x", "x", "w", "w"]
    spread = np.std([0.0, 2.0, 1.0])
    expected = [[-1 / spread, 0, 1, 0], [1 / spread, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert encoder.transform(train) == pytest.approx(np.array(expected))
    new = pd.DataFrame({"x": [np.nan], "w": np.array(["z"], dtype=object)})
    assert encoder.transform(new).tolist() == [[0, 1, 0, 0]]


def test_the_encoder_takes_logarithms_where_asked():
    frame = pd.DataFrame({"x": [0.0, np.e - 1, np.e**2 - 1]})
    encoded = TableEncoder(log=("x",)).fit(frame).transform(frame)
    assert np.diff(encoded.ravel()) == pytest.approx(np.sqrt(1.5))


def test_the_encoder_refuses_what_it_cannot_do():
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    with pytest.raises(RuntimeError, match="fit"):
        TableEncoder().transform(frame)
    with pytest.raises(ValueError, match="lacks x"):
        TableEncoder().fit(frame).transform(pd.DataFrame({"y": [1.0]}))
    with pytest.raises(ValueError, match="no number at all"):
        TableEncoder().fit(pd.DataFrame({"x": [np.nan, np.nan]}))


def small_world(seed=0, **settings):
    return simulate_cards(
        n_customers=150, n_terminals=60, n_days=60, rng=np.random.default_rng(seed), **settings
    )


def test_the_same_seed_gives_the_same_world():
    first, second, other = small_world(), small_world(), small_world(1)
    assert np.array_equal(first.amount, second.amount)
    assert np.array_equal(first.scenario, second.scenario)
    assert len(first) != len(other)


def test_a_world_is_in_order_of_time_and_says_that_it_is_synthetic():
    world = small_world()
    assert (np.diff(world.time) >= 0).all()
    assert (world.time.min(), world.time.max()) >= (0, 0)
    assert world.time.max() < 60
    assert world.amount.min() >= 0.5
    assert "synthetic" in repr(world)
    assert len(world[:10]) == 10
    assert np.array_equal(world.day, np.floor(world.time))


def test_each_scenario_looks_as_described():
    world = simulate_cards(n_customers=600, n_terminals=300, n_days=120, rng=np.random.default_rng(2))
    median = [np.median(world.amount[world.scenario == s]) for s in range(4)]
    assert median[1] > 120  # large amounts
    assert 0.5 < median[2] / median[0] < 2  # ordinary amounts
    assert median[3] > 2 * median[0]
    assert 0.002 < world.fraud.mean() < 0.03
    stolen = world.terminal[world.scenario == 2]
    assert len(np.unique(stolen)) < 30  # few terminals, many payments


def test_bursts_come_only_from_their_day_on():
    assert 4 not in small_world().scenario
    world = small_world(1, new_fraud_from=20)
    burst = world.scenario == 4
    assert burst.any()
    assert world.time[burst].min() >= 20
    first = world.customer[burst][0]
    times = world.time[burst & (world.customer == first)][:4]
    assert np.ptp(times) < 1 / 24


def by_loop(key, time, value, window, delay):
    sums = np.zeros(len(key))
    for i in range(len(key)):
        for j in range(len(key)):
            if key[i] == key[j] and time[i] - delay - window <= time[j] < time[i] - delay:
                sums[i] += value[j]
    return sums


@pytest.mark.parametrize("delay", [0.0, 3.5])
def test_window_sums_agree_with_two_loops(delay):
    rng = np.random.default_rng(3)
    key, time, value = rng.integers(0, 5, 120), rng.integers(0, 80, 120) / 4, rng.normal(size=120)
    (fast,) = window_sums(key, time, (value,), 4.0, delay=delay)
    assert fast == pytest.approx(by_loop(key, time, value, 4.0, delay), abs=1e-9)


def test_features_do_not_look_ahead():
    world = small_world()
    X, names = look_back(world)
    assert X.shape == (len(world), len(names))
    assert np.isfinite(X).all()
    n = len(world) // 2
    assert look_back(world[:n])[0] == pytest.approx(X[:n], abs=1e-9)


def test_a_label_is_not_used_before_it_is_known():
    world = small_world()
    X, names = look_back(world, label_delay=7.0)
    changed = type(world)(
        world.time,
        world.customer,
        world.terminal,
        world.amount,
        np.where(world.time >= 50, 1, world.scenario),
    )
    before = world.time < 57  # labels of day 50 and later are known from day 57 on
    assert look_back(changed, label_delay=7.0)[0][before] == pytest.approx(X[before])
    at_once = look_back(changed, label_delay=0.0)[0]
    shares = [k for k, name in enumerate(names) if "known fraud share" in name]
    assert not np.allclose(
        at_once[before][:, shares], look_back(world, label_delay=0.0)[0][before][:, shares]
    )


def test_wrong_worlds_are_refused():
    with pytest.raises(ValueError, match="n_customers"):
        simulate_cards(n_customers=3, rng=np.random.default_rng(0))
    world = small_world()
    with pytest.raises(ValueError, match="order of time"):
        look_back(world[::-1])
    with pytest.raises(ValueError, match="label_delay"):
        look_back(world, label_delay=-1)
