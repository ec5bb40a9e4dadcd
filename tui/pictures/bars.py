"""The running product as bars: how large it is behind each factor, in powers of ten, so that vanishing is seen."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rich.cells import cell_len

from bptui.core.chapter import Chapter
from bptui.core.equations import gradient_symbol, local_symbols
from bptui.core.events import Accumulate, Evaluate, Multiply, Update, result
from bptui.core.explain import whole_product
from bptui.core.jacobian import Array
from bptui.core.ledger import ledger_at, route
from bptui.core.notation import log_norm, norm, number, superscript, symbol
from bptui.core.paths import Factor, running_product
from bptui.core.program import Program

from ..lines import Line, Role, Span, drawn_window, fitted, left, line, right, shortened
from ..moment import Moment
from .axes import paragraph
from .shapes import drawn_bar

ENDS = (-3, 1)
"""Powers of ten that the scale has at least."""
MOST_SIZES = 500
"""Products of an iteration that its scale is made from."""
LOST = "░"
"""What the factor took from the product before it."""
DIGITS = 3
NUMBERS = 10
"""Columns of the factor, and of the product."""
LEAST_NAME = 9
LEAST_BAR = 8


class Bar(NamedTuple):
    """A row: its name, the factor as text, the product, its log₁₀, and that of the product before it."""

    name: str
    formula: str
    factor: str
    product: Array
    log10: float
    before: float


# ---- which bars there are


def _bars(moment: Moment) -> list[Bar]:
    """The factors of the running product; where contributions meet the paths; of an update those of its gradient."""
    event = moment.event
    chapter = moment.timeline.chapter(moment.position)
    match event:
        case Accumulate():
            return _paths(moment, chapter, event)
        case Update():
            factors = whole_product(chapter, event.parameter)
        case _:
            factors = running_product(moment.timeline, moment.position)
    bars: list[Bar] = []
    for factor in factors:
        bars.append(_bar(moment, chapter.program, factor, bars[-1].log10 if bars else math.nan))
    return bars


def _bar(moment: Moment, program: Program, factor: Factor, before: float) -> Bar:
    event, log10 = factor.event, log_norm(factor.product)
    match event:
        case Multiply():
            shown = event.local.shown
            name, formula = local_symbols(program, event)
            is_number = not (event.upstream.shape or shown.shape)
            times = float(shown) if is_number else _ratio(before, log10)
            text = "" if math.isnan(times) else f"× {_short(moment, times, NUMBERS - 3)}"
            return Bar(name, formula, text, factor.product, log10, before)
        case Accumulate():
            name = gradient_symbol(program, event.variable)
            return Bar(name, "", f"Σ of {len(event.contributions)}", factor.product, log10, before)
    return Bar(gradient_symbol(program, program.output), "", "", factor.product, log10, before)


def _ratio(before: float, after: float) -> float:
    """By how much a norm changes; NaN where there was nothing, or no number, to change."""
    if not math.isfinite(before):
        return math.nan
    return 10.0 ** (after - before) if after - before < 300.0 else math.inf


def _paths(moment: Moment, chapter: Chapter, event: Accumulate) -> list[Bar]:
    found = ledger_at(chapter, event.variable)
    bars = [
        Bar(route(chapter.program, path, 30, cell_len), "", "", path.product, log_norm(path.product), math.nan)
        for path in found.listed
    ]
    if found.rest is not None:
        bars.append(Bar("the remaining paths", "", "", found.rest, log_norm(found.rest), math.nan))
    name = gradient_symbol(chapter.program, event.variable)
    return [*bars, Bar(name, "their sum", "", event.total, log_norm(event.total), math.nan)]


@lru_cache(maxsize=2)  # every frame asks for it
def _ends(chapter: Chapter) -> tuple[int, int]:
    """The powers of ten from which and up to which all products of the iteration lie."""
    products = [result(event) for event in chapter.events if isinstance(event, Multiply | Accumulate)]
    chosen = {round(place) for place in np.linspace(0, len(products) - 1, min(len(products), MOST_SIZES))}
    sizes = [size for index in chosen if math.isfinite(size := log_norm(products[index]))]
    return min(ENDS[0], *(math.ceil(size) - 1 for size in sizes), 0), max(ENDS[1], *map(math.ceil, sizes), 0)


def _nothing(moment: Moment) -> str:
    L = symbol(moment.timeline.scenario.program.output)
    event = moment.event
    if isinstance(event, Evaluate) and event.phase == "evaluate":
        return "the way back is over"
    if isinstance(event, Update):
        return f"no product: nothing leads from {L} to {symbol(event.parameter)}"
    return f"the product begins at {L}, on the way back"


# ---- in words


def bars_words(moment: Moment, width: int, height: int) -> list[Line]:
    """The last factor in a sentence, then each factor and the product behind it, the last one first."""
    found = _bars(moment)
    if not found:
        return paragraph(moment, _nothing(moment), "dim", width, height)
    rows = [line(Span(text, "now")) for text in moment.wrapped(_sentence(moment, found), width)]
    for bar in reversed(found):
        text = f"{bar.name} {bar.factor}".rstrip() + f": {_size(moment, bar.product)}"
        rows += [line(part) for part in moment.wrapped(text, width)]
    return [fitted(row, width) for row in shortened(rows, height, "more lines")]


def _sentence(moment: Moment, bars: list[Bar]) -> str:
    last = bars[-1]
    size = _size(moment, last.product)
    if isinstance(moment.event, Accumulate):
        return f"the paths add up to {last.name} = {size}"
    if last.log10 == -math.inf:
        return f"the product is 0: behind {_culprit(bars)} nothing is left"
    if last.log10 == math.inf:
        return f"the product is not finite since {_culprit(bars)}"
    change = last.log10 - last.before
    times = number(10.0 ** min(abs(change), 300), DIGITS)
    if times == "1" or math.isnan(change):
        return f"the product is {size}; {last.name} leaves its size as it is"
    return f"the product is {size}; {last.name} makes it {times} times as {'small' if change < 0 else 'large'}"


def _culprit(bars: list[Bar]) -> str:
    """The first factor behind which the product was as it is at the end."""
    return next(bar.name for bar in bars if bar.log10 == bars[-1].log10)


def _size(moment: Moment, x: Array, room: int = 30) -> str:
    """A number, or the norm of an array, in so many columns; in fewer digits where it must."""
    value, sides = (float(x), "") if x.ndim == 0 else (norm(x), "‖")
    return f"{sides}{_short(moment, value, room - 2 * len(sides))}{sides}"


def _short(moment: Moment, x: float, room: int) -> str:
    """A number in the reader's format, or in few digits where that has no room."""
    text = moment.numbers.text(x, DIGITS)
    return text if len(text) <= room else number(x, DIGITS if len(number(x, DIGITS)) <= room else 1)


