"""A screen of panes: where each of them stands, and what it is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, get_args

from textual.app import ComposeResult
from textual.geometry import Size
from textual.layout import Layout
from textual.message import Message

from bptui.core.timeline import Timeline

from . import views
from .arrangement import NARROW, PANES, SMALLEST, Box, arrangement, window
from .commands import footer, label
from .face import Face
from .jobs import Working
from .lines import Line, Role, Span, key_line, line
from .looks import Looks
from .moment import Moment
from .setup import Setup
from .widgets.arranged import Arranged
from .widgets.pane import Pane

UNNUMBERED = ("title", "note", "watches", "progress", "keys", "small")
"""The panes without a number."""


class Panels(Working):
    """Draws its panes from `moment`, in the arrangement that fits the window and what the reader has chosen."""

    class LooksChanged(Message):
        """The reader has chosen other looks, which are to be remembered."""

        def __init__(self, looks: Looks) -> None:
            super().__init__()
            self.looks = looks

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in get_args(Role)}

    timeline: Timeline
    setup: Setup

    def __init__(self, face: Face) -> None:
        super().__init__()
        self.looks = face.looks
        self.commands = face.commands
        self.is_ascii = face.is_ascii
        self.panes: dict[str, Pane] = {}
        self.boxes: Mapping[str, Box] = {}
        self._layout = Arranged(self._arranged)
        self._is_noted = False
        self._is_due = False

    @property
    def moment(self) -> Moment:
        """All that is drawn from."""
        raise NotImplementedError

    @property
    def layout(self) -> Layout:
        """Where the panes stand is decided without Textual."""
        return self._layout

    def compose(self) -> ComposeResult:
        self.panes = {name: Pane(name, headed=name in PANES) for name in (*PANES, *UNNUMBERED)}
        yield from self.panes.values()

    def on_pane_resized(self) -> None:
        """Draw once for all the panes that report now."""
        if not self._is_due:
            self._is_due = True
            self.call_later(self.draw_frame)

    def arrange_panes(self) -> None:
        """Divide the window anew, and draw all of it."""
        self._arranged(self.size)  # what has no place any more is not drawn until then
        self.panes["title"].refresh(layout=True)  # of one that is in the layout: that of a screen itself is kept
        self.call_after_refresh(self.draw_frame)

    def set_looks(self, looks: Looks) -> None:
        """Take on what the reader has chosen."""
        if looks == self.looks:
            return
        self.looks = looks
        self.post_message(self.LooksChanged(looks))
        self.arrange_panes()

    def _arranged(self, size: Size) -> Mapping[str, Box]:
        watches = len(self.setup.watches)
        self.boxes = arrangement(window(self.timeline.scenario, size, self.looks, watches, noted=self._is_noted))
        return self.boxes

    def draw(self) -> None:
        """Every pane from the moment; each repaints only what differs."""
        moment = self.moment
        is_narrow = self.size.width < NARROW
        is_noted = is_narrow and views.has_note(moment, is_narrow)
        if is_noted != self._is_noted:
            self._is_noted = is_noted
            self.arrange_panes()
        for name, view in views.arranged(moment, self.boxes, is_narrow).items():
            pane = self.panes[name]
            if name in self.boxes and pane.size:  # before the first layout there is none
                pane.show(view.lines(moment, *pane.room), (*view.heading(moment), *self._way_out(name)))

    def _way_out(self, name: str) -> Line:
        """Of a pane that has the whole window: which key brings the others back."""
        is_zoomed = self.looks.zoomed and name == self.looks.pane
        return line(Span(f"  {label(self.commands, 'zoom')} shows all panes", "dim")) if is_zoomed else ()

    def draw_frame(self) -> None:
        """The lines that stay as they are while stepping, and all between them."""
        self._is_due = False
        keys = self.panes["keys"]
        keys.show([key_line(footer(self.commands), keys.size.width, always=2)])
        columns, rows = SMALLEST
        self.panes["small"].show([line(f"bptui needs {columns}×{rows}"), line("make the window larger")])
        self.draw()
