"""Histograms: what is counted where, on which axes, what is said of it, and that it stays while the reader steps."""

import math
import re

import numpy as np
import pytest
import screens
from hypothesis import given
from hypothesis import strategies as st
from looking import numbers

from bptui.core.events import Multiply, result
from bptui.core.timeline import Timeline
from bptui.tui.lines import Line
from bptui.tui.moment import Moment
from bptui.tui.pictures.histogram import Axis, axis_of, bars, bins_of, histogram_words, histograms, rows_of

BARS = "▁▂▃▄▅▆▇█"
OVERFLOW = "program = '''\na = x * 1e200\nb = a * a\nL = sum(b)\n'''\n[input]\nx = [1.0, -2e-150, 2.0]\n"
SATURATED = """
[input]
x = [[0.0, 0.1, 30.0, -30.0]]

[[layer]]
W = [[1.0]]
activation = "tanh"

[[layer]]
W = [[1.0]]

[target]
y = [[0.5, 0.0, 0.0, 1.0]]

[loss]
kind = "half_squared_error"
"""


def text(row: Line) -> str:
    return "".join(span.text for span in row)


def drawn(timeline: Timeline, position: int, width: int = 78, height: int = 18) -> list[str]:
    return [text(row) for row in histograms(Moment(timeline, position), width, height)]


def strips(row: str) -> list[str]:
    """What is between the walls: of the values, and if it is known of the gradients."""
    return re.findall(r"│([ ▁▂▃▄▅▆▇█◆]+)│", re.sub("│([^│▁▂▃▄▅▆▇█◆]*)│([^│]*)│", "│\\1│\\2│", row))


def backward_over(timeline: Timeline) -> int:
    """The position behind the last multiplication of the first iteration."""
    events = timeline.chapter(1).events
    return 1 + max(i for i, event in enumerate(events) if isinstance(event, Multiply))


# ---- counting


@given(
    st.lists(st.floats(-3.0, 3.0).filter(lambda x: not 0.0 < abs(x) < 1e-280), min_size=1, max_size=40),
    st.integers(1, 30),
)
def test_values_are_counted_as_numpy_does(cells: list[float], bins: int) -> None:
    x = np.reshape(cells, (-1, 1))
    axis = axis_of([x], is_log=False)
    assert axis.low <= x.min() <= x.max() <= axis.high
    assert bins_of(x, axis, bins, is_log=False) == tuple(np.histogram(x, bins, axis)[0])


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40).filter(any), st.integers(1, 30))
def test_sizes_are_counted_by_their_logarithm(cells: list[float], bins: int) -> None:
    x = np.reshape(cells, (-1, 1))
    logarithms = [math.log10(abs(cell)) for cell in cells if cell]
    axis = axis_of([x], is_log=True)
    assert axis.low == math.floor(min(logarithms))
    assert axis.low < axis.high
    assert axis.high in (math.ceil(max(logarithms)), axis.low + 1)
    assert sum(bins_of(x, axis, bins, is_log=True)) == len(logarithms)
    assert bins_of(x, axis, 1, is_log=True) == (len(logarithms),)


@pytest.mark.parametrize(
    ("cells", "axis"),
    [
        ([0.3, 0.7], (0, 1)),
        ([-0.11, 0.4], (-0.2, 0.5)),
        ([3.0, 12.0], (0, 20)),
        ([0.0], (0, 1)),
        ([-7.0], (-10, 0)),
        ([np.nan, np.inf], (0, 1)),
        ([-1e308, 1e308], (-1e307, 1e307)),
    ],
)
def test_an_axis_of_values_has_round_ends(cells: list[float], axis: tuple[float, float]) -> None:
    assert axis_of([np.array(cells)], is_log=False) == pytest.approx(axis)


def test_the_ends_hold_what_lies_beyond() -> None:
    assert bins_of(np.array([-1e308, 1.0, 1e308]), Axis(-1e307, 1e307), 3, is_log=False) == (1, 1, 1)


def test_bars_are_as_high_as_their_part_of_the_fullest() -> None:
    assert bars((0, 1, 2, 4, 8, 7, 0)) == " ▁▂▄█▇ "
    assert bars((1, 0, 1000)) == "▁ █"
    assert bars((0, 0, 1, 0)) == "  ◆ "


# ---- what is drawn


def test_each_layer_has_its_values_and_gradients() -> None:
    timeline = screens.timeline("digits")
    position = backward_over(timeline)
    chapter = timeline.chapter(position)
    head, *rows = drawn(timeline, position)
    values = [result(chapter.events[chapter.evaluated[name]]) for name in ("a1", "z")]
    gradients = [result(chapter.events[chapter.completed[name]]) for name in ("u1", "u2")]
    low, high = numbers(head.partition("a ")[2].partition("log")[0].replace("…", " "))
    assert low <= min(x.min() for x in values)
    assert high >= max(x.max() for x in values)
    least, most = numbers(head.partition("|δ| ")[2].replace("…", " "))
    sizes = [np.log10(np.abs(x)) for x in gradients]
    assert (least, most) == (math.floor(min(x.min() for x in sizes)), math.ceil(max(x.max() for x in sizes)))
    for row, value, size in zip(rows, values, sizes, strict=False):
        left, right = strips(row)
        for strip, x, ends in ((left, value, (low, high)), (right, size, (least, most))):
            counts = np.histogram(x, len(strip), ends)[0]
            assert strip == "".join(BARS[math.ceil(8 * c / counts.max()) - 1] if c else " " for c in counts)


