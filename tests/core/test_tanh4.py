"""The worked example of the course text: its figures to 15 digits, its events and their order."""

from pathlib import Path

import pytest

from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, read
from bptui.core.equations import equation, merged_recursion, step
from bptui.core.paths import running_product

SCENARIO = Path(__file__).parents[2] / "scenarios" / "tanh4.toml"

FIGURES = {
    "u4": -9.00067070026093,
    "u3": -0.0120694555232061,
    "u2": -0.0120694555232061,
    "u1": -0.0241389110464122,
    "W4": -8.99463394807370,
    "W3": -0.0482778220928243,
}
"""∂L/∂ of each, as the issue of the course text has them to 15 digits."""


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    return Timeline(read(SCENARIO))


@pytest.mark.parametrize(("name", "figure"), FIGURES.items())
def test_the_gradients_are_those_of_the_text(timeline: Timeline, name: str, figure: float) -> None:
    gradient = timeline.gradient(name, len(timeline))
    assert float(gradient) == pytest.approx(figure, rel=1e-14)  # type: ignore[arg-type]


def test_loss_factor_and_update_are_those_of_the_text(timeline: Timeline) -> None:
    end = len(timeline)
    through_tanh = timeline.multiplication("a3", 0, end)
    assert float(timeline.value("L", end)) == pytest.approx(40.5060365272678, rel=1e-14)  # type: ignore[arg-type]
    assert through_tanh is not None
    assert float(through_tanh.local.shown) == pytest.approx(0.00134095068302590, rel=1e-14)
    assert float(timeline.value("W4", end)) == pytest.approx(1.89946339480737, rel=1e-14)  # type: ignore[arg-type]


def test_there_is_one_event_for_each_step_in_the_order_of_the_text(timeline: Timeline) -> None:
    kinds = [type(event) for event in timeline.events]
    assert kinds == [Evaluate] * 9 + [Multiply] * 16 + [Update] * 8
    assert Accumulate not in kinds
    steps = [step(timeline.scenario.program, event) for event in timeline.events[9:25]]
    assert "".join(steps) == "ABCDABCDABCDABC"  # the loss has none; below the first layer nobody asked
    towards = [event.variable for event in timeline.events[11:14] if isinstance(event, Multiply)]
    assert towards == ["W4", "b4", "a3"]


def test_a_step_is_said_as_the_text_says_it(timeline: Timeline) -> None:
    program = timeline.scenario.program
    said = {position: str(equation(program, timeline.events[position - 1], {})) for position in (15, 16, 32)}
    assert said[15] == "δ₃ = ∂L/∂a₃ · φ₃′(u₃) = -9.00067 × 0.00134095 = -0.0120694555232061"
    assert said[16] == "∂L/∂W₃ = δ₃ · a₂ = -0.0120695 × 4 = -0.0482778220928243"
    assert said[32] == "W₄ ← W₄ - η ∂L/∂W₄ = 1 - 0.1 × (-8.99463) = 1.89946339480737"


def test_the_merged_recursion_stands_beside_its_two_multiplications(timeline: Timeline) -> None:
    program = timeline.scenario.program
    merged = "δ₃ = (W₄ᵀ δ₄) ⊙ φ₃′(u₃)"
    found = [p for p, event in enumerate(timeline.events, 1) if merged_recursion(program, event) == merged]
    assert found == [14, 15]


def test_the_running_product_is_the_product_of_its_factors(timeline: Timeline) -> None:
    factors = running_product(timeline, 25)
    product = 1.0
    for factor in factors:
        if isinstance(factor.event, Multiply):
            product *= float(factor.event.local.shown)
        assert float(factor.product) == pytest.approx(product, rel=1e-15)
    assert len(factors) == 10
    assert product == pytest.approx(FIGURES["u1"], rel=1e-14)  # ∂L/∂b₁ = δ₁
