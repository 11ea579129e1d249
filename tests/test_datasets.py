from pathlib import Path

import numpy as np
import pytest
import sklearn.preprocessing
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnbook import datasets
from nnbook.datasets import (
    MinMaxScaler,
    StandardScaler,
    split_by_group,
    train_test_split,
    train_validation_test_split,
)
from nnbook.datasets.splits import stratified_folds

CLASSIFICATION = [
    datasets.make_disc,
    datasets.make_spiral,
    datasets.make_xor,
    datasets.make_moons,
    datasets.make_gaussians,
]
REGRESSION = [datasets.make_plane, datasets.make_hills]


@pytest.mark.parametrize(
    ("load", "shape", "counts"),
    [
        (datasets.load_digits, (1797, 64), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
        (datasets.load_breast_cancer, (569, 30), [357, 212]),
    ],
)
def test_real_data(load, shape, counts):
    data = load()
    assert data.X.shape == shape
    assert data.X.dtype == np.float64
    assert np.isfinite(data.X).all()
    assert np.bincount(data.y).tolist() == counts
    assert data.y.dtype.kind == "i"
    assert len(data.feature_names) == shape[1]
    assert len(data.class_names) == len(counts)
    assert "CC BY 4.0" in data.description
    assert "Not realistic" in data.description
    data.X[...] = 0  # a reader's experiment must not reach the next loader
    assert load().X.any()


def test_malignant_is_the_class_one_looks_for():
    data = datasets.load_breast_cancer()
    assert data.class_names == ("benign", "malignant")
    radius = data.X[:, data.feature_names.index("mean radius")]
    assert radius[data.y == 1].mean() > radius[data.y == 0].mean()


# toys


@pytest.mark.parametrize("make", CLASSIFICATION)
def test_classes(make):
    X, y = make(201, rng=np.random.default_rng(0))
    assert X.shape == (201, 2)
    assert X.dtype == np.float64
    assert set(y) == {0, 1}
    assert y.dtype.kind == "i"
    assert np.quantile(np.abs(X), 0.99) <= 1.1  # Gaussians have tails
    assert 0.4 <= y.mean() <= 0.6


@pytest.mark.parametrize("make", REGRESSION)
def test_regression(make):
    X, y = make(100, rng=np.random.default_rng(0))
    assert X.shape == (100, 2)
    assert y.shape == (100,)
    assert y.dtype == np.float64
    assert np.abs(X).max() <= 1


@pytest.mark.parametrize("make", CLASSIFICATION + REGRESSION)
def test_seeds_and_noise(make):
    first, again, other, noisy = (
        make(50, noise=noise, rng=np.random.default_rng(seed))
        for seed, noise in ((0, 0), (0, 0), (1, 0), (0, 0.5))
    )
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    moved = np.hypot(*(noisy[0] - first[0]).T) + np.abs(noisy[1] - first[1])
    assert moved.mean() > 0.2


@pytest.mark.parametrize("make", CLASSIFICATION + REGRESSION)
def test_requests_that_cannot_be_met(make):
    rng = np.random.default_rng(0)
    for n in (0, 1, 2.5):
        with pytest.raises(ValueError, match=f"n_samples must be a whole number of at least 2; got {n}"):
            make(n, rng=rng)
    with pytest.raises(ValueError, match=r"noise must be at least 0; got -1."):
        make(10, noise=-1, rng=rng)


def test_the_disc_has_an_inside_and_an_outside():
    X, y = datasets.make_disc(500, rng=np.random.default_rng(0))
    assert np.array_equal(y, (np.hypot(*X.T) < 0.5).astype(int))


def test_xor_is_the_product_of_signs():
    X, y = datasets.make_xor(500, rng=np.random.default_rng(0))
    assert np.array_equal(y, (X[:, 0] * X[:, 1] > 0).astype(int))


def test_the_plane_by_hand():
    X, y = datasets.make_plane(20, rng=np.random.default_rng(0))
    assert y == pytest.approx((X[:, 0] + X[:, 1]) / 2)


# splits


@given(st.integers(20, 80), st.floats(0.1, 0.6), st.integers(0, 5), st.booleans())
def test_splits_are_disjoint_and_complete(n, share, seed, stratify):
    X, y = np.arange(n)[:, None], np.arange(n) % 2
    parts = train_test_split(X, y, test_share=share, rng=np.random.default_rng(seed), stratify=stratify)
    X_train, X_test, y_train, y_test = parts
    assert sorted([*X_train.ravel(), *X_test.ravel()]) == list(range(n))
    assert np.array_equal(y_train, X_train.ravel() % 2)
    assert np.array_equal(y_test, X_test.ravel() % 2)
    assert abs(len(X_test) - share * n) <= 1


def test_three_parts_have_the_shares_asked_for():
    X, y = np.arange(1000)[:, None], np.arange(1000) % 4
    parts = train_validation_test_split(
        X, y, validation_share=0.15, test_share=0.25, rng=np.random.default_rng(0)
    )
    X_parts, y_parts = parts[:3], parts[3:]
    assert [len(part) for part in X_parts] == [600, 150, 250]
    assert sorted(np.concatenate(X_parts).ravel()) == list(range(1000))
    for x_part, y_part in zip(X_parts, y_parts, strict=True):
        assert np.array_equal(y_part, x_part.ravel() % 4)
        assert np.bincount(y_part) == pytest.approx(len(y_part) / 4, abs=1)  # stratified


def test_the_seed_decides_the_split():
    X, y = np.arange(40)[:, None], np.arange(40) % 2
    first, again, other = (train_test_split(X, y, rng=np.random.default_rng(seed))[0] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_regression_targets_are_split_without_strata():
    X, y = datasets.make_plane(40, rng=np.random.default_rng(0))
    assert len(train_test_split(X, y, rng=np.random.default_rng(0), stratify=False)[1]) == 10


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"test_share": 0.0}, r"test_share must lie between 0 and 1; got 0.0."),
        ({"test_share": 1.0}, r"test_share must lie between 0 and 1; got 1.0."),
        ({"y": np.arange(9) % 2}, r"X has 10 samples but y has 9."),
        ({"test_share": 0.01}, "a side of the split would hold 1 samples, but 2 are the least"),
        ({"y": np.linspace(0, 1, 10)}, "stratify=False"),
        ({"y": np.array([0] * 9 + [1])}, "class 1 has 1 sample"),
    ],
)
def test_splits_that_cannot_be(settings, sentence):
    arguments = {"y": np.arange(10) % 2, "rng": np.random.default_rng(0)} | settings
    with pytest.raises(ValueError, match=sentence):
        train_test_split(np.ones((10, 1)), **arguments)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=60), st.integers(0, 5))
