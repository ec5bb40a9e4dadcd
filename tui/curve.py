"""A curve of numbers as plain text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from bptui.core.notation import number

WIDTH, HEIGHT = 60, 12
"""Cells of the area that the curve is drawn in."""


def curve(values: Sequence[float], marks: Sequence[tuple[int, float]] = ()) -> Iterator[str]:
    """The values over their indices, `*`, and other points of the same axes, `o`: the mean of what falls in a column.

    The vertical axis is logarithmic where all are above 0 and the largest is 100 times the smallest.
    """
    points = [(index, value) for index, value in enumerate(values) if math.isfinite(value)]
    marks = [(index, value) for index, value in marks if math.isfinite(value)]
    every = [value for _, value in (*points, *marks)]
    if not every:
        return
    unit = max(map(abs, every)) or 1.0  # so that no sum or difference overflows
    logarithmic = min(every) > 0.0 and max(every) >= 100.0 * min(every)
    scale: Callable[[float], float] = math.log10 if logarithmic else lambda value: value / unit
    low, high = scale(min(every)), scale(max(every))
    area = [[" "] * WIDTH for _ in range(HEIGHT)]
    for sign, drawn in (("*", points), ("o", marks)):
        for column, value in _columns(drawn, len(values)):
            row = round((high - scale(value)) / (high - low or 1.0) * (HEIGHT - 1))
            area[row][column] = sign
    for row, cells in enumerate(area):
        level = high - (high - low) * row / (HEIGHT - 1)
        label = number(10.0**level if logarithmic else level * unit, 4) if row in (0, HEIGHT // 2, HEIGHT - 1) else ""
        yield f"{label:>10} |{''.join(cells)}".rstrip()
    yield " " * 11 + "+" + "-" * WIDTH
    yield f"{'1':>13}{len(values):>{WIDTH - 1}}" + ("   (logarithmic)" if logarithmic else "")


def _columns(points: Sequence[tuple[int, float]], count: int) -> list[tuple[int, float]]:
    """The mean of the points of each column that has any."""
    columns: dict[int, list[float]] = {}
    for index, value in points:
        columns.setdefault(index * (WIDTH - 1) // max(count - 1, 1), []).append(value)
    return [(column, sum(value / len(values) for value in values)) for column, values in columns.items()]
