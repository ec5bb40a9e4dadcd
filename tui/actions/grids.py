"""A page with a matrix on it that a cursor goes over."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from bptui.core.terms import Cell

from ..dialogs import Sheet
from ..pictures.viewport import View, moved
from ..widgets.pane import Pane


class Grid(Sheet):
    """Moves the cursor, and the window with it; `view` is where both are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cell(-1, 0)", "up"),
        Binding("down,j", "cell(1, 0)", "down"),
        Binding("left,h", "cell(0, -1)", "left"),
        Binding("right,l", "cell(0, 1)", "right"),
        Binding("0", "end(-1)", "first cell"),
        Binding("G", "end(1)", "last cell"),
    ]
    view: View

    @property
    def shape(self) -> Cell:
        """Rows and columns; 0 where there is no matrix."""
        raise NotImplementedError

    def window(self, width: int, height: int) -> Cell:
        """Rows and columns that are seen in so many columns and rows of the screen."""
        raise NotImplementedError

    def follow(self, rows: int, columns: int, width: int, height: int) -> None:
        """The cursor so many places further, and the window with it."""
        if 0 not in self.shape:
            self.view = moved(self.view, rows, columns, self.shape, self.window(width, height))

    def action_cell(self, rows: int, columns: int) -> None:
        """Another place."""
        self.follow(rows, columns, *self.query_one("#page", Pane).room)
        self.draw()

    def action_end(self, way: int) -> None:
        """The first cell, or the last."""
        self.action_cell(way * self.shape[0], way * self.shape[1])
