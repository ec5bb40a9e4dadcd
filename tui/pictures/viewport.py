"""The part of a matrix that has room in a window, and how the window follows a cursor."""

from __future__ import annotations

import math
from typing import NamedTuple

from bptui.core.jacobian import Array
from bptui.core.terms import Cell

CHARACTERS = {1: 11, 0: 2}
"""Characters of a cell where it shows its number, and by default; zoomed out further it is one."""
_LABELLED = 20
"""Columns of the screen from which rows have their numbers."""


def as_matrix(x: Array) -> Array:
    """A view of it as rows and columns: a column is laid down as a row; of more than two axes the first one stays."""
    if x.ndim < 2 or x.shape[1:] == (1,):
        return x.reshape(1, -1)
    return x.reshape(x.shape[0], -1)


class View(NamedTuple):
    """Where the cursor is, the window's first cell, and how far it is zoomed in."""

    cursor: Cell = (0, 0)
    corner: Cell = (0, 0)
    zoom: int = 0

    @property
    def block(self) -> int:
        """Rows, and columns, of the cells that one place stands for."""
        return int(2 ** max(-self.zoom - 1, 0))


def moved(view: View, rows: int, columns: int, shape: Cell, window: Cell) -> View:
    """The cursor so many places further, and the window, which shows `window` cells.

    It jumps by halves of itself where the cursor leaves it: else each move would change the whole screen.
    """
    block = view.block
    cursor, corner = [], []
    for at, first, by, size, seen in zip(view.cursor, view.corner, (rows, columns), shape, window, strict=True):
        at = min(max(at + by * block, 0), size - 1)
        half = max(seen // block // 2, 1) * block
        beyond = max(at - first - seen + 1, 0) or min(at - first, 0)
        jumps = int(math.copysign(math.ceil(abs(beyond) / half), beyond))
        last = max(math.ceil((size - seen) / block) * block, 0)
        cursor.append(at)
        corner.append(min(max(first + jumps * half, 0), last))
    return View((cursor[0], cursor[1]), (corner[0], corner[1]), view.zoom)


def zoomed(view: View, by: int) -> View:
    """Zoomed in or out; the window begins with a whole block."""
    new = view._replace(zoom=min(view.zoom + by, max(CHARACTERS)))
    row, column = (first // new.block * new.block for first in view.corner)
    return new._replace(corner=(row, column))


class Frame(NamedTuple):
    """How a room is divided: the width of labels, a place's characters and cells, places, other lines."""

    label: int
    characters: int
    block: Cell
    down: int
    across: int
    others: tuple[str, ...]

    @property
    def window(self) -> Cell:
        """Rows and columns of the matrix that are seen."""
        return self.down * self.block[0], self.across * self.block[1]


def framed(shape: Cell, width: int, height: int, characters: int, block: Cell, has_cursor: bool) -> Frame:
    """At least half of the height is the map's, as far as it needs that."""
    label = len(str(shape[0] - 1)) + 1 if width >= _LABELLED else 0
    characters = max(min(characters, width - label), 1)
    across = max((width - label) // characters, 1)
    needed = math.ceil(shape[0] / block[0])
    wanted = ["cursor"] * has_cursor + ["legend", "facts"] + ["ruler"] * bool(label)
    for others in (wanted, ["part", *wanted]):
        count = max(height - min(needed, math.ceil(height / 2)), 0)
        kept = tuple(others[:count])
        frame = Frame(label, characters, block, max(min(height - len(kept), needed), 1), across, kept)
        if frame.window[0] >= shape[0] and frame.window[1] >= shape[1]:
            break
    return frame


def frame_of(x: Array, width: int, height: int, zoom: int, has_cursor: bool = True) -> Frame:
    """That of a heat map at this zoom."""
    block = View(zoom=zoom).block
    return framed(as_matrix(x).shape, width, height, CHARACTERS.get(zoom, 1), (block, block), has_cursor)
