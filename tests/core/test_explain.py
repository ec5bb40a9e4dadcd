"""Where a gradient comes from: the whole product, the dot product behind a cell, the Jacobian beside the product."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cases import CASES
from laws import Case, local

from bptui.core import Accumulate, Multiply, Timeline, parse, read
from bptui.core.blocks import block, both, examples
from bptui.core.chapter import Chapter
from bptui.core.explain import path_factors, whole_product, why
from bptui.core.jacobian import Array, Diagonal, LocalDerivative, Row, Shape, Total, scalar
from bptui.core.ledger import ledger_at
from bptui.core.ops import RULES
from bptui.core.ops.arrange import Transposed
from bptui.core.ops.linear import Linear, Outer
from bptui.core.program import Node
from bptui.core.terms import MOST_TERMS, Term, accumulated, cell_at, terms

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = ["tanh4", "xor", "rnn", "attention", "convolution", "residual"]

W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
A = np.array([[1.0, 0.0], [2.0, 1.0], [0.0, 3.0]])
G = np.array([[1.0, 2.0], [3.0, -1.0]])
"""u = W a of two examples, and ∂L/∂u."""


def maps(case: Case) -> Iterator[tuple[LocalDerivative, Array, Array, int]]:
    """Of a case each local derivative, an upstream and the downstream, at numbers where every op is defined."""
    rng = np.random.default_rng(len(str(case)))
    op = case.bind()
    arguments = [
        (rng.integers(0, op.classes[i], shape).astype(float) if i in op.classes else rng.uniform(0.2, 0.9, shape))
        for i, shape in enumerate(case.shapes)
    ]
    arguments = [np.asarray(argument)[()] for argument in arguments]
    upstream = np.asarray(rng.uniform(-1.0, 1.0, op.shape))[()]
    for position in op.order:
        derivative = local(op, position, arguments)
        yield derivative, upstream, derivative.pull_back(upstream), position


def places(shape: Shape) -> Array:
    """The number of each cell in column-major order, counted one by one."""
    numbers = np.zeros(shape, int)
    for place, index in enumerate(np.ndindex(shape[::-1])):
        numbers[index[::-1]] = place
    return numbers


def chapter(name: str) -> Chapter:
    return Timeline(read(FOLDER / f"{name}.toml")).chapter(1)


def through(chapter: Chapter, node: str, argument: int) -> Multiply:
    return next(
        event
        for event in chapter.events
        if isinstance(event, Multiply) and (event.node.name, event.argument) == (node, argument)
    )


# ---- terms


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


# ---- blocks


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


# ---- the whole product


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_whole_product_goes_from_one_to_the_gradient(name: str) -> None:
    iteration = chapter(name)
    for variable, index in iteration.completed.items():
        first, *factors = whole_product(iteration, variable)
        assert first.event is None
        assert first.product == 1.0
        product, at = np.ones(1), iteration.program.output
        for factor in factors:
            if isinstance(factor.event, Multiply):
                assert factor.event.node.name == at
                product, at = factor.event.local.matrix().T @ product, factor.event.variable
            else:
                assert isinstance(factor.event, Accumulate)
                assert factor.event.variable == at
                sizes = [float(np.linalg.norm(np.ravel(each))) for each in factor.event.contributions]
                assert np.linalg.norm(product) == pytest.approx(max(sizes))
                product = np.sum(factor.event.contributions, axis=0).reshape(-1, order="F")
            np.testing.assert_allclose(factor.product.reshape(-1, order="F"), product, rtol=1e-12, atol=1e-15)
        assert at == variable
        event = iteration.events[index]
        assert factors[-1].event is event


def test_no_product_where_there_is_no_gradient() -> None:
    assert whole_product(chapter("xor"), "x") == ()
    (one,) = whole_product(chapter("xor"), "L")
    assert one.event is None
    assert one.product == 1.0


def test_the_factors_of_the_paths_add_up() -> None:
    iteration = chapter("rnn")
    last = [path_factors(path, scalar(1.0))[-1].product for path in ledger_at(iteration, "W").listed]
    assert len(last) == 4
    np.testing.assert_allclose(sum(last), whole_product(iteration, "W")[-1].product, rtol=1e-12)


# ---- why


def test_why_there_is_a_transpose() -> None:
    iteration = chapter("xor")
    assert why(iteration.program, through(iteration, "u2", 1)) == [
        "forward, W₂[j, i] carries a₁[i] to u₂[j]",
        "backward, a₁[i] collects from every u₂[j] it fed: down column i of W₂, which is row i of W₂ᵀ: "
        "hence the transpose",
    ]
    assert why(iteration.program, through(iteration, "u2", 0)) == [
        "W₂[i, k] multiplies a₁[k] on its way to u₂[i], so its gradient is δ₂[i] · a₁[k]",
        "row from δ₂, column from a₁: hence the transpose of a₁",
        "a₁ has 4 columns (examples, or tokens): their products are summed",
    ]


def test_why_a_bias_is_a_sum_and_an_activation_is_not() -> None:
    iteration = chapter("xor")
    assert why(iteration.program, through(iteration, "u2", 2)) == [
        "b₂[i] is in each of the 4 columns of u₂: what each of them sends back is summed"
    ]
    (cells,) = why(iteration.program, through(iteration, "a1", 0))
    assert cells.startswith("each cell of a₁ depends on the same cell of u₁ alone")
    convolution = chapter("convolution")
    (bias,) = (each for each in convolution.events if isinstance(each, Multiply) and each.variable == "b")
    assert why(convolution.program, bias) == [
        "each cell of b is in 25 cells of u: what each of them sends back is summed"
    ]


def test_why_contributions_are_added() -> None:
    iteration = chapter("rnn")
    event = iteration.events[iteration.completed["W"]]
    assert isinstance(event, Accumulate)
    assert why(iteration.program, event) == ["W is used 4 times: what each use sends back is added"]


def test_why_a_repeated_factor_is_summed() -> None:
    scenario = parse("program = '''\ny = s * x\nz = sum(y)\n'''\n[parameters]\ns = 2.0\nx = [1.0, 2.0, 3.0]\n")
    iteration = Timeline(scenario).chapter(1)
    assert why(scenario.program, through(iteration, "y", 0)) == [
        "each cell of s is in 3 cells of y: what each of them sends back, ∂z/∂y ⊙ ∂y/∂s, is summed"
    ]


def test_every_step_has_a_reason() -> None:
    assert {case.name for case in CASES} == set(RULES)
    for name in SCENARIOS:
        iteration = chapter(name)
        for event in iteration.events:
            if isinstance(event, Multiply | Accumulate):
                assert all(why(iteration.program, event))


def test_a_backward_pass_that_stopped_is_explained_as_far_as_it_came() -> None:
    scenario = parse("program = '''\nv = exp(w)\ny = v^3\nz = sqrt(y)\n'''\n[parameters]\nw = -800.0\n")  # ∂z/∂y is 1/0
    iteration = Timeline(scenario).chapter(1)
    first, last = whole_product(iteration, "y")
    assert (first.event, float(last.product)) == (None, math.inf)
    assert whole_product(iteration, "w") == ()
