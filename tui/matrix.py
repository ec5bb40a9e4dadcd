"""A matrix as a grid of numbers; and the Jacobian beside the product that backpropagation does in its place."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from bptui.core.blocks import Both, both, examples
from bptui.core.chapter import Chapter
from bptui.core.equations import equation, gradient_symbol, local_symbols
from bptui.core.events import Multiply
from bptui.core.jacobian import Array, vec
from bptui.core.notation import SHORT, number, shape_text
from bptui.core.terms import Cell, cell_at

from .lines import Line, Span, fitted, left, line, shortened, wrapped
from .tables import fit, row

COLUMN = 10
"""Cells of the screen for a column of a grid."""
MOST_CELLS = 8
"""Cells of a result that are written out."""
SIDE_BY_SIDE = 90
"""From this width on the text is beside the Jacobian, else below it."""

Name = Callable[[int], str]
"""How a row or a column of a grid is called."""


def grid(
    x: Array,
    names: tuple[Name, Name],
    width: int,
    height: int,
    *,
    corner: Cell | None = None,
    chosen: Cell | None = None,
    zero: str = "0",
) -> list[Line]:
    """A matrix with its rows and columns named: what there is room for, from a corner on or around the chosen cell.

    Where that is not all, the last line says what is shown of how much.
    """
    rows, columns = x.shape
    label = 2 + max(len(names[0](0)), len(names[0](rows - 1)))
    down, across = height - 1, max((width - label) // COLUMN, 1)
    partial = rows > down or columns > across
    down = max(down - partial, 1)
    at = corner or chosen or (0, 0)
    centred = corner is None
    i = _visible(rows, down, at[0] - centred * (down // 2))
    j = _visible(columns, across, at[1] - centred * (across // 2))
    lines = [row(" " * label, [names[1](column) for column in j], COLUMN, -1, "head")]
    for r in i:
        texts = [fit(float(x[r, c]), COLUMN - 2) if x[r, c] != 0.0 else zero for c in j]
        now = chosen[1] - j.start if chosen and chosen[0] == r else -1
        lines.append(row(left(names[0](r), label), texts, COLUMN, now))
    parts = [_part("rows", i, rows), _part("columns", j, columns)]
    if partial:
        lines.append(line(Span(f"… {', '.join(part for part in parts if part)}", "dim")))
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


def matrix_lines(
    chapter: Chapter, event: Multiply, example: int | None, left_column: int, top_row: int, width: int, height: int
) -> list[Line]:
    """The Jacobian of a multiplication, for everything or one example, and the two ways to its downstream.

    Beside each other where there is room, else one below the other; in place of a Jacobian that is too large, its size.
    """
    if examples(event) == 1:  # the one example is everything
        example = None
    lines = _jacobian_lines(chapter, event, example, (top_row, left_column), width, height - 1)
    return [fitted(each, width) for each in (_title(chapter, event, example), *lines)][: max(height, 0)]


def _jacobian_lines(
    chapter: Chapter, event: Multiply, example: int | None, corner: Cell, width: int, height: int
) -> list[Line]:
    """All but the title."""
    try:
        found = both(event, example)
    except ValueError as error:
        lines = [line(Span(text, "alert")) for text in wrapped(str(error), width)]
        if example is None and examples(event) > 1:
            lines.append(line(Span(f"n shows one example: 0–{examples(event) - 1}", "dim")))
        return shortened([*lines, *_pulled(chapter, event, event.downstream, width)], height, "more lines")
    names = (_cells(found.rows, event.upstream), _cells(found.columns, event.downstream))
    if width < SIDE_BY_SIDE:
        text = _ways(chapter, event, found, width)
        room = max(height - len(text), min(height // 2, 1 + len(found.rows)))
        jacobian = grid(found.matrix, names, width, room, corner=corner, zero="·")
        return [*jacobian, *shortened(text, height - len(jacobian), "more lines")]
    part = 3 * width // 5
    jacobian = grid(found.matrix, names, part, height, corner=corner, zero="·")
    part = min(part, max((sum(cell_len(span.text) for span in each) for each in jacobian), default=0)) + 3
    text = shortened(_ways(chapter, event, found, width - part), height, "more lines")
    return [
        (*fitted(jacobian[i] if i < len(jacobian) else (), part), *(text[i] if i < len(text) else ()))
        for i in range(max(len(jacobian), len(text)))
    ]


def _title(chapter: Chapter, event: Multiply, example: int | None) -> Line:
    name, formula = local_symbols(chapter.program, event)
    which = "" if example is None else f", example {example} of 0–{examples(event) - 1}"
    shapes = f"{shape_text(event.upstream.shape)} by {shape_text(event.downstream.shape)}"
    shown = event.local.shown.shape
    is_itself = not shown or shown == (event.upstream.size, event.downstream.size)
    made = f" = {formula}" if is_itself else f", made of {formula}"
    return line(Span(f"J = {name}{made}{which}", "head"), Span(f"   {shapes}", "dim"))


def _cells(places: range, x: Array) -> Name:
    """The name of a row or column of a Jacobian: the cell of the node or the argument that it belongs to."""
    return lambda i: ",".join(map(str, cell_at(places[i], x.shape)))


def _ways(chapter: Chapter, event: Multiply, found: Both, width: int) -> list[Line]:
    """Both ways with their results, and by how much they differ."""
    g = gradient_symbol(chapter.program, event.node.name)
    verdict = f"they agree: largest difference {number(found.difference, 2)}"
    if found.difference == 0.0:
        verdict = "they are equal"
    elif not found.agree:
        verdict = f"they differ by {number(found.difference, 2)}"
    return [
        line(Span("written out", "head")),
        *_numbers(f"vec({g})", found.upstream, width),
        *_numbers(f"Jᵀ vec({g})", found.written, width),
        *_pulled(chapter, event, found.pulled, width),
        line(Span(verdict, "now" if found.agree else "alert")),
        *(line(Span(text, "dim")) for text in wrapped(event.local.words if event.upstream.shape else "", width)),
    ]


def _pulled(chapter: Chapter, event: Multiply, downstream: Array, width: int) -> list[Line]:
    """What backpropagation does, and its result."""
    said = equation(chapter.program, event, {})
    return [line(Span("what backpropagation does", "head")), *_numbers(said.formula, vec(downstream), width)]


def _numbers(formula: str, x: Array, width: int) -> list[Line]:
    """The formula and the first cells of its result, the others counted."""
    cells = [number(float(cell), SHORT) for cell in x[:MOST_CELLS]]
    if len(x) > MOST_CELLS:
        cells.append(f"… {len(x) - MOST_CELLS:,} more")
    return [line(text) for text in wrapped(f"{formula} = [{'; '.join(cells)}]", width)]
