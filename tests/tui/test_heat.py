"""Heat maps: what each place shows, how the window follows the cursor, and what is said below and in words."""

import itertools
import math
import re

import numpy as np
import pytest
import screens
from hypothesis import example, given
from hypothesis import strategies as st
from looking import numbers
from rich.cells import cell_len

from bptui.core import Multiply
from bptui.core.events import result
from bptui.tui.lines import Line
from bptui.tui.moment import Moment
from bptui.tui.pictures.brought import heat_picture, heat_words
from bptui.tui.pictures.heat import heat, measured
from bptui.tui.pictures.viewport import View, frame_of, moved, zoomed

ROOMS = [(1, 1), (2, 3), (7, 2), (20, 5), (44, 1), (44, 8), (46, 12), (78, 18), (118, 34)]
NORMAL = np.random.default_rng(7).normal(size=(6, 9))
LARGE = np.random.default_rng(8).normal(size=(100, 300))
HOSTILE = np.array([[1e-8, 3.0, -2.0], [np.nan, -np.inf, 0.0]])


def text(row: Line) -> str:
    return "".join(span.text for span in row)


def places(x: np.ndarray, size: int, **options: object) -> list[list[str]]:
    """What stands in each place of the map, drawn with room for all of it: without labels, ruler and what is below."""
    drawn = heat(x, 400, 200, name="x", **options)  # type: ignore[arg-type]
    label = len(str(len(x) - 1)) + 1
    body = [text(row)[label:] for row in drawn[1:] if re.fullmatch(r" *\d+ ", text(row)[:label])]
    return [[row[i : i + size] for i in range(0, len(row), size)] for row in body]


# ---- the map


def by_hand(value: float, largest: float) -> str:
    """The glyph on a linear scale."""
    if not math.isfinite(value):
        return "×"
    if value == 0.0:
        return "·"
    quarter = min(math.floor(4.0 * abs(value) / largest), 3)
    return ("░▒▓█" if value > 0 else "-─═≡")[quarter]


@given(st.lists(st.floats(-5.0, 5.0), min_size=6, max_size=6).filter(any))
@example([1.0, -1.0, 0.0, 0.7, -0.3, 0.1])
def test_each_cell_has_the_shade_of_its_size_and_the_strokes_of_its_sign(cells: list[float]) -> None:
    x = np.reshape(cells, (2, 3))
    largest = np.max(np.abs(x))
    if measured(x).logarithmic or np.any(np.isin(4 * np.abs(x) / largest, [1, 2, 3])):  # at an edge both are right
        return
    for row, shown in zip(x.tolist(), places(x, 2), strict=True):
        assert [place.strip() for place in shown] == [by_hand(c, largest) * (2 if c else 1) for c in row]


def test_sizes_far_apart_have_a_logarithmic_scale() -> None:
    powers = [0, -1, -3, -5, -7, -9]
    x = np.array([[10.0**p for p in powers], [-(10.0**p) for p in powers]])
    assert places(x, 2) == [["██", "██", "▓▓", "▒▒", "░░", "░░"], ["≡≡", "≡≡", "══", "──", "--", "--"]]
    legend = next(text(row) for row in heat(x, 120, 20, name="x") if "█" in text(row) and "0  " in text(row))
    assert "▓ 0.01 " in legend
    assert "logarithmic" in legend


def test_a_single_small_cell_does_not_make_the_scale_logarithmic() -> None:
    x = np.ones((4, 5))
    x[2, 3] = 1e-9
    assert not measured(x).logarithmic
    x[2:] = 1e-9
    assert measured(x).logarithmic
    x[2:] = 0.0  # what is 0 has no size
    assert not measured(x).logarithmic


@pytest.mark.parametrize("size", [2, 4])
def test_a_place_of_several_cells_shows_the_largest_of_them(size: int) -> None:
    x = LARGE[:10, :21]
    largest = np.max(np.abs(x))
    zoom = {2: -2, 4: -3}[size]
    expected = []
    for i in range(0, 10, size):
        blocks = [x[i : i + size, j : j + size].ravel().tolist() for j in range(0, 21, size)]
        expected.append([by_hand(max(block, key=abs), largest) for block in blocks])
    drawn = heat(x, 80, 40, name="x", zoom=zoom)
    assert [list(text(row)[2:]) for row in drawn[1 : 1 + len(expected)]] == expected
    assert any(f"largest of {size}×{size}" in text(row) for row in drawn)


def test_a_block_with_what_is_not_finite_says_so() -> None:
    x = np.zeros((4, 4))
    x[1, 2], x[3, 0] = np.nan, -np.inf
    assert [text(row)[2:] for row in heat(x, 40, 12, name="x", zoom=-2)[1:3]] == ["·×", "×·"]


