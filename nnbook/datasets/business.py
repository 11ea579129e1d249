"""What models cost and how large they grew: published figures and real price lists, as tables."""

from importlib import metadata, resources

import numpy as np


def load_landmark_models():
    """Landmark models from 2012 to November 2026 with their sizes, a pandas DataFrame sorted by date.

    Columns: name, organisation, date, parameters (all that must be stored), active_parameters (those that one
    token passes: fewer in a mixture of experts, half in an encoder with a decoder as large), training_tokens
    (NaN where the makers give none or the data were not text), citation (key in book/references.bib), note.
    Training takes about 6 operations and an answer about 2 for each token and each *active* parameter.
    A choice of ours, not a census.

    >>> models = load_landmark_models().set_index("name")
    >>> int(models.parameters["GPT-3"] / 1e9), int(models.active_parameters["T5-11B"] / 1e8)
    (175, 55)
    """
    import pandas as pd  # tables are pandas' work; only readers of tables pay for the import

    with resources.files("nnbook.datasets").joinpath("landmark_models.csv").open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    table["date"] = pd.to_datetime(table["date"])
    return table.sort_values("date", ignore_index=True)


def load_model_prices():
    """List prices of language models, one row per provider and model, as a pandas DataFrame.

    Columns: provider, model, input_usd, output_usd (US dollars per million tokens of a short prompt, the last
    entry of the list), previous_input_usd, previous_output_usd (the entry before the last dated change, NaN
    if none is known), changed (date of that change). Free and per-hour offers are left out. `attrs["source"]`
    names the package and its version.

    Source: genai-prices (MIT), collected from the providers' public price pages. Raises ImportError with the
    command to install it.
    """
    import pandas as pd

    try:
        from genai_prices import data
    except ImportError as error:
        raise ImportError("the price list is missing: pip install genai-prices==0.2.3") from error
    rows = []
    for provider in data.providers:
        for model in provider.models:
            history = _price_history(model.prices)
            if history and min(history[-1][1:]) > 0:
                before = history[-2][1:] if len(history) > 1 else (np.nan, np.nan)
                rows.append((provider.id, model.id, *history[-1][1:], *before, history[-1][0]))
    columns = ["provider", "model", "input_usd", "output_usd"]
    columns += ["previous_input_usd", "previous_output_usd", "changed"]
    table = pd.DataFrame(rows, columns=columns)
    table["changed"] = pd.to_datetime(table["changed"])
    table.attrs["source"] = f"genai-prices {metadata.version('genai-prices')}"
    return table


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
