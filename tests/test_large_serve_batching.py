"""Many conversations share every step, and each gets what it would get alone."""

import time
from pathlib import Path

import large_twin
import numpy as np
import pytest

from nnbook.large.caches import KeyValueCaches
from nnbook.large.chat import Continuation, Sampling, chat_tokens, stream
from nnbook.large.llama import LlamaSettings
from nnbook.large.loading import load_llama
from nnbook.large.serve import batching
from nnbook.large.serve.batching import Batcher, QueueFull
from nnbook.large.serve.worker import Worker

WORDS = ["the cat", "and then? " * 9, "2 hats in an inn", "on the mat, a rat", "hi", "that", "again " * 20]


@pytest.fixture(scope="module")
def twin(tmp_path_factory):
    path = large_twin.write_twin(tmp_path_factory.mktemp("twin") / "twin.gguf", llama__context_length=400)
    return load_llama(path, dtype=np.float64)


class Asker:
    """Puts questions to a batcher and keeps what is told."""

    def __init__(self, twin, **settings):
        self.tokenizer = twin[1]
        self.batcher = Batcher(twin[0], **{"capacity": 300, "piece": 7} | settings)

    def ask(self, words, n, *, stop=(), tell=None, **settings):
        prompt = chat_tokens([{"role": "user", "content": words}], self.tokenizer)
        told = []
        continuation = Continuation(self.tokenizer, n, stop=stop, **settings)
        return self.batcher.submit(prompt, continuation, tell or told.append), told

    def finish(self):
        """Step until there is nothing to do: the number of steps."""
        n = 0
        while self.batcher.busy:
            self.batcher.step()
            n += 1
        return n


def alone(twin, words, n, **settings):
    tokens = chat_tokens([{"role": "user", "content": words}], twin[1])
    return list(stream(*twin, tokens, max_tokens=n, **settings))


def same(told, expected):
    assert [(p.token, p.text, p.end) for p in told] == [(p.token, p.text, p.end) for p in expected]
    assert np.allclose([p.log_probability for p in told], [p.log_probability for p in expected])


@pytest.mark.parametrize(("rows", "piece"), [(1, 64), (3, 7), (8, 1)])
def test_each_gets_what_it_would_get_alone(twin, rows, piece):
    asker, lengths = Asker(twin, rows=rows, piece=piece), [30, 3, 12, 1, 25, 2, 18]
    asked = []
    for i, (words, n) in enumerate(zip(WORDS, lengths, strict=True)):  # they come while others are served
        sampling = Sampling(0.9, top_p=0.8) if i % 2 else None
        asked.append(asker.ask(words, n, sampling=sampling, rng=np.random.default_rng(i)))
        asker.batcher.step()
    asker.finish()
    for i, (words, n, (_, told)) in enumerate(zip(WORDS, lengths, asked, strict=True)):
        sampling = Sampling(0.9, top_p=0.8) if i % 2 else None
        same(told, alone(twin, words, n, sampling=sampling, rng=np.random.default_rng(i), stop=()))


def test_a_mark_ends_an_answer_in_the_batch_too(twin):
    asker = Asker(twin)
    seeds, settings = range(6), {"sampling": Sampling(2.0), "stop": ("<|im_end|>", "<|endoftext|>")}
    asked = [asker.ask("hi", 80, rng=np.random.default_rng(seed), **settings)[1] for seed in seeds]
    asker.finish()
    for seed, told in zip(seeds, asked, strict=True):
        same(told, alone(twin, "hi", 80, rng=np.random.default_rng(seed), **settings))
    assert {"stop", "length"} == {told[-1].end for told in asked}


def test_nobody_waits_for_the_slowest(twin):
    asker = Asker(twin, rows=2, piece=100)
    asker.ask("hi", 10)
    short = [asker.ask("hi", 3)[1] for _ in range(3)]
    # Each is read in one step and writes two tokens in it: 10 tokens take 9 steps. Beside the long one, the
    # short ones follow one another, 2 steps each. Pairs that wait for their slower half would take 9 + 2.
    assert asker.finish() == 9
    assert all(len(told) == 3 for told in short)


