"""How large models grew: published figures, as a table."""

from importlib import resources


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
