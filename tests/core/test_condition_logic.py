"""Conditions calculate and compare as NumPy does, and keep to the laws of logic."""

import math

import numpy as np
import pytest
from holding import TIMELINES, held
from hypothesis import given, settings
from hypothesis import strategies as st

# ---- numbers


@pytest.mark.parametrize(
    "text",
    [
        "1 - 2 - 3 == -4",
        "2 + 3 * 4 == 14",
        "8 / 4 / 2 == 1",
        "(2 + 3) * -4 == -20",
        "|1 - |2 - 5|| == 2",
        "‖-3‖ == abs(-3)",
        "1 / 0 > 1e308",
        "0 / 0 != 0 / 0",
        "1 ≤ 1 and 1 ≥ 1 and 1 ≠ 2",
        "1 > 2 and 1 > 2 or 1 < 2",
        "not 1 > 2 and not 2 > 3",
        "not (1 < 2 and 1 > 2)",
    ],
)
def test_arithmetic(text: str) -> None:
    assert len(held(TIMELINES["tanh4"], text)) == 33


def test_an_array_compares_true_where_any_cell_does() -> None:
    timeline = TIMELINES["dead_relu"]
    x = np.array([[0.5, 1.0, -0.5], [1.0, -1.0, 0.5]])
    u = np.array([[0.8, 0.4], [0.6, -0.3]]) @ x + np.array([[0.1], [-5.0]])
    for number in map(float, (u.min(), u.mean(), u.max())):
        for function, value in (("", u.max()), ("max", u.max()), ("min", u.min()), ("mean", u.mean())):
            assert held(timeline, f"{function}(u1) > {number - 1e-9!r}") == ["u1"] * bool(value > number - 1e-9)
    assert held(timeline, f"norm(u1) > {math.sqrt(np.sum(u * u)) - 1e-9!r}") == ["u1"]
    assert held(timeline, "u1 > 0 and u1 < 0") == ["u1"]


def test_a_comparison_with_what_an_event_does_not_bring_is_unknown() -> None:
    timeline = TIMELINES["tanh4"]
    assert held(timeline, "total == 0") == held(timeline, "total != 0") == []
    assert held(timeline, "not total != 0") == []  # unknown, and so is its opposite
    assert held(timeline, "total < 0 or L > 0") == ["L"]
    assert held(timeline, "not (total < 0 and W1)") == held(timeline, "not W1")
    assert held(timeline, "not (total < 0 or W1)") == []


def test_arrays_of_unequal_shapes_compare_false_and_a_scalar_fits() -> None:
    """δ is 1×3; ∂L/∂W is 1×2 or 2×2, ∂L/∂b and ∂L/∂a have the shapes of b and a."""
    either = "upstream < downstream or upstream >= downstream"
    scalar_or_equal = ["L → z", "z → u2", "a1 → u1"]
    assert held(TIMELINES["dead_relu"], either) == scalar_or_equal
    assert held(TIMELINES["dead_relu"], "upstream - downstream < 1e9") == scalar_or_equal


# ---- laws

ATOMS = [
    "|product| < 1e-2",
    "local == 0",
    "a1",
    "layer 1",
    "loss < 0.1",
    "nan",
    "shape changed",
    "backward",
    "total != 0",
    "iteration 1",
    "delta1",
    "norm(result) > 1",
    "line 2",
]
conditions = st.recursive(
    st.sampled_from(ATOMS),
    lambda c: st.one_of(
        c.map(lambda x: f"not ({x})"),
        st.tuples(c, st.sampled_from(["and", "or"]), c).map(lambda x: f"({x[0]}) {x[1]} ({x[2]})"),
    ),
    max_leaves=4,
)


@settings(max_examples=40)
@given(conditions, st.sampled_from(["dead_relu", "xor", "tanh4"]))
def test_twice_not_is_nothing(c: str, name: str) -> None:
    timeline = TIMELINES[name]
    assert held(timeline, f"not not ({c})") == held(timeline, c)
    assert not {*held(timeline, c)} & {*held(timeline, f"not ({c})")}


@settings(max_examples=40)
@given(st.sampled_from(ATOMS), conditions, st.sampled_from(["dead_relu", "xor", "tanh4"]))
def test_de_morgan(a: str, b: str, name: str) -> None:
    timeline = TIMELINES[name]
    assert held(timeline, f"not ({a} and ({b}))") == held(timeline, f"not {a} or not ({b})")
    assert held(timeline, f"not ({a} or ({b}))") == held(timeline, f"not {a} and not ({b})")
    assert {*held(timeline, f"{a} and ({b})")} == {*held(timeline, a)} & {*held(timeline, b)}
