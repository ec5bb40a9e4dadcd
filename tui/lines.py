"""Lines as they are shown: spans of text with a role, from which the screen and its theme make colours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from rich import cells
from rich.cells import chop_cells, set_cell_size

Role: TypeAlias = Literal["text", "dim", "head", "now", "forward", "backward", "update", "alert", "plus", "minus"]


class Span(NamedTuple):
    """A piece of text and what it means."""

    text: str
    role: Role = "text"


Line: TypeAlias = tuple[Span, ...]


def cell_len(text: str) -> int:
    """How many cells a text takes; Rich remembers every text that it measures."""
    return len(text) if text.isascii() and text.isprintable() else cells.cell_len(text)


def line(*spans: Span | str) -> Line:
    """A line of spans; a bare string is ordinary text."""
    return tuple(Span(span) if isinstance(span, str) else span for span in spans)


def fitted(spans: Line, width: int) -> Line:
    """The line in exactly `width` cells: padded, or cut with … at the end.

    Neighbours of one role become one span, and the padding joins the last: each span costs 40 bytes of colours.
    """
    joined: list[Span] = []
    for span in spans:
        same = joined and joined[-1].role == span.role
        joined.append(Span(joined.pop().text + span.text, span.role) if same else span)
    room = width - sum(cell_len(text) for text, _ in joined)
    if room < 0:
        return tuple(_cut(joined, width))
    if room or not joined:
        last = joined.pop() if joined else Span("")
        joined.append(Span(last.text + " " * room, last.role))
    return tuple(joined)


def _cut(spans: Sequence[Span], width: int) -> Iterator[Span]:
    """What there is room for, and … in the last cell."""
    room = width - 1
    for text, role in spans:
        size = cell_len(text)
        if size > room:
            yield Span(set_cell_size(text, max(room, 0)) + "…" * (width > 0), role)
            return
        yield Span(text, role)
        room -= size


def left(text: str, width: int) -> str:
    """The text in exactly `width` cells, from the left; cut with … at the end."""
    size = cell_len(text)
    if size <= width:
        return text + " " * (width - size)
    return set_cell_size(text, width - 1) + "…" if width > 0 else ""


def right(text: str, width: int) -> str:
    """The text in exactly `width` cells, to the right; cut with … at the end."""
    return " " * (width - cell_len(text)) + text if cell_len(text) <= width else left(text, width)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken between words, or within one that is longer than a line."""
    lines = [""]
    for word in text.split():
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines += chop_cells(word, width)
    return lines[1:]


def key_line(entries: Sequence[tuple[str, str]], width: int, always: int) -> Line:
    """Keys and what they do, as many from the first on as have room; the last `always` in any case."""
    parts = [(f" {keys}", f" {what} ") for keys, what in _with_room(entries, width, always)]
    return tuple(span for keys, what in parts for span in (Span(keys, "head"), Span(what, "dim")))


def key_at(entries: Sequence[tuple[str, str]], width: int, always: int, x: int) -> int | None:
    """Which of the entries stands in a column of that line."""
    edge = 0
    for keys, what in _with_room(entries, width, always):
        edge += cell_len(keys) + cell_len(what) + 3
        if x < edge:
            return entries.index((keys, what))
    return None


def _with_room(entries: Sequence[tuple[str, str]], width: int, always: int) -> list[tuple[str, str]]:
    kept = list(entries)
    while len(kept) > always and sum(cell_len(keys) + cell_len(what) + 3 for keys, what in kept) > width:
        del kept[-always - 1]
    return kept


def shortened(lines: Sequence[Line], height: int, what: str) -> list[Line]:
    """At most `height` of the lines; if that is not all, the last says how many more there are."""
    if len(lines) <= height:
        return list(lines)
    kept = max(height - 1, 0)
    return [*lines[:kept], line(Span(f"… {len(lines) - kept} {what}", "dim"))][:height]


def spaced(sections: Sequence[Sequence[Line]], height: int) -> list[Line]:
    """The sections with an empty line between them, if all of that has room; else without."""
    filled = [section for section in sections if section]
    lines = [each for section in filled for each in section]
    if len(lines) + len(filled) - 1 > height:
        return lines
    return [each for section in filled for each in ((), *section)][1:]


def window(lines: Sequence[Line], height: int, current: int) -> list[Line]:
    """At most `height` of the lines, those around the current one; what is left out is counted at its place."""
    return drawn_window(len(lines), height, current, lines.__getitem__)


def drawn_window(count: int, height: int, current: int, draw: Callable[[int], Line]) -> list[Line]:
    """The same of `count` lines, of which only those that are seen are drawn."""
    if count <= max(height, 0):
        return [draw(index) for index in range(count)]
    if height < 3:  # no room for a count above and one below
        return [line(Span(f"… {count - 1} more", "dim")), draw(current)][2 - max(height, 0) :]
    drawn = drawn_range(count, height, current)
    above = [_more(drawn.start, "above")] if drawn.start else []
    below = [_more(count - drawn.stop, "below")] if drawn.stop < count else []
    return [*above, *map(draw, drawn), *below]


def drawn_range(count: int, height: int, current: int) -> range:
    """Those that are drawn where at least three lines have room; a line before and behind them counts the others."""
    if count <= height:
        return range(count)
    first = max(0, min(current - height // 2, count - height))
    last = first + height
    return range(first + (first > 0), last - (last < count))


def _more(count: int, where: str) -> Line:
    return line(Span(f"… {count} more {where}", "dim"))


def right_end(text: str, width: int) -> str:
    """The end of a text that has room in `width` cells."""
    while text and cell_len(text) > width:
        text = text[1:]
    return text
