"""Following the track of a recording: what was done while it was made is done again, at its pace or another."""

from __future__ import annotations

from bptui.core.jacobian import counted
from bptui.core.log.records import (
    DropLine,
    EditLine,
    KeepLine,
    MoveLine,
    NoteLine,
    PredictionLine,
    QuestionLine,
    SelectLine,
    TrackLine,
)
from bptui.core.search import go

from ..debugger import Debugger
from ..replay import SPEEDS, Followed, Replay
from . import recording, trying

_BUSY = 0.05
"""Seconds until it is tried again, where the last line has not been followed to its end."""
_AT_ONCE = 0.001
"""Seconds between two lines that have the same time: a timer divides by them."""


def begin(debugger: Debugger) -> None:
    """Show where the track begins, and begin to record where that is wanted."""
    replay = debugger.replay
    if replay is None:
        recording.begin(debugger, debugger.place, debugger.selected)
        return

    def then(lines: list[Followed]) -> None:
        says = _opening(debugger, replay, lines)
        debugger.selected = replay.selected
        if debugger.recorder.is_waiting:
            recording.begin(debugger, replay.place, replay.selected, says)
        else:
            debugger.show(replay.place, says)

    debugger.start("reading the recording", replay.rewind(), then)


def play(debugger: Debugger) -> None:
    """Follow the track from where it is; at its end from its beginning; or pause."""
    replay = debugger.replay
    if replay is None:
        return
    says = f"playing {_pace(replay)}; space pauses"
    if debugger.playing is not None or debugger.is_working:
        debugger.pause()
        debugger.stop()  # a line that is not followed to its end is followed when it goes on
        debugger.say(f"paused; {replay.status(debugger.place)}")
    elif replay.is_over:
        _forget_notes(debugger, replay)

        def then(lines: list[Followed]) -> None:
            _opening(debugger, replay, lines)
            _return(debugger, replay, says, again=True)
            _wait(debugger, replay, says)

        debugger.start("back to the beginning", replay.rewind(), then)
    else:
        if not replay.is_on_track(debugger.place):
            _return(debugger, replay, says)
        _wait(debugger, replay, says)


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
        _return(debugger, replay, "back on the track; space plays on")


def _return(debugger: Debugger, replay: Replay, says: str, *, again: bool = False) -> None:
    """Go to where the track is; a recording of this goes along, unless that is another branch, or the track `again`."""
    there = replay.place
    is_other = debugger.place._replace(position=there.position) != there
    if debugger.recorder.is_on and (again or is_other):
        says = f"{debugger.recorder.end()}; {says}"
    if debugger.selected != replay.selected:
        debugger.select(replay.selected)
    if not is_other:
        debugger.start("going back", go(there.timeline, there.position), lambda at: debugger.go(at, says))
    else:
        debugger.show(there, says)


def _opening(debugger: Debugger, replay: Replay, lines: list[Followed]) -> str:
    """Take the notes that stand at the beginning of the track; returns what is to be said first."""
    for line in lines:
        if isinstance(line, NoteLine):
            debugger.noted.setdefault(line.position, []).append(line.note)
    if faults := [line for line in lines if isinstance(line, str)]:
        return faults[0]
    if replay.log.problem:
        return f"{replay.log.problem}; shown up to step {len(debugger.timeline):,}"
    return f"a session of {counted(len(replay.log.track), 'moment')}: space plays it" if replay.has_track else ""


def _forget_notes(debugger: Debugger, replay: Replay) -> None:
    """Take the notes of the track away, which are not yet there at its beginning; those of this reader stay."""
    for index in range(len(replay.log.track)):
        line = replay.log.did(index)
        if isinstance(line, NoteLine) and line.note in (there := debugger.noted.get(line.position, [])):
            there.remove(line.note)


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

    def then(line: Followed) -> None:
        if isinstance(line, str):
            debugger.say(line)
        else:
            _do(debugger, replay, line)
        _wait(debugger, replay, "")

    debugger.start("replaying", replay.follow(), then)


def _do(debugger: Debugger, replay: Replay, line: TrackLine) -> None:
    """Do again what a line says."""
    recorder, time = debugger.recorder, line.time
    match line:
        case MoveLine():
            target, (says, replay.predicted) = replay.place.position, (replay.predicted, "")
            debugger.start("replaying", go(debugger.timeline, target), lambda at: debugger.go(at, says, time))
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
        case QuestionLine():
            recorder.copy(line)
            debugger.say(line.text)
        case PredictionLine():
            recorder.copy(line)
            replay.predicted = line.text  # of the step that is shown next
            debugger.say(line.text)


def _pace(replay: Replay) -> str:
    speed = SPEEDS[replay.speed]
    return "at the recorded pace" if speed == 1 else f"at {speed:g} times the recorded pace"
