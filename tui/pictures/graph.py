"""Nodes in columns and edges between neighbouring columns: where each of them stands, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from bptui.core.jacobian import Array

from ..lines import Line, Role, Span
from ..numbers import AS_FITS, Format, fit
from ..tables import cell
from .canvas import Canvas
from .shapes import State, dots_of_line, ring

GLYPHS: dict[State, str] = {"before": "○", "forward": "●", "backward": "◉"}
ROLES: dict[State, Role] = {"before": "dim", "forward": "forward", "backward": "backward"}
STYLES = ((3, 2), (3, 1), (3, 0), (1, 2), (1, 1), (1, 0))
"""Rows of a node, a ring or a glyph, and of the numbers beneath it: the richest that has room is taken."""
NEAREST = 7
"""Cells from column to column at least, and to those where nodes have numbers or are rings."""
ROOMY = 9
LONGEST_NAME = 8
ENDS = 5
"""Cells for the number of the columns that have no room."""


class Spot(NamedTuple):
    """A node; without `name` a unit of many. `numbers` are its value and its gradient, as far as they are there."""

    state: State
    is_lit: bool = False
    name: str = ""
    numbers: tuple[Array | None, ...] = ()

    @property
    def role(self) -> Role:
        """The light, or how far the waves have come."""
        return "now" if self.is_lit else ROLES[self.state]


class Column(NamedTuple):
    """The nodes of a column from above, a bend of an edge where there is None; `more` of them have no room."""

    spots: Sequence[Spot | None]
    more: int = 0
    head: str = ""
    foot: str = ""

    @property
    def places(self) -> int:
        """The places in the column."""
        return len(self.spots) + bool(self.more)


class Edge(NamedTuple):
    """From one node to one of the next column; of `size` 0 to 3, and dashed where it `is_minus`."""

    start: int
    end: int
    role: Role
    size: int = 1
    is_minus: bool = False


class Gap(NamedTuple):
    """What is between two columns: the edges, those drawn later on top, and what stands over them."""

    edges: Sequence[Edge]
    head: Span = Span("")
    weight: Array | None = None


class Picture(NamedTuple):
    """Columns of `sizes` nodes; only those that are seen are asked for. The gap `current` is always seen.

    `heads` and `feet` are the rows above and below the nodes, `numbers` the numbers that a node may have, `name` the
    cells of the longest name.
    """

    sizes: Sequence[int]
    column: Callable[[int], Column]
    gap: Callable[[int], Gap]
    current: int
    heads: int = 0
    feet: int = 0
    numbers: int = 0
    name: int = 0


class Grid(NamedTuple):
    """Where the columns `first`, … are across, and the rows: `top` is the first one, a node takes `size` and `beneath`.

    From node to node of a column are `step` rows, and `deepest` has most of them.
    """

    first: int
    across: tuple[int, ...]
    apart: int
    top: int
    size: int
    beneath: int
    step: int
    deepest: int
    ring: int
    bottom: int

    def row(self, count: int, index: int) -> int:
        """The row of the middle of a node, of `count` in its column."""
        return self.top + (self.deepest - count) * self.step // 2 + index * self.step + self.size // 2


def drawn(picture: Picture, width: int, height: int, numbers: Format = AS_FITS) -> list[Line]:
    """The picture in exactly `height` rows; columns that have no room are counted at the ends."""
    grid = _grid(picture, width, height)
    canvas = Canvas(width, height)
    columns = [picture.column(grid.first + index) for index in range(len(grid.across))]
    for index in range(len(columns) - 1):
        gap = picture.gap(grid.first + index)
        for edge in gap.edges:
            _stroke(canvas, grid, index, columns[index], columns[index + 1], edge)
        _over(canvas, grid, index, gap, numbers, 3 * bool(columns[index].head))
    ends = 0, len(columns) - 1  # numbers there are moved inwards, and have what room is left
    for index in sorted(range(len(columns)), key=lambda index: index in ends):
        _column(canvas, grid, index, columns[index], numbers)
    for at, more in ((0, grid.first), (width, len(picture.sizes) - grid.first - len(columns))):
        for below, text in enumerate((f"… {more}", "more") if more else ()):
            canvas.text(max(at - len(text), 0), max(grid.row(1, 0), 1) - 1 + below, text, "dim")
    return canvas.lines()


# ---- where everything stands


def _grid(picture: Picture, width: int, height: int) -> Grid:
    count, deepest = len(picture.sizes), max(picture.sizes)
    ring = max(5, picture.name + 2)
    nearest = ring + 2 if picture.name else NEAREST
    pad = ring // 2
    seen = min(count, (width - 2 * pad - 1) // nearest + 1)
    first, left, right = 0, pad, pad
    if seen < count:
        seen = max((width - 2 * (pad + ENDS) - 1) // nearest + 1, 2)
        first = min(picture.current // (seen - 1) * (seen - 1), count - seen)
        left, right = pad + ENDS * (first > 0), pad + ENDS * (first + seen < count)
    room = width - left - right - 1
    across = tuple(left + round(index * room / max(seen - 1, 1)) for index in range(seen))
    apart = room // max(seen - 1, 1)
    rows = height - picture.heads - picture.feet
    size, beneath = _style(picture, deepest, rows, apart)
    least = size + beneath
    step = min(max((rows - least) // max(deepest - 1, 1), 1), least + 3)
    used = (deepest - 1) * step + least
    top = picture.heads + max(rows - used, 0) // 2
    return Grid(first, across, apart, top, size, beneath, step, deepest, ring, min(top + used, height - 1))


def _style(picture: Picture, deepest: int, rows: int, apart: int) -> tuple[int, int]:
    """The rows of a node and of its numbers."""
    for size, beneath in STYLES:
        has_rows = deepest * (size + beneath) + (deepest - 1) * (size + beneath > 1 or rows > deepest) <= rows
        has_width = deepest == 1 or apart >= ROOMY or size + beneath == 1
        if beneath <= picture.numbers and has_rows and has_width:
            return size, beneath
    return 1, 0


# ---- how it is drawn


def _column(canvas: Canvas, grid: Grid, index: int, column: Column, numbers: Format) -> None:
    """The nodes of a column, and what is above and below them."""
    x, count = grid.across[index], column.places
    for place, spot in enumerate(column.spots):
        if spot:
            _node(canvas, grid, x, grid.row(count, place), spot, numbers)
    if column.more:
        text = f"… {column.more} more"
        _centred(canvas, x, grid.row(count, count - 1), text if len(text) < grid.apart else f"…{column.more}", "dim")
    _centred(canvas, x, grid.top - 1, column.head, "head")
    _centred(canvas, x, grid.bottom, column.foot if len(column.foot) < grid.apart else column.foot.split()[0], "dim")


def _over(canvas: Canvas, grid: Grid, index: int, gap: Gap, numbers: Format, names: int) -> None:
    """What edges show, and their weight if they have one; `names` are the cells that the columns' names take."""
    x = (grid.across[index] + grid.across[index + 1] + 1) // 2
    head, role = gap.head
    for text in (head, head.partition("/")[2]):  # ∂L/∂W₁, or ∂W₁ where there is not so much room
        if text and len(text) < grid.apart - names:
            _centred(canvas, x, grid.top - 1 - (gap.weight is not None), text, role)
            break
    if gap.weight is not None:
        plus = "+" * bool(gap.weight > 0)
        _centred(canvas, x, grid.top - 1, plus + shown(gap.weight, min(grid.apart - 2, 10), numbers), sign(gap.weight))


