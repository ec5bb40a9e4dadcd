"""Numbers in columns: the decimal points below each other, in the format that the reader has chosen."""

from __future__ import annotations

from typing import NamedTuple

from bptui.core.notation import number


class Format(NamedTuple):
    """How numbers are written: in `digits`, or with 0 in as many as a number needs and has room for.

    They are counted behind the point, or of `scientific` numbers all together.
    """

    name: str
    digits: int = 0
    scientific: bool = False

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
