"""The contract of a chapter: what it opens and closes with, and what its stored outputs promise."""

import re
import unicodedata
from pathlib import Path

import cut_exercises
import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

chapters = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def markdown(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [(cell, output) for cell in code(notebook) for output in cell.outputs]


def toc_files():
    files = []

    def collect(node):
        if isinstance(node, dict):
            files.extend(node[key] for key in ("root", "file") if key in node)
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    collect(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    return files


def test_the_table_of_contents_lists_only_what_exists():
    missing = [f for f in toc_files() if not any((ROOT / f"{f}{end}").exists() for end in (".md", ".ipynb"))]
    assert not missing, f"_toc.yml lists files that do not exist: {missing}"


def test_the_table_of_contents_lists_every_notebook():
    listed = set(toc_files())
    forgotten = [p.name for p in NOTEBOOKS if p.relative_to(ROOT).with_suffix("").as_posix() not in listed]
    assert not forgotten, f"_toc.yml does not list {forgotten}"


@chapters
def test_a_chapter_opens_with_its_question_and_what_the_reader_gains(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown", "a chapter opens with prose"
    assert re.match(r"# \S", first.source), "the first line is the title: # 4 · The mathematics"
    for mark in ("**The question.**", "**You need.**", "**You will be able to**", "**Time.**"):
        assert re.search(rf"^{re.escape(mark)}", first.source, re.MULTILINE), f"the opening lacks {mark}"
    assert re.search(r"\*\*Time\.\*\*.*\d+ minutes", first.source), "say the time: **Time.** 60 minutes."


@chapters
def test_a_chapter_has_one_title(path):
    fences_removed = [re.sub(r"```.*?```", "", text, flags=re.DOTALL) for text in markdown(read(path))]
    titles = re.findall(r"^# \S.*", "\n".join(fences_removed), re.MULTILINE)
    assert len(titles) == 1, f"one # title a page; found {titles}"


@chapters
def test_a_chapter_closes_with_what_was_seen_exercises_and_the_way_on(path):
    text = markdown(read(path))
    headings = re.findall(r"^## (.*\S)", "\n\n".join(text), re.MULTILINE)
    assert "What we saw" in headings
    assert "Exercises" in headings
    last = text[-1]
    assert re.search(r"^\*\*Next\.\*\*", last, re.MULTILINE), (
        "the last prose cell holds a paragraph **Next.**"
    )


@chapters
def test_every_code_cell_has_code_and_was_run_in_order(path):
    cells = code(read(path))
    assert all(cell.source.strip() for cell in cells), "an empty code cell"
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1)), (
        "run `make notebooks`: the cells were not run top to bottom"
    )


@chapters
def test_only_announced_errors_are_stored(path):
    unannounced = [
        f"{cell.id}: {output.ename}: {output.evalue}"
        for cell, output in outputs(read(path))
        if output.output_type == "error" and "raises-exception" not in cut_exercises.tags(cell)
    ]
    assert not unannounced
    for cell in code(read(path)):
        if "raises-exception" in cut_exercises.tags(cell):
            assert any(o.output_type == "error" for o in cell.outputs), (
                f"{cell.id} announces an error, has none"
            )


@chapters
def test_nothing_was_written_to_stderr(path):
    noise = [f"{cell.id}: {o.text[:200]}" for cell, o in outputs(read(path)) if o.get("name") == "stderr"]
    assert not noise, f"warnings and progress bars do not belong into a stored output: {noise}"


@chapters
def test_stored_text_names_no_address_and_no_folder_of_a_machine(path):
    for cell, output in outputs(read(path)):
        text = output.get("text", "") or output.get("data", {}).get("text/plain", "") or ""
        text += "\n".join(output.get("traceback", []))
        assert not re.search(r"\b0x[0-9a-f]{6,}\b", text), f"{cell.id} stores the address of an object"
        assert not re.search(r"/(?:home|root|tmp|Users|work)/", text), f"{cell.id} stores a path"


@chapters
def test_every_picture_has_alt_text_and_a_caption_of_its_own(path):
    for cell in code(read(path)):
        pictures = [o for o in cell.outputs if any(k.startswith("image/") for k in o.get("data", {}))]
        if not pictures:
            continue
        assert len(pictures) == 1, f"{cell.id} shows {len(pictures)} pictures; one cell, one picture"
        options = cell.metadata.get("mystnb", {})
        alt, figure = options.get("image", {}).get("alt", ""), options.get("figure", {})
        assert len(alt) >= 30, f"{cell.id}: say in metadata mystnb.image.alt what the picture shows"
        assert figure.get("caption"), f"{cell.id}: metadata mystnb.figure.caption is missing"
        assert figure.get("name", "").startswith("fig-"), (
            f"{cell.id}: metadata mystnb.figure.name is like fig-topic"
        )
        assert alt.strip() != figure["caption"].strip(), f"{cell.id}: the alt text repeats the caption"


@chapters
def test_the_prose_names_every_figure(path):
    notebook = read(path)
    told = markdown(notebook) + [
        output.data["text/markdown"]
        for _, output in outputs(notebook)
        if "text/markdown" in output.get("data", {})
    ]
    prose = "\n".join(told)
    figures = [cell.metadata.get("mystnb", {}).get("figure") for cell in code(notebook)]
    unnamed = [f["name"] for f in figures if f and not re.search(rf"{{numref}}`[^`]*{f['name']}\W", prose)]
    assert not unnamed, f"the text does not refer to {unnamed}: write {{numref}}`fig-…` where it is read"


# the last section of chapter 9 is all business
@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.stem != "09_faq"], ids=lambda path: path.stem)
def test_a_chapter_says_what_it_means_for_the_business(path):
    thread = re.search(r"^\*\*The business thread\.\*\*", "\n\n".join(markdown(read(path))), re.MULTILINE)
    assert thread, "a paragraph that begins with **The business thread.**"


