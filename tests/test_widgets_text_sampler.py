"""TextSampler on the Python side: how a model travels, and what is refused."""

import json

import numpy as np
import pytest
import traitlets

from nnbook.mlp import MLP
from nnbook.tokenizers import BPETokenizer, CharTokenizer
from nnbook.transformer import Transformer
from nnbook.widgets import TextSampler, _stored


@pytest.fixture
def own():
    tokenizer = CharTokenizer.train("to be or not to be")
    model = Transformer(tokenizer.vocab_size, 8, 2, 1, 16, rng=np.random.default_rng(0))
    return model, tokenizer


class TestOwnModel:
    def test_it_travels_as_whole_numbers(self, own):
        model, tokenizer = own
        data = TextSampler(model, tokenizer).data
        assert data["settings"]["context_length"] == 16
        assert data["metadata"] == {"tokenizer": tokenizer.to_dict()}
        assert len(json.dumps(data)) < 8 * model.n_parameters
        assert TextSampler(model, tokenizer).state()["data"] == data

    def test_settings_of_nnbook(self, own):
        sampler = TextSampler(*own, prompt="to", temperature=0, top_k=None, seed=3)
        assert (sampler.prompt, sampler.temperature, sampler.top_k, sampler.seed) == ("to", 0.0, None, 3)
        assert "text" not in sampler.state()

    def test_byte_pairs_too(self):
        tokenizer = BPETokenizer.train("to be or not to be " * 9, vocab_size=260)
        model = Transformer(tokenizer.vocab_size, 8, 2, 1, 16, rng=np.random.default_rng(0))
        assert TextSampler(model, tokenizer).data["metadata"]["tokenizer"]["kind"] == "BPETokenizer"

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"temperature": -0.5}, "temperature must be a finite number of at least 0; got -0.5"),
            ({"temperature": float("nan")}, "temperature must be a finite number"),
            ({"top_k": 0}, "top_k must be a whole number of at least 1, or None"),
            ({"seed": -1}, "seed"),
            ({"prompt": 5}, "prompt"),
        ],
    )
    def test_settings_that_make_no_sense(self, own, settings, message):
        with pytest.raises(traitlets.TraitError, match=message):
            TextSampler(*own, **settings)

    def test_a_refused_setting_changes_nothing(self, own):
        sampler = TextSampler(*own)
        with pytest.raises(traitlets.TraitError):
            sampler.temperature = -1
        assert sampler.temperature == 0.8

    def test_refusals(self, own):
        model, tokenizer = own
        with pytest.raises(TypeError, match="a model with its tokenizer, or neither"):
            TextSampler(model)
        with pytest.raises(TypeError, match="shows a Transformer; got MLP"):
            TextSampler(MLP([2, 3], rng=np.random.default_rng(0)), tokenizer)
        with pytest.raises(TypeError, match="needs a CharTokenizer or BPETokenizer"):
            TextSampler(model, "abc")
        with pytest.raises(ValueError, match=r"has 3 tokens, but the model was made for \d"):
            TextSampler(model, CharTokenizer("abc"))
        with pytest.raises(ValueError, match="no stored model called 'hamlet'; nnbook/models holds digits"):
            TextSampler(source="hamlet")
        with pytest.raises(ValueError, match="'digits' is not a language model"):
            TextSampler(source="digits")


@pytest.mark.skipif("shakespeare" not in _stored.stored_names(), reason="run `make models` first")
class TestStoredModel:
    def test_the_text_in_the_notebook_is_short_and_names_the_model(self):
        sampler = TextSampler()
        assert sampler.state()["source"] == "shakespeare"
        assert "data" not in sampler.state()
        assert len(sampler.html_twin()) < 500

    def test_it_leaves_room_on_the_page(self):
        sizes = [len(_stored.stored_script(name)) for name in _stored.stored_names()]
        assert sum(sizes) < 2_000_000


class TestStoredFiles:
    def test_every_stored_model_becomes_a_script_of_plain_data(self):
        for name in _stored.stored_names():
            script = _stored.stored_script(name)
            assert script.startswith("(window.nnbookModels = window.nnbookModels || {})[")
            assert script.isascii(), "a page may be served without a charset"
            json.loads(script[script.index("] = ") + 4 :].removesuffix(";\n"))

    def test_a_damaged_file_is_named(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_stored, "MODELS", tmp_path)
        (tmp_path / "broken.npz").write_bytes(b"this is no model")
        with pytest.raises(
            ValueError, match=r"broken\.npz is not a model file of this book, or it is damaged"
        ):
            _stored.stored_arrays("broken")
