"""The Textual application: themes, the debugger's screen, and one way out."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from bptui.core.scenario import Scenario
from bptui.core.timeline import Timeline

from .commands import COMMANDS, key_label
from .debugger import Debugger
from .face import DEFAULT, Face
from .panels import Panels
from .recorder import Recorder
from .setup import Setup, set_up
from .terminal import replay_of
from .themes import THEMES
from .themes import theme as theme_of

if TYPE_CHECKING:
    from bptui.core.log.log import Log

    from .replay import Replay


class BptuiApp(App[None]):
    """Shows one timeline in the debugger's screen, or lets the reader choose one."""

    CSS_PATH = "bptui.tcss"
    TITLE = "bptui"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave(130)", "quit", show=False, priority=True)]

    def __init__(
        self,
        timeline: Timeline | None,
        setup: Setup | None = None,
        recorder: Recorder | None = None,
        replay: Replay | None = None,
        *,
        face: Face = DEFAULT,
        chooser: Callable[[BptuiApp], Screen[None]] | None = None,
    ) -> None:
        super().__init__(driver_class=_driver(), ansi_color="NO_COLOR" in os.environ or None)  # then there is none
        self.timeline = timeline
        self.setup = setup
        self.recorder = recorder or Recorder()
        self.replay = replay
        self.face = face
        self.chooser = chooser
        self.fault: Exception | None = None
        self.opened: list[tuple[Scenario, Log | None]] = []
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = theme_of(face.theme).name
        self.set_class(face.is_ascii, "-ascii")
        if face.commands != COMMANDS:
            self.set_keymap({command.id: ",".join(command.keys) for command in face.commands})

    def choose_theme(self, name: str) -> None:
        """Take another of the themes."""
        self.face = self.face._replace(theme=name)
        self.theme = theme_of(name).name

    def on_ready(self) -> None:
        """From the first frame on, collect garbage again; what was imported until now stays."""
        gc.freeze()
        gc.enable()
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))  # others have drawn meanwhile

    def get_default_screen(self) -> Screen[None]:
        """The debugger; without a timeline what chooses one."""
        if self.timeline is None:
            assert self.chooser is not None
            return self.chooser(self)
        return self._debugger(self.timeline)

    def open(self, timeline: Timeline, log: Log | None) -> None:
        """Show what the reader has chosen in the debugger."""
        self.opened.append((timeline.scenario, log))
        self.timeline, self.replay = timeline, replay_of(timeline, log)
        self.push_screen(self._debugger(timeline))

    def _debugger(self, timeline: Timeline) -> Debugger:
        return Debugger(timeline, self.setup or set_up(timeline.scenario), self.recorder, self.replay, self.face)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette lists the same table of commands as the keys and the help."""
        for command in self.face.commands if isinstance(screen, Debugger) else ():
            if command.id != "palette":
                yield SystemCommand(
                    command.help, "  ".join(map(key_label, command.keys)), partial(self._do, command.action)
                )

    def on_panels_looks_changed(self, message: Panels.LooksChanged) -> None:
        """Keep them for the next run; not those of a comparison, which begins with its own."""
        if self.setup is None or self.setup.own is None:
            self.face = self.face._replace(looks=message.looks)

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
