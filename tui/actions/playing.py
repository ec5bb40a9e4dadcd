"""Moving by itself: step after step, or along the track of a recording."""

from __future__ import annotations

from bptui.core.search import go

from ..debugger import Debugger

SPEEDS = (0.5, 1, 2, 4, 8, 16, 32)
"""Steps a second."""


def play(debugger: Debugger) -> None:
    """Play from here on; or pause. A recording is played at its own pace."""
    if debugger.replay is not None and debugger.replay.has_track:
        from . import replaying  # late, as all that has to do with logs

        replaying.play(debugger)
    elif debugger.playing is None and debugger.position >= len(debugger.timeline):
        debugger.say("the end")
    elif debugger.playing is None:
        _play(debugger)
    else:
        debugger.pause()
        debugger.say("paused")


def faster(debugger: Debugger) -> None:
    """Play twice as fast."""
    _change_speed(debugger, 1)


def slower(debugger: Debugger) -> None:
    """Play half as fast."""
    _change_speed(debugger, -1)


def _change_speed(debugger: Debugger, by: int) -> None:
    if debugger.replay is not None and debugger.replay.has_track:
        from . import replaying

        replaying.change_speed(debugger, by)
        return
    debugger.speed = min(max(debugger.speed + by, 0), len(SPEEDS) - 1)
    if debugger.playing is not None:
        debugger.pause()
        _play(debugger)
    debugger.say(_pace(debugger))


def _play(debugger: Debugger) -> None:
    debugger.playing = debugger.set_interval(1 / SPEEDS[debugger.speed], lambda: _tick(debugger))
    debugger.say(f"playing, {_pace(debugger)}; space pauses")


def _pace(debugger: Debugger) -> str:
    steps = SPEEDS[debugger.speed]
    return f"{steps:g} step{'s' * (steps != 1)} a second"


def _tick(debugger: Debugger) -> None:
    """One step on; at the end it pauses."""
    if debugger.position >= len(debugger.timeline):
        debugger.pause()
        debugger.say("the end")
    elif not debugger.is_working:
        debugger.start("playing", go(debugger.timeline, debugger.position + 1), debugger.go)
