"""The server says what the model says, to each of many, and survives whatever is sent to it."""

import asyncio
import contextlib
import importlib.util
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import large_twin
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnbook.large.chat import Sampling, reply
from nnbook.large.loading import load_llama
from nnbook.large.serve import __main__ as serve_main
from nnbook.large.serve import app as app_module
from nnbook.large.serve import connections
from nnbook.large.serve.app import BODY_BYTES, make_app
from nnbook.large.serve.batching import Batcher
from nnbook.large.serve.connections import make_server
from nnbook.large.serve.questions import UpTo
from nnbook.large.serve.worker import Worker

CHAT = "/v1/chat/completions"
WORDS = ["the cat", "and then? " * 6, "2 hats in an inn", "on the mat", "hi", "that", "again " * 9, "你好"]


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    path = large_twin.write_twin(tmp_path_factory.mktemp("twin") / "twin.gguf", llama__context_length=300)
    return load_llama(path, dtype=np.float64)


def talk(words):
    return [{"role": "system", "content": ""}, {"role": "user", "content": words}]


def question(words="hi", **changes):
    asked = {"model": "twin", "messages": talk(words), "temperature": 0, "max_tokens": 5} | changes
    return {name: value for name, value in asked.items() if value is not ...}


class Running:
    """A real server on a free port of this computer."""

    def __init__(self, app):
        self.server = make_server(app, port=0)
        self._socket = self.server.config.bind_socket()
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._socket]})

    def __enter__(self):
        self._thread.start()
        until(lambda: self.server.started)
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        return self

    def __exit__(self, *_):
        self.client.close()
        self.server.should_exit = True
        self._thread.join()
        self._socket.close()

    def ask(self, *words, **changes):
        return self.client.post(CHAT, json=question(*words, **changes))

    def streamed(self, *words, **changes):
        """The objects of the events, which must end with [DONE]."""
        with self.client.stream("POST", CHAT, json=question(*words, stream=True, **changes)) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            lines = [line for line in response.iter_lines() if line]
        assert all(line.startswith("data: ") for line in lines)
        assert lines.pop() == "data: [DONE]"
        return [json.loads(line[6:]) for line in lines]

    def lives(self):
        assert self.ask().json()["choices"][0]["finish_reason"] in ("stop", "length")

    def state(self):
        return self.client.get("/health").json()

    def idle(self):
        state = self.state()
        return not (state["writing"] or state["reading"] or state["waiting"])

    def raw(self, data, *, first=b""):
        """What comes back for these bytes, or None; `first` is a request that is answered before."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line:
            if first:
                line.sendall(first)
                before = b""
                while not before.endswith(b"}"):  # head and body may come apart
                    piece = line.recv(65536)
                    assert piece, "it hung up"
                    before += piece
                assert before.startswith(b"HTTP/1.1 200")
            with contextlib.suppress(OSError):  # it may hang up before all is said
                line.sendall(data)
            answer = bytearray()
            with contextlib.suppress(TimeoutError, ConnectionError):
                while piece := line.recv(65536):
                    answer += piece
        head, _, body = bytes(answer).partition(b"\r\n\r\n")
        return (int(head.split()[1]), body) if head else None


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def running(twin):
    with Running(make_app(Batcher(twin[0], rows=4, piece=16), twin[1], "twin")) as server:
        yield server


@pytest.fixture
def slow(twin, monkeypatch):
    """The model takes its time, so that there is time to go."""
    fast = twin[0].next_logits

    def next_logits(*args, **kwargs):
        time.sleep(0.04)
        return fast(*args, **kwargs)

    monkeypatch.setattr(twin[0], "next_logits", next_logits)


def check_error(status, body):
    error = json.loads(body)["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    assert error["message"]
    assert error["type"] == ("invalid_request_error" if status < 500 else "server_error")
    return error


# what it says


def test_many_users_get_at_once_what_each_would_get_alone(twin, running):
    def ask(words):
        return running.streamed(words, max_tokens=40)

    with ThreadPoolExecutor(len(WORDS)) as users:
        answers = list(users.map(ask, WORDS))
    for words, chunks in zip(WORDS, answers, strict=True):
        deltas = [chunk["choices"][0] for chunk in chunks]
        text = "".join(choice["delta"].get("content", "") for choice in deltas)
        assert text == reply(*twin, talk(words), max_tokens=40)
        assert deltas[0]["delta"] == {"role": "assistant", "content": ""}
        assert [choice["finish_reason"] for choice in deltas[:-1]] == [None] * (len(deltas) - 1)
        end = "stop" if words == "that" else "length"  # one of the eight ends by itself
        assert deltas[-1] == {"index": 0, "delta": {}, "finish_reason": end}
        assert {(c["object"], c["model"]) for c in chunks} == {("chat.completion.chunk", "twin")}
        assert len({c["id"] for c in chunks}) == 1


def test_a_whole_answer_has_the_same_text_and_counts_its_tokens(twin, running):
    answer = running.ask("the cat", max_tokens=30, seed=7, temperature=1.2, top_p=0.9).json()
    sampling, rng = Sampling(1.2, top_p=0.9), np.random.default_rng(7)
    expected = reply(*twin, talk("the cat"), max_tokens=30, sampling=sampling, rng=rng)
    assert answer["object"] == "chat.completion"
    assert answer["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": expected}, "finish_reason": "length"}
    ]
    usage = answer["usage"]
    assert usage["completion_tokens"] == 30
    assert usage["total_tokens"] == usage["prompt_tokens"] + 30
    last = running.streamed("the cat", max_tokens=30, stream_options={"include_usage": True})[-1]
    assert (last["choices"], last["usage"]) == ([], usage)


def test_the_same_seed_draws_the_same_and_none_draws_anew(running):
    def text(**settings):
        return running.ask(max_tokens=30, temperature=2, **settings).json()["choices"][0]["message"][
            "content"
        ]

    assert text(seed=-3) == text(seed=-3) != text(seed=4)
    assert text() != text()


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_text_ends_the_answer_and_is_not_shown(twin, running, stream):
    whole = reply(*twin, talk("the cat"), max_tokens=40)
    mark = whole[20:24]
    settings = {"max_tokens": 40, "stop": ["never in it", mark]}
    if stream:
        chunks = running.streamed("the cat", **settings)
        text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
        end = chunks[-1]["choices"][0]["finish_reason"]
    else:
        choice = running.ask("the cat", **settings).json()["choices"][0]
        text, end = choice["message"]["content"], choice["finish_reason"]
    assert (text, end) == (whole[: whole.find(mark)], "stop")
    until(running.idle)


@given(st.lists(st.text("abc", max_size=4)), st.lists(st.text("abc", min_size=1, max_size=4), max_size=4))
def test_pieces_are_cut_where_the_whole_text_would_be(pieces, stops):
    upto, shown, found = UpTo(stops), "", False
    for i, piece in enumerate(pieces):
        text, found = upto.push(piece, last=i == len(pieces) - 1)
        shown += text
        if found:
            break
    seen = "".join(pieces[: i + 1]) if pieces else ""
    assert shown == seen[: min((seen.find(stop) for stop in stops if stop in seen), default=None)]
    assert found == any(stop in seen for stop in stops)


def test_it_says_which_model_there_is_and_how_busy_it_is(running):
    assert [model["id"] for model in running.client.get("/v1/models").json()["data"]] == ["twin"]
    until(running.idle)
    state = running.state()
    assert (state["status"], state["rows"]) == ("ok", 4)
    assert state["tokens_written"] > 0


# what it refuses

MESSAGES = {
    "no field": ...,
    "nothing": None,
    "none": [],
    "text": "hi",
    "no content": [{"role": "user"}],
    "a king": [{"role": "king", "content": "x"}],
    "half a character in the role": [{"role": "\ud800", "content": "x"}],
    "parts": [{"role": "user", "content": [{"type": "image_url"}]}],
    "too long": talk("cat " * 300),
}
FIELDS = [
    *(("messages", value) for value in MESSAGES.values()),
    ("model", ...), ("model", 3), ("model", None),
    ("temperature", -1), ("temperature", 2.1), ("temperature", "hot"), ("temperature", True),
    ("temperature", 10**400), ("temperature", [[[1]]]),
    ("top_p", 0), ("top_p", 1.5), ("top_p", {}),
    ("max_tokens", 0), ("max_tokens", 2.5), ("max_tokens", 10**30), ("max_completion_tokens", -1),
    ("seed", 0.5), ("seed", 2**63), ("stream", 1), ("stream_options", 3),
    ("stream_options", {"include_usage": "yes"}),
    ("stop", ""), ("stop", ["a"] * 5), ("stop", [1]), ("stop", "x" * 101),
    ("n", 2), ("tools", [{}]), ("logprobs", True), ("frequency_penalty", 0.5),
    ("temprature", 1), ("\ud800" * 200, 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), FIELDS)
def test_a_field_that_makes_no_sense_is_named(running, name, value):
    data = json.dumps(question(**{name: value}))
    response = running.client.post(CHAT, content=data, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    error = check_error(400, response.content)
    assert error["param"] == ("include_usage" if value == {"include_usage": "yes"} else name[:80])
    running.lives()


def test_what_changes_nothing_is_accepted(running):
    plain = running.ask("the cat").json()["choices"]
    fields = {"n": 1, "user": "u", "logprobs": False, "tools": [], "top_p": 1.0, "stop": None, "seed": None}
    assert running.ask("the cat", **fields).json()["choices"] == plain


def test_too_long_and_unknown_models_have_the_codes_that_clients_know(running):
    response = running.ask("cat " * 300)
    assert check_error(400, response.content)["code"] == "context_length_exceeded"
    response = running.ask(model="gpt-5")
    assert response.status_code == 404
    assert check_error(404, response.content)["code"] == "model_not_found"


def post(body, *, kind=b"application/json", length=None):
    length = len(body) if length is None else length
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: %s\r\n"
    return head % kind + b"Content-Length: %d\r\n\r\n" % length + body


GOOD = json.dumps(question()).encode()
RAW = {
    "no JSON": (post(b"{"), 400),
    "nothing": (post(b""), 400),
    "another type": (post(b"[1]"), 400),
    "no number": (post(GOOD[:-1] + b', "temperature": NaN}'), 400),
    "a number of 5,000 digits": (post(b'{"seed": %s}' % (b"9" * 5000)), 400),
    "no text": (post(b"\xff\xfe\x00" * 9), 400),
    "deep": (post(b"[" * 100_000), 400),
    "deep messages": (post(b'{"model": "twin", "messages": %s%s}' % (b"[" * 900, b"]" * 900)), 400),
    "deep numbers": (post(GOOD[:-1] + b', "seed": %s%s}' % (b"[" * 900, b"]" * 900)), 400),
    "not announced as JSON": (post(GOOD, kind=b"text/plain"), 415),
    "huge": (post(b" " * (BODY_BYTES + 1)), 413),
    "very huge": (post(b" " * 2**22), 413),
    "endless": (post(b" " * 2**24, length=2**40), 413),
    "no HTTP": (b"\x16\x03\x01 hello\r\n\r\n", 400),
    "no length": (post(GOOD, length=-1), 400),
    "a broken chunk": (post(b"zz\r\n").replace(b"Content-Length: 4", b"Transfer-Encoding: chunked"), 400),
    "a huge head": (b"GET / HTTP/1.1\r\nX: " + b"x" * 2**20, 400),
    "unknown path": (b"GET /v1/\xe4\xbd\xa0%ff?q HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n", 400),
    "unknown path, well written": (b"GET /a%ff%00?q HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n", 404),
    "unknown method": (post(GOOD).replace(b"POST", b"BREW"), 405),
    "the wrong method": (post(GOOD).replace(b"POST", b"GET"), 405),
    "another protocol": (
        b"GET /health2 HTTP/1.1\r\nHost: x\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n\r\n",
        404,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RAW)
def test_whatever_is_sent_is_answered_in_json_and_the_server_lives(running, name):
    data, status = RAW[name]
    answer = running.raw(data)
    assert answer is not None
    assert answer[0] == status
    check_error(status, answer[1])
    running.lives()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = ["model", "messages", "temperature", "top_p", "max_tokens", "stream", "seed", "stop", "n", "user"]


@pytest.fixture(scope="module")
def in_process(twin):
    """Send a body to the application itself, without a network."""
    batcher = Batcher(twin[0], rows=2)

    def send(body):
        async def go():
            transport = httpx.ASGITransport(make_app(batcher, twin[1], "twin"))
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.post(CHAT, content=body, headers={"Content-Type": "application/json"})

        return asyncio.run(go())

    with Worker(batcher):
        yield send


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), JSON, max_size=3))
def test_any_json_gets_an_answer_or_an_error(in_process, changes):
    response = in_process(json.dumps(question() | changes))
    if response.status_code != 200:
        assert response.status_code in (400, 404)
        check_error(response.status_code, response.content)


# who is slow, who goes, who comes too late


def test_who_goes_frees_his_row(running, slow):
    for stream in (True, False):
        with socket.create_connection(("127.0.0.1", running.port)) as line:
            line.sendall(post(json.dumps(question(max_tokens=200, stream=stream)).encode()))
            until(lambda: running.state()["writing"] == 1)
        before = running.state()["tokens_written"]
        until(running.idle)
        assert running.state()["tokens_written"] < before + 50


def test_when_all_rows_and_the_queue_are_full_one_is_told_to_come_later(twin, monkeypatch):
    fast, gate = twin[0].next_logits, threading.Event()

    def next_logits(*args, **kwargs):
        assert gate.wait(60)
        return fast(*args, **kwargs)

    monkeypatch.setattr(twin[0], "next_logits", next_logits)
    app = make_app(Batcher(twin[0], rows=1, max_waiting=1), twin[1], "twin")
    with Running(app) as server, ThreadPoolExecutor(3) as users:
        try:
            first = users.submit(server.ask, max_tokens=3)
            until(lambda: server.state()["reading"] == 1)
            second = users.submit(server.ask, max_tokens=2)
            until(lambda: server.state()["waiting"] == 1)
            for stream in (False, True):
                response = server.ask(stream=stream)
                assert response.status_code == 503
                assert int(response.headers["Retry-After"]) >= 1
                assert check_error(503, response.content)["code"] == "queue_full"
        finally:
            gate.set()
        assert first.result().json()["usage"]["completion_tokens"] == 3
        assert second.result().json()["usage"]["completion_tokens"] == 2
        server.lives()


def test_a_fault_of_the_model_is_told_and_passes(twin, running, monkeypatch):
    def fail(*_):
        raise MemoryError("too little memory")

    with monkeypatch.context() as patch:
        patch.setattr(twin[0], "next_logits", fail)
        response = running.ask()
        assert response.status_code == 500
        check_error(500, response.content)
        with running.client.stream("POST", CHAT, json=question(stream=True)) as response:
            *_, last = (line for line in response.iter_lines() if line)
        assert "too little memory" in check_error(500, last.removeprefix("data: "))["message"]
    running.lives()


def test_a_body_that_does_not_come_is_not_waited_for(running, monkeypatch):
    monkeypatch.setattr(app_module, "BODY_SECONDS", 0.2)
    status, body = running.raw(post(b"{", length=100))
    assert status == 408
    assert "0.2 seconds" in check_error(408, body)["message"]
    running.lives()


@pytest.mark.parametrize(
    ("first", "said"),
    [(b"", b""), (b"", b"GET /hea"), (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /hea")],
)
def test_who_does_not_say_what_he_wants_is_not_waited_for(running, monkeypatch, first, said):
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    answer = running.raw(said, first=first)
    assert answer[0] == 408
    check_error(*answer)
    running.lives()


def test_who_does_not_read_is_cut_off(monkeypatch):
    gone = threading.Event()

    async def flood(scope, receive, send):
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):  # far more than all buffers hold
            await send({"type": "http.response.body", "body": bytes(10**6), "more_body": True})
        await receive()
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(connections, "WRITE_SECONDS", 0.2)
    with Running(flood) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert gone.wait(10)


def test_too_many_connections_are_told_so(running, monkeypatch):
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 2)
    address, known = ("127.0.0.1", running.port), running.server.server_state.connections
    with socket.create_connection(address), socket.create_connection(address):
        until(lambda: len(known) >= 2)
        status, body = running.raw(post(GOOD))
        assert status == 503
        assert "too many connections" in check_error(503, body)["message"]
    until(lambda: len(known) <= 1)  # the lines of other tests end after five seconds
    assert running.raw(post(GOOD))[0] == 200


# the command


def command(*options):
    return [sys.executable, "-m", "nnbook.large.serve", *map(str, options)]


def test_the_command_serves_this_computer_only_and_ends_on_ctrl_c(tmp_path):
    path = large_twin.write_twin(tmp_path / "Tiny.gguf", llama__context_length=300)
    with subprocess.Popen(
        command("--port", 0, "--file", path, "--context", 200), stderr=subprocess.PIPE, text=True
    ) as server:
        for line in server.stderr:
            if found := re.search(r"running on http://(127\.0\.0\.1):(\d+)", line):
                break
        assert found
        response = httpx.post(f"http://{found[1]}:{found[2]}{CHAT}", json=question(model="tiny"), timeout=30)
        assert response.json()["usage"]["completion_tokens"] == 5
        server.send_signal(signal.SIGINT)
        server.stderr.read()
    assert server.returncode in (0, -signal.SIGINT)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--rows", 0], "rows must be"),
        (["--context", 1], "capacity must be"),
        (["--rows", 10**8], "GB"),
        (["--file", "none.gguf"], "none.gguf"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_options(tmp_path, monkeypatch, capsys, options, said):
    path = large_twin.write_twin(tmp_path / "tiny.gguf")
    monkeypatch.setattr(sys, "argv", command("--file", path, *options)[2:])
    with pytest.raises(SystemExit) as stopped:
        serve_main.main()
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]


def test_without_the_web_framework_the_command_that_installs_it_is_named(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "nnbook.large.serve.app", None)
    monkeypatch.setattr(sys, "argv", ["serve"])
    with pytest.raises(SystemExit):
        serve_main.main()
    assert "pip install -r requirements.txt" in capsys.readouterr().err


# what was measured

RESULTS = Path(__file__).parents[1] / "results" / "large_serving.json"


def test_the_measurement_lost_nobody_and_its_costs_follow_from_it():
    spec = importlib.util.spec_from_file_location(
        "measure_serving", RESULTS.parents[1] / "tools/measure_serving.py"
    )
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert list(map(int, found["users"])) == [1, 2, 4, 8, 16, 32]
    for users, level in found["users"].items():
        for way in ("batched", "one_after_another"):
            assert level[way]["questions"] >= 2 * int(users)
            assert level[way]["lost"] == 0
    assert found["cost"] == tool.cost(found["users"])
    # a core for 0.05 dollars an hour, busy half of it: a million tokens take 1e6 / speed seconds, paid twice
    speed = found["users"]["1"]["one_after_another"]["tokens_a_cpu_second"]
    dollars = found["cost"]["usd_per_million_written"]["one core, one after another"]
    assert dollars == pytest.approx(1e6 / speed / 3600 * 0.05 * 2, abs=1e-3)


# the large model itself


@pytest.mark.large
def test_the_large_model_answers_many_as_it_answers_one(large_path):
    model, tokenizer = load_llama(large_path)
    asked = ["What is the capital of France?", "Write one sentence about the sea.", "Hello!"]
    batcher = Batcher(model, rows=3, capacity=128)
    with Running(make_app(batcher, tokenizer, "twin")) as server, ThreadPoolExecutor(3) as users:

        def ask(words):
            messages = [{"role": "user", "content": words}]
            return server.ask(messages=messages, max_tokens=12).json()["choices"][0]["message"]["content"]

        answers = list(users.map(ask, asked))
    assert answers[0] == "The capital of France is Paris."
    for words, answer in zip(asked, answers, strict=True):
        assert answer == reply(model, tokenizer, [{"role": "user", "content": words}], max_tokens=12)
