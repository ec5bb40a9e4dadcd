"""What the commands do, by the name that their table gives it: each is a function of the debugger's screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import methodcaller

from ..debugger import Debugger
from . import arranging, looking, moving, playing, predicting, recording, stopping, trying


def _begin(debugger: Debugger) -> None:
    from . import replaying  # late, as all that reads logs

    replaying.begin(debugger)


def _heat_map(debugger: Debugger) -> None:
    from .heating import heat_map

    heat_map(debugger)


ACTIONS: Mapping[str, Callable[[Debugger], None]] = {
    "goto": moving.goto,
    "search": moving.search,
    "match": moving.match,
    "match_back": moving.match_back,
    "event": moving.event,
    "event_back": moving.event_back,
    "play": playing.play,
    "faster": playing.faster,
    "slower": playing.slower,
    "hit": stopping.hit,
    "hit_back": stopping.hit_back,
    "break": stopping.break_here,
    "breakpoints": stopping.breakpoints,
    "watch": stopping.watch,
    "watches": stopping.watches,
    "explain": looking.explain,
    "matrix": looking.matrix,
    "attribution": looking.attribution,
    "what_if": trying.what_if,
    "branch": trying.branch,
    "differ": trying.differ,
    "differ_back": trying.differ_back,
    "predict": predicting.predict,
    "ask": predicting.ask,
    "note": recording.note,
    "record": recording.record,
    "begin": _begin,
    "track": methodcaller("back_to_track"),  # in a class they are those of its screen
    "roster": methodcaller("roster"),
    "question": methodcaller("question"),
    **arranging.PANE_ACTIONS,
    "next_pane": arranging.next_pane,
    "zoom": arranging.zoom,
    "picture": arranging.picture,
    "picture_back": arranging.picture_back,
    "heat_map": _heat_map,
    "numbers": arranging.numbers,
    "theme": arranging.theme,
    "copy": arranging.copy,
    "copy_box": arranging.copy_box,
}