def test_a_long_prompt_does_not_hold_up_those_who_write(twin):
    asker = Asker(twin, rows=2, piece=10)
    _, writer = asker.ask("hi", 60)
    while not writer:
        asker.batcher.step()
    late, told = asker.ask("the cat and " * 12, 5)
    n_pieces = -(-len(late.prompt) // 10)
    assert n_pieces > 9
    for step in range(1, n_pieces):
        before = len(writer)
        asker.batcher.step()
        assert len(writer) == before + 1
        assert late.n_read == 10 * step
        assert not told
    asker.batcher.step()
    assert len(told) == 2  # its first token comes from the last piece, the second with all others


@pytest.mark.parametrize("where", ["waiting", "reading", "writing"])
def test_who_goes_leaves_room_at_once(twin, where):
    asker = Asker(twin, rows=2, max_waiting=2)
    first, _ = asker.ask(WORDS[0], 40)
    steps = {"waiting": 0, "reading": 2, "writing": 20}[where]
    second, told = asker.ask(WORDS[1] if where == "reading" else WORDS[2], 40)
    if where != "waiting":
        asker.batcher.cancel(first)  # so that the second is read at once
    for _ in range(steps):
        asker.batcher.step()
    batcher = asker.batcher
    assert (
        second
        in {"waiting": batcher.waiting, "reading": [batcher.reading], "writing": batcher.writing}[where]
    )
    batcher.cancel(second)
    heard = len(told)
    _, other = asker.ask(WORDS[3], 6)  # with two waiting, there would be no room
    asker.batcher.step()
    assert second not in [*batcher.waiting, batcher.reading, *batcher.writing]
    asker.finish()
    assert len(told) == heard
    same(other, alone(twin, WORDS[3], 6, stop=()))


def test_when_the_queue_is_full_the_next_is_refused(twin):
    asker = Asker(twin, rows=1, max_waiting=2)
    asker.ask("hi", 3)
    asker.batcher.step()
    told = [asker.ask("hi", 3)[1] for _ in range(2)]
    with pytest.raises(QueueFull, match="2 questions wait already"):
        asker.ask("hi", 3)
    asker.finish()
    assert [len(t) for t in told] == [3, 3]
    asker.ask("hi", 3)


@pytest.mark.parametrize("n", [0, 300, 1000])
def test_a_prompt_without_room_for_an_answer_is_refused(twin, n):
    batcher = Asker(twin).batcher
    with pytest.raises(ValueError, match=f"1 to 299 tokens here; got {n}"):
        batcher.submit(np.ones(n, int), Continuation(twin[1], 1), print)


def test_an_answer_ends_where_the_row_ends(twin):
    asker = Asker(twin, capacity=100)
    prompt = chat_tokens([{"role": "user", "content": "hi"}], twin[1])
    _, told = asker.ask("hi", 100 - len(prompt))
    asker.finish()
    assert len(told) == 100 - len(prompt)
    assert told[-1].end == "length"


def test_the_fault_of_one_is_not_that_of_the_others(twin):
    def fall(piece):
        if not isinstance(piece, Exception):
            raise OSError("the line is cut")

    asker = Asker(twin)
    asker.ask("the cat", 9, tell=fall)
    _, told = asker.ask("hi", 9)
    asker.finish()
    same(told, alone(twin, "hi", 9, stop=()))


def test_when_the_model_fails_all_are_told_and_the_thread_lives_on(twin, monkeypatch):
    asker = Asker(twin, rows=2)
    good, next_logits = [], twin[0].next_logits
    with Worker(asker.batcher) as worker:

        def fail(*_):
            raise MemoryError("too little memory")

        monkeypatch.setattr(twin[0], "next_logits", fail)
        told = [asker.ask("hi", 9)[1] for _ in range(3)]
        wait_for(lambda: all(told))
        assert {type(t[-1]) for t in told} == {MemoryError}
        monkeypatch.setattr(twin[0], "next_logits", next_logits)
        good = asker.ask("hi", 9)[1]
        wait_for(lambda: len(good) == 9)
        _, endless = asker.ask("hi", 200)
    assert not worker._thread.is_alive()
    assert len(endless) < 200
    assert str(endless[-1]) == "the server stops."
    same(good, alone(twin, "hi", 9, stop=()))


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_the_memory_is_what_is_said(twin):
    batcher = Asker(twin, rows=3, capacity=50).batcher
    assert batcher.memory_bytes == batcher.caches.keys.nbytes + batcher.caches.values.nbytes
    large = LlamaSettings(49152, 576, 9, 3, 30, 1536, 8192)
    caches = KeyValueCaches(large, 9, 1024, np.float32)
    assert caches.bytes_per_token == 46_080
    assert f"{caches.keys.nbytes * 2 / 1e9:.2f} GB" in Batcher.__doc__.replace("\n    ", " ")


def test_batching_stays_a_lesson():
    assert len(Path(batching.__file__).read_text(encoding="utf-8").splitlines()) <= 150
