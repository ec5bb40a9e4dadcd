"""What the mouse points at: a pane, a row, a place on the bar, a key of the last line."""

from __future__ import annotations

from bptui.core.search import go

from ..arrangement import PANES
from ..commands import footer, in_footer
from ..debugger import Debugger
from ..lines import key_at
from ..tables import row_at
from ..views import bar_columns
from .arranging import choose


async def point(debugger: Debugger, x: int, y: int) -> None:
    """Do what a click on a cell of the screen asks for."""
    boxes = debugger.boxes.items()
    found = next((each for each, box in boxes if 0 <= x - box.x < box.width and 0 <= y - box.y < box.height), "")
    if not found:
        return
    x, y = x - debugger.boxes[found].x, y - debugger.boxes[found].y
    width, height = debugger.panes[found].room
    if found == "keys":
        at = key_at(footer(debugger.commands), width, 2, x)
        if at is not None:
            await debugger.run_action(in_footer(debugger.commands)[at].action)
    elif found == "progress":
        columns = bar_columns(debugger.moment, width)
        if x in columns:
            target = round((x + 1 - columns.start) * len(debugger.timeline) / len(columns))
            debugger.pause()
            debugger.start(f"going to {target:,}", go(debugger.timeline, target), debugger.go)
    elif found in PANES:
        row = row_at(debugger.moment, height, y - 1) if found == "table" else None
        if row is not None:
            debugger.select(row)
        else:
            choose(debugger, found)
