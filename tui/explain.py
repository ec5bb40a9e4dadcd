"""Where a gradient comes from, as lines: its product or its ledger, one cell of it with its dot product, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.cells import cell_len

from bptui.core.chapter import Chapter
from bptui.core.equations import equation, gradient_symbol, local_symbols
from bptui.core.events import Accumulate, Multiply
from bptui.core.explain import path_factors, whole_product, why
from bptui.core.jacobian import Array, Shape, counted
from bptui.core.ledger import count_text, ledger_at
from bptui.core.notation import SHORT, array, number
from bptui.core.paths import Factor, count
from bptui.core.program import Program
from bptui.core.terms import Cell, Terms, accumulated, terms

from .ledger import ledger_view
from .lines import Line, Span, drawn_window, fitted, left, line, right, shortened, spaced, wrapped
from .matrix import grid
from .numbers import AS_FITS, Format
from .tables import cell as text_of
from .tables import row

DIGITS = SHORT
"""Significant digits of the numbers in a dot product."""
READABLE = 62
"""Columns of a table across which the eye still finds the number that belongs to a name."""
SHORTEST_NAME = 12
"""Columns that the name of a factor keeps beside two numbers."""
TWO_TABLES = 14
"""Lines in which a ledger and the whole product both have room."""


def explain_lines(chapter: Chapter, name: str, cell: Cell, path: int | None, width: int, height: int) -> list[Line]:
    """The gradient of a variable explained, or what one path of its ledger, counted from 0, adds to it.

    `cell` is the cell of an array whose dot product is shown; of a scalar it is ().
    """
    program = chapter.program
    factors = whole_product(chapter, name)
    if not factors:
        missing = f"{gradient_symbol(program, name)} is not asked for, or not there yet"
        return [fitted(line(Span(missing, "dim")), width)][:height]
    if path is not None:
        factors = path_factors(ledger_at(chapter, name).listed[path], factors[0].product)
    gradient = factors[-1].product
    dot = _dot_product(program, name, factors, cell, width, max(height // 5, 2))
    reasons = shortened(_reasons(program, factors[-1], width), max(height // 4, 1), "more lines")
    room = height - 1 - len(dot) - len(reasons)
    rows = gradient.size // gradient.shape[-1] + 1 if gradient.shape else 0
    rows = min(rows, max(room // 2, room - 1 - len(factors)))
    product = _product(chapter, name, factors, path, min(width, READABLE), room - rows)
    matrix = _matrix(gradient, cell, width, rows) if rows > 1 else []
    title = [_title(program, name, factors[-1], path)]
    lines = spaced([title, product, matrix, dot, reasons], height)
    return [fitted(each, width) for each in shortened(lines, height, "more lines")]


def move_cell(shape: Shape, cell: Cell, rows: int, columns: int) -> Cell:
    """The cell so many rows below and columns to the right, or the last one on that way.

    Of an array with more than two axes the last one is a row, and the others are counted through as its rows are.
    """
    if not shape:
        return ()
    row = int(np.ravel_multi_index(cell[:-1], shape[:-1])) + rows
    row = min(max(row, 0), int(np.prod(shape[:-1])) - 1)
    column = min(max(cell[-1] + columns, 0), shape[-1] - 1)
    return (*map(int, np.unravel_index(row, shape[:-1])), column)


def _title(program: Program, name: str, last: Factor, path: int | None) -> Line:
    """∂L/∂W₂ = δ₂ a₁ᵀ = [2×4, ‖·‖ = 0.3], of a scalar its number; or what a path adds to it."""
    what = gradient_symbol(program, name)
    if path is not None:
        sign = f"path {path + 1} of {count_text(count(program, name), 12)} adds to {what}:"
    else:
        sign = f"{what} = {equation(program, last.event, {}).formula} =" if last.event else f"{what} ="
    return line(Span(f"{sign} ", "head"), Span(array(last.product, most=1), "now"))


def _reasons(program: Program, last: Factor, width: int) -> list[Line]:
    texts = why(program, last.event) if last.event else []
    return [line(Span(part, "dim")) for text in texts for part in wrapped(text, width)]


# ---- the product


def _product(
    chapter: Chapter, name: str, factors: Sequence[Factor], path: int | None, width: int, height: int
) -> list[Line]:
    """The ledger where there are several paths, the whole product below it if there is room; else the factors alone."""
    if path is not None or count(chapter.program, name) == 1:
        return factor_table(chapter.program, factors, width, height)
    ledger = ledger_at(chapter, name)
    if height < TWO_TABLES:
        return ledger_view(chapter.program, ledger, width, height)
    paths = ledger_view(chapter.program, ledger, width, max(height // 2, height - 1 - len(factors)))
    return [*paths, *factor_table(chapter.program, factors, width, height - len(paths))]


def factor_table(
    program: Program, factors: Sequence[Factor], width: int, height: int, numbers: Format = AS_FITS
) -> list[Line]:
    """Each factor, its local derivative where that has room, and the product so far, the last of which is marked.

    Behind a Σ stands the total where other paths join the route.
    """
    columns = max(min(13, max((width - 15) // 2, 9)), numbers.width + 2)
    shown = 2 if width - 2 * columns >= SHORTEST_NAME else 1
    label = width - shown * columns
    last = len(factors) - 1

    def draw(index: int) -> Line:
        *cells, product = _factor(program, factors[index], label, columns, numbers)
        return (*cells[:shown], Span(product.text, "now") if index == last else product)

    names = ("local", "product")[2 - shown :]
    head = row(left("factor" if shown == 2 else "… 1 more", label), names, columns, -1, "head")
    return [head, *drawn_window(len(factors), height - 1, last, draw)][: max(height, 0)]


def _factor(program: Program, factor: Factor, label: int, columns: int, numbers: Format) -> Line:
    match factor.event:
        case Multiply():
            name, formula = local_symbols(program, factor.event)
            sign, local = "×", text_of(factor.event.local.shown, columns - 2, numbers)
        case Accumulate():
            name = gradient_symbol(program, factor.event.variable)
            sign, formula, local = "Σ", f"the sum of {len(factor.event.contributions)}", ""
        case None:
            sign, name, formula, local = " ", gradient_symbol(program, program.output), "", ""
    text = f"{sign} {name}" + (f" = {formula}" if formula else "")
    if cell_len(text) > label:
        text = text.partition(" = ")[0]
    product = right(text_of(factor.product, columns - 2, numbers), columns)
    return line(left(text, label), right(local, columns), product)


# ---- one cell


def _matrix(gradient: Array, cell: Cell, width: int, height: int) -> list[Line]:
    """The gradient around the chosen cell, which is marked; of more than two axes all but the last are rows."""
    axes = gradient.shape[:-1]

    def row_name(index: int) -> str:
        return ",".join(map(str, np.unravel_index(index, axes)))

    chosen = (int(np.ravel_multi_index(cell[:-1], axes)), cell[-1])
    return grid(gradient.reshape(-1, gradient.shape[-1]), (row_name, str), width, height, chosen=chosen)


def _dot_product(
    program: Program, name: str, factors: Sequence[Factor], cell: Cell, width: int, height: int
) -> list[Line]:
    """∂L/∂W₂[0, 1] = 0.12 × 0.5 + (-0.3) × 1.2 = -0.3, in `height` lines; nothing where numbers meet numbers."""
    last = factors[-1]
    what = gradient_symbol(program, name) + (f"[{', '.join(map(str, cell))}]" if cell else "")
    try:
        match last.event:
            case Accumulate():
                found = accumulated(last.event, cell)
            case Multiply() if cell or last.event.upstream.shape:
                found = terms(last.event.local, factors[-2].product, last.product, cell)
            case _:
                return []
    except ValueError as error:
        result = Span(f"= {number(float(last.product[cell]), SHORT)}", "now")
        return [line(f"{what} ", result), *(line(Span(text, "dim")) for text in wrapped(str(error), width))]
    for listed in range(len(found.listed), -1, -1):
        lines = _flowing([f"{what} =", *_sum(found, listed), f"= {number(found.total, SHORT)}"], width)
        if len(lines) <= height:
            break
    return lines


def _sum(found: Terms, listed: int) -> list[str]:
    """The first terms one by one, the others together, and how many are 0."""
    ones = len(found.listed) > 1 and all(term.local == 1.0 for term in found.listed)
    parts = [_signed(term.upstream) + ("" if ones else f" × {_signed(term.local)}") for term in found.listed[:listed]]
    left_out = found.listed[listed:]
    if more := len(left_out) + found.more:
        parts.append(f"… and {more:,} more: {_signed(found.rest + sum(term.product for term in left_out))}")
    if found.zeros:
        parts.append(f"0 ({counted(found.zeros, 'term')})")
    return [*parts[:1], *(f"+ {part}" for part in parts[1:])]


def _signed(x: float) -> str:
    text = number(x, DIGITS)
    return f"({text})" if text.startswith("-") else text


def _flowing(pieces: Sequence[str], width: int) -> list[Line]:
    """The pieces one behind the other, none of them broken; the last one is the result."""
    lines: list[list[Span]] = [[]]
    for index, piece in enumerate(pieces):
        if lines[-1] and sum(cell_len(span.text) for span in lines[-1]) + cell_len(piece) > width:
            lines.append([])
        last = index == len(pieces) - 1
        lines[-1].append(Span(piece, "now") if last else Span(f"{piece} "))
    return [tuple(each) for each in lines]
