"""The Textual application: themes, the debugger's screen, and one way out."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from bptui.core.timeline import Timeline

from .commands import COMMANDS, key_label
from .debugger import Debugger
from .recorder import Recorder
from .setup import Setup, set_up

if TYPE_CHECKING:
    from .replay import Replay

DARK = Theme(
    name="bptui-dark",
    primary="#7aa2f7",
    foreground="#d5d9e2",
    background="#14161b",
    surface="#1b1e25",
    panel="#22262f",
    error="#ff7a85",
    warning="#ffb454",
    accent="#ffd866",
    dark=True,
    variables={
        "dim": "#7d8596",
        "now": "#ffd866",
        "forward": "#6cb6ff",
        "backward": "#ffa657",
        "update": "#5fd7af",
        "plus": "#4fc3d7",
        "minus": "#d79ac8",
    },
)
ANSI = Theme(
    name="bptui-ansi",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "dim": "ansi_bright_black",
        "now": "ansi_yellow",
        "forward": "ansi_blue",
        "backward": "ansi_magenta",
        "update": "ansi_green",
        "plus": "ansi_cyan",
        "minus": "ansi_red",
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
    },
)


class BptuiApp(App[None]):
    """Shows one timeline in the debugger's screen."""

    CSS_PATH = "bptui.tcss"
    TITLE = "bptui"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave(130)", "quit", show=False, priority=True)]

    def __init__(
        self,
        timeline: Timeline,
        setup: Setup | None = None,
        recorder: Recorder | None = None,
        replay: Replay | None = None,
        *,
        ansi: bool = False,
    ) -> None:
        super().__init__(driver_class=_driver())
        self.timeline = timeline
        self.setup = setup or set_up(timeline.scenario)
        self.recorder = recorder or Recorder()
        self.replay = replay
        self.fault: Exception | None = None
        self.register_theme(DARK)
        self.register_theme(ANSI)
        self.theme = ANSI.name if ansi else DARK.name

    def on_ready(self) -> None:
        """From the first frame on, collect garbage again; what was imported until now stays."""
        gc.freeze()
        gc.enable()
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))  # others have drawn meanwhile

    def get_default_screen(self) -> Screen[None]:
        """The debugger."""
        return Debugger(self.timeline, self.setup, self.recorder, self.replay)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette lists the same table of commands as the keys and the help."""
        for command in COMMANDS:
            if command.id != "palette":
                yield SystemCommand(
                    command.help, "  ".join(map(key_label, command.keys)), partial(self._do, command.action)
                )

    def action_leave(self, code: int) -> None:
        """The one way out, with the exit code."""
        self.exit(return_code=code)

    async def _do(self, action: str) -> None:
        await self.screen.run_action(action)

    def panic(self, *renderables: object) -> None:
        """What Textual calls with a traceback to print."""
        self._fatal_error()

    def _fatal_error(self) -> None:
        """Keep the fault for one line after the terminal is restored, where Textual would print a traceback."""
        self.fault = self._exception or RuntimeError("the keyboard cannot be read")
        self._close_messages_no_wait()


def _driver() -> type[Driver] | None:
    """Ours, where the terminal is a Unix one."""
    if sys.platform == "win32":
        return None
    from .driver import Driver

    return Driver
