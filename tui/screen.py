"""A screen of panes that stand where a pure function of the window says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, get_args

from textual.app import ComposeResult
from textual.events import Resize
from textual.geometry import Size
from textual.layout import Layout

from .arrangement import SMALLEST, Box
from .jobs import Working
from .lines import Line, Role, line
from .widgets.arranged import Arranged
from .widgets.pane import Pane

TOO_SMALL = "small"
"""The only pane of a window in which no other has room."""


class ArrangedScreen(Working):
    """Places its panes by `arranged`, and draws all of them once they report another size.

    `HEADED` are the panes with a heading, `PLAIN` those without.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in get_args(Role)}
    HEADED: ClassVar[tuple[str, ...]] = ()
    PLAIN: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.panes: dict[str, Pane] = {}
        self.boxes: Mapping[str, Box] = {}
        self._layout = Arranged(self.divide)
        self._is_due = False
        self._was_sized = False

    @property
    def layout(self) -> Layout:
        """Where the panes stand is decided without Textual."""
        return self._layout

    def compose(self) -> ComposeResult:
        names = (*self.HEADED, *self.PLAIN, TOO_SMALL)
        self.panes = {name: Pane(name, headed=name in self.HEADED) for name in names}
        yield from self.panes.values()

    def arranged(self, size: Size) -> Mapping[str, Box]:
        """The rectangle of each pane that is seen."""
        raise NotImplementedError

    def draw_frame(self) -> None:
        """Draw all panes for their sizes."""
        columns, rows = SMALLEST
        says = [line(f"bptui needs {columns}×{rows}"), line("make the window larger")]
        self.show_pane(TOO_SMALL, lambda width, height: says)

    def divide(self, size: Size) -> Mapping[str, Box]:
        """Divide a window of this size between the panes."""
        self.boxes = self.arranged(size)
        return self.boxes

    def show_pane(self, name: str, view: Callable[[int, int], list[Line]], heading: Line = ()) -> None:
        """Show what a view makes of a pane's columns and rows, if it is seen; before the first layout none is."""
        pane = self.panes[name]
        if name in self.boxes and pane.size:
            pane.show(view(*pane.room), heading)

    def on_resize(self, event: Resize) -> None:
        """Paint all of a window that has changed: between panes that have moved nothing else is painted again."""
        if self._was_sized:
            self.call_after_refresh(self.refresh)
        self._was_sized = True

    def on_pane_resized(self) -> None:
        """Draw once for all the panes that report now."""
        if not self._is_due:
            self._is_due = True
            self.call_later(self._draw_due)

    def _draw_due(self) -> None:
        self._is_due = False
        self.draw_frame()
