"""Chapter 9 promises more than the contract: three sentences and a proof for each question."""

import re

import nbformat
import pytest
from cut_exercises import NOTEBOOKS

CELLS = nbformat.read(NOTEBOOKS / "09_faq.ipynb", as_version=4).cells
QUESTIONS = [i for i, cell in enumerate(CELLS) if cell.cell_type == "markdown" and cell.source[:4] == "### "]
SOURCE = (
    "What is an AI large model?",
    "What are its advantages?",
    "What are its disadvantages?",
    "What are its fields of application?",
)


def title(i):
    return CELLS[i].source.splitlines()[0][4:]


def test_the_four_questions_of_the_source_come_first_and_at_least_sixteen_follow():
    titles = [title(i) for i in QUESTIONS if "Read on:" in CELLS[i].source]
    assert tuple(titles[:4]) == SOURCE
    assert len(titles) >= 20
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("i", QUESTIONS, ids=title)
def test_a_question_has_three_sentences_a_proof_and_a_way_on(i):
    _, answer, *rest = CELLS[i].source.split("\n\n")
    sentences = re.split(r'(?<=[.?!])["*)]*\s+(?=["*A-Z])', answer.strip())
    assert len(sentences) == 3, sentences
    proof = CELLS[i + 1]
    assert proof.cell_type == "code", "the proof follows its answer"
    assert proof.outputs, "the proof shows something"
    assert len(proof.source.splitlines()) <= 20
    if rest:
        assert re.search(r"Read on: .*\]\(\d\d_\w+\.ipynb#[\w-]+\)", rest[-1])


def test_the_close_computes_its_numbers():
    cells = {cell.id: cell for cell in CELLS}
    table = cells["business-tests"].outputs[0].text
    assert table.count("%") == 8
    survives = [int(x) for x in re.findall(r"(\d+)%", table)]
    fallen, kept = survives[::2], survives[1::2]
    assert all(k > f for k, f in zip(kept, fallen, strict=True)), "to keep the price must help every plan"
    assert fallen[3] > max(fallen[:3]), "the page says that the small team survives most often"
