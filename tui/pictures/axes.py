"""The axes that curves are drawn between, with their ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TypeAlias

from rich.cells import cell_len

from bptui.core.notation import number

from ..lines import Line, Role, Span, fitted, left, line, right, shortened
from ..moment import Moment
from .canvas import Canvas

Range: TypeAlias = tuple[float, float]
Ticks: TypeAlias = list[tuple[float, str]]

LEAST = (16, 4)
"""Columns and rows of the smallest picture; where there is less room, its words stand there."""
DIGITS = 3
MARGIN = 0.06
"""Of the height, above and below the curve."""


class Axes:
    """A canvas with a frame, ticks and names: x to the right, y upwards, in the units of what is drawn.

    With `is_log` y is log₁₀ of what its ticks say.
    """

    def __init__(
        self, x: Range, y: Range, width: int, height: int, names: tuple[str, str] = ("", ""), *, is_log: bool = False
    ) -> None:
        self.x, self.y, self.is_log = _widened(x, 0.0), _widened(y, MARGIN), is_log
        self.canvas = Canvas(width, height)
        self.rows = max(height - 2, 1)
        names = (_narrow(names[0]), _narrow(names[1]))
        y_name = names[1]
        at_y = _ticks(*self.y, max(self.rows // 2, 1), least=1.0 if is_log else 0.0)
        at_y = [(place, number(10.0**place, 3) if is_log else text) for place, text in at_y]
        at_y = [(place, text) for place, text in at_y if self._row(place) > 0 or not y_name]
        self.gutter = min(max(len(y_name), *(len(text) for _, text in at_y), 1), width // 3)
        self._frame(at_y, _ticks(*self.x, max((width - self.gutter) // 9, 1)), names, width)

    def _frame(self, at_y: Ticks, at_x: Ticks, names: tuple[str, str], width: int) -> None:
        text, gutter, foot = self.canvas.text, self.gutter, self.rows
        for row in range(foot):
            text(gutter, row, "│", "dim")
        text(gutter, foot, "└" + "─" * width, "dim")
        if self.y[0] < 0.0 < self.y[1] and not self.is_log:
            self.segment(self.x[0], 0.0, self.x[1], 0.0, "dim", every=4)
        text(0, 0, right(names[1], gutter), "head")
        for place, label in at_y:
            text(0, self._row(place), right(label, gutter) + "┤", "dim")
        x_name = left(names[0], min(len(names[0]), width // 3))
        end = width - len(x_name)
        text(end, foot + 1, x_name, "head")
        free = 0
        for place, label in at_x:
            column = round(self._across(place)) // 2
            start = min(max(column - len(label) // 2, free), width - len(label))
            text(column, foot, "┴", "dim")
            if free <= start and start + len(label) < end + (not x_name):
                text(start, foot + 1, label, "dim")
                free = start + len(label) + 1

    def _across(self, x: float) -> float:
        """The dot of a place, counted from the left edge of the canvas."""
        first, last = 2 * (self.gutter + 1), self.canvas.dots[0] - 1
        return first + (x - self.x[0]) / (self.x[1] - self.x[0]) * (last - first)

    def _down(self, y: float) -> float:
        return (self.y[1] - y) / (self.y[1] - self.y[0]) * (4 * self.rows - 1)

    def _row(self, y: float) -> int:
        return round(self._down(y)) // 4

    def as_seen(self, slope: float) -> float:
        """A slope as it is on a picture that is as high as it is wide."""
        return slope * (self.x[1] - self.x[0]) / (self.y[1] - self.y[0])

    def mark(self, x: float, y: float, sign: str, role: Role) -> None:
        """A sign in the cell of a point, if that is inside."""
        if self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1]:
            self.canvas.text(round(self._across(x)) // 2, self._row(y), sign, role)

    def segment(self, x0: float, y0: float, x1: float, y1: float, role: Role, every: int = 1) -> None:
        """What is inside of a straight line (Liang and Barsky 1984)."""
        if not all(map(math.isfinite, (x0, y0, x1, y1, x1 - x0, y1 - y0))):
            return
        start, end = 0.0, 1.0
        for a, d, (low, high) in ((x0, x1 - x0, self.x), (y0, y1 - y0, self.y)):
            for room, step in ((a - low, -d), (high - a, d)):
                if step == 0.0 and room < 0.0:
                    return
                if step < 0.0:
                    start = max(start, room / step)
                elif step > 0.0:
                    end = min(end, room / step)
        if start <= end:
            (xa, ya), (xb, yb) = ((x0 + t * (x1 - x0), y0 + t * (y1 - y0)) for t in (start, end))
            self.canvas.line(self._across(xa), self._down(ya), self._across(xb), self._down(yb), role, every)

    def path(self, points: Iterable[tuple[float, float]], role: Role) -> None:
        """Lines from point to point, with gaps where a value is not finite, and at poles."""
        before: tuple[float, float] | None = None
        low, high = self.y
        for x, y in points:
            here = (x, min(max(y, low - (high - low)), high + (high - low))) if math.isfinite(y) else None
            if here and before is None:
                self.segment(*here, *here, role)
            elif here and before and not (min(here[1], before[1]) < low and max(here[1], before[1]) > high):
                self.segment(*before, *here, role)
            before = here

    def lines(self) -> list[Line]:
        return self.canvas.lines()


def _widened(ends: Range, margin: float) -> Range:
    """The range with a margin; one of no length gets some around its one place."""
    low, high = ends
    room = (high - low) * margin if high > low else max(abs(low) * 0.5, 1e-300)
    return low - room, high + room


def _narrow(name: str) -> str:
    """A name whose characters take one cell each, as the canvas has them; no other is written on it."""
    return name if all(cell_len(character) == 1 for character in name) else ""


def _ticks(low: float, high: float, most: int, least: float = 0.0) -> Ticks:
    """At most about so many round places in a range, 1, 2 or 5 times a power of ten apart, each with its number."""
    raw = max((high - low) / most, least, 1e-290)
    power = 10.0 ** math.floor(math.log10(raw) + 1e-9)
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= raw * (1 - 1e-9))
    places = [index * step for index in range(math.ceil(low / step), math.floor(high / step) + 1)]
    digits = max(math.ceil(math.log10(max(abs(low), abs(high)) / step)) + 1, DIGITS)
    return [(place, number(place, min(digits, 15))) for place in places[: most + 2]]


def paragraph(moment: Moment, text: str, role: Role, width: int, height: int) -> list[Line]:
    """A text in lines, what has no room counted."""
    rows = [line(Span(row, role)) for row in moment.wrapped(text, width)]
    return [fitted(row, width) for row in shortened(rows, height, "more lines")]
