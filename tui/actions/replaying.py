"""Following the track of a recording: what was done while it was made is done again, at its pace or another."""

from __future__ import annotations

from bptui.core.errors import InputError
from bptui.core.jacobian import counted
from bptui.core.log.records import (
    DropLine,
    EditLine,
    KeepLine,
    MoveLine,
    NoteLine,
    PredictionLine,
    SelectLine,
    TrackLine,
)
from bptui.core.search import go

from ..debugger import Debugger
from ..replay import SPEEDS, Replay
from . import recording, trying

_BUSY = 0.05
"""Seconds until it is tried again, where the last line has not been followed to its end."""
_AT_ONCE = 0.001
"""Seconds between two lines that have the same time: a timer divides by them."""


def begin(debugger: Debugger) -> None:
    """Show where the track begins, and begin to record where that is wanted."""
    replay = debugger.replay
    if replay is None:
        recording.begin(debugger, debugger.place)
        return
    says = _opening(debugger, replay)
    if debugger.recorder.is_waiting:
        recording.begin(debugger, replay.place, says)
    else:
        debugger.show(replay.place, says)


def play(debugger: Debugger) -> None:
    """Follow the track from where it is; or pause."""
    replay = debugger.replay
    if replay is None:
        return
    if debugger.playing is not None:
        debugger.pause()
        debugger.say(f"paused; {replay.status(debugger.place)}")
        return
    if replay.is_over:
        for _ in replay.rewind():
            pass
    if not replay.is_on_track(debugger.place):
        debugger.show(replay.place)
    _wait(debugger, replay, f"playing {_pace(replay)}; space pauses")


def change_speed(debugger: Debugger, by: int) -> None:
    """Play the next faster or slower speed."""
    replay = debugger.replay
    if replay is None:
        return
    replay.speed = min(max(replay.speed + by, 0), len(SPEEDS) - 1)
    if debugger.playing is not None:
        debugger.pause()
        _wait(debugger, replay, "")
    debugger.say(_pace(replay))


def track(debugger: Debugger) -> None:
    """Back to where the track is."""
    replay = debugger.replay
    if replay is None or not replay.has_track:
        debugger.say("there is no track to go back to: this is no recording of a session")
    elif replay.is_on_track(debugger.place):
        debugger.say(f"{replay.status(debugger.place)}; space plays on")
    else:
        debugger.selected = replay.selected
        debugger.show(replay.place, "back on the track; space plays on")


def _opening(debugger: Debugger, replay: Replay) -> str:
    """Go to the beginning of the track; returns what is to be said first."""
    try:
        for line in replay.rewind():
            if isinstance(line, NoteLine):
                debugger.noted.setdefault(line.position, []).append(line.note)
    except InputError as error:
        return str(error)
    debugger.selected = replay.selected
    if replay.log.problem:
        return f"{replay.log.problem}; shown up to step {len(debugger.timeline):,}"
    return f"a recording of {counted(len(replay.log.track), 'line')}: space plays it" if replay.has_track else ""


def _wait(debugger: Debugger, replay: Replay, says: str) -> None:
    """Follow the next line when it is time; at the end of the track stop."""
    if replay.is_over:
        debugger.pause()
        debugger.say("the end of the recording; space plays it again")
        return
    if says:
        debugger.say(says)
    _tick_in(max(replay.pause_before_next(), _AT_ONCE), debugger, replay)


def _tick_in(seconds: float, debugger: Debugger, replay: Replay) -> None:
    """An interval that its first tick ends: a timer for one tick leaves it out if it is late for it."""

    def tick() -> None:
        if debugger.playing is timer:  # one that was ended within the last half millisecond ticks once more
            _tick(debugger, replay)

    timer = debugger.playing = debugger.set_interval(seconds, tick)


def _tick(debugger: Debugger, replay: Replay) -> None:
    debugger.pause()
    if debugger.is_working:
        _tick_in(_BUSY, debugger, replay)
        return
    before = replay.place
    try:
        line = replay.follow()
    except InputError as error:
        debugger.say(str(error))
    else:
        _do(debugger, replay, line, before.position)
    _wait(debugger, replay, "")


def _do(debugger: Debugger, replay: Replay, line: TrackLine, before: int) -> None:
    """Do again what a line says."""
    recorder, time = debugger.recorder, line.time
    match line:
        case MoveLine():
            target = replay.place.position
            debugger.start("replaying", go(debugger.timeline, target), lambda at: debugger.go(at, time=time))
        case SelectLine():
            debugger.select(line.row, time)
        case NoteLine():
            recording.noted(debugger, line.position, line.note, time)
        case EditLine():
            branch = replay.place.branch
            change = branch.changes[-1] if branch else None
            if change is not None:
                trying.branched(debugger, replay.place.timeline, change, replay.base_of(line), time)
        case KeepLine():
            trying.kept(debugger, time)
        case DropLine():
            trying.dropped(debugger, replay.place.position, time)
        case PredictionLine():
            recorder.copy(line)
            debugger.say(line.text)


def _pace(replay: Replay) -> str:
    speed = SPEEDS[replay.speed]
    return "at the recorded pace" if speed == 1 else f"at {speed:g} times the recorded pace"
