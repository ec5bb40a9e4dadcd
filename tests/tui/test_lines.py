"""Lines, cells and windows; whatever the room, a view keeps to it."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bptui.core import Timeline, parse, read
from bptui.tui import tables, views
from bptui.tui.lines import Span, fitted, line, window
from bptui.tui.plain import plain_lines
from bptui.tui.step import step_lines

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))
TIMELINES = {path.stem: Timeline(read(path)) for path in SCENARIOS}
VIEWS = {
    "table": tables.table,
    "product": views.product,
    "updates": views.updates,
    "program": views.program,
    "step": step_lines,
}


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20)), st.integers(0, 60))
def test_a_fitted_line_has_exactly_the_width(texts: list[str], width: int) -> None:
    assert sum(cell_len(span.text) for span in fitted(line(*texts), width)) == width


def test_what_does_not_fit_ends_with_an_ellipsis() -> None:
    assert fitted(line("abcdef"), 4) == (Span("abc…"),)
    assert fitted(line(Span("ab", "dim"), "cd"), 6) == (Span("ab", "dim"), Span("cd  "))


def test_a_window_counts_what_it_leaves_out() -> None:
    lines = [line(str(i)) for i in range(20)]
    text = ["".join(span.text for span in row) for row in window(lines, 5, 10)]
    assert text == ["… 9 more above", "9", "10", "11", "… 8 more below"]
    assert window(lines, 20, 3) == lines


@pytest.mark.parametrize(
    ("x", "width", "text"),
    [(2.0, 9, "2"), (-0.0120694555232061, 10, "-0.0120695"), (1e-300, 6, "1e-300"), (40.5060365272678, 9, "40.506037")],
)
def test_a_number_takes_as_many_digits_as_there_is_room_for(x: float, width: int, text: str) -> None:
    assert tables.fit(x, width) == text


@settings(deadline=None, max_examples=25)
@given(data=st.data())
@pytest.mark.parametrize("scenario", TIMELINES)
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_keeps_to_its_room(scenario: str, view: str, data: st.DataObject) -> None:
    timeline = TIMELINES[scenario]
    position = data.draw(st.integers(0, len(timeline)))
    width, height = data.draw(st.integers(20, 200)), data.draw(st.integers(3, 60))
    lines = VIEWS[view](timeline, position, width, height)
    assert 0 < len(lines) <= height
    assert all(cell_len(span.text) >= 0 and "\n" not in span.text for row in lines for span in row)


def test_plain_lines_end_with_the_loss_and_the_new_parameters() -> None:
    lines = list(plain_lines(TIMELINES["tanh4"]))
    assert lines[0] == "Four layers, one tanh"
    assert lines[15].split() == [
        "15",
        "backward",
        "A",
        "δ₃",
        "=",
        "∂L/∂a₃",
        "·",
        "φ₃′(u₃)",
        "=",
        "-9.00067",
        "×",
        "0.00134095",
        "=",
        "-0.0120694555232061",
    ]
    assert lines[-9] == "L = 40.5060365272678"
    assert lines[-2] == "W₄ ← 1.89946339480737"


def test_the_columns_of_plain_lines_are_aligned() -> None:
    events = list(plain_lines(TIMELINES["tanh4"]))[1:34]
    assert len({text.rindex(" = ") for text in events}) == 1


def test_hostile_labels_are_visible_text() -> None:
    timeline = Timeline(parse('title = "\\u001b[2J[/red]\\u202e"\nprogram = "z = x^2"\n[input]\nx = 1.0'))
    assert next(plain_lines(timeline)) == r"\x1b[2J[/red]\u202e"
