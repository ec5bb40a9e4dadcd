"""Convolution and pooling beside PyTorch's, whose examples are the first axis."""

from typing import Any

import numpy as np
import pytest
from oracle.test_losses import compare
from torch import Tensor
from torch.nn import functional

from bptui.core.jacobian import Shape


def first(x: Tensor) -> Tensor:
    """Examples first."""
    return x.movedim(-1, 0)


def last(y: Tensor) -> Tensor:
    return y.movedim(0, -1)


def conv2d(x: Tensor, W: Tensor, **options: int) -> Tensor:
    return last(functional.conv2d(first(x), W, **options))


def max_pool(x: Tensor, size: int = 2, stride: int = 0) -> Tensor:
    return last(functional.max_pool2d(first(x), size, stride or size))


def mean_pool(x: Tensor, size: int = 2, stride: int = 0) -> Tensor:
    return last(functional.avg_pool2d(first(x), size, stride or size))


@pytest.mark.parametrize(
    ("x", "W", "options"),
    [
        ((1, 1, 1, 1), (1, 1, 1, 1), {}),
        ((1, 4, 5, 1), (1, 1, 4, 5), {}),
        ((3, 6, 5, 2), (4, 3, 3, 2), {}),
        ((3, 6, 5, 2), (4, 3, 3, 2), {"stride": 2}),
        ((3, 6, 5, 2), (4, 3, 3, 2), {"padding": 1}),
        ((3, 6, 5, 2), (4, 3, 3, 3), {"stride": 3, "padding": 2}),
        ((2, 7, 6, 3), (2, 2, 2, 3), {"stride": 5, "padding": 2}),
        ((2, 2, 2, 3), (3, 2, 3, 3), {"padding": 3}),
        ((2, 5, 5, 3), (3, 2, 1, 1), {"stride": 4, "padding": 1}),
    ],
    ids=str,
)
def test_a_convolution(x: Shape, W: Shape, options: dict[str, int]) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        compare("conv2d", [rng.normal(size=x), rng.normal(size=W)], options, conv2d, rng)


def test_convolutions_at_random_shapes() -> None:
    for seed in range(40):
        rng = np.random.default_rng(seed)
        channels, kernels, examples = rng.integers(1, 4, 3).tolist()
        height, width = rng.integers(1, 4, 2).tolist()
        padding = int(rng.integers(0, min(height, width) // 2 + 1))
        rows, columns = height + int(rng.integers(0, 4)), width + int(rng.integers(0, 4))
        stride = int(rng.integers(1, 4)) if max(rows, columns) >= 3 else 1
        x, W = rng.normal(size=(channels, rows, columns, examples)), rng.normal(size=(kernels, channels, height, width))
        compare("conv2d", [x, W], {"stride": stride, "padding": padding}, conv2d, rng)


@pytest.mark.parametrize(("name", "theirs"), [("max_pool", max_pool), ("mean_pool", mean_pool)])
@pytest.mark.parametrize(
    ("x", "options"),
    [
        ((1, 2, 2, 1), {}),
        ((3, 6, 4, 2), {}),
        ((2, 5, 7, 3), {}),
        ((2, 5, 7, 2), {"size": 3}),
        ((2, 5, 7, 2), {"size": 3, "stride": 1}),
        ((2, 7, 5, 2), {"size": 3, "stride": 2}),
        ((2, 6, 6, 2), {"size": 2, "stride": 3}),
        ((2, 4, 4, 2), {"size": 4}),
        ((2, 4, 3, 2), {"size": 1}),
    ],
    ids=str,
)
def test_pooling(name: str, theirs: Any, x: Shape, options: dict[str, int]) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        compare(name, [rng.normal(size=x)], options, theirs, rng)


@pytest.mark.parametrize("stride", [1, 2])
def test_of_equal_cells_the_same_one_is_taken(stride: int) -> None:
    """Few different values, so that most windows hold their maximum twice."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.integers(0, 3, (2, 5, 6, 2)).astype(float)
        compare("max_pool", [x], {"size": 2, "stride": stride}, max_pool, rng)
