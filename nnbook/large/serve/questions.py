"""The form of OpenAI's chat API: what a question may say, and how answers and errors look.

Source: the API reference of OpenAI, chat completions, which other engines follow as well.
"""

import json
import reprlib
import time
import uuid
from dataclasses import dataclass, field

import numpy as np

from nnbook.large.chat import Continuation, Sampling, chat_tokens

DEFAULT_MAX_TOKENS = 256
UNDERSTOOD = {
    "model", "messages", "temperature", "top_p", "max_tokens", "max_completion_tokens", "stream",
    "stream_options", "seed", "stop",
}  # fmt: skip
WITHOUT_EFFECT = {"user", "metadata", "store", "service_tier"}  # about the sender, not about the answer
ONLY = {
    "n": 1, "frequency_penalty": 0, "presence_penalty": 0, "logprobs": False, "tools": [], "logit_bias": {},
}  # fmt: skip


class Refusal(Exception):
    """What a sender is told who gets no answer: a sentence, an HTTP status, and what it is about."""

    def __init__(self, message, *, status=400, param=None, code=None, retry_after=None):
        super().__init__(message)
        self.status, self.param, self.code = status, param, code
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}

    def as_json(self):
        """The bytes of {"error": {…}}."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"message": str(self), "type": kind, "param": self.param, "code": self.code}
        return as_bytes({"error": error})


@dataclass
class Question:
    """A question that was understood. `stops` are texts at which the answer ends."""

    tokens: np.ndarray
    continuation: Continuation
    model: str
    stream: bool
    include_usage: bool
    stops: list
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def usage(self, n_written):
        """Tokens read and written; the mark that ends an answer counts, it was computed like the others."""
        n_read = len(self.tokens)
        return {
            "prompt_tokens": n_read, "completion_tokens": n_written, "total_tokens": n_read + n_written
        }  # fmt: skip

    def completion(self, text, end, n_written):
        """The whole answer, as bytes."""
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": end}
        head = {"id": self.id, "object": "chat.completion", "created": self.created, "model": self.model}
        return as_bytes({**head, "choices": [choice], "usage": self.usage(n_written)})

    def chunk(self, delta=None, end=None, usage=None):
        """A piece of the answer as a server-sent event; one without `delta` tells the usage."""
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": end}]
        data = {
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "choices": choices, **({} if usage is None else {"usage": usage}),
        }  # fmt: skip
        return event(as_bytes(data))


def as_bytes(data):
    """JSON in ASCII: a text may hold halves of characters, which UTF-8 has no bytes for."""
    return json.dumps(data).encode("ascii")


def event(data):
    """One server-sent event."""
    return b"data: " + data + b"\n\n"


def read_question(body, tokenizer, *, capacity, model):
    """The `Question` that the bytes of a request ask.

    Args:
        capacity: places for prompt and answer.
        model: the name that must be asked for.
    Raises:
        Refusal: whatever is wrong with it.
    """
    asked = _json_object(body)
    if asked.get("model") != model:
        if not isinstance(asked.get("model"), str):
            raise Refusal("you must say which model: a text.", param="model")
        raise Refusal(
            f"the model {asked['model']!r:.80} does not exist here; there is {model!r}.",
            status=404, param="model", code="model_not_found",
        )  # fmt: skip
    for name, value in asked.items():
        if name in ONLY and value not in (None, ONLY[name]):
            raise Refusal(f"{name} is not supported here.", param=name, code="unsupported_parameter")
        if name not in UNDERSTOOD | WITHOUT_EFFECT | ONLY.keys():
            raise Refusal(f"Unknown parameter: {name!r:.80}.", param=name[:80], code="unknown_parameter")
    try:
        tokens = chat_tokens(asked.get("messages"), tokenizer)
    except (ValueError, RecursionError) as error:
        raise Refusal(str(error), param="messages") from None
    if len(tokens) >= capacity:
        raise Refusal(
            f"the maximum context length is {capacity} tokens here, for messages and answer; your messages "
            f"have {len(tokens)}. Shorten them.",
            param="messages", code="context_length_exceeded",
        )  # fmt: skip
    longest = "max_tokens" if asked.get("max_completion_tokens") is None else "max_completion_tokens"
    n = _number(asked, longest, DEFAULT_MAX_TOKENS, 1, 10**9, whole=True)
    seed = _number(asked, "seed", None, -(2**63), 2**63 - 1, whole=True)
    temperature, top_p = _number(asked, "temperature", 1, 0, 2), _number(asked, "top_p", 1, 0, 1)
    try:
        sampling = Sampling(temperature, top_p=top_p)
    except ValueError as error:
        raise Refusal(str(error), param="top_p") from None
    rng = np.random.default_rng(None if seed is None else seed % 2**64)
    options = asked.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise Refusal("stream_options must be an object.", param="stream_options")
    return Question(
        tokens=tokens,
        continuation=Continuation(tokenizer, min(n, capacity - len(tokens)), sampling=sampling, rng=rng),
        model=model,
        stream=_truth(asked, "stream"),
        include_usage=_truth(options or {}, "include_usage"),
        stops=_stops(asked.get("stop")),
    )


def _json_object(body):
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refusal(f"We could not parse the JSON body of your request: {reason:.200}.") from None
    if not isinstance(asked, dict):
        raise Refusal(f"the body must be a JSON object; got {type(asked).__name__}.")
    return asked


def _number(asked, name, default, low, high, *, whole=False):
    value = asked.get(name)
    if value is None:
        return default
    fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not fits or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise Refusal(f"{name} must be {kind} from {low} to {high}; got {reprlib.repr(value)}.", param=name)
    return value


def _truth(asked, name):
    value = asked.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal(f"{name} must be true or false; got {reprlib.repr(value)}.", param=name)
    return bool(value)


def _stops(value):
    stops = [] if value is None else [value] if isinstance(value, str) else value
    good = isinstance(stops, list) and all(isinstance(stop, str) and 0 < len(stop) <= 100 for stop in stops)
    if not good or len(stops) > 4:
        raise Refusal("stop must be a text, or up to four, of 1 to 100 characters each.", param="stop")
    return stops


class UpTo:
    """Lets a text through up to the first of `stops`, even where one comes in two pieces.

    >>> shown = UpTo(["END"])
    >>> shown.push("one E"), shown.push("G", last=False), shown.push("ENDS")
    (('one ', False), ('EG', False), ('', True))
    """

    def __init__(self, stops):
        self.stops, self._held = stops, ""

    def push(self, text, *, last=False):
        """Add a piece; return (what may be shown now, whether a stop was found)."""
        text = self._held + text
        found = [place for stop in self.stops if (place := text.find(stop)) >= 0]
        if found:
            return text[: min(found)], True
        begun = (n for stop in self.stops for n in range(1, len(stop)) if text.endswith(stop[:n]))
        keep = len(text) - (0 if last else max(begun, default=0))
        self._held = text[keep:]
        return text[:keep], False
