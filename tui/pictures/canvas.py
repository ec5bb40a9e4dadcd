"""A canvas of dots: eight of them in the cell of a braille character, each cell with one role."""

from __future__ import annotations

from itertools import groupby

from ..lines import Line, Role, Span

_BLANK = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of a dot by its row and column within the cell (Unicode, chapter 21.1, braille patterns)."""


class Canvas:
    """`width` × `height` cells, that is 2·width × 4·height dots; (0, 0) is the upper left one.

    What is drawn later has its role in a cell, and a text hides the dots below it; what lies outside is not drawn.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width, 0), max(height, 0)
        self._bits = [[0] * self.width for _ in range(self.height)]
        self._texts = [[""] * self.width for _ in range(self.height)]
        self._roles: list[list[Role]] = [["dim"] * self.width for _ in range(self.height)]

    @property
    def dots(self) -> tuple[int, int]:
        """Dots across and down."""
        return 2 * self.width, 4 * self.height

    def dot(self, x: float, y: float, role: Role) -> None:
        """Set a dot."""
        column, row = round(x), round(y)
        if 0 <= column < 2 * self.width and 0 <= row < 4 * self.height:
            self._bits[row // 4][column // 2] |= _DOTS[row % 4][column % 2]
            self._roles[row // 4][column // 2] = role

    def line(self, x0: float, y0: float, x1: float, y1: float, role: Role, every: int = 1) -> None:
        """A straight line; of its dots only each `every`-th: 1 is solid."""
        steps = max(round(max(abs(x1 - x0), abs(y1 - y0))), 1)
        for i in range(0, steps + 1, every):
            self.dot(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps, role)

    def text(self, column: int, row: int, text: str, role: Role) -> None:
        """Characters of one cell each, from a cell on."""
        if not 0 <= row < self.height:
            return
        for at, character in enumerate(text, start=column):
            if 0 <= at < self.width:
                self._texts[row][at], self._roles[row][at] = character, role

    def start(self, column: int, text: str) -> int:
        """The cell from which a text is around a column, as far as the ends of the row let it."""
        return max(min(column - len(text) // 2, self.width - len(text)), 0)

    def has_blanks_around(self, column: int, row: int, text: str) -> bool:
        """Whether a text from a cell on would neither touch nor hide another."""
        return not 0 <= row < self.height or not any(self._texts[row][max(column - 1, 0) : column + len(text) + 1])

    def lines(self) -> list[Line]:
        """All rows; neighbours of one role are one span."""
        return [self._line(row) for row in range(self.height)]

    def _line(self, row: int) -> Line:
        cells = [
            (text or (chr(_BLANK | bits) if bits else " "), role)
            for text, bits, role in zip(self._texts[row], self._bits[row], self._roles[row], strict=True)
        ]
        return tuple(Span("".join(c for c, _ in run), role) for role, run in groupby(cells, key=lambda cell: cell[1]))
