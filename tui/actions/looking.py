"""Pages to look closer: a gradient explained, a Jacobian written out, where a gradient vanishes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from bptui.core.attribution import attribution as attribute
from bptui.core.attribution import history
from bptui.core.blocks import examples
from bptui.core.chapter import Chapter
from bptui.core.equations import gradient_symbol, local_symbols
from bptui.core.events import Multiply, result
from bptui.core.ledger import ledger_at
from bptui.core.notation import symbol
from bptui.core.search import subject
from bptui.core.terms import Cell
from bptui.core.timeline import MOST_BYTES

from ..attribution import attribution_lines, guilty_row, rows, target
from ..debugger import Debugger
from ..dialogs import Sheet
from ..explain import explain_lines, move_cell
from ..lines import Line
from ..matrix import matrix_lines
from ..widgets.pane import Pane

_NONE = "the run stops before the first gradient is complete"
HISTORY = 32
"""Iterations that the attribution goes back."""


def explain(debugger: Debugger) -> None:
    """Where the gradient under the cursor comes from."""
    chapter = debugger.timeline.chapter(debugger.position)
    if not chapter.completed:
        debugger.say(_NONE)
        return
    _open(debugger, Explanation(chapter, _gradient(debugger, chapter)), chapter)


def matrix(debugger: Debugger) -> None:
    """The Jacobian of the multiplication under the cursor."""
    timeline, position = debugger.timeline, debugger.position
    chapter, event = timeline.chapter(position), timeline.event(position)
    if not isinstance(event, Multiply) or debugger.looks_at:
        name = _gradient(debugger, chapter) if chapter.completed else ""
        event = _last_multiplication(chapter, name)
    if event is None:
        debugger.say("there is no multiplication in this iteration")
        return
    debugger.app.push_screen(Matrix(chapter, event))


def attribution(debugger: Debugger) -> None:
    """Which factor makes the gradient vanish or explode."""
    chapter = debugger.timeline.chapter(debugger.position)
    if not chapter.completed:
        debugger.say(_NONE)
        return
    _open(debugger, Attributed(debugger, chapter), chapter)


def _open(debugger: Debugger, sheet: Sheet, chapter: Chapter) -> None:
    """Show a page; what it returns is the position to go to."""

    def then(position: int | None) -> None:
        if position is not None:
            debugger.go(position)

    debugger.app.push_screen(sheet, then)


def _gradient(debugger: Debugger, chapter: Chapter) -> str:
    """The variable whose gradient is under the cursor: in the selected row, of the step, or the first in the layer."""
    event = debugger.timeline.event(debugger.position)
    name = subject(event) if event else ""
    if names := debugger.looks_at:
        layer = next((layer for layer in chapter.program.layers if layer.u in names), None)
        order = (layer.W, *names) if layer else names
        name = name if name in names else next((each for each in order if each in chapter.completed), name)
    return name if name in chapter.completed else next(iter(chapter.completed))


def _last_multiplication(chapter: Chapter, name: str) -> Multiply | None:
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
        event = _last_multiplication(self.chapter, self.variable)
        if event is not None:
            self.app.push_screen(Matrix(self.chapter, event))

    def action_leave(self) -> None:
        """Go to the step that completes it."""
        self.dismiss(self.chapter.start + self.chapter.completed[self.variable] + 1)


class Matrix(Sheet):
    """The Jacobian of a multiplication beside the product that backpropagation does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1, 0)", "up"),
        Binding("down,j", "scroll(1, 0)", "down"),
        Binding("left,h", "scroll(0, -1)", "left"),
        Binding("right,l", "scroll(0, 1)", "right"),
        Binding("n", "example(1)", "next example"),
        Binding("N", "example(-1)", "previous example"),
        Binding("q,enter,escape,m", "dismiss(None)", "close"),
    ]

    def __init__(self, chapter: Chapter, event: Multiply) -> None:
        super().__init__()
        self.chapter = chapter
        self.event = event
        self.example: int | None = None
        self.corner = (0, 0)

    def keys(self) -> list[tuple[str, str]]:
        several = examples(self.event) > 1
        return [("arrows", "scroll"), *[("n N", "one example, or all")] * several, ("q", "close")]

    def heading(self) -> str:
        name = local_symbols(self.chapter.program, self.event)[0]
        return f"the Jacobian {name}, and the product that is done"

    def lines(self, width: int, height: int) -> list[Line]:
        row, column = self.corner
        return matrix_lines(self.chapter, self.event, self.example, column, row, width, height)

    def action_scroll(self, rows: int, columns: int) -> None:
        """Another part of it; where that shows no more, it stays."""
        room = self.query_one("#page", Pane).room
        before, shown = self.corner, self.lines(*room)
        self.corner = max(before[0] + rows, 0), max(before[1] + columns, 0)
        if self.lines(*room) == shown:
            self.corner = before
        self.draw()

    def action_example(self, by: int) -> None:
        """One example of a batch, the next one, or all."""
        self.example = _turned(self.example, by, examples(self.event))
        self.corner = (0, 0)
        self.draw()


def _turned(at: int | None, by: int, count: int) -> int | None:
    """The next or previous of several, and all of them, None, between the last and the first."""
    turned = ((count if at is None else at) + by) % (count + 1)
    return turned if turned < count and count > 1 else None


class Attributed(Sheet):
    """Which factor makes the gradient vanish or explode: bars for each layer, and over the iterations."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "select(-1)", "up"),
        Binding("down,j", "select(1)", "down"),
        Binding("i", "iteration(1)", "next iteration"),
        Binding("I", "iteration(-1)", "previous iteration"),
        Binding("q,escape,v", "dismiss(None)", "close"),
        Binding("enter", "leave", "go there"),
    ]

    def __init__(self, debugger: Debugger, chapter: Chapter) -> None:
        super().__init__()
        self.timeline = debugger.timeline
        self.show_iteration(chapter)

    def show_iteration(self, chapter: Chapter) -> None:
        """The attribution of another iteration, from its guilty factor on; and of those before it."""
        self.chapter = chapter
        self.found = attribute(chapter)
        self.at = guilty_row(self.found)
        first = max(chapter.number - HISTORY + 1, 0) if chapter.nbytes < MOST_BYTES // HISTORY else chapter.number
        self.history = history(self.timeline.chapter_of(number) for number in range(first, chapter.number + 1))

    def keys(self) -> list[tuple[str, str]]:
        several = self.timeline.scenario.iterations > 1
        iteration = [("i I", "iteration")] * several
        return [("↑↓", "layer"), *iteration, ("enter", "go to this factor"), ("q", "close")]

    def heading(self) -> str:
        L, iterations = symbol(self.chapter.program.output), self.timeline.scenario.iterations
        where = f", iteration {self.chapter.number + 1} of {iterations}" if iterations > 1 else ""
        return f"where ∂{L} vanishes or explodes{where}"

    def lines(self, width: int, height: int) -> list[Line]:
        return attribution_lines(self.found, self.chapter.program, width, height, self.at, self.history)

    def action_select(self, by: int) -> None:
        """Another row."""
        self.at = min(max(self.at + by, 0), len(rows(self.found)) - 1)
        self.draw()

    def action_iteration(self, by: int) -> None:
        """The same of the next or previous iteration."""
        number = min(max(self.chapter.number + by, 0), self.timeline.scenario.iterations - 1)
        chapter = self.timeline.chapter_of(number)
        if chapter.completed and chapter.number != self.chapter.number:
            self.show_iteration(chapter)
            self.draw()

    def action_leave(self) -> None:
        """Go to the factor of this row."""
        self.dismiss(self.chapter.start + target(self.found, self.at) + 1)
