"""The quizzes for learning platforms say what the book's quizzes say."""

import re
import zipfile
from xml.etree import ElementTree

import export_quizzes
import pytest
from export_quizzes import QTI, gift, main, qti_item, qti_package

from nnbook.widgets.quiz import quiz_names, read_quiz

each = pytest.mark.parametrize("name", quiz_names())
HARD = {
    "id": "hard",
    "question": r"Is {a} = b: 5 ~ 6 # \alpha, $\frac{1}{2}$ & <b>?</b>",
    "choices": [
        {"text": "~%50% = yes", "right": True, "feedback": r'C:\new "x"} # {y'},
        {"text": "::no:: → 梯度", "feedback": "\\"},
        {"text": "%-3% of it", "feedback": "// no comment"},
    ],
}


def read_gift(text):
    """Read as Moodle does: blocks between empty lines; a sign with a backslash before it is a letter."""
    category, *blocks = re.split(r"\n\s*\n", text.strip())
    questions = []
    for block in blocks:
        hidden = re.sub(r"\\([\\~=#{}:])", lambda m: chr(0xE000 + ord(m[1])), block)
        title, question, body = re.fullmatch(
            r"::([^:]+)::\[plain\]([^{}]*) \{\n([^{}]*)\n\}", hidden
        ).groups()
        choices = re.findall(r"([=~])([^=~#]*)#([^=~#]*)(?=\n[=~]|\Z)", body)
        assert len(choices) == len(body.split("\n"))
        assert not [text for _, text, _ in choices if text.startswith("%")], "this is a weight"

        def shown(text):
            return re.sub(r"[\ue000-\ue0ff]", lambda m: chr(ord(m[0]) - 0xE000), text)

        questions.append(
            (shown(title), shown(question), [(sign == "=", shown(t), shown(f)) for sign, t, f in choices])
        )
    return category, questions


def read_qti(text):
    root = ElementTree.fromstring(text)
    space = {"q": QTI}
    assert root.tag == f"{{{QTI}}}assessmentItem"
    order = [child.tag.split("}")[1] for child in root]
    kinds = ["responseDeclaration", "outcomeDeclaration", "itemBody", "responseProcessing", "modalFeedback"]
    assert order == sorted(order, key=kinds.index), "the order of the schema"
    (right,) = (value.text for value in root.findall(".//q:correctResponse/q:value", space))
    declared = {e.get("identifier") for kind in kinds[:2] for e in root.findall(f"q:{kind}", space)}
    used = {
        e.get("identifier")
        for tag in ("variable", "correct", "setOutcomeValue")
        for e in root.iter(f"{{{QTI}}}{tag}")
    }
    assert used == declared
    replies = {
        e.get("identifier"): "".join(e.itertext()).strip() for e in root.findall("q:modalFeedback", space)
    }
    choices = root.findall(".//q:simpleChoice", space)
    return (
        root.get("identifier"),
        root.find(".//q:prompt", space).text,
        [(c.get("identifier") == right, c.text, replies[c.get("identifier")]) for c in choices],
    )


def told(question):
    choices = [(c.get("right", False), c["text"], c["feedback"]) for c in question["choices"]]
    return question["question"], choices


@each
def test_gift_has_each_question_with_its_replies(name):
    quiz = read_quiz(name)
    category, questions = read_gift(gift(name))
    assert category == f"$CATEGORY: From Neuron to Business/{quiz['title']}"
    assert [title for title, *_ in questions] == [f"{name} {q['id']}" for q in quiz["questions"]]
    assert [(text, choices) for _, text, choices in questions] == [told(q) for q in quiz["questions"]]


@each
def test_qti_has_each_question_with_its_replies(name):
    files = qti_package(name)
    manifest = ElementTree.fromstring(files.pop("imsmanifest.xml"))
    listed = [e.get("href") for e in manifest.iter() if e.tag.endswith("}resource")]
    assert listed == list(files)
    for question, (file, text) in zip(read_quiz(name)["questions"], files.items(), strict=True):
        identifier, *rest = read_qti(text)
        assert re.fullmatch(r"[A-Za-z_][\w.-]*", identifier), "a name in XML"
        assert file == f"{identifier}.xml"
        assert tuple(rest) == told(question)


def test_signs_of_the_formats_arrive_as_they_were_written(monkeypatch):
    monkeypatch.setattr(export_quizzes, "read_quiz", lambda name: {"title": "T", "questions": [HARD]})
    _, [(_, question, choices)] = read_gift(gift("chapter-00"))
    expected = told(HARD)
    expected[1][2] = (False, "\N{FULLWIDTH PERCENT SIGN}-3% of it", "// no comment")
    assert (question, choices) == expected
    assert read_qti(qti_item("x", HARD))[1:] == told(HARD)


def test_two_runs_write_the_same_bytes(tmp_path, capsys):
    for folder in ("a", "b"):
        assert main(["--to", str(tmp_path / folder)]) == 0
    assert f"{len(quiz_names())} quizzes" in capsys.readouterr().out
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(f"{n}.{kind}" for n in quiz_names() for kind in ("gift.txt", "qti.zip"))
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with zipfile.ZipFile(tmp_path / "a" / "chapter-04.qti.zip") as package:
        assert package.testzip() is None
        assert package.namelist()[0] == "imsmanifest.xml"


@each
def test_the_quizzes_are_plain_text(name):
    for question in read_quiz(name)["questions"]:
        for text in [
            question["question"],
            *(c[key] for c in question["choices"] for key in ("text", "feedback")),
        ]:
            assert not re.search(r"[$`<\\]|\*\w", text), text
