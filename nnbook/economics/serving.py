"""Answering with a model on rented machines: how many at once, how fast, and for how much.

Reading a prompt and writing an answer are different work. The tokens of a prompt pass the network together,
so arithmetic limits reading. Each written token needs all weights once more, and the keys and values of its
own conversation; the batch shares the weights, nobody shares the cache. So memory limits writing, twice: its
size bounds the batch, its bandwidth the speed.

Source of the two roofs: Williams, Waterman, Patterson, Roofline, 2009; of the two phases: Agrawal
et al., SARATHI, 2023.
"""

import math
from dataclasses import dataclass

from nnbook.economics._checks import above, at_least, is_share
from nnbook.economics.compute import (
    BYTES_PER_GIGABYTE,
    HOURS_PER_MONTH,
    SECONDS_PER_HOUR,
    Accelerator,
    Model,
    n_accelerators_for,
)
from nnbook.functional import as_whole

USABLE_SHARE = 0.9  # of the memory; the rest is for activations and buffers
DEFAULT_EFFICIENCY = 0.6  # an assumption: what software reaches of a data sheet's peaks


@dataclass(frozen=True)
class Serving:
    """A model that answers, on machines that are rented whole.

    Args:
        model, accelerator, n_accelerators: what runs on what; the accelerators share the weights.
        read_tokens, written_tokens: of one answer. Written ones include hidden reasoning; both stay in the
            cache until the answer is finished.
        cached_share: share of the read tokens whose keys and values are still there from an earlier answer.
        busy_share: share of the rented hours in which as many ask as can be served.
        efficiency: share of both peaks (arithmetic and bandwidth) that software reaches, an assumption.
        n_conversations: written at the same time; 0 stands for as many as fit.

    Utilisation is a result. Raises ValueError when weights and one conversation do not fit.

    >>> h100 = Accelerator("H100", 989e12, 80, 2.5, 3.35e12)
    >>> small = Serving(Model("Llama 3 8B", 8e9, n_layers=32, kv_width=1024, d_model=4096), h100)
    >>> small.batch_size, round(small.utilisation, 2)
    (213, 0.1)
    """

    model: Model
    accelerator: Accelerator
    n_accelerators: int = 1
    read_tokens: float = 1500
    written_tokens: float = 500
    cached_share: float = 0.0
    busy_share: float = 0.5
    efficiency: float = DEFAULT_EFFICIENCY
    n_conversations: int = 0

    def __post_init__(self):
        if not isinstance(self.model, Model) or not isinstance(self.accelerator, Accelerator):
            raise TypeError("Serving needs a Model and an Accelerator of nnbook.economics, in this order.")
        above(0, n_accelerators=self.n_accelerators, written_tokens=self.written_tokens)
        at_least(0, read_tokens=self.read_tokens)
        is_share(busy_share=self.busy_share, efficiency=self.efficiency)
        if not 0 <= self.cached_share <= 1:
            raise ValueError(f"cached_share must lie in [0, 1]; got {self.cached_share}.")
        if not self.accelerator.bandwidth_bytes_per_second:
            raise ValueError(
                f"{self.accelerator.name} needs bandwidth_bytes_per_second: writing reads all weights for "
                "each token."
            )
        n_conversations = as_whole(self.n_conversations, "n_conversations", least=0)
        object.__setattr__(self, "n_conversations", n_conversations)
        if self.most_conversations < max(1, n_conversations):
            cache = max(1, n_conversations) * self.cache_bytes
            needed = n_accelerators_for(self.model.weight_bytes + cache, self.accelerator.memory_gigabytes)
            raise ValueError(
                f"{self.model.weight_bytes / BYTES_PER_GIGABYTE:.0f} GB of weights and "
                f"{cache / BYTES_PER_GIGABYTE:.2g} GB of cache need at least {needed} × "
                f"{self.accelerator.name}; got n_accelerators={self.n_accelerators}. "
                "Fewer bits per weight also help."
            )

    @property
    def context_tokens(self):
        """Tokens of a finished answer with its prompt: what must be kept."""
        return self.read_tokens + self.written_tokens

    @property
    def cache_bytes(self):
        """Memory of one conversation's keys and values."""
        return self.model.cache_bytes_per_token * self.context_tokens

    @property
    def batch_size(self):
        """Conversations that are written at the same time."""
        return self.n_conversations or self.most_conversations

    @property
    def most_conversations(self):
        """Conversations that fit beside the weights; 1024 for a model whose cache is not known."""
        memory = self.accelerator.memory_gigabytes * BYTES_PER_GIGABYTE * USABLE_SHARE * self.n_accelerators
        room = memory - self.model.weight_bytes
        if self.cache_bytes == 0:
            return 1024 if room >= 0 else 0
        return max(0, math.floor(room / self.cache_bytes))

    @property
    def _peak(self):
        return self.accelerator.peak_flops_per_second * self.n_accelerators * self.efficiency

    @property
    def _bandwidth(self):
        return self.accelerator.bandwidth_bytes_per_second * self.n_accelerators * self.efficiency

    @property
    def bytes_per_step(self):
        """What one more token for each conversation moves: weights once, every cache.

        Of a mixture of experts the batch reads at most batch · active of the weights.
        """
        touched = min(1.0, self.batch_size * self.model.active_parameters / self.model.total_parameters)
        return self.model.weight_bytes * touched + self.batch_size * self.cache_bytes

    @property
    def flops_per_step(self):
        """What one more token for each conversation computes."""
        return self.batch_size * self.model.flops_per_token(self.context_tokens)

    @property
    def seconds_per_step(self):
        """The slower of arithmetic and memory traffic."""
        return max(self.flops_per_step / self._peak, self.bytes_per_step / self._bandwidth)

    @property
    def limit(self):
        """What limits writing: "memory" or "arithmetic"."""
        memory = self.bytes_per_step / self._bandwidth > self.flops_per_step / self._peak
        return "memory" if memory else "arithmetic"

    @property
    def written_tokens_per_second(self):
        """Tokens a second that a full batch writes, all conversations together."""
        return self.batch_size / self.seconds_per_step

    @property
    def tokens_per_second_each(self):
        """How fast one reader sees the answer grow in a full batch."""
        return 1 / self.seconds_per_step

    @property
    def read_tokens_per_second(self):
        """Tokens a second that machines can read when they do nothing else."""
        return self._peak / self.model.flops_per_token(self.read_tokens / 2)

    @property
    def utilisation(self):
        """Share of the peak arithmetic that writing uses: a result of memory, not a choice."""
        peak = self.accelerator.peak_flops_per_second * self.n_accelerators
        return self.flops_per_step / self.seconds_per_step / peak

    @property
    def seconds_per_answer(self):
        """Machine time that one answer takes from all others: its reading, and its part of the batch."""
        read = self.read_tokens * (1 - self.cached_share) / self.read_tokens_per_second
        return read + self.written_tokens / self.written_tokens_per_second

    @property
    def rent_usd_per_month(self):
        """Rent of all accelerators for a month of 730 hours, asked or idle."""
        return self.n_accelerators * self.accelerator.price_usd_per_hour * HOURS_PER_MONTH

    @property
    def million_tokens_per_month(self):
        """Tokens, read and written, of a month without an idle second."""
        answers = HOURS_PER_MONTH * SECONDS_PER_HOUR / self.seconds_per_answer
        return answers * self.context_tokens / 1e6

    def _usd_per_million(self, tokens_per_second):
        usd_per_second = self.n_accelerators * self.accelerator.price_usd_per_hour / SECONDS_PER_HOUR
        return usd_per_second / (tokens_per_second * self.busy_share) * 1e6

    @property
    def cost_usd_per_million_read(self):
        """Rent of the time to read a million tokens that are not in the cache."""
        return self._usd_per_million(self.read_tokens_per_second)

    @property
    def cost_usd_per_million_written(self):
        """Rent of the time to write a million tokens."""
        return self._usd_per_million(self.written_tokens_per_second)

    @property
    def cost_usd_per_million_tokens(self):
        """Rent over all tokens of an answer, read and written: an idle hour costs as much as a busy one."""
        return self._usd_per_million(self.context_tokens / self.seconds_per_answer)

    @property
    def cost_usd_per_answer(self):
        """Rent of one answer."""
        return self.cost_usd_per_million_tokens * self.context_tokens / 1e6