# ---- as a picture


class Columns(NamedTuple):
    """How wide each column is; a factor, and then the name, has none where the bar would have no room."""

    name: int
    factor: int
    bar: int
    product: int

    @classmethod
    def of(cls, width: int, *, has_factors: bool) -> Columns:
        product = min(NUMBERS, width)
        factor = NUMBERS if width >= 2 * NUMBERS + LEAST_NAME + LEAST_BAR else 0
        name = max(width // 4, LEAST_NAME) if width >= product + LEAST_NAME + LEAST_BAR else 0
        bar = width - name - factor - product
        return cls(name, factor, bar, product) if has_factors else cls(name + factor, 0, bar, product)


def bars(moment: Moment, width: int, height: int) -> list[Line]:
    """A row for each factor around the last one, below the scale; words where there is no bar, or no room."""
    found = _bars(moment)
    if not found or width < NUMBERS + LEAST_BAR or height < 2:
        return bars_words(moment, width, height)
    columns = Columns.of(width, has_factors=not isinstance(moment.event, Accumulate))
    ends = _ends(moment.timeline.chapter(moment.position))
    ticks = _ticks(columns.bar - 1, ends)
    last = len(found) - 1

    def draw(index: int) -> Line:
        return _row(moment, found[index], columns, ends, list(ticks), is_last=index == last)

    head = left("", columns.name + columns.factor) + _scale(columns.bar, ticks) + right("product", columns.product)
    rows = [line(Span(head, "head")), *drawn_window(len(found), height - 1, last, draw)]
    return [fitted(row, width) for row in rows]


def _row(moment: Moment, bar: Bar, columns: Columns, ends: tuple[int, int], ticks: list[int], *, is_last: bool) -> Line:
    role: Role = "now" if is_last else "backward"
    name = f"{bar.name} = {bar.formula}" if bar.formula else bar.name
    if cell_len(name) >= columns.name:
        name = bar.name
    spans = [Span(left(left(name, columns.name - 1), columns.name)), Span(left(bar.factor, columns.factor))]
    cells = columns.bar - 1
    if bar.log10 == math.inf:
        spans.append(Span("█" * (cells - 1) + "▶", "alert"))
    elif bar.log10 == -math.inf:
        spans.append(Span(left("0", cells), "alert"))
    else:
        drawn = drawn_bar(bar.log10, cells, ends)
        reached = drawn_bar(bar.before, cells, ends) if math.isfinite(bar.before) else ""
        free = "".join("┊" if column in ticks else " " for column in range(cells))
        lost = LOST * (len(reached) - len(drawn))
        spans += [Span(drawn, role), Span(lost + free[len(drawn) + len(lost) :], "dim")]
    product = right(_size(moment, bar.product, columns.product), columns.product + 1)
    return line(*spans, Span(product, "now" if is_last else "text"))


def _ticks(cells: int, ends: tuple[int, int]) -> dict[int, str]:
    """Columns of the scale with the power of ten that is there: 1 is one of them."""
    low, high = ends
    step = next(step for n in range(4) for step in (10**n, 2 * 10**n, 5 * 10**n) if cells * step >= 7 * (high - low))
    powers = range(-(-low // step) * step, high + 1, step)
    return {round(cells * (power - low) / (high - low)): _power(power) for power in powers}


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else "10" if exponent == 1 else "10" + superscript(str(exponent))


def _scale(cells: int, ticks: dict[int, str]) -> str:
    """The labels, each around its column."""
    text = ""
    for column, label in ticks.items():
        start = min(max(column - len(label) // 2, 0), cells - len(label))
        if start >= len(text) + bool(text):
            text = text.ljust(start) + label
    return left(text, cells)
