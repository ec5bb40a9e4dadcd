"""Histograms: how the activations of each layer are spread, beside them the sizes of its gradients; and in words."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bptui.core.attribution import FLAT, STEEPEST
from bptui.core.chapter import Chapter
from bptui.core.conditions.watches import BARS
from bptui.core.equations import gradient_symbol
from bptui.core.events import Multiply, result
from bptui.core.jacobian import Array, Diagonal
from bptui.core.notation import number, symbol
from bptui.core.program import Program
from bptui.core.search import subject

from ..lines import Line, Role, Span, drawn_window, fitted, left, line, window
from ..moment import Moment
from ..numbers import fit
from ..tables import NOT_YET

LEAST_CELLS = 8
"""Cells from which on a node of a program without layers has a row, if any node has so many."""
ALONE = "◆"
"""Where the cell of a scalar stands."""
WITH_RANGE = 90
"""Columns from which on each row has its own smallest and largest number."""
_ROLES: tuple[Role, Role] = ("forward", "backward")
_SMALLEST = 1e-290
"""Of an axis: one that is shorter has no room for bins between its ends."""
_LARGEST = 1e307
"""The end of an axis whose length is still finite."""
_HINT = f"a bar for each bin, the fullest of a row █; {ALONE} a single cell"


class Row(NamedTuple):
    """What a row is about: its label, and the variables whose value and whose gradient it has."""

    label: str
    value: str
    gradient: str
    names: tuple[str, ...]


class Axis(NamedTuple):
    """From where to where the bins of all rows go."""

    low: float
    high: float

    def text(self) -> str:
        return f"{number(self.low, 3)}…{number(self.high, 3)}"


class Strip(NamedTuple):
    """One histogram: `event` is the index of what brings its array; `spread` is its range, `note` what is odd in it."""

    event: int
    counts: tuple[int, ...]
    spread: str
    note: str


@lru_cache(maxsize=4)  # every frame asks for it
def rows_of(program: Program) -> tuple[Row, ...]:
    """A row for each layer; without layers for each node of some size, or for all nodes if none has that."""
    if program.layers:
        digits = len(str(len(program.layers)))
        return tuple(
            Row(f"{layer.number:>{digits}} {layer.activation}", layer.a, layer.u, (layer.u, layer.a, layer.W, layer.b))
            for layer in program.layers
        )
    sizes = {node.name: math.prod(node.op.shape) for node in program.nodes}
    least = LEAST_CELLS if max(sizes.values(), default=0) >= LEAST_CELLS else 1
    return tuple(Row(symbol(name), name, name, (name,)) for name, size in sizes.items() if size >= least)


# ---- what is counted


def bins_of(x: Array, axis: Axis, bins: int, is_log: bool) -> tuple[int, ...]:
    """How many cells fall in each bin: of their values, or of log₁₀ of their sizes, which a 0 does not have."""
    counts, _ = np.histogram(np.clip(_counted(x, is_log), axis.low, axis.high), bins, (axis.low, axis.high))
    return tuple(counts.tolist())


def _counted(x: Array, is_log: bool) -> Array:
    """The numbers that are counted."""
    x = x[np.isfinite(x)].astype(np.float64)
    return np.log10(np.abs(x[x != 0.0])) if is_log else x


def axis_of(arrays: list[Array], is_log: bool) -> Axis:
    """One axis for all: of values with round ends, of sizes with whole powers of ten."""
    counted = [part for part in (_counted(x, is_log) for x in arrays) if part.size]
    low = min((float(part.min()) for part in counted), default=0.0)
    high = max((float(part.max()) for part in counted), default=0.0)
    if is_log:
        low, high = math.floor(low), math.ceil(high)
        return Axis(low, max(high, low + 1.0))
    low, high = 0.0 - _round(-low), _round(high)
    return Axis(low, high) if high - low > _SMALLEST else Axis(0.0, 1.0)


def _round(size: float) -> float:
    """1, 2 or 5 times a power of ten, at least this size; 0 of what is below 0."""
    if size <= 0.0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(size))
    return min(next((each * power for each in (1.0, 2.0, 5.0, 10.0) if each * power >= size), size), _LARGEST)


class Counted(NamedTuple):
    """All rows of an iteration: the two axes, and a strip of values and one of gradients for each row that has them."""

    axes: tuple[Axis, Axis]
    strips: tuple[tuple[Strip | None, Strip | None], ...]


@lru_cache(maxsize=2)  # an iteration is counted once, not at each of its steps
def counted(chapter: Chapter, bins: int) -> Counted:
    """The histograms of a whole iteration, also of what is still to come in it: so the axes stay while it goes on."""
    rows = rows_of(chapter.program)
    places = [(chapter.evaluated.get(row.value), chapter.completed.get(row.gradient)) for row in rows]
    axes = []
    for side, is_log in enumerate((False, True)):
        arrays = [result(chapter.events[index]) for pair in places if (index := pair[side]) is not None]
        axes.append(axis_of(arrays, is_log))
    strips = [
        (_strip(chapter, value, axes[0], bins, False), _strip(chapter, gradient, axes[1], bins, True))
        for value, gradient in places
    ]
    return Counted((axes[0], axes[1]), tuple(strips))


def _strip(chapter: Chapter, index: int | None, axis: Axis, bins: int, is_log: bool) -> Strip | None:
    if index is None:
        return None
    event = chapter.events[index]
    x = result(event)
    finite = x[np.isfinite(x)]
    ends = np.abs(finite[finite != 0.0]) if is_log else finite
    extremes = [float(ends.min()), float(ends.max())][: ends.size]
    spread = " … ".join(fit(end, 7) for end in extremes)
    zeros, others = finite.size - int(np.count_nonzero(finite)), x.size - finite.size
    parts = {"zero": zeros, "sat.": saturated(event) if isinstance(event, Multiply) else 0, "not finite": others}
    note = ", ".join(f"{count:,} {what}" for what, count in parts.items() if count)
    return Strip(index, bins_of(x, axis, bins, is_log), spread, note)


def saturated(event: Multiply) -> int:
    """In how many cells an activation function is so flat that hardly anything passes."""
    steepest = STEEPEST.get(event.node.op.name)
    if steepest is None or not isinstance(event.local, Diagonal):
        return 0
    return int(np.count_nonzero(np.abs(event.local.diagonal) < FLAT * steepest))


# ---- drawing


def histograms(moment: Moment, width: int, height: int) -> list[Line]:
    """A row for each layer, the same two axes for all: on the left the values, on the right log₁₀ of the gradients."""
    chapter = moment.timeline.chapter(moment.position)
    rows, known = rows_of(chapter.program), moment.position - chapter.start
    label = min(max(len(row.label) for row in rows), width // 4) + 1
    strips = counted(chapter, 1).strips
    longest = (width - label) // 3
    notes = [min(max(len(_said(pair[side], width)) for pair in strips), longest) for side in (0, 1)]
    bins = max((width - label - sum(notes)) // 2 - len("││ "), 1)
    found = counted(chapter, bins)
    current = _current(moment, rows)

    def draw(index: int) -> Line:
        spans = [Span(left(rows[index].label, label), "now" if index == current else "text")]
        for strip, note, role in zip(found.strips[index], notes, _ROLES, strict=True):
            if strip is None or strip.event >= known:
                spans.append(Span(left(NOT_YET, bins + note + 3), "dim"))
                continue
            said = left(_said(strip, width), note)
            spans += [Span("│", "dim"), Span(bars(strip.counts), role), Span(f"│{said} ", "dim")]
        return fitted(tuple(spans), width)

    what = ("a", "log₁₀ |δ|") if chapter.program.layers else ("value", "log₁₀ |∇|")
    texts = [f"{name} {axis.text()}" for name, axis in zip(what, found.axes, strict=True)]
    head = fitted(line(Span(" " * label + left(texts[0], bins + notes[0] + 3) + texts[1], "head")), width)
    hint = [fitted(line(Span(_HINT, "dim")), width)] if height > 4 and width >= len(_HINT) else []
    return [head, *drawn_window(len(rows), height - 1 - len(hint), current, draw), *hint][: max(height, 0)]


def bars(counts: tuple[int, ...]) -> str:
    """A bar for each bin, the fullest as high as the line; a single cell is a mark."""
    if sum(counts) == 1:
        return "".join(ALONE if count else " " for count in counts)
    most = max(counts)
    return "".join(BARS[math.ceil(count / most * len(BARS)) - 1] if count else " " for count in counts)


def _said(strip: Strip | None, width: int) -> str:
    """What stands behind a strip."""
    if strip is None:
        return ""
    return "  ".join(filter(None, (strip.spread if width >= WITH_RANGE else "", strip.note)))


def _current(moment: Moment, rows: tuple[Row, ...]) -> int:
    """The row that the step is about; the first where there is none."""
    name = subject(moment.event) if moment.event else ""
    return next((index for index, row in enumerate(rows) if name in row.names), 0)


def histogram_words(moment: Moment, width: int, height: int) -> list[Line]:
    """The same in words: of each layer from where to where its numbers go, their median, and what is odd."""
    chapter = moment.timeline.chapter(moment.position)
    rows, known = rows_of(chapter.program), moment.position - chapter.start
    current, at = _current(moment, rows), 0
    lines: list[Line] = []
    for index, (row, pair) in enumerate(zip(rows, counted(chapter, 1).strips, strict=True)):
        if index == current:
            at = len(lines)
        names = symbol(row.value), f"|{gradient_symbol(chapter.program, row.gradient)}|"
        for name, strip, is_log in zip(names, pair, (False, True), strict=True):
            if strip is not None and strip.event < known:
                x = result(chapter.events[strip.event])
                finite = x[np.isfinite(x)]
                median = fit(float(np.median(np.abs(finite) if is_log else finite)), 7) if finite.size else ""
                parts = strip.spread, f"median {median}" if finite.size > 1 else "", strip.note
                text = f"{name}: {', '.join(filter(None, parts))}"
                role: Role = "now" if index == current else "text"
                lines += [line(Span(each, role)) for each in moment.wrapped(text, width)]
    if not lines:
        lines = [line(Span("nothing is computed yet", "dim"))]
    return window(lines, height, min(at, len(lines) - 1))[: max(height, 0)]
