"""Lines as they are shown: spans of text with a role, from which the screen and its theme make colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size

Role: TypeAlias = Literal["text", "dim", "head", "now", "forward", "backward", "update", "alert"]


class Span(NamedTuple):
    """A piece of text and what it means."""

    text: str
    role: Role = "text"


Line: TypeAlias = tuple[Span, ...]


def line(*spans: Span | str) -> Line:
    """A line of spans; a bare string is ordinary text."""
    return tuple(Span(span) if isinstance(span, str) else span for span in spans)


def fitted(spans: Line, width: int) -> Line:
    """The line in exactly `width` cells: padded, or cut with … at the end.

    Neighbours of one role become one span, and the padding joins the last: each span costs 40 bytes of colours.
    """
    room = width
    joined: list[Span] = []
    for text, role in spans:
        size = cell_len(text)
        if size > room:
            text, size = set_cell_size(text, max(room - 1, 0)) + "…" * (room > 0), room
        joined.append(Span(joined.pop().text + text, role) if joined and joined[-1].role == role else Span(text, role))
        room -= size
        if not room:
            break
    if room:
        last = joined.pop() if joined else Span("")
        joined.append(Span(last.text + " " * room, last.role))
    return tuple(joined)


def window(lines: Sequence[Line], height: int, current: int) -> list[Line]:
    """At most `height` of the lines, those around the current one; what is left out is counted at its end."""
    if len(lines) <= height:
        return list(lines)
    if height < 3:
        return list(lines[max(0, min(current, len(lines) - height)) :][:height])
    first = max(0, min(current - height // 2, len(lines) - height))
    shown = list(lines[first : first + height])
    if first:
        shown[0] = _more(first + 1, "above")
    if below := len(lines) - first - height:
        shown[-1] = _more(below + 1, "below")
    return shown


def _more(count: int, where: str) -> Line:
    return line(Span(f"… {count} more {where}", "dim"))
