"""Work that takes long: xor with many iterations, and the debugger that is at work."""

import screens
from textual.pilot import Pilot

from bptui.tui.debugger import Debugger

STEPS = 17
"""Of an iteration of xor."""


def xor(iterations: int) -> str:
    return (screens.FOLDER / "xor.toml").read_text("utf-8").replace("iterations = 100", f"iterations = {iterations}")


def working(pilot: Pilot[None]) -> Debugger:
    """The debugger, whatever lies on top of it."""
    debugger = pilot.app.screen_stack[0]
    assert isinstance(debugger, Debugger)
    return debugger
