"""Run every check of the book, one after the other, and end with one summary. `make test` calls this.

Usage: python tools/run_tests.py [part,part…]   with parts from: lint, unit, notebooks, build, site
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTEST = [sys.executable, "-m", "pytest", "-q"]

PARTS = {
    "lint": [
        [sys.executable, "-m", "ruff", "check", "."],
        [sys.executable, "-m", "ruff", "format", "--check", "."],
    ],
    # tests/js among them: it runs the JavaScript tests in Node
    "unit": [[*PYTEST, "tests", "--ignore=tests/site", "-n", "2"]],
    # one notebook stays on one worker: its cells share a kernel
    "notebooks": [[*PYTEST, "--nbval", "--nbval-current-env", "-n", "2", "--dist", "loadfile", "notebooks"]],
    "build": [
        [BIN / "jupyter-book", "build", ".", "--all", "-W", "-n", "--keep-going", "-q"],
    ],
    # two browsers side by side; then, one at a time, the tests that measure
    "site": [
        [*PYTEST, "tests/site", "-m", "not alone", "-n", "2"],
        [*PYTEST, "tests/site", "-m", "alone"],
    ],
}
NO_TESTS_FOUND = 5  # pytest's exit code


def last_words(output: str) -> str:
    """Return the line in which a tool sums itself up."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).splitlines()
    return next((line.strip("= ") for line in reversed(lines) if re.search(r"[a-z]{3}", line)), "")


def run(command: list[str | Path]) -> tuple[int, str]:
    """Run one command, passing its output on as it comes, and return its exit code and that output."""
    # tests run two at a time: with more threads each, they would wait for one another
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment = threads | os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "0"}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def main(wanted: list[str]) -> int:
    """Run the wanted parts and return 0 if all of them passed."""
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        print(f"unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    results = []
    for part in wanted:
        print(f"\n── {part} " + "─" * (100 - len(part)), flush=True)
        start, failed, words = time.perf_counter(), False, []
        for command in PARTS[part]:
            code, output = run(command)
            failed |= code not in (0, NO_TESTS_FOUND)
            words.append(last_words(output))
        results.append(
            (part, "FAILED" if failed else "passed", time.perf_counter() - start, "; ".join(words))
        )
    print("\n── summary " + "─" * 93)
    for part, outcome, seconds, words in results:
        print(f"{part:<10} {outcome:<7} {seconds:6.1f} s  {words}")
    return int(any(outcome == "FAILED" for _, outcome, _, _ in results))


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # a Windows pipe cannot write "──"
    sys.exit(main(",".join(sys.argv[1:]).split(",") if sys.argv[1:] else list(PARTS)))
