"""A screen of panes: where each of them stands, and what it is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from textual.geometry import Size
from textual.message import Message

from bptui.core.timeline import Timeline

from . import views
from .arrangement import NARROW, PANES, Box, arrangement, window
from .commands import footer, label
from .face import Face
from .lines import Line, Span, key_line, line
from .looks import Looks
from .moment import Moment
from .screen import ArrangedScreen
from .setup import Setup


class Panels(ArrangedScreen):
    """Draws its panes from `moment`, in the arrangement that fits the window and what the reader has chosen."""

    class LooksChanged(Message):
        """The reader has chosen other looks, which are to be remembered."""

        def __init__(self, looks: Looks) -> None:
            super().__init__()
            self.looks = looks

    HEADED = PANES
    PLAIN = ("title", "note", "watches", "progress", "keys")

    timeline: Timeline
    setup: Setup

    def __init__(self, face: Face) -> None:
        super().__init__()
        self.looks = face.looks
        self.commands = face.commands
        self.is_ascii = face.is_ascii
        self._is_noted = False

    @property
    def moment(self) -> Moment:
        """All that is drawn from."""
        raise NotImplementedError

    def arranged(self, size: Size) -> Mapping[str, Box]:
        watches = len(self.setup.watches)
        return arrangement(window(self.timeline.scenario, size, self.looks, watches, noted=self._is_noted))

    def arrange_panes(self) -> None:
        """Divide the window anew, and draw all of it."""
        before = self.boxes
        self.divide(self.size)  # what has no place any more is not drawn until then
        if before != self.boxes:  # between panes that have moved nothing else is painted again
            self.call_after_refresh(self.refresh)
        self.panes["title"].refresh(layout=True)  # of one that is in the layout: that of a screen itself is kept
        self.call_after_refresh(self.draw_frame)

    def set_looks(self, looks: Looks) -> None:
        """Take on what the reader has chosen."""
        if looks == self.looks:
            return
        self.looks = looks
        self.post_message(self.LooksChanged(looks))
        self.arrange_panes()

    def draw(self) -> None:
        """Every pane from the moment; each repaints only what differs."""
        moment = self.moment
        is_narrow = self.size.width < NARROW
        is_noted = is_narrow and views.has_note(moment, is_narrow)
        if is_noted != self._is_noted:
            self._is_noted = is_noted
            self.arrange_panes()
        drawn = views.arranged(moment, self.boxes, is_narrow)
        for name, view in drawn.items():
            if name not in self.boxes:  # a picture that is not shown has no title either
                continue
            self.show_pane(name, partial(view.lines, moment), (*view.heading(moment), *self._way_out(name)))

    def _way_out(self, name: str) -> Line:
        """Of a pane that has the whole window: which key brings the others back."""
        is_zoomed = self.looks.zoomed and name == self.looks.pane
        return line(Span(f"  {label(self.commands, 'zoom')} shows all panes", "dim")) if is_zoomed else ()

    def draw_frame(self) -> None:
        """The lines that stay as they are while stepping, and all between them."""
        super().draw_frame()
        self.show_pane("keys", lambda width, height: [key_line(footer(self.commands), width, always=2)])
        self.draw()
