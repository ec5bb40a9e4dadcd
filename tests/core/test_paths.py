"""The running product: its factors multiply to what the chain rule has come to, from the loss or an addition on."""

from pathlib import Path

import numpy as np
import pytest

from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, parse, read
from bptui.core.paths import Factor, running_product

FOLDER = Path(__file__).parents[2] / "scenarios"
CHAINS = ["exploding", "jacobian", "layers4", "modules", "nested4", "sin_x2", "tanh4", "vanishing"]
"""Scenarios in which nothing is used twice."""
X = "\n[input]\nx = 0.75\n"


def products(timeline: Timeline) -> list[tuple[int, tuple[Factor, ...]]]:
    """The running product at each position of the backward pass."""
    backward = (p for p in range(1, len(timeline) + 1) if timeline.events[p - 1].phase == "backward")
    return [(position, running_product(timeline, position)) for position in backward]


@pytest.mark.parametrize("name", CHAINS)
def test_each_factor_takes_the_product_so_far_one_jacobian_further(name: str) -> None:
    timeline = Timeline(read(FOLDER / f"{name}.toml"))
    for position, factors in products(timeline):
        product = np.ones(1)
        for factor in factors[1:]:
            assert isinstance(factor.event, Multiply)
            product = factor.event.local.matrix().T @ product
            np.testing.assert_allclose(factor.product.reshape(-1, order="F"), product, rtol=1e-12, atol=1e-300)
        event = timeline.events[position - 1]
        assert isinstance(event, Multiply)
        assert factors[-1].event is event
        assert factors[-1].product is event.downstream
        assert factors[0].event is None
        assert factors[0].product == 1.0


@pytest.mark.parametrize("name", CHAINS)
def test_the_factors_lie_on_one_route(name: str) -> None:
    timeline = Timeline(read(FOLDER / f"{name}.toml"))
    for _, factors in products(timeline):
        steps = [factor.event for factor in factors if isinstance(factor.event, Multiply)]
        towards = [step.variable for step in steps[:-1]]
        assert [step.node.name for step in steps] == [timeline.scenario.program.output, *towards]


def test_the_factors_of_scalars_are_multiplied_by_hand() -> None:
    """∂z/∂x of exp(log((3x)²)): 1, z, 1/v, 2u, 3."""
    timeline = Timeline(read(FOLDER / "nested4.toml"))
    factors = running_product(timeline, len(timeline))
    x = 2.0
    u = 3 * x
    local = [u**2, 1 / u**2, 2 * u, 3.0]
    assert [
        float(factor.event.local.shown) for factor in factors if isinstance(factor.event, Multiply)
    ] == pytest.approx(local)
    assert [float(factor.product) for factor in factors] == pytest.approx([1.0, *np.cumprod(local)])
    assert float(factors[-1].product) == pytest.approx(18 * x)


def test_what_is_added_up_begins_a_new_product() -> None:
    timeline = Timeline(parse("program = '''\nv = exp(x)\nw = sin(v)\nz = v*w\n'''" + X))
    v = np.exp(0.75)
    total = np.sin(v) + v * np.cos(v)  # ∂z/∂v by its two routes
    *_, last = products(timeline)
    first, second = last[1]
    assert isinstance(first.event, Accumulate)
    assert first.event.variable == "v"
    assert float(first.product) == pytest.approx(total)
    assert float(second.product) == pytest.approx(total * v)


def test_an_addition_is_a_product_of_one_factor() -> None:
    timeline = Timeline(parse("program = 'z = x*x'" + X))
    position = len(timeline)
    (factor,) = running_product(timeline, position)
    assert isinstance(factor.event, Accumulate)
    assert factor.event is timeline.events[-1]
    assert float(factor.product) == 1.5


def test_elsewhere_there_is_no_product() -> None:
    timeline = Timeline(read(FOLDER / "tanh4.toml"))
    elsewhere = [p for p in range(1, len(timeline) + 1) if isinstance(timeline.events[p - 1], Evaluate | Update)]
    assert len(elsewhere) == 17
    assert {running_product(timeline, position) for position in (0, *elsewhere)} == {()}
