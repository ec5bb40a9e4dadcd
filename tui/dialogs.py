"""What lies on top of the debugger's screen: the help, prompts, and pages that fill the window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, get_args

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from bptui.core.errors import InputError

from .commands import Command, key_label
from .lines import Line, Role, Span, key_line, line
from .widgets.pane import Pane

_POSSIBLE = r"[^\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]*"
"""What may be typed: no control characters, and none that turn a line around."""
LONGEST = 200
"""Characters of the longest answer, if nothing else is said."""


class Dialog(ModalScreen[Any]):
    """What lies on top of the debugger."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in get_args(Role)}


class Help(Dialog):
    """All commands with their keys; any of q, ?, Enter and Esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,question_mark,enter,escape", "dismiss", "close"),
        Binding("j", "app.simulate_key('down')", "down", show=False),
    ]

    def __init__(self, commands: Sequence[Command]) -> None:
        super().__init__()
        self._commands = commands

    def compose(self) -> ComposeResult:
        table = Table.grid(padding=(0, 2))
        for command in self._commands:
            table.add_row(Text("  ".join(map(key_label, command.keys)), "bold"), Text(command.help))
        with VerticalScroll(id="help"):
            yield Static(Text("Lower case goes forward, its capital back. ↑ ↓ scroll, q closes.\n", "italic"))
            yield Static(table)


class Prompt(Dialog):
    """Asks for a line of text and returns what `accept` makes of it; None where nothing is typed, or Esc closes it.

    `accept` raises ValueError or InputError with what is wrong, which is shown below. `initial` can be typed over.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "close")]

    def __init__(
        self,
        asks: str,
        accept: Callable[[str], object],
        *,
        initial: str = "",
        above: Sequence[Line] = (),
        longest: int = LONGEST,
    ) -> None:
        super().__init__()
        self._asks = asks
        self._accept = accept
        self._initial = initial
        self._above = above
        self._longest = longest

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt"):
            if self._above:
                yield Pane("above")
            yield Input(
                self._initial,
                placeholder=self._asks,
                max_length=self._longest + 1,  # one more says that it was cut
                restrict=_POSSIBLE,
            )
            yield Static(self._asks if self._initial else "", id="complaint", markup=False)

    def on_mount(self) -> None:
        """As many rows above as there are lines."""
        for pane in self.query(Pane):
            pane.styles.height = len(self._above)

    def on_pane_resized(self) -> None:
        """Draw the lines above."""
        self.query_one("#above", Pane).show(self._above)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go there, or say why not."""
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            if len(event.value) > self._longest:
                raise ValueError(f"longer than {self._longest:,} characters; give something shorter")
            answer = self._accept(event.value)
        except (ValueError, InputError) as error:
            complaint = self.query_one("#complaint", Static)
            complaint.add_class("-wrong")
            complaint.update(f"{error}  (Esc closes)")
        else:
            self.dismiss(answer)


class Sheet(Dialog):
    """A page that fills the window: a heading, the lines of a pure view, and its keys; each key draws it anew."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,enter,escape", "dismiss(None)", "close")]

    def compose(self) -> ComposeResult:
        yield Pane("page", headed=True)
        yield Pane("page-keys")

    def keys(self) -> list[tuple[str, str]]:
        """What the last line shows: keys that do something here, and what they do."""
        return [("q", "close")]

    def heading(self) -> str:
        """What stands in the first line."""
        raise NotImplementedError

    def lines(self, width: int, height: int) -> list[Line]:
        """What is shown, at most so wide and so high."""
        raise NotImplementedError

    def on_pane_resized(self) -> None:
        """Draw both for the new size."""
        self.draw()

    def draw(self) -> None:
        """Draw the page as it is now."""
        page, foot = self.query_one("#page", Pane), self.query_one("#page-keys", Pane)
        page.show(self.lines(*page.room), line(Span(self.heading(), "head")))
        foot.show([key_line(self.keys(), foot.size.width, always=1)])
