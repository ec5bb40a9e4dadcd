"""A heat map: a matrix as shades for what is above 0 and strokes for what is below."""

from __future__ import annotations

import math
from itertools import groupby
from typing import NamedTuple

import numpy as np

from bptui.core.jacobian import Array
from bptui.core.notation import EXACT, SHORT, norm, number, shape_text
from bptui.core.terms import Cell

from ..lines import Line, Role, Span, left, line, right
from ..numbers import AS_FITS, Format, aligned
from .viewport import CHARACTERS, Frame, as_matrix, frame_of

GLYPHS = "≡═─-·░▒▓█×"
ASCII = "#%=- .oO@?"
"""From the largest below 0 to the largest above, and behind them what is not finite."""
_ZERO, _NOT_FINITE = 4, 9
LOGARITHMIC = 10.0**4
"""The scale is logarithmic where more than a tenth of the cells that are not 0 are so many times below the largest."""
_LINEAR_EDGES = np.array([0.25, 0.5, 0.75, 1.0])
_LOGARITHMIC_EDGES = np.array([1e-6, 1e-4, 1e-2, 1.0])


def laid_out(x: Array) -> str:
    """Its shape, and how it is drawn where that is another one."""
    how = ", as a row" if x.ndim and as_matrix(x).shape != x.shape else ""
    return shape_text(x.shape) + (how if x.ndim < 3 else ", first axis down")


# ---- the scale


class Scale(NamedTuple):
    """What is known of a whole matrix: of its finite cells the smallest, largest, norm; how many others there are."""

    low: float
    high: float
    norm: float
    others: int
    logarithmic: bool

    @property
    def edges(self) -> Array:
        """The sizes up to which the four shades go."""
        shares = _LOGARITHMIC_EDGES if self.logarithmic else _LINEAR_EDGES
        return shares * max(abs(self.low), abs(self.high))


def measured(x: Array) -> Scale:
    """The scale, symmetric about 0."""
    with np.errstate(all="ignore"):
        finite = x if np.isfinite(x.min()) and np.isfinite(x.max()) else x[np.isfinite(x)]
        if not finite.size:
            return Scale(0.0, 0.0, 0.0, x.size, False)
        low, high = float(finite.min()), float(finite.max())
        small = max(abs(low), abs(high)) / LOGARITHMIC
        filled = np.count_nonzero(finite)
        between = np.count_nonzero((finite < small) & (finite > -small)) - (finite.size - filled)
        return Scale(low, high, _norm(finite, small), x.size - finite.size, bool(10 * between > filled))


def _norm(x: Array, size: float) -> float:
    """The Frobenius norm: at once where no square can overflow or vanish, since every frame of a large step asks."""
    at_once = x.dtype == np.float64 and 1e-100 < size < 1e100
    return math.sqrt(np.vdot(x, x)) if at_once else norm(x)


def glyph_codes(cells: Array, scale: Scale) -> Array:
    """Where in GLYPHS each cell stands."""
    with np.errstate(all="ignore"):
        levels = 1 + np.searchsorted(scale.edges[:-1], np.abs(cells))
        return np.where(np.isfinite(cells), _ZERO + np.sign(cells) * levels, _NOT_FINITE).astype(int)


def largest_of_blocks(x: Array, block: Cell) -> Array:
    """Of each block of so many rows and columns the cell that is largest in size, with its sign; NaN where one is."""
    if block == (1, 1):
        return x
    rows, columns = (np.arange(0, size, step) for size, step in zip(x.shape, block, strict=True))
    high = np.maximum.reduceat(np.maximum.reduceat(x, rows, axis=0), columns, axis=1)
    low = np.minimum.reduceat(np.minimum.reduceat(x, rows, axis=0), columns, axis=1)
    return np.where(high >= -low, high, low)


# ---- drawing


