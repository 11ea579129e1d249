"""`make` on machines that are not ready: it recovers, or says in one sentence what to do."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def load(name):
    spec = importlib.util.spec_from_file_location(f"tools_{name}", ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup, serve = load("setup"), load("serve")


@pytest.fixture
def nothing_to_install(monkeypatch):
    installed = []
    monkeypatch.setattr(setup, "install", lambda venv, steps: installed.append([name for *_, name in steps]))
    return installed


class TestPython:
    @pytest.mark.parametrize("version", [(3, 8, 10), (3, 10, 12), (3, 11, 2), (3, 11, 4)])
    def test_a_python_that_the_pins_refuse_is_refused_before_any_work(self, version):
        with pytest.raises(setup.SetupError, match=r"Python 3.11.5 or newer is needed.*PYTHON=python3.12"):
            setup.check_version(version, "/usr/bin/python3")

    @pytest.mark.parametrize("version", [(3, 11, 5), (3, 12, 0), (3, 13, 9)])
    def test_those_that_were_tried_pass_without_a_word(self, version, capsys):
        setup.check_version(version, "python3")
        assert capsys.readouterr().out == ""

    def test_a_newer_one_is_named_as_untried(self, capsys):
        setup.check_version((3, 14, 0), "python3")
        assert "newer than those the book was tried with" in capsys.readouterr().out

    def test_all_pages_and_the_package_name_the_same_versions(self):
        floor = ".".join(map(str, setup.FLOOR))
        newest = ".".join(map(str, setup.TRIED))
        for name in ("README.md", "book/how-to-read.md", "book/teaching.md"):
            text = (ROOT / name).read_text(encoding="utf-8")
            assert f"{floor} to {newest}" in text, name
        assert f'requires-python = ">={floor}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        assert f"{floor} to {newest}" in (ROOT / "requirements.txt").read_text(encoding="utf-8")


class TestHalfDone:
    def test_an_interrupted_environment_is_made_again(self, tmp_path, nothing_to_install, capsys):
        venv = tmp_path / "a path with 'quotes' and spaces" / ".venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        assert setup.main([str(venv)]) == 0
        assert "was not finished; making it again" in capsys.readouterr().out
        assert setup.is_whole(venv)
        assert nothing_to_install == [["requirements.txt", "requirements-no-deps.txt"]]
        assert setup.main([str(venv)]) == 0  # nothing changed: nothing is installed
        assert len(nothing_to_install) == 1

    def test_a_folder_of_the_readers_own_is_not_removed(self, tmp_path, nothing_to_install, capsys):
        (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
        assert setup.main([str(tmp_path)]) == 1
        assert "is no virtual environment" in capsys.readouterr().err
        assert (tmp_path / "thesis.txt").exists()

    def test_a_python_without_venv_is_named_with_the_cure(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setitem(sys.modules, "ensurepip", None)
        assert setup.main([str(tmp_path / "v")]) == 1
        assert "sudo apt install python3-venv" in capsys.readouterr().err
        assert not (tmp_path / "v").exists()

    @pytest.mark.parametrize(
        ("said", "sentence"),
        [
            ("NewConnectionError('Temporary failure in name resolution')", "is this computer online"),
            ("ERROR: No matching distribution found for x==1", "pip could not install requirements.txt"),
        ],
    )
    def test_what_pip_says_becomes_a_sentence(self, tmp_path, monkeypatch, capsys, said, sentence):
        monkeypatch.setattr(setup, "make_venv", lambda venv: venv.mkdir())
        failed = subprocess.CompletedProcess([], 1, stderr=said)
        monkeypatch.setattr(setup.subprocess, "run", lambda *args, **options: failed)
        assert setup.main([str(tmp_path / "v")]) == 1
        assert sentence in capsys.readouterr().err
        assert not (tmp_path / "v" / ".ready").exists()

    def test_ctrl_c_says_how_to_go_on(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(setup, "make_venv", lambda venv: (_ for _ in ()).throw(KeyboardInterrupt))
        assert setup.main([str(tmp_path / "v")]) == 130
        assert "it goes on from here" in capsys.readouterr().err


class TestPort:
    def test_a_taken_port_is_said_before_anything_is_built(self, capsys):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = str(other.getsockname()[1])
            assert serve.main("127.0.0.1", port, "--check") == 1
        assert f"127.0.0.1:{port} is not free" in capsys.readouterr().err
        assert serve.main("127.0.0.1", port, "--check") == 0

    @pytest.mark.parametrize("port", ["0", "70000", "http", ""])
    def test_a_port_that_is_none_is_refused(self, port, capsys):
        assert serve.main("127.0.0.1", port, "--check") == 1
        assert "whole number from 1 to 65535" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_takes_paths_with_spaces(tmp_path):
    python = tmp_path / "my python" / "python3"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s|" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    command = ["make", "--no-print-directory", "setup", f"PYTHON={python}", f"VENV={tmp_path}/my venv"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout == f"tools/setup.py|{tmp_path}/my venv|"


def test_the_summary_of_the_tests_can_be_written_to_any_console():
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        [sys.executable, "tools/run_tests.py", "lint"], cwd=ROOT, env=environment, capture_output=True
    )
    assert b"UnicodeEncodeError" not in done.stderr
    assert b"summary" in done.stdout
