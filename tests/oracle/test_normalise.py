"""Softmax and normalisation beside PyTorch's, whose examples are the first axis."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from oracle.test_losses import compare
from torch import Tensor
from torch.nn import functional

from bptui.core.jacobian import Shape
from bptui.core.ops import RULES
from bptui.core.ops.normalise import statistics

Function: TypeAlias = Callable[..., Tensor]
IMAGES = (3, 2, 4, 5)
EPSILON = 1e-5


def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float = EPSILON) -> Tensor:
    """PyTorch's goes along the last axis."""
    normalised = functional.layer_norm(x.movedim(0, -1), (len(x),), gamma.flatten(), beta.flatten(), eps=epsilon)
    return normalised.movedim(-1, 0)


def batch_norm(x: Tensor, gamma: Tensor, beta: Tensor, epsilon: float = EPSILON) -> Tensor:
    normalised = functional.batch_norm(
        x.movedim(-1, 0), None, None, gamma.flatten(), beta.flatten(), training=True, eps=epsilon
    )
    return normalised.movedim(0, -1)


# fmt: off
CASES: list[tuple[str, Shape, dict[str, Any], Function]] = [
    # op             shape    options            in PyTorch
    ("softmax",      (4, 3),  {},                lambda z: torch.softmax(z, dim=0)),
    ("softmax",      (4, 1),  {},                lambda z: torch.softmax(z, dim=0)),
    ("softmax",      (1, 4),  {},                lambda z: torch.softmax(z, dim=0)),
    ("softmax",      IMAGES,  {},                lambda z: torch.softmax(z, dim=0)),
    ("log_softmax",  (4, 3),  {},                lambda z: torch.log_softmax(z, dim=0)),
    ("log_softmax",  (4, 1),  {},                lambda z: torch.log_softmax(z, dim=0)),
    ("log_softmax",  IMAGES,  {},                lambda z: torch.log_softmax(z, dim=0)),
    ("layer_norm",   (4, 3),  {},                layer_norm),
    ("layer_norm",   (4, 1),  {},                layer_norm),
    ("layer_norm",   (5, 2),  {"epsilon": 0.5},  layer_norm),
    ("layer_norm",   IMAGES,  {},                layer_norm),
    ("batch_norm",   (3, 4),  {},                batch_norm),
    ("batch_norm",   (1, 7),  {},                batch_norm),
    ("batch_norm",   (2, 5),  {"epsilon": 0.5},  batch_norm),
    ("batch_norm",   IMAGES,  {},                batch_norm),
]
# fmt: on


@pytest.mark.parametrize(("name", "shape", "options", "theirs"), CASES)
def test_softmax_and_normalisation(name: str, shape: Shape, options: dict[str, Any], theirs: Function) -> None:
    per_row = (shape[0], *(1 for _ in shape[1:]))
    for seed in range(5):
        rng = np.random.default_rng(seed)
        shapes = (shape, per_row, per_row)[: RULES[name].arity]
        compare(name, [rng.normal(size=s) for s in shapes], options, theirs, rng)


@pytest.mark.parametrize("shape", [(3, 4), IMAGES], ids=str)
def test_batch_norm_with_given_statistics(shape: Shape) -> None:
    """As PyTorch's in an evaluation; and `statistics` are what PyTorch takes up in training, but for its N/(N - 1)."""
    rng = np.random.default_rng(0)
    per_row = (shape[0], *(1 for _ in shape[1:]))
    x = rng.normal(2.0, 3.0, shape)
    gamma, beta, mean = (rng.normal(size=per_row) for _ in range(3))
    variance = rng.uniform(0.1, 2.0, per_row)
    first, g, b, m, v = (torch.tensor(a) for a in (np.moveaxis(x, -1, 0), gamma, beta, mean, variance))
    theirs = functional.batch_norm(first, m.flatten(), v.flatten(), g.flatten(), b.flatten())
    ours = RULES["batch_norm_fixed"].bind(shape, *[per_row] * 4).value(x, gamma, beta, mean, variance)
    np.testing.assert_allclose(ours, theirs.movedim(0, -1), rtol=1e-12, atol=1e-12)

    running_mean, running_variance = torch.zeros(shape[0]).double(), torch.zeros(shape[0]).double()
    functional.batch_norm(first, running_mean, running_variance, training=True, momentum=1.0)
    mean, variance = statistics(x)
    cells = x[0].size
    np.testing.assert_allclose(mean.ravel(), running_mean, rtol=1e-12)
    np.testing.assert_allclose(variance.ravel() * cells / (cells - 1), running_variance, rtol=1e-12)
