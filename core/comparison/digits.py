"""How many digits numbers were written with: half a unit of the last one is how far they may be off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..jacobian import Array

FEWEST_DIGITS, ALL_DIGITS = 3, 15
"""Numbers with fewer digits are not taken for rounded ones; those with so many have all that a float64 holds."""


def units_of(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    """Half a unit of the last digit of each cell, for numbers that were printed with few digits; {} for all others.

    Printed numbers are rounded: as `print` and `numpy.set_printoptions` do it, to a number of decimals or to a number
    of significant digits, the same for all of an array. Which of the two it was cannot be seen, nor zeros left off at
    an end, so that the most of both that any number has are taken, and the coarser unit of the two. 15 digits or more
    are all that a float64 holds. An array with fewer than 3 says nothing: it is taken to be as the others are.
    """
    counted = {name: _most_digits(x) for name, x in arrays.items()}
    together = tuple(map(max, zip(*counted.values(), strict=True)))
    found = {}
    for name, (digits, decimals) in counted.items():
        if digits < FEWEST_DIGITS:
            digits, decimals = together
        if FEWEST_DIGITS <= digits < ALL_DIGITS:
            found[name] = _units(arrays[name], digits, decimals)
    return found


def _most_digits(x: Array) -> tuple[int, int]:
    """The most significant digits, and the most decimals, that any number of an array has."""
    found = [_digits(cell) for cell in x.ravel().tolist()]
    return max(digits for digits, _ in found), max(decimals for _, decimals in found)


def _digits(x: float) -> tuple[int, int]:
    """Significant digits of a number as it is written shortest, and how many of its decimals are behind the point."""
    mantissa, _, exponent = repr(abs(x)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = fraction.rstrip("0")
    return len((whole + fraction).strip("0")), max(0, len(fraction) - int(exponent or 0))


def _units(x: Array, digits: int, decimals: int) -> Array:
    with np.errstate(all="ignore"):
        magnitude = np.floor(np.log10(np.abs(x)))  # -inf of 0, whose unit is that of the decimals
        units: Array = np.maximum(0.5 * 10.0**-decimals, 0.5 * 10.0 ** (magnitude + 1 - digits))
    return units
