"""A box with a text in it, to be selected with the terminal's own means."""

from __future__ import annotations

from ..dialogs import Sheet
from ..lines import Line, line, shortened, wrapped


class Copied(Sheet):
    """The text alone on its lines, without a frame that would be selected with it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def heading(self) -> str:
        return "select and copy it as your terminal does (with Shift, where the mouse is bptui's)"

    def lines(self, width: int, height: int) -> list[Line]:
        return shortened([line(part) for part in wrapped(self._text, width)], height, "more lines")
