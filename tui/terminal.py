"""What the terminal can do, what Textual is told before it is imported, and how the terminal is given back."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TextIO

from bptui.core.errors import ExitCode
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .setup import Setup

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from textual.screen import Screen

    from bptui.core.log.log import Log
    from bptui.core.log.output import Output

    from .app import BptuiApp
    from .replay import Replay
    from .settings import Settings
    from .state import State

_ENDING = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")


def has_screen(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a screen can be opened: both ends are terminals, and not a dumb one."""
    streams = (sys.__stdin__, sys.__stdout__)
    return all(stream is not None and stream.isatty() for stream in streams) and environ.get("TERM") != "dumb"


def is_remote(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether we are reached over SSH."""
    return "SSH_CONNECTION" in environ or "SSH_TTY" in environ


def shows_true_colour(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal says that it shows 24-bit colours; OpenSSH does not forward what it says."""
    return environ.get("COLORTERM") in ("truecolor", "24bit")


def discard(stream: TextIO) -> None:
    """What is written to the stream from now on, and what is left in it, goes nowhere: at exit Python tries again."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def open_screen(
    timeline: Timeline | None,
    options: Namespace,
    settings: Settings,
    setup: Setup | None = None,
    log: Log | None = None,
) -> int:
    """Run the debugger until it is left; returns the exit code, or raises the fault, with the terminal as it was.

    A log is replayed; without a timeline the reader chooses one. InputError where the file to record to cannot be made.
    """
    prepare(remote=is_remote())
    from . import state as states
    from .app import BptuiApp
    from .face import face, remembered
    from .recorder import Recorder

    path = getattr(options, "record", None) or ""
    output = _output(path, log.path if log else timeline.scenario.file, options) if timeline else None
    recorder = Recorder(output, path)
    state = states.load()
    before = face(options, settings, state, sys.stdout.encoding if sys.stdout else None)
    if timeline is not None:
        state = states.with_opened(state, timeline.scenario, log)
    app = BptuiApp(timeline, setup, recorder, replay_of(timeline, log), face=before, chooser=_chooser(state, options))

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for name in _ENDING:
            if hasattr(signal, name) and sys.platform != "win32":
                number = getattr(signal, name)
                loop.add_signal_handler(number, partial(app.exit, return_code=ExitCode.SIGNAL + number))
        await app.run_async(mouse=before.mouse)

    try:
        asyncio.run(run())
    finally:
        said = recorder.end()
        if recorder.has_failed:
            _complain(f"{recorder.path}: {said}")
        for opened in app.opened:
            state = states.with_opened(state, *opened)
        states.save(remembered(state, before, app.face, hinted=app.timeline is not None))
    if app.fault is not None:
        raise app.fault
    return app.return_code or (ExitCode.WRITING_FAILED if recorder.has_failed else ExitCode.OK)


def _chooser(state: State, options: Namespace) -> Callable[[BptuiApp], Screen[None]]:
    def chooser(app: BptuiApp) -> Screen[None]:
        from .chooser import Chooser

        return Chooser(state.recent, app.open, options.max_memory, app.face.commands)

    return chooser


def _complain(text: str) -> None:
    """A line on standard error, if there is one."""
    with suppress(OSError):
        if sys.stderr is not None:
            print(visible(text), file=sys.stderr)


def _output(path: str, log: str, options: Namespace) -> Output | None:
    if not path:
        return None
    from bptui.core.log.output import create

    return create(path, force=options.force, not_over=log)


def replay_of(timeline: Timeline | None, log: Log | None) -> Replay | None:
    """What replays a log; None where there is none."""
    if log is None:
        return None
    from bptui.core.log.recorded import RecordedTimeline

    from .replay import Replay

    return Replay(log, timeline) if isinstance(timeline, RecordedTimeline) else None


def prepare(*, remote: bool) -> None:
    """Textual reads these when it is imported."""
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_FPS", "1000")  # paint at once, not at the next of 60 ticks a second
    if remote:
        os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
