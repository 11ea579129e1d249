"""The index of the book for AskTheBook: sections and their words, the glossary, Chinese words in English.

Two makers use it. While the site is built, ``book/_ext/nnbook_index.py`` hands over the sections of the
finished pages; in JupyterLab the sections come from the Markdown of the notebooks, if they are found.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nnbook.retrieval import TfidfIndex, tokenise

Questions = Mapping[str, Mapping[str, Sequence[str]]]

WORDS = Path(__file__).with_name("ask_words.json")
TITLE_MENTIONS = 3  # a word of the heading counts like this many mentions in the text
TEXT_BUDGET = 150_000  # characters of all texts together; longer sections are shown from their beginning only
QUESTIONS = "questions.json"  # in book/: what readers ask of each section, in English and Chinese
STRAIGHT = str.maketrans("“”‘’", "\"\"''")
SHORTEST = 40  # characters: a heading with less text under it is only a signpost


@dataclass(frozen=True)
class Section:
    """A section of a page: its own text without that of its subsections."""

    page: str  # "notebooks/04_mathematics"
    anchor: str  # "the-loss-with-1-2"; empty in JupyterLab
    path: tuple[str, ...]  # the headings from the page's title down to its own
    text: str

    @property
    def place(self) -> str:
        """The headings below the page's title, as book/questions.json names them; "" for the page itself.

        Quotation marks are straight, as they are typed: the site makes them curly, JupyterLab does not.
        """
        return " > ".join(self.path[1:]).translate(STRAIGHT)


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    names: tuple[str, ...]  # ("overfitting", "过拟合")
    anchor: str
    text: str


def chinese_words(terms: list[Term]) -> dict[str, str]:
    """Return a dictionary from Chinese words to English ones: the glossary's, then everyday words.

    The index is English with some Chinese; a Chinese question is answered through this dictionary.
    """
    words = json.loads(WORDS.read_text(encoding="utf-8"))["chinese"]
    for term in terms:
        english = re.sub(r"[()]", " ", " ".join(n for n in term.names if not re.search("[\u4e00-\u9fff]", n)))
        for name in term.names:
            chinese = "".join(re.findall("[\u4e00-\u9fff]+", name))
            if len(chinese) > 1 and english.strip():
                words[chinese] = " ".join(english.split())
    return words


def english_words() -> dict[str, str]:
    """Return a dictionary from everyday words to those that the book uses; keys are cut like a question."""
    words = json.loads(WORDS.read_text(encoding="utf-8"))["english"]
    return {" ".join(tokenise(word)): others for word, others in words.items()}


def section_tokens(section: Section) -> list[str]:
    """Return the words of a section as they are counted: the heading above it once, its own often."""
    *above, own = section.path
    return tokenise(". ".join([*above[1:][-1:], *[own] * TITLE_MENTIONS, section.text]))


def unknown_places(sections: Iterable[Section], questions: Questions) -> list[str]:
    """Return the entries of the questions that belong to no section: its heading was changed, say."""
    known = {(s.page, s.place) for s in sections}
    return [
        f"{page}: {place!r}" for page, row in questions.items() for place in row if (page, place) not in known
    ]


def text_limit(lengths: list[int], budget: int) -> int:
    """Return the length to which texts must be cut so that all together keep within the budget."""
    limit, left = max(lengths, default=0), budget
    for number, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - number)
        if length > share:
            return share
        left -= length
    return limit


def shortened(text: str, longest: int) -> str:
    """Return the beginning of a text, cut at a word."""
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0]


def build_index(sections: list[Section], terms: list[Term], questions: Questions) -> dict:
    """Return everything that AskTheBook's JavaScript needs, as data for JSON.

    Args:
        sections: of all pages.
        terms: the glossary.
        questions: for each page and each place on it, questions that it answers.
    Raises:
        ValueError: there is no section with text.
    """
    sections = [s for s in sections if len(s.text) >= SHORTEST]
    if not sections:
        raise ValueError("the index of the book needs at least one section with text; got none.")
    longest = text_limit([len(s.text) for s in sections], TEXT_BUDGET)
    pages = list(dict.fromkeys(s.page for s in sections))
    titles = {s.page: s.path[0] for s in sections}
    rows = [[pages.index(s.page), s.anchor, list(s.path[1:]), shortened(s.text, longest)] for s in sections]
    return {
        "pages": [[page, titles[page]] for page in pages],
        "sections": rows,
        "index": TfidfIndex.fit([section_tokens(s) for s in sections]).to_dict(),
        "asked": [list(questions.get(s.page, {}).get(s.place, ())) for s in sections],
        "terms": [[list(t.names), t.anchor, t.text] for t in terms],
        "chinese": chinese_words(terms),
        "english": english_words(),
    }


_FENCE = re.compile(r"^(`{3,}|:{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)
_ROLE = re.compile(r"\{[\w:-]+\}`([^`<]*)(?:<[^`]*>)?`")
_CITATION = re.compile(r"\{(?:cite|numref|eq)[\w:]*\}`[^`]*`")
_MATH = re.compile(r"\$\$.*?\$\$(?: *\([\w-]+\))?|\$[^$\n]+\$", re.DOTALL)


def plain(markdown: str) -> str:
    """Return Markdown as running text, good enough to count its words."""
    text = _MATH.sub(" ", _CITATION.sub("", markdown))
    text = _ROLE.sub(r"\1", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^\s*\([\w-]+\)=\s*$|^[|:\- ]+$", "", text, flags=re.MULTILINE)
    return " ".join(re.sub(r"[*`|#]|^(?:-|\d+\.) ", " ", text, flags=re.MULTILINE).split())


def markdown_sections(page: str, markdown: str) -> list[Section]:
    """Cut the Markdown of a page at its headings."""
    markdown = _FENCE.sub("", markdown)
    parts = re.split(r"^(#{1,4}) +(.+?) *$", markdown, flags=re.MULTILINE)
    sections, path = [], []
    for marks, title, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        path = [*path[: len(marks) - 1], plain(title)]
        sections.append(Section(page, "", tuple(path), plain(text)))
    return sections


def markdown_terms(glossary: str) -> list[Term]:
    """Return the entries of ``glossary.md``."""
    fence = re.search(r"^```\{glossary\}\n(.*?)^```", glossary, re.MULTILINE | re.DOTALL)
    terms = []
    for block in re.split(r"\n\s*\n", fence[1] if fence else ""):
        lines = block.splitlines()
        names = tuple(line.strip() for line in lines if line[:1].strip())
        text = plain(" ".join(line.strip() for line in lines if not line[:1].strip()))
        if names and text:
            terms.append(Term(names, "", text))
    return terms


def load_questions(root: Path) -> Questions:
    """Return the questions that readers ask of each section, from the book in folder root."""
    return json.loads((root / "book" / QUESTIONS).read_text(encoding="utf-8"))


def find_book(start: Path) -> Path | None:
    """Return the folder that holds ``notebooks/`` and ``book/``, at or above start; None if there is none."""
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "book" / "glossary.md").is_file():
            return folder
    return None


def index_of_notebooks(root: Path) -> dict:
    """Return the index of the book in folder root, from the Markdown of its notebooks and its glossary."""
    sections = []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        sections += markdown_sections(f"notebooks/{path.stem}", "\n\n".join(prose))
    glossary = (root / "book" / "glossary.md").read_text(encoding="utf-8")
    return build_index(sections, markdown_terms(glossary), load_questions(root))
