"""Run answers of others: each in a process of its own, with limits, and judged where none of their code runs.

An answer and its check share a process, so the answer could change what the check uses: NumPy, the check
itself, its own stack. So there are two runs. In the first, the check talks to the answer, and what the answer
gave for each call is written down as plain data. In the second, a fresh process without a line of the answer
runs the check on what was written down. Only the second one counts.

Needs `os.fork`: Linux, macOS, or WSL on Windows. The limits keep a class's mistakes from stopping the run.
They are no prison: an answer can read what the user who runs it can read.
"""

import base64
import builtins
import contextlib
import dataclasses
import io
import json
import linecache
import math
import os
import pickle
import resource
import selectors
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, MethodType

import numpy as np

from nnbook.exercises import Result

MAX_BYTES = 64_000_000  # of what an answer gave, written down
PROTOCOL = 4
_PLAIN = bool | int | float | str | np.generic
TOO_LONG, STOPPED = "too long", "stopped"


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one answer may use: seconds of computing (and four times as long by the clock), and memory."""

    seconds: float = 5.0
    megabytes: int = 1000
    jobs: int = os.cpu_count() or 1


# --- processes


def in_processes(works: list[Callable[[], dict]], limits: Limits) -> list[dict | str]:
    """Run each function in a fork of this process; return what it returned, or TOO_LONG or STOPPED."""
    outcomes: list = [STOPPED] * len(works)
    waiting, running = list(enumerate(works))[::-1], {}
    with selectors.DefaultSelector() as pipes, tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < limits.jobs:
                number, work = waiting.pop()
                pid, pipe = _begin(work, limits, folder)
                running[pipe] = (number, pid, bytearray(), time.monotonic() + 4 * limits.seconds)
                pipes.register(pipe, selectors.EVENT_READ)
            pipes.select(timeout=0.1)
            for pipe, (number, pid, said, deadline) in list(running.items()):
                ended, status = os.waitpid(pid, os.WNOHANG)  # before reading: then nothing comes later
                whole = _take(pipe, said)
                late = time.monotonic() > deadline
                if ended or whole or late:
                    pipes.unregister(pipe)
                    os.close(pipe)
                    del running[pipe]
                    status = _end(pid, status if ended else None)
                    outcomes[number] = _outcome(bytes(said), status, late)
    return outcomes


def _begin(work, limits, folder):
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: ours hold no lock
        pid = os.fork()
    if pid:
        os.close(write)
        os.set_blocking(read, False)
        return pid, read
    try:
        os.setsid()
        os.chdir(folder)
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        os.closerange(3, write)
        os.closerange(write + 1, os.sysconf("SC_OPEN_MAX"))
        sys.stdin = sys.stdout = sys.stderr = io.StringIO()
        _limit(limits)
        warnings.simplefilter("ignore")
        message = json.dumps(work()).encode()
        with open(write, "wb") as pipe:
            pipe.write(message)
    finally:
        os._exit(0)


def _limit(limits):
    seconds = math.ceil(limits.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # no further processes (root is exempt)
    with contextlib.suppress(FileNotFoundError):  # macOS has no /proc, and keeps no limit of memory
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + limits.megabytes * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _take(pipe, said) -> bool:
    """Read what has come; return whether that is all, or too much."""
    with contextlib.suppress(BlockingIOError):
        while len(said) <= 2 * MAX_BYTES:
            piece = os.read(pipe, 1 << 16)
            if not piece:
                return True
            said += piece
        return True
    return False


def _end(pid, status):
    """Kill a process, if it has not ended, and what it started; return how it ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    if status is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    return status


def _outcome(said, status, late):
    if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return TOO_LONG
    try:
        outcome = json.loads(said)
    except ValueError:
        return STOPPED
    return outcome if isinstance(outcome, dict) else STOPPED


# --- the first run: the answer


def try_answer(room: dict, exercise, source: str) -> dict:
    """Run an answer and its check in ``room``, and write down what the answer gives.

    Returns ``passed`` and ``said``, and, if it passed or cannot tell, ``gave``: the pickle in base64.
    """
    given = dict(room)
    for name in exercise.names:  # an answer of before is no answer
        room.pop(name, None)
    linecache.cache["<answer>"] = (len(source), None, source.splitlines(keepends=True), "<answer>")
    try:
        exec(compile(source, "<answer>", "exec"), room)
    except BaseException as error:
        return {"passed": False, "said": f"The cell of the answer stops: {_words(error)}."}
    if missing := [name for name in exercise.names if name not in room]:
        return {"passed": False, "said": f"The cell of the answer does not give `{'`, `'.join(missing)}`."}
    answers = {name: room[name] for name in exercise.names}
    with contextlib.suppress(BaseException):
        exec(compile(exercise.check, "<check>", "exec"), room)
    result = getattr(room.get(exercise.check_name), "result", None)
    if isinstance(result, Result) and not result.passed:
        return {"passed": False, "said": str(result)}
    notes = Notes()
    with contextlib.suppress(BaseException):
        written = {name: notes.write(value) for name, value in answers.items()}
        exec(compile(exercise.check, "<check>", "exec"), given | written)
    data = pickle.dumps((notes.values, notes.calls), protocol=PROTOCOL)
    if len(data) > MAX_BYTES:
        return {"passed": False, "said": "The answer gives too much data."}
    return {"passed": True, "said": "", "gave": base64.b64encode(data).decode()}


def _words(error):
    words = f"{type(error).__name__}: {getattr(error, 'msg', None) or error}".rstrip(": ")
    if isinstance(error, SyntaxError):
        line = error.lineno
    else:
        frames = traceback.extract_tb(error.__traceback__)
        line = next((frame.lineno for frame in reversed(frames) if frame.filename == "<answer>"), None)
    return f"{words} (line {line})" if line else words


