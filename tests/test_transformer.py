import numpy as np
import pytest

from nnbook.gradcheck import check_gradients
from nnbook.language_model import next_token_loss
from nnbook.losses import mean_squared_error
from nnbook.optimizers import AdamW
from nnbook.schedules import cosine
from nnbook.training import fit
from nnbook.transformer import Block, FeedForward, Transformer


def make(
    dtype=np.float64, spread=0.2, vocab_size=11, d_model=16, n_heads=4, n_layers=2, context_length=8, **more
):
    """A model whose weights are larger than at the start, so that every part matters."""
    rng = np.random.default_rng(0)
    model = Transformer(vocab_size, d_model, n_heads, n_layers, context_length, dtype=dtype, rng=rng, **more)
    model.parameters += rng.normal(0, spread, model.n_parameters).astype(dtype)
    return model, rng


def batch(rng, model, n=3, length=None):
    shape = (n, length or model.context_length)
    return rng.integers(0, model.vocab_size, shape), rng.integers(0, model.vocab_size, shape)


@pytest.mark.parametrize(
    "layer", [FeedForward, lambda d, rng: Block(d, 2, rng=rng)], ids=["FeedForward", "Block"]
)
def test_gradients_of_the_parts(layer):
    rng = np.random.default_rng(0)
    layer = layer(6, rng=rng)
    layer.parameters += rng.normal(0, 0.3, layer.n_parameters)
    x, y = rng.normal(size=(2, 3, 6)), rng.normal(size=(2, 3, 6))
    report = check_gradients(layer, mean_squared_error, x, y)
    assert report.ok, str(report)


KINDS = pytest.mark.parametrize(
    "kind",
    [{}, {"positions": "rotary"}, {"positions": "none"}, {"positions": "rotary", "window": 3}],
    ids=str,
)


@KINDS
@pytest.mark.parametrize("length", [5, 3])
def test_gradients_of_the_whole(length, kind):
    model, rng = make(vocab_size=7, d_model=8, n_heads=2, context_length=5, **kind)
    tokens, targets = batch(rng, model, 2, length)
    report = check_gradients(model, next_token_loss, tokens, targets)
    assert report.ok, str(report)


def test_gradients_with_dropout_against_differences():
    model, rng = make(vocab_size=5, d_model=4, n_heads=2, n_layers=1, context_length=3, dropout=0.3)
    layers = [model.embedding_dropout, model.blocks[0].dropout1, model.blocks[0].dropout2]
    forward = model.forward

    def same_masks_every_time(tokens, training=False):
        for i, layer in enumerate(layers):
            layer.rng = np.random.default_rng(i)
        return forward(tokens, training=training)

    model.forward = same_masks_every_time
    report = check_gradients(model, next_token_loss, *batch(rng, model, 2))
    assert report.ok, str(report)


def test_the_first_loss_is_that_of_guessing():
    model = Transformer(65, 32, 4, 2, 16, rng=np.random.default_rng(0))
    rng = np.random.default_rng(1)
    loss, _ = next_token_loss(model.forward(rng.integers(0, 65, (8, 16))), rng.integers(0, 65, (8, 16)))
    assert abs(loss - np.log(65)) < 0.02


def test_number_of_parameters_by_formula():
    V, C, L, T = 65, 128, 4, 64
    model = Transformer(V, C, 4, L, T, rng=np.random.default_rng(0))
    block = (C * 3 * C + 3 * C) + (C * C + C) + (C * 4 * C + 4 * C) + (4 * C * C + C) + 4 * C
    assert model.n_parameters == V * C + T * C + L * block + 2 * C + C * V + V


def test_logits_do_not_see_the_future():
    model, rng = make()
    tokens, _ = batch(rng, model, 1)
    before = model.forward(tokens)
    tokens[0, 5] = (tokens[0, 5] + 1) % model.vocab_size
    after = model.forward(tokens)
    np.testing.assert_array_equal(before[0, :5], after[0, :5])
    assert (before[0, 5:] != after[0, 5:]).any(axis=-1).all()


def test_training_and_evaluation_agree_without_dropout():
    model, rng = make()
    tokens, _ = batch(rng, model)
    np.testing.assert_allclose(model.forward(tokens, training=True), model.forward(tokens), rtol=1e-12)


