"""Losses and penalties: published values, digits and kinks, the reduction in numbers and in words, what is refused."""

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from laws import local

from bptui.core.jacobian import Array, Shape
from bptui.core.ops import FUNCTIONS, LOSSES, RULES, ShapeError
from bptui.core.ops.op import OptionError

Rows = list[list[float]]
POINTWISE = [name for name in LOSSES if name != "cross_entropy"]


def apply(name: str, *arguments: Any, **options: Any) -> Any:
    arrays = [np.array(x, dtype=np.float64)[()] for x in arguments]
    return RULES[name].bind(*(x.shape for x in arrays), **options).value(*arrays)


def gradient(name: str, *arguments: Any, position: int = 0, **options: Any) -> list[Any]:
    arrays = [np.array(x, dtype=np.float64)[()] for x in arguments]
    op = RULES[name].bind(*(x.shape for x in arrays), **options)
    downstream: list[Any] = local(op, position, arrays).pull_back(np.float64(1.0)).tolist()
    return downstream


def test_what_a_loss_can_be() -> None:
    assert set(LOSSES) == {
        "half_squared_error", "squared_error", "absolute_error", "huber", "binary_cross_entropy",
        "binary_cross_entropy_logits", "cross_entropy", "hinge",
    }  # fmt: skip
    assert {*LOSSES, "l1", "l2"} <= FUNCTIONS
    assert {RULES[name].options["reduction"] for name in LOSSES} == {"sum"}
    assert RULES["huber"].options["delta"] == 1.0


# ---- values ---------------------------------------------------------------------------------------------------------

SCIKIT: Rows = [[2.5, 0.0, 2.0, 8.0]]
HUBER = ([[0.6, 0.4], [0.4, 0.6]], [[0, 0], [1, 0]])
PUBLISHED: list[tuple[str, Any, Any, dict[str, Any], float, int]] = [
    # scikit-learn, examples of mean_squared_error, mean_absolute_error, log_loss and hinge_loss
    ("squared_error", SCIKIT, [[3, -0.5, 2, 7]], {"reduction": "mean"}, 0.375, 15),
    ("absolute_error", SCIKIT, [[3, -0.5, 2, 7]], {"reduction": "mean"}, 0.5, 15),
    ("binary_cross_entropy", [[0.9, 0.1, 0.2, 0.65]], [[1, 0, 0, 1]], {"reduction": "mean"}, 0.21616, 5),
    ("hinge", [[-2.18, 2.36, 0.09]], [[-1, 1, 1]], {"reduction": "mean"}, 0.30, 2),
    # Keras, example of losses.Huber, which takes the mean of components where we take their sum
    ("huber", *HUBER, {}, 4 * 0.155, 3),
    ("huber", *HUBER, {"reduction": "mean"}, 2 * 0.155, 3),
    # CS231n, Linear Classification, figure "SVM vs. Softmax"
    ("cross_entropy", [[-2.85], [0.86], [0.28]], [[2]], {}, 1.04, 2),
    ("cross_entropy", [[-2.85], [0.86], [0.28]], [[0], [0], [1]], {}, 1.04, 2),
]


@pytest.mark.parametrize(("name", "z", "y", "options", "expected", "digits"), PUBLISHED)
def test_published_values(name: str, z: Any, y: Any, options: dict[str, Any], expected: float, digits: int) -> None:
    assert round(float(apply(name, z, y, **options)), digits) == pytest.approx(expected, abs=1e-15)


def test_huber_is_a_parabola_up_to_delta_and_then_a_line_that_fits() -> None:
    z = [[0.0, 1.0, 2.0, 3.0, -5.0]]
    terms = [0.0, 0.5, 2.0, 2 * 3 - 2, 2 * 5 - 2]
    assert apply("huber", z, [[0.0] * 5], delta=2.0) == sum(terms)
    assert gradient("huber", z, [[0.0] * 5], delta=2.0) == [[0.0, 1.0, 2.0, 2.0, -2.0]]
    assert gradient("huber", z, [[0.0] * 5], delta=2.0, position=1) == [[0.0, -1.0, -2.0, -2.0, 2.0]]
    assert apply("huber", 1e200, 0.0) == 1e200


