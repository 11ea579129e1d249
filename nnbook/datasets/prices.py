"""Real price lists of language models, what changed in them, and which models leave."""

import itertools
import re
from importlib import metadata, resources

import numpy as np

# The newest change that a release of the list records, and later dates are announced ones. A list has no date
# of its own, and today's date would make a page say something else each day.
LIST_AS_OF = {"0.2.3": "2026-11-09"}

AGGREGATORS = {"openrouter", "github-copilot", "quicksilverpro"}  # pass on what others compute
MAKERS = {  # sell models that they trained, under names like these
    "anthropic": "claude",
    "arcee": "trinity",
    "cohere": "command|aya|embed",
    "cursor": "composer",
    "deepseek": "deepseek",
    "elevenlabs": "",
    "google": "gemini|gemma",
    "meta": "muse|llama",
    "minimax": "m2|minimax",
    "mistral": "[sx]tral",
    "moonshotai": "kimi|moonshot",
    "openai": "",
    "perplexity": "sonar|pplx|r1-1776",
    "x-ai": "",
    "zai": "",
    "zhipuai": "",
}


def load_model_prices(as_of=None):
    """List prices of language models, one row per provider and model, as a pandas DataFrame.

    Args:
        as_of: a day, "YYYY-MM-DD"; the newest change that the installed list records when left out. Never
            today: the same list gives the same table on any day.

    Columns: provider, model, kind ("vendor": sells a model that it trained; "cloud": computes a model of
    others; "aggregator": passes on the offers of others, so its price changes when another seller becomes the
    cheapest); input_usd, output_usd, in force on that day (US dollars per million tokens of a short prompt);
    changed (since when, NaT if the list does not say); previous_input_usd, previous_output_usd (before that
    change, NaN if none is known); announced, announced_input_usd, announced_output_usd (the next change,
    which is not yet in force). Free and per-hour offers are left out.

    `attrs`: "source" names the package and its version, "as_of" the day, "newest" the date of the newest
    price that is in force on it.

    Source: genai-prices (MIT), collected from the providers' public price pages. Raises ImportError with the
    command to install it, ValueError when the day is missing for a release that is not known here.
    """
    import pandas as pd  # tables are pandas' work; only readers of tables pay for the import

    day, source = _day(as_of)
    rows = []
    for provider, model, history in _histories():
        now = [entry for entry in history if entry[0] is None or pd.Timestamp(entry[0]) <= day]
        if not now or min(now[-1][1:]) <= 0:
            continue
        before = now[-2][1:] if len(now) > 1 else (np.nan, np.nan)
        later = history[len(now)] if len(history) > len(now) else (None, np.nan, np.nan)
        kind = provider_kind(provider, model)
        rows.append((provider, model, kind, *now[-1][1:], now[-1][0], *before, *later))
    columns = ["provider", "model", "kind", "input_usd", "output_usd", "changed", "previous_input_usd"]
    columns += ["previous_output_usd", "announced", "announced_input_usd", "announced_output_usd"]
    table = pd.DataFrame(rows, columns=columns)
    for name in ("changed", "announced"):
        table[name] = pd.to_datetime(table[name])
    newest = table.changed.max()
    table.attrs |= {"source": source, "as_of": str(day.date()), "newest": str(newest.date())}
    return table


def load_price_changes(as_of=None):
    """Every dated change of a price up to a day, as a pandas DataFrame sorted by date.

    Columns: provider, model, kind (as in `load_model_prices`), date, before_usd, after_usd (a mix of three
    tokens read to one written, US dollars per million), direction (-1 lower, 0 the same, 1 higher). Changes
    that are announced and not yet in force are left out. Prices of aggregators change when another seller
    becomes the cheapest; leave them out (`kind != "aggregator"`) to count what sellers do.
    """
    import pandas as pd

    day, source = _day(as_of)
    rows = []
    for provider, model, history in _histories():
        kind = provider_kind(provider, model)
        for (_, *old), (date, *new) in itertools.pairwise(history):
            if min(*old, *new) > 0 and pd.Timestamp(date) <= day:
                before, after = ((3 * pair[0] + pair[1]) / 4 for pair in (old, new))
                rows.append((provider, model, kind, date, before, after, int(np.sign(after - before))))
    columns = ["provider", "model", "kind", "date", "before_usd", "after_usd", "direction"]
    table = pd.DataFrame(rows, columns=columns)
    table["date"] = pd.to_datetime(table["date"])
    table = table.sort_values(["date", "provider", "model"], ignore_index=True)
    table.attrs |= {"source": source, "as_of": str(day.date())}
    return table


def load_model_retirements():
    """Models whose end their vendor has announced, as a pandas DataFrame sorted by date.

    Columns: provider, model, announced (NaT where we found no date), retires_on, replacement (as recommended
    by the vendor), citation (key in book/references.bib). Not complete: models that examples might rest on.

    >>> table = load_model_retirements().set_index("model")
    >>> (table.retires_on - table.announced)["gpt-4o"].days
    92
    """
    import pandas as pd

    with resources.files("nnbook.datasets").joinpath("model_retirements.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    for name in ("announced", "retires_on"):
        table[name] = pd.to_datetime(table[name])
    return table.sort_values(["retires_on", "model"], ignore_index=True)


def provider_kind(provider, model):
    """Whether a row of the price list is of a "vendor", a "cloud" or an "aggregator"."""
    if provider in AGGREGATORS or provider.startswith("huggingface_"):
        return "aggregator"
    own = provider in MAKERS and re.search(MAKERS[provider], model.lower())
    return "vendor" if own else "cloud"


def _day(as_of):
    import pandas as pd

    try:
        version = metadata.version("genai-prices")
    except metadata.PackageNotFoundError as error:
        raise ImportError("the price list is missing: pip install genai-prices==0.2.3") from error
    if as_of is None and version not in LIST_AS_OF:
        raise ValueError(
            f"as_of must be a day, 'YYYY-MM-DD': when genai-prices {version} was made is not known."
        )
    return pd.Timestamp(LIST_AS_OF[version] if as_of is None else as_of), f"genai-prices {version}"


def _histories():
    from genai_prices import data

    for provider in data.providers:
        for model in provider.models:
            yield provider.id, model.id, _price_history(model.prices)


def _price_history(prices):
    """[(start date or None, input, output), …] in US dollars per million tokens, oldest first."""
    if not isinstance(prices, list):
        return [(None, *pair) for pair in [_pair(prices)] if pair]
    history = []
    for entry in prices:
        start = getattr(entry.constraint, "start_date", None)
        if entry.constraint is not None and start is None:
            continue  # cheaper hours of the day are not a change of price
        pair = _pair(entry.prices)
        if pair:
            history.append((start, *pair))
    return sorted(history, key=lambda row: (row[0] is not None, row[0]))


def _pair(price):
    values = [
        getattr(getattr(price, name), "base", getattr(price, name)) for name in ("input_mtok", "output_mtok")
    ]
    return None if None in values else tuple(float(value) for value in values)
