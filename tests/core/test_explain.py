"""Where a gradient comes from: the whole product, and why each step is what it is."""

import math

import numpy as np
import pytest
from cases import CASES
from gradients import chapter, through

from bptui.core import Accumulate, Multiply, Timeline, parse
from bptui.core.explain import path_factors, whole_product, why
from bptui.core.jacobian import scalar
from bptui.core.ledger import ledger_at
from bptui.core.ops import RULES

SCENARIOS = ["tanh4", "xor", "rnn", "attention", "convolution", "residual"]


# ---- the whole product


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_whole_product_goes_from_one_to_the_gradient(name: str) -> None:
    iteration = chapter(name)
    for variable, index in iteration.completed.items():
        first, *factors = whole_product(iteration, variable)
        assert first.event is None
        assert first.product == 1.0
        product, at = np.ones(1), iteration.program.output
        for factor in factors:
            if isinstance(factor.event, Multiply):
                assert factor.event.node.name == at
                product, at = factor.event.local.matrix().T @ product, factor.event.variable
            else:
                assert isinstance(factor.event, Accumulate)
                assert factor.event.variable == at
                sizes = [float(np.linalg.norm(np.ravel(each))) for each in factor.event.contributions]
                assert np.linalg.norm(product) == pytest.approx(max(sizes))
                product = np.sum(factor.event.contributions, axis=0).reshape(-1, order="F")
            np.testing.assert_allclose(factor.product.reshape(-1, order="F"), product, rtol=1e-12, atol=1e-15)
        assert at == variable
        event = iteration.events[index]
        assert factors[-1].event is event


def test_no_product_where_there_is_no_gradient() -> None:
    assert whole_product(chapter("xor"), "x") == ()
    (one,) = whole_product(chapter("xor"), "L")
    assert one.event is None
    assert one.product == 1.0


def test_the_factors_of_the_paths_add_up() -> None:
    iteration = chapter("rnn")
    last = [path_factors(path, scalar(1.0))[-1].product for path in ledger_at(iteration, "W").listed]
    assert len(last) == 4
    np.testing.assert_allclose(sum(last), whole_product(iteration, "W")[-1].product, rtol=1e-12)


# ---- why


def test_why_there_is_a_transpose() -> None:
    iteration = chapter("xor")
    assert why(iteration.program, through(iteration, "u2", 1)) == [
        "forward, W₂[j, i] carries a₁[i] to u₂[j]",
        "backward, a₁[i] collects from every u₂[j] it fed: down column i of W₂, which is row i of W₂ᵀ: "
        "hence the transpose",
    ]
    assert why(iteration.program, through(iteration, "u2", 0)) == [
        "W₂[i, k] multiplies a₁[k] on its way to u₂[i], so its gradient is δ₂[i] · a₁[k]",
        "row from δ₂, column from a₁: hence the transpose of a₁",
        "a₁ has 4 columns (examples, or tokens): their products are summed",
    ]


def test_why_a_bias_is_a_sum_and_an_activation_is_not() -> None:
    iteration = chapter("xor")
    assert why(iteration.program, through(iteration, "u2", 2)) == [
        "b₂[i] is in each of the 4 columns of u₂: what each of them sends back is summed"
    ]
    (cells,) = why(iteration.program, through(iteration, "a1", 0))
    assert cells.startswith("each cell of a₁ depends on the same cell of u₁ alone")
    convolution = chapter("convolution")
    (bias,) = (each for each in convolution.events if isinstance(each, Multiply) and each.variable == "b")
    assert why(convolution.program, bias) == [
        "each cell of b is in 25 cells of u: what each of them sends back is summed"
    ]


def test_why_contributions_are_added() -> None:
    iteration = chapter("rnn")
    event = iteration.events[iteration.completed["W"]]
    assert isinstance(event, Accumulate)
    assert why(iteration.program, event) == ["W is used 4 times: what each use sends back is added"]


def test_why_a_repeated_factor_is_summed() -> None:
    scenario = parse("program = '''\ny = s * x\nz = sum(y)\n'''\n[parameters]\ns = 2.0\nx = [1.0, 2.0, 3.0]\n")
    iteration = Timeline(scenario).chapter(1)
    assert why(scenario.program, through(iteration, "y", 0)) == [
        "each cell of s is in 3 cells of y: what each of them sends back, ∂z/∂y ⊙ ∂y/∂s, is summed"
    ]


def test_every_step_has_a_reason() -> None:
    assert {case.name for case in CASES} == set(RULES)
    for name in SCENARIOS:
        iteration = chapter(name)
        for event in iteration.events:
            if isinstance(event, Multiply | Accumulate):
                assert all(why(iteration.program, event))


def test_a_backward_pass_that_stopped_is_explained_as_far_as_it_came() -> None:
    scenario = parse("program = '''\nv = exp(w)\ny = v^3\nz = sqrt(y)\n'''\n[parameters]\nw = -800.0\n")  # ∂z/∂y is 1/0
    iteration = Timeline(scenario).chapter(1)
    first, last = whole_product(iteration, "y")
    assert (first.event, float(last.product)) == (None, math.inf)
    assert whole_product(iteration, "w") == ()
