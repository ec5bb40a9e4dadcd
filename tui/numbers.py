"""Numbers in columns: the decimal points below each other, in the format that the reader has chosen."""

from __future__ import annotations

import math
from typing import NamedTuple

from bptui.core.jacobian import Array
from bptui.core.notation import array, number


class Format(NamedTuple):
    """How numbers are written: in `digits`, or with 0 in as many as a number needs and has room for.

    They are counted behind the point, or of `scientific` numbers all together.
    """

    name: str
    digits: int = 0
    scientific: bool = False

    @property
    def width(self) -> int:
        """Cells that most numbers take; 0 where it is as many as there are."""
        if not self.digits:
            return 0
        return self.digits + (len("-.e-00") if self.scientific else len("-00."))

    def text(self, x: float, digits: int) -> str:
        """A number on its own; where no format is chosen, in at most so many significant digits.

        A number that would read as 0 and is not is written scientifically.
        """
        if not self.digits:
            return number(x, digits)
        if self.scientific or 0.0 < abs(x) < 0.5 * 10.0**-self.digits or abs(x) >= 1e15:
            return f"{x:.{self.digits - 1}e}"
        return f"{x:.{self.digits}f}"


AS_FITS = Format("as many digits as fit")
FORMATS = (
    AS_FITS,
    Format("4 digits, fixed", 4),
    Format("4 digits, scientific", 4, scientific=True),
    Format("17 digits, fixed", 17),
    Format("17 digits, scientific", 17, scientific=True),
)
"""Those that # goes through."""

MOST_DECIMALS = 7
"""Digits behind the point in a column where no format is chosen; the step shows all of them."""
LEAST_DECIMALS = 3
"""A column with room for fewer aligns nothing."""


def aligned(x: float, width: int, numbers: Format = AS_FITS) -> str:
    """A number for a column of so many cells, with as many characters behind its point as all others there have.

    It may be a cell wider: a column has a gap of two before it. Where fewer than three significant digits would be
    left it is scientific; where it is too large it has as many digits as fit.
    """
    if numbers.digits:
        text = numbers.text(x, 0)
        return text if len(text) <= width + 1 else fit(x, width)
    decimals = min(MOST_DECIMALS, width - len("-0."))
    if decimals < LEAST_DECIMALS or not math.isfinite(x):
        return fit(x, width)
    if 0.0 < abs(x) < 10.0 ** (2 - decimals) and decimals > len("e-00"):
        text = f"{x:.{decimals - len('e-00')}e}"
    else:
        text = f"{x:.{decimals}f}"
    return text if len(text) <= width + 1 else fit(x, width)


def fit(x: float, width: int) -> str:
    """A number in as many significant digits as have room in `width` cells, without trailing zeros."""
    for digits in range(MOST_DECIMALS, 0, -1):
        text = number(x, digits)
        if len(text) <= width:
            return text
    return "…"


def written(x: Array, digits: int, numbers: Format) -> str:
    """A value on one line, as `array` writes it, in the format that the reader has chosen."""
    if not numbers.digits:
        return array(x, digits)
    return array(x, text=lambda cell: numbers.text(cell, digits))