class Notes:
    """What an answer gave, written down: values, and for each function what each call of it gave."""

    def __init__(self):
        self.values: list[bytes] = []
        self.calls: list[list[tuple]] = []
        self.functions: list[Callable] = []  # that write down what they give, one for each list of calls

    def write(self, value):
        """Write a value down, and return what a reader of these notes will see in its place."""
        self.values.append(self._pack(value, []))
        return self._unpack(self.values[-1], [])

    def _pack(self, value, arguments) -> bytes:
        file = io.BytesIO()
        _Writer(file, self, arguments).dump(value)
        return file.getvalue()

    def _unpack(self, data, arguments):
        return _Reader(io.BytesIO(data), arguments, lambda number: self.functions[number]).load()

    def noted(self, function) -> int:
        """Let each call of a function be written down; return its number."""
        calls: list[tuple] = []

        def call(*args, **kwargs):
            arguments = [*args, *kwargs.values()]
            before = pickle.dumps(_state(arguments), protocol=PROTOCOL)
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                calls.append(("raised", type(error).__name__, str(error)))
                raise
            after = pickle.dumps(_state(arguments), protocol=PROTOCOL)
            data = self._pack(result, arguments)
            calls.append(("gave", data, b"" if after == before else after))
            return self._unpack(data, arguments)

        self.calls.append(calls)
        self.functions.append(call)
        return len(self.calls) - 1


class _Writer(pickle.Pickler):
    """Writes a value; an argument of the call that gave it, and a function, are written as references."""

    def __init__(self, file, notes, arguments):
        super().__init__(file, protocol=PROTOCOL)
        self.notes = notes
        self.arguments = {id(a): n for n, a in enumerate(arguments) if not isinstance(a, _PLAIN)}

    def persistent_id(self, value):
        if id(value) in self.arguments:
            return "argument", self.arguments[id(value)]
        if isinstance(value, FunctionType | MethodType):
            return "function", self.notes.noted(value)
        return None


# --- the second run: the check alone


def judge(room: dict, exercise, gave: str) -> dict:
    """Run the check on what an answer gave; return ``passed`` and ``said``."""
    try:
        values, calls = _Reader(io.BytesIO(base64.b64decode(gave)), [], None).load()
        functions = [_gives_again(list(each), lambda number: functions[number]) for each in calls]
        read = [_Reader(io.BytesIO(value), [], lambda number: functions[number]).load() for value in values]
        names = dict(zip(exercise.names, read, strict=True))
    except Exception as error:
        return {"passed": False, "said": f"The answer gives something that is no plain data ({error})."}
    view = room | names
    exec(compile(exercise.check, "<check>", "exec"), view)
    result = view[exercise.check_name].result
    return {"passed": result.passed, "said": str(result)}


def _gives_again(calls, function):
    rest = iter(calls)

    def call(*args, **kwargs):
        kind, given, more = next(
            rest, ("raised", "LookupError", "the answer gave nothing plain for this call")
        )
        if kind == "raised":
            known = getattr(builtins, given, Exception)
            raise (known if isinstance(known, type) and issubclass(known, Exception) else Exception)(more)
        arguments = [*args, *kwargs.values()]
        result = _Reader(io.BytesIO(given), arguments, function).load()
        if more:
            _set_state(arguments, _Reader(io.BytesIO(more), [], None).load())
        return result

    return call


class _Reader(pickle.Unpickler):
    """Reads numbers, texts, arrays, containers and the book's own records, and nothing that runs code."""

    ALLOWED = frozenset(
        [("numpy", "ndarray"), ("numpy", "dtype"), ("nnbook.autodiff", "Tensor")]
        + [("numpy._core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "scalar")]
        + [("builtins", name) for name in ("complex", "set", "frozenset", "slice", "range", "bytearray")]
        + [("collections", name) for name in ("Counter", "OrderedDict", "deque")]
    )

    def __init__(self, file, arguments, function):
        super().__init__(file)
        self.arguments, self.function = arguments, function

    def persistent_load(self, reference):
        kind, number = reference
        return self.arguments[number] if kind == "argument" else self.function(number)

    def find_class(self, module, name):
        if (module, name) in self.ALLOWED:
            return super().find_class(module, name)
        if module.startswith("nnbook.") and module in sys.modules:
            record = getattr(sys.modules[module], name, None)
            if isinstance(record, type) and dataclasses.is_dataclass(record):
                return record
        raise pickle.UnpicklingError(f"{module}.{name}")


# --- arguments that a function may change: arrays, lists, dictionaries, generators of random numbers


def _state(value):
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    if isinstance(value, list | tuple):
        return [_state(part) for part in value]
    if isinstance(value, dict):
        return {key: _state(part) for key, part in value.items()}
    return value if isinstance(value, _PLAIN) else None


def _set_state(value, state):
    if isinstance(value, np.ndarray):
        if value.flags.writeable and value.size:
            value[...] = state
    elif isinstance(value, np.random.Generator):
        value.bit_generator.state = state
    elif isinstance(value, list):
        for part, after in zip(value, state, strict=False):
            _set_state(part, after)
        value[:] = [
            part if _changes_inside(part) else after
            for part, after in zip([*value, *[None] * len(state)], state, strict=False)
        ]
    elif isinstance(value, tuple):
        for part, after in zip(value, state, strict=True):
            _set_state(part, after)
    elif isinstance(value, dict):
        for key, after in state.items():
            if key in value and _changes_inside(value[key]):
                _set_state(value[key], after)
            else:
                value[key] = after
        for key in set(value) - set(state):
            del value[key]


def _changes_inside(part):
    return part is not None and not isinstance(part, _PLAIN)
