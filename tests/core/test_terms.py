"""The dot product behind a cell of a gradient: its terms, and that they add up to the cell."""

import math

import numpy as np
import pytest
from cases import CASES
from gradients import A, G, W, maps, places
from laws import Case

from bptui.core import Accumulate
from bptui.core.jacobian import Total, scalar
from bptui.core.ops.arrange import Transposed
from bptui.core.ops.linear import Linear, Outer
from bptui.core.terms import MOST_TERMS, Term, accumulated, cell_at, terms


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_terms_are_the_column_of_the_jacobian_and_add_up_to_the_cell(case: Case) -> None:
    for derivative, upstream, downstream, _ in maps(case):
        J, rows, columns = derivative.matrix(), places(upstream.shape), places(downstream.shape)
        for cell in list(np.ndindex(downstream.shape))[:12]:
            column = J[:, columns[cell]]
            found = terms(derivative, upstream, downstream, cell)
            listed = [int(rows[term.cell]) for term in found.listed]
            assert listed == sorted(np.flatnonzero(column))[: len(listed)]
            assert len(listed) == min(np.count_nonzero(column), MOST_TERMS)
            assert [term.local for term in found.listed] == pytest.approx(column[listed].tolist(), rel=1e-12)
            assert [term.upstream for term in found.listed] == [float(upstream[term.cell]) for term in found.listed]
            assert [term.product for term in found.listed] == [term.upstream * term.local for term in found.listed]
            size = np.abs(column) @ np.abs(upstream.reshape(-1, order="F"))
            total = math.fsum([*(term.product for term in found.listed), found.rest])
            assert total == pytest.approx(float(downstream[cell]), rel=1e-12, abs=1e-13 * float(size) + 1e-300)
            assert found.total == float(downstream[cell])


def test_the_transposes_by_hand() -> None:
    """∂L/∂a[1, 0] = W[0, 1] g[0, 0] + W[1, 1] g[1, 0]; ∂L/∂W[1, 2] = g[1, 1] a[2, 1], as a[2, 0] is 0."""
    back = terms(Linear(W, 2), G, W.T @ G, (1, 0))
    assert back.listed == (Term((0, 0), 1.0, 2.0, 2.0), Term((1, 0), 3.0, 5.0, 15.0))
    assert (back.total, back.zeros, back.more) == (17.0, 0, 0)
    weight = terms(Outer(A, 2), G, G @ A.T, (1, 2))
    assert weight.listed == (Term((1, 1), -1.0, 3.0, -3.0),)
    assert (weight.total, weight.zeros, weight.more) == (-3.0, 1, 0)


def test_what_is_not_listed_is_summed() -> None:
    a = np.arange(1.0, 101.0).reshape(1, 100)
    g = np.ones((1, 100))
    found = terms(Outer(a, 1), g, g @ a.T, (0, 0))
    assert [term.product for term in found.listed] == list(range(1, 65))
    assert (found.more, found.rest, found.total) == (36, sum(range(65, 101)), 5050.0)


def test_zero_times_infinity_is_a_term() -> None:
    g = np.array([[np.inf, 2.0]])
    a = np.array([[0.0, 3.0]])
    with np.errstate(all="ignore"):
        downstream = g @ a.T
    found = terms(Outer(a, 1), g, downstream, (0, 0))
    assert [(term.upstream, term.local) for term in found.listed] == [(np.inf, 0.0), (2.0, 3.0)]
    assert math.isnan(found.listed[0].product)


def test_a_large_matrix_is_no_hindrance_where_the_column_is_known() -> None:
    g = np.ones((1200, 1200))
    total = Total(0.5, (1200, 1200))
    found = terms(total, scalar(3.0), total.pull_back(scalar(3.0)), (7, 9))
    assert found.listed == (Term((), 3.0, 0.5, 1.5),)
    with pytest.raises(ValueError, match="1,440,000 × 1,440,000"):
        terms(Transposed((1200, 1200)), g, g.T, (0, 0))


def test_the_contributions_to_a_cell() -> None:
    event = Accumulate(0, "x", (G, 2 * G), 3 * G)
    found = accumulated(event, (1, 1))
    assert [term.product for term in found.listed] == [-1.0, -2.0]
    assert (found.total, found.more, found.zeros) == (-3.0, 0, 0)


def test_a_place_in_vec_names_its_cell() -> None:
    for shape in ((), (2, 3), (2, 3, 2, 2)):
        numbers = places(shape)
        assert all(cell_at(int(numbers[cell]), shape) == cell for cell in np.ndindex(shape))
