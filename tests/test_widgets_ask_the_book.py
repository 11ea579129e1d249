"""AskTheBook on the Python side: pages are cut into sections, and a book that is not there is said so."""

import json
from pathlib import Path

import pytest
import traitlets

from nnbook.retrieval import TfidfIndex
from nnbook.widgets import AskTheBook
from nnbook.widgets import _book_index as book_index
from nnbook.widgets._book_index import Section, Term

ROOT = Path(__file__).parent.parent
PAGE = """# 4 · The *mathematics*

Opening with `code` and {doc}`the glossary <../book/glossary>`.

## The loss

See {numref}`fig-loss` and {cite}`someone2020`; $a^2$ is a square.

```{exercise} Left out
# no heading
```

### With a [link](other.md)

Text.
"""


class TestCutting:
    def test_a_page_is_cut_at_its_headings(self):
        sections = book_index.markdown_sections("notebooks/x", PAGE)
        title = "4 · The mathematics"
        assert [s.path for s in sections] == [
            (title,),
            (title, "The loss"),
            (title, "The loss", "With a link"),
        ]
        assert sections[0].text == "Opening with code and the glossary ."
        assert sections[1].text == "See and ; is a square."

    def test_the_glossary_is_read(self):
        terms = book_index.markdown_terms(
            "# Glossary\n\n```{glossary}\nloss\n损失\n  How wrong.\n\nAdam\n  Steps.\n```\n"
        )
        assert terms == [Term(("loss", "损失"), "", "How wrong."), Term(("Adam",), "", "Steps.")]

    def test_chinese_words_come_from_the_glossary_and_from_the_list(self):
        words = book_index.chinese_words(
            [Term(("byte-pair encoding (BPE)", "字节对编码"), "", ""), Term(("x", "步"), "", "")]
        )
        assert words["字节对编码"] == "byte-pair encoding BPE"
        assert words["价格"] == "price"
        assert "步" not in words  # one character is in too many words

    def test_a_heading_counts_more_than_text(self):
        tokens = book_index.section_tokens(Section("p", "", ("Book", "Loss"), "a price"))
        assert tokens.count("loss") == book_index.TITLE_MENTIONS
        assert tokens.count("price") == 1
        assert tokens.count("book") == 0  # the title of the page stands above all of its sections


class TestIndex:
    def test_signposts_are_left_out(self):
        sections = [Section("p", "a", ("P", "A"), "x" * 50), Section("p", "b", ("P", "B"), "short")]
        data = book_index.build_index(sections, [], {})
        assert data["pages"] == [["p", "P"]]
        assert data["sections"] == [[0, "a", ["A"], "x" * 50]]
        assert TfidfIndex.from_dict(data["index"]).n_documents == 1

    def test_each_section_has_its_questions(self):
        sections = [Section("p", "", ("P", title), "x" * 50) for title in ("a", "the “b”")]
        questions = {"p": {'the "b"': ["how dear", "多贵"]}}  # typed with straight quotation marks
        assert book_index.unknown_places(sections, questions) == []
        assert book_index.build_index(sections, [], questions)["asked"] == [[], ["how dear", "多贵"]]

    def test_an_empty_book_is_refused(self):
        with pytest.raises(ValueError, match="at least one section"):
            book_index.build_index([], [], {})

    def test_questions_of_a_heading_that_was_changed_are_found(self):
        sections = [Section("p", "a", ("P", "A", "B"), "x" * 50)]
        assert book_index.unknown_places(sections, {"p": {"A > B": ["?"]}}) == []
        assert book_index.unknown_places(sections, {"p": {"A > C": ["?"]}, "q": {"": ["?"]}}) == [
            "p: 'A > C'",
            "q: ''",
        ]

    @pytest.mark.parametrize(
        ("lengths", "budget", "limit"),
        [([10, 20, 30], 100, 30), ([10, 20, 30], 45, 17), ([10, 100, 100], 110, 50), ([], 5, 0)],
    )
    def test_long_texts_are_cut_so_that_all_fit(self, lengths, budget, limit):
        assert book_index.text_limit(lengths, budget) == limit
        assert sum(min(length, limit) for length in lengths) <= max(budget, 0)

    def test_a_text_is_cut_at_a_word(self):
        assert book_index.shortened("one two three", 9) == "one two"
        assert book_index.shortened("one", 9) == "one"


class TestWidget:
    def test_the_book_around_the_working_directory_is_found(self, monkeypatch):
        monkeypatch.chdir(ROOT / "notebooks")
        widget = AskTheBook()
        assert widget.problem == ""
        pages = [page for page, _ in widget.data["pages"]]
        assert "notebooks/04_mathematics" in pages
        index = TfidfIndex.from_dict(widget.data["index"])
        best = index.search("gradient check", k=1)[0][0]
        assert widget.data["sections"][best][2][-1] == "Is it right? The gradient check"

    def test_a_missing_book_is_said(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        widget = AskTheBook("what?")
        assert "not found: start JupyterLab" in widget.problem
        assert widget.data == {}
        with pytest.raises(ValueError, match="root must be a folder with notebooks/"):
            AskTheBook(root=tmp_path)

    def test_a_page_stores_the_question_only(self):
        twin = AskTheBook("什么是过拟合？", root=ROOT).html_twin()
        assert json.loads(twin.split("data-state='")[1].split("'>")[0]) == {"question": "什么是过拟合？"}

    def test_a_long_question_is_refused(self):
        widget = AskTheBook(root=ROOT)
        with pytest.raises(traitlets.TraitError, match="at most 300 characters; got 301"):
            widget.question = "x" * 301
