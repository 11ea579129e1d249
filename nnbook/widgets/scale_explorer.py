"""ScaleExplorer: from a configuration to parameters, memory, machines, days and money."""

import dataclasses

import traitlets

from nnbook.economics import (
    Accelerator,
    Model,
    Serving,
    TrainingRun,
    kv_cache_bytes,
    n_accelerators_for,
    training_bytes,
)
from nnbook.parameter_counts import ParameterCount, decoder_parameters
from nnbook.widgets._base import Widget
from nnbook.widgets._checks import one_of, within

# Peak: dense 16-bit operations a second, and bytes a second of the memory, of the maker's data sheet. The
# rents are assumptions to change.
ACCELERATORS = (
    Accelerator("L4, 24 GB", 121e12, 24, 0.8, 0.3e12),
    Accelerator("A100, 80 GB", 312e12, 80, 1.8, 2.039e12),
    Accelerator("H100, 80 GB", 989e12, 80, 2.5, 3.35e12),
    Accelerator("H200, 141 GB", 989e12, 141, 3.5, 4.8e12),
)
_CONFIGURATION = ("n_layers", "d_model", "n_heads", "vocabulary_size", "context_length", "tied_output")
# Training tokens: GPT-3 as published; GPT-2's 40 GB of text at four bytes a token; the book model's own run.
PRESETS = {
    "Book model": (3, 128, 4, 1536, 64, False, 2.5e6, 1, 1),
    "GPT-2 small": (12, 768, 12, 50_257, 1024, True, 1e10, 10, 8),
    "GPT-2 XL": (48, 1600, 25, 50_257, 1024, True, 1e10, 10, 32),
    "GPT-3": (96, 12_288, 96, 50_257, 2048, True, 3e11, 10, 1024),
}
_PRESET_FIELDS = (*_CONFIGURATION, "n_tokens", "n_conversations", "n_accelerators")
PRECISIONS = (0.5, 1.0, 2.0, 4.0)
# The bounds of each number; scale.js has the same, and a test compares them.
BOUNDS = {
    "n_layers": (1, 200),
    "d_model": (8, 32_768),
    "n_heads": (1, 512),
    "vocabulary_size": (16, 1_000_000),
    "context_length": (8, 2_000_000),
    "n_conversations": (1, 100_000),
    "n_tokens": (1e3, 1e14),
    "n_accelerators": (1, 100_000),
    "price_usd_per_hour": (0.01, 100),
    "training_utilisation": (0.01, 1),
    "efficiency": (0.01, 1),
    "busy_share": (0.01, 1),
}


def preset_state(name):
    """Return the traits of a preset as a dict."""
    if name not in PRESETS:
        raise traitlets.TraitError(f"preset must be one of {', '.join(PRESETS)}; got {name!r}.")
    return dict(zip(_PRESET_FIELDS, PRESETS[name], strict=True))