def test_no_group_is_on_two_sides(groups, seed):
    if len(set(groups)) < 4:
        return
    parts = split_by_group(groups, shares=(0.5, 0.25, 0.25), rng=np.random.default_rng(seed))
    assert sorted(np.concatenate(parts)) == list(range(len(groups)))
    sides = [{groups[row] for row in part} for part in parts]
    assert sum(map(len, sides)) == len(set(groups))
    assert len(sides[0]) == pytest.approx(0.5 * len(set(groups)), abs=1)


def test_groups_may_be_tuples_of_words():
    groups = [("delete", "cell"), ("open",), ("delete", "cell"), ("save", "all")]
    train, test = split_by_group(groups, shares=(2 / 3, 1 / 3), rng=np.random.default_rng(0))
    assert len({groups[row] for row in train} & {groups[row] for row in test}) == 0


@pytest.mark.parametrize(
    ("groups", "shares", "sentence"),
    [
        (["a", "b"], (0.5, 0.6), "with sum 1"),
        (["a", "b"], (1.0,), "two or more"),
        (["a", "b"], (1.5, -0.5), "positive"),
        (["a", "a", "a"], (0.5, 0.5), "1 groups cannot fill parts"),
        (["a", "b", "c"], (0.9, 0.1), "would be empty"),
    ],
)
def test_groups_that_cannot_be_split(groups, shares, sentence):
    with pytest.raises(ValueError, match=sentence):
        split_by_group(groups, shares=shares, rng=np.random.default_rng(0))


def test_nothing_left_to_train_on():
    with pytest.raises(ValueError, match="must leave something to train on"):
        train_validation_test_split(
            np.ones((10, 1)),
            np.arange(10) % 2,
            validation_share=0.5,
            test_share=0.5,
            rng=np.random.default_rng(0),
        )


# scalers

columns = arrays(np.float64, (6, 2), elements=st.floats(-1e3, 1e3).map(lambda value: round(value, 3)))


@given(columns)
def test_the_training_range_becomes_minus_one_to_one(X):
    scaled = MinMaxScaler().fit(X).transform(X)
    for before, after in zip(X.T, scaled.T, strict=True):
        if np.ptp(before) > 0:
            assert after.min() == pytest.approx(-1, abs=1e-6)  # 1e3 + 1e-3 keeps ten digits of its range
            assert after.max() == pytest.approx(1, abs=1e-6)
            assert np.array_equal(after.argsort(kind="stable"), before.argsort(kind="stable"))
        else:
            assert after == pytest.approx(np.zeros(6), abs=1e-12)


