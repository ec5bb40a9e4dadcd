"""Elementwise ops with options beside PyTorch's; where its own forms lose the tails, the tests of the core go on."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from oracle.agreement import TOLERANCE
from oracle.test_losses import compare
from torch import Tensor
from torch.nn import functional

from bptui.core.jacobian import Shape
from bptui.core.ops import RULES

Function: TypeAlias = Callable[..., Tensor]


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    return functional.leaky_relu(x, slope)


def softplus(x: Tensor) -> Tensor:
    """PyTorch's own is x above a threshold, where that is not yet so."""
    return functional.softplus(x, threshold=700.0)


def gelu_tanh(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")


# fmt: off
CASES: list[tuple[str, dict[str, Any], Function]] = [
    # op            options          in PyTorch
    ("tan",         {},              torch.tan),
    ("softplus",    {},              softplus),
    ("leaky_relu",  {},              leaky_relu),
    ("leaky_relu",  {"slope": 0.3},  leaky_relu),
    ("leaky_relu",  {"slope": 0.0},  leaky_relu),
    ("elu",         {},              functional.elu),
    ("elu",         {"alpha": 0.3},  functional.elu),
    ("elu",         {"alpha": 20.0}, functional.elu),
    ("gelu",        {},              functional.gelu),
    ("gelu_tanh",   {},              gelu_tanh),
    ("silu",        {},              functional.silu),
    ("maximum",     {},              torch.maximum),
    ("minimum",     {},              torch.minimum),
    ("dropout",     {},              torch.mul),
]
# fmt: on


@pytest.mark.parametrize("shape", [(), (4, 1), (3, 4), (2, 3, 1, 2)], ids=str)
@pytest.mark.parametrize(("name", "options", "theirs"), CASES)
def test_an_elementwise_op(name: str, options: dict[str, Any], theirs: Function, shape: Shape) -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        arguments = [np.asarray(rng.normal(size=shape))[()] for _ in range(RULES[name].arity)]
        compare(name, arguments, options, theirs, rng)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_the_larger_and_the_smaller_where_arguments_are_repeated(name: str) -> None:
    rng = np.random.default_rng(0)
    for shapes in ([(3, 1), (3, 4)], [(1, 4), (3, 1)], [(), (3, 4)]):
        compare(name, [np.asarray(rng.normal(size=shape))[()] for shape in shapes], {}, getattr(torch, name), rng)


@pytest.mark.parametrize(("name", "options", "theirs"), [case for case in CASES if RULES[case[0]].arity == 1])
def test_far_from_zero(name: str, options: dict[str, Any], theirs: Function) -> None:
    """At ±1000 and between: the value to 1e-12 of |x| + |f|, the slope to 1e-12 of 1 + |x f′| where that is larger."""
    x = np.array([-1000.0, -300.0, -40.0, -7.0, -0.0, 0.0, 7.0, 40.0, 300.0, 1000.0]).reshape(-1, 1)
    op = RULES[name].bind(x.shape, **options)
    leaf = torch.tensor(x, requires_grad=True)
    f = theirs(leaf, **options)
    f.sum().backward()  # type: ignore[no-untyped-call]
    assert leaf.grad is not None
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = op.value(x)
        slope = op.local[0](value, x).shown
    expected, expected_slope = f.detach().numpy(), leaf.grad.numpy()
    assert (abs(value - expected) <= TOLERANCE * (abs(x) + abs(expected))).all()
    assert (abs(slope - expected_slope) <= TOLERANCE * (1.0 + abs(x * expected_slope))).all()
