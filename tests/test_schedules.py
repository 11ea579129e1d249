import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnbook.schedules import constant, cosine, step_decay


def test_constant():
    assert {constant()(step) for step in (0, 1, 10**6)} == {1.0}


def test_step_decay_by_hand():
    assert [step_decay(3, 0.1)(step) for step in (0, 2, 3, 6)] == pytest.approx([1, 1, 0.1, 0.01])


def test_cosine_by_hand():
    schedule = cosine(10, warm_up_steps=2, final_factor=0.2)
    # warm-up ½, 1; then the cosine over the remaining 8 steps: half way at step 6
    assert [schedule(step) for step in (0, 1, 2, 6, 10, 99)] == pytest.approx([0.5, 1, 1, 0.6, 0.2, 0.2])


@given(st.integers(1, 500), st.integers(0, 499), st.floats(0, 1), st.integers(0, 2000))
def test_cosine_stays_between_its_ends(total, warm_up, final, step):
    if warm_up >= total:
        with pytest.raises(ValueError, match="needs 0 <= warm_up_steps < total_steps"):
            cosine(total, warm_up_steps=warm_up, final_factor=final)
        return
    schedule = cosine(total, warm_up_steps=warm_up, final_factor=final)
    assert 0 <= schedule(step) <= 1
    after = [schedule(s) for s in range(warm_up, total + 2)]
    assert (np.diff(after) <= 1e-12).all()


@pytest.mark.parametrize("settings", [(0, 0.5), (3, 0.0), (3, 1.5), (3, float("nan"))])
def test_step_decays_that_cannot_be(settings):
    with pytest.raises(ValueError, match="every must be at least 1 and factor in"):
        step_decay(*settings)


@pytest.mark.parametrize("final", [-0.1, 1.1])
def test_cosines_that_cannot_be(final):
    with pytest.raises(ValueError, match=r"final_factor in \[0, 1\]"):
        cosine(10, final_factor=final)
