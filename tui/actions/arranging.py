"""The panes, the pictures and the numbers as the reader wants them, and what is taken from the screen."""

from __future__ import annotations

from functools import partial

from bptui.core.equations import equation

from ..app import BptuiApp
from ..arrangement import PANES
from ..debugger import Debugger
from ..numbers import FORMATS
from ..palettes import THEME_NAMES
from ..pictures import NONE, PICTURES
from ..step import operands
from .copying import Copied


def choose(debugger: Debugger, pane: str) -> None:
    """Choose a pane: it is marked, shown where it was not, and zoomed if another one was."""
    debugger.set_looks(debugger.looks._replace(pane=pane))
    if pane == "picture" and debugger.looks.picture == NONE:
        picture(debugger)


PANE_ACTIONS = {f"pane_{number}": partial(choose, pane=pane) for number, pane in enumerate(PANES, start=1)}


def next_pane(debugger: Debugger) -> None:
    """Choose the next of the panes."""
    at = PANES.index(debugger.looks.pane) if debugger.looks.pane else -1
    choose(debugger, PANES[(at + 1) % len(PANES)])


def zoom(debugger: Debugger) -> None:
    """Give the chosen pane the whole window, or all of them their places."""
    looks = debugger.looks
    debugger.set_looks(looks._replace(pane=looks.pane or "step", zoomed=not looks.zoomed))


def picture(debugger: Debugger, by: int = 1) -> None:
    """Show the next picture; behind the last of them none. One that has no place yet is shown first."""
    looks = debugger.looks
    if looks.picture != NONE and looks.pane != "picture" and "picture" not in debugger.boxes:
        choose(debugger, "picture")
        debugger.say(f"picture: {PICTURES[looks.picture].title}")
        return
    names = (*PICTURES, NONE)
    name = names[(names.index(debugger.looks.picture) + by) % len(names)]
    pane = "picture" if name != NONE else "" if debugger.looks.pane == "picture" else debugger.looks.pane
    debugger.set_looks(debugger.looks._replace(picture=name, pane=pane, zoomed=debugger.looks.zoomed and bool(pane)))
    debugger.say(f"picture: {PICTURES[name].title}" if name != NONE else "no picture")


def picture_back(debugger: Debugger) -> None:
    """Show the previous picture."""
    picture(debugger, -1)


def numbers(debugger: Debugger) -> None:
    """Write numbers in the next format."""
    chosen = FORMATS[(FORMATS.index(debugger.looks.numbers) + 1) % len(FORMATS)]
    debugger.set_looks(debugger.looks._replace(numbers=chosen))
    debugger.say(f"numbers: {chosen.name}")


def theme(debugger: Debugger) -> None:
    """Take the next of the themes."""
    app = debugger.app
    assert isinstance(app, BptuiApp)
    name = THEME_NAMES[(THEME_NAMES.index(app.face.theme) + 1) % len(THEME_NAMES)]
    app.choose_theme(name)
    debugger.say(f"theme: {name}")


def copy(debugger: Debugger) -> None:
    """Hand the equation of the step to the terminal's clipboard."""
    if text := _sentence(debugger):
        debugger.app.copy_to_clipboard(text)
        debugger.say("the equation is handed to the terminal; Y shows it, where that takes none")


def copy_box(debugger: Debugger) -> None:
    """Show the equation in a box, to select it there."""
    if text := _sentence(debugger):
        debugger.app.push_screen(Copied(text))


def _sentence(debugger: Debugger) -> str:
    """The equation of the step, as a person reads it; where there is none, that is said."""
    timeline, position = debugger.timeline, debugger.position
    scenario, event = timeline.scenario, timeline.event(position)
    if event is None:
        debugger.say("there is no equation before the first step")
        return ""
    return str(equation(scenario.program, event, operands(timeline, event, position), scenario.update))
