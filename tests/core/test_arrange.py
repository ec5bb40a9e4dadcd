"""Ops that rearrange cells or reduce them: small examples worked out by hand, and what is said."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from laws import local

from bptui.core.jacobian import Broadcast, Repeat, Shape, Total
from bptui.core.ops import FUNCTIONS, RULES
from bptui.core.ops.arrange import Select
from bptui.core.ops.linear import Outer

X = np.array([[1.0, 5.0, 3.0], [5.0, 2.0, 4.0]])


def apply(name: str, *arguments: Any, **options: Any) -> Any:
    return RULES[name].bind(*(x.shape for x in arguments), **options).value(*arguments)


def downstream(name: str, arguments: list[Any], upstream: Any, position: int = 0, **options: Any) -> list[Any]:
    op = RULES[name].bind(*(x.shape for x in arguments), **options)
    result: list[Any] = local(op, position, arguments).pull_back(np.array(upstream)[()]).tolist()
    return result


# ---- values and gradients by hand -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("transpose", {}, [[1, 5], [5, 2], [3, 4]]),
        ("reshape", {}, [[1], [5], [3], [5], [2], [4]]),
        ("reshape", {"shape": (3, -1)}, [[1, 5], [3, 5], [2, 4]]),
        ("slice", {"ranges": ((0, 1),)}, [[1, 5, 3]]),
        ("slice", {"ranges": ((None, None), (-1, None))}, [[3], [4]]),
        ("slice", {"ranges": ((1, 2), (None, -1))}, [[5, 2]]),
        ("slice", {"ranges": ((None, None), (1, 99))}, [[5, 3], [2, 4]]),
        ("sum", {}, 20),
        ("sum", {"axis": 0}, [[6, 7, 7]]),
        ("mean", {"axis": -1}, [[3], [11 / 3]]),
        ("max", {}, 5),
        ("max", {"axis": 0}, [[5, 5, 4]]),
        ("max", {"axis": 1}, [[5], [5]]),
    ],
)
def test_a_value(name: str, options: dict[str, Any], expected: Any) -> None:
    value = apply(name, X, **options)
    assert value.shape == np.shape(expected) == RULES[name].bind(X.shape, **options).shape
    assert value.tolist() == expected


def test_a_reshaped_column_of_each_example_is_its_image() -> None:
    """Row by row, as in a file of images: cell 8 i + j of example n is at (0, i, j, n)."""
    x = np.arange(64 * 5.0).reshape(64, 5)
    images = apply("reshape", x, shape=(1, 8, 8, -1))
    assert images.shape == (1, 8, 8, 5)
    assert all(images[0, i, j, n] == x[8 * i + j, n] for i in range(8) for j in range(8) for n in range(5))


def test_concatenated_arguments_stand_one_behind_the_other() -> None:
    y = np.array([[7.0, 8.0, 9.0]])
    assert apply("concatenate", X, y).tolist() == [[1, 5, 3], [5, 2, 4], [7, 8, 9]]
    assert apply("concatenate", y, y, y, axis=1).tolist() == [[7, 8, 9] * 3]
    upstream = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    assert downstream("concatenate", [X, y], upstream, 0) == upstream[:2]
    assert downstream("concatenate", [X, y], upstream, 1) == upstream[2:]


def test_a_slice_gets_the_upstream_and_the_rest_zero() -> None:
    assert downstream("slice", [X], [[7.0], [8.0]], ranges=((0, 2), (1, 2))) == [[0, 7, 0], [0, 8, 0]]


def test_a_word_that_comes_twice_gets_both_contributions() -> None:
    ids = np.array([[2.0, 0.0, 2.0]])
    assert apply("embedding", X, ids).tolist() == [[3, 1, 3], [4, 5, 4]]
    assert downstream("embedding", [X, ids], [[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]]) == [[10, 0, 101], [20, 0, 202]]


def test_ids_have_no_derivative() -> None:
    op = RULES["embedding"].bind((2, 3), (1, 4))
    assert op.order == (0,)
    assert op.classes == {1: 3}


@pytest.mark.parametrize(
    ("options", "upstream", "expected"),
    [
        ({}, 2.0, [[0, 2, 0], [0, 0, 0]]),
        ({"axis": 0}, [[1.0, 2.0, 3.0]], [[0, 2, 0], [1, 0, 3]]),
        ({"axis": 1}, [[1.0], [2.0]], [[0, 1, 0], [2, 0, 0]]),
    ],
)
def test_of_equal_cells_the_first_in_row_major_order_gets_the_derivative(
    options: dict[str, Any], upstream: Any, expected: Any
) -> None:
    """The 5 comes twice; its memory order does not matter."""
    assert downstream("max", [X], upstream, **options) == expected
    assert downstream("max", [np.asfortranarray(X)], upstream, **options) == expected
    assert "the first one gets the derivative" in RULES["max"].bind(X.shape, **options).note


def test_where_all_cells_are_equal_only_one_gets_the_derivative() -> None:
    assert downstream("max", [np.zeros((2, 2))], 3.0) == [[3, 0], [0, 0]]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("name", "shapes", "options"),
    [
        ("transpose", [(2, 3)], {}),
        ("reshape", [(2, 3)], {}),
        ("reshape", [(1, 1)], {"shape": ()}),
        ("reshape", [()], {"shape": (1, 1)}),
        ("slice", [(2, 3)], {"ranges": ((1, 2),)}),
        ("concatenate", [(2, 3), (1, 3)], {}),
        ("embedding", [(2, 3), (1, 4)], {}),
        *((name, [shape], {}) for name in ("sum", "mean", "max") for shape in ((2, 3), ())),
        *((name, [(2, 3)], {"axis": 1}) for name in ("sum", "mean", "max")),
    ],
)
def test_the_dtype_is_kept_and_a_scalar_is_a_numpy_scalar(
    name: str, shapes: list[Shape], options: dict[str, Any], dtype: type
) -> None:
    op = RULES[name].bind(*shapes, **options)
    arguments = [np.ones(shape, dtype)[()] for shape in shapes]
    value = op.value(*arguments)
    for position in op.order:
        found = local(op, position, arguments).pull_back(np.ones(op.shape, dtype)[()])
        for x, shape in ((value, op.shape), (found, shapes[position])):
            assert (x.dtype, x.shape) == (dtype, shape)
            assert isinstance(x, np.ndarray if shape else np.generic)


# ---- properties -----------------------------------------------------------------------------------------------------

matrices = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-9, 9))


@given(matrices, st.integers(0, 1), st.data())
def test_the_slices_on_both_sides_of_a_cut_concatenated_are_the_whole(x: Any, axis: int, data: st.DataObject) -> None:
    n = x.shape[axis]
    cut = data.draw(st.integers(1, n - 1)) if n > 1 else 0
    whole = ((None, None),) * axis
    parts = [apply("slice", x, ranges=(*whole, pair)) for pair in ((None, cut), (cut, None)) if n > 1]
    if parts:
        np.testing.assert_array_equal(apply("concatenate", *parts, axis=axis), x)


@given(matrices, st.integers(-2, 1))
def test_a_mean_of_maxima_is_between_the_mean_and_the_largest(x: Any, axis: int) -> None:
    largest = apply("max", x, axis=axis)
    assert apply("mean", x) <= apply("mean", largest) + 1e-12
    assert apply("max", largest) == apply("max", x) == max(cell for row in x.tolist() for cell in row)


# ---- what is said ---------------------------------------------------------------------------------------------------


def test_slices_are_written_in_brackets_only() -> None:
    assert "slice" in RULES
    assert "slice" not in FUNCTIONS
    assert {"transpose", "reshape", "concatenate", "embedding", "max"} <= FUNCTIONS


@pytest.mark.parametrize(
    ("name", "shapes", "options", "formula"),
    [
        ("transpose", [(2, 3)], {}, "Aᵀ"),
        ("reshape", [(2, 3)], {"shape": (3, -1)}, "reshape(A, shape=[3, 2])"),
        ("slice", [(2, 3)], {"ranges": ((0, 2),)}, "A[0:2, :]"),
        ("slice", [(2, 3)], {"ranges": ((None, None), (-1, None))}, "A[:, -1:]"),
        ("concatenate", [(2, 3)] * 3, {"axis": -1}, "concatenate(A, B, C, axis=1)"),
        ("embedding", [(2, 3), (1, 4)], {}, "A[:, B]"),
        ("sum", [(2, 3)], {}, "sum(A)"),
        ("mean", [(2, 3)], {"axis": -1}, "mean(A, axis=1)"),
        ("max", [(2, 3)], {"axis": 0}, "max(A, axis=0)"),
    ],
)
def test_a_formula(name: str, shapes: list[Shape], options: dict[str, Any], formula: str) -> None:
    assert RULES[name].bind(*shapes, **options).formula.format("A", "B", "C") == formula


def test_the_words_say_how_many_are_summed() -> None:
    bias = Repeat.of((3, 1), (3, 32))
    assert bias.words == "repeated 32 times to fit: the sum of 32 contributions"
    assert Broadcast(2.0, bias).words == "repeated 32 times, then cell by cell: the sum of 32 contributions"
    assert Repeat.of((), (3, 4)).words == "repeated 12 times to fit: the sum of 12 contributions"
    assert Repeat.of((), (1, 1)).words == "repeated 1 time to fit: the sum of 1 contribution"
    assert Total(1.0, (4, 8)).words == "the sum of 32 cells: each of them gets the upstream"
    assert Total(1 / 32, (4, 8)).words == "the mean of 32 cells: each of them gets 1/32 of the upstream"
    assert Total(0.25, (4, 8), (1, 8)).words == (
        "each cell is the mean of 4 cells: each of them gets 1/4 of the upstream"
    )
    assert Outer(np.ones((3, 32)), 2).words.endswith("its own input, the sum of 32 columns")
    assert Outer(np.ones((3, 1)), 2).words.endswith("its own input")
    assert Total(1.0, (4, 1)).words == "the sum of 4 cells: each of them gets the upstream"


def test_the_words_say_which_cells_get_something() -> None:
    def words(name: str, *arguments: Any, position: int = 0, **options: Any) -> str:
        return local(RULES[name].bind(*(x.shape for x in arguments), **options), position, arguments).words

    assert words("slice", X, ranges=((0, 1),)) == "3 of 6 cells: they get the upstream, all others 0"
    assert words("max", X, axis=0) == "3 of 6 cells: they get the upstream, all others 0"
    assert words("concatenate", X, X[:1], position=1) == "3 of the node's 9 cells: that part of the upstream"
    assert words("embedding", X, np.array([[2.0, 0.0, 2.0]])) == (
        "4 of 6 cells: they get the sum of up to 2 contributions, all others 0"
    )


# ---- structures -----------------------------------------------------------------------------------------------------


def test_the_matrix_of_picked_cells_has_a_one_where_a_cell_comes_from() -> None:
    """Rows and columns are in column-major order, the index is row-major: 1 is the cell at (0, 1), column 2."""
    picked = Select(np.array([[1, 1], [2, 0]]), (2, 2))
    assert picked.matrix().tolist() == [[0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert picked.pull_back(np.array([[1.0, 10.0], [100.0, 1000.0]])).tolist() == [[1000, 11], [100, 0]]


def test_the_matrix_of_a_sum_along_an_axis_has_a_row_for_each_sum() -> None:
    assert Total(0.5, (2, 2), (1, 2)).matrix().tolist() == [[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]
    assert Total(0.5, (2, 2), (2, 1)).matrix().tolist() == [[0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5]]


@pytest.mark.parametrize(
    ("name", "shapes", "options", "size"),
    [
        ("transpose", [(2, 501)], {}, "1,002 × 1,002"),
        ("reshape", [(2, 501)], {}, "1,002 × 1,002"),
        ("slice", [(2, 1000)], {"ranges": ((0, 1), (0, 501))}, "501 × 2,000"),
        ("concatenate", [(1, 501), (1, 1500)], {"axis": 1}, "2,001 × 501"),
        ("embedding", [(2, 1000), (1, 251)], {}, "502 × 2,000"),
        ("sum", [(2, 1001)], {"axis": 0}, "1,001 × 2,002"),
        ("max", [(2, 1001)], {"axis": 0}, "1,001 × 2,002"),
    ],
)
def test_a_matrix_above_the_limit_is_refused_with_its_size(
    name: str, shapes: list[Shape], options: dict[str, Any], size: str
) -> None:
    op = RULES[name].bind(*shapes, **options)
    with pytest.raises(ValueError, match=size):
        local(op, 0, [np.zeros(shape) for shape in shapes]).matrix()
