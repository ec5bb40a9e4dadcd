"""What is said of a difference that no mistake of the catalogue makes: its ratio, where it is, its rank."""

from __future__ import annotations

import numpy as np
import pytest
from byhand.step import Array

from bptui.core import parse
from bptui.core.comparison.compare import compare
from bptui.core.comparison.report import Step, report

SCENARIO = """
output = "L"
program = '''
z = W @ x
L = sum(z * y)
'''
[input]
x = [[1.0, 0.0], [2.0, 1.0], [4.0, 0.0]]
[target]
y = [[1.0, 2.0], [-1.0, 3.0]]
[parameters]
W = [[1.0, 2.0, 3.0], [0.5, 1.5, -1.0]]
"""
Z = np.array([[1.0, 2.0], [-1.0, 3.0]])
"""dz is y: every term of L is z y."""
RIGHT = np.array([[1.0, 4.0, 4.0], [-1.0, 1.0, -4.0]])
"""dz xᵀ: row 0 is [1, 2 + 2, 4], row 1 is [-1, -2 + 3, -4]."""


def first(wrong: Array) -> Step:
    found = report(compare(parse(SCENARIO), {"dz": Z, "dW": wrong})).first
    assert found is not None
    assert (found.variable, found.verdict, found.mistakes) == ("W", "wrong here", ())
    return found


def test_one_ratio_everywhere() -> None:
    found = first(1.25 * RIGHT)
    assert found.pattern[0] == "each wrong cell is 1.25 times the right number"
    assert abs(found.right or 0.0) == 4.0
    assert found.yours == 1.25 * (found.right or 0.0)


def test_the_ratios_of_all_cells_where_they_differ() -> None:
    """Cell by cell 1.5, 2.5, 2.5 and 3.5, 4.5, 4.5: the median is 3."""
    found = first(RIGHT * np.array([[1.5, 2.5, 2.5], [3.5, 4.5, 4.5]]))
    assert found.pattern[0] == "yours / right, cell by cell: 1.5 to 4.5, median 3"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([(1, 0), (1, 2)], "2 of 6 cells are wrong, all in row 1"),
        ([(0, 1), (1, 1)], "2 of 6 cells are wrong, all in column 1"),
        ([(0, 0), (1, 0), (1, 2)], "3 of 6 cells are wrong, all in columns 0, 2"),
        ([(0, 0), (0, 1), (1, 2)], "3 of 6 cells are wrong"),
    ],
)
def test_the_cells_rows_and_columns_that_are_wrong(cells: list[tuple[int, int]], said: str) -> None:
    wrong = RIGHT.copy()
    for cell in cells:
        wrong[cell] += 0.7
    assert [line for line in first(wrong).pattern if "are wrong" in line] == [said]


def test_the_cell_that_is_farthest_off_is_shown() -> None:
    wrong = RIGHT.copy()
    wrong[0, 1] += 0.5
    wrong[1, 2] -= 3.5
    found = first(wrong)
    assert (found.cell, found.yours, found.right, found.true) == ((1, 2), -7.5, -4.0, -4.0)


def test_the_rank_of_the_difference() -> None:
    """An outer product has rank 1; two of them 2."""
    one = np.outer([0.7, -0.3], [1.0, 2.0, -3.0])
    two = one + np.outer([1.0, 1.0], [0.0, 1.0, 0.9])
    assert "yours - right has rank 1 of 2: it is one outer product" in first(RIGHT + one).pattern
    assert "yours - right has rank 2 of 2" in first(RIGHT + two).pattern


@pytest.mark.parametrize("shape", [(6,), (2, 2), (2, 3, 1), (3, 3)])
def test_a_wrong_shape_says_it_all(shape: tuple[int, ...]) -> None:
    found = first(np.ones(shape))
    assert (found.your_shape, found.shape) == (shape, (2, 3))
    assert found.pattern == found.cell == ()
    assert found.yours is found.right is found.true is None


def test_where_the_right_number_is_0_there_is_no_ratio() -> None:
    """d(w x)/dw = 0 at x = 0."""
    toml = 'program = "L = w * x"\n[input]\nx = 0.0\n[parameters]\nw = 3.0\n'
    found = report(compare(parse(toml), {"dw": 0.7})).first
    assert found is not None
    assert (found.yours, found.right) == (0.7, 0.0)
    assert found.pattern == ("the right number is 0",)


def test_nothing_is_said_of_what_is_right_or_has_a_name() -> None:
    right = report(compare(parse(SCENARIO), {"dz": Z, "dW": RIGHT}))
    assert [step.pattern for step in right.steps if step.given] == [(), ()]
    named = report(compare(parse(SCENARIO), {"dz": Z, "dW": -RIGHT})).first
    assert named is not None
    assert named.mistakes[0].id == "sign"
    assert named.pattern == ()
