"""A matrix as a grid of numbers; and the Jacobian beside the product that backpropagation does in its place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import NamedTuple

import msgspec
from rich.cells import cell_len

from bptui.core.blocks import Both, both, examples
from bptui.core.chapter import Chapter
from bptui.core.equations import equation, gradient_symbol, local_symbols
from bptui.core.events import Multiply
from bptui.core.jacobian import Array, Shape, vec
from bptui.core.notation import SHORT, number, shape_text, symbol
from bptui.core.terms import Cell, cell_at

from .lines import Line, Span, fitted, left, line, shortened, wrapped
from .numbers import aligned
from .pictures.viewport import View
from .tables import row

COLUMN = 10
"""Cells of the screen for a column of a grid."""
MOST_CELLS = 8
"""Cells of a result that are written out."""
SIDE_BY_SIDE = 90
"""From this width on the text is beside the Jacobian, else below it."""
LONGEST_NOTE = 36
"""Cells for what is said of rows that are not all seen: the text beside it never moves."""
ABOVE = 2
"""Lines above the Jacobian: what it is, and the cell under the cursor."""

Name = Callable[[int], str]
"""How a row or a column of a grid is called."""


class Room(NamedTuple):
    """How the room of a grid is divided: the width of its rows' names, and how many rows and columns have room."""

    label: int
    down: int
    across: int


