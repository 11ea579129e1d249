"""The widgets of chapter 5 in a real JupyterLab: training is live, and Python reads what a hand drew."""

import pytest
from lab_server import run, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]

CELLS = [
    """
import time
import numpy as np
from nnbook import callbacks, losses, optimizers, training
from nnbook.datasets.toys import make_moons
from nnbook.mlp import MLP
from nnbook.tokenizers import CharTokenizer
from nnbook.transformer import Transformer
from nnbook.widgets import DigitPad, TextSampler, TrainingMonitor
rng = np.random.default_rng(0)
X, y = make_moons(200, noise=0.1, rng=rng)

class Slowly(callbacks.Callback):
    def on_epoch_end(self, state):
        time.sleep(0.1)
""",
    """
monitor = TrainingMonitor(data=(X, y))
history = training.fit(MLP([2, 8, 1], rng=rng), X, y[:, None].astype(float),
    loss=losses.binary_cross_entropy, optimizer=optimizers.Adam(0.02), epochs=40, batch_size=20,
    rng=rng, callbacks=[monitor.callback(), Slowly()])
""",
    "pad = DigitPad(); pad",
    "print('drawn', pad.answer().argmax(), int(pad.image().sum()), monitor.frame)",
    """
tokenizer = CharTokenizer("\\n abcdefghij")
sampler = TextSampler(Transformer(12, 16, 2, 2, 16, rng=rng), tokenizer, prompt="abc")
sampler
""",
    "print('wrote', len(sampler.text), sampler.text.startswith('abc')); sampler.prompt = 'jig'",
]


@pytest.fixture(scope="module")
def page(lab):
    with lab.notebook("ch05.ipynb", CELLS) as page:
        yield page


def begin(page, number):
    cell = page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{number}']")
    cell.scroll_into_view_if_needed()
    cell.locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")


def test_training_is_live_and_then_a_recording(page):
    run(page, 0)
    begin(page, 1)
    page.wait_for_selector(".nnw-monitor.live")
    seen = set()
    until(
        page,
        lambda: seen.add(page.locator(".nnw-monitor .nnw-value").first.inner_text()) or len(seen) > 5,
        "the epochs do not move while the cell runs",
    )
    page.wait_for_selector(".nnw-monitor:not(.live)")
    assert page.locator(".nnw-monitor").count() == 1
    assert page.locator(".nnw-monitor .nnw-value").first.inner_text() == "40 of 40"
    # its figures stand side by side, each under its name
    places = page.locator(".nnw-tm-figures > div").evaluate_all(
        """(figures) => figures.map((figure) => {
            const [name, value] = [...figure.children].map((part) => part.getBoundingClientRect());
            return [name.top, value.left - name.left, value.top >= name.bottom - 1];
        })"""
    )
    assert places
    assert {tuple(place[1:]) for place in places} == {(0, True)}
    assert len({place[0] for place in places}) == 1


def test_python_reads_what_was_drawn(page):
    run(page, 2)
    page.wait_for_selector(".nnw-dp-pad")
    box = page.locator(".nnw-dp-pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"], steps=8)
    page.mouse.up()
    page.wait_for_timeout(600)
    words = run(page, 3).split()
    assert words[:2] == ["drawn", "1"]
    assert 280 < int(words[2]) < 340
    # and it is drawn in the theme's colours, not in the grey of an element that is not on the page
    paper = page.evaluate(
        "[...document.querySelector('.nnw-dp-pad').getContext('2d').getImageData(4, 4, 1, 1).data]"
    )
    assert min(paper[:3]) > 240


def test_the_text_goes_to_python_and_the_prompt_comes_back(page):
    run(page, 4)
    page.wait_for_selector(".nnw-ts-text")
    page.wait_for_timeout(500)
    assert "wrote 43 True" in run(page, 5)
    until(
        page,
        lambda: page.locator(".nnw-ts-text").inner_text().startswith("jig"),
        "the prompt that Python set is not shown",
    )
    assert not page.problems, page.problems
