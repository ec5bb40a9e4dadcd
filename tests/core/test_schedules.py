"""Schedules: rates computed by hand, and update rules with all their extras as text."""

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from moves import move

from bptui.core.optimizers import RULES, UpdateRule, equations, rate
from bptui.core.schedules import SCHEDULES, Schedule

# fmt: off
RATES: list[tuple[Schedule | None, list[float]]] = [
    # from η₀ = 1
    (None,                                              [1.0, 1.0, 1.0]),
    (Schedule("step", every=2, factor=0.5),             [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125]),
    (Schedule("step", every=1, factor=0.5, warmup=2),   [0.5, 0.5, 0.25, 0.125]),
    (Schedule("cosine", over=4),                        [1.0, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4, 0.0, 0.0]),
    (Schedule("cosine", over=3, minimum=0.2),           [1.0, 0.8, 0.4, 0.2, 0.2]),
    (Schedule("cosine", over=3, minimum=0.2, warmup=4), [0.25, 0.4, 0.3, 0.2, 0.2]),
    (Schedule("warmup", over=4),                        [0.25, 0.5, 0.75, 1.0, 1.0]),
    (Schedule("warmup", over=1),                        [1.0, 1.0]),
]
# fmt: on


@pytest.mark.parametrize(("schedule", "rates"), RATES)
def test_rates_by_hand(schedule: Schedule | None, rates: list[float]) -> None:
    found = [rate(UpdateRule("gradient_descent", 1.0, schedule=schedule), t) for t in range(len(rates))]
    assert found == pytest.approx(rates, rel=1e-15, abs=0)


@pytest.mark.parametrize("name", RULES)
def test_the_rate_of_an_event_is_that_of_its_iteration(name: str) -> None:
    rule = UpdateRule(name, 0.5, schedule=Schedule("warmup", over=4))
    run = move(rule, {"w": np.float64(1.0)}, [{"w": np.float64(1.0)}] * 5, {})
    assert [event.quantities["rate"] for event in run.events] == [0.125, 0.25, 0.375, 0.5, 0.5]


@given(st.integers(1, 1000), st.floats(0, 1), st.floats(1e-6, 10))
def test_a_cosine_only_ever_goes_down_and_ends_at_its_minimum(over: int, minimum: float, eta: float) -> None:
    assume(minimum <= eta)
    rule = UpdateRule("adam", eta, schedule=Schedule("cosine", over=over, minimum=minimum))
    rates = [rate(rule, t) for t in range(over + 3)]
    assert all(later <= earlier for earlier, later in pairwise(rates))
    assert rates[over:] == [minimum] * 3


def test_near_its_end_a_cosine_keeps_its_digits() -> None:
    """½(1 + cos(π - x)) is x²/4 for small x."""
    rule = UpdateRule("adam", 1.0, schedule=Schedule("cosine", over=10**6))
    assert rate(rule, 10**6 - 1) == pytest.approx((math.pi * 1e-6) ** 2 / 4, rel=1e-11)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_schedule_depends_on_its_settings_and_no_others(kind: str) -> None:
    usual = Schedule(kind, every=3, factor=0.5, over=7, minimum=0.1, warmup=0)
    numbers = {"every": 2, "factor": 0.25, "over": 5, "minimum": 0.2, "warmup": 4}
    row = SCHEDULES[kind]

    def rates(schedule: Schedule) -> list[float]:
        return [rate(UpdateRule("adam", 1.0, schedule=schedule), t) for t in range(10)]

    changed = {
        key: msgspec.structs.replace(usual, **{key: x}) for key, x in numbers.items() if key in (*row.needs, *row.may)
    }
    assert all(rates(schedule) != rates(usual) for schedule in changed.values())
    texts = {equations(UpdateRule("adam", 1.0, schedule=schedule)) for schedule in (usual, *changed.values())}
    assert len(texts) == len(changed) + 1
    for key in ("every", "factor", "over", "minimum"):
        if key not in changed:
            assert rates(msgspec.structs.replace(usual, **{key: numbers[key]})) == rates(usual)


# ---- as text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (UpdateRule("gradient_descent", 0.1), ["θ ← θ - η g"]),
        (
            UpdateRule("nesterov", 0.1, clip_norm=5.0, weight_decay=0.1, schedule=Schedule("step", every=10, warmup=5)),
            [
                "η = η₀ · 0.1^⌊t/10⌋",
                "η ← η · min(1, (t + 1)/5)",
                "g ← g · min(1, 5/‖∇L‖)",
                "g ← g + λ θ",
                "v ← μ v + g",
                "θ ← θ - η (g + μ v)",
            ],
        ),
        (
            UpdateRule("adamw", 0.1, clip_value=0.5, weight_decay=0.1, schedule=Schedule("cosine", over=9)),
            [
                "η = ½ η₀ (1 + cos(π min(t, 9)/9))",
                "g ← min(max(g, -0.5), 0.5)",
                "m ← β₁ m + (1 - β₁) g",
                "v ← β₂ v + (1 - β₂) g²",
                "m̂ = m/(1 - β₁ᵗ⁺¹)",
                "v̂ = v/(1 - β₂ᵗ⁺¹)",
                "θ ← θ - η λ θ - η m̂/(√v̂ + ε)",
            ],
        ),
        (
            UpdateRule("rmsprop", 0.1, schedule=Schedule("cosine", over=9, minimum=0.01)),
            [
                "η = 0.01 + ½ (η₀ - 0.01) (1 + cos(π min(t, 9)/9))",
                "v ← ρ v + (1 - ρ) g²",
                "θ ← θ - η g/(√v + ε)",
            ],
        ),
    ],
)
def test_the_equations_have_the_extras_in_their_order(rule: UpdateRule, text: list[str]) -> None:
    assert list(equations(rule)) == text
