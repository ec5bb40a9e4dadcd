"""The law of every op's local derivatives, and their Jacobians against numerical differentiation."""

import math

import numpy as np
import pytest
from cases import CASES
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from laws import ANY, Case, check_matrix, check_pull_back, draw, local

from bptui.core.jacobian import MATRIX_LIMIT, Diagonal
from bptui.core.ops import RULES


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_every_rule_keeps_the_type_of_its_numbers(case: Case, dtype: str, data: st.DataObject) -> None:
    """The value and the downstream; and no result is a NumPy array without axes, which is slow."""
    op = case.bind()
    arguments = [argument.astype(dtype)[()] for argument in case.draw(data, case.smooth)]
    value = op.value(*arguments)
    downstream = [op.local[i](value, *arguments).pull_back(value) for i in op.order]
    for found in (value, *downstream):
        assert found.dtype == dtype
        assert type(found) is not np.ndarray or found.ndim > 0


def test_every_op_has_a_case() -> None:
    assert {case.name for case in CASES} == set(RULES)


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_pull_back_is_the_transposed_matrix_times_the_upstream(case: Case, data: st.DataObject) -> None:
    op = case.bind()
    with np.errstate(all="ignore"):
        check_pull_back(op, case.draw(data, case.elements), draw(data, op.shape, ANY))


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_matrix_is_what_differences_say(case: Case, data: st.DataObject) -> None:
    arguments = case.draw(data, case.smooth)
    if case.distinct:
        cells = np.sort(np.concatenate([np.ravel(argument) for argument in arguments]))
        assume((np.diff(cells) > 1e-3).all())
    check_matrix(case.bind(), arguments)


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
