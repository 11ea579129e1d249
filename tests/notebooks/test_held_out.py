"""Nothing is chosen with test data: only the cells that are named here may read a test part."""

from pathlib import Path

import nbformat
import pytest
from held_out import UnclearSplit, cells_that_read_test_parts

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

# notebook -> {cell that may read a test part: why}. All other cells leave the test parts closed.
OPENED = {
    "03_algorithm": {
        "leak-run": "pure noise: what a test is worth is the question itself",
        "ex-find-leak-colleague": "pure noise: the leak that a reader is to find",
        "ex-find-leak-solution": "pure noise: the same without the leak",
        "images-test": "the test digits, once, after the settings were chosen",
        "text-data": "the held-out play is read in and one line of it is printed; nothing is measured",
        "sentiment-run": "the test reviews, once for each seed",
        "translation-run": "the test strings, once for each seed",
        "speech-run": "the strangers' voices, once for each seed",
    },
    "04_mathematics": {
        "case-procedure": "the last step of the procedure, after choosing by validation",
        "shortest-test": "the mended program, once for each seed",
        "threshold-scores": "a threshold chosen by validation is judged once for each seed",
    },
    "05_practice": {},
    "05_2_classifier": {
        "digits-split": "how many pictures of each class there are is printed; nothing is measured",
        "five-seeds": "the test pictures, once for each seed, after the recipe was chosen",
    },
    "05_3_reading_code": {},
    "05_4_attention": {},
    "05_5_small_gpt": {
        "end-test": "the test plays, for all models at once, after everything was chosen",
        "stored-check": "a piece of a test play, to show that the stored model is the one of the log",
        "chinese-compare": "the test reviews, for all models at once, after everything was chosen",
    },
    "05_6_real_thing": {},
    "05_7_model_to_product": {},
}


def code(path):
    cells = nbformat.read(path, as_version=4).cells
    return [(cell.id, cell.source) for cell in cells if cell.cell_type == "code"]


@pytest.mark.parametrize("name", OPENED)
def test_only_the_named_cells_read_a_test_part(name):
    found = cells_that_read_test_parts(code(NOTEBOOKS / f"{name}.ipynb"))
    early = {cell: names for cell, names in found.items() if cell not in OPENED[name]}
    assert not early, f"{name}: these cells read test parts: {early}. Look at validation data instead."
    idle = set(OPENED[name]) - set(found)
    assert not idle, (
        f"{name}: {sorted(idle)} are allowed to read a test part and do not: take them off the list."
    )


def test_every_page_of_chapters_3_to_5_is_watched():
    assert {path.stem for path in NOTEBOOKS.glob("0[345]*.ipynb")} == set(OPENED)


SPLIT = "X_train, X_test, y_train, y_test = train_test_split(X, y, rng=rng)"


@pytest.mark.parametrize(
    ("sources", "readers"),
    [
        ([SPLIT, "print(len(X_test), X_test.shape)"], {}),
        ([SPLIT, "model(X_test)"], {1: ["X_test"]}),
        ([SPLIT, "A = scaler.transform(X_test)", "A"], {1: ["X_test"]}),
        ([SPLIT, "def score(m):\n    return m(X_test), y_test"], {1: ["X_test", "y_test"]}),
        ([SPLIT, "def score(X_test):\n    return X_test.mean()"], {}),
        ([SPLIT, "X_test = np.zeros(3)\nX_test.mean()"], {}),
        ([SPLIT, "f = lambda m, X=X_test: m(X)"], {1: ["X_test"]}),
        (
            ["parts = train_validation_test_split(X, y, rng=rng)", "a, b, c, d, e, f = parts", "b + c"],
            {2: ["c"]},
        ),
        (["parts = train_validation_test_split(X, y, rng=rng)", "parts[2]"], {1: ["parts"]}),
        (["a, b = datasets.split_by_group(g, rng=rng)", "x[a]", "x[b]"], {2: ["b"]}),
        (["def f():\n    a, t, b, u = train_test_split(X, y, rng=rng)\n    return a + b", "t"], {}),
        (["def f():\n    a, t, b, u = train_test_split(X, y, rng=rng)\n    return u"], {0: ["u"]}),
        (["plays = load_shakespeare()", "words(plays.train + plays.test)"], {1: ["plays.test"]}),
        (["%%listing old\nX_test ="], {}),
        (["for row in rows:\n    a, t, b, u = train_test_split(row, y, rng=rng)\n    print(t)"], {0: ["t"]}),
    ],
)
def test_the_reader_sees_who_reads(sources, readers):
    assert cells_that_read_test_parts(list(enumerate(sources))) == readers


@pytest.mark.parametrize(
    "source",
    ["score(*train_test_split(X, y, rng=rng))", "a, *rest = train_test_split(X, y, rng=rng)",
     "parts = [train_test_split(X, y, rng=rng) for X in data]"],
)  # fmt: skip
def test_a_split_without_names_is_refused(source):
    with pytest.raises(UnclearSplit, match="unpack"):
        cells_that_read_test_parts([("a", source)])
