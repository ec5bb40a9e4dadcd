"""The ledger of a gradient: paths counted, listed and added up, beside routes that are followed here one by one."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import OLAH, lines, names, of, passed, residual

from bptui.core import ledger as module
from bptui.core import parse
from bptui.core.ledger import ledger, ledger_lines
from bptui.core.paths import count

# ---- examples


def test_the_two_paths_of_the_published_example() -> None:
    found = of(OLAH, "b")
    assert (found.count, found.remaining, found.rest) == (2, 0, None)
    assert [(names(path), path.product) for path in found.listed] == [(["d", "b"], 3.0), (["c", "b"], 2.0)]
    assert found.gradient == 5.0
    assert lines(OLAH, "b") == ["e → d → b: 3", "e → c → b: 2", "the sum = ∂e/∂b = 5"]
    assert lines(OLAH, "a") == ["e → c → a: 2", "the sum = ∂e/∂a = 2"]


def test_what_is_not_listed_is_added_up() -> None:
    assert lines(OLAH, "b", most=1) == ["e → d → b: 3", "the remaining 1 together = 2", "the sum = ∂e/∂b = 5"]


def test_two_uses_in_one_node_are_two_paths() -> None:
    square = "program = 'y = x*x'\n[input]\nx = 3.0"
    assert lines(square, "x") == ["y →₁ x: 3", "y →₂ x: 3", "the sum = ∂y/∂x = 6"]


def test_the_output_is_its_own_path() -> None:
    program, multiplications, _ = passed(OLAH.replace("program", "wrt = ['e', 'b']\nprogram"))
    found = ledger(program, "e", multiplications, np.float64(1.0))
    assert [(path.edges, path.product) for path in found.listed] == [((), 1.0)]
    assert ledger_lines(program, found) == ["e: 1", "the sum = ∂e/∂e = 1"]


def test_no_path_leads_to_what_the_output_does_not_need() -> None:
    text = "program = '''\ny = x*x\nz = v*x\n'''\noutput = 'y'\n[parameters]\nx = 3.0\nv = 1.0"
    program, multiplications, _ = passed(text)
    found = ledger(program, "v", multiplications, np.float64(0.0))
    assert (found.count, found.listed, found.remaining, found.rest) == (0, (), 0, None)
    assert ledger_lines(program, found) == ["no path leads from y to v", "the sum = ∂y/∂v = 0"]


def test_a_path_that_is_not_complete_is_among_the_remaining() -> None:
    program, multiplications, _ = passed(OLAH)
    assert [edge.variable for edge in multiplications] == ["c", "d", "b", "a", "b"]
    for happened, listed in [(0, 0), (2, 0), (3, 1), (4, 1), (5, 2)]:
        found = ledger(program, "b", multiplications[:happened], np.float64(5.0))
        assert (len(found.listed), found.remaining) == (listed, 2 - listed)


def test_numbers_keep_their_type() -> None:
    found = of("dtype = 'float32'\n" + residual(8), "a0")
    assert {path.product.dtype for path in found.listed} == {np.dtype(np.float32)}
    assert found.rest is not None
    assert found.rest.dtype == np.float32


# ---- residual networks


@pytest.mark.parametrize("blocks", [1, 2, 6, 100, 1000])
def test_a_residual_network_has_a_power_of_two_of_paths(blocks: int) -> None:
    program = parse(residual(blocks)).program
    assert count(program, "a0") == 2**blocks
    assert count(program, "w") == 2**blocks - 1  # from each of the blocks, as many as lead to its output


def test_each_path_takes_or_skips_each_block() -> None:
    a, w = 0.3, 0.7
    branches = []
    for _ in range(5):
        branches.append(w / math.cosh(w * a) ** 2)
        a += math.tanh(w * a)
    expected = [math.prod(taken) for taken in itertools.product(*((1.0, branch) for branch in branches))]
    found = of(residual(5), "a0")
    assert found.remaining == 0
    assert [float(path.product) for path in found.listed] == pytest.approx(sorted(expected, reverse=True), rel=1e-12)
    assert sum(expected) == pytest.approx(math.prod(1 + branch for branch in branches))
    assert float(found.gradient) == pytest.approx(sum(expected), rel=1e-12)


def test_matrices_list_the_shortest_first() -> None:
    a, W = np.array([[0.5], [-1.0]]), np.array([[0.4, -0.3], [0.8, 0.1]])
    text = residual(4, "[0.5, -1.0]", "[[0.4, -0.3], [0.8, 0.1]]", "L = sum(a4)\n")
    branches = []
    for _ in range(4):
        branches.append((W @ a, np.cosh(W @ a) ** -2 * W))
        a = a + np.tanh(branches[-1][0])
    expected = {}
    for taken in itertools.product([False, True], repeat=4):
        product = np.ones((1, 2))
        for block in reversed(range(4)):
            product = product @ branches[block][1] if taken[block] else product
        expected[taken] = product.T
    full, ten = of(text, "a0"), of(text, "a0", most=10)
    assert (full.count, full.remaining, ten.remaining) == (16, 0, 6)
    assert [len(path.edges) for path in full.listed] == sorted(5 + 2 * sum(taken) for taken in expected)
    for path in full.listed:
        taken = tuple(f"a{block + 1}·2" in names(path) for block in range(4))
        np.testing.assert_allclose(path.product, expected.pop(taken), rtol=1e-12, atol=1e-15)
    assert not expected
    assert [names(path) for path in ten.listed] == [names(path) for path in full.listed[:10]]
    rest = sum(path.product for path in full.listed[10:])
    assert ten.rest is not None
    np.testing.assert_allclose(ten.rest, rest, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(full.gradient, sum(path.product for path in full.listed), rtol=1e-12)


def test_one_array_on_the_way_ranks_by_length() -> None:
    text = (
        "program = '''\nfar = 100 * (2 * w)\nL = sum(far * x + w)\n'''\n[parameters]\nw = 1.0\n[input]\nx = [1.0, 2.0]"
    )
    found = of(text, "w")
    assert [(len(path.edges), path.product) for path in found.listed] == [(2, 2.0), (5, 600.0)]


def test_of_a_large_gradient_fewer_paths_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = residual(4, "[0.5, -1.0]", "[[0.4, -0.3], [0.8, 0.1]]", "L = sum(a4)\n")
    for cells, listed in [(12, 3), (4, 1), (3, 1)]:
        monkeypatch.setattr(module, "MOST_CELLS", cells)
        found = of(text, "w")
        assert (len(found.listed), found.remaining) == (listed, 15 - listed)


def test_two_thousand_nodes_with_skips() -> None:
    """a[k] = a[k-1] - a[k-2]: as many paths as Fibonacci says; those that do not pass the sine have the product ±1."""
    steps = "".join(f"a{k} = a{k - 1} - a{k - 2}\n" for k in range(2, 2000))
    found = of(f"program = '''\na1 = sin(a0)\n{steps}'''\n[input]\na0 = 1.0", "a0")
    fibonacci = [1, 1]
    while len(fibonacci) < 2000:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    assert (found.count, found.remaining) == (fibonacci[-1], fibonacci[-1] - 64)
    assert [abs(path.product) for path in found.listed] == [1.0] * 64
    assert len({tuple(map(id, path.edges)) for path in found.listed}) == 64


# ---- programs at random


@dataclass(frozen=True)
class Step:
    """One node: its op, the numbers of its arguments, and its derivative towards each."""

    text: str
    arguments: tuple[int, ...]
    derivatives: tuple[float, ...]


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[Step]]:
    """A scalar program of x, v₁, v₂, … as the text of a scenario, and as steps."""
    values = [draw(st.floats(-1.1, 1.1, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-6))]
    steps: list[Step] = []
    for number in range(1, draw(st.integers(1, 10)) + 1):
        i, j = (draw(st.integers(max(0, number - 3), number - 1)) for _ in range(2))
        a, b = values[i], values[j]
        forms = {
            "v{0} + v{1}": (a + b, (1.0, 1.0)),
            "v{0} - v{1}": (a - b, (1.0, -1.0)),
            "v{0} * v{1}": (a * b, (b, a)),
            "sin(v{0})": (math.sin(a), (math.cos(a),)),
            "relu(v{0})": (max(a, 0.0), (float(a > 0),)),
        }
        form = draw(st.sampled_from(sorted(forms)))
        value, derivatives = forms[form]
        values.append(value)
        steps.append(Step(f"v{number} = " + form.format(i, j), (i, j)[: len(derivatives)], derivatives))
    steps.append(Step(f"out = v0 + v{len(steps)}", (0, len(steps)), (1.0, 1.0)))
    text = "\n".join(step.text for step in steps)
    return f"program = '''\n{text}\n'''\n[input]\nv0 = {values[0]!r}\n", steps


def routes(steps: list[Step], node: int, product: float) -> Iterator[float]:
    """The products of all routes from a node to v₀, each followed to its end."""
    if node == 0:
        yield product
        return
    for argument, derivative in zip(steps[node - 1].arguments, steps[node - 1].derivatives, strict=True):
        yield from routes(steps, argument, product * derivative)


@settings(max_examples=300, deadline=None)
@given(programs(), st.sampled_from([1, 3, 64]))
def test_the_largest_of_all_paths_are_listed_and_all_add_up(made: tuple[str, list[Step]], most: int) -> None:
    text, steps = made
    expected = list(routes(steps, len(steps), 1.0))
    found = of(text, "v0", most)
    assert found.count == len(expected)
    assert len(found.listed) == min(most, len(expected))
    assert found.remaining == len(expected) - len(found.listed)
    assert len({tuple(map(id, path.edges)) for path in found.listed}) == len(found.listed)
    largest = sorted(map(abs, expected), reverse=True)[:most]
    assert [abs(float(path.product)) for path in found.listed] == pytest.approx(largest, rel=1e-12, abs=1e-290)
    scale = math.fsum(map(abs, expected))
    listed = math.fsum(float(path.product) for path in found.listed)
    rest = 0.0 if found.rest is None else float(found.rest)
    assert (found.rest is None) == (found.remaining == 0)
    assert listed + rest == pytest.approx(float(found.gradient), rel=0, abs=1e-12 * scale)
    assert float(found.gradient) == pytest.approx(math.fsum(expected), rel=0, abs=1e-12 * scale)


@given(programs())
def test_a_path_is_a_route_whose_factors_multiply_to_its_product(made: tuple[str, list[Step]]) -> None:
    for path in of(made[0], "v0").listed:
        nodes = [edge.node.name for edge in path.edges]
        assert nodes == ["out", *names(path)[:-1]]
        assert names(path)[-1] == "v0"
        assert float(path.product) == math.prod(float(edge.local.matrix()[0, 0]) for edge in path.edges)


def test_products_that_overflow_come_first_and_do_not_hide_the_others() -> None:
    """±1e400 · 0 on the way to t by u, where the gradient itself is finite: the sums cancel first."""
    text = "program = '''\nx = relu(t)\nu = 1e200*x\nd = u - u\nL = 1e200*d + 3*t\n'''\n[input]\nt = -1.0"
    found = of(text, "t")
    assert [str(path.product) for path in found.listed] == ["nan", "nan", "3.0"]
    assert found.gradient == 3.0
    assert lines(text, "x")[-3:] == ["L → L·1 → d →₁ u → x: inf", "L → L·1 → d →₂ u → x: -inf", "the sum = ∂L/∂x = 0"]
