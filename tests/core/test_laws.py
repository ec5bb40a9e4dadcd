"""The law of every op's local derivatives, and their Jacobians against numerical differentiation."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from laws import ANY, MODERATE, POSITIVE, Case, check_matrix, check_pull_back, draw, local

from bptui.core.jacobian import MATRIX_LIMIT, Diagonal
from bptui.core.ops import RULES

SCALAR, COLUMN, WIDE, MATRIX, FOUR = (), (3, 1), (3, 2), (2, 3), (2, 3, 1, 2)
SHAPES = (SCALAR, COLUMN, WIDE)
BROADCASTS = ((SCALAR, SCALAR), (COLUMN, COLUMN), (SCALAR, WIDE), (WIDE, SCALAR), (COLUMN, WIDE), (WIDE, COLUMN))
APART = st.integers(-1500, 1500).map(lambda i: i * 0.002 + 0.0005)
"""Values that are equal, or far enough apart for a difference to see which is larger."""
ELEMENTWISE = [
    *(Case(name, shapes) for name in ("add", "subtract", "multiply") for shapes in BROADCASTS),
    *(Case("divide", shapes, elements=POSITIVE | st.floats(-20, -1e-3)) for shapes in BROADCASTS),
    *(Case("power", shapes, elements=POSITIVE, smooth=MODERATE) for shapes in BROADCASTS),
    *(Case(name, [shape]) for name in ("negate", "sin", "cos", "exp", "abs", "tanh", "sigmoid") for shape in SHAPES),
    *(Case(name, [shape]) for name in ("relu", "identity") for shape in SHAPES),
    *(Case(name, [shape]) for name in ("softplus", "leaky_relu", "elu", "silu", "gelu_tanh") for shape in SHAPES),
    *(Case("gelu", [shape]) for shape in SHAPES),
    *(Case("tan", [shape], smooth=st.floats(-1.2, 1.2)) for shape in SHAPES),
    *(Case("leaky_relu", [WIDE], {"slope": slope}) for slope in (0.0, 0.3, 1.0)),
    *(Case("elu", [WIDE], {"alpha": alpha}) for alpha in (0.0, 0.3, 2.0)),
    *(Case(name, shapes, smooth=APART, distinct=True) for name in ("maximum", "minimum") for shapes in BROADCASTS),
    *(Case("dropout", shapes) for shapes in BROADCASTS[:2]),
    *(Case(name, [shape], elements=POSITIVE, smooth=MODERATE) for name in ("log", "sqrt") for shape in SHAPES),
]
LINEAR = [
    *(Case(name, [shape]) for name in ("sum", "mean") for shape in (*SHAPES, FOUR)),
    *(Case(name, [FOUR], {"axis": axis}) for name in ("sum", "mean") for axis in (0, 2, -1)),
    *(Case("max", [shape], distinct=True) for shape in (*SHAPES, FOUR)),
    *(Case("max", [shape], {"axis": axis}, distinct=True) for shape in (WIDE, FOUR) for axis in (0, 1, -1)),
    *(Case("dot", [shape, shape]) for shape in SHAPES),
    *(Case("matmul", shapes) for shapes in ((MATRIX, COLUMN), (MATRIX, WIDE), (SCALAR, COLUMN), (SCALAR, SCALAR))),
    *(Case("affine", (MATRIX, a, b)) for a, b in ((COLUMN, (2, 1)), (WIDE, (2, 1)), (WIDE, (2, 2)), (WIDE, SCALAR))),
    Case("affine", (SCALAR, SCALAR, SCALAR)),
    Case("affine", (SCALAR, COLUMN, COLUMN)),
]
ARRANGE = [
    *(Case("transpose", [shape]) for shape in (COLUMN, MATRIX)),
    *(Case("reshape", [FOUR], {"shape": shape}) for shape in ((-1, 1), (3, 4), (2, -1, 2), (1, 2, 2, 3))),
    *(Case("reshape", [shape], {"shape": ()}) for shape in (SCALAR, (1, 1))),
    Case("slice", [MATRIX]),
    *(Case("slice", [MATRIX], {"ranges": ranges}) for ranges in (((1, 2),), ((None, None), (-2, None)))),
    Case("slice", [FOUR], {"ranges": ((0, 1), (1, 3), (None, None), (None, -1))}),
    *(Case("concatenate", [MATRIX, (4, 3), (1, 3)], {"axis": axis}) for axis in (0, -2)),
    *(Case("concatenate", [FOUR, (2, 3, 2, 2)], {"axis": axis}) for axis in (2, -2)),
    *(Case("embedding", [(2, words), (1, n)]) for words, n in ((3, 1), (1, 2), (3, 5))),
]
CONVOLUTION = [
    Case("conv2d", [(1, 3, 3, 1), (1, 1, 2, 2)]),
    Case("conv2d", [(2, 4, 3, 2), (3, 2, 2, 2)]),
    Case("conv2d", [(2, 4, 3, 2), (2, 2, 3, 1)], {"stride": 2}),
    Case("conv2d", [(1, 3, 4, 2), (2, 1, 2, 3)], {"padding": 2}),
    Case("conv2d", [(2, 2, 3, 1), (1, 2, 3, 3)], {"stride": 2, "padding": 1}),
    Case("conv2d", [(3, 2, 2, 2), (2, 3, 1, 1)], {"stride": 2, "padding": 1}),
    *(Case("max_pool", [shape], smooth=APART, distinct=True) for shape in ((1, 2, 2, 1), (1, 3, 4, 1), (2, 2, 2, 2))),
    Case("max_pool", [(1, 3, 4, 1)], {"stride": 1}, smooth=APART, distinct=True),
    Case("max_pool", [(1, 4, 4, 1)], {"size": 3, "stride": 1}, smooth=APART, distinct=True),
    *(Case("mean_pool", [shape]) for shape in ((1, 2, 2, 1), (2, 5, 4, 3))),
    Case("mean_pool", [(2, 5, 4, 3)], {"stride": 1}),
    Case("mean_pool", [(1, 5, 4, 2)], {"size": 3, "stride": 1}),
    Case("mean_pool", [(1, 5, 4, 2)], {"size": 1, "stride": 2}),
]
WELL = st.floats(-0.3, 0.3)
"""With an epsilon of 1 no cell of a Jacobian of a normalisation is then a small difference of large numbers."""
NORMALISE = [
    *(Case(name, [shape]) for name in ("softmax", "log_softmax") for shape in (COLUMN, WIDE, (1, 2), FOUR)),
    *(Case("layer_norm", [x, (3, 1), (3, 1)], {"epsilon": 1.0}, WELL) for x in (COLUMN, WIDE)),
    *(Case("batch_norm", [x, (n, 1), (n, 1)], {"epsilon": 1.0}, WELL) for n, x in ((3, WIDE), (2, (2, 5)))),
    *(Case(name, [FOUR, *[(2, 1, 1, 1)] * 2], {"epsilon": 1.0}, WELL) for name in ("layer_norm", "batch_norm")),
    Case("batch_norm_fixed", [WIDE, *[(3, 1)] * 4], elements=POSITIVE, smooth=MODERATE),
]
PROBABILITY, WHOLE = st.floats(0.05, 0.95), st.integers(-3, 3).map(float)
INSIDE = st.floats(-0.9, 0.9)
"""Where the hinge is not yet at its kink."""
REDUCTIONS: list[dict[str, str]] = [{}, {"reduction": "mean"}]
LOSSES = [
    *(
        Case(name, [shape, shape], options)
        for name in ("half_squared_error", "squared_error", "binary_cross_entropy_logits")
        for shape in (*SHAPES, FOUR)
        for options in REDUCTIONS
    ),
    *(Case("absolute_error", [x, x], o, smooth=APART, distinct=True) for x in SHAPES for o in REDUCTIONS),
    *(Case("huber", [x, x], {"delta": 1.5, **o}, smooth=WHOLE) for x in SHAPES for o in REDUCTIONS),
    *(Case("hinge", [x, x], o, smooth=INSIDE) for x in SHAPES for o in REDUCTIONS),
    Case("hinge", [WIDE, WIDE], smooth=st.floats(1.1, 3.0) | st.floats(-3.0, -1.1)),
    *(
        Case("binary_cross_entropy", [x, x], o, elements=st.floats(1e-6, 0.999999), smooth=PROBABILITY)
        for x in SHAPES
        for o in REDUCTIONS
    ),
    *(Case("cross_entropy", [WIDE, y], o) for y in (WIDE, (1, 2)) for o in REDUCTIONS),
    *(Case("cross_entropy", [(1, 2), (1, 2)], o) for o in REDUCTIONS),
    *(Case(name, [shape]) for name in ("l1", "l2") for shape in (*SHAPES, FOUR)),
]
CASES = [*ELEMENTWISE, *LINEAR, *ARRANGE, *CONVOLUTION, *NORMALISE, *LOSSES]


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
