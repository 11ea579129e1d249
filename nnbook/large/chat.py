"""Talk with the large model: the template of its training, drawing tokens, and answers held to a form.

What a chat model reads is one text: each turn between two marks, the last one left open for the answer. The
marks are control tokens, and the words of others are encoded without them, so nobody can end his turn by
writing a mark.
"""

import codecs
from dataclasses import dataclass

import numpy as np

from nnbook.functional import as_number, as_whole, log_softmax, softmax
from nnbook.generation import check_sampling, draw
from nnbook.large.caches import KeyValueCaches

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"  # as in its training
START, END = "<|im_start|>", "<|im_end|>"
ROLES = ("system", "user", "assistant")


def chat_tokens(messages, tokenizer, *, answer=True):
    """The tokens of a conversation in the form of the model's training.

    Args:
        messages: list of {"role": "system" | "user" | "assistant", "content": text}; without a system message
            first, `SYSTEM` is put there.
        answer: whether to open the assistant's turn.
    Raises:
        ValueError: no messages, an unknown role, or a content that is no text.
    """
    if not isinstance(messages, list | tuple) or not messages:
        raise ValueError('messages must be a list such as [{"role": "user", "content": "Hello"}].')
    for message in messages:
        said = message if isinstance(message, dict) else {}
        if said.get("role") not in ROLES or not isinstance(said.get("content"), str):
            raise ValueError(
                f'each message must be {{"role": one of {", ".join(ROLES)}, "content": text}}; '
                f"got {message!r:.80}."
            )
    if messages[0]["role"] != "system":
        messages = [{"role": "system", "content": SYSTEM}, *messages]
    start, end = tokenizer.control[START], tokenizer.control[END]
    newline, tokens = tokenizer.encode("\n").tolist(), []
    for message in messages:
        words = tokenizer.encode(f"{message['role']}\n{message['content']}").tolist()
        tokens += [start, *words, end, *newline]
    if answer:
        tokens += [start, *tokenizer.encode("assistant\n").tolist()]
    return np.array(tokens, np.int32)


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn.

    Attributes:
        temperature: divides the logits; 0 takes the best token.
        top_k: keep only so many best tokens (None: all).
        top_p: keep the fewest best tokens whose probabilities reach this sum. Source: Holtzman et al., 2020.
        repetition_penalty: above 1, tokens that were used lose: a positive logit is divided by it, a negative
            one multiplied. Source: Keskar et al., CTRL, 2019.
    Raises:
        ValueError: a setting that makes no sense.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def __post_init__(self):
        check_sampling(as_number(self.temperature, "temperature"), self.top_k)
        if not 0 < as_number(self.top_p, "top_p") <= 1:
            raise ValueError(f"top_p must lie in (0, 1]; got {self.top_p}. 1 keeps all tokens.")
        if not 1 <= as_number(self.repetition_penalty, "repetition_penalty") <= 10:
            raise ValueError(
                f"repetition_penalty must lie in [1, 10]; got {self.repetition_penalty}. 1 changes nothing."
            )

    def probabilities(self, logits, used=()):
        """Probabilities of the next token, float64 (V,).

        Args:
            logits: (V,); -inf for a token that is not allowed.
            used: tokens written so far, for the repetition penalty.

        >>> Sampling(1.0, top_p=0.6).probabilities(np.log([0.5, 0.2, 0.3])).round(3)
        array([0.625, 0.   , 0.375])
        """
        logits = np.array(logits, np.float64)
        if self.repetition_penalty != 1 and len(used):
            used = np.unique(used)
            old = logits[used]
            logits[used] = np.where(old > 0, old / self.repetition_penalty, old * self.repetition_penalty)
        if self.temperature == 0:
            best = np.zeros(len(logits))
            best[logits.argmax()] = 1.0
            return best
        logits = (logits - logits.max()) / self.temperature
        if self.top_k is None and self.top_p == 1:
            return softmax(logits)
        order = np.argsort(-logits, kind="stable")[: self.top_k]
        kept = softmax(logits[order])
        if self.top_p < 1:
            n = int(np.searchsorted(np.cumsum(kept), self.top_p)) + 1  # the one that reaches the sum is kept
            order, kept = order[:n], kept[:n] / kept[:n].sum()
        probabilities = np.zeros(len(logits))
        probabilities[order] = kept
        return probabilities


@dataclass(frozen=True)
class Written:
    """One token as it is written.

    `text` may be empty, when the token is a part of a character. `log_probability` is the model's own, before
    temperature and cuts. `end` is "stop" or "length" at the last token, else None.
    """

    token: int
    text: str
    log_probability: float
    end: str | None = None