def sign(w: Array | float) -> Role:
    """The role of a weight."""
    return "plus" if w > 0 else "minus" if w < 0 else "dim" if w == 0 else "alert"


def _node(canvas: Canvas, grid: Grid, x: int, row: int, spot: Spot, numbers: Format) -> None:
    """A glyph or a ring, with its name, and the numbers beneath."""
    if grid.size == 1:
        _centred(canvas, x, row, GLYPHS[spot.state] + spot.name, spot.role)
    else:
        across = 2 * (x - grid.ring // 2)
        for dx, dy in ring(grid.ring, spot.state):
            canvas.dot(across + dx, 4 * row - 4 + dy, spot.role)
        _centred(canvas, x, row, spot.name or GLYPHS[spot.state], spot.role)
    for place, number in enumerate(spot.numbers[: grid.beneath]):
        if number is not None:
            below, room = row + grid.size // 2 + 1 + place, min(grid.apart - 1, 9)
            text = shown(number, room, numbers)
            while room > 1 and not canvas.has_blanks_around(canvas.start(x, text), below, text):
                room -= 1
                text = shown(number, room, numbers)
            _centred(canvas, x, below, text, "backward" if place else "text")


def shown(x: Array, width: int, numbers: Format) -> str:
    """A number in the reader's format where that has room, else in as many digits as have; an array as in the table."""
    if x.ndim:
        return cell(x, width, numbers)
    text = numbers.text(float(x), 4)
    return text if len(text) <= width else fit(float(x), width)


def _centred(canvas: Canvas, x: int, row: int, text: str, role: Role) -> None:
    canvas.text(canvas.start(x, text), row, text, role)


def _stroke(canvas: Canvas, grid: Grid, index: int, start: Column, end: Column, edge: Edge) -> None:
    """An edge from the right end of a node to the left end of the next; through a bend it goes on."""
    half = 2 * (grid.ring // 2 if grid.size > 1 else 0)
    x0 = 2 * grid.across[index] + (half + 2 if start.spots[edge.start] else 0)
    x1 = 2 * grid.across[index + 1] - (half + 1 if end.spots[edge.end] else 0)
    y0, y1 = 4 * grid.row(start.places, edge.start) + 2, 4 * grid.row(end.places, edge.end) + 2
    for x, y in dots_of_line(x0, y0, x1, y1, edge.size, edge.is_minus):
        canvas.dot(x, y, edge.role)


def narrow(text: str) -> str:
    """The text with each character in one cell, as a canvas wants it; LONGEST_NAME of them at most."""
    text = "".join(c if cell_len(c) == 1 else "□" for c in text)
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
