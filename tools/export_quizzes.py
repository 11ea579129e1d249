"""Write the quizzes for the learning platform of a school: as GIFT (Moodle) and as QTI 2.1 (most others).

Into FOLDER it writes for each chapter chapter-NN.gift.txt and chapter-NN.qti.zip. The reply to each choice
comes with it, as feedback. GIFT is Moodle's format for texts; QTI 2.1 is that of 1EdTech: here, items
with a `choiceInteraction` in a content package.

Usage: python tools/export_quizzes.py [--to FOLDER]
"""

import argparse
import re
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from nnbook.widgets.quiz import quiz_names, read_quiz

FOLDER = Path(__file__).resolve().parent.parent / "_build" / "quizzes"
BOOK = "From Neuron to Business"
QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
LETTERS = "ABCDEFGH"


# --- GIFT


def gift_text(text: str) -> str:
    r"""Return a text in which GIFT finds no sign of its own.

    >>> print(gift_text("{a} = b: 5 ~ 6 # \\alpha"))
    \{a\} \= b\: 5 \~ 6 \# \\alpha
    """
    text = re.sub(r"([\\~=#{}:])", r"\\\1", " ".join(text.split()))
    return re.sub(r"^%", "\N{FULLWIDTH PERCENT SIGN}", text)  # ~%50% would be a weight, and has no escape


def gift(name: str) -> str:
    """Return a quiz as GIFT."""
    quiz = read_quiz(name)
    parts = [f"$CATEGORY: {BOOK}/{quiz['title'].replace('/', '//')}"]
    for question in quiz["questions"]:
        choices = [
            ("=" if choice.get("right") else "~")
            + "#".join(gift_text(choice[key]) for key in ("text", "feedback"))
            for choice in question["choices"]
        ]
        title = gift_text(f"{name} {question['id']}")
        head = f"::{title}::[plain]{gift_text(question['question'])}"
        parts.append(head + " {\n" + "\n".join(choices) + "\n}")
    return "\n\n".join(parts) + "\n"


# --- QTI


def _element(parent, tag, text=None, **attributes):
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _value_set(parent, identifier, value, base_type):
    _element(
        _element(parent, "setOutcomeValue", identifier=identifier), "baseValue", value, baseType=base_type
    )


def qti_item(identifier: str, question: dict) -> str:
    """Return a question as the XML of one QTI item."""
    item = ElementTree.Element(
        "assessmentItem",
        {"xmlns": QTI, "identifier": identifier, "title": identifier, "adaptive": "false"},
        timeDependent="false",
    )
    choices = list(zip(LETTERS, question["choices"], strict=False))
    response = _element(
        item, "responseDeclaration", identifier="RESPONSE", cardinality="single", baseType="identifier"
    )
    correct = _element(response, "correctResponse")
    for letter, choice in choices:
        if choice.get("right"):
            _element(correct, "value", letter)
    score = _element(item, "outcomeDeclaration", identifier="SCORE", cardinality="single", baseType="float")
    _element(_element(score, "defaultValue"), "value", "0")
    _element(item, "outcomeDeclaration", identifier="REPLY", cardinality="single", baseType="identifier")
    body = _element(item, "itemBody")
    asked = _element(body, "choiceInteraction", responseIdentifier="RESPONSE", shuffle="true", maxChoices="1")
    _element(asked, "prompt", question["question"])
    for letter, choice in choices:
        _element(asked, "simpleChoice", choice["text"], identifier=letter)
    processing = _element(item, "responseProcessing")
    condition = _element(processing, "responseCondition")
    branch = _element(condition, "responseIf")
    match = _element(branch, "match")
    _element(match, "variable", identifier="RESPONSE")
    _element(match, "correct", identifier="RESPONSE")
    _value_set(branch, "SCORE", "1", "float")
    _value_set(_element(condition, "responseElse"), "SCORE", "0", "float")
    reply = _element(processing, "setOutcomeValue", identifier="REPLY")
    _element(reply, "variable", identifier="RESPONSE")
    for letter, choice in choices:
        shown = _element(item, "modalFeedback", outcomeIdentifier="REPLY", identifier=letter, showHide="show")
        _element(shown, "p", choice["feedback"])
    return _xml(item)


def qti_package(name: str) -> dict[str, str]:
    """Return the files of the content package of a quiz: imsmanifest.xml and an item for each question."""
    files = {}
    manifest = ElementTree.Element("manifest", {"xmlns": PACKAGE, "identifier": f"manifest-{name}"})
    metadata = _element(manifest, "metadata")
    _element(metadata, "schema", "QTIv2.1 Package")
    _element(metadata, "schemaversion", "1.0.0")
    _element(manifest, "organizations")
    resources = _element(manifest, "resources")
    for question in read_quiz(name)["questions"]:
        identifier = f"{name}-{question['id']}"
        files[f"{identifier}.xml"] = qti_item(identifier, question)
        resource = _element(
            resources,
            "resource",
            identifier=identifier,
            type="imsqti_item_xmlv2p1",
            href=f"{identifier}.xml",
        )
        _element(resource, "file", href=f"{identifier}.xml")
    return {"imsmanifest.xml": _xml(manifest), **files}


def _xml(element) -> str:
    ElementTree.indent(element)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(element, encoding="unicode") + "\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Write all quizzes and say where they are."""
    parser = argparse.ArgumentParser(description="Write the quizzes as GIFT and QTI 2.1.")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder to write into")
    folder = parser.parse_args(arguments).to
    folder.mkdir(parents=True, exist_ok=True)
    for name in quiz_names():
        (folder / f"{name}.gift.txt").write_text(gift(name), encoding="utf-8", newline="\n")
        with zipfile.ZipFile(folder / f"{name}.qti.zip", "w", zipfile.ZIP_DEFLATED) as package:
            for file, text in qti_package(name).items():
                package.writestr(
                    zipfile.ZipInfo(file), text, zipfile.ZIP_DEFLATED
                )  # the same bytes each time
    print(f"{len(quiz_names())} quizzes, as GIFT and as QTI 2.1: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
