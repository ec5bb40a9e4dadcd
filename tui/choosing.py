"""What can be opened, and what is told of it before: the recent files, the scenarios that ship, and a preview."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len

from bptui.core.jacobian import counted
from bptui.core.text import visible

from .arrangement import SMALLEST, Box
from .lines import (
    Line,
    Span,
    drawn_range,
    drawn_window,
    fitted,
    key_line,
    left,
    line,
    right_end,
    shortened,
    spaced,
    wrapped,
)
from .previews import Preview
from .sources import shipped
from .state import Recent

BEGIN_WITH = "tanh4"
"""Which of those that ship stands first: the worked example of the course text."""


class Choice(NamedTuple):
    """What can be opened; all of it is text that may be shown, but for the path."""

    path: str
    name: str
    title: str
    is_recent: bool = False
    is_missing: bool = False

    @property
    def told(self) -> str:
        """What the list says of it."""
        return "is not there any more" if self.is_missing else self.title


def choices(recent: Sequence[Recent]) -> list[Choice]:
    """The recent files, and those that ship; of these only the titles are read here: all of them would take 50 ms."""
    files = [
        Choice(each.path, visible(each.path), visible(each.title), is_recent=True, is_missing=not _exists(each.path))
        for each in recent
    ]
    names = sorted(shipped().items(), key=lambda item: (item[0] != BEGIN_WITH, item[0]))
    return [*files, *(Choice(str(path), name, _title(path.read_bytes()) or name) for name, path in names)]


def _exists(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a NUL byte in the name
        return False


def _title(content: bytes) -> str:
    return visible(str(tomllib.loads(content.decode()).get("title", "")))


# ---- where it stands

WIDE = 108
"""Columns from which the preview stands beside the list, and not below."""
TEXT = 88
"""Columns of the longest line of text that reads well."""
PROGRAM = 72
"""Columns of a preview below the list from which the program stands beside the facts."""
_LABEL = 12


def boxes(width: int, height: int) -> dict[str, Box]:
    """The rectangle of each pane of the chooser in a window."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return {"small": Box(1, 0, max(width - 2, 0), height)}
    room, top = width - 2, 1 if height < 24 else 2
    body = height - top - 2
    frame = {name: Box(1, y % height, room, 1) for name, y in (("title", 0), ("says", -2), ("keys", -1))}
    if width >= WIDE:
        list_width = min(room * 55 // 100, TEXT)
        preview_box = Box(list_width + 4, top, room - list_width - 3, body)
        return frame | {"choices": Box(1, top, list_width, body), "preview": preview_box}
    rows = max(body * 9 // 20, 8)
    return frame | {"choices": Box(1, top, room, rows), "preview": Box(1, top + rows, room, body - rows)}


# ---- the list


class Section(NamedTuple):
    """Choices under a heading: which they are, and the rows of the list that they have below it."""

    title: str
    which: range
    y: int
    height: int


def sections(found: Sequence[Choice], height: int) -> list[Section]:
    """The recent files, if there are any, above those that ship; each has room in any window that is large enough."""
    recent = sum(choice.is_recent for choice in found)
    ship = len(found) - recent
    if not recent:
        return [Section("that ship with bptui", range(ship), 1, height - 1)]
    gap = int(height >= 12)
    room = height - 2 - gap
    rows = min(recent, max(3, room // 3, room - ship))
    return [
        Section("recent", range(recent), 1, rows),
        Section("that ship with bptui", range(recent, len(found)), rows + gap + 2, room - rows),
    ]


def choice_lines(found: Sequence[Choice], selected: int, width: int, height: int) -> list[Line]:
    """The list around the selected one; what has no room is counted."""
    lines: list[Line] = []
    for section in sections(found, height):
        lines += [()] * (section.y - 1 - len(lines))
        lines.append(line(Span(section.title, "head"), Span(f" {'─' * (width - len(section.title) - 1)}", "dim")))
        shown = [found[index] for index in section.which]
        titles = max(cell_len(choice.told) for choice in shown)
        column = min(max(cell_len(choice.name) for choice in shown), max(width - titles - 4, width // 3))

        def draw(
            index: int, shown: Sequence[Choice] = shown, column: int = column, at: int = section.which.start
        ) -> Line:
            return _choice(shown[index], column, is_selected=at + index == selected)

        lines += drawn_window(len(shown), section.height, _current(section, selected), draw)
    return lines


def choice_at(found: Sequence[Choice], selected: int, height: int, y: int) -> int | None:
    """Which choice stands in a row of that list."""
    for section in sections(found, height):
        seen = drawn_range(len(section.which), section.height, _current(section, selected))
        index = seen.start + y - section.y - (seen.start > 0)
        if y >= section.y and index in seen:
            return section.which[index]
    return None


def _current(section: Section, selected: int) -> int:
    """The one around which a section is shown; its first, or its last, if the selected one is in another."""
    return min(max(selected - section.which.start, 0), len(section.which) - 1)


def _choice(choice: Choice, column: int, *, is_selected: bool) -> Line:
    name = choice.name if cell_len(choice.name) <= column else "…" + right_end(choice.name, column - 1)
    return line(
        Span("▶ " if is_selected else "  ", "forward"),
        Span(left(name, column), "now" if is_selected else "dim" if choice.is_missing else "text"),
        Span(f"  {choice.told}", "text" if is_selected else "dim"),
    )


# ---- the preview


def preview_lines(shown: Preview, width: int, height: int) -> list[Line]:
    """What is told of a choice, or why nothing can be told."""
    text_width = min(width, TEXT)
    if shown.fault:
        return shortened([line(Span(row, "now")) for row in wrapped(shown.fault, text_width)], height, "more lines")
    about = [line(row) for row in wrapped(shown.about, text_width)]
    if height < SMALLEST[1] - 2:
        return _low(shown, about, width, height)
    keys = [
        line(_labelled("" if at else "press"), Span(left(key, 3), "head"), what)
        for at, (key, what) in enumerate(shown.keys)
    ]
    facts = [*_table(shown.facts, text_width), *keys]
    code = shortened(_code(shown), max(height - len(about) - len(facts) - 2, 1), "more lines")
    return shortened(spaced([about, code, facts], height), height, "more lines")


def _low(shown: Preview, about: Sequence[Line], width: int, height: int) -> list[Line]:
    """The same in few rows: the program stands beside the facts, or is only counted among them."""
    code = _code(shown) if width >= PROGRAM else []
    column = min(max(map(cell_len, shown.program)) + 4, width * 2 // 5) if code else 0
    length = () if code else (("program", counted(len(shown.program), "line")),)
    keys = key_line(shown.keys, width - column - _LABEL, always=0)
    facts = [*_table((*shown.facts, *length), width - column), line(_labelled("press", -1), *keys)]
    lower = min(max(len(facts), min(len(code), height - len(about))), height)
    rows = zip_longest(shortened(code, lower, "more lines"), shortened(facts, lower, "more lines"), fillvalue=line())
    beside = [(*fitted(program, column - 2), Span("  "), *fact) if code else fact for program, fact in rows]
    return spaced([shortened(about, height - lower, "more lines"), beside], height)


def _code(shown: Preview) -> list[Line]:
    return [line(f"  {text}") for text in shown.program]


def _table(facts: Sequence[tuple[str, str]], width: int) -> list[Line]:
    """The facts below each other, each behind its label."""
    return [
        line(_labelled("" if at else name), text)
        for name, value in facts
        for at, text in enumerate(wrapped(value, width - _LABEL))
    ]


def _labelled(label: str, more: int = 0) -> Span:
    return Span(left(label, _LABEL + more), "dim")
