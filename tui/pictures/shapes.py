"""The shapes that pictures are made of: rings, lines of several strengths, and bars."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, TypeAlias

State: TypeAlias = Literal["before", "forward", "backward"]
"""How far the waves have come."""
EIGHTHS = " ▏▎▍▌▋▊▉"


@lru_cache(maxsize=64)
def ring(width: int, state: State) -> tuple[tuple[int, int], ...]:
    """The dots of an ellipse in `width` × 3 cells: dotted before there is a value, double once there is a gradient."""
    dots: dict[tuple[int, int], None] = {}
    for inner in (0, 1) if state == "backward" else (0,):
        across, down = width - 0.5 - inner, 5.5 - inner
        for step in range(96):
            angle = step * math.tau / 96
            dots[round(width - 0.5 + across * math.cos(angle)), round(5.5 + down * math.sin(angle))] = None
    return tuple(dots)[:: 2 if state == "before" else 1]


@lru_cache(maxsize=8192)  # nodes stay where they are, so a step draws the same lines again
def dots_of_line(x0: int, y0: int, x1: int, y1: int, size: int, is_minus: bool) -> tuple[tuple[int, int], ...]:
    """The dots of a line: double of size 3, dotted of size 1, sparser of size 0; dashed if minus."""
    steps = max(abs(x1 - x0), abs(y1 - y0), 1)
    is_flat = abs(x1 - x0) >= abs(y1 - y0)
    every = (4, 2, 1, 1)[size]
    dots = []
    for i in range(steps + 1):
        if i % every or (is_minus and i % 8 > 3):
            continue
        x, y = round(x0 + (x1 - x0) * i / steps), round(y0 + (y1 - y0) * i / steps)
        dots.append((x, y))
        if size == 3:
            dots.append((x, y - 1) if is_flat else (x - 1, y))
    return tuple(dots)


def drawn_bar(log10: float, cells: int, ends: tuple[int, int]) -> str:
    """A bar from the left end of the scale, to the eighth of a cell."""
    low, high = ends
    eighths = round(8 * cells * min(max((log10 - low) / (high - low), 0.0), 1.0))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()