class ScaleExplorer(Widget):
    """Layers, width, vocabulary, context and precision: how many parameters, how much memory, time and money.

    Args:
        preset: the model to begin with: "Book model", "GPT-2 small", "GPT-2 XL" or "GPT-3".
        accelerators: list of `nnbook.economics.Accelerator` to choose from, instead of the built-in ones.

    State (all of it can be set here or in the widget):
        n_layers, d_model, n_heads, vocabulary_size, context_length, tied_output: the decoder; d_model must be
            a multiple of n_heads.
        bytes_per_parameter: of the weights while serving: 0.5, 1, 2 or 4.
        n_conversations: full contexts whose keys and values are kept at once, 2 bytes a number.
        n_tokens: how many tokens the training reads.
        accelerator, n_accelerators, price_usd_per_hour: what the training runs on, by name, and its rent.
        training_utilisation: share of the peak that really computes.
        efficiency: share of both peaks, arithmetic and bandwidth, that software reaches while serving; the
            utilisation of serving is a result.
        busy_share: share of the rented hours in which somebody asks.

    >>> explorer = ScaleExplorer()
    >>> explorer.count()
    ParameterCount(124,439,808)
    >>> round(explorer.training_run().days, 2), explorer.serving_accelerators()
    (0.09, 1)
    """

    fallback = (
        "From a language model's configuration to its parameters, memory, number of GPUs, days and cost. "
        "With JavaScript every number is a slider."
    )

    preset = traitlets.Unicode("GPT-2 small").tag(sync=True)
    n_layers = traitlets.Int().tag(sync=True)
    d_model = traitlets.Int().tag(sync=True)
    n_heads = traitlets.Int().tag(sync=True)
    vocabulary_size = traitlets.Int().tag(sync=True)
    context_length = traitlets.Int().tag(sync=True)
    tied_output = traitlets.Bool().tag(sync=True)
    bytes_per_parameter = traitlets.Float(2.0).tag(sync=True)
    n_conversations = traitlets.Int(1).tag(sync=True)
    n_tokens = traitlets.Float().tag(sync=True)
    accelerators = traitlets.List(traitlets.Dict()).tag(sync=True)
    accelerator = traitlets.Unicode().tag(sync=True)
    n_accelerators = traitlets.Int().tag(sync=True)
    price_usd_per_hour = traitlets.Float().tag(sync=True)
    training_utilisation = traitlets.Float(0.4).tag(sync=True)
    efficiency = traitlets.Float(0.6).tag(sync=True)
    busy_share = traitlets.Float(0.5).tag(sync=True)

    def __init__(self, preset="GPT-2 small", *, accelerators=ACCELERATORS, **state):
        machines = list(accelerators)
        if not machines or not all(isinstance(machine, Accelerator) for machine in machines):
            raise ValueError("accelerators must be a list of Accelerator with at least one entry.")
        if not all(machine.bandwidth_bytes_per_second for machine in machines):
            raise ValueError("each accelerator needs bandwidth_bytes_per_second: writing is limited by it.")
        names = [machine.name for machine in machines]
        middle = machines[1] if len(machines) > 1 else machines[0]
        name = state.setdefault("accelerator", middle.name)
        if name not in names:
            raise ValueError(f"accelerator must be one of {'; '.join(names)}; got {name!r}.")
        state.setdefault("price_usd_per_hour", machines[names.index(name)].price_usd_per_hour)
        rows = [dataclasses.asdict(machine) for machine in machines]
        super().__init__(preset=preset, accelerators=rows, **{**preset_state(preset), **state})

    def count(self) -> ParameterCount:
        """Return the exact number of parameters, part by part."""
        return decoder_parameters(
            n_layers=self.n_layers,
            d_model=self.d_model,
            vocabulary_size=self.vocabulary_size,
            context_length=self.context_length,
            tied_output=self.tied_output,
        )

    def machine(self) -> Accelerator:
        """Return the accelerator that is chosen, at the rent that is set."""
        row = next(row for row in self.accelerators if row["name"] == self.accelerator)
        return Accelerator(**{**row, "price_usd_per_hour": self.price_usd_per_hour})

    def serving_bytes(self) -> float:
        """Return the memory to serve: weights, and the keys and values of all conversations."""
        cache = kv_cache_bytes(
            n_layers=self.n_layers, d_model=self.d_model, context_tokens=self.context_length
        )
        return self.count().total * self.bytes_per_parameter + self.n_conversations * cache

    def serving_accelerators(self) -> int:
        """Return how many accelerators must share the memory to serve."""
        return n_accelerators_for(self.serving_bytes(), self.machine().memory_gigabytes)

    def training_accelerators(self) -> int:
        """Return how many accelerators must at least share weights, gradients and Adam's state."""
        return n_accelerators_for(training_bytes(self.count().total), self.machine().memory_gigabytes)

    def training_run(self) -> TrainingRun:
        """Return the training run: operations, days and cost."""
        return TrainingRun(
            self.count().total, self.n_tokens, self.machine(), self.n_accelerators, self.training_utilisation
        )

    def serving(self) -> Serving:
        """Return the writing of all conversations at full context: tokens a second, cost, utilisation."""
        model = Model(
            self.preset,
            self.count().total,
            bits_per_weight=8 * self.bytes_per_parameter,
            n_layers=self.n_layers,
            kv_width=self.d_model,
            d_model=self.d_model,
        )
        return Serving(
            model,
            self.machine(),
            self.serving_accelerators(),
            read_tokens=self.context_length - 1,
            written_tokens=1,
            busy_share=self.busy_share,
            efficiency=self.efficiency,
            n_conversations=self.n_conversations,
        )

    @traitlets.validate(*BOUNDS)
    def _check_number(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        within(proposal, *BOUNDS[name])
        if name in ("d_model", "n_heads") and self.d_model and self.n_heads:
            d_model, n_heads = (value, self.n_heads) if name == "d_model" else (self.d_model, value)
            if d_model % n_heads:
                raise traitlets.TraitError(
                    f"d_model must be a multiple of n_heads; got {d_model} and {n_heads}. "
                    "To change both, use `with explorer.hold_trait_notifications():`."
                )
        return value

    @traitlets.validate("bytes_per_parameter")
    def _check_bytes(self, proposal):
        return one_of(proposal, PRECISIONS)

    @traitlets.validate("preset")
    def _check_preset(self, proposal):
        preset_state(proposal["value"])
        return proposal["value"]

    @traitlets.validate("accelerator")
    def _check_accelerator(self, proposal):
        names = [row["name"] for row in self.accelerators]
        return one_of(proposal, names or [proposal["value"]])
