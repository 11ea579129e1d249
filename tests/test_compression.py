"""Compression: numbers by hand, bounds that always hold, extreme weights, and a pupil that listens."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnbook import losses, optimizers, training
from nnbook.compression import (
    KeepPruned,
    compress,
    copy_model,
    distillation_loss,
    distillation_targets,
    matrices,
    pruning_mask,
    quantize,
    stored_bytes,
)
from nnbook.gradcheck import numerical_gradient
from nnbook.layers import Linear
from nnbook.mlp import MLP
from nnbook.transformer import Transformer

matrices_of_numbers = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1e308, 1e308, allow_nan=False)
)


class TestQuantize:
    def test_two_bits_are_minus_one_zero_and_one(self):
        small = quantize(np.array([[2.0, -0.4], [0.9, 0.1]]), 2)
        assert small.integers.tolist() == [[1, -1], [0, 0]]
        assert small.dequantize().tolist() == [[2.0, -0.4], [0.0, 0.0]]

    def test_one_scale_for_all_flattens_a_small_column(self):
        weight = np.array([[7.0, 0.3], [1.0, -0.2]])
        assert quantize(weight, 4, grain="matrix").integers[:, 1].tolist() == [0, 0]
        assert quantize(weight, 4).integers[:, 1].tolist() == [7, -5]

    @settings(max_examples=60, deadline=None)
    @given(matrices_of_numbers, st.integers(2, 16), st.sampled_from(["column", "matrix"]))
    def test_no_weight_moves_by_more_than_half_a_scale(self, weight, bits, grain):
        with np.errstate(over="raise", invalid="raise", divide="raise"):
            small = quantize(weight, bits, grain=grain)
            rounded = small.dequantize()
        assert np.abs(small.integers).max() <= 2 ** (bits - 1) - 1
        off = np.abs(rounded / 4 - weight / 4)
        tiny = np.finfo(float).tiny  # below it a scale has few digits of its own
        assert (off <= small.scale / 8 * (1 + 1e-9) + 2**15 * tiny).all()

    @pytest.mark.parametrize(
        ("weight", "bits", "word"),
        [
            (np.ones(3), 8, "must be a matrix"),
            (np.array([[np.nan]]), 8, "NaN or infinity"),
            (np.ones((2, 2)), 1, "bits must be"),
            (np.ones((2, 2)), 7.5, "bits must be"),
        ],
    )
    def test_what_cannot_be_rounded_is_refused(self, weight, bits, word):
        with pytest.raises(ValueError, match=word):
            quantize(weight, bits)


class TestPrune:
    def test_the_smallest_go_across_layers_and_ties_from_the_front(self):
        masks = pruning_mask([np.array([1.0, -3.0]), np.array([[1.0], [0.5]])], 0.5)
        assert masks[0].tolist() == [False, True]
        assert masks[1].tolist() == [[True], [False]]

    @pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), 50])
    def test_a_share_that_is_none_is_refused(self, share):
        with pytest.raises(ValueError, match="share must lie"):
            pruning_mask([np.ones(3)], share)

    def test_pruned_weights_stay_zero_while_the_rest_learns(self):
        rng = np.random.default_rng(0)
        model = MLP([4, 8, 2], rng=rng)
        small = compress(model, pruned=0.7)
        masks = pruning_mask(matrices(model), 0.7)
        before = small.parameters.copy()
        X, y = rng.standard_normal((40, 4)), rng.integers(0, 2, 40)
        training.fit(
            small, X, y, loss=losses.cross_entropy, optimizer=optimizers.Adam(0.01), epochs=3, batch_size=8,
            rng=rng, callbacks=[KeepPruned(small, masks)],
        )  # fmt: skip
        assert all((w[~m] == 0).all() for w, m in zip(matrices(small), masks, strict=True))
        assert not np.array_equal(before, small.parameters)


class TestModels:
    def test_the_original_is_not_touched(self):
        model = MLP([3, 4, 2], rng=np.random.default_rng(0))
        before = model.parameters.copy()
        compress(model, bits=2, pruned=0.5)
        assert np.array_equal(model.parameters, before)

    def test_a_transformer_keeps_its_kind_and_its_layer_norms(self):
        model = Transformer(11, 8, 2, 1, 6, rng=np.random.default_rng(0))
        small = compress(model, bits=4)
        assert small.settings == model.settings
        assert np.array_equal(small.final_norm.parameters, model.final_norm.parameters)
        assert np.array_equal(copy_model(model).parameters, model.parameters)
        tokens = np.arange(6)[None, :]
        assert np.abs(small.forward(tokens) - model.forward(tokens)).max() < 0.1

    def test_another_model_is_refused(self):
        with pytest.raises(TypeError, match="knows MLP and Transformer; got Linear"):
            compress(Linear(2, 2, rng=np.random.default_rng(0)))

    def test_bytes_by_hand(self):
        model = MLP([10, 20, 5], rng=np.random.default_rng(0))  # 300 weights, 25 biases
        assert stored_bytes(model) == 4 * 325
        assert stored_bytes(model, bits=8) == 300 + 4 * 25 + 4 * 25
        assert stored_bytes(model, bits=2, grain="matrix") == 75 + 4 * 25 + 4 * 2
        # 30 kept ones: 300 bits of mask and 30 bytes
        assert stored_bytes(model, bits=8, pruned=0.9) == 68 + 4 * 50
        assert stored_bytes(model, bits=2, pruned=0.1) == stored_bytes(model, bits=2), (
            "a mask would be longer"
        )


class TestDistillation:
    def test_its_gradient_is_its_derivative(self):
        rng = np.random.default_rng(0)
        targets = distillation_targets(rng.standard_normal((5, 3)) * 3, rng.integers(0, 3, 5))
        loss, logits = distillation_loss(temperature=2.5, soft_share=0.6), rng.standard_normal((5, 3))
        numeric = numerical_gradient(lambda: loss(logits, targets)[0], logits)
        assert np.allclose(loss(logits, targets)[1], numeric, atol=1e-7)

    def test_without_the_soft_part_it_is_cross_entropy(self):
        logits, labels = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0, 1])
        value, grad = distillation_loss(soft_share=0.0)(logits, distillation_targets(logits, labels))
        expected, expected_grad = losses.cross_entropy(logits, labels)
        assert value == pytest.approx(expected)
        assert np.allclose(grad, expected_grad)

    def test_huge_logits_do_not_overflow(self):
        targets = distillation_targets(np.array([[1e300, -1e300]]), np.array([0]))
        with np.errstate(over="raise", invalid="raise"):
            value, grad = distillation_loss(temperature=0.5)(np.array([[1e4, -1e4]]), targets)
        assert np.isfinite(value)
        assert np.isfinite(grad).all()

    def test_plain_labels_are_refused(self):
        with pytest.raises(ValueError, match="expected targets of distillation_targets"):
            distillation_loss()(np.zeros((2, 3)), np.array([0, 1]))
        with pytest.raises(ValueError, match="temperature must be"):
            distillation_loss(temperature=0.0)
