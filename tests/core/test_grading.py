"""Predictions: mistakes that are worked out here in NumPy get their names, and what is right is never one of them."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Multiply, Timeline, parse, read
from bptui.core.chapter import Chapter
from bptui.core.grading import Answer, Grade, Score, add, grade, parse_answer, summary
from bptui.core.jacobian import Array
from bptui.core.mistakes import CATALOGUE

FOLDER = Path(__file__).parents[2] / "scenarios"

PHI_MISSING = "φ′ is missing: the upstream was passed on unchanged"
LOCAL_MISSING = "the local derivative is missing: the upstream was passed on unchanged"
AT_A = "φ′ taken at a instead of u"
ACTIVATION = "the activation instead of its derivative"
TRANSPOSE = "a transpose is missing or too much"
MEAN, SUM = "mean instead of sum", "sum instead of mean"
OTHER = "the derivative with respect to the other argument"
ADDED = "added where the chain rule multiplies"
DIVIDED = "divided instead of multiplied"


@cache
def shipped(name: str) -> Chapter:
    """The first iteration of a scenario that ships with it."""
    return Timeline(read(FOLDER / f"{name}.toml")).chapter(1)


def chapter_of(text: str) -> Chapter:
    return Timeline(parse(text)).chapter(1)


def towards(chapter: Chapter, node: str, variable: str) -> int:
    """The index of the multiplication through a node to a variable."""
    found = [
        index
        for index, event in enumerate(chapter.events)
        if isinstance(event, Multiply) and (event.node.name, event.variable) == (node, variable)
    ]
    assert len(found) == 1
    return found[0]


def graded(chapter: Chapter, node: str, variable: str, cell: tuple[int, ...], x: float) -> Grade:
    """The grade of x with six digits."""
    return grade(chapter, towards(chapter, node, variable), cell, parse_answer(f"{x:#.6g}"))


def every_cell(chapter: Chapter) -> list[tuple[int, tuple[int, ...]]]:
    return [
        (index, cell)
        for index, event in enumerate(chapter.events)
        if isinstance(event, Multiply)
        for cell in np.ndindex(event.downstream.shape)
    ]


# ---- the worked example: u₃ = 4, a₃ = tanh 4, L = ½ (a₃ - 10)²

A = math.tanh(4.0)
SLOPE = 1.0 / math.cosh(4.0) ** 2
UPSTREAM = A - 10.0


@pytest.mark.parametrize(
    ("x", "name"),
    [
        (UPSTREAM, PHI_MISSING),
        (-UPSTREAM * SLOPE, "the sign"),
        (-SLOPE, "the sign"),
        (UPSTREAM / math.cosh(A) ** 2, AT_A),
        (1.0 / math.cosh(A) ** 2, AT_A),
        (UPSTREAM * A, ACTIVATION),  # 0.07% from the upstream alone: the nearest is named
        (2.0 * UPSTREAM * SLOPE, "a factor of 2"),
        (0.5 * SLOPE, "a factor of ½"),
        (UPSTREAM / SLOPE, DIVIDED),
        (123.0, ""),
    ],
)
def test_mistakes_through_tanh(x: float, name: str) -> None:
    found = graded(shipped("tanh4"), "a3", "u3", (), x)
    assert found.mistake == name
    assert not found.right
    assert found.as_what == ""
    assert found.expected == pytest.approx(UPSTREAM * SLOPE, rel=1e-12)
    assert found.expected_local == pytest.approx(SLOPE, rel=1e-12)


def test_the_rule_that_applies() -> None:
    assert graded(shipped("tanh4"), "a3", "u3", (), 1.0).rule == ("δ₃ = ∂L/∂a₃ · φ₃′(u₃)\nφ₃′(u₃) = sech²(u₃)")
    assert graded(shipped("layers4"), "u2", "W2", (0, 1), 1.0).rule == (
        "∂L/∂W₂ = δ₂ a₁ᵀ\n∂u₂/∂W₂ = a₁; an outer product: each weight sees its own upstream cell and its own input"
    )


def test_the_local_derivative_and_the_product_are_both_right() -> None:
    chapter = shipped("tanh4")
    assert graded(chapter, "a3", "u3", (), UPSTREAM * SLOPE).as_what == "product"
    assert graded(chapter, "a3", "u3", (), SLOPE).as_what == "local derivative"
    assert graded(chapter, "u4", "W4", (), A).as_what == "local derivative"


PRODUCT = "program = '''\np = x * y\nq = p / r\nL = sin(q)\n'''\n[input]\nx = 3.0\ny = 7.0\nr = 5.0\n"


@pytest.mark.parametrize(
    ("node", "variable", "x", "name"),
    [
        ("p", "x", math.cos(4.2) / 5 * 3, OTHER),
        ("p", "y", math.cos(4.2) / 5 * 7, OTHER),
        ("p", "x", 3.0, OTHER),
        ("p", "x", math.cos(4.2) / 5, LOCAL_MISSING),
        ("p", "x", math.cos(4.2) / 5 + 7, ADDED),
        ("p", "x", math.cos(4.2) / 5 / 7, DIVIDED),
        ("q", "r", math.cos(4.2) * 21 / 25, "the sign"),
        ("q", "p", math.cos(4.2) * -21 / 25, OTHER),
        ("L", "q", math.sin(4.2), ACTIVATION),
    ],
)
def test_mistakes_of_scalars(node: str, variable: str, x: float, name: str) -> None:
    assert graded(chapter_of(PRODUCT), node, variable, (), x).mistake == name


# ---- matrices: 4 - 5 - 4 - 3 - 2 units


def layers4() -> dict[str, Array]:
    """The values and gradients of the scenario, by hand."""
    scenario = read(FOLDER / "layers4.toml")
    p, x, y = scenario.parameters, scenario.given["x"], scenario.given["y"]
    found: dict[str, Array] = {**p}
    found["u1"] = p["W1"] @ x + p["b1"]
    found["a1"] = np.tanh(found["u1"])
    found["u2"] = p["W2"] @ found["a1"] + p["b2"]
    found["a2"] = 1 / (1 + np.exp(-found["u2"]))
    found["u3"] = p["W3"] @ found["a2"] + p["b3"]
    found["a3"] = np.tanh(found["u3"])
    found["d4"] = p["W4"] @ found["a3"] + p["b4"] - y
    found["da3"] = p["W4"].T @ found["d4"]
    found["d3"] = found["da3"] * (1 - found["a3"] ** 2)
    found["da2"] = p["W3"].T @ found["d3"]
    found["d2"] = found["da2"] * found["a2"] * (1 - found["a2"])
    return found


def sigmoid_slope(x: float) -> float:
    return math.exp(-x) / (1 + math.exp(-x)) ** 2


@pytest.mark.parametrize("cell", [(0, 0), (1, 0), (2, 0), (3, 0)])
def test_mistakes_through_a_layer_of_sigmoids(cell: tuple[int, int]) -> None:
    v = layers4()
    upstream, u, a = float(v["da2"][cell]), float(v["u2"][cell]), float(v["a2"][cell])
    right = upstream * sigmoid_slope(u)
    for x, name in [
        (right, ""),
        (sigmoid_slope(u), ""),
        (upstream, PHI_MISSING),
        (-right, "the sign"),
        (upstream * sigmoid_slope(a), AT_A),
        (upstream * a, ACTIVATION),
        (2 * right, "a factor of 2"),
        (right / 2, "a factor of ½"),
        (upstream + sigmoid_slope(u), ADDED),
        (upstream / sigmoid_slope(u), DIVIDED),
    ]:
        found = graded(shipped("layers4"), "a2", "u2", cell, x)
        assert (found.mistake, found.right) == (name, name == "")
        assert found.expected == pytest.approx(right, rel=1e-9)


def test_transposed_outer_product() -> None:
    v = layers4()
    product = v["d2"] @ v["a1"].T
    for cell in [(0, 1), (2, 3), (3, 2)]:
        found = graded(shipped("layers4"), "u2", "W2", cell, float(product[cell]))
        assert (found.as_what, found.expected_local) == ("product", None)
        assert graded(shipped("layers4"), "u2", "W2", cell, float(product.T[cell])).mistake == TRANSPOSE


SQUARE = "program = '''\nu = W @ a\nL = half_squared_error(u, y)\n'''\n[input]\na = [1.0, -2.0, 0.5]\n"
SQUARE += "[target]\ny = [0.3, 0.2, -0.7]\n[parameters]\nW = [[2, 3, 5], [7, 11, 13], [17, 19, 23]]\n"


def test_a_matrix_that_was_not_transposed() -> None:
    chapter = chapter_of("wrt = ['W', 'a']\n" + SQUARE)
    W = np.array([[2.0, 3, 5], [7, 11, 13], [17, 19, 23]])
    upstream = W @ [[1.0], [-2], [0.5]] - [[0.3], [0.2], [-0.7]]
    for cell in [(0, 0), (1, 0), (2, 0)]:
        assert graded(chapter, "u", "a", cell, float((W.T @ upstream)[cell])).right
        assert graded(chapter, "u", "a", cell, float((W @ upstream)[cell])).mistake == TRANSPOSE
        assert graded(chapter, "u", "a", cell, float(upstream[cell])).mistake == LOCAL_MISSING


def test_a_transposed_node() -> None:
    chapter = shipped("attention")
    index = towards(chapter, "S·1", "K")
    event = chapter.events[index]
    assert isinstance(event, Multiply)
    for cell in [(0, 1), (1, 0)]:
        assert grade(chapter, index, cell, Answer(float(event.upstream[cell[::-1]]))).right
        assert grade(chapter, index, cell, Answer(float(event.upstream[cell]))).mistake == TRANSPOSE


# ---- a batch: three outputs, five examples

BATCH = "program = '''\nu = W @ x + b\nL = squared_error(u, y{reduction})\n'''\n"
BATCH += "[input]\nx = [[1, 2, -1, 0.5, 3], [0.2, -1, 4, 2, 1]]\n"
BATCH += "[target]\ny = [[1, 0, 0.5, 2, 1], [0, 1, 1, 3, -2], [2, -1, 0.25, 1, 4]]\n"
BATCH += "[parameters]\nW = [[0.5, -1], [2, 0.3], [-0.7, 1.1]]\nb = [0.1, 0.2, -0.3]\n"


def errors() -> tuple[Array, Array]:
    """2 (u - y), the derivative of the sum, and x."""
    x = np.array([[1, 2, -1, 0.5, 3], [0.2, -1, 4, 2, 1]])
    y = np.array([[1, 0, 0.5, 2, 1], [0, 1, 1, 3, -2], [2, -1, 0.25, 1, 4]])
    return 2 * (np.array([[0.5, -1], [2, 0.3], [-0.7, 1.1]]) @ x + [[0.1], [0.2], [-0.3]] - y), x


def test_the_mean_of_a_loss_that_is_summed() -> None:
    chapter, (e, x) = chapter_of(BATCH.format(reduction="")), errors()
    for divisor in (5, 3, 15):  # the examples, the components, all cells
        assert graded(chapter, "L", "u", (1, 2), e[1, 2] / divisor).mistake == MEAN
    assert graded(chapter, "L", "u", (1, 2), e[1, 2] * 5).mistake == ""
    assert graded(chapter, "L", "u", (1, 2), e[1, 2] / 2).mistake == "a factor of ½"
    assert graded(chapter, "u", "b", (1, 0), e[1].sum()).right
    assert graded(chapter, "u", "b", (1, 0), e[1].mean()).mistake == MEAN
    assert graded(chapter, "u", "W", (2, 1), e[2] @ x[1]).right
    assert graded(chapter, "u", "W", (2, 1), e[2] @ x[1] / 5).mistake == MEAN


def test_the_sum_of_a_loss_that_is_a_mean() -> None:
    chapter, (e, _) = chapter_of(BATCH.format(reduction=", reduction=mean")), errors()
    assert graded(chapter, "L", "u", (0, 3), e[0, 3] / 5).right
    assert graded(chapter, "L", "u", (0, 3), e[0, 3]).mistake == SUM
    assert graded(chapter, "L", "u", (0, 3), e[0, 3] / 15).mistake == MEAN


@pytest.mark.parametrize(("reduction", "weight", "wrong", "name"), [("sum", 1, 1 / 4, MEAN), ("mean", 1 / 4, 1, SUM)])
def test_sums_and_means_of_cells(reduction: str, weight: float, wrong: float, name: str) -> None:
    text = f"program = '''\ns = {reduction}(x)\nL = s * 7\n'''\n[input]\nx = [1.0, 2.0, 4.0, 8.0]\n"
    assert graded(chapter_of(text), "s", "x", (2, 0), 7 * weight).right
    assert graded(chapter_of(text), "s", "x", (2, 0), 7 * wrong).mistake == name


def test_every_name_of_the_catalogue_is_met_above() -> None:
    met = {PHI_MISSING, LOCAL_MISSING, AT_A, ACTIVATION, TRANSPOSE, MEAN, SUM, OTHER, ADDED, DIVIDED}
    assert {name for name, _ in CATALOGUE} == met | {"the sign", "a factor of 2", "a factor of ½"}


# ---- what is right


@pytest.mark.parametrize("name", ["tanh4", "layers4", "xor", "attention", "softmax", "residual"])
@pytest.mark.parametrize("digits", [15, 6, 3, 2])
def test_what_is_right_is_right_in_as_many_digits_as_are_typed(name: str, digits: int) -> None:
    chapter = shipped(name)
    for index, cell in every_cell(chapter):
        event = chapter.events[index]
        assert isinstance(event, Multiply)
        found = grade(chapter, index, cell, parse_answer(f"{event.downstream[cell]:#.{digits}g}"))
        assert (found.right, found.as_what, found.mistake) == (True, "product", "")
        if found.expected_local is not None:
            assert event.upstream.size == 1 or event.upstream.shape == event.downstream.shape
            upstream = event.upstream[cell] if event.upstream.shape else event.upstream
            assert upstream * found.expected_local == pytest.approx(found.expected, rel=1e-12, abs=0)
            assert grade(chapter, index, cell, parse_answer(f"{found.expected_local:#.{digits}g}")).right


@given(x=st.floats(-100.0, 100.0), w=st.floats(-100.0, 100.0), off=st.floats(-0.0049, 0.0049))
@settings(max_examples=60, deadline=None)
def test_a_right_value_is_never_called_a_mistake(x: float, w: float, off: float) -> None:
    chapter = chapter_of(f"program = '''\nu = w * x\na = sigmoid(u)\nL = a^2\n'''\n[input]\nx = {x!r}\nw = {w!r}\n")
    for index, event in enumerate(chapter.events):
        if isinstance(event, Multiply):
            found = grade(chapter, index, (), Answer(float(event.downstream) * (1.0 + off)))
            assert (found.right, found.mistake) == (True, "")


def test_how_far_an_answer_may_be_off() -> None:
    assert parse_answer("0.0013").fits(0.00134095)  # rounded to two digits
    assert not parse_answer("0.0014").fits(0.00134095)
    assert not parse_answer("0.00130").fits(0.00134095)  # three digits, and the last is wrong
    assert not parse_answer("0.001").fits(0.00134095)  # one digit says too little
    assert parse_answer("0.010").fits(0.0104)
    assert not parse_answer("0.01").fits(0.0104)
    assert parse_answer("100.4").fits(100.0)
    assert not parse_answer("100.6").fits(100.0)
    assert parse_answer("0.12").fits(0.125)  # half way: up or down
    assert parse_answer("0.13").fits(0.125)
    assert not parse_answer("13/10").fits(1.34)  # of a calculation only the value counts


def test_zero_is_right_for_zero_alone() -> None:
    for text in ("0", "0.000", "-0.0", "0.1 + 0.2 - 0.3"):
        assert parse_answer(text).fits(0.0)
        assert not parse_answer(text).fits(1e-13)
    assert not parse_answer("1e-11").fits(0.0)
    assert not parse_answer("0.01").fits(0.0)


def test_zero_is_not_named_a_mistake() -> None:
    chapter = chapter_of("program = '''\na = relu(u)\nL = 3 * a\n'''\n[input]\nu = -2.0\n")
    assert graded(chapter, "a", "u", (), 0.0).right
    assert graded(chapter, "a", "u", (), 3.0).mistake == PHI_MISSING
    chapter = chapter_of("program = '''\np = x * y\nL = p * 3\n'''\n[input]\nx = 0.0\ny = 2.0\n")
    assert graded(chapter, "p", "x", (), 0.0).mistake == ""


def test_only_multiplications_are_graded() -> None:
    with pytest.raises(ValueError, match="event 0 of the iteration is no multiplication"):
        grade(shipped("tanh4"), 0, (), Answer(1.0))


# ---- what is typed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-0.0121", -0.0121),
        ("1.3e-3", 0.0013),
        ("1/4", 0.25),
        ("2*3", 6.0),
        ("4^2", 16.0),
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("4**2", 16.0),
        ("-9.0*0.00134", -0.01206),
        ("−0.5", -0.5),
        ("0,5", 0.5),
        ("0,5 × 0,25", 0.125),
        ("+3", 3.0),
        ("  ( 1 + 2 ) / 4 ", 0.75),
        ("3 − −2", 5.0),
    ],
)
def test_what_people_type(text: str, value: float) -> None:
    assert parse_answer(text).value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing is typed"),
        ("x", "'x' is not a number"),
        ("tanh(4)", "tanh is not arithmetic"),
        ("1/0", "1/0 is not a finite number"),
        ("(-8)^0.5", "is not a finite number"),
        ("1e999", "1e999 is not finite in float64"),
        ("nan", "'nan' is not a number"),
        ("1,000,000", "is not expected here"),
        ("1 2", "'2' is not expected here"),
        ("(1", "the line ends too early"),
        ("1[0]", "slice is not arithmetic"),
        ("1\x1b[2J", r"'\\x1b' is not expected here"),
        ("1" * 81, "an answer of 81 characters; 80 at the most"),
    ],
)
def test_what_is_no_answer(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("^", r"\^").replace("(", r"\(").replace(")", r"\)")) as caught:
        parse_answer(text)
    assert str(caught.value).isprintable()


@given(st.text(max_size=90) | st.text("0123456789.,eE+-*/^()[]= xT'\"@", max_size=90))
@settings(max_examples=400, deadline=None)
def test_any_text_is_a_finite_number_or_a_value_error(text: str) -> None:
    said = ""
    answer = Answer(0.0)
    try:
        answer = parse_answer(text)
    except ValueError as error:
        said = str(error)
    assert said.isprintable()
    assert math.isfinite(answer.value)
    assert 0.0 <= answer.tolerance <= 0.051 * abs(answer.value)


# ---- the score


def test_the_summary() -> None:
    right = graded(shipped("tanh4"), "a3", "u3", (), SLOPE)
    sign = graded(shipped("tanh4"), "a3", "u3", (), -SLOPE)
    missing = graded(shipped("tanh4"), "a3", "u3", (), UPSTREAM)
    other = graded(shipped("tanh4"), "a3", "u3", (), 77.7)
    score = Score()
    assert summary(score) == ["0 of 0 right"]
    for each in (right, sign, right, missing, None, missing, right, other, None):
        score = add(score, each)
    assert (score.asked, score.right, score.wrong, score.shown) == (9, 3, 4, 2)
    assert summary(score) == [
        "3 of 7 right",
        "2 × φ′ is missing: the upstream was passed on unchanged",
        "1 × the sign",
        "1 × wrong in another way",
        "2 were shown, not answered",
    ]