def test_closer_up_each_cell_has_its_number() -> None:
    shown = places(NORMAL, 11, zoom=1)
    for row, texts in zip(NORMAL.tolist(), shown, strict=True):
        assert [float(place[2:]) for place in texts] == pytest.approx(row, abs=1e-3)
        assert [place[1] in "░▒▓█" for place in texts] == [cell > 0 for cell in row]


def test_a_terminal_without_unicode_has_other_glyphs() -> None:
    shown = places(NORMAL, 2, is_ascii=True)
    for row, texts in zip(NORMAL.tolist(), shown, strict=True):
        families = [".oO@" if cell > 0 else "-=%#" for cell in row]
        assert all(place[0] in family for place, family in zip(texts, families, strict=True))


def test_colours_say_what_the_glyphs_say() -> None:
    for row in heat(HOSTILE, 60, 12, name="x")[1:3]:
        for span in row[1:]:
            families = {"plus": "░▒▓█", "minus": "-─═≡", "alert": "×", "dim": "· "}
            assert set(span.text) <= set(families[span.role])


# ---- what is said below


def test_the_cell_under_the_cursor_is_said_in_full() -> None:
    said = [text(row) for row in heat(NORMAL, 80, 20, name="W₂", cursor=(3, 7))]
    (under,) = (row for row in said if row.startswith("W₂[3, 7] = "))
    assert float(under.partition("= ")[2]) == pytest.approx(NORMAL[3, 7], rel=1e-14)
    assert said[1 + 3][2 + 2 * 7] == "›"


@pytest.mark.parametrize(("shape", "cell", "name"), [((4, 1), (0, 2), "[2, 0]"), ((2, 3, 4), (1, 7), "[1, 1, 3]")])
def test_a_cell_is_named_by_its_place_in_the_array(shape: tuple[int, ...], cell: tuple[int, int], name: str) -> None:
    x = np.arange(math.prod(shape), dtype=float).reshape(shape)
    place = tuple(map(int, re.findall(r"\d+", name)))
    assert any(text(row) == f"K{name} = {x[place]:g}" for row in heat(x, 80, 20, name="K", cursor=cell))


def test_of_a_block_the_largest_cell_is_named() -> None:
    block = np.abs(LARGE[8:12, 4:8])
    i, j = np.unravel_index(np.argmax(block), block.shape)
    (under,) = (text(row) for row in heat(LARGE, 80, 20, name="x", cursor=(9, 5), zoom=-3) if "x[" in text(row))
    assert under.startswith(f"x[{8 + i}, {4 + j}] = {LARGE[8 + i, 4 + j]:.15g}, the largest of these 16")


def test_the_range_the_norm_and_the_legend_are_those_of_the_whole_matrix() -> None:
    said = [text(row) for row in heat(LARGE, 110, 20, name="x", corner=(40, 60))]
    facts = numbers(next(row for row in said if row.startswith("min ")))
    assert facts == pytest.approx([LARGE.min(), LARGE.max(), np.sqrt((LARGE**2).sum())], rel=1e-5)
    legend = numbers(next(row for row in said if row.startswith("█ ")).replace("- -", "-"))
    quarters = np.max(np.abs(LARGE)) * np.array([1, 0.75, 0.5, 0.25])
    assert legend == pytest.approx([*quarters, 0, *-quarters[::-1]], rel=5e-3)


@pytest.mark.parametrize("zoom", [0, -1, -3, 1])
def test_what_is_seen_of_a_large_matrix_is_said(zoom: int) -> None:
    rows, columns = frame_of(LARGE, 78, 18, zoom).window
    said = [text(row) for row in heat(LARGE, 78, 18, name="x", corner=(16, 32), cursor=(20, 40), zoom=zoom)]
    part = next(row for row in said if " of 100" in row or " of 300" in row)
    assert (f"rows 16–{15 + rows} of 100" in part) == (rows < 84)
    assert (f"columns 32–{31 + columns} of 300" in part) == (columns < 268)


def test_what_is_not_finite_is_counted() -> None:
    said = [text(row) for row in heat(HOSTILE, 80, 12, name="x", cursor=(1, 0))]
    assert "x[1, 0] = nan" in said
    assert any(row.startswith("min -2  max 3 ") and row.endswith("2 not finite") for row in said)


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("zoom", [1, 0, -1, -4])
def test_it_has_room_in_any_window(room: tuple[int, int], zoom: int) -> None:
    arrays = [np.float64(3.0), np.zeros((3, 1)), HOSTILE, np.full((2, 2), np.nan), LARGE, np.full((2, 2), -1e308)]
    for x, cursor in itertools.product(map(np.asarray, arrays), [None, (0, 0)]):
        drawn = heat(x, *room, name="x", cursor=cursor, zoom=zoom)
        assert 0 < len(drawn) <= room[1]
        if room[0] >= 44:
            assert all(sum(cell_len(span.text) for span in row) <= room[0] for row in drawn)


