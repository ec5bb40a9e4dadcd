"""Where each pane stands: rectangles for narrow, wide and very wide windows, and for a pane that is zoomed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from bptui.core.scenario import Scenario

from .looks import Looks
from .pictures import NONE
from .tables import row_names

PANES = ("table", "step", "product", "updates", "program", "picture")
"""Those that have a number, 1 to 6, in this order."""
SMALLEST = (60, 20)
"""Columns and rows below which the screen waits for a larger window."""
WIDE, VERY_WIDE = 100, 160
"""Columns from which the updates, and from which pictures and the program have columns of their own."""
NARROW = 76
"""Columns below which a note needs the room of both lower panes."""
TALL = 32
"""Rows from which there are empty ones between the panes."""
PICTURE = (112, 28)
"""Columns and rows from which the picture stands beside the step; elsewhere it takes the product's place."""
LEAST_LOWER = 9
"""Rows that the running product may need in any case."""
NOTE_ROWS = 2
"""Rows for notes in a window that has room for them; elsewhere they take the program's place."""


class Box(NamedTuple):
    """A rectangle of cells; x and y are those of its upper left one."""

    x: int
    y: int
    width: int
    height: int


class Window(NamedTuple):
    """What the arrangement depends on: the window, the rows that the panes would like to have, the reader's choices."""

    width: int
    height: int
    table: int
    """Rows of the table."""
    matrices: bool
    """Whether the step shows matrices."""
    lower: int
    """Rows that the highest of product, updates and program would fill."""
    watches: int = 0
    notes: bool = False
    """Whether there are notes to be shown."""
    noted: bool = False
    """Whether there is one at this very step."""
    pane: str = ""
    zoomed: bool = False
    picture: bool = True
    """Whether a picture is wanted."""

    @property
    def shows_picture(self) -> bool:
        """Whether it has a place of its own."""
        return self.picture and self.width >= PICTURE[0] and self.height >= PICTURE[1]


def window(scenario: Scenario, size: tuple[int, int], looks: Looks, watches: int, *, noted: bool) -> Window:
    """What the arrangement of this scenario in a window depends on."""
    program = scenario.program
    return Window(
        *size,
        table=len(row_names(program)) + 2,
        matrices=any(len(node.op.shape) > 0 for node in program.nodes),
        lower=max(len(program.source) + 1, len(scenario.learning) + 2, LEAST_LOWER),
        watches=watches,
        notes=bool(scenario.notes),
        noted=noted,
        pane=looks.pane,
        zoomed=looks.zoomed,
        picture=looks.picture != NONE,
    )


def arrangement(window: Window) -> Mapping[str, Box]:
    """The rectangle of each pane that is seen; none of them overlap."""
    width, height = window.width - 2, window.height
    if window.width < SMALLEST[0] or height < SMALLEST[1]:
        return {"small": Box(1, 0, max(width, 0), height)}
    watched = min(window.watches, 2 if height < 24 else 3 if height < TALL else 6)
    frame = {name: Box(1, y % height, width, 1) for name, y in (("title", 0), ("progress", -2), ("keys", -1))}
    if watched:
        frame["watches"] = Box(1, height - 2 - watched, width, watched)
    body = Box(1, 1, width, height - 3 - watched)
    if window.zoomed and window.pane:
        return frame | {window.pane: body}
    return frame | (_very_wide if window.width >= VERY_WIDE else _stacked)(window, body)


def _stacked(window: Window, body: Box) -> dict[str, Box]:
    """The table above the step above the product; beside them, where there is room, the picture and the updates."""
    is_wide = window.width >= WIDE
    note = NOTE_ROWS if window.notes and is_wide and window.height >= TALL else 0
    table, step, lower = _rows(window, body._replace(height=body.height - note))
    boxes = {"table": table}
    if window.shows_picture:
        boxes["step"], boxes["picture"] = _beside(step, (68, 50))
    else:
        boxes["step"] = step
    if is_wide:
        boxes["product"], boxes["updates"], boxes["program"] = _beside(lower, (39, 44, 31))
    elif window.noted and window.width < NARROW:
        boxes["program"] = lower
    else:
        boxes["product"], boxes["program"] = _beside(lower, (46, 30))
    if note:
        boxes["note"] = Box(body.x, lower.y + lower.height, body.width, note)
    return boxes


def _very_wide(window: Window, body: Box) -> dict[str, Box]:
    """To the left table, step, product and updates; to the right picture, program and notes."""
    main, side = _beside(body, (58, 42), gap=3)
    table, step, lower = _rows(window, main)
    boxes = {"table": table, "step": step}
    boxes["product"], boxes["updates"] = _beside(lower, (46, 54))
    note = NOTE_ROWS + 1 if window.notes else 0
    gap = int(window.height >= TALL)
    program = min(window.lower, (side.height - note) // 2) if window.picture else side.height - note - gap
    boxes["program"] = Box(side.x, side.y + side.height - note - program, side.width, program)
    if note:
        boxes["note"] = Box(side.x, side.y + side.height - note, side.width, note)
    if window.picture:
        boxes["picture"] = Box(side.x, side.y + gap, side.width, boxes["program"].y - side.y - 2 * gap)
    return boxes


def _rows(window: Window, box: Box) -> tuple[Box, Box, Box]:
    """The table gets the rows that it needs, the step a few for numbers, more for matrices, the lower ones the rest.

    What the lower panes would leave empty is given to the step, for the picture beside it.
    """
    gap = int(window.height >= TALL)
    table = min(window.table, max(6, window.height // 3 - 1))
    wanted = (9 if window.height < TALL else 12) if window.matrices else 7
    step = max(min(wanted, box.height + 3 - table - 7), 3)
    left = box.height - table - step - 3 * gap
    if window.shows_picture:
        step += min(max(left - window.lower, 0), max(box.height // 2 - step, 0))
    step_y = box.y + gap + table + gap
    lower_y = step_y + step + gap
    return (
        Box(box.x, box.y + gap, box.width, table),
        Box(box.x, step_y, box.width, step),
        Box(box.x, lower_y, box.width, box.y + box.height - lower_y),
    )


def _beside(box: Box, shares: Sequence[int], gap: int = 2) -> list[Box]:
    """The box divided by these shares of its width, with a gap between the parts."""
    room, total = box.width - gap * (len(shares) - 1), sum(shares)
    edges = [room * sum(shares[:i]) // total for i in range(len(shares) + 1)]
    return [
        Box(box.x + left + i * gap, box.y, right - left, box.height) for i, (left, right) in enumerate(pairwise(edges))
    ]