def test_evaluation_is_deterministic_and_training_is_not_with_dropout():
    model, rng = make(dropout=0.5)
    tokens, _ = batch(rng, model)
    np.testing.assert_array_equal(model.forward(tokens), model.forward(tokens))
    first = model.forward(tokens, training=True).copy()
    assert (first != model.forward(tokens, training=True)).any()


def test_batches_of_another_shape_do_not_disturb_each_other():
    model, rng = make()
    tokens, targets = batch(rng, model)
    model.backward(next_token_loss(model.forward(tokens, training=True), targets)[1])
    expected = model.gradients.copy()
    for n, length in ((1, 8), (2, 3), (5, 1), (4, 4), (3, 5)):
        model.forward(tokens[:1].repeat(n, axis=0)[:, :length], training=True)
    model.backward(next_token_loss(model.forward(tokens, training=True), targets)[1])
    np.testing.assert_array_equal(model.gradients, expected)


@KINDS
def test_reading_token_by_token_gives_the_same_logits(kind):
    model, rng = make(**kind)
    tokens, _ = batch(rng, model, 2)
    caches = model.new_caches(2)
    pieces = [model.forward(tokens[:, :3], caches=caches)]
    pieces += [model.forward(tokens[:, t : t + 1], caches=caches) for t in range(3, 8)]
    np.testing.assert_allclose(np.concatenate(pieces, axis=1), model.forward(tokens), rtol=1e-10)


def test_attention_maps():
    model, rng = make()
    tokens, _ = batch(rng, model, 2)
    maps = model.attention_maps(tokens)
    assert maps.shape == (2, 2, 4, 8, 8)
    np.testing.assert_allclose(maps.sum(axis=-1), 1)


def test_fit_learns_a_text_by_heart():
    rng = np.random.default_rng(0)
    model = Transformer(5, 16, 2, 1, 4, rng=rng)
    tokens = np.array([[0, 1, 2, 3], [3, 1, 4, 0]])
    targets = np.array([[1, 2, 3, 4], [1, 4, 0, 0]])
    history = fit(
        model,
        tokens,
        targets,
        loss=next_token_loss,
        optimizer=AdamW(1e-2),
        epochs=150,
        batch_size=2,
        rng=rng,
        schedule=cosine(150, warm_up_steps=10),
        max_gradient_norm=1.0,
        validation=(tokens, targets),
    )
    assert history.validation_loss[-1] < 0.01
    np.testing.assert_array_equal(model.forward(tokens).argmax(axis=-1), targets)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([1, 2], r"shape \(B, T\); got \(2,\).*tokens\[None, :\]"),
        ([[11]], r"0 … 10; got 11 … 11"),
        ([[0] * 9], "9 tokens do not fit into a context of 8"),
        ([["a"]], "tokenizer.encode"),
        ([[]], "no tokens"),
    ],
)
def test_bad_tokens_get_a_sentence(tokens, message):
    model, _ = make()
    with pytest.raises(ValueError, match=message):
        model(np.array(tokens))


def test_fit_refuses_bad_tokens_and_leaves_the_model_as_it_was():
    model, rng = make()
    tokens, targets = batch(rng, model)
    before = model.parameters.copy()
    for X, y in ((tokens + 11, targets), (tokens, targets + 11), (tokens, targets[:, :-1])):
        with pytest.raises(ValueError):
            fit(model, X, y, loss=next_token_loss, optimizer=AdamW(), epochs=1, batch_size=2, rng=rng)
    np.testing.assert_array_equal(model.parameters, before)


@pytest.mark.parametrize(
    ("name", "value"), [("n_layers", 0), ("context_length", 1.5), ("n_heads", 3), ("vocab_size", -1)]
)
def test_bad_sizes_are_named(name, value):
    with pytest.raises(ValueError, match=name):
        make(**{name: value})


