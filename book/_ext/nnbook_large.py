"""The large model beside the pages: its file in parts that any host takes, and the adapters that tune it.

Without the package that carries the model the site is built without it, and the widget says so.
"""

import hashlib
import json
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
PART_BYTES = 24_000_000  # hosts refuse files above 25 MB


def write_parts(path: Path, folder: Path, *, title: str, licence: str) -> dict:
    """Cut a file into parts and return their list, which a page fetches first."""
    parts = []
    with path.open("rb") as file:
        while data := file.read(PART_BYTES):
            name = f"model-{len(parts)}.bin"
            (folder / name).write_bytes(data)
            parts.append({"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()})
    total = sum(part["bytes"] for part in parts)
    return {"title": title, "licence": licence, "bytes": total, "parts": parts}


def write_model(app: Sphinx) -> None:
    """Put the model and its adapters into the site, unless they are there already."""
    if app.builder.format != "html":
        return
    from nnbook.datasets import load_large_model

    folder = Path(app.outdir) / "_static" / "large"
    try:
        path = load_large_model()
    except (ImportError, FileNotFoundError) as error:
        logger.info("the site is built without the large model: %s", error)
        return
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / "model.json"
    if not manifest.exists():  # written last: a build that was interrupted begins again
        data = write_parts(path, folder, title="SmolLM2-135M-Instruct", licence="Apache-2.0")
        manifest.write_text(json.dumps(data), encoding="utf-8")
    for adapter in (Path(app.srcdir) / "nnbook" / "models").glob("large_*.safetensors"):
        shutil.copyfile(adapter, folder / adapter.name)


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("builder-inited", write_model)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
