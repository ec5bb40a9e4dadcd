"""The first screen of `bptui` alone: the recent files and the scenarios that ship, one of which is opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size

from bptui.core.errors import InputError
from bptui.core.search import Job
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from . import choosing
from .arrangement import Box
from .commands import COMMANDS, Command
from .lines import Span, key_line, line
from .previews import Preview, preview
from .screen import ArrangedScreen
from .sources import opening
from .state import Recent

if TYPE_CHECKING:
    from bptui.core.log.log import Log

_FOOTER = (("↑ ↓", "choose"), ("enter", "open"), ("0 G", "first, last"), ("q", "quit"))
_TITLE = line(Span("bptui", "head"), Span("  steps through backpropagation, one factor at a time", "dim"))
_FAR = 1 << 20
"""Further than any list is long."""


class Chooser(ArrangedScreen):
    """Shows what can be opened and tells of the selected one; `opens` gets the run of the one that is opened."""

    HEADED = ("preview",)
    PLAIN = ("title", "choices", "says", "keys")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "select(1)", "down"),
        Binding("up,k", "select(-1)", "up"),
        Binding("pagedown", "select(8)", "further down"),
        Binding("pageup", "select(-8)", "further up"),
        Binding("home,0", f"select({-_FAR})", "first"),
        Binding("end,G", f"select({_FAR})", "last"),
        Binding("enter", "open", "open"),
        Binding("escape", "select(0)", "stop"),
        Binding("q", "app.leave(0)", "quit", id="quit"),
        Binding("question_mark,colon,ctrl+p", "keys", "keys", priority=True),
    ]

    def __init__(
        self,
        recent: Sequence[Recent],
        opens: Callable[[Timeline, Log | None], None],
        max_memory: int,
        commands: Sequence[Command] = COMMANDS,
    ) -> None:
        super().__init__()
        self.choices = choosing.choices(recent)
        self.selected = 0
        self._opens = opens
        self._max_memory = max_memory
        self._says = ""
        self._commands = commands
        self._previews: dict[int, Preview] = {}

    def arranged(self, size: Size) -> Mapping[str, Box]:
        return choosing.boxes(*size)

    # ---- drawing

    def draw_frame(self) -> None:
        super().draw_frame()
        self.show_pane("title", lambda width, height: [_TITLE])
        self.show_pane("keys", lambda width, height: [key_line(_FOOTER, width, always=1)])
        self.show_progress(self._says)
        self._draw()

    def _draw(self) -> None:
        """The list at once; the preview when that is seen, for it may have to be read."""
        self.show_pane("choices", partial(choosing.choice_lines, self.choices, self.selected))
        self.call_after_refresh(self._draw_preview)

    def _draw_preview(self) -> None:
        if "preview" not in self.boxes:
            return
        if self.selected not in self._previews:
            choice = self.choices[self.selected]
            self._previews[self.selected] = preview(choice, self._max_memory, self._commands)
        shown = self._previews[self.selected]
        heading = line(Span(shown.title, "head"))
        self.show_pane("preview", partial(choosing.preview_lines, shown), heading)

    def show_progress(self, text: str) -> None:
        """Say something in the line above the keys, until the next move."""
        self._says = visible(text)
        self.show_pane("says", lambda width, height: [line(Span(self._says, "now"))])

    # ---- choosing

    def action_select(self, by: int) -> None:
        """Select another, so many further down; what is being opened is not wanted any more."""
        self.choose(self.selected + by)

    def choose(self, index: int) -> None:
        """Select the one of this number, or the first or the last."""
        self.stop()
        self.show_progress("")
        self.selected = min(max(index, 0), len(self.choices) - 1)
        self._draw()

    def action_keys(self) -> None:
        """Say the keys; all others are those of the debugger."""
        self.show_progress("↑ ↓ j k choose, enter opens, 0 G first, last, q quits; all other keys are the debugger's")

    def action_open(self) -> None:
        """Open the selected one, or say why not."""
        path = self.choices[self.selected].path
        self.show_progress("")
        self.start(f"reading {os.path.basename(path)}", _opening(path, self._max_memory), self._opened)

    def _opened(self, answer: tuple[Timeline, Log | None] | str) -> None:
        if isinstance(answer, str):
            self.show_progress(answer)
        else:
            self._opens(*answer)

    def on_click(self, event: Click) -> None:
        """A click on a choice selects it, one on the selected choice opens it."""
        box = self.boxes.get("choices")
        if box is None or not 0 <= event.screen_x - box.x < box.width:
            return
        index = choosing.choice_at(self.choices, self.selected, box.height, event.screen_y - box.y)
        if index == self.selected:
            self.action_open()
        elif index is not None:
            self.choose(index)


def _opening(path: str, max_memory: int) -> Job[tuple[Timeline, Log | None] | str]:
    """Open a file; or what is wrong with it, for a line of the screen: the list says where it is."""
    name = os.path.basename(path)
    try:
        return (yield from opening(path, max_memory))
    except InputError as error:
        error.file = name
        return str(error)
    except OSError as error:
        return f"{name}: cannot be read: {error.strerror}"