class TestPyTorch:
    """The same network written with PyTorch's functions, its gradients by automatic differentiation."""

    @pytest.fixture(autouse=True)
    def needs_torch(self):
        self.torch = pytest.importorskip("torch")

    def copies(self, model):
        """Name -> PyTorch copy of each parameter, in the order of the flat vector."""
        names = ["token", "place"]
        for i in range(model.n_layers):
            parts = ("norm1", "qkv", "projection", "norm2", "expand", "contract")
            names += [f"{part}{i}.{kind}" for part in parts for kind in ("weight", "bias")]
        names += ["norm.weight", "norm.bias", "head.weight", "head.bias"]
        arrays = [array for leaf in model._leaves() for array in leaf.params.values()]
        return {
            name: self.torch.tensor(array, requires_grad=True)
            for name, array in zip(names, arrays, strict=True)
        }

    def logits(self, p, tokens, n_layers, n_heads):
        F = self.torch.nn.functional
        B, T = tokens.shape
        x = p["token"][tokens] + p["place"][:T]
        C = x.shape[2]

        def linear(x, name):
            return x @ p[f"{name}.weight"] + p[f"{name}.bias"]

        def norm(x, name):
            return F.layer_norm(x, (C,), p[f"{name}.weight"], p[f"{name}.bias"])

        for i in range(n_layers):
            q, k, v = (
                part.view(B, T, n_heads, C // n_heads).transpose(1, 2)
                for part in linear(norm(x, f"norm1{i}"), f"qkv{i}").split(C, dim=2)
            )
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + linear(y.transpose(1, 2).reshape(B, T, C), f"projection{i}")
            x = x + linear(
                F.gelu(linear(norm(x, f"norm2{i}"), f"expand{i}"), approximate="tanh"), f"contract{i}"
            )
        return linear(norm(x, "norm"), "head")

    def flat(self, tensors):
        return np.concatenate([tensor.detach().numpy().ravel() for tensor in tensors])

    @pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-9), (np.float32, 1e-4)])
    def test_same_logits_gradients_and_ten_steps(self, dtype, tolerance):
        model, rng = make(dtype, vocab_size=23, d_model=32)
        theirs = self.copies(model)
        settings = {"weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95}
        ours = AdamW(1e-3, **settings)
        optimizer = self.torch.optim.AdamW(theirs.values(), lr=1e-3, weight_decay=0.1, betas=(0.9, 0.95))
        for step in range(10):
            tokens, targets = batch(rng, model, 4)
            logits = model.forward(tokens, training=True)
            value, grad = next_token_loss(logits, targets)
            model.backward(grad)
            their_logits = self.logits(theirs, self.torch.from_numpy(tokens), model.n_layers, model.n_heads)
            loss = self.torch.nn.functional.cross_entropy(
                their_logits.flatten(0, 1), self.torch.from_numpy(targets).flatten()
            )
            optimizer.zero_grad()
            loss.backward()
            np.testing.assert_allclose(logits, their_logits.detach().numpy(), rtol=0, atol=tolerance)
            assert value == pytest.approx(loss.item(), abs=tolerance)
            gradients = self.flat([tensor.grad for tensor in theirs.values()])
            np.testing.assert_allclose(
                model.gradients, gradients, rtol=0, atol=tolerance, err_msg=f"step {step}"
            )
            ours.step(model.parameters, model.gradients)
            optimizer.step()
        # A bias on the keys adds the same to all scores of a row, which softmax ignores. Its gradient is 0
        # but for rounding, and Adam turns what is left into full steps. So it is compared in float64 only.
        compared = np.ones(model.n_parameters, bool)
        if dtype == np.float32:
            for block in model.blocks:
                keys = block.attention.qkv.params["bias"][model.d_model : 2 * model.d_model]
                start = (keys.ctypes.data - model.parameters.ctypes.data) // keys.itemsize
                compared[start : start + len(keys)] = False
                assert np.abs(model.gradients[start : start + len(keys)]).max() < 1e-7
        our_end, their_end = model.parameters[compared], self.flat(theirs.values())[compared]
        np.testing.assert_allclose(our_end, their_end, rtol=0, atol=tolerance)


def test_rotary_positions_need_no_table():
    learned, _ = make()
    rotary, _ = make(positions="rotary")
    assert learned.n_parameters - rotary.n_parameters == 8 * 16


def test_two_blocks_notice_an_exchange_without_positions_and_one_does_not():
    for n_layers in (1, 2):
        model, rng = make(n_layers=n_layers, positions="none")
        tokens = rng.permutation(11)[:5]
        last, swapped = (model(row[None])[0, -1] for row in (tokens, tokens[[1, 0, 2, 3, 4]]))
        assert np.allclose(last, swapped) == (n_layers == 1)


def test_another_word_for_positions_is_refused():
    with pytest.raises(ValueError, match="'learned', 'rotary', 'none'; got 'absolute'"):
        make(positions="absolute")
