"""Lines of spans: fitted to a width, cut and counted where there is no room."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bptui.core.text import visible
from bptui.tui.lines import Line, Role, Span, fitted, left, line, right, shortened, window, wrapped

ROLES: list[Role] = ["text", "dim", "now"]
NARROW = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
WIDE = st.sampled_from("漢字かなカナ한글（）🎉")
ODD = st.sampled_from("\u0301\u200d\ufe0f\u20e3👩🇩🇪🏽ﷺ\u200b\t\x1b\x07\x9b\u202e\u2066")
TEXTS = st.text(NARROW | WIDE | ODD, max_size=12).map(visible)  # a label is made visible before it is shown
SPANS = st.builds(Span, TEXTS, st.sampled_from(ROLES))
LINES = st.lists(SPANS, max_size=6).map(tuple)


def text(spans: Line) -> str:
    return "".join(span.text for span in spans)


@settings(max_examples=500)
@given(LINES, st.integers(0, 60))
def test_a_fitted_line_has_exactly_its_width(spans: Line, width: int) -> None:
    assert sum(cell_len(span.text) for span in fitted(spans, width)) == width


@given(st.lists(st.builds(Span, st.text(NARROW | WIDE, max_size=12), st.sampled_from(ROLES)), max_size=6).map(tuple))
def test_a_fitted_line_is_whole_or_ends_with_an_ellipsis(spans: Line) -> None:
    whole = text(spans)
    for width in range(60):
        shown = text(fitted(spans, width))
        if cell_len(whole) <= width:
            assert shown == whole + " " * (width - cell_len(whole))
        elif width:
            assert shown.endswith("…")
            assert whole.startswith((shown[:-1], shown[:-2]))  # half of a wide character is a blank


@pytest.mark.parametrize(
    ("given_", "width", "expected"),
    [
        (("abc",), 5, (Span("abc  "),)),
        (("abc",), 3, (Span("abc"),)),
        (("abcd",), 3, (Span("ab…"),)),
        (("ab", Span("cd", "now")), 3, (Span("ab"), Span("…", "now"))),
        (("ab", Span("cd", "now")), 2, (Span("a…"),)),
        (("ab", "cd"), 2, (Span("a…"),)),
        (("ab", Span("", "now")), 2, (Span("ab"), Span("", "now"))),
        (("ab", "cd", Span("ef", "now")), 7, (Span("abcd"), Span("ef ", "now"))),
        (("漢字",), 3, (Span("漢…"),)),
        (("漢字",), 2, (Span(" …"),)),
        ((), 2, (Span("  "),)),
        (("abc",), 0, (Span(""),)),
    ],
)
def test_fitted(given_: tuple[Span | str, ...], width: int, expected: Line) -> None:
    assert fitted(line(*given_), width) == expected


@settings(max_examples=500)
@given(TEXTS, st.integers(0, 30))
def test_left_and_right_have_exactly_their_width(label: str, width: int) -> None:
    assert cell_len(left(label, width)) == width
    assert cell_len(right(label, width)) == width


@pytest.mark.parametrize(
    ("label", "width", "at_left", "at_right"),
    [("ab", 4, "ab  ", "  ab"), ("abcde", 4, "abc…", "abc…"), ("漢字", 5, "漢字 ", " 漢字"), ("漢字", 3, "漢…", "漢…")],
)
def test_left_and_right(label: str, width: int, at_left: str, at_right: str) -> None:
    assert (left(label, width), right(label, width)) == (at_left, at_right)


@given(st.text(NARROW | WIDE, max_size=80), st.integers(2, 30))
def test_wrapping_loses_nothing_but_blanks(whole: str, width: int) -> None:
    rows = wrapped(whole, width)
    assert all(0 < cell_len(row) <= width for row in rows)
    assert "".join(rows).replace(" ", "") == "".join(whole.split())


def test_wrapping_breaks_between_words() -> None:
    assert wrapped("the chain rule, twice", 10) == ["the chain", "rule,", "twice"]
    assert wrapped("a verylongword b", 6) == ["a", "verylo", "ngword", "b"]
    assert wrapped("", 10) == []


NUMBERED = [line(str(number)) for number in range(20)]


@pytest.mark.parametrize(
    ("height", "current", "expected"),
    [
        (5, 0, ["0", "1", "2", "3", "… 16 more below"]),
        (5, 10, ["… 9 more above", "9", "10", "11", "… 8 more below"]),
        (5, 19, ["… 16 more above", "16", "17", "18", "19"]),
        (3, 7, ["… 7 more above", "7", "… 12 more below"]),
        (2, 7, ["… 19 more", "7"]),
        (1, 7, ["7"]),
        (0, 7, []),
    ],
)
def test_a_window_counts_what_it_leaves_out(height: int, current: int, expected: list[str]) -> None:
    assert [text(row) for row in window(NUMBERED, height, current)] == expected


@pytest.mark.parametrize("count", [0, 1, 5])
@pytest.mark.parametrize("height", [-1, 0])
def test_where_there_is_no_room_nothing_is_drawn(count: int, height: int) -> None:
    """A page that has not been laid out has less than none."""
    assert window([line(str(number)) for number in range(count)], height, 0) == []


@given(st.integers(0, 40), st.integers(1, 50), st.data())
def test_a_window_shows_or_counts_every_line_and_always_the_current_one(
    count: int, height: int, data: st.DataObject
) -> None:
    lines = [line(str(number)) for number in range(count)]
    current = data.draw(st.integers(0, max(count - 1, 0)))
    shown = [text(row) for row in window(lines, height, current)]
    assert len(shown) == min(count, height)
    assert not count or str(current) in shown
    if height > 1:
        counted = [int(row.split()[1]) for row in shown if row.startswith("…")]
        assert len(shown) - len(counted) + sum(counted) == count


def test_shortened_counts_what_it_leaves_out() -> None:
    assert shortened(NUMBERED, 20, "more") == NUMBERED
    assert [text(row) for row in shortened(NUMBERED, 3, "more")] == ["0", "1", "… 18 more"]
    assert [text(row) for row in shortened(NUMBERED, 1, "more")] == ["… 20 more"]
    assert shortened(NUMBERED, 0, "more") == []
