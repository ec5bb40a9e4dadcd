"""What can be said of a wrong number that no mistake of the catalogue explains: the pattern of the difference."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..jacobian import Array, counted
from ..notation import SHORT, number
from .records import Judgement

MOST_CELLS = 1_000_000
"""Of a larger array the rank is not worked out."""
SAME = 1e-6
"""How far ratios may be apart that are one, relatively."""


def pattern(judgement: Judgement) -> tuple[str, ...]:
    """Lines on the difference between the reader's number and the right one; empty where there is none."""
    given, expected = judgement.given, judgement.expected
    if given is None:
        return ()
    if given.shape != expected.shape:
        return ()  # the shapes say it
    with np.errstate(all="ignore"):
        difference = given - expected
        wrong = np.abs(difference) > judgement.tolerance
        if not wrong.any():
            return ()
        return tuple(
            filter(
                None, (_ratio(given, expected, wrong), *_where(wrong), _rank(difference, wrong, judgement.tolerance))
            )
        )


def worst_cell(judgement: Judgement) -> tuple[int, ...]:
    """The cell that is farthest off; of a scalar ()."""
    given, expected = judgement.yours, judgement.expected
    if given is None or given.shape != expected.shape:
        return ()
    with np.errstate(all="ignore"):
        farthest = np.argmax(np.abs(given - expected))
    return tuple(int(i) for i in np.unravel_index(farthest, given.shape))


def _ratio(given: Array, expected: Array, wrong: Array) -> str:
    """How many times the right number it is, where it is wrong."""
    if not expected[wrong].any():
        return "the right number is 0"
    if not given[wrong].any():
        return "yours is 0"
    elsewhere = "" if expected[wrong].all() else ", where the right number is not 0"
    ratios = (given / expected)[wrong]
    ratios = ratios[np.isfinite(ratios)]
    if not ratios.size:
        return ""
    low, high = float(ratios.min()), float(ratios.max())
    cells = "it is" if not given.shape else "each wrong cell is"
    if high - low <= SAME * max(abs(low), abs(high)):
        return f"{cells} {number(float(np.median(ratios)), SHORT)} times the right number{elsewhere}"
    return f"yours / right, cell by cell: {number(low, 3)} to {number(high, 3)}, median {_median(ratios)}{elsewhere}"


def _median(ratios: Array) -> str:
    return number(float(np.median(ratios)), 3)


def _where(wrong: Array) -> Iterator[str]:
    """Which cells, rows or columns are wrong, if not all."""
    if wrong.ndim == 0 or wrong.all():
        return
    if wrong.sum() == 1:
        yield f"only one of {counted(wrong.size, 'cell')} is wrong"
        return
    count = f"{int(wrong.sum()):,} of {counted(wrong.size, 'cell')}"
    if wrong.ndim != 2:
        yield f"{count} are wrong"
        return
    for axis, noun in ((1, "row"), (0, "column")):
        concerned = np.flatnonzero(wrong.any(axis=axis))
        if len(concerned) < wrong.shape[1 - axis]:
            listed = ", ".join(map(str, concerned[:6])) + ", …" * (len(concerned) > 6)
            yield f"{count} are wrong, all in {noun}{'s' * (len(concerned) > 1)} {listed}"
            return
    yield f"{count} are wrong"


def _rank(difference: Array, wrong: Array, tolerance: Array) -> str:
    """The rank of the difference but for rounding, where it says something."""
    if difference.ndim != 2 or min(np.count_nonzero(wrong.any(axis=axis)) for axis in (0, 1)) < 2:
        return ""  # one row or column has rank 1 in any case
    if min(difference.shape) < 2 or difference.size > MOST_CELLS or not np.isfinite(difference).all():
        return ""
    noise = max(1e-9 * float(np.max(np.abs(difference))), float(np.max(tolerance)) * difference.size**0.5)
    rank = int(np.linalg.matrix_rank(difference, tol=noise))
    full = min(difference.shape)
    return f"yours - right has rank {rank} of {full}" + (": it is one outer product" if rank == 1 else "")