@given(columns)
def test_standard_scaling(X):
    scaled = StandardScaler().fit(X).transform(X)
    for before, after in zip(X.T, scaled.T, strict=True):
        assert after.mean() == pytest.approx(0, abs=1e-6)
        if np.ptp(before) > 0:
            assert after.std() == pytest.approx(1)
        else:
            assert after == pytest.approx(np.zeros(6), abs=1e-6)


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
def test_fit_transform_is_fit_and_transform(scaler):
    X = np.random.default_rng(0).normal(3, 2, (9, 4))
    one = scaler()
    assert np.array_equal(one.fit_transform(X), scaler().fit(X).transform(X))
    assert np.array_equal(one.transform(X[:2]), scaler().fit(X).transform(X[:2]))


@pytest.mark.parametrize("labels", [np.array([0.0, 1.0] * 10), np.array([0.5, 1.5] * 10)])
def test_labels_with_a_point_are_told_from_a_regression(labels):
    hint = r"Labels\? Use y.astype\(int\)" if labels[0] == 0 else "Regression\\? Use stratify=False"
    with pytest.raises(ValueError, match=hint):
        train_test_split(np.ones((20, 2)), labels, rng=np.random.default_rng(0))


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
@given(X=columns)
def test_what_was_scaled_can_be_scaled_back(scaler, X):
    scaler = scaler().fit(X)
    assert scaler.transform(X) * scaler.scale + scaler.shift == pytest.approx(X, abs=1e-9)


def test_scalers_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    X, new = rng.normal(3, 5, (20, 4)), rng.normal(3, 9, (8, 4))
    for ours, theirs in (
        (StandardScaler(), sklearn.preprocessing.StandardScaler()),
        (MinMaxScaler(), sklearn.preprocessing.MinMaxScaler((-1, 1))),
        (MinMaxScaler(0.0, 10.0), sklearn.preprocessing.MinMaxScaler((0, 10))),
    ):
        assert ours.fit(X).transform(new) == pytest.approx(theirs.fit(X).transform(new))


def test_new_data_may_fall_outside_the_range():
    assert MinMaxScaler().fit([[0.0], [1.0]]).transform([[2.0]]).tolist() == [[3.0]]


@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler])
def test_what_cannot_be_scaled(scaler):
    with pytest.raises(RuntimeError, match=r"call \w+\(\).fit\(X_train\) before transform."):
        scaler().transform([[1.0]])
    with pytest.raises(ValueError, match="the scaler was fitted on 1 features; got 2"):
        scaler().fit([[1.0], [2.0]]).transform([[1.0, 2.0]])
    with pytest.raises(ValueError, match="X holds NaN or infinity"):
        scaler().fit([[np.nan]])
    with pytest.raises(
        ValueError, match=r"X must have shape \(n_samples, n_features\) and hold something; got \(2,\)"
    ):
        scaler().fit([1.0, 2.0])


def test_a_range_needs_two_ends():
    with pytest.raises(ValueError, match=r"low must be below high; got 1.0 and 1.0."):
        MinMaxScaler(1.0, 1.0)


def test_folds_share_out_every_combination_evenly():
    rng = np.random.default_rng(0)
    label, group = rng.integers(0, 2, 100), np.array(["white", "minority"])[rng.integers(0, 2, 100)]
    fold = stratified_folds(label, group, k=4, rng=np.random.default_rng(1))
    for one in (0, 1):
        for name in ("white", "minority"):
            counts = np.bincount(fold[(label == one) & (group == name)], minlength=4)
            assert np.ptp(counts) <= 1


@pytest.mark.parametrize(
    ("marks", "k", "sentence"),
    [
        ((), 5, "marks"),
        (([0, 1], [0]), 2, "alike in length"),
        (([0, 1],), 3, "at least 3"),
        (([0, 1],), 1, "k "),
    ],
)
def test_folds_that_cannot_be(marks, k, sentence):
    with pytest.raises(ValueError, match=sentence):
        stratified_folds(*marks, k=k, rng=np.random.default_rng(0))


def test_the_digits_are_those_of_the_people_whom_their_makers_put_into_the_test_set():
    import sklearn.datasets

    told = " ".join(sklearn.datasets.load_digits().DESCR.split())
    assert "copy of the test set" in told
    assert "different 13 to the test set" in told
    assert "by 13 people" in datasets.load_digits().description


def test_nobody_says_that_all_writers_of_the_whole_collection_are_in_it():
    root = Path(datasets.__file__).parents[2]
    texts = [p for end in ("py", "md", "js", "json") for p in (root / "nnbook").rglob(f"*.{end}")]
    texts += [*(root / "notebooks").glob("*.ipynb"), *(root / "book").glob("*.md")]
    assert not [p.name for p in texts if "43 people" in p.read_text(encoding="utf-8")]
