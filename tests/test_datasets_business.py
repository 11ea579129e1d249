import re
from pathlib import Path

import numpy as np
import pytest

from nnbook.datasets import (
    load_landmark_models,
    load_model_prices,
    load_model_retirements,
    load_price_changes,
)
from nnbook.datasets.prices import LIST_AS_OF, provider_kind

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


def test_a_price_of_the_future_is_announced_and_not_in_force():
    pytest.importorskip("genai_prices")
    prices = load_model_prices()
    assert prices.attrs["as_of"] == prices.attrs["newest"] == "2026-11-09"
    assert (prices.changed.dropna() <= "2026-11-09").all()
    flash = prices[(prices.provider == "google") & (prices.model == "gemini-3.6-flash")].iloc[0]
    assert (flash.input_usd, flash.output_usd) == (0.75, 3.75)
    assert (str(flash.announced.date()), flash.announced_input_usd) == ("2027-01-01", 1.5)
    later = load_model_prices(as_of="2027-01-01")
    flash = later[(later.provider == "google") & (later.model == "gemini-3.6-flash")].iloc[0]
    assert (flash.input_usd, flash.previous_input_usd) == (1.5, 0.75)


def test_the_list_on_an_earlier_day_knows_nothing_of_later_changes():
    pytest.importorskip("genai_prices")
    early = load_model_prices(as_of="2026-08-01")
    assert early.changed.max() <= np.datetime64("2026-08-01")
    assert load_price_changes(as_of="2026-08-01").date.max() <= np.datetime64("2026-08-01")


def test_the_day_of_the_list_belongs_to_the_pinned_release():
    pins = (Path(__file__).parent.parent / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^genai-prices==(.+)$", pins, re.MULTILINE)[1] in LIST_AS_OF


@pytest.mark.parametrize(
    ("provider", "model", "kind"),
    [
        ("openai", "gpt-6-sol", "vendor"),
        ("google", "gemini-4-argon", "vendor"),
        ("google", "claude-opus-5", "cloud"),
        ("mistral", "zai-glm-5-3", "cloud"),
        ("mistral", "voxtral-small-24b-2507", "vendor"),
        ("groq", "llama-3.1-8b-instant", "cloud"),
        ("openrouter", "qwen/qwen3-8b", "aggregator"),
        ("huggingface_together", "meta-llama/Llama-3.3-70B-Instruct", "aggregator"),
    ],
)
def test_vendors_clouds_and_aggregators_are_told_apart(provider, model, kind):
    assert provider_kind(provider, model) == kind


def test_every_maker_sells_something_of_its_own():
    pytest.importorskip("genai_prices")
    from nnbook.datasets.prices import AGGREGATORS, MAKERS

    prices = load_model_prices()
    assert set(MAKERS) == set(prices[prices.kind == "vendor"].provider)
    assert set(prices.provider) >= AGGREGATORS


def test_most_dated_changes_are_those_of_an_aggregator():
    pytest.importorskip("genai_prices")
    changes = load_price_changes()
    sellers = changes[changes.kind != "aggregator"]
    assert len(sellers) < len(changes) / 4
    # the aggregators' rows rise more often than they fall; the sellers' do not
    assert changes.direction.mean() > 0 > sellers.direction.mean()
    assert ((changes.before_usd < changes.after_usd) == (changes.direction == 1)).all()


def test_every_retirement_has_a_source_and_a_date():
    table = load_model_retirements()
    assert set(table.citation) <= set(re.findall(r"@\w+\{(\w+),", REFERENCES))
    known = table.dropna(subset=["announced"])
    assert (known.retires_on > known.announced).all()
    assert table.set_index("model").retires_on["gpt-4o"] == np.datetime64("2027-01-14")
