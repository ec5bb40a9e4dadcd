"""The law of every op's local derivatives, and their Jacobians against numerical differentiation."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bptui.core.jacobian import MATRIX_LIMIT, Diagonal, LocalDerivative
from bptui.core.ops import RULES, Op

SCALAR, COLUMN, WIDE, MATRIX = (), (3, 1), (3, 2), (2, 3)
BROADCASTS = ((SCALAR, SCALAR), (COLUMN, COLUMN), (SCALAR, WIDE), (WIDE, SCALAR), (COLUMN, WIDE), (WIDE, COLUMN))
CASES: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    *((op, shapes) for op in ("add", "subtract", "multiply", "divide", "power") for shapes in BROADCASTS),
    *(
        (op, (shape,))
        for op in ("negate", "sin", "cos", "exp", "log", "sqrt", "abs", "tanh", "sigmoid", "relu", "identity")
        for shape in (SCALAR, COLUMN, WIDE)
    ),
    *((op, (shape,)) for op in ("sum", "mean") for shape in (SCALAR, COLUMN, WIDE)),
    *((op, (shape, shape)) for op in ("dot", "half_squared_error") for shape in (SCALAR, COLUMN, WIDE)),
    *(("matmul", shapes) for shapes in ((MATRIX, COLUMN), (MATRIX, WIDE), (SCALAR, COLUMN), (SCALAR, SCALAR))),
    *(("affine", (MATRIX, a, b)) for a, b in ((COLUMN, (2, 1)), (WIDE, (2, 1)), (WIDE, (2, 2)), (WIDE, SCALAR))),
    ("affine", (SCALAR, SCALAR, SCALAR)),
    ("affine", (SCALAR, COLUMN, COLUMN)),
]
KINKED = {"abs", "relu"}
ANY = st.floats(-1000, 1000) | st.sampled_from([0.0, -0.0, 5e-324, -5e-324, 1000.0, -1000.0])
POSITIVE = st.floats(1e-3, 20)
ELEMENTS = {"log": POSITIVE, "sqrt": POSITIVE, "power": POSITIVE, "divide": POSITIVE | st.floats(-20, -1e-3)}
"""Where an op is defined and far from overflow; all others take anything."""
MODERATE = st.floats(0.1, 3.0)


def test_every_op_has_a_case() -> None:
    assert {name for name, _ in CASES} == set(RULES)


def values(
    data: st.DataObject, shapes: Sequence[tuple[int, ...]], elements: st.SearchStrategy[float]
) -> list[np.ndarray]:
    return [data.draw(arrays(np.float64, shape, elements=elements))[()] for shape in shapes]


def local(op: Op, position: int, arguments: Sequence[np.ndarray]) -> LocalDerivative:
    return op.local[position](op.value(*arguments), *arguments)


def vec(x: np.ndarray) -> np.ndarray:
    return np.asarray(x).reshape(-1, order="F")


@pytest.mark.parametrize(("name", "shapes"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_pull_back_is_the_transposed_matrix_times_the_upstream(
    name: str, shapes: tuple[tuple[int, ...], ...], data: st.DataObject
) -> None:
    op = RULES[name].bind(*shapes)
    elements = ELEMENTS.get(name, ANY)
    with np.errstate(all="ignore"):
        arguments = values(data, shapes, elements)
        upstream = values(data, [op.shape], ANY)[0]
        for position, shape in enumerate(shapes):
            derivative = local(op, position, arguments)
            J = derivative.matrix()
            assume(np.isfinite(J).all())
            downstream = derivative.pull_back(upstream)
            assert downstream.shape == shape
            expected = J.T @ vec(upstream)
            scale = np.abs(J.T) @ np.abs(vec(upstream))
            assume(np.isfinite(scale).all())
            assert (np.abs(vec(downstream) - expected) <= 1e-14 * scale + 1e-300).all()


@pytest.mark.parametrize(("name", "shapes"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_matrix_is_what_differences_say(
    name: str, shapes: tuple[tuple[int, ...], ...], data: st.DataObject
) -> None:
    op = RULES[name].bind(*shapes)
    arguments = values(data, shapes, MODERATE if name not in KINKED else st.floats(0.1, 3) | st.floats(-3, -0.1))
    for position, argument in enumerate(arguments):
        J = local(op, position, arguments).matrix()
        for column, index in enumerate(np.ndindex(argument.shape[::-1])):
            cell = index[::-1]
            h = 1e-5
            above, below = (np.array(argument) for _ in range(2))
            above[cell] += h
            below[cell] -= h
            ahead, behind = (
                op.value(*arguments[:position], moved[()], *arguments[position + 1 :]) for moved in (above, below)
            )
            difference = vec((ahead - behind) / (2 * h))
            np.testing.assert_allclose(J[:, column], difference, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("x", [20.0, -20.0, 40.0])
def test_the_derivative_of_tanh_keeps_its_digits_where_it_saturates(x: float) -> None:
    """sech² x = 4 e^-2|x| (1 - 2 e^-2|x| + …), of which 1 - tanh² x has no digit left."""
    derivative = local(RULES["tanh"].bind(()), 0, [np.float64(x)]).shown
    s = math.exp(-2 * abs(x))
    assert float(derivative) == pytest.approx(4 * s * (1 - 2 * s), rel=1e-14)


@pytest.mark.parametrize(("x", "value"), [(1000.0, 1.0), (-1000.0, 0.0), (0.0, 0.5), (-40.0, math.exp(-40))])
def test_sigmoid_does_not_overflow(x: float, value: float) -> None:
    with np.errstate(over="raise", invalid="raise"):
        assert float(RULES["sigmoid"].bind(()).value(np.float64(x))) == pytest.approx(value, rel=1e-14)
        derivative = local(RULES["sigmoid"].bind(()), 0, [np.float64(x)]).shown
    assert float(derivative) == pytest.approx(math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2, rel=1e-14)


@pytest.mark.parametrize("name", ["relu", "abs"])
def test_at_the_kink_the_derivative_is_zero_and_said_to_be(name: str) -> None:
    op = RULES[name].bind(())
    assert float(local(op, 0, [np.float64(0.0)]).shown) == 0.0
    assert "taken as 0" in op.note


def test_a_jacobian_beyond_the_limit_is_refused_with_its_size() -> None:
    cells = math.isqrt(MATRIX_LIMIT) + 1
    with pytest.raises(ValueError, match="1,001 × 1,001"):
        Diagonal(np.ones((cells, 1)), (cells, 1)).matrix()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_a_structure_never_calls_a_downstream_finite_that_is_not(cells: list[float]) -> None:
    op = RULES["matmul"].bind((2, 1), (1, 1))
    with np.errstate(all="ignore"):
        arguments = [np.array([[cells[0]], [cells[1]]]), np.array([[cells[2]]])]
        upstream = np.array([[cells[3]], [1.0]])
        for position in (0, 1):
            derivative = local(op, position, arguments)
            downstream = derivative.pull_back(upstream)
            assert derivative.stays_finite(upstream, downstream) == bool(np.isfinite(downstream).all())