class Continuation:
    """An answer as it grows: of the scores for the next token, one is drawn and made text.

    `stream` feeds it with the scores of one conversation, `nnbook.large.serve` many of them together.

    Args:
        max_tokens: how many tokens at most.
        sampling, rng, grammar, stop: as in `stream`.
    Raises:
        ValueError: settings that make no sense.
    """

    def __init__(self, tokenizer, max_tokens, *, sampling=None, rng=None, grammar=None, stop=(END,)):
        self.sampling = sampling or Sampling()
        if self.sampling.temperature > 0 and rng is None:
            raise ValueError("drawing needs rng, such as np.random.default_rng(0); or set temperature=0.")
        self.max_tokens, self.rng, self.tokens = as_whole(max_tokens, "max_tokens"), rng, []
        self._tokenizer, self._ends = tokenizer, {tokenizer.control[mark] for mark in stop}
        self._characters = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._grammar, self._state = grammar, None if grammar is None else grammar.start

    def take(self, logits):
        """Draw a token from `logits` (V,) and return it as `Written`; after one with an `end`, no more."""
        grammar = self._grammar
        allowed = logits if grammar is None else np.where(grammar.mask(self._state), logits, -np.inf)
        probabilities = self.sampling.probabilities(allowed, self.tokens)
        if self.sampling.temperature > 0:
            token = draw(probabilities, self.rng.random())
        else:
            token = int(probabilities.argmax())
        log_probability = float(log_softmax(logits.astype(np.float64))[token])
        self.tokens.append(token)
        finished = token in self._ends
        if grammar is not None:
            self._state = grammar.advance(self._state, token)
            finished = finished or grammar.done(self._state)
        end = "stop" if finished else "length" if len(self.tokens) == self.max_tokens else None
        data = b"" if token in self._ends else self._tokenizer.token_bytes([token])
        return Written(token, self._characters.decode(data, final=bool(end)), log_probability, end)


def stream(
    model,
    tokenizer,
    tokens,
    *,
    sampling=None,
    max_tokens=256,
    rng=None,
    caches=None,
    grammar=None,
    stop=(END,),
):
    """Continue `tokens`; yield each token as soon as it is written, as `Written`.

    Args:
        tokens: what the model reads first, 1-D; for a chat, `chat_tokens(…)`.
        sampling: `Sampling`; greedy if not given.
        max_tokens: how many tokens at most.
        rng: where draws come from; not needed at temperature 0.
        caches: of one conversation that was read before; `tokens` are then only what is new.
        grammar: of `nnbook.large.grammar`; only what it allows is written.
        stop: marks that end the text; they are yielded, with the text "".
    Raises:
        ValueError: a prompt that leaves no room in the context, or settings that make no sense.
    """
    max_tokens = as_whole(max_tokens, "max_tokens")
    before = 0 if caches is None else int(caches.lengths[0])
    room = (model.context_length if caches is None else caches.capacity) - before - len(tokens)
    if room < 1:
        raise ValueError(
            f"a prompt of {len(tokens)} tokens leaves no room in a context of {room + before + len(tokens)}"
            + (f" that already holds {before}" if before else "") + ". Shorten the prompt."
        )  # fmt: skip
    n = min(max_tokens, room)
    growing = Continuation(tokenizer, n, sampling=sampling, rng=rng, grammar=grammar, stop=stop)
    if caches is None:
        caches = model.new_caches(capacity=len(tokens) + n)
    return _stream(model, tokens, growing, caches)


def _stream(model, new, growing, caches):
    while True:
        written = growing.take(model.next_logits(np.asarray(new)[None], caches)[0])
        yield written
        if written.end:
            return
        new = [written.token]


def write(model, tokenizer, tokens, **settings):
    """The whole text of `stream`."""
    return "".join(piece.text for piece in stream(model, tokenizer, tokens, **settings))


def reply(model, tokenizer, messages, **settings):
    """The assistant's answer to a conversation: `write` of `chat_tokens`."""
    return write(model, tokenizer, chat_tokens(messages, tokenizer), **settings)


def answer_log_probabilities(model, tokenizer, tokens, answers, *, caches=None):
    """How likely the model finds each answer after `tokens`: log p(answer | tokens), float64 (n,).

    The best one is the model's choice among labels: it cannot answer anything else. A longer answer has more
    factors; compare answers of about the same length, or divide by their lengths.

    Args:
        tokens: what the model reads first, 1-D.
        answers: list of texts, mostly with the space before them (" yes").
        caches: one conversation, already read, that `tokens` continue; it is left as it was.
    """
    if not answers or not all(isinstance(answer, str) and answer for answer in answers):
        raise ValueError("answers must be a list of texts, none of them empty.")
    encoded = [tokenizer.encode(answer) for answer in answers]
    if not all(len(answer) for answer in encoded):
        raise ValueError("an answer has no token that the model knows.")
    before = 0 if caches is None else int(caches.lengths[0])
    rows: KeyValueCaches = model.new_caches(
        len(answers), capacity=before + len(tokens) + max(map(len, encoded))
    )
    if before:
        rows.keys[:, 0, :, :before] = caches.keys[:, 0, :, :before]
        rows.values[:, 0, :, :before] = caches.values[:, 0, :, :before]
        rows.lengths[0] = before
    first = log_softmax(model.next_logits(np.asarray(tokens)[None], rows[:1])[0].astype(np.float64))
    for row in range(1, len(answers)):
        rows.move(0, row)
    found = np.array([first[answer[0]] for answer in encoded])
    longest = max(map(len, encoded))
    if longest > 1:  # all answers side by side, each after its own copy of the prompt
        known = np.zeros((len(answers), longest - 1), int)
        for row, answer in zip(known, encoded, strict=True):
            row[: len(answer) - 1] = answer[:-1]
        logs = log_softmax(model.forward(known, caches=rows).astype(np.float64))
        for i, answer in enumerate(encoded):
            found[i] += logs[i, np.arange(len(answer) - 1), answer[1:]].sum()
    return found


def choose(model, tokenizer, tokens, answers, *, caches=None):
    """The answer that the model finds most likely, and the probabilities among the answers given."""
    logs = answer_log_probabilities(model, tokenizer, tokens, answers, caches=caches)
    return answers[int(logs.argmax())], softmax(logs)
