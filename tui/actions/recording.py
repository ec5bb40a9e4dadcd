"""Recording the session, and noting something in it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from bptui.core.errors import InputError
from bptui.core.text import visible

from ..branch import Place
from ..debugger import Debugger
from ..dialogs import LONGEST, Prompt
from ..recorder import Failed

SUFFIX = ".bptlog"


def record(debugger: Debugger) -> None:
    """Ask for a file, and record from now on; or end the recording."""
    if not debugger.writes_files:
        debugger.say("in a class only the server records: bptui serve --record")
        return
    if debugger.recorder.is_on or debugger.recorder.failure:
        debugger.stop()  # it may still be writing
        debugger.say(debugger.recorder.end())
        return

    def accept(path: str) -> str:
        path = os.path.expanduser(path.strip())
        path = path if Path(path).suffix else path + SUFFIX
        try:
            debugger.recorder.open(path)
        except InputError as error:
            raise ValueError(f"{error.reason}; name a new file") from None
        return path

    def then(path: str | None) -> None:
        if path is not None:
            begin(debugger, debugger.place, debugger.selected, f"recording to {path}; r ends it")

    stem = Path(debugger.timeline.scenario.file).stem.lstrip("-") or "session"
    names = (f"{stem}{number}{SUFFIX}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    free = next((name for name in names if not os.path.lexists(name)), "")
    asks = "record to a new file; Enter takes this one, Esc closes"
    debugger.app.push_screen(Prompt(asks, accept, initial=visible(free)), then)


def begin(debugger: Debugger, place: Place, selected: int | None, says: str = "") -> None:
    """Write down what leads to a place, show it, and go on recording."""
    recorder, replay = debugger.recorder, debugger.replay
    tell = partial(debugger.post_message, Failed())  # perhaps from another thread
    clock, at = (replay.clock, replay.time) if replay is not None and replay.has_track else (None, 0.0)
    job = recorder.begin(place, selected, debugger.noted, tell, clock, at)
    debugger.start("recording", job, lambda _: debugger.show(place, recorder.failure or says))


def note(debugger: Debugger) -> None:
    """Ask for a note on this step."""
    position = debugger.position

    def then(text: str | None) -> None:
        if text is not None:
            noted(debugger, position, text)

    is_kept = debugger.recorder.is_on or not debugger.writes_files
    recorded = "" if is_kept else "; it is kept only where r records"
    asks = f"a note on step {position:,}{recorded}; Enter alone closes"
    debugger.app.push_screen(Prompt(asks, str.strip, longest=10 * LONGEST), then)


def noted(debugger: Debugger, position: int, text: str, time: float | None = None) -> None:
    """A note at a position; of a replay that has shown it already, no second time."""
    there = debugger.noted.setdefault(position, [])
    if time is None or text not in there:
        there.append(text)
    debugger.recorder.note(position, text, time)
    debugger.draw()
