"""The help and the "go to" prompt, on top of the debugger's screen."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from bptui.core.timeline import Timeline

from . import goto
from .commands import COMMANDS, key_label

_POSSIBLE = r"[\w·+%. -]*"
"""What may be typed into "go to": control characters, and those that turn a line around, are in no name."""


class Dialog(ModalScreen[int | None]):
    """What lies on top of the debugger."""


class Help(Dialog):
    """All commands with their keys; any of q, ?, Enter and Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,question_mark,enter,escape", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        table = Table.grid(padding=(0, 2))
        for command in COMMANDS:
            table.add_row(Text("  ".join(map(key_label, command.keys)), "bold"), Text(command.help))
        with VerticalScroll(id="help"):
            yield Static(table)
            yield Static(Text("\nLower case goes forward, its capital goes backward.  q closes this.", "italic"))


class GoTo(Dialog):
    """Asks for a position; returns it, or None. Nothing typed and Enter, or Esc, closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "close")]

    def __init__(self, timeline: Timeline, position: int) -> None:
        super().__init__()
        self._timeline = timeline
        self._position = position

    def compose(self) -> ComposeResult:
        with Vertical(id="goto"):
            yield Input(
                placeholder="go to: 12, +5, -5, 50%, δ3, W2; Enter alone closes", max_length=60, restrict=_POSSIBLE
            )
            yield Static("", id="complaint", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there, or say why not."""
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            self.dismiss(goto.find(self._timeline, event.value, self._position))
        except ValueError as error:
            self.query_one("#complaint", Static).update(str(error))
