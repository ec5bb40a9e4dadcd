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
KINKED = ("abs", "relu", "leaky_relu", "maximum", "minimum", "max", "max_pool", "hinge", "absolute_error", "l1")
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
    has_kinks = any(node.op.name in KINKED for node in scenario.program.nodes)
    assert {each.verdict for each in found} <= {"pass", "rounding", *(["kink"] if has_kinks else [])}
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


@pytest.mark.parametrize(
    ("program", "x"),
    [
        ("z = huber(x, y)", 1.0),
        ("z = binary_cross_entropy_logits(x, y)", 36.7368005696771),
        ("z = (sigmoid(x) - 0.5)^2", 0.0),
        ("z = softplus(x) - 0.5 * x", 0.0),
        ("z = silu(x)", -1.2784645427610738),
        ("z = x^3", 0.0),
        ("z = x^1.5", 0.0),
        ("z = log(x)", 1e-280),
        ("z = log(sigmoid(x))", -600.0),
        ("z = binary_cross_entropy(x, y)", 1.0 - 1e-9),
    ],
)
def test_a_smooth_function_has_no_kink_where_it_is_flat_steep_or_tiny(program: str, x: float) -> None:
    target = "\n[target]\ny = 1.0" if "y" in program else ""
    found = list(check(parse(f'program = "{program}"\n[input]\nx = {x!r}{target}')))
    assert {each.verdict for each in found} == {"pass"}


@pytest.mark.parametrize(
    "program",
    ["p = softmax(x)\nz = dot(p, w)", "n = batch_norm(x, g, c, epsilon=0)\nz = dot(n, w)"],
    ids=["a saturated softmax", "a batch of two"],
)
def test_what_cancels_inside_of_an_op_is_no_error(program: str) -> None:
    """The gradient is nothing but a difference of large numbers: (I - 1 1ᵀ/2 - n nᵀ/2) is 0 for two examples."""
    norm = "batch_norm" in program
    constants = "w = [[1.0, 2.0], [0.5, -3.0]]" + ("\ng = [1.0, 2.0]\nc = [0.1, 0.2]" if norm else "")
    text = f"program = '''\n{program}\n'''\n[input]\nx = [[0.0, 0.3], [33.0, 36.5]]\n[constants]\n{constants}"
    assert {each.verdict for each in check(parse(text))} <= {"pass", "rounding"}


ANALYTIC_PROGRAM = """
program = '''
n = layer_norm(x, g, c)
u = W @ n + b
a = tanh(u)
s = softmax(a / sqrt(2.0))
L = cross_entropy(exp(s), y) + l2(W)
'''
[input]
x = [[0.5, -1.0, 0.2], [1.5, 0.3, -0.4], [-0.7, 2.0, 0.9]]
[target]
y = [[0, 1, 1]]
[parameters]
g = [1.0, 0.9, 1.1]
c = [0.0, 0.1, -0.1]
W = [[0.3, -0.2, 0.5], [0.4, 0.6, -0.1]]
b = [0.1, -0.1]
"""


def test_the_complex_step_agrees_to_the_last_digits() -> None:
    found = list(check(parse(ANALYTIC_PROGRAM)))
    assert {(each.method, each.verdict) for each in found} == {("complex step", "pass")}
    assert {each.argument for each in found if not each.op} == {"g", "c", "W", "b"}
    assert max(each.error for each in found) <= 1e-12


@pytest.mark.parametrize("x", [0.0, 1e-9, 1.0, 1e6])
@pytest.mark.parametrize("op", ["identity", "relu"])
def test_a_wrong_factor_is_found_at_any_size_of_the_argument(op: str, x: float) -> None:
    """Also at 0, where biases start: the argument's size is no excuse for a deviation."""
    right = parse(f'program = "z = {op}(2 * x + 1)"\n[input]\nx = {x}')
    found = list(check(with_mistake(right, "z", 0, lambda g: 1.01 * g)))
    assert [(each.node, each.op) for each in found if each.verdict == "FAIL"] == [("z", op), ("z", "")]


@pytest.mark.parametrize("factor", [2.0, 1.001])
def test_one_wrong_cell_of_many_is_found(factor: float) -> None:
    """Among more cells than are moved one by one."""
    rows = [[0.01 * (7 * i + j) - 0.5 for j in range(20)] for i in range(20)]
    text = f'program = "z = sum(tanh(x))"\n[input]\nx = {rows}'

    def one_cell(x: Array) -> Array:
        wrong = x.copy()
        wrong[3, 5] *= factor
        return wrong

    found = list(check(with_mistake(parse(text), "z·1", 0, one_cell)))
    assert [each.node for each in found if each.verdict == "FAIL"] == ["z·1", "z"]


def test_what_stands_before_a_value_that_is_not_finite_is_checked() -> None:
    found: list[Check] = []
    program = "'''\nu = exp(x)\nv = log(u - u)\nz = v^2\n'''"
    with pytest.raises(NotFiniteError):
        found.extend(check(parse(f"program = {program}\n[input]\nx = 1.0")))
    assert [each.node for each in found] == ["u", "v·1", "v·1"]


def test_what_has_no_values_cannot_be_checked() -> None:
    with pytest.raises(NotFiniteError):
        list(check(parse('program = "z = log(x)"\n[input]\nx = -1.0')))


@pytest.mark.parametrize("name", UNARY)
@settings(max_examples=20, deadline=None)
@given(x=st.floats(0.2, 1.3))
def test_an_analytic_op_takes_the_complex_step(name: str, x: float) -> None:
    op = RULES[name].bind((1, 1))
    h = 1e-100
    slope = np.imag(op.value(np.array([[x + 1j * h]]))) / h
    ahead, behind = (op.value(np.array([[x + d]])) for d in (1e-6, -1e-6))
    np.testing.assert_allclose(np.ravel(slope), np.ravel((ahead - behind) / 2e-6), rtol=1e-8)
