import re
from pathlib import Path

import numpy as np
import pytest

from nnbook.datasets import load_landmark_models, load_model_prices

REFERENCES = (Path(__file__).parent.parent / "book" / "references.bib").read_text(encoding="utf-8")


def test_every_landmark_has_a_size_a_date_and_a_source_in_the_bibliography():
    models = load_landmark_models()
    assert models.date.is_monotonic_increasing
    assert (models.parameters > 1e6).all()
    keys = set(re.findall(r"@\w+\{(\w+),", REFERENCES))
    assert set(models.citation) <= keys


def test_gpt3_as_published():
    gpt3 = load_landmark_models().set_index("name").loc["GPT-3"]
    assert (gpt3.parameters, gpt3.training_tokens) == (175e9, 300e9)


def test_a_token_passes_at_most_all_weights_and_the_list_reaches_this_year():
    models = load_landmark_models().set_index("name")
    assert (models.active_parameters <= models.parameters).all()
    sparse = models[models.note.str.contains("mixture of experts")]
    assert len(sparse) >= 5
    assert (sparse.active_parameters < 0.3 * sparse.parameters).all()
    assert models.date.max().year == 2026


# Table D.1 of brown2020 prints the operations of training
@pytest.mark.parametrize(
    ("name", "operations"), [("BERT-large", 5.33e20), ("T5-11B", 3.30e22), ("GPT-3", 3.14e23)]
)
def test_six_operations_for_each_active_parameter_and_token_are_what_was_published(name, operations):
    model = load_landmark_models().set_index("name").loc[name]
    assert 6 * model.active_parameters * model.training_tokens == pytest.approx(operations, rel=0.05)


def test_the_published_hours_of_deepseek_v3_fit_the_active_parameters_only():
    model = load_landmark_models().set_index("name").loc["DeepSeek-V3"]
    share = [
        6 * n * model.training_tokens / (2.664e6 * 3600) / 989e12
        for n in (model.parameters, model.active_parameters)
    ]
    assert share[0] > 1 > share[1] > 0.2


def test_prices_are_positive_and_name_their_source():
    pytest.importorskip("genai_prices")
    prices = load_model_prices()
    assert re.fullmatch(r"genai-prices \d+\.\d+\.\d+", prices.attrs["source"])
    assert (prices[["input_usd", "output_usd"]] > 0).all(axis=None)
    assert prices.provider.nunique() > 10


def test_a_changed_price_knows_what_it_was_before():
    pytest.importorskip("genai_prices")
    prices = load_model_prices()
    changed = prices.dropna(subset=["changed"])
    assert len(changed) > 0
    assert np.isfinite(changed[["previous_input_usd", "previous_output_usd"]]).all(axis=None)
    assert prices[prices.changed.isna()].previous_input_usd.isna().all()