# the clinic of chapter 4 quotes the listings of the source character by character: they stay whole
LONG_CELLS = {"listing-1", "listing-2"}


@chapters
def test_a_cell_that_is_shown_has_at_most_twenty_lines(path):
    shown = [c for c in code(read(path)) if not {"hide-input", "remove-cell"} & set(cut_exercises.tags(c))]
    long = {c.id: n for c in shown if (n := len(c.source.splitlines())) > 20 and c.id not in LONG_CELLS}
    assert not long, f"cut it in two, or move what is no lesson into nnbook: {long}"


@chapters
def test_no_line_of_a_written_paragraph_means_something_to_markdown(path):
    # a line that happens to begin with "%" is a comment, one with "1." a list: the words would be lost
    torn = [
        f"{cell.id}: {line}"
        for cell, output in outputs(read(path))
        for line in output.get("data", {}).get("text/markdown", "").splitlines()
        if re.match(r"\s*(%|#|\+\+\+|1[.)] )", line)
    ]
    assert not torn, f"break these lines elsewhere: {torn}"


# what a model wrote, and source code that is shown as it stands in the package
WIDE_ON_PURPOSE = {"tensor-source", "text-sample", "gpt-samples"}


def columns(line):
    """How many columns a line takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@chapters
def test_a_printed_line_fits_the_column(path):
    wide = [
        f"{cell.id}: {line}"
        for cell, output in outputs(read(path))
        for line in output.get("text", "").splitlines()
        if columns(line) > 96 and cell.id not in WIDE_ON_PURPOSE  # what 1280 pixels show without scrolling
    ]
    assert not wide


def test_names_of_figures_are_unique_in_the_book():
    options = [cell.metadata.get("mystnb", {}) for path in NOTEBOOKS for cell in code(read(path))]
    names = [o["figure"]["name"] for o in options if "figure" in o]
    assert len(names) == len(set(names))


@chapters
def test_no_widget_is_stored_that_would_be_dead_on_the_page(path):
    for cell, output in outputs(read(path)):
        data = output.get("data", {})
        assert "application/vnd.jupyter.widget-view+json" not in data, f"{cell.id}: run `make notebooks`"
    assert "widgets" not in read(path).metadata


@chapters
def test_each_blank_is_not_yet_right_and_each_solution_passes(path):
    # The outputs are those of a real run, and nbval runs them again; here they
    # have to say the right thing.
    for exercise, check, solution in cut_exercises.exercises(read(path)):
        assert exercise.source == cut_exercises.cut(solution.source), (
            f"{exercise.id} is stale: make notebooks"
        )
        said = "".join(o.get("text", "") for o in check.outputs)
        assert re.match(r"Not yet\. \S.{9,}", said), (
            f"{check.id}: the blank must be answered by what to do, not {said!r}"
        )
        assert "Hint:" not in said, f"{check.id}: a hint comes after a try"
        said = "".join(o.get("text", "") for o in solution.outputs)
        assert said.splitlines()[-1:] == ["Correct."], (
            f"{solution.id}: end it with a call of its check; got {said!r}"
        )
        assert "Not yet" not in said


@chapters
def test_checks_and_solutions_are_folded(path):
    for _, check, solution in cut_exercises.exercises(read(path)):
        for cell in (check, solution):
            assert cell.metadata.get("jupyter") == cut_exercises.FOLDED, f"{cell.id}: make notebooks"
        assert cut_exercises.FOLDED_ON_THE_SITE in cut_exercises.tags(check), f"{check.id}: make notebooks"


@chapters
def test_a_notebook_says_nothing_about_the_machine_that_ran_it(path):
    notebook = read(path)
    assert "version" not in notebook.metadata.language_info
    assert not any("execution" in cell.metadata for cell in notebook.cells)
