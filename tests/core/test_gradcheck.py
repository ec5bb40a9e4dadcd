"""The check finds an error where it is made, and nowhere else; a kink and rounding are no errors."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Scenario, parse, read
from bptui.core.gradcheck import ANALYTIC, Check, check
from bptui.core.jacobian import Array, LocalDerivative
from bptui.core.ops import RULES
from bptui.core.passes import NotFiniteError

FOLDER = Path(__file__).parents[2] / "scenarios"
UNARY = sorted(ANALYTIC & {name for name, rule in RULES.items() if rule.arity == 1} - {"mean_pool"})
"""Analytic ops of one argument that may be a single cell."""
NETWORK = """
dtype = "DTYPE"
program = '''
u = W @ x + b
a = tanh(u)
s = softmax(V @ a)
L = -log(dot(s, y))
'''
[input]
x = [0.5, -1.0]
[target]
y = [1.0, 0.0]
[parameters]
W = [[0.3, -0.2], [0.4, 0.6]]
b = [0.1, -0.1]
V = [[0.7, 0.5], [-0.4, 0.2]]
"""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_scenario_passes(path: Path) -> None:
    scenario = read(path)
    found = list(check(scenario))
    assert {each.verdict for each in found} <= {"pass", "kink", "rounding"}
    checked = {(each.node, each.argument) for each in found if each.op}
    assert checked == {(node.name, node.arguments[i]) for node in scenario.program.nodes for i in node.needed}
    assert {each.argument for each in found if not each.op} <= {*scenario.parameters, *scenario.given}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_right_network_passes_in_both_precisions(dtype: str) -> None:
    assert {each.verdict for each in check(parse(NETWORK.replace("DTYPE", dtype)))} == {"pass"}


class Wrong(msgspec.Struct, frozen=True):
    """A local derivative whose product has a mistake in it."""

    right: LocalDerivative
    mistake: Callable[[Array], Array]

    def pull_back(self, upstream: Array) -> Array:
        return self.mistake(self.right.pull_back(upstream))

    def stays_finite(self, upstream: Array, downstream: Array) -> bool:
        return True


def with_mistake(scenario: Scenario, name: str, position: int, mistake: Callable[[Array], Array]) -> Scenario:
    """The scenario with a wrong rule at one argument of one node."""

    def broken(node: object) -> object:
        if node.name != name:  # type: ignore[attr-defined]
            return node
        right = node.op.local[position]  # type: ignore[attr-defined]
        local = list(node.op.local)  # type: ignore[attr-defined]
        local[position] = lambda *values: Wrong(right(*values), mistake)
        op = msgspec.structs.replace(node.op, local=tuple(local))  # type: ignore[attr-defined]
        return msgspec.structs.replace(node, op=op)  # type: ignore[type-var]

    program = msgspec.structs.replace(scenario.program, nodes=tuple(map(broken, scenario.program.nodes)))
    return msgspec.structs.replace(scenario, program=program)


@pytest.mark.parametrize(
    "mistake",
    [lambda x: 2.0 * x, lambda x: -x, lambda x: x.T, lambda x: 0.0 * x, lambda x: x * (1 + 1e-4), lambda x: x * np.nan],
    ids=["a factor of 2", "the sign", "a transpose", "forgotten", "a little off", "NaN"],
)
@pytest.mark.parametrize(("name", "position"), [("u", 0), ("s·1", 0)])
def test_an_error_is_found_where_it_is_made(name: str, position: int, mistake: Callable[[Array], Array]) -> None:
    broken = with_mistake(parse(NETWORK.replace("DTYPE", "float64")), name, position, mistake)
    found: list[Check] = []
    try:
        found.extend(check(broken))
    except NotFiniteError:
        pytest.fail("a wrong rule is reported, not raised")
    variable = broken.program.by_name[name].arguments[position]
    assert [(each.node, each.argument) for each in found if each.verdict == "FAIL" and each.op] == [(name, variable)]
    assert [each.argument for each in found if each.verdict == "FAIL" and not each.op] == [variable]


@pytest.mark.parametrize(
    ("program", "x"),
    [("z = relu(x)", 0.0), ("z = abs(x)", 0.0), ("z = max(x, 0.5)", 0.5), ("z = hinge(x, y)", 1.0)],
)
def test_a_kink_is_no_error(program: str, x: float) -> None:
    program = program.replace("max(x, 0.5)", "maximum(x, 0.5)")
    target = "\n[target]\ny = 1.0" if "y" in program else ""
    found = list(check(parse(f'program = "{program}"\n[input]\nx = {x}{target}')))
    assert {each.verdict for each in found} == {"kink"}


def test_next_to_a_kink_the_derivative_is_still_compared() -> None:
    assert {each.verdict for each in check(parse('program = "z = relu(x)"\n[input]\nx = 1e-7'))} == {"pass"}


def test_what_has_no_values_cannot_be_checked() -> None:
    with pytest.raises(NotFiniteError):
        list(check(parse('program = "z = log(x)"\n[input]\nx = -1.0')))


@pytest.mark.parametrize(
    "name", sorted((ANALYTIC & {name for name, rule in RULES.items() if rule.arity == 1}) - {"mean_pool"})
)
@settings(max_examples=20, deadline=None)
@given(x=st.floats(0.2, 1.3))
def test_an_analytic_op_takes_the_complex_step(name: str, x: float) -> None:
    op = RULES[name].bind((1, 1))
    h = 1e-100
    slope = np.imag(op.value(np.array([[x + 1j * h]]))) / h
    ahead, behind = (op.value(np.array([[x + d]])) for d in (1e-6, -1e-6))
    np.testing.assert_allclose(np.ravel(slope), np.ravel((ahead - behind) / 2e-6), rtol=1e-8)
