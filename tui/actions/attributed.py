"""The page that says where a gradient vanishes or explodes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from bptui.core.attribution import attribution as attribute
from bptui.core.attribution import history
from bptui.core.chapter import Chapter
from bptui.core.notation import symbol
from bptui.core.timeline import MOST_BYTES

from ..attribution import attribution_lines, guilty_row, rows, target
from ..debugger import Debugger
from ..dialogs import Sheet
from ..lines import Line

HISTORY = 32
"""Iterations that the attribution goes back."""


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
