"""Compile the fast products of the large model in the page: C to WebAssembly, stored as text.

Usage: python tools/build_wasm.py          writes nnbook/widgets/static/large_wasm.js
       python tools/build_wasm.py --check  tells whether it is what the C file gives

The compiler is the clang of the Python package ziglang, which needs no other tools; the same version gives
the same bytes on any machine.
"""

import base64
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "nnbook" / "widgets" / "static"
SOURCE = STATIC.parent / "native" / "products.c"
TARGET = STATIC / "large_wasm.js"
OPTIONS = [
    "--target=wasm32-freestanding", "-mcpu=generic+simd128", "-O3", "-ffreestanding", "-nostdlib",
    "-fno-builtin", "-Wl,--no-entry", "-Wl,--import-memory", "-Wl,--strip-all",
    # the stack lies below what static/large_model.js reserves; the default is a megabyte
    "-Wl,-z,stack-size=32768",
]  # fmt: skip


def compiled() -> bytes:
    """Return the module."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "products.wasm"
        command = [sys.executable, "-m", "ziglang", "cc", *OPTIONS, "-o", str(path), SOURCE.name]
        subprocess.run(command, cwd=SOURCE.parent, check=True)
        return path.read_bytes()


def as_javascript(module: bytes) -> str:
    """Return the file that holds a module."""
    text = textwrap.wrap(base64.b64encode(module).decode("ascii"), 110)
    lines = " +\n".join(f'  "{line}"' for line in text)
    return (
        "// @ts-check\n"
        "/** products.c, compiled by tools/build_wasm.py; do not edit. */\n"
        f"export const PRODUCTS_WASM =\n{lines};\n"
    )


def main(options: list[str]) -> int:
    """Write the module, or compare it with the stored one."""
    text = as_javascript(compiled())
    if "--check" in options:
        same = TARGET.read_text(encoding="utf-8") == text
        print(
            "the same" if same else f"{TARGET.name} is not what {SOURCE.name} gives: run tools/build_wasm.py"
        )
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    print(f"{TARGET.name}: {len(text):,} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