def test_the_penalties_by_hand() -> None:
    W = [[3.0, -4.0], [0.0, 1.0]]
    assert (apply("l2", W), apply("l1", W)) == (13.0, 8.0)
    assert (gradient("l2", W), gradient("l1", W)) == (W, [[1.0, -1.0], [0.0, 1.0]])
    assert (apply("l2", -3.0), apply("l1", -3.0)) == (4.5, 3.0)
    assert (gradient("l2", -3.0), gradient("l1", -3.0)) == (-3.0, -1.0)


@pytest.mark.parametrize("name", LOSSES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_mean_is_the_sum_over_the_number_of_examples(name: str, data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([(3, 1), (3, 4), (1, 7)] + [(2, 3, 1, 5), ()] * (name != "cross_entropy")))
    z, y = (data.draw(arrays(np.float64, shape, elements=st.floats(0.01, 0.99)))[()] for _ in range(2))
    n = shape[-1] if shape else 1
    assert apply(name, z, y, reduction="mean") == pytest.approx(apply(name, z, y) / n, rel=1e-15)
    for position in (0, 1):
        mean, total = (gradient(name, z, y, position=position, reduction=word) for word in ("mean", "sum"))
        np.testing.assert_allclose(mean, np.array(total) / n, rtol=1e-15)


# ---- digits and kinks -----------------------------------------------------------------------------------------------

ENDS = st.floats(-1000, 1000) | st.sampled_from([0.0, 40.0, -40.0, 1000.0, -1000.0])


@settings(max_examples=20, deadline=None)
@given(arrays(np.float64, (3, 1), elements=ENDS), st.integers(0, 2))
def test_cross_entropy_keeps_its_digits_over_the_whole_range(z: Array, target: int) -> None:
    """Also where the target's probability is nearly 1, so that its loss is nearly 0, and so is p - 1."""
    with localcontext(prec=1000):
        exponentials = [Decimal(float(cell)).exp() for cell in z.ravel()]
        total = sum(exponentials)
        loss = -(exponentials[target] / total).ln()
        slopes = [cell / total - (k == target) for k, cell in enumerate(exponentials)]
    one_hot = (np.arange(3) == target)[:, np.newaxis]
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for y in ([[float(target)]], one_hot):
            assert apply("cross_entropy", z, y) == pytest.approx(float(loss), rel=1e-12, abs=1e-300)
            found = np.ravel(gradient("cross_entropy", z, y))
            np.testing.assert_allclose(found, [float(cell) for cell in slopes], rtol=1e-12, atol=1e-300)


@settings(max_examples=20, deadline=None)
@given(ENDS, st.sampled_from([0.0, 1.0]))
def test_binary_cross_entropy_of_logits_keeps_its_digits_over_the_whole_range(u: float, y: float) -> None:
    with localcontext(prec=1000):
        p = 1 / (1 + Decimal(-u).exp())
        loss = -(p if y else 1 - p).ln()
        slope = float(p - Decimal(y))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert apply("binary_cross_entropy_logits", u, y) == pytest.approx(float(loss), rel=1e-14, abs=1e-300)
        assert gradient("binary_cross_entropy_logits", u, y) == pytest.approx(slope, rel=1e-14, abs=1e-300)


@given(st.floats(-8, 8), st.floats(0, 1))
def test_the_two_binary_cross_entropies_are_one(u: float, y: float) -> None:
    expected = apply("binary_cross_entropy", 1 / (1 + math.exp(-u)), y)
    assert apply("binary_cross_entropy_logits", u, y) == pytest.approx(expected, rel=1e-11, abs=1e-14)


def test_targets_that_do_not_sum_to_one_weigh_the_softmax() -> None:
    """p Σ y - y; with all logits equal p is 1/2."""
    assert gradient("cross_entropy", [[0.0], [0.0]], [[2.0], [1.0]]) == [[-0.5], [0.5]]
    assert gradient("cross_entropy", [[0.0], [0.0]], [[0.0], [3.0]], reduction="mean") == [[1.5], [-1.5]]
    assert gradient("cross_entropy", [[0.0], [0.0]], [[2.0], [1.0]], position=1) == [[math.log(2)]] * 2


def test_a_row_of_logits_with_a_row_of_targets_is_a_distribution_over_one_class() -> None:
    op = RULES["cross_entropy"].bind((1, 3), (1, 3))
    assert (op.classes, op.order) == ({}, (0, 1))
    assert apply("cross_entropy", [[5.0, -7.0, 0.0]], [[1.0, 1.0, 1.0]]) == 0.0


def test_classes_have_no_derivative() -> None:
    op = RULES["cross_entropy"].bind((4, 3), (1, 3))
    assert (op.classes, op.order, len(op.local)) == ({1: 4}, (0,), 2)


KINKS: list[tuple[str, list[Any], list[Any]]] = [
    ("absolute_error", [[[3.0, 1.0]], [[3.0, 3.0]]], [[[0.0, -1.0]], [[0.0, 1.0]]]),
    ("hinge", [[[1.0, 0.5, 2.0]], [[1.0, 1.0, 1.0]]], [[[0.0, -1.0, 0.0]], [[0.0, -0.5, 0.0]]]),
    ("hinge", [[[-1.0, -0.5]], [[-1.0, 1.0]]], [[[0.0, -1.0]], [[0.0, 0.5]]]),
    ("l1", [[[0.0, -2.0]]], [[[0.0, -1.0]]]),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), KINKS)
