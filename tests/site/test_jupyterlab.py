"""The same Playground in a real JupyterLab with a kernel: what the page does, Python sees, and the other way.

One JupyterLab is started on a free port of this machine, without a token, in a temporary folder.
"""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest

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


def notebook():
    cells = [
        nbformat.v4.new_code_cell("\n".join(line[4:] for line in c.strip("\n").split("\n"))) for c in CELLS
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab that runs in a folder with one notebook."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
    nbformat.write(notebook(), folder / "work" / "playground.ipynb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
        "--ServerApp.open_browser=False",
        "--ServerApp.allow_root=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--ServerApp.root_dir={folder / 'work'}",
    ]
    # Its own settings and runtime folders: nothing of the reader's JupyterLab is read or changed
    own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "ws"),
    }
    log = open(folder / "log.txt", "w+")  # noqa: SIM115 - open as long as the server runs
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options],
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        env={**os.environ, **own},
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            if server.poll() is not None:
                break
            time.sleep(0.5)
        else:
            server.terminate()
        if server.poll() is not None:
            log.seek(0)
            pytest.fail(f"JupyterLab did not start:\n{log.read()[-3000:]}")
        yield address
    finally:
        server.terminate()  # it ends its kernels first, then itself
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


@pytest.fixture(scope="module")
def page(lab, browser):
    context = browser.new_context(viewport={"width": 1300, "height": 1400})
    context.set_default_timeout(90_000)
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.goto(f"{lab}/lab/tree/playground.ipynb?reset")
    page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
    wait_for_the_kernel(page)
    yield page
    context.close()


def wait_for_the_kernel(page):
    """Until the status bar says so: who runs a cell before is asked which kernel to take."""
    page.wait_for_selector("#jp-main-statusbar :text('Python 3 (ipykernel) | Idle')", state="attached")


def run(page, number):
    """Run a cell as a reader does, wait for its end, and return the text it printed."""
    cell = page.locator(f".jp-Notebook .jp-Cell[data-windowed-list-index='{number}']")
    cell.scroll_into_view_if_needed()
    prompt = cell.locator(".jp-InputPrompt")
    for turn in range(600):
        text = prompt.inner_text().strip().strip("[]: ")
        if text.isdigit():
            break
        if turn % 50 == 0 and not text:  # a key pressed while JupyterLab is still waking up is lost
            cell.locator(".jp-InputArea-editor").click()
            page.keyboard.press("Control+Enter")
        page.wait_for_timeout(100)
    else:
        raise AssertionError(f"cell {number} did not end")
    page.wait_for_timeout(300)
    errors = cell.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")
    assert errors.count() == 0, errors.first.inner_text()
    return "\n".join(cell.locator(".jp-OutputArea-output pre").all_inner_texts())


def count(page):
    text = page.locator(".nnp-counter").inner_text().split("·")[0]
    return int("".join(character for character in text if character.isdigit()))


def until(page, condition, what):
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError(what)


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
        with urllib.request.urlopen(f"{lab}/api/contents/playground.ipynb", timeout=30) as answer:
            return json.load(answer)["content"]["cells"][0]["outputs"]

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
