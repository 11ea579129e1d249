"""Make the virtual environment and install what the book needs; `make` calls this before everything else.

Usage: python tools/setup.py VENV [--frameworks]

A second run goes on where the first was interrupted. Nothing is installed if nothing changed. This file must
also run on a Python that is too old for the book, to say so.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLOOR, TRIED = (
    (3, 11, 5),
    (3, 13),
)  # the oldest Python that the pinned packages accept; the newest that was tried
CORE = (("requirements.txt",), ("--no-deps", "requirements-no-deps.txt"))
FRAMEWORKS = (("requirements-frameworks.txt",),)
NO_NETWORK = re.compile(
    "NewConnectionError|name resolution|Network is unreachable|Connection refused|ConnectTimeout"
)
NO_VENV = (
    "{python} cannot make virtual environments: the module `ensurepip` is missing. On Debian and Ubuntu: "
    "sudo apt install python3-venv"
)


class SetupError(Exception):
    """Something that the reader must do first; its text is one sentence for them."""


def check_version(version, python):
    """Refuse a Python that the pinned packages refuse; warn of one that nobody has tried."""
    here = ".".join(map(str, version[:3]))
    if tuple(version[:3]) < FLOOR:
        floor = ".".join(map(str, FLOOR))
        raise SetupError(
            f"Python {floor} or newer is needed; {python} is {here}. "
            "If another is installed: make PYTHON=python3.12"
        )
    if tuple(version[:2]) > TRIED:
        print("Python {} is newer than those the book was tried with (up to {}.{}).".format(here, *TRIED))


def python_of(venv):
    """Return the interpreter of a virtual environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_whole(venv):
    """Tell whether an environment was finished: it has a Python that is new enough, and pip."""
    if not python_of(venv).exists():
        return False
    ask = f"import pip, sys; sys.exit(sys.version_info[:3] < {FLOOR!r})"
    done = subprocess.run(
        [str(python_of(venv)), "-c", ask], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return done.returncode == 0


def make_venv(venv):
    """Make the environment, or make a half-made one anew."""
    if venv.exists() and is_whole(venv):
        return
    check_version(sys.version_info, sys.executable)
    if venv.exists() and any(venv.iterdir()):
        if not (venv / "pyvenv.cfg").exists() and not (venv / "bin").exists():
            raise SetupError(f"{venv} exists and is no virtual environment; choose another: make VENV=.venv")
        print(f"{venv.name} was not finished; making it again ...")
        shutil.rmtree(str(venv))
    try:
        import ensurepip  # noqa: F401 - Debian leaves it out of python3
    except ImportError:
        raise SetupError(NO_VENV.format(python=sys.executable)) from None
    print(f"Making {venv} ...", flush=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(venv)])
    if done.returncode:
        shutil.rmtree(str(venv), ignore_errors=True)
        raise SetupError(f"{sys.executable} could not make {venv}; its message stands above.")


def install(venv, steps):
    """Install requirement files in exact versions."""
    for *options, name in steps:
        command = [str(python_of(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*command, *options, "-r", name],
            cwd=str(ROOT),
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        if done.returncode and NO_NETWORK.search(done.stderr):
            raise SetupError(
                "The package index cannot be reached: is this computer online? "
                "Then run the same command again; what has arrived is kept."
            )
        sys.stderr.write(done.stderr if done.returncode else "")
        if done.returncode:
            raise SetupError(f"pip could not install {name}; its message stands above.")


def wanted(steps):
    """Return what marks a finished installation: a hash of the requirement files."""
    text = b"".join((ROOT / name).read_bytes() for *_, name in steps)
    return hashlib.sha256(text).hexdigest()


def prepare(venv, frameworks=False):
    """Bring the environment to what the requirement files say."""
    for stamp, steps, words in (
        (venv / ".ready", CORE, "the pinned packages (about half a minute)"),
        (venv / ".frameworks", FRAMEWORKS, "PyTorch and TensorFlow (about 2 GB on the disk)"),
    ):
        if stamp.name == ".frameworks" and not frameworks:
            continue
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted(steps):
            continue
        make_venv(venv)
        print(f"Installing {words} ...", flush=True)
        install(venv, steps)
        stamp.write_text(wanted(steps), encoding="utf-8")


def main(arguments):
    """Run the command line and return the exit code."""
    names = [argument for argument in arguments if not argument.startswith("--")]
    venv = Path(os.path.abspath(names[0] if names else ".venv"))
    try:
        prepare(venv, frameworks="--frameworks" in arguments)
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
