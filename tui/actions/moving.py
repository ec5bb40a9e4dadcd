"""Moving by name, by search and by row."""

from __future__ import annotations

from collections.abc import Callable

from bptui.core.places import find
from bptui.core.search import Finder, Job, concerning, following, go, matching, preceding
from bptui.core.timeline import Timeline

from .. import tables
from ..debugger import Debugger
from ..dialogs import Prompt

Seek = Callable[[Timeline, int, Finder], Job[int | None]]


def goto(debugger: Debugger) -> None:
    """Ask where to go."""

    def accept(words: str) -> int:
        return find(debugger.timeline, words, debugger.position)

    def then(position: int | None) -> None:
        if position is not None:
            debugger.start(f"going to {position:,}", go(debugger.timeline, position), debugger.go)

    debugger.app.push_screen(Prompt("go to: 12, 50%, δ3, iteration 40; Enter alone closes", accept), then)


def search(debugger: Debugger) -> None:
    """Ask what to search for, and go to the next match."""

    def then(words: str | None) -> None:
        if words:
            debugger.words = words
            match(debugger)

    debugger.app.push_screen(Prompt("search: tanh, W2, δ3; Enter alone closes", str.strip), then)


def match(debugger: Debugger) -> None:
    """To the next match of the search."""
    _match(debugger, following, "ahead")


def match_back(debugger: Debugger) -> None:
    """To the previous match of the search."""
    _match(debugger, preceding, "behind")


def _match(debugger: Debugger, seek: Seek, where: str) -> None:
    if not debugger.words:
        search(debugger)
        return
    words = debugger.words[:20]
    run_to(debugger, seek, matching(debugger.words), f"'{words}' stands in no step {where}", f"match of '{words}'")


def event(debugger: Debugger) -> None:
    """To the next step of the selected row."""
    _event(debugger, following, "after")


def event_back(debugger: Debugger) -> None:
    """To the previous step of the selected row."""
    _event(debugger, preceding, "before")


def _event(debugger: Debugger, seek: Seek, where: str) -> None:
    row = debugger.selected
    if row is None:
        row = tables.current_row(debugger.moment)
        debugger.select(row)
    names = tables.row_names(debugger.timeline.scenario.program)[row]
    run_to(debugger, seek, concerning(names), f"the selected row has no step {where} this")


def run_to(debugger: Debugger, seek: Seek, find: Finder, else_say: str, then_say: str = "") -> None:
    """Go to what is found on the way forward or back; where there is nothing, stay and say so."""

    def then(position: int | None) -> None:
        if position is None:
            debugger.say(else_say)
        else:
            debugger.go(position, then_say)

    debugger.start("looking", seek(debugger.timeline, debugger.position, find), then)
