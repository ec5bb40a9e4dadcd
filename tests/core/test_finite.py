"""The first NaN or infinity: it is found, wherever it comes up, and large numbers are not taken for one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bptui.core import Accumulate, Evaluate, Event, Multiply, Timeline, Update, parse
from bptui.core.events import result
from bptui.core.jacobian import is_finite
from bptui.core.ops.linear import Linear, Outer

HUGE = st.sampled_from([1e200, -1e200, 1e308, -1e308, 1.7976931348623157e308, 1e155, 1e-200, 5e-324, 0.0, 1.0, -3.0])
ANY = HUGE | st.floats()
SIDES = st.integers(1, 3)


@st.composite
def matrices(draw: st.DrawFn, elements: st.SearchStrategy[float]) -> np.ndarray:
    return draw(arrays(np.float64, draw(st.tuples(SIDES, SIDES)), elements=elements))


@given(matrices(ANY), st.sampled_from([np.float64, np.float32]), st.booleans())
def test_an_array_is_finite_when_each_cell_is(x: np.ndarray, dtype: type, transposed: bool) -> None:
    with np.errstate(all="ignore"):
        x = (x.T if transposed else x).astype(dtype)
        assert is_finite(x) == all(np.isfinite(cell) for cell in x.flat)
        assert is_finite(x[0, 0]) == bool(np.isfinite(x[0, 0]))


@given(HUGE, HUGE, HUGE, HUGE, st.booleans())
def test_a_product_is_never_said_to_be_finite_wrongly(a: float, b: float, c: float, d: float, outer: bool) -> None:
    upstream, other = np.array([[a, b]]), np.array([[c, d]])
    local = Outer(other, 1) if outer else Linear(other, 2)
    with np.errstate(all="ignore"):
        downstream = local.pull_back(upstream)
        assert local.stays_finite(upstream, downstream) == bool(np.isfinite(downstream).all())


def run(program: str, given: str) -> Timeline:
    return Timeline(parse(f"program = '''\n{program}\n'''\n{given}"))


def all_finite(event: Event) -> bool:
    return bool(np.isfinite(result(event)).all())


UPDATE = "[update]\nrule = 'gradient_descent'\nlearning_rate = 1e200\n"
LARGE = "[input]\nx = [1e200, 1.0]\n"
STOPS = {
    "a value": ("u = log(x)\nz = u^2", "[input]\nx = -1.0", Evaluate, "u"),
    "an overflow": ("u = exp(x)\nz = 1/u", "[input]\nx = 1000.0", Evaluate, "u"),
    "a division by zero": ("z = 1/x", "[input]\nx = 0.0", Evaluate, "z"),
    "nothing over nothing": ("u = x/x\nz = exp(-u)", "[input]\nx = 0.0", Evaluate, "u"),
    "one cell of many": ("u = log(x)\nz = sum(u)", "[input]\nx = [1.0, 0.0, 2.0]", Evaluate, "u"),
    "a cell of a product": ("u = W @ x\nz = sum(u)", f"{LARGE}[constants]\nW = [[1e200, 1.0]]", Evaluate, "u"),
    "a sum": ("z = sum(x)", "[input]\nx = [1e308, 1e308]", Evaluate, "z"),
    "a root at zero, back": ("u = sqrt(x)\nz = u + 1", "[input]\nx = 0.0", Multiply, "x"),
    "nothing times infinity, back": ("u = sqrt(x)\nz = u^2", "[input]\nx = 0.0", Multiply, "x"),
    "an outer product, back": ("u = W @ x\nz = sum(u) * 1e200", f"{LARGE}[parameters]\nW = [[0, 0]]", Multiply, "W"),
    "a sum of contributions": ("u = 1e308*x + 1e308*x\nz = u * 1", "[input]\nx = 0.1", Accumulate, "x"),
    "an update": ("z = w^2", "[parameters]\nw = 1e120\n" + UPDATE, Update, "w"),
}  # fmt: skip


@pytest.mark.parametrize("name", STOPS)
def test_the_trace_stops_with_the_first_number_that_is_none(name: str) -> None:
    program, given, kind, where = STOPS[name]
    timeline = run(program, given)
    last = timeline.events[-1]
    assert type(last) is kind
    match last:
        case Evaluate():
            assert last.node.name == where
        case Multiply() | Accumulate():
            assert last.variable == where
        case Update():
            assert last.parameter == where
    assert timeline.stopped is last
    assert not all_finite(last)
    assert all(all_finite(event) for event in timeline.events[:-1])


@pytest.mark.parametrize(
    ("program", "given"),
    [
        ("u = 1e200*x\nz = sum(u)/1e200", "[input]\nx = [1.0, -2.0]"),
        (
            "u = W @ x\nz = sum(u) * 1e-200",
            "[parameters]\nW = [[1e200, 1.0], [2.0, -1e200]]\n[input]\nx = [1e100, 1.0]",
        ),
        ("z = x * 1e308", "[input]\nx = 1.0"),
        ("z = sum(x*x)", "[input]\nx = [[5e-324, 1e-200], [1e150, -1e150]]"),
        ("z = sum(x * 3e38) * 1e-38", "dtype = 'float32'\n[input]\nx = [1.0, -1.0, 1.0]"),
    ],
)
def test_large_numbers_whose_squares_overflow_do_not_stop_it(program: str, given: str) -> None:
    head = "dtype = 'float32'\n" if given.startswith("dtype") else ""
    timeline = Timeline(parse(f"{head}program = '''\n{program}\n'''\n{given.removeprefix(head)}"))
    assert timeline.stopped is None
    assert isinstance(timeline.events[-1], Multiply | Accumulate)
    assert all(all_finite(event) for event in timeline.events)


expressions = st.recursive(
    st.sampled_from(["x", "c", "1e200", "2"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from("+-*/"), inner).map("({0[0]} {0[1]} {0[2]})".format)
        | st.tuples(st.sampled_from(["exp", "sqrt", "log", "tanh", "abs"]), inner).map("{0[0]}({0[1]})".format)
    ),
    max_leaves=8,
)


@given(expressions, HUGE, st.lists(HUGE, min_size=2, max_size=2))
def test_a_trace_holds_nothing_after_the_first_number_that_is_none(text: str, x: float, c: list[float]) -> None:
    timeline = run(f"u = {text}\nz = sum(u) + 0*x + 0*sum(c)", f"[input]\nx = {x!r}\nc = {c!r}")
    finite = [all_finite(event) for event in timeline.events]
    assert all(finite[:-1])
    assert finite[-1] == (timeline.stopped is None)
    if timeline.stopped is None:  # then it has gone all the way
        assert [timeline.gradient(name, len(timeline)) is None for name in ("x", "c")] == [False, False]
    phases = [event.phase for event in timeline.events]
    assert all(before <= after or (before, after) == ("forward", "backward") for before, after in pairwise(phases))


@pytest.mark.parametrize("order", [1, -1])
def test_contributions_are_added_in_the_order_of_their_arrival(order: int) -> None:
    """To the bit: (0.1 + 0.2) + 0.3 is not 0.1 + (0.2 + 0.3)."""
    factors = [0.1, 0.2, 0.3][::order]
    timeline = run("z = " + " + ".join(f"x * {factor}" for factor in factors), "[input]\nx = 1.0")
    last = timeline.events[-1]
    assert isinstance(last, Accumulate)
    arrived = [event.downstream for event in timeline.events if isinstance(event, Multiply) and event.variable == "x"]
    assert [float(x) for x in arrived] == factors[::-1]  # from the last to the first
    assert float(last.total) == (factors[2] + factors[1]) + factors[0]
    assert all(a is b for a, b in zip(last.contributions, arrived, strict=True))