def answer_price_usd(
    *,
    input_usd,
    output_usd,
    read_tokens,
    written_tokens,
    hidden_tokens=0,
    cached_share=0.0,
    cached_usd=None,
    attempts=1.0,
):
    """Price of one piece of finished work on an API, in US dollars.

    Args:
        input_usd, output_usd: list prices per million tokens.
        read_tokens, written_tokens: what the customer sends and sees.
        hidden_tokens: reasoning that is billed as output and not shown.
        cached_share, cached_usd: part of the input that the seller still has, and its price (input_usd when
            left out).
        attempts: how often the work is done until it is right, on average.

    >>> round(answer_price_usd(input_usd=2, output_usd=10, read_tokens=2000, written_tokens=500), 4)
    0.009
    >>> round(answer_price_usd(input_usd=2, output_usd=10, read_tokens=2000, written_tokens=500,
    ...                        hidden_tokens=3000), 4)
    0.039
    """
    at_least(0, input_usd=input_usd, output_usd=output_usd, read_tokens=read_tokens)
    at_least(0, written_tokens=written_tokens, hidden_tokens=hidden_tokens)
    at_least(1, attempts=attempts)
    if not 0 <= cached_share <= 1:
        raise ValueError(f"cached_share must lie in [0, 1]; got {cached_share}.")
    cached_usd = input_usd if cached_usd is None else cached_usd
    at_least(0, cached_usd=cached_usd)
    read = read_tokens * ((1 - cached_share) * input_usd + cached_share * cached_usd)
    return attempts * (read + (written_tokens + hidden_tokens) * output_usd) / 1e6
