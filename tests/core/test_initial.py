"""Draws follow their formulas, and depend on nothing but seed, iteration and name."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.initial import RULES, draw_mask, fans, initial, permutation

DRAWN = ("normal", "uniform", "xavier", "he")
SHAPES = [(), (3, 1), (200, 300), (16, 8, 5, 5)]
W, KERNELS = (200, 300), (64, 32, 5, 5)


def within(found: float, expected: float, deviation: float) -> None:
    """A statistic of a fixed draw, at most five of its standard deviations off."""
    assert abs(found - expected) <= 5 * deviation


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((), (1, 1)), ((7, 1), (1, 7)), ((2, 3), (3, 2)), ((16, 8, 3, 5), (8 * 15, 16 * 15))],
)
def test_fans(shape: tuple[int, ...], expected: tuple[int, int]) -> None:
    assert fans(shape) == expected


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_and_type(rule: str, shape: tuple[int, ...]) -> None:
    x = initial(rule, shape, 1, "W")
    assert x.shape == shape
    assert x.dtype == np.float64
    assert isinstance(x, np.ndarray) == (shape != ())


def test_zeros_and_ones() -> None:
    assert np.array_equal(initial("zeros", (2, 1), 0, "b"), [[0.0], [0.0]])
    assert np.array_equal(initial("ones", (2, 1), 0, "b", scale=0.5), [[0.5], [0.5]])


@pytest.mark.parametrize(
    ("rule", "shape", "scale", "bound"),
    [
        ("uniform", W, 0.3, 0.3),
        ("xavier", W, 1.0, math.sqrt(6 / (300 + 200))),
        ("xavier", W, 5 / 3, 5 / 3 * math.sqrt(6 / (300 + 200))),
        ("xavier", KERNELS, 1.0, math.sqrt(6 / (32 * 25 + 64 * 25))),
    ],
)
def test_uniform_draws(rule: str, shape: tuple[int, ...], scale: float, bound: float) -> None:
    x = initial(rule, shape, 5, "W", scale=scale)
    assert np.abs(x).max() <= bound
    assert np.abs(x).max() > bound * (1 - 1e-3)
    within(x.mean(), 0.0, bound / math.sqrt(3 * x.size))
    within((x**2).mean(), bound**2 / 3, bound**2 * math.sqrt(4 / 45 / x.size))  # var x² = b⁴ (1/5 − 1/9)


@pytest.mark.parametrize(
    ("rule", "shape", "scale", "std"),
    [
        ("normal", W, 0.01, 0.01),
        ("he", W, 1.0, math.sqrt(2 / 300)),
        ("he", W, 0.5, 0.5 * math.sqrt(2 / 300)),
        ("he", KERNELS, 1.0, math.sqrt(2 / (32 * 25))),
    ],
)
def test_normal_draws(rule: str, shape: tuple[int, ...], scale: float, std: float) -> None:
    x = initial(rule, shape, 5, "W", scale=scale)
    within(x.mean(), 0.0, std / math.sqrt(x.size))
    within((x**2).mean(), std**2, std**2 * math.sqrt(2 / x.size))  # var x² = 2 σ⁴
    within((np.abs(x) < std).mean(), math.erf(math.sqrt(0.5)), 0.5 / math.sqrt(x.size))


@pytest.mark.parametrize("rule", DRAWN)
def test_a_draw_depends_on_seed_and_name_alone(rule: str) -> None:
    first = initial(rule, (4, 5), 3, "W1")
    initial(rule, (4, 5), 3, "W2")
    np.random.default_rng(3).random(10)
    assert initial(rule, (4, 5), 3, "W1").tobytes() == first.tobytes()
    assert not np.array_equal(initial(rule, (4, 5), 3, "W2"), first)
    assert not np.array_equal(initial(rule, (4, 5), 4, "W1"), first)


def test_the_global_state_of_numpy_is_neither_used_nor_changed() -> None:
    np.random.seed(0)
    expected = np.random.random()
    np.random.seed(0)
    initial("normal", (3, 3), 0, "W")
    draw_mask((3, 3), 0.5, 0, 0, "d")
    permutation(5, 0, 0)
    assert np.random.random() == expected


def test_names_of_any_script_and_large_seeds() -> None:
    assert initial("normal", (), 2**80, "θ").shape == ()
    assert initial("normal", (), 2**80, "θ") != initial("normal", (), 2**80, "ω")
    with pytest.raises(ValueError, match="non-negative"):
        initial("normal", (), -1, "θ")
    with pytest.raises(KeyError):
        initial("glorot", (), 1, "θ")


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_a_mask_drops_with_probability_p_and_keeps_the_mean(p: float) -> None:
    n = 40_000
    mask = draw_mask((200, 200), p, 1, 7, "drop")
    assert set(np.unique(mask)) == ({0.0, 1 / (1 - p)} if p else {1.0})
    within((mask == 0).mean(), p, math.sqrt(p * (1 - p) / n))
    within(mask.mean(), 1.0, math.sqrt(p / (1 - p) / n))  # the variance of a factor is p/(1 − p)


def test_masks_differ_by_iteration_name_and_seed() -> None:
    def one(seed: int, iteration: int, name: str) -> bytes:
        return draw_mask((8, 8), 0.5, seed, iteration, name).tobytes()

    masks = [one(1, 1, "a"), one(1, 2, "a"), one(2, 1, "a"), one(1, 1, "b"), one(2, 2, "a")]
    assert len(set(masks)) == len(masks)
    assert [one(2, 2, "a"), one(1, 1, "b"), one(2, 1, "a"), one(1, 2, "a"), one(1, 1, "a")] == masks[::-1]


def test_a_mask_of_a_scalar_is_a_scalar() -> None:
    assert isinstance(draw_mask((), 0.5, 0, 0, "d"), np.float64)


@given(n=st.integers(1, 200), seed=st.integers(0, 2**40), epoch=st.integers(0, 10_000))
def test_a_permutation_has_every_example_once(n: int, seed: int, epoch: int) -> None:
    order = permutation(n, seed, epoch)
    assert order.dtype == np.intp
    assert np.array_equal(np.sort(order), np.arange(n))
    assert np.array_equal(permutation(n, seed, epoch), order)


def test_each_epoch_has_its_own_order_and_all_are_equally_likely() -> None:
    epochs = 6_000
    counts: dict[bytes, int] = {}
    for epoch in range(epochs):
        order = permutation(3, 0, epoch).tobytes()
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    for count in counts.values():
        within(count, epochs / 6, math.sqrt(epochs * 5 / 36))