# ---- moving


@st.composite
def views(draw: st.DrawFn) -> tuple[View, tuple[int, int], tuple[int, int]]:
    """A cursor in a window of a matrix, as it is after some move."""
    shape = draw(st.tuples(*[st.integers(1, 60)] * 2))
    view = View(zoom=draw(st.integers(-4, 1)))
    window = tuple(view.block * places for places in draw(st.tuples(*[st.integers(1, 12)] * 2)))
    to = [draw(st.integers(0, size)) for size in shape]
    return moved(view, to[0], to[1], shape, window), shape, window  # type: ignore[arg-type,return-value]


MOVES = st.integers(-70, 70)


@given(views(), MOVES, MOVES)
def test_the_cursor_is_always_in_the_window(
    at: tuple[View, tuple[int, int], tuple[int, int]], rows: int, columns: int
) -> None:
    before, shape, window = at
    after = moved(before, rows, columns, shape, window)
    for axis, by in enumerate((rows, columns)):
        cell, first, seen, size = after.cursor[axis], after.corner[axis], window[axis], shape[axis]
        assert cell == min(max(before.cursor[axis] + by * before.block, 0), size - 1)
        assert first <= cell < first + seen
        assert first % before.block == 0
        assert first == 0 or first + seen < size + before.block  # no room is wasted
        if before.corner[axis] <= cell < before.corner[axis] + seen:
            assert first == before.corner[axis]
    assert moved(after, 0, 0, shape, window) == after


def test_the_window_jumps_by_half_of_itself() -> None:
    at, corners = View(), []
    for _ in range(50):
        at = moved(at, 0, 1, (1, 100), (1, 20))
        corners.append(at.corner[1])
    assert corners == [0] * 19 + [10] * 10 + [20] * 10 + [30] * 10 + [40]


@given(views(), st.sampled_from([1, -1]))
def test_zooming_keeps_the_cursor(at: tuple[View, tuple[int, int], tuple[int, int]], by: int) -> None:
    view, shape, _ = at
    new = zoomed(view, by)
    window = 7 * new.block, 9 * new.block
    shown = moved(new, 0, 0, shape, window)
    assert shown.cursor == view.cursor
    for cell, first, seen in zip(shown.cursor, shown.corner, window, strict=True):
        assert first <= cell < first + seen


def test_a_move_inside_the_window_changes_two_cells_and_what_is_said_of_them() -> None:
    before, after = (heat(LARGE, 78, 18, name="x", cursor=cursor) for cursor in ((3, 17), (3, 18)))
    changed = [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]
    assert [text(after[i])[:5] for i in changed] == [text(after[1 + 3])[:5], "x[3, "]
    old, new = (text(lines[changed[0]]) for lines in (before, after))
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 2


# ---- in the picture pane


def at(scenario: str, position: int) -> Moment:
    return Moment(screens.timeline(scenario), position)


def test_the_picture_shows_what_the_step_brought() -> None:
    assert [text(heat_picture(at("layers4", position), 44, 8)[0]) for position in (0, 1, 11)] == [
        "W₁  5×4",
        "u₁  5×1, as a row",
        "δ₄  2×1, as a row",
    ]
    timeline = screens.timeline("attention")
    position = 1 + next(
        i for i, event in enumerate(timeline.events) if isinstance(event, Multiply) and event.variable == "X"
    )
    assert text(heat_picture(Moment(timeline, position), 44, 8)[0]) == "part of ∂L/∂X  3×3"


def test_all_of_a_large_matrix_is_in_the_picture() -> None:
    for room in ((44, 8), (46, 12), (78, 18), (118, 34)):
        drawn = [text(row) for row in heat_picture(at("digits", 0), *room)]
        assert "W₁  32×64" in drawn[0]
        assert not any(" of 32," in row or " of 64" in row for row in drawn)


def test_the_words_are_those_of_numpy() -> None:
    moment = at("digits", 7)
    event = moment.event
    assert event is not None
    x = result(event)
    said = [text(row) for row in heat_words(moment, 60, 12)]
    assert said[0] == f"δ₂ is 10×64, {x.size} cells"
    for row, place in ((said[1], np.argmax(x)), (said[2], np.argmin(x))):
        value, *cell = numbers(row)
        assert value == pytest.approx(x.flat[place], rel=1e-5)
        assert tuple(cell) == np.unravel_index(place, x.shape)
    assert numbers(said[3]) == pytest.approx([x.mean(), np.linalg.norm(x)], rel=1e-5)
    assert said[4] == f"{(x > 0).sum()} above 0, {(x < 0).sum()} below, {(x == 0).sum()} are 0 (0.0%)"
