"""The passes on programs whose derivatives are known by hand; where the trace stops; what is not computed."""

import subprocess
import sys

import numpy as np
import pytest

from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, parse
from bptui.core.events import result
from bptui.core.timeline import Arrived


def timeline(program: str, rest: str = "[input]\nx = 3.0") -> Timeline:
    return Timeline(parse(f'program = """\n{program}\n"""\n{rest}'))


def gradient(found: Timeline, name: str) -> float:
    return np.asarray(found.gradient(name, len(found))).item()  # a scalar, or a matrix of one cell


def test_a_variable_used_three_times_gets_three_contributions_and_their_sum() -> None:
    found = timeline("z = x*x + x")  # dz/dx = 2x + 1
    kinds = [type(event) for event in found.events]
    assert kinds == [Evaluate, Evaluate, Multiply, Multiply, Multiply, Multiply, Accumulate]
    last = found.events[-1]
    assert isinstance(last, Accumulate)
    assert [float(x) for x in last.contributions] == [1.0, 3.0, 3.0]
    assert gradient(found, "x") == 7.0


def test_while_contributions_are_missing_the_timeline_says_how_many_have_come() -> None:
    found = timeline("z = x*x + x")
    assert [found.gradient("x", position) for position in range(2, 7)] == [
        None,
        None,
        Arrived(1, 3),
        Arrived(2, 3),
        Arrived(3, 3),
    ]


def test_contributions_are_added_from_left_to_right() -> None:
    found = timeline("z = a + x + b\na2 = z", "[input]\nx = 1.0\na = 0.1\nb = 0.2")
    assert float(found.value("z", len(found))) == (0.1 + 1.0) + 0.2  # type: ignore[arg-type]
    sums = timeline("p = 0.1*x\nq = 0.2*x\nr = 0.3*x\nz = p + q + r")
    last = sums.events[-1]
    assert isinstance(last, Accumulate)
    first, second, third = (float(x) for x in last.contributions)
    assert float(last.total) == (first + second) + third
    assert sorted((first, second, third)) == [0.1, 0.2, 0.3]


def test_what_nobody_asked_for_is_not_computed() -> None:
    rest = "[input]\nx = 3.0\n[parameters]\nw = 2.0\nv = 1.0"
    found = Timeline(parse('wrt = ["w"]\nprogram = "z = (w*x + v)^2"\n' + rest))
    assert {event.variable for event in found.events if isinstance(event, Multiply)} == {"w", "z·1", "z·2"}
    assert gradient(found, "w") == 2 * (2 * 3 + 1) * 3


def test_a_parameter_that_the_output_does_not_reach_has_gradient_0_and_still_an_update() -> None:
    rest = '[parameters]\nw = 2.0\nv = 1.5\n[update]\nrule = "gradient_descent"\nlearning_rate = 0.5'
    found = Timeline(parse('output = "z"\nprogram = """\nz = w^2\nside = exp(v)\n"""\n' + rest))
    updates = {event.parameter: event for event in found.events if isinstance(event, Update)}
    assert float(updates["v"].gradient) == 0.0
    assert float(updates["v"].after) == 1.5
    assert float(updates["w"].after) == 2.0 - 0.5 * 4.0
    assert not any(isinstance(event, Multiply) and event.variable == "v" for event in found.events)


def test_it_can_be_differentiated_with_respect_to_a_node() -> None:
    found = Timeline(parse('wrt = ["u"]\nprogram = """\nu = 3*x\nz = u^2\n"""\n[input]\nx = 2.0'))
    assert gradient(found, "u") == 12.0
    assert [type(event) for event in found.events] == [Evaluate, Evaluate, Multiply]


@pytest.mark.parametrize(
    ("program", "x", "kind", "name"),
    [
        ("u = log(x)\nz = tanh(u)", -1.0, Evaluate, "u"),
        ("u = 1/x\nz = exp(-u)", 0.0, Evaluate, "u"),
        ("u = exp(x)\nz = 1/u", 1000.0, Evaluate, "u"),
        ("u = sqrt(x)\nz = u + 1", 0.0, Multiply, "x"),
    ],
)
def test_the_trace_stops_at_the_first_number_that_is_none(program: str, x: float, kind: type, name: str) -> None:
    found = timeline(program, f"[input]\nx = {x}")
    last = found.events[-1]
    assert found.stopped is last
    assert type(last) is kind
    assert (last.node.name if isinstance(last, Evaluate) else last.variable) == name  # type: ignore[union-attr]
    assert all(np.isfinite(result(event)).all() for event in found.events[:-1])


def test_large_cells_whose_squares_overflow_do_not_stop_it() -> None:
    found = timeline("u = 1e200*x\nz = sum(u)/1e200", "[input]\nx = [1.0, -2.0]")
    assert found.stopped is None
    np.testing.assert_allclose(found.gradient("x", len(found)), [[1.0], [1.0]])  # type: ignore[arg-type]


def test_float32_stays_float32_in_every_event() -> None:
    text = 'dtype = "float32"\n[input]\nx = [1.0, 2.0]\n[target]\ny = [0.5]\n[[layer]]\nW = [[0.5, -1.5]]\nb = [0.1]\n'
    text += 'activation = "sigmoid"\n[loss]\nkind = "half_squared_error"\n[update]\nrule = "gradient_descent"\n'
    found = Timeline(parse(text + "learning_rate = 0.1"))
    assert {str(result(event).dtype) for event in found.events} == {"float32"}


def test_a_bias_of_several_examples_gets_the_sum_over_them() -> None:
    text = "[input]\nx = [[1.0, 2.0, 3.0]]\n[target]\ny = [[0.0, 0.0, 0.0]]\n[[layer]]\nW = [[2.0]]\nb = [1.0]\n"
    found = Timeline(parse(text + '[loss]\nkind = "half_squared_error"'))
    errors = np.array([3.0, 5.0, 7.0])  # z - y
    assert gradient(found, "b1") == errors.sum()
    assert gradient(found, "W1") == errors @ np.array([1.0, 2.0, 3.0])


def test_the_core_never_imports_the_terminal() -> None:
    code = "import sys, bptui.core; print([m for m in sys.modules if m.split('.')[0] in ('textual', 'rich')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
