"""One JupyterLab for all tests that need a kernel, and the hand that runs cells in it.

It is started on a free port of this machine, without a token, in a temporary folder.
"""

import contextlib
import os
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest


@dataclass
class Lab:
    """A running JupyterLab."""

    address: str
    folder: Path
    browser: object

    @contextlib.contextmanager
    def notebook(self, name, cells):
        """Write a notebook, open it in a page whose ``problems`` are noted, and wait for its kernel."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(textwrap.dedent(text).strip()) for text in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.folder / name)
        context = self.browser.new_context(viewport={"width": 1300, "height": 1400})
        context.set_default_timeout(90_000)
        page = context.new_page()
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.goto(f"{self.address}/lab/tree/{name}?reset")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
        # until the status bar says so: who runs a cell before is asked which kernel to take
        page.wait_for_selector("#jp-main-statusbar :text('Python 3 (ipykernel) | Idle')", state="attached")
        yield page
        context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory, browser):
    """The JupyterLab, running."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
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
        yield Lab(address, folder / "work", browser)
    finally:
        server.terminate()  # it ends its kernels first, then itself
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


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


def until(page, condition, what):
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError(what)
