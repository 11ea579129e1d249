"""The Playground in a real JupyterLab with a kernel: what the page does, Python sees, and the other way."""

import json

import pytest
from lab_server import run, until

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.alone]

CELLS = [
    """
    import numpy as np
    from nnbook.activations import Tanh
    from nnbook.mlp import MLP
    from nnbook.widgets import Playground
    widget = Playground(hidden=[8, 8])
    widget
    """,
    """
    print("loss", widget.history["train_loss"][0], widget.history["train_loss"][-1], "step", widget.step)
    print("settings", widget.dataset, widget.hidden, widget.learning_rate)
    learned = widget.model()
    print("accuracy of", learned, len(widget.parameters))
    """,
    """
    mine = MLP([2, 5, 1], activation=Tanh, rng=np.random.default_rng(7))
    widget.set_model(mine)
    """,
    """
    X = np.random.default_rng(0).uniform(-1, 1, (50, 2))
    print("same", np.array_equal(widget.model()(X), mine(X)), widget.hidden, widget.step)
    """,
    """
    rng = np.random.default_rng(1)
    X = rng.uniform(-1, 1, (120, 2))
    widget.set_data(X, (X[:, 0] > X[:, 1]).astype(int))
    widget.playing = True
    """,
    """
    widget.playing = False
    print("own", widget.dataset, len(widget.points), widget.step > 0)
    right = (widget.model()(X).ravel() > 0) == (X[:, 0] > X[:, 1])
    print("right", right.mean() > 0.9)
    """,
]


@pytest.fixture(scope="module")
def page(lab):
    with lab.notebook("playground.ipynb", CELLS) as page:
        yield page


def count(page):
    text = page.locator(".nnp-counter").inner_text().split("·")[0]
    return int("".join(character for character in text if character.isdigit()))


def test_page_and_kernel_share_one_playground(page):
    run(page, 0)
    page.wait_for_selector(".nnp .nnp-play")

    # drawn in the colours of JupyterLab's theme: somewhere blue, somewhere orange
    reddest, bluest = page.evaluate(
        """() => {
            const canvas = document.querySelector('.nnp-plane');
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let [reddest, bluest] = [0, 0];
            for (let i = 0; i < data.length; i += 4) {
                reddest = Math.max(reddest, data[i] - data[i + 2]);
                bluest = Math.max(bluest, data[i + 2] - data[i]);
            }
            return [reddest, bluest];
        }"""
    )
    assert reddest > 60
    assert bluest > 60

    # press play: the network learns in the page, and Python reads the run back
    page.locator(".nnp-play").click()
    until(page, lambda: count(page) > 1500, "it does not train")
    page.locator(".nnp-play").click()
    page.wait_for_timeout(500)
    printed = run(page, 1)
    words = printed.split()
    first, last, step = float(words[1]), float(words[2]), int(words[4])
    assert last < first
    assert step == count(page)
    assert "settings spiral [8, 8] 0.03" in printed
    assert "MLP(2 → 8 → 8 → 1, Tanh" in printed
    assert printed.split()[-1] == "105"

    # weights from an nnbook.MLP: shown by the page, and the same when they come back
    run(page, 2)
    until(page, lambda: page.locator("[data-place^='1 ']").count() == 5, "the network of Python is not drawn")
    assert page.locator("[data-place^='2 ']").count() == 1
    assert "same True [5] 0" in run(page, 3)

    # points from Python, played from Python
    run(page, 4)
    until(page, lambda: count(page) > 300, "playing = True does not train")
    until(
        page, lambda: page.locator(".nnp-play:has-text('Pause')").count() == 1, "Play does not turn to Pause"
    )
    page.wait_for_timeout(1500)  # weights come about twice a second
    printed = run(page, 5)
    assert "own own 120 True" in printed
    assert "right True" in printed
    assert not page.problems, page.problems


def test_the_saved_notebook_holds_the_twin(page, lab):
    """For pages without a kernel, the text twin stands beside the view."""

    def outputs():
        return json.loads((lab.folder / "playground.ipynb").read_text(encoding="utf-8"))["cells"][0][
            "outputs"
        ]

    if page.locator(".nnp").count() == 0:
        run(page, 0)
    for _ in range(20):
        page.keyboard.press("Control+s")
        page.wait_for_timeout(1500)
        if outputs():
            break
    data = outputs()[-1]["data"]
    assert '<div class="nnbook-widget" data-nnbook-widget="Playground"' in "".join(data["text/html"])
    assert "".join(data["text/plain"]) == "Playground()"