@pytest.mark.parametrize("scenario", ["tanh4", "vanishing"])
def test_a_scalar_is_a_mark_on_the_axis_of_all(scenario: str) -> None:
    timeline = screens.timeline(scenario)
    chapter = timeline.chapter(1)
    head, *rows = drawn(timeline, backward_over(timeline), 78, 30)
    least, most = numbers(head.partition("|δ| ")[2].replace("…", " "))
    for layer, row in zip(chapter.program.layers, rows, strict=False):
        index = chapter.completed.get(layer.u)
        if index is not None:
            strip = strips(row)[1]
            place = (math.log10(abs(float(result(chapter.events[index])))) - least) / (most - least) * len(strip)
            assert strip.index("◆") == min(int(place), len(strip) - 1)


def test_what_is_still_to_come_is_not_shown_and_what_is_there_stays() -> None:
    """From step to step at most one strip appears, and the current layer's mark moves."""
    timeline = screens.timeline("layers4")
    before = drawn(timeline, 0)
    assert not any(strips(row) for row in before[1:5])
    for position in range(1, timeline.chapter(1).end + 1):
        now = drawn(timeline, position)
        assert now[0] == before[0]
        changed = [(old, new) for old, new in zip(before, now, strict=True) if old != new]
        assert len(changed) <= 1
        assert sum(len(strips(row)) for row in now[1:5]) - sum(len(strips(row)) for row in before[1:5]) in (0, 1)
        before = now
    assert sum(len(strips(row)) for row in before[1:5]) == 8


def test_zeros_and_saturated_cells_are_counted() -> None:
    timeline = screens.timeline("dead_relu")
    position = backward_over(timeline)
    chapter = timeline.chapter(position)
    a, delta = (result(chapter.events[index]) for index in (chapter.evaluated["a1"], chapter.completed["u1"]))
    row = drawn(timeline, position, 118)[1]
    assert f"{np.count_nonzero(a == 0)} zero" in row.split("│")[2]
    assert f"{np.count_nonzero(delta == 0)} zero" in row.split("│")[4]
    saturated = screens.timeline(SATURATED)
    assert "2 sat." in drawn(saturated, backward_over(saturated), 118)[1]


def test_without_layers_the_larger_nodes_have_rows() -> None:
    program = screens.timeline("convolution").scenario.program
    assert [row.value for row in rows_of(program)] == ["image", "u·1", "u", "a", "m", "h"]
    nested = screens.timeline("nested4").scenario.program  # no node has 8 cells: all of them
    assert [row.value for row in rows_of(nested)] == ["u", "v", "w", "z"]


def test_the_current_layer_is_marked_and_in_the_window() -> None:
    timeline = screens.timeline("vanishing")
    for position in (1, 20, 41, 90):
        event = timeline.event(position)
        assert event is not None
        rows = histograms(Moment(timeline, position), 46, 8)
        (marked,) = (row for row in rows if row[0].role == "now")
        layer = int(text(marked).split()[0])
        name = event.variable if isinstance(event, Multiply) else event.node.name  # type: ignore[union-attr]
        found = timeline.scenario.program.layer_of.get(name)
        assert found is None or found.number == layer
        more = sum(int(numbers(text(row))[0]) for row in rows if "more" in text(row))
        assert more + sum("sigmoid" in text(row) or "identity" in text(row) for row in rows) == 20


def test_what_is_not_finite_is_counted_apart() -> None:
    timeline = screens.timeline(OVERFLOW)
    end = timeline.reach(len(timeline))
    rows = drawn(timeline, end, 118)
    assert "2 not finite" in next(row for row in rows if row.startswith("b "))
    said = [text(row) for row in histogram_words(Moment(timeline, end), 78, 12)]
    assert any(row.startswith("b: 4e+100") and row.endswith("2 not finite") for row in said)


# ---- in words


def test_the_words_are_those_of_numpy() -> None:
    timeline = screens.timeline("digits")
    position = backward_over(timeline)
    chapter = timeline.chapter(position)
    said = [text(row) for row in histogram_words(Moment(timeline, position), 78, 12)]
    a, delta = (result(chapter.events[index]) for index in (chapter.evaluated["a1"], chapter.completed["u1"]))
    assert said[0].startswith("a₁: ")
    assert said[1].startswith("|δ₁|: ")
    assert numbers(said[0].partition(": ")[2]) == pytest.approx([a.min(), a.max(), np.median(a)], rel=5e-3)
    sizes = np.abs(delta)
    expected = [sizes.min(), sizes.max(), np.median(sizes)]
    assert numbers(said[1].partition(": ")[2]) == pytest.approx(expected, rel=5e-2)


def test_before_the_first_step_the_words_say_so() -> None:
    assert [text(row) for row in histogram_words(Moment(screens.timeline("layers4"), 0), 44, 8)] == [
        "nothing is computed yet"
    ]
