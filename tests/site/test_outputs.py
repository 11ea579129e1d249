"""What a reader sees is what the notebook stores, no more and no less."""

import base64
import hashlib
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_page_shows_exactly_the_stored_pictures(site_dir, path):
    stored = [
        base64.b64decode(output.data["image/png"])
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    html = (site_dir / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
    shown = re.findall(r'<img[^>]*src="\.\./_images/([^"]+)"', html)
    assert len(shown) == len(stored)
    digests = [hashlib.sha256((site_dir / "_images" / name).read_bytes()).hexdigest() for name in shown]
    assert digests == [hashlib.sha256(picture).hexdigest() for picture in stored]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_page_has_a_live_widget_for_each_stored_one(site_dir, path):
    html_outputs = [
        output.data["text/html"]
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", [])
        if "data-nnbook-widget" in output.get("data", {}).get("text/html", "")
    ]
    html = (site_dir / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
    cells = html.split('class="nn-quiz', 1)[0]  # the quiz at the end comes from no cell
    assert cells.count("data-nnbook-widget=") == len(html_outputs)
    for name in {re.search(r'data-nnbook-widget="(\w+)"', text)[1] for text in html_outputs}:
        assert f"_static/widgets/{name}.js" in html
