"""The pages of a gradient explained, and of a Jacobian."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from bptui.core.blocks import examples
from bptui.core.chapter import Chapter
from bptui.core.equations import gradient_symbol, local_symbols
from bptui.core.events import Multiply, result
from bptui.core.ledger import ledger_at
from bptui.core.terms import Cell

from ..dialogs import Sheet
from ..explain import explain_lines, move_cell
from ..lines import Line
from ..matrix import jacobian_of, matrix_lines, window
from ..pictures.viewport import View
from .grids import Grid


def last_multiplication(chapter: Chapter, name: str) -> Multiply | None:
    """The multiplication that brings the last contribution to a gradient."""
    indices = chapter.arrivals.get(name, [])
    event = chapter.events[indices[-1]] if indices else None
    return event if isinstance(event, Multiply) else None


class Explanation(Sheet):
    """A gradient explained: its product or its ledger, and the dot product behind one cell."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cell(-1, 0)", "up"),
        Binding("down,j", "cell(1, 0)", "down"),
        Binding("left,h", "cell(0, -1)", "left"),
        Binding("right,l", "cell(0, 1)", "right"),
        Binding("n", "gradient(1)", "next gradient"),
        Binding("N", "gradient(-1)", "previous gradient"),
        Binding("p", "path(1)", "next path"),
        Binding("P", "path(-1)", "previous path"),
        Binding("m", "matrix", "Jacobian"),
        Binding("q,escape,e", "dismiss(None)", "close"),
        Binding("enter", "leave", "go there"),
    ]

    def __init__(self, chapter: Chapter, name: str) -> None:
        super().__init__()
        self.chapter = chapter
        self.names = sorted(chapter.completed, key=lambda name: chapter.completed[name])
        self.path: int | None = None
        self.show_gradient(name)

    def show_gradient(self, name: str) -> None:
        """Explain another gradient, from its first cell on."""
        self.variable, self.path = name, None
        self.shape = result(self.chapter.events[self.chapter.completed[name]]).shape
        self.cell: Cell = (0,) * len(self.shape)

    def keys(self) -> list[tuple[str, str]]:
        several = len(ledger_at(self.chapter, self.variable).listed) > 1
        return [
            *[("n N", "gradient")] * (len(self.names) > 1),
            *[("p P", "path")] * several,
            *[("arrows", "cell")] * bool(self.shape),
            ("m", "Jacobian"),
            ("enter", "go there"),
            ("q", "close"),
        ]

    def heading(self) -> str:
        return f"where {gradient_symbol(self.chapter.program, self.variable)} comes from"

    def lines(self, width: int, height: int) -> list[Line]:
        return explain_lines(self.chapter, self.variable, self.cell, self.path, width, height)

    def action_cell(self, rows: int, columns: int) -> None:
        """Another cell."""
        self.cell = move_cell(self.shape, self.cell, rows, columns)
        self.draw()

    def action_gradient(self, by: int) -> None:
        """Another gradient, in the order of the way back."""
        at = self.names.index(self.variable) + by
        self.show_gradient(self.names[min(max(at, 0), len(self.names) - 1)])
        self.draw()

    def action_path(self, by: int) -> None:
        """One path of several, or all of them."""
        count = len(ledger_at(self.chapter, self.variable).listed)
        self.path = _turned(self.path, by, count)
        self.draw()

    def action_matrix(self) -> None:
        """The Jacobian of the last multiplication towards it."""
        event = last_multiplication(self.chapter, self.variable)
        if event is not None:
            self.app.push_screen(Matrix(self.chapter, event))

    def action_leave(self) -> None:
        """Go to the step that completes it."""
        self.dismiss(self.chapter.start + self.chapter.completed[self.variable] + 1)


class Matrix(Grid):
    """The Jacobian of a multiplication under a cursor, beside the product that backpropagation does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "example(1)", "next example"),
        Binding("N", "example(-1)", "previous example"),
        Binding("q,enter,escape,m", "dismiss(None)", "close"),
    ]

    def __init__(self, chapter: Chapter, event: Multiply) -> None:
        super().__init__()
        self.chapter = chapter
        self.event = event
        self.show_example(None)

    def show_example(self, example: int | None) -> None:
        """One example of a batch or all, from the first cell on."""
        self.shown = jacobian_of(self.chapter, self.event, example)
        self.view = View()

    def keys(self) -> list[tuple[str, str]]:
        return [
            *[("arrows", "cell"), ("0 G", "first, last")] * (self.shown.shape not in ((0, 0), (1, 1))),
            *[("n N", "one example, or all")] * (examples(self.event) > 1),
            ("q", "close"),
        ]

    def heading(self) -> str:
        name = local_symbols(self.chapter.program, self.event)[0]
        return f"the Jacobian {name}, and the product that is done"

    def lines(self, width: int, height: int) -> list[Line]:
        self.follow(0, 0, width, height)
        return matrix_lines(self.shown, self.view, width, height)

    @property
    def shape(self) -> Cell:
        return self.shown.shape

    def window(self, width: int, height: int) -> Cell:
        return window(self.shown, width, height)

    def action_example(self, by: int) -> None:
        """One example of a batch, the next one, or all."""
        self.show_example(_turned(self.shown.example, by, examples(self.event)))
        self.draw()


def _turned(at: int | None, by: int, count: int) -> int | None:
    """The next or previous of several, and all of them, None, between the last and the first."""
    turned = ((count if at is None else at) + by) % (count + 1)
    return turned if turned < count and count > 1 else None
