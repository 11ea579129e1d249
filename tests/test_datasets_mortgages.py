import numpy as np

from nnbook.datasets.mortgages import PROTECTED, load_mortgages


def test_the_table_is_the_published_one():
    table = load_mortgages()
    assert table.frame.shape == (1989, 32)
    assert int(table.y.sum()) == 1745
    counts = {str(name): int((table.group == name).sum()) for name in np.unique(table.group)}
    assert counts == {"Hispanic": 111, "black": 197, "white": 1681}
    assert round(table.y[table.group == "white"].mean(), 4) == 0.9084  # Wooldridge's exercise 7.16


def test_nothing_that_may_not_decide_or_came_later_is_an_input():
    table = load_mortgages()
    forbidden = {*PROTECTED, "action", "reject", "approve", "typur", "review", "inson"}
    assert not forbidden & set(table.frame)
    assert list(table.protected) == PROTECTED


def test_codes_for_unknown_are_gaps_and_numbers_are_finite():
    frame = load_mortgages().frame
    assert frame["gdlin"].max() == 1
    assert frame["gdlin"].isna().sum() == 2
    assert frame["term"].max() < 1000
    assert frame["term"].isna().sum() > 0
    assert np.isfinite(frame.to_numpy()[~frame.isna().to_numpy()]).all()


def test_the_description_says_what_one_may_not_conclude():
    text = load_mortgages().description
    assert "not whether the loan was paid back" in text
    assert "licence" in text


def test_a_table_can_be_changed_without_reaching_the_next_one():
    frame = load_mortgages().frame
    frame["hrat"] = 0.0
    assert load_mortgages().frame["hrat"].min() > 0
