"""Continuous batching: many conversations share every step of one model.

To write a token, all weights are read once, for one conversation or for sixteen. So all that write do it
together. Nobody waits for the slowest of a group: an answer that is finished leaves at once, and the next
question takes its place. A prompt is read in pieces, one between two steps of writing, so that a long one
does not hold up the others.

An answer is the same whoever else is served, but for the last bits of its scores: how a sum is rounded
depends on how many rows are multiplied together.

Sources: Yu et al., Orca, 2022 (one step at a time); Agrawal et al., SARATHI, 2023 (prompts in pieces).
"""

import threading
from collections import deque

import numpy as np

from nnbook.functional import as_whole


class QueueFull(Exception):
    """As many questions wait as may."""


class Answer:
    """One question on its way: it waits, is read, then written to the end.

    Args:
        continuation: `nnbook.large.chat.Continuation`, which draws this answer's tokens.
        tell: called in the model's thread with every `Written`, or with an exception when there is no more.
    """

    def __init__(self, prompt, continuation, tell):
        self.prompt, self.continuation, self.tell = np.asarray(prompt), continuation, tell
        self.n_read, self.cancelled = 0, False

    def take(self, logits):
        """Write a token from its scores (V,) and tell it; return whether there are more to come."""
        try:
            written = self.continuation.take(logits)
            self.tell(written)
        except Exception as error:  # one answer's fault is no other's
            self.tell(error)
            return False
        return written.end is None


class Batcher:
    """The rows of the caches, who sits in them, and who waits.

    Args:
        model: `nnbook.large.llama.Llama`.
        rows: conversations that write together.
        capacity: places of each, for prompt and answer.
        max_waiting: questions that may wait; more are refused.
        piece: tokens of a prompt that are read between two steps of writing.

    The caches need at most `memory_bytes` = (rows + 1) · capacity · 46,080 bytes for the large model: 0.42 GB
    for 8 rows of 1,024.
    """

    def __init__(self, model, *, rows=8, capacity=1024, max_waiting=64, piece=64):
        self.model, self.rows, self.piece = model, as_whole(rows, "rows"), as_whole(piece, "piece")
        self.capacity = min(as_whole(capacity, "capacity", 2), model.context_length)
        self.max_waiting = as_whole(max_waiting, "max_waiting")
        self.caches = model.new_caches(self.rows + 1, capacity=self.capacity)
        self.desk = self.caches[self.rows :]  # the last row, where prompts are read
        self.memory_bytes = (self.rows + 1) * self.capacity * self.caches.bytes_per_token
        self.waiting, self.reading, self.writing = deque(), None, []  # writing[i] sits in row i
        self.n_written, self.news = 0, threading.Condition()  # told of every new question

    def submit(self, prompt, continuation, tell):
        """Let a question wait for its turn and return its `Answer`, or raise QueueFull; from any thread."""
        if not 0 < len(prompt) < self.capacity:
            raise ValueError(f"a prompt needs 1 to {self.capacity - 1} tokens here; got {len(prompt)}.")
        answer = Answer(prompt, continuation, tell)
        with self.news:
            if len(self.waiting) >= self.max_waiting:
                raise QueueFull(f"{len(self.waiting)} questions wait already.")
            self.waiting.append(answer)
            self.news.notify()
        return answer

    def cancel(self, answer):
        """Nobody wants this answer any more: it leaves before the next step; from any thread."""
        with self.news:
            answer.cancelled = True
            if answer in self.waiting:
                self.waiting.remove(answer)

    @property
    def busy(self):
        """Whether there is anything to do."""
        return bool(self.waiting or self.reading or self.writing)

    def step(self):
        """One round: who is not wanted leaves, a piece of a prompt is read, all others write a token."""
        if self.reading and self.reading.cancelled:
            self.reading = None
        for row in reversed(range(len(self.writing))):
            if self.writing[row].cancelled:
                self._leave(row)
        self._read()
        self._write()

    def _read(self):
        with self.news:
            if self.reading is None and self.waiting and len(self.writing) < self.rows:
                self.reading, self.desk.lengths[:] = self.waiting.popleft(), 0
        answer = self.reading
        if answer is None:
            return
        tokens = answer.prompt[answer.n_read : answer.n_read + self.piece]
        logits = self.model.next_logits(tokens[None], self.desk)  # (1, V)
        answer.n_read += len(tokens)
        if answer.n_read == len(answer.prompt):
            self.reading = None
            self.n_written += 1
            if answer.take(logits[0]):
                self.caches.move(self.rows, len(self.writing))  # from the desk to the first free row
                self.writing.append(answer)

    def _write(self):
        n = len(self.writing)
        if n == 0:
            return
        newest = np.array([[answer.continuation.tokens[-1]] for answer in self.writing])  # (n, 1)
        logits = self.model.next_logits(newest, self.caches[:n])  # (n, V)
        self.n_written += n
        for row in reversed(range(n)):  # backwards: the last one, which fills a gap, has had its turn
            if not self.writing[row].take(logits[row]):
                self._leave(row)

    def _leave(self, row):
        """Free a row; the last conversation moves there, so that those who write stay side by side."""
        last = self.writing.pop()
        if row < len(self.writing):
            self.caches.move(len(self.writing), row)
            self.writing[row] = last

    def end_all(self, error):
        """Tell everybody that there is no more, and why; all rows and the queue are free then."""
        with self.news:
            left = [*self.waiting, *([self.reading] if self.reading else []), *self.writing]
            self.waiting.clear()
            self.reading, self.writing = None, []
        for answer in left:
            answer.tell(error)
