"""What goes in and what the ops make of it: shapes, types of numbers, and the arithmetic of Python."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Multiply, Timeline, parse
from bptui.core.events import result
from bptui.core.ops import RULES

moderate = st.floats(-30.0, 30.0)
UNARY: dict[str, Callable[[float], float]] = {
    "negate": lambda x: -x,
    "sin": math.sin,
    "cos": math.cos,
    "exp": math.exp,
    "abs": abs,
    "tanh": math.tanh,
    "sigmoid": lambda x: 1.0 / (1.0 + math.exp(-x)),
    "relu": lambda x: max(x, 0.0),
    "identity": lambda x: x,
    "sum": lambda x: x,
    "mean": lambda x: x,
    "log": lambda x: math.log(abs(x) + 1e-3),
    "sqrt": lambda x: math.sqrt(abs(x) + 1e-3),
}
DOMAIN = {"log", "sqrt"}
"""For these x is |x| + 0.001."""


@given(x=moderate)
@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number_are_those_of_python(name: str, x: float) -> None:
    given = np.float64(abs(x) + 1e-3 if name in DOMAIN else x)
    assert float(RULES[name].bind(()).value(given)) == pytest.approx(UNARY[name](x), rel=2e-15, abs=1e-323)


@given(x=moderate, y=moderate.filter(lambda y: y != 0.0))
def test_the_four_operations_are_those_of_python_to_the_bit(x: float, y: float) -> None:
    with np.errstate(over="ignore"):
        a, b = np.float64(x), np.float64(y)
        found = {
            name: float(RULES[name].bind((), ()).value(a, b)) for name in ("add", "subtract", "multiply", "divide")
        }
        found |= {name: float(RULES[name].bind((), ()).value(a, b)) for name in ("matmul", "dot", "half_squared_error")}
        found["affine"] = float(RULES["affine"].bind((), (), ()).value(a, b, np.float64(0.1)))
    assert found == {
        "add": x + y,
        "subtract": x - y,
        "multiply": x * y,
        "divide": x / y,
        "matmul": x * y,
        "dot": x * y,
        "half_squared_error": (x - y) * (x - y) * 0.5,
        "affine": x * y + 0.1,
    }


@given(x=st.floats(1e-3, 30.0), n=st.integers(-8, 8) | st.floats(-8.0, 8.0))
def test_powers_and_their_derivatives_are_those_of_python(x: float, n: float) -> None:
    op = RULES["power"].bind((), ())
    value = op.value(np.float64(x), np.float64(n))
    assert float(value) == pytest.approx(x**n, rel=1e-15)
    towards_x, towards_n = (float(local(value, np.float64(x), np.float64(n)).shown) for local in op.local)
    assert towards_x == pytest.approx(n * x ** (n - 1), rel=1e-14)
    assert towards_n == pytest.approx(x**n * math.log(x), rel=1e-14)


@pytest.mark.parametrize(
    ("x", "n", "towards_x", "towards_n"),
    [
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 0.0, 0.0, -math.inf),
        (-2.0, 3.0, 12.0, math.nan),
        (-2.0, 0.0, 0.0, math.nan),
    ],
)
def test_powers_of_zero_and_of_negative_numbers(x: float, n: float, towards_x: float, towards_n: float) -> None:
    op = RULES["power"].bind((), ())
    with np.errstate(all="ignore"):
        value = op.value(np.float64(x), np.float64(n))
        found = [float(local(value, np.float64(x), np.float64(n)).shown) for local in op.local]
    assert found == pytest.approx([towards_x, towards_n], nan_ok=True)


# ---- float32 --------------------------------------------------------------------------------------------------------

ALL_OPS = """
a = sin(x) + cos(x) - exp(x) * 0.5 / 3
b = log(p) + sqrt(p) + abs(-x) + tanh(x) + sigmoid(x) + relu(x) + identity(x)
c = x^2 + p^x + 2^-1
u = W @ x + q
v = W @ a
s = 3 @ x + x
z = sum(c) + mean(b) + dot(u, v) + half_squared_error(u, v) + half_squared_error(p, 2) + sum(s) + sum(b)
"""
VALUES = (
    "[input]\nx = [0.5, -1.0, 2.0]\n[parameters]\np = 1.5\nq = [0.25, 1.0]\nW = [[1.0, 0.5, -2.0], [0.1, 0.0, 3.0]]\n"
)
UPDATE = "[update]\nrule = 'gradient_descent'\nlearning_rate = 0.1\n"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_op_keeps_the_type_of_its_numbers(dtype: str) -> None:
    """Values, contributions, totals and parameters; and nothing is a NumPy array of no axes, which is slow."""
    program = ALL_OPS.replace("sum(s * W)", "sum(s)")
    timeline = Timeline(
        parse(f'dtype = "{dtype}"\nwrt = ["x", "p", "q", "W"]\nprogram = """{program}"""\n{VALUES}{UPDATE}')
    )
    assert len(timeline.events) == timeline.calendar.total
    assert {str(result(event).dtype) for event in timeline.events} == {dtype}
    assert [event for event in timeline.events if type(result(event)) is np.ndarray and result(event).ndim == 0] == []
    for event in timeline.events:
        if isinstance(event, Multiply):
            assert str(event.upstream.dtype) == dtype


# ---- values of a scenario -------------------------------------------------------------------------------------------


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_a_scalar(x: float) -> None:
    value = parse(f"program = 'z = x'\n[input]\nx = {x!r}\n").given["x"]
    assert (float(value), value.shape, value.dtype) == (x, (), np.float64)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
def test_a_list_is_one_column(cells: list[int]) -> None:
    value = parse(f"program = 'z = sum(x)'\n[input]\nx = {cells}\n").given["x"]
    assert value.shape == (len(cells), 1)
    assert value[:, 0].tolist() == cells


@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(st.floats(-9, 9), min_size=n, max_size=n), min_size=1, max_size=4)
    )
)
def test_a_list_of_lists_is_rows(rows: list[list[float]]) -> None:
    value = parse(f"program = 'z = sum(x)'\n[input]\nx = {rows}\n").given["x"]
    assert value.tolist() == rows


def test_numbers_are_rounded_once_to_float32() -> None:
    scenario = parse("dtype = 'float32'\nprogram = 'z = 0.1 * x'\n[input]\nx = 0.2\n")
    assert {name: float(value) for name, value in scenario.given.items()} == {
        "0.1": 0.100000001490116119384765625,
        "x": 0.20000000298023223876953125,
    }


def test_what_learns_and_what_is_given_are_kept_apart() -> None:
    text = "program = 'z = (p*x - y)*c*2'\n[input]\nx = 1\n[target]\ny = 2\n[parameters]\np = 3\n[constants]\nc = 4\n"
    scenario = parse(text)
    found: dict[str, Any] = {name: variable.kind for name, variable in scenario.program.variables.items()}
    assert found == {"x": "input", "y": "target", "p": "parameter", "c": "constant", "2": "constant"}
    assert set(scenario.parameters) == {"p"}
    assert set(scenario.given) == {"x", "y", "c", "2"}
    assert scenario.program.wrt == ("p",)