def test_at_a_kink_the_derivative_is_zero_and_said_to_be(name: str, arguments: list[Any], expected: list[Any]) -> None:
    assert [gradient(name, *arguments, position=i) for i in range(len(arguments))] == expected
    assert "taken as 0" in RULES[name].bind(*(np.shape(x) for x in arguments)).note


# ---- what is said ---------------------------------------------------------------------------------------------------

TEXTS: list[tuple[str, str, str, str, str]] = [
    # loss, formula of a scalar, of arrays, derivatives
    ("half_squared_error", "½({0} - {1})²", "½‖{0} - {1}‖²", "({0} - {1})", "({1} - {0})"),
    ("squared_error", "({0} - {1})²", "‖{0} - {1}‖²", "2 · ({0} - {1})", "2 · ({1} - {0})"),
    ("absolute_error", "|{0} - {1}|", "Σ |{0} - {1}|", "sign({0} - {1})", "sign({1} - {0})"),
    (
        "huber",
        "huber({0} - {1}, δ=1)",
        "Σ huber({0} - {1}, δ=1)",
        "clip({0} - {1}, -1, 1)",
        "clip({1} - {0}, -1, 1)",
    ),
    (
        "binary_cross_entropy_logits",
        "softplus({0}) - {1} · {0}",
        "Σ (softplus({0}) - {1} · {0})",
        "(σ({0}) - {1})",
        "-{0}",
    ),
]


@pytest.mark.parametrize(("name", "scalar", "summed", "for_z", "for_y"), TEXTS)
def test_the_texts_of_a_loss_have_the_number_of_examples(
    name: str, scalar: str, summed: str, for_z: str, for_y: str
) -> None:
    for shape, reduction, formula, share in (
        ((), "mean", scalar, ""),
        ((3, 32), "sum", summed, ""),
        ((3, 1), "mean", summed, ""),
        ((3, 32), "mean", f"{summed}/32", "/32"),
        ((3, 2, 2, 5), "mean", f"{summed}/5", "/5"),
    ):
        op = RULES[name].bind(shape, shape, reduction=reduction)
        assert (op.formula, op.derivatives) == (formula, (for_z + share, for_y + share))