def room_of(shape: Shape, row_name: Name, width: int, height: int) -> Room:
    """That of a grid with so many rows and columns; where they are not all seen, a line says so."""
    rows, columns = shape
    label = 2 + max(len(row_name(0)), len(row_name(rows - 1)))
    down, across = height - 1, max((width - label) // COLUMN, 1)
    is_part = rows > down or columns > across
    return Room(label, max(down - is_part, 1), across)


def grid(
    x: Array,
    names: tuple[Name, Name],
    width: int,
    height: int,
    *,
    corner: Cell | None = None,
    chosen: Cell | None = None,
    zero: str = "",
    mark: str = "",
) -> list[Line]:
    """A matrix with its rows and columns named: what there is room for, from a corner on or around the chosen cell.

    Where that is not all, the last line says what is shown of how much. `zero` stands for 0, `mark` before the chosen.
    """
    rows, columns = x.shape
    room = room_of((rows, columns), names[0], width, height)
    at = corner or chosen or (0, 0)
    centred = corner is None
    i = _visible(rows, room.down, at[0] - centred * (room.down // 2))
    j = _visible(columns, room.across, at[1] - centred * (room.across // 2))
    lines = [row(" " * room.label, [names[1](column) for column in j], COLUMN, -1, "head")]
    for r in i:
        texts = [zero if zero and x[r, c] == 0.0 else aligned(float(x[r, c]), COLUMN - 2) for c in j]
        now = j.index(chosen[1]) if chosen and chosen[0] == r and chosen[1] in j else -1
        if now >= 0:
            texts[now] = mark + texts[now]
        lines.append(row(left(names[0](r), room.label), texts, COLUMN, now))
    if parts := ", ".join(filter(None, [_part("rows", i, rows), _part("columns", j, columns)])):
        lines.append(line(Span(f"… {parts}", "dim")))
    return lines[: max(height, 0)]


def _visible(size: int, room: int, first: int) -> range:
    """Which of `size` are seen in `room`, from `first` on if that is possible."""
    first = max(min(first, size - room), 0)
    return range(first, min(first + room, size))


def _part(what: str, seen: range, size: int) -> str:
    """rows 4–9 of 64; nothing where all are seen."""
    if len(seen) == size:
        return ""
    last = f"–{seen.stop - 1}" if len(seen) > 1 else ""
    return f"{what} {seen.start}{last} of {size:,}"


# ---- the Jacobian


class Jacobian(msgspec.Struct, frozen=True, eq=False):
    """The Jacobian of a multiplication, for everything or one example: what was found, or why it is not written out."""

    chapter: Chapter
    event: Multiply
    example: int | None
    found: Both | None
    reason: str = ""

    @property
    def shape(self) -> Cell:
        """Rows and columns; 0 where it is not written out."""
        return (len(self.found.rows), len(self.found.columns)) if self.found else (0, 0)


def jacobian_of(chapter: Chapter, event: Multiply, example: int | None = None) -> Jacobian:
    """All that its page is drawn from: it takes long, and a page does it once."""
    if examples(event) == 1:  # the one example is everything
        example = None
    try:
        return Jacobian(chapter, event, example, both(event, example))
    except ValueError as error:
        return Jacobian(chapter, event, example, None, str(error))


def matrix_lines(shown: Jacobian, view: View, width: int, height: int) -> list[Line]:
    """The Jacobian with the cell under the cursor, and the two ways to its downstream.

    Beside each other where there is room, else one below the other; in place of a Jacobian that is too large, its size.
    """
    if shown.found is None:
        lines = [_title(shown), *_not_written(shown, width, height - 1)]
    else:
        under = _under(shown, shown.found, view.cursor, width)
        lines = [_title(shown), under, *_written(shown, shown.found, view, width, height - ABOVE)]
    return [fitted(each, width) for each in lines][: max(height, 0)]


def window(shown: Jacobian, width: int, height: int) -> Cell:
    """How many rows and columns of it are seen."""
    if shown.found is None:
        return 1, 1
    room = room_of(shown.shape, _names(shown, shown.found)[0], *_size(shown, shown.found, width, height - ABOVE))
    return room.down, room.across


def _size(shown: Jacobian, found: Both, width: int, height: int) -> tuple[int, int]:
    """The width and height that the grid has; the text has the others."""
    if width >= SIDE_BY_SIDE:
        return 3 * width // 5, height
    needed = min(height // 2, len(found.rows) + 2)
    return width, max(height - len(_ways(shown, found, width)), needed)


def _written(shown: Jacobian, found: Both, view: View, width: int, height: int) -> list[Line]:
    """The grid, and beside or below it the text, which does not move with the cursor."""
    size, names = _size(shown, found, width, height), _names(shown, found)
    jacobian = grid(found.matrix, names, *size, corner=view.corner, chosen=view.cursor, zero="·", mark="›")
    if width < SIDE_BY_SIDE:
        return [*jacobian, *shortened(_ways(shown, found, width), height - len(jacobian), "more lines")]
    edge = min(size[0], max(sum(cell_len(span.text) for span in (*jacobian[:1], ())[0]), LONGEST_NOTE)) + 3
    text = shortened(_ways(shown, found, width - edge), height, "more lines")
    return [(*fitted(one, edge), *other) for one, other in zip_longest(jacobian, text, fillvalue=())]


def _not_written(shown: Jacobian, width: int, height: int) -> list[Line]:
    """Why there is no matrix, and the product that is done."""
    event = shown.event
    lines = [line(Span(text, "alert")) for text in wrapped(shown.reason, width)]
    if shown.example is None and examples(event) > 1:
        lines.append(line(Span(f"n shows one example: 0–{examples(event) - 1}", "dim")))
    return shortened([*lines, *_pulled(shown, event.downstream, width)], height, "more lines")


def _title(shown: Jacobian) -> Line:
    event = shown.event
    name, formula = local_symbols(shown.chapter.program, event)
    which = "" if shown.example is None else f", example {shown.example} of 0–{examples(event) - 1}"
    shapes = f"{shape_text(event.upstream.shape)} by {shape_text(event.downstream.shape)}"
    defining = event.local.shown.shape
    is_itself = not defining or defining == (event.upstream.size, event.downstream.size)
    made = f" = {formula}" if is_itself else f", made of {formula}"
    return line(Span(f"J = {name}{made}{which}", "head"), Span(f"   {shapes}", "dim"))


def _under(shown: Jacobian, found: Both, cursor: Cell, width: int) -> Line:
    """The cell under the cursor in full: J[3, 17] = ∂u₄[3, 0]/∂a₃[17, 0] = 0.0123; as much of its name as has room."""
    event, (i, j) = shown.event, cursor
    above = symbol(event.node.name) + _index(found.rows[i], event.upstream.shape)
    below = symbol(event.variable) + _index(found.columns[j], event.downstream.shape)
    value = number(float(found.matrix[i, j]))
    place, name = f"J[{i}, {j}] = ", f"∂{above}/∂{below} = "
    for said in (place + name, name, place, ""):
        if cell_len(said + value) <= width:
            break
    return line(Span(said, "now"), value)


def _index(place: int, shape: Shape) -> str:
    """[3, 17], by its place in vec; nothing of a scalar."""
    return f"[{', '.join(map(str, cell_at(place, shape)))}]" if shape else ""


def _names(shown: Jacobian, found: Both) -> tuple[Name, Name]:
    """What the rows and the columns are called."""
    return _cells(found.rows, shown.event.upstream), _cells(found.columns, shown.event.downstream)


def _cells(places: range, x: Array) -> Name:
    """The name of a row or column of a Jacobian: the cell of the node or the argument that it belongs to."""
    return lambda i: ",".join(map(str, cell_at(places[i], x.shape)))


def _ways(shown: Jacobian, found: Both, width: int) -> list[Line]:
    """Both ways with their results, and by how much they differ."""
    g = gradient_symbol(shown.chapter.program, shown.event.node.name)
    verdict = f"they agree: largest difference {number(found.difference, 2)}"
    if found.difference == 0.0:
        verdict = "they are equal"
    elif not found.agree:
        verdict = f"they differ by {number(found.difference, 2)}"
    words = shown.event.local.words if shown.event.upstream.shape else ""
    return [
        line(Span("written out", "head")),
        *_numbers(f"vec({g})", found.upstream, width),
        *_numbers(f"Jᵀ vec({g})", found.written, width),
        *_pulled(shown, found.pulled, width),
        line(Span(verdict, "now" if found.agree else "alert")),
        *(line(Span(text, "dim")) for text in wrapped(words, width)),
    ]


def _pulled(shown: Jacobian, downstream: Array, width: int) -> list[Line]:
    """What backpropagation does, and its result."""
    said = equation(shown.chapter.program, shown.event, {})
    return [line(Span("what backpropagation does", "head")), *_numbers(said.formula, vec(downstream), width)]


def _numbers(formula: str, x: Array, width: int) -> list[Line]:
    """The formula and the first cells of its result, the others counted."""
    cells = [number(float(cell), SHORT) for cell in x[:MOST_CELLS]]
    if len(x) > MOST_CELLS:
        cells.append(f"… {len(x) - MOST_CELLS:,} more")
    return [line(text) for text in wrapped(f"{formula} = [{'; '.join(cells)}]", width)]
