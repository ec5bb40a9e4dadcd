"""Convolution and pooling: small examples done by hand, loops that follow the definition, and what is refused."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import local

from bptui.core.jacobian import Array, Shape
from bptui.core.ops import RULES, ShapeError
from bptui.core.ops.op import OptionError

IMAGE = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
"""1 2 3 / 4 5 6 / 7 8 9."""


def flat(x: Array) -> list[float]:
    return [float(cell) for cell in np.ravel(x)]


# ---- by hand --------------------------------------------------------------------------------------------------------


def test_the_kernel_is_not_turned_around() -> None:
    W = np.array([[1.0, 0.0], [0.0, 10.0]]).reshape(1, 1, 2, 2)
    op = RULES["conv2d"].bind(IMAGE.shape, W.shape)
    assert op.shape == (1, 2, 2, 1)
    assert flat(op.value(IMAGE, W)) == [1 + 50, 2 + 60, 4 + 80, 5 + 90]


def test_with_padding_the_border_sees_zeros() -> None:
    W = np.ones((1, 1, 3, 3))
    op = RULES["conv2d"].bind(IMAGE.shape, W.shape, padding=1)
    assert flat(op.value(IMAGE, W)) == [12, 21, 16, 27, 45, 33, 24, 39, 28]
    assert flat(RULES["conv2d"].bind(IMAGE.shape, W.shape, padding=1, stride=2).value(IMAGE, W)) == [12, 16, 24, 28]


def test_the_weights_gradient_is_the_sum_over_positions_and_examples() -> None:
    x = np.concatenate([IMAGE, 100 * IMAGE], axis=3)
    W = np.zeros((1, 1, 2, 2))
    op = RULES["conv2d"].bind(x.shape, W.shape)
    derivative = local(op, 1, [x, W])
    assert "shared over 2×2 positions and 2 examples: the sum of 8 contributions" in derivative.words
    sums = [1 + 2 + 4 + 5, 2 + 3 + 5 + 6, 4 + 5 + 7 + 8, 5 + 6 + 8 + 9]
    assert flat(derivative.pull_back(np.ones(op.shape))) == [101 * total for total in sums]


def test_the_images_gradient_is_the_kernel_laid_where_the_upstream_is() -> None:
    W = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 1, 2, 2)
    op = RULES["conv2d"].bind(IMAGE.shape, W.shape)
    derivative = local(op, 0, [IMAGE, W])
    upstream = np.zeros(op.shape)
    upstream[0, 1, 0, 0] = 1.0
    assert flat(derivative.pull_back(upstream)) == [0, 0, 0, 1, 2, 0, 3, 4, 0]
    assert flat(derivative.pull_back(np.ones(op.shape))) == [1, 3, 2, 4, 10, 6, 3, 7, 4]
    assert "1 kernel in up to 4 windows, the sum of up to 4 contributions" in derivative.words


def test_the_largest_cell_gets_the_upstream() -> None:
    op = RULES["max_pool"].bind(IMAGE.shape, stride=1)
    derivative = local(op, 0, [-IMAGE])
    assert flat(op.value(-IMAGE)) == [-1, -2, -4, -5]
    upstream = np.array([1.0, 2.0, 3.0, 4.0]).reshape(op.shape)
    assert flat(derivative.pull_back(upstream)) == [1, 2, 0, 3, 4, 0, 0, 0, 0]
    assert "sum" not in derivative.words


def test_a_cell_that_is_the_largest_of_four_windows_gets_four_contributions() -> None:
    peak = np.zeros(IMAGE.shape)
    peak[0, 1, 1, 0] = 1.0
    op = RULES["max_pool"].bind(peak.shape, stride=1)
    derivative = local(op, 0, [peak])
    assert flat(derivative.pull_back(np.ones(op.shape))) == [0, 0, 0, 0, 4, 0, 0, 0, 0]
    assert "the sum of 4 contributions" in derivative.words
    assert flat(derivative.shown) == [0, 0, 0, 0, 4, 0, 0, 0, 0]


def test_of_equal_cells_the_first_of_the_window_is_taken() -> None:
    op = RULES["max_pool"].bind((1, 2, 4, 1))
    x = np.array([[0.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]).reshape(1, 2, 4, 1)
    assert flat(local(op, 0, [x]).pull_back(np.ones(op.shape))) == [0, 1, 1, 0, 0, 0, 0, 0]
    assert "the first of the window, row by row" in op.note


def test_a_mean_gives_equal_shares() -> None:
    op = RULES["mean_pool"].bind(IMAGE.shape, stride=1)
    derivative = local(op, 0, [IMAGE])
    assert flat(op.value(IMAGE)) == [3, 4, 6, 7]
    assert flat(derivative.pull_back(4 * np.ones(op.shape))) == [1, 2, 1, 2, 4, 2, 1, 2, 1]
    assert derivative.words == (
        "the mean of 4 cells of a window: each gets 1/4 of its upstream; of up to 4 windows, the sum of 4 contributions"
    )
    assert "sum" not in local(RULES["mean_pool"].bind(IMAGE.shape), 0, [IMAGE]).words


def test_what_no_window_covers_gets_nothing() -> None:
    for name in ("max_pool", "mean_pool"):
        op = RULES[name].bind(IMAGE.shape)
        assert op.shape == (1, 1, 1, 1)
        downstream = local(op, 0, [IMAGE]).pull_back(np.ones(op.shape))
        assert flat(downstream[:, 2]) + flat(downstream[:, :, 2]) == [0.0] * 6


# ---- by the definition ----------------------------------------------------------------------------------------------


@st.composite
def geometries(draw: st.DrawFn) -> tuple[Shape, Shape, dict[str, int]]:
    """Images, kernels and options that fit."""
    height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    padding = draw(st.integers(0, min(height, width)))
    rows, columns = (draw(st.integers(max(1, k - 2 * padding), 5)) for k in (height, width))
    stride = draw(st.integers(1, min(3, max(rows, columns) + 2 * padding)))
    channels, kernels, examples = (draw(st.integers(1, 2)) for _ in range(3))
    return (
        (channels, rows, columns, examples),
        (kernels, channels, height, width),
        {"stride": stride, "padding": padding},
    )


@given(geometries(), st.integers(0, 100))
def test_a_convolution_is_the_sum_of_its_definition(geometry: tuple[Shape, Shape, dict[str, int]], seed: int) -> None:
    image, kernels, options = geometry
    s, p = options["stride"], options["padding"]
    rng = np.random.default_rng(seed)
    x, W = rng.integers(-9, 9, image).astype(float), rng.integers(-9, 9, kernels).astype(float)
    op = RULES["conv2d"].bind(image, kernels, **options)
    expected = np.zeros(op.shape)
    work = 0
    for o, a, b, n in np.ndindex(*op.shape):
        for c, i, j in np.ndindex(*kernels[1:]):
            h, w = s * a + i - p, s * b + j - p
            work += 1
            if 0 <= h < image[1] and 0 <= w < image[2]:
                expected[o, a, b, n] += W[o, c, i, j] * x[c, h, w, n]
    np.testing.assert_array_equal(op.value(x, W), expected)
    assert op.multiplications == work
    assert op.held == work // kernels[0]  # every window once, whatever the number of kernels


@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_a_pool_goes_over_its_windows(height: int, width: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, min(height, width)))
    stride = data.draw(st.integers(0, max(height, width)))
    x = np.random.default_rng(data.draw(st.integers(0, 100))).integers(-9, 9, (2, height, width, 2)).astype(float)
    s = stride or size
    tops, lefts = range(0, height - size + 1, s), range(0, width - size + 1, s)
    windows = [[x[:, i : i + size, j : j + size] for j in lefts] for i in tops]
    for name, summary in (("max_pool", np.max), ("mean_pool", np.mean)):
        op = RULES[name].bind(x.shape, size=size, stride=stride)
        expected: Any = [[summary(window, axis=(1, 2)) for window in row] for row in windows]
        value = op.value(x)
        assert value.shape == op.shape == (2, len(tops), len(lefts), 2)
        np.testing.assert_allclose(value, np.moveaxis(expected, 2, 0), rtol=1e-15, atol=1e-15)


def test_examples_and_channels_do_not_mix() -> None:
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(2, 4, 4, 3)), rng.normal(size=(2, 2, 3, 3))
    op = RULES["conv2d"].bind(x.shape, W.shape)
    one = RULES["conv2d"].bind((2, 4, 4, 1), W.shape)
    for n in range(3):
        np.testing.assert_allclose(op.value(x, W)[..., n : n + 1], one.value(x[..., n : n + 1], W), rtol=1e-13)
    for name in ("max_pool", "mean_pool"):
        whole, single = RULES[name].bind(x.shape), RULES[name].bind((1, 4, 4, 1))
        part = single.value(x[1:, :, :, 2:])
        np.testing.assert_array_equal(whole.value(x)[1:, :, :, 2:], part)


# ---- texts, and what is refused -------------------------------------------------------------------------------------


def test_the_formulas_have_the_options_as_numbers() -> None:
    conv2d = RULES["conv2d"].bind((1, 5, 5, 2), (1, 1, 3, 3), stride=2, padding=1)
    assert conv2d.formula == "{0} ⋆ {1} (stride 2, padding 1)"
    assert RULES["max_pool"].bind((1, 5, 5, 2)).formula == "max_pool({0}, size=2, stride=2)"
    assert RULES["mean_pool"].bind((1, 5, 5, 2), size=3, stride=1).formula == "mean_pool({0}, size=3, stride=1)"


@pytest.mark.parametrize(
    ("name", "shapes", "hint"),
    [
        ("conv2d", [(3, 3), (1, 1, 2, 2)], "images have 4 axes: .channels, height, width, examples"),
        ("conv2d", [(), ()], "images have 4 axes"),
        ("conv2d", [(1, 3, 3, 1), (2, 2)], "kernels have 4 axes: .out channels, in channels, height, width"),
        ("conv2d", [(3, 3, 3, 1), (1, 2, 2, 2)], "the images have 3 channels, the kernels are for 2"),
        ("conv2d", [(1, 3, 3, 1), (1, 1, 2, 4)], "kernels of 2×4 do not fit into images of 3×3"),
        ("max_pool", [(3, 1)], "images have 4 axes"),
        ("mean_pool", [()], "images have 4 axes"),
    ],
)
def test_shapes_that_do_not_fit(name: str, shapes: list[Shape], hint: str) -> None:
    with pytest.raises(ShapeError, match=hint):
        RULES[name].bind(*shapes)


@pytest.mark.parametrize(
    ("name", "options", "hint"),
    [
        *(("conv2d", {"stride": s}, "stride is from 1 to 4") for s in (0, -1, 5, 10**30)),
        *(("conv2d", {"padding": p}, "padding is from 0 to 2") for p in (-1, 3, 10**30)),
        ("conv2d", {"stride": 9, "padding": 2}, "stride is from 1 to 8"),
        *((name, {"size": s}, "size is from 1 to 3") for name in ("max_pool", "mean_pool") for s in (0, -2, 4, 10**30)),
        *((name, {"stride": -1}, "at least 1, or 0") for name in ("max_pool", "mean_pool")),
        *((name, {"stride": 5}, "stride is from 1 to 4") for name in ("max_pool", "mean_pool")),
    ],
)
def test_options_out_of_range(name: str, options: dict[str, int], hint: str) -> None:
    shapes = [(1, 3, 4, 1), (1, 1, 2, 3)][: RULES[name].arity]
    with pytest.raises(OptionError, match=hint):
        RULES[name].bind(*shapes, **options)


def test_padding_lets_larger_kernels_fit() -> None:
    assert RULES["conv2d"].bind((1, 2, 2, 1), (1, 1, 4, 4), padding=1).shape == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("name", "shapes", "position", "size"),
    [
        ("conv2d", [(1, 34, 34, 1), (1, 1, 3, 3)], 0, "1,024 × 1,156"),
        ("conv2d", [(1, 34, 34, 9), (12, 1, 3, 3)], 1, "110,592 × 108"),
        ("max_pool", [(1, 64, 64, 1)], 0, "1,024 × 4,096"),
        ("mean_pool", [(1, 64, 64, 1)], 0, "1,024 × 4,096"),
    ],
)
def test_a_large_jacobian_is_refused_with_its_size(name: str, shapes: list[Shape], position: int, size: str) -> None:
    derivative = local(RULES[name].bind(*shapes), position, [np.zeros(shape) for shape in shapes])
    with pytest.raises(ValueError, match=size):
        derivative.matrix()