def test_the_texts_of_cross_entropy() -> None:
    bind = RULES["cross_entropy"].bind
    assert bind((3, 32), (3, 32)).formula == "-Σ {1} · log_softmax({0})"
    assert bind((3, 32), (3, 32)).derivatives == ("(softmax({0}) - {1})", "-log_softmax({0})")
    assert bind((3, 32), (1, 32), reduction="mean").formula == "-Σ log_softmax({0})[{1}]/32"
    assert bind((3, 32), (1, 32), reduction="mean").derivatives[0] == "(softmax({0}) - onehot({1}))/32"


@pytest.mark.parametrize("name", LOSSES)
def test_the_words_of_a_loss_say_the_reduction(name: str) -> None:
    for examples, reduction, words in (
        (32, "mean", "the mean over 32 examples: each gets 1/32"),
        (32, "sum", "the sum over 32 examples"),
        (1, "sum", "the sum over 1 example"),
    ):
        half = np.full((3, examples), 0.5)
        op = RULES[name].bind(half.shape, half.shape, reduction=reduction)
        assert [local(op, i, [half, half]).words for i in (0, 1)] == [f"one row: the node is a scalar, {words}"] * 2


def test_the_words_of_a_penalty_say_how_many_weights() -> None:
    for name in ("l1", "l2"):
        words = local(RULES[name].bind((3, 4)), 0, [np.ones((3, 4))]).words
        assert words == "one row: the node is a scalar, the sum over 12 weights"


# ---- what is refused, and dtypes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", POINTWISE)
@pytest.mark.parametrize("shapes", [((3, 1), (3, 2)), ((), (3, 1)), ((3, 1), ()), ((1, 3), (3, 1))])
def test_prediction_and_target_have_one_shape(name: str, shapes: tuple[Shape, Shape]) -> None:
    with pytest.raises(ShapeError, match="the same shape"):
        RULES[name].bind(*shapes)


@pytest.mark.parametrize(
    ("z", "y", "hint"),
    [
        ((), (), "one row for each class"),
        ((3, 2, 2, 5), (3, 2, 2, 5), "one row for each class"),
        ((3, 5), (1, 4), "3×5, distributions, or 1×5, classes"),
        ((3, 5), (5, 1), "3×5, distributions, or 1×5, classes"),
        ((3, 1), (), "3×1, distributions, or 1×1, classes"),
    ],
)
def test_targets_that_cross_entropy_does_not_take(z: Shape, y: Shape, hint: str) -> None:
    with pytest.raises(ShapeError, match=hint):
        RULES["cross_entropy"].bind(z, y)


@pytest.mark.parametrize("name", LOSSES)
def test_a_reduction_that_there_is_not(name: str) -> None:
    with pytest.raises(OptionError, match='"sum" or "mean"'):
        RULES[name].bind((3, 2), (3, 2), reduction="none")


@pytest.mark.parametrize("delta", [0.0, -1.0, math.inf, math.nan])
def test_delta_is_above_zero(delta: float) -> None:
    with pytest.raises(OptionError, match="above 0"):
        RULES["huber"].bind((3, 1), (3, 1), delta=delta)


@pytest.mark.parametrize("shape", [(), (2, 3)])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("name", [*LOSSES, "l1", "l2"])
def test_float32_stays_float32_and_a_loss_is_a_scalar(name: str, reduction: str, shape: Shape) -> None:
    if name == "cross_entropy" and not shape:
        shape = (2, 1)
    arguments = [np.full(shape, 0.3, np.float32)[()] for _ in range(RULES[name].arity)]
    op = RULES[name].bind(*[shape] * len(arguments), **{"reduction": reduction} if name in LOSSES else {})
    value = op.value(*arguments)
    assert isinstance(value, np.float32)
    for i in op.order:
        downstream = op.local[i](value, *arguments).pull_back(np.float32(2.0))
        assert downstream.dtype == np.float32
        assert downstream.shape == shape
        assert isinstance(downstream, np.ndarray if shape else np.generic)
