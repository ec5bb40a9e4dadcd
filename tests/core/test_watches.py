"""Watches read what the timeline has, and their history is drawn as bars."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import InputError, Timeline, Update, parse, read
from bptui.core.conditions.watches import parse_watch, sparkline

FOLDER = Path(__file__).parents[2] / "scenarios"
TANH4 = Timeline(read(FOLDER / "tanh4.toml"))
XOR = Timeline(read(FOLDER / "xor.toml"))
ATTENTION = Timeline(read(FOLDER / "attention.toml"))


def at(timeline: Timeline, text: str, position: int) -> float | None:
    value = parse_watch(text, timeline.scenario.program).at(timeline, position)
    return None if value is None else float(value)


def test_a_watch_reads_a_value_once_there_is_one() -> None:
    """u₃ = 4 is the fifth step; L = (tanh 4 - 10)²/2 the ninth."""
    assert [at(TANH4, "u₃", position) for position in (0, 4, 5, 33)] == [None, None, 4.0, 4.0]
    assert at(TANH4, "loss", 8) is None
    assert at(TANH4, "L", 9) == at(TANH4, "loss", 33) == pytest.approx((np.tanh(4.0) - 10) ** 2 / 2, rel=1e-15)
    assert [at(TANH4, "x", position) for position in (0, 33)] == [2.0, 2.0]
    assert [at(TANH4, "rate", position) for position in (0, 33)] == [0.1, 0.1]


def test_a_watch_reads_a_gradient_once_it_is_complete() -> None:
    delta3 = (np.tanh(4.0) - 10) / np.cosh(4.0) ** 2
    for text, factor in (("δ3", 1.0), ("grad(u3)", 1.0), ("∂L/∂W3", 4.0), ("grad(b₃) * 4", 4.0)):
        assert at(TANH4, text, 14) is None
        assert at(TANH4, text, 33) == pytest.approx(factor * delta3, rel=1e-12)


def test_contributions_that_have_not_all_come_are_no_gradient() -> None:
    """X is used by Q, K and V."""
    chapter = ATTENTION.chapter(1)
    watch = parse_watch("norm(grad(X))", ATTENTION.scenario.program)
    completed = chapter.completed["X"] + 1
    assert watch.at(ATTENTION, completed - 1) is None
    found = watch.at(ATTENTION, completed)
    assert found is not None
    total = sum(chapter.events[index].downstream for index in chapter.arrivals["X"])  # type: ignore[union-attr]
    assert float(found) == pytest.approx(float(np.linalg.norm(total)), rel=1e-14)


def test_a_watch_computes() -> None:
    W, X = ATTENTION.scenario.parameters["Wq"], ATTENTION.scenario.given["X"]
    found = parse_watch("-|Wq| + 2 * Wq", ATTENTION.scenario.program).at(ATTENTION, 0)
    assert np.array_equal(found, 2 * W - np.abs(W))  # type: ignore[arg-type]
    assert at(ATTENTION, "max(X) - min(X) / mean(X)", 0) == pytest.approx(X.max() - X.min() / X.mean())
    assert parse_watch("Wq + X", ATTENTION.scenario.program).at(ATTENTION, 0) is None  # 2×3 and 3×3
    assert at(TANH4, "W1 / b1", 0) == np.inf


def test_the_history_of_a_watch() -> None:
    """The loss is that before the update, the parameter that behind it; the history of an array is of its norm."""
    program = XOR.scenario.program
    loss, W1, difference = (parse_watch(text, program) for text in ("loss", "W1", "u2 - z"))
    for number in (0, 1, 99):
        chapter = XOR.chapter(17 * number + 1)
        z, y = XOR.value("z", chapter.end), XOR.scenario.given["y"]
        assert z is not None
        assert loss.at_end(chapter) == pytest.approx(float(np.mean(np.log(1 + np.exp(z)) - y * z)), rel=1e-12)
        moved = next(e for e in chapter.events if isinstance(e, Update) and e.parameter == "W1")
        assert W1.at_end(chapter) == pytest.approx(float(np.linalg.norm(moved.after)), rel=1e-14)
        assert difference.at_end(chapter) == 0.0
        assert parse_watch("rate", program).at_end(chapter) == 0.1
    assert parse_watch("norm(δ2)", program).at_end(XOR.chapter(1)) == at(XOR, "norm(δ2)", 17)


def test_the_history_where_a_run_stops() -> None:
    timeline = Timeline(parse("program = '''\nu = log(x)\nz = u^2\n'''\n[input]\nx = -1.0\n"))
    chapter = timeline.chapter(1)
    values = [
        parse_watch(text, timeline.scenario.program).at_end(chapter) for text in ("u", "z", "grad(x)", "x", "rate")
    ]
    assert str(values) == "[nan, None, None, -1.0, None]"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the watch is empty; for instance norm(grad(L))"),
        ("product", "'product' is a number of an event; a watch is on a variable or a gradient"),
        ("norm(delta)", "'delta' is a number of an event; a watch is on a variable or a gradient"),
        ("iteration + 1", "'iteration' is a number of an event; a watch is on a variable or a gradient"),
        ("loss < 1", "'loss < 1': this is no number"),
        ("forward", "'forward': this is no number"),
        ("lss", "'lss': nothing is called 'lss'; did you mean 'loss'?"),
        ("grad(x)", "'grad(x)': ∂L/∂x is not computed"),
        ("loss loss", "'loss': 'loss' is not expected here"),
        ("loss +", "'loss +': a number or a name is missing"),
    ],
)
def test_what_is_no_watch_is_said_at_once(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_watch(text, TANH4.scenario.program)
    assert str(caught.value).startswith(message.partition("; for")[0])


# ---- bars


@pytest.mark.parametrize(
    ("values", "width", "line"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], 8, "▁▂▃▄▅▆▇█"),
        ([0, 1, 2, 3, 4, 5, 6, 7], 3, "▁▅█"),
        ([9, 7, None, 8], 9, "█▁ ▅"),
        ([3.0, 3.0], 9, "▄▄"),
        ([0.0, 0.0], 9, "▄▄"),
        ([1.0, float("nan"), 2.0, float("inf"), float("-inf")], 9, "▁×█××"),
        ([float("nan")], 9, "×"),
        ([-1e308, 0.0, 1e308], 9, "▁▅█"),
        ([0.0, 5e-324], 9, "▁█"),
        ([1, 2], 0, ""),
        ([], 5, ""),
        ([None], 5, " "),
    ],
)
def test_a_line_of_bars(values: list[float | None], width: int, line: str) -> None:
    assert sparkline(values, width) == line


@given(st.lists(st.one_of(st.none(), st.floats()), max_size=30), st.integers(0, 40))
def test_bars_rise_as_values_do(values: list[float | None], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == min(len(values), width)
    bars = [
        (value, bar) for value, bar in zip(values[len(values) - len(line) :], line, strict=True) if bar in "▁▂▃▄▅▆▇█"
    ]
    ordered = [bar for _, bar in sorted(bars, key=lambda pair: pair[0] or 0.0)]
    assert ordered == sorted(ordered)
