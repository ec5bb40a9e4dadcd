"""Pages to look closer: a gradient explained, a Jacobian written out, where a gradient vanishes."""

from __future__ import annotations

from bptui.core.chapter import Chapter
from bptui.core.events import Multiply
from bptui.core.search import go, subject

from ..debugger import Debugger
from ..dialogs import Sheet
from .attributed import Attributed
from .pages import Explanation, Matrix, last_multiplication

_NONE = "the run stops before the first gradient is complete"


def explain(debugger: Debugger) -> None:
    """Where the gradient under the cursor comes from."""
    chapter = debugger.timeline.chapter(debugger.position)
    if not chapter.completed:
        debugger.say(_NONE)
        return
    _open(debugger, Explanation(chapter, _gradient(debugger, chapter)), chapter)


def matrix(debugger: Debugger) -> None:
    """The Jacobian of the multiplication under the cursor."""
    timeline, position = debugger.timeline, debugger.position
    chapter, event = timeline.chapter(position), timeline.event(position)
    if not isinstance(event, Multiply) or debugger.looks_at:
        name = _gradient(debugger, chapter) if chapter.completed else ""
        event = last_multiplication(chapter, name)
    if event is None:
        debugger.say("there is no multiplication in this iteration")
        return
    debugger.app.push_screen(Matrix(chapter, event))


def attribution(debugger: Debugger) -> None:
    """Which factor makes the gradient vanish or explode."""
    chapter = debugger.timeline.chapter(debugger.position)
    if not chapter.completed:
        debugger.say(_NONE)
        return
    _open(debugger, Attributed(debugger, chapter), chapter)


def _open(debugger: Debugger, sheet: Sheet, chapter: Chapter) -> None:
    """Show a page; what it returns is the position to go to."""

    def then(position: int | None) -> None:
        if position is not None:  # in a class the run may be another one by now
            debugger.start(f"going to {position:,}", go(debugger.timeline, position), debugger.go)

    debugger.app.push_screen(sheet, then)


def _gradient(debugger: Debugger, chapter: Chapter) -> str:
    """The variable whose gradient is under the cursor: in the selected row, of the step, or the first in the layer."""
    event = debugger.timeline.event(debugger.position)
    name = subject(event) if event else ""
    if names := debugger.looks_at:
        layer = next((layer for layer in chapter.program.layers if layer.u in names), None)
        order = (layer.W, *names) if layer else names
        name = name if name in names else next((each for each in order if each in chapter.completed), name)
    return name if name in chapter.completed else next(iter(chapter.completed))
