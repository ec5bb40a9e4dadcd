"""Every structure of a local derivative at any shape, and the derivatives of every op to almost every digit.

The Jacobians that are expected are built here cell by cell from what each structure means, or by the complex step,
which takes no difference and so loses no digit.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bptui.core.jacobian import (
    MATRIX_LIMIT,
    Broadcast,
    Diagonal,
    Identity,
    LocalDerivative,
    Repeat,
    Row,
    Total,
)
from bptui.core.ops import RULES, ShapeError
from bptui.core.ops.linear import Linear, Outer
from bptui.core.ops.op import broadcast

numbers = st.floats(-1e3, 1e3) | st.sampled_from([0.0, -0.0, 5e-324, -2.5e-310, 1e-200, 1e3, -1e3])
sides = st.integers(1, 4)
shapes = st.just(()) | st.tuples(sides, st.just(1)) | st.tuples(sides, sides)


def filled(draw: st.DrawFn, shape: tuple[int, ...]) -> Any:
    return draw(arrays(np.float64, shape, elements=numbers))[()]


def written_out(function: Callable[[Any], Any], shape: tuple[int, ...]) -> Any:
    """The matrix of a linear function, column by column: what it makes of each unit vector."""
    columns = []
    for index in np.ndindex(shape[::-1]):
        unit = np.zeros(shape)
        unit[index[::-1]] = 1.0
        columns.append(np.asarray(function(unit[()])).reshape(-1, order="F"))
    return np.stack(columns, axis=1)


@st.composite
def structures(draw: st.DrawFn) -> tuple[LocalDerivative, Callable[[Any], Any], tuple[int, ...], tuple[int, ...]]:
    """A structure; the linear function that it is said to be; the shapes of its argument and of its node."""
    kind = draw(st.sampled_from([Identity, Diagonal, Repeat, Broadcast, Linear, Outer, Row, Total]))
    shape = draw(shapes)
    rows, inner, columns = draw(st.tuples(sides, sides, sides))
    weight = draw(numbers)
    if kind is Identity:
        return Identity(shape), lambda x: x, shape, shape
    if kind is Diagonal:
        d = weight if draw(st.booleans()) else filled(draw, shape)
        return Diagonal(d, shape), lambda x: d * x, shape, shape
    if kind in (Repeat, Broadcast):
        node = tuple(n if n > 1 else draw(sides) for n in shape) if shape else draw(shapes)
        repeat = Repeat.of(shape, node)
        if kind is Repeat:
            return repeat, lambda x: np.broadcast_to(x, node), shape, node
        d = weight if draw(st.booleans()) else filled(draw, node)
        return Broadcast(d, repeat), lambda x: d * np.broadcast_to(x, node), shape, node
    if kind is Linear:
        W = filled(draw, (rows, inner))
        return Linear(W, columns), lambda x: W @ x, (inner, columns), (rows, columns)
    if kind is Outer:
        a = filled(draw, (inner, columns))
        return Outer(a, rows), lambda x: x @ a, (rows, inner), (rows, columns)
    if kind is Row:
        d = filled(draw, shape)
        return Row(d), lambda x: np.sum(d * x), shape, ()
    return Total(weight, shape), lambda x: weight * np.sum(x), shape, ()


@given(structures(), st.data())
def test_a_structure_is_the_linear_function_that_it_is_said_to_be(
    case: tuple[LocalDerivative, Callable[[Any], Any], tuple[int, ...], tuple[int, ...]], data: st.DataObject
) -> None:
    structure, function, shape, node = case
    J = structure.matrix()
    np.testing.assert_array_equal(J, written_out(function, shape))
    upstream = data.draw(arrays(np.float64, node, elements=numbers))[()]
    downstream = structure.pull_back(upstream)
    assert downstream.shape == shape
    g = np.asarray(upstream).reshape(-1, order="F")
    bound = 1e-14 * (np.abs(J.T) @ np.abs(g)) + 1e-323 * len(g)  # a few of the smallest subnormals
    assert (np.abs(np.asarray(downstream).reshape(-1, order="F") - J.T @ g) <= bound).all()
    assert structure.stays_finite(upstream, downstream)


@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (Identity((1001, 1)), "1,001 × 1,001"),
        (Diagonal(2.0, (40, 40)), "1,600 × 1,600"),
        (Repeat.of((), (MATRIX_LIMIT + 1, 1)), "1,000,001 × 1"),
        (Broadcast(2.0, Repeat.of((600, 1), (600, 3))), "1,800 × 600"),
        (Linear(np.ones((20, 60)), 30), "600 × 1,800"),
        (Outer(np.ones((60, 30)), 30), "900 × 1,800"),
        (Row(np.ones((MATRIX_LIMIT + 1, 1))), "1 × 1,000,001"),
        (Total(1.0, (1001, 1001)), "1 × 1,002,001"),
    ],
)
def test_a_matrix_above_the_limit_is_refused_with_its_size(structure: LocalDerivative, size: str) -> None:
    with pytest.raises(ValueError, match=size):
        structure.matrix()


def test_a_matrix_at_the_limit_is_written_out() -> None:
    n = math.isqrt(MATRIX_LIMIT)
    assert n * n == MATRIX_LIMIT
    assert Identity((n, 1)).matrix().sum() == n


# ---- shapes ---------------------------------------------------------------------------------------------------------


@given(shapes, shapes)
def test_what_broadcasts_has_the_shape_that_numpy_gives_it(x: tuple[int, ...], y: tuple[int, ...]) -> None:
    try:
        expected = np.broadcast_shapes(x, y)
    except ValueError:
        with pytest.raises(ShapeError):
            broadcast(x, y)
    else:
        assert broadcast(x, y) == expected


def test_a_column_and_an_image_have_different_numbers_of_axes() -> None:
    with pytest.raises(ShapeError):
        broadcast((3, 1), (2, 3, 1))


# ---- derivatives ----------------------------------------------------------------------------------------------------

ANALYTIC: dict[str, Callable[..., Any]] = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "power": lambda x, y: np.exp(y * np.log(x)),
    "negate": lambda x: -x,
    "sin": np.sin,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "identity": lambda x: x,
    "dot": lambda x, y: np.sum(x * y),
    "sum": np.sum,
    "mean": lambda x: np.sum(x) / np.size(x),
    "half_squared_error": lambda x, y: np.sum((x - y) ** 2) / 2,
    "matmul": lambda W, a: W @ a if np.ndim(W) and np.ndim(a) else W * a,
    "affine": lambda W, a, b: (W @ a if np.ndim(W) and np.ndim(a) else W * a) + b,
}
moderate = st.floats(0.25, 4.0)


@st.composite
def arguments_of(draw: st.DrawFn, name: str) -> list[Any]:
    """Arguments of shapes that fit: scalars, columns and matrices in every combination."""
    n, m, k = draw(st.tuples(sides, sides, sides))
    if name in ("matmul", "affine"):
        fitting = [(n, m), (m, k), draw(st.sampled_from([(n, k), (n, 1), (1, k), ()]))]
        if draw(st.booleans()):  # a scalar multiplies
            fitting = [(), (m, k), (m, 1)] if draw(st.booleans()) else [(n, k), (), ()]
    elif name in ("dot", "half_squared_error"):
        fitting = [draw(shapes)] * 2
    else:
        fitting = draw(
            st.sampled_from(
                [[(n, m), (n, m)], [(n, 1), (n, m)], [(n, m), ()], [(), (n, 1)], [(n, 1), (1, m)], [()] * 2]
            )
        )
    return [draw(arrays(np.float64, shape, elements=moderate))[()] for shape in fitting[: RULES[name].arity]]


@pytest.mark.parametrize("name", ANALYTIC)
@settings(max_examples=40)
@given(data=st.data())
def test_values_and_matrices_agree_with_the_complex_step(name: str, data: st.DataObject) -> None:
    arguments = data.draw(arguments_of(name))
    op = RULES[name].bind(*(x.shape for x in arguments))
    value = op.value(*arguments)
    assert value.shape == op.shape
    np.testing.assert_allclose(value, ANALYTIC[name](*arguments), rtol=1e-13, atol=1e-14)
    for position, x in enumerate(arguments):

        def along(direction: Any, position: int = position, x: Any = x) -> Any:
            moved = [*arguments[:position], x + 1e-200j * direction, *arguments[position + 1 :]]
            return np.imag(ANALYTIC[name](*moved)) / 1e-200

        J = op.local[position](value, *arguments).matrix()
        np.testing.assert_allclose(J, written_out(along, x.shape), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "below", "above"), [("relu", 0.0, 1.0), ("abs", -1.0, 1.0)])
@given(x=st.floats(min_value=1e-300, allow_infinity=False))
def test_beside_a_kink_the_derivative_is_the_slope(name: str, below: float, above: float, x: float) -> None:
    op = RULES[name].bind(())
    slopes = [float(op.local[0](None, np.float64(side * x)).shown) for side in (-1.0, 1.0)]
    assert slopes == [below, above]
    assert [float(op.value(np.float64(side * x))) for side in (-1.0, 1.0)] == [-below * x, x]
