"""Serve the large model on this computer, in the form of OpenAI's chat API.

python -m nnbook.large.serve [--port 8001] [--rows 8] [--context 1024] [--file model.gguf]
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded; one thread does the arithmetic
os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
from pathlib import Path

from nnbook.datasets import load_large_model
from nnbook.large.loading import free_memory, load_llama
from nnbook.large.serve.batching import Batcher


def make_batcher(path, *, rows, context, max_waiting):
    """The model of a file with empty rows, and its tokenizer.

    Raises:
        ValueError, MemoryError: a bad file, or sizes that make no sense or do not fit.
    """
    model, tokenizer = load_llama(path)
    batcher = Batcher(model, rows=rows, capacity=context, max_waiting=max_waiting)
    if batcher.memory_bytes > free_memory():
        raise MemoryError(
            f"{rows} rows of {context} places may need {batcher.memory_bytes / 1e9:.2f} GB, which is not "
            "free. Take fewer rows or a shorter context."
        )
    return batcher, tokenizer


def main():
    """Read the options and serve."""
    parser = argparse.ArgumentParser(prog="python -m nnbook.large.serve", description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1", help="127.0.0.1: this computer only (default)")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--rows", type=int, default=8, help="conversations that write together")
    parser.add_argument("--context", type=int, default=1024, help="tokens of prompt and answer")
    parser.add_argument("--waiting", type=int, default=64, help="questions that may wait; more get a 503")
    parser.add_argument("--file", help="a GGUF file (default: the book's large model)")
    asked = parser.parse_args()
    try:
        from nnbook.large.serve.app import make_app
        from nnbook.large.serve.connections import make_server

        path = Path(asked.file or load_large_model())
        batcher, tokenizer = make_batcher(
            path, rows=asked.rows, context=asked.context, max_waiting=asked.waiting
        )
    except ModuleNotFoundError as error:
        parser.error(f"{error}. Install what is missing with: pip install -r requirements.txt")
    except (OSError, ValueError, MemoryError) as error:
        parser.error(str(error))
    make_server(make_app(batcher, tokenizer, path.stem.lower()), host=asked.host, port=asked.port).run()


if __name__ == "__main__":
    main()
