"""What is done to gradients before an update rule sees them, decay that it does not see, and where updates stop."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from moves import move, same

from bptui.core.events import Update
from bptui.core.jacobian import Array
from bptui.core.optimizers import RULES, UpdateRule, update
from bptui.core.passes import NotFiniteError

CELLS = st.floats(-100, 100).map(lambda x: round(x, 3))
COLUMN = arrays(np.float64, (3, 1), elements=CELLS)


@given(W=arrays(np.float64, (2, 2), elements=CELLS), b=COLUMN, c=st.floats(1e-3, 1e3))
def test_the_norm_of_all_gradients_is_clipped_and_their_direction_stays(W: Array, b: Array, c: float) -> None:
    zeros = {"W": np.zeros((2, 2)), "b": np.zeros((3, 1))}
    run = move(UpdateRule("gradient_descent", 1.0, clip_norm=c), zeros, [{"W": W, "b": b}], {})
    length = np.sqrt(np.sum(W**2) + np.sum(b**2))
    clipped = [event.quantities["clipped"] for event in run.events]
    assert np.sqrt(sum(np.sum(g**2) for g in clipped)) == pytest.approx(min(length, c), rel=1e-13)
    assert run.events[0].quantities["norm"] == pytest.approx(length, rel=1e-14)
    for g, was in zip(clipped, (W, b), strict=True):
        np.testing.assert_allclose(g, was * min(1.0, c / length if length else 1.0), rtol=1e-13)
        if length < c * (1 - 1e-12):
            np.testing.assert_array_equal(g, was)


def test_the_norm_does_not_overflow_before_it_must() -> None:
    rule = UpdateRule("gradient_descent", 1.0, clip_norm=5.0)
    run = move(rule, {"w": np.zeros((2, 1))}, [{"w": np.array([[3e200], [4e200]])}], {})
    np.testing.assert_allclose(run.parameters["w"], [[-3.0], [-4.0]], rtol=1e-14)


@given(gradient=COLUMN, c=st.floats(1e-3, 1e3))
def test_each_cell_is_clipped(gradient: Array, c: float) -> None:
    run = move(UpdateRule("gradient_descent", 1.0, clip_value=c), {"w": np.zeros((3, 1))}, [{"w": gradient}], {})
    expected = [[math.copysign(min(abs(g), c), g)] for g in gradient.ravel()]
    np.testing.assert_array_equal(run.events[0].quantities["clipped"], expected)


@pytest.mark.parametrize("name", sorted(RULES.keys() - {"adamw"}))
@given(theta=COLUMN, gradient=COLUMN)
def test_weight_decay_is_the_gradient_of_half_the_squares(name: str, theta: Array, gradient: Array) -> None:
    """½ λ Σ θ² has the gradient λ θ."""
    decayed = move(UpdateRule(name, 0.1, weight_decay=0.25), {"w": theta}, [{"w": gradient}], {})
    added = move(UpdateRule(name, 0.1), {"w": theta}, [{"w": gradient + 0.25 * theta}], {})
    assert same(decayed.parameters, added.parameters)
    assert decayed.events[0].gradient is gradient


@given(theta=COLUMN)
def test_decoupled_decay_shrinks_whatever_the_gradient(theta: Array) -> None:
    """Without gradients by the factor 1 - ηλ each time, Loshchilov & Hutter, 2019; the moments know nothing of it."""
    run = move(UpdateRule("adamw", 0.1, weight_decay=0.5), {"w": theta}, [{"w": np.zeros((3, 1))}] * 10, {})
    np.testing.assert_allclose(run.parameters["w"], theta * 0.95**10, rtol=1e-13)
    assert not run.state["w"]["m"].any()


# ---- the first NaN or infinity


@pytest.mark.parametrize(
    ("rule", "gradient"),
    [
        (UpdateRule("gradient_descent", 1e200), 1e200),
        (UpdateRule("gradient_descent", 1e200, weight_decay=0.1), 1e200),
        (UpdateRule("momentum", 1e200), 1e200),
        (UpdateRule("adam", 0.1), 1e200),
        (UpdateRule("rmsprop", 0.1), 1e200),
        (UpdateRule("adagrad", 0.1), 1e200),
    ],
)
def test_the_update_stops_behind_the_first_infinity(rule: UpdateRule, gradient: float) -> None:
    """Also where it is g², and the parameter itself stays finite."""
    parameters = {"a": np.float64(1.0), "b": np.float64(1.0), "c": np.float64(1.0)}
    gradients = {"a": np.float64(0.0), "b": np.float64(gradient), "c": np.float64(0.0)}
    found: list[Update] = []
    with np.errstate(all="ignore"), pytest.raises(NotFiniteError):
        found.extend(update(parameters, gradients, rule, {}, 0))
    assert [event.parameter for event in found] == ["a", "b"]
