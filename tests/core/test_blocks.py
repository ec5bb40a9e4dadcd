"""Blocks of the Jacobian, and that its product written out agrees with what backpropagation does."""

import numpy as np
import pytest
from cases import CASES
from gradients import A, G, W, chapter, maps, places, through
from laws import Case

from bptui.core import Multiply
from bptui.core.blocks import block, both, examples
from bptui.core.jacobian import Array, Diagonal, LocalDerivative, Row, Shape, scalar
from bptui.core.ops.arrange import Transposed
from bptui.core.ops.linear import Linear, Outer
from bptui.core.program import Node


def restricted(derivative: LocalDerivative, node: Shape, argument: Shape, example: int) -> Array:
    """The block cut out of the whole Jacobian."""
    J = derivative.matrix()[places(node)[..., example].ravel(order="F")]
    if len(argument) > 1 and argument[-1] == node[-1]:
        inside = places(argument)[..., example].ravel(order="F")
        if not np.delete(J, inside, axis=1).any():
            return J[:, inside]
    return J


@pytest.mark.parametrize("limit", [0, 1_000_000])
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_block_is_a_part_of_the_matrix(case: Case, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut out of it, and from the rows that come back from single cells, where the whole is above the limit."""
    monkeypatch.setattr("bptui.core.blocks.MATRIX_LIMIT", limit)
    for derivative, upstream, downstream, _ in maps(case):
        node, argument = upstream.shape, downstream.shape
        np.testing.assert_array_equal(block(derivative, node, argument), derivative.matrix())
        for example in range(node[-1] if len(node) > 1 else 0):
            expected = restricted(derivative, node, argument, example)
            found = block(derivative, node, argument, example)
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_blocks_by_hand() -> None:
    np.testing.assert_array_equal(block(Linear(W, 2), (2, 2), (3, 2), 1), W)
    of_weights = block(Outer(A, 2), (2, 2), (2, 3), 1)  # u[i] = Σ W[i, k] a[k, 1], with W in column-major order
    np.testing.assert_array_equal(of_weights, [[0, 0, 1, 0, 3, 0], [0, 0, 0, 1, 0, 3]])
    np.testing.assert_array_equal(block(Diagonal(G, (2, 2)), (2, 2), (2, 2), 0), [[1, 0], [0, 3]])
    mixes_examples = block(Transposed((2, 2)), (2, 2), (2, 2), 0)
    np.testing.assert_array_equal(mixes_examples, [[1, 0, 0, 0], [0, 0, 1, 0]])


def test_a_block_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValueError, match="1,001 × 1,001"):
        block(Diagonal(1.0, (1001, 2)), (1001, 2), (1001, 2), 0)
    one = block(Diagonal(2.0, (700, 2)), (700, 2), (700, 2), 1)  # the whole would be 1,400 × 1,400
    np.testing.assert_array_equal(one, 2 * np.eye(700))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_ways_agree(case: Case) -> None:
    op = case.bind()
    node = Node("y", op, ("x",) * len(case.shapes), op.order, 1, 0)
    for derivative, upstream, downstream, position in maps(case):
        event = Multiply(0, node, position, upstream, derivative, downstream)
        for example in (None, *range(examples(event))):
            found = both(event, example)
            assert found.agree
            assert found.matrix.shape == (len(found.rows), len(found.columns))
            np.testing.assert_allclose(found.written, found.matrix.T @ found.upstream, rtol=1e-12)
        everything = both(event)
        np.testing.assert_array_equal(everything.pulled, downstream.reshape(-1, order="F"))


def test_the_weights_of_one_example_get_its_contribution() -> None:
    event = Multiply(0, through(chapter("xor"), "u2", 0).node, 0, G, Outer(A, 2), G @ A.T)
    assert examples(event) == 2
    found = [both(event, example) for example in range(2)]
    np.testing.assert_array_equal(found[0].pulled, np.outer(G[:, 0], A[:, 0]).ravel(order="F"))
    np.testing.assert_array_equal(found[1].pulled, np.outer(G[:, 1], A[:, 1]).ravel(order="F"))
    np.testing.assert_array_equal(found[0].upstream, G[:, 0])


def test_a_wrong_rule_does_not_agree() -> None:
    class Wrong(Row, frozen=True, gc=False, eq=False):
        def pull_back(self, upstream: Array) -> Array:
            return upstream * self.gradient + 1e-9

    event = Multiply(0, through(chapter("xor"), "u2", 0).node, 0, scalar(1.0), Wrong(G), G + 1e-9)
    found = both(event)
    assert not found.agree
    assert found.difference == pytest.approx(1e-9)