def heat(
    x: Array,
    width: int,
    height: int,
    *,
    name: str,
    corner: Cell = (0, 0),
    cursor: Cell | None = None,
    zoom: int = 0,
    scale: Scale | None = None,
    numbers: Format = AS_FITS,
    is_ascii: bool = False,
) -> list[Line]:
    """The cells from a corner on, and below them the cell under the cursor, the part that is seen, legend and range."""
    frame = frame_of(x, width, height, zoom, cursor is not None)
    return drawn(x, name, frame, corner, cursor, scale or measured(x), numbers, is_ascii, width)[: max(height, 0)]


def drawn(
    x: Array,
    name: str,
    frame: Frame,
    corner: Cell,
    cursor: Cell | None,
    scale: Scale,
    numbers: Format,
    is_ascii: bool,
    width: int,
) -> list[Line]:
    """All lines that a frame has."""
    matrix, block = as_matrix(x), frame.block
    ends = [min(first + size, end) for first, size, end in zip(corner, frame.window, matrix.shape, strict=True)]
    seen = [slice(first, end) for first, end in zip(corner, ends, strict=True)]
    cells = largest_of_blocks(matrix[seen[0], seen[1]], block)
    at = ((cursor[0] - corner[0]) // block[0], (cursor[1] - corner[1]) // block[1]) if cursor else (-1, -1)
    glyphs = ASCII if is_ascii else GLYPHS
    lines = [_ruler(frame, seen[1])] if "ruler" in frame.others else []
    for index, codes in enumerate(glyph_codes(cells, scale)):
        label = right(str(corner[0] + index * block[0]), frame.label - 1) + " " if frame.label else ""
        texts = _texts(cells[index], codes, frame.characters, glyphs, numbers)
        lines.append(_row(label, texts, codes, at[1] if index == at[0] else -1, is_ascii))
    others = {"legend": _legend(scale, block, glyphs, width), "facts": _facts(scale, width)}
    if cursor:
        others["cursor"] = _under(x, name, cursor, block, numbers, width)
    others["part"] = _part(seen, matrix.shape)
    return [*lines, *(others[each] for each in ("cursor", "part", "legend", "facts") if each in frame.others)]


def _texts(cells: Array, codes: Array, characters: int, glyphs: str, numbers: Format) -> list[str]:
    """What stands in each place of a row."""
    if characters > CHARACTERS[0]:
        texts = [aligned(cell, characters - 3, numbers) if cell else "" for cell in cells.tolist()]
        shades = [glyphs[code] for code in codes.tolist()]
        return [f" {shade}{right(text, characters - 2)}" for shade, text in zip(shades, texts, strict=True)]
    pairs = [glyph * characters for glyph in glyphs]
    pairs[_ZERO] = left(glyphs[_ZERO], characters)
    return [pairs[code] for code in codes.tolist()]


def _row(label: str, texts: list[str], codes: Array, cursor: int, is_ascii: bool) -> Line:
    """A row of the map, neighbours of one role in one span; the cursor's place is marked."""
    roles: list[Role] = [_role(code) for code in codes.tolist()]
    if 0 <= cursor < len(texts):
        mark, alone = (">", "X") if is_ascii else ("›", "◆")
        texts[cursor] = mark + texts[cursor][1:] if len(texts[cursor]) > 1 else alone
        roles[cursor] = "now"
    runs = groupby(zip(texts, roles, strict=True), key=lambda each: each[1])
    return (Span(label, "dim"), *(Span("".join(text for text, _ in run), role) for role, run in runs))


def _role(code: int) -> Role:
    if code == _NOT_FINITE:
        return "alert"
    return "plus" if code > _ZERO else "minus" if code < _ZERO else "dim"


def _ruler(frame: Frame, seen: slice) -> Line:
    """The numbers of columns: of all that show numbers, else of each fifth, tenth …"""
    block, size = frame.block[1], frame.characters
    if size > CHARACTERS[0]:
        return line(Span(" " * frame.label + "".join(right(str(j), size) for j in range(seen.start, seen.stop)), "dim"))
    digits = len(str(seen.stop))
    every = next(every for every in (5, 10, 20, 50) if every * size > digits + 1)
    text = ""
    for place, column in enumerate(range(seen.start, seen.stop, block)):
        if column // block % every == 0 and place * size + len(str(column)) <= frame.across * size:
            text += " " * (place * size - len(text)) + str(column)
    return line(Span(" " * frame.label + text, "dim"))


def _under(x: Array, name: str, cursor: Cell, block: Cell, numbers: Format, width: int) -> Line:
    """The cell under the cursor in full: W₂[3, 17] = -0.0123; of a block the largest, with where it is."""
    matrix = as_matrix(x)
    rows, columns = (slice(at // step * step, at // step * step + step) for at, step in zip(cursor, block, strict=True))
    with np.errstate(all="ignore"):
        sizes = np.abs(matrix[rows, columns])
    row, column = np.unravel_index(int(np.argmax(np.where(np.isfinite(sizes), sizes, np.inf))), sizes.shape)
    place = (rows.start + int(row)) * matrix.shape[1] + columns.start + int(column)
    value = float(x.flat[place])
    role: Role = "alert" if not math.isfinite(value) else _role(_ZERO + (value > 0.0) - (value < 0.0))
    spans = line(Span(f"{name}{index_of(x, place)} = ", "now"), Span(numbers.text(value, EXACT), role))
    of = f", the largest of these {sizes.size}" if sizes.size > 1 else ""
    has_room = sum(len(span.text) for span in spans) + len(of) <= width  # the legend says it too
    return (*spans, Span(of, "dim")) if has_room else spans


def index_of(x: Array, place: int) -> str:
    """[3, 17], by its place in the order of rows; nothing of a scalar."""
    return f"[{', '.join(map(str, np.unravel_index(place, x.shape)))}]" if x.ndim else ""


def _part(seen: list[slice], shape: tuple[int, ...]) -> Line:
    """Which rows and columns are seen, where that is not all: rows 0–37 of 1,000."""
    parts = []
    for what, part, size in zip(("rows", "columns"), seen, shape, strict=True):
        if part.stop - part.start < size:
            parts.append(f"{what} {part.start}–{part.stop - 1} of {size:,}")
    return line(Span(", ".join(parts), "dim"))


def _facts(scale: Scale, width: int) -> Line:
    """The range and the norm, in as many digits as there is room for."""
    others = f"  {scale.others:,} not finite" if scale.others else ""
    for digits in (SHORT, 3):
        low, high, size = (number(x, digits) for x in scale[:3])
        text = f"min {low}  max {high}  ‖·‖ {size}"
        if len(text + others) <= width:
            break
    return line(Span(text, "dim"), Span(others, "alert"))


def _legend(scale: Scale, block: Cell, glyphs: str, width: int) -> Line:
    """What the glyphs stand for: sizes up to these; as much of it as has room."""
    edges = [number(float(edge), 3) for edge in scale.edges]
    above = [Span(f"{glyphs[_ZERO + level]} {edges[level - 1]}  ", "plus") for level in (4, 3, 2, 1)]
    below = [Span(f"{glyphs[_ZERO - level]} -{edges[level - 1]}  ", "minus") for level in (1, 2, 3, 4)]
    above, below = above if scale.high > 0.0 else [], below if scale.low < 0.0 else []
    zero = Span(f"{glyphs[_ZERO].strip() or 'blank'} 0  ", "dim")
    if scale.others:
        zero = Span(f"{zero.text}{glyphs[_NOT_FINITE]} not finite  ", "dim")
    log = "logarithmic" if scale.logarithmic else ""
    cells = f"{block[0]}×{block[1]}"
    long, brief = ("", "") if block == (1, 1) else (f"largest of {cells}", cells)
    for kept, notes in (
        ([*above, zero, *below], (log, long)),
        ([*above[::3], zero, *below[::3]], (log, long)),
        ([*above[:1], zero, *below[-1:]], (log, long)),
        ([*above[:1], *below[-1:]], (log[:3], brief)),
    ):
        note = ", ".join(filter(None, notes))
        if sum(len(span.text) for span in kept) + len(note) <= width:
            break
    return line(*kept, Span(note, "dim"))
