"""How the rows of the window are divided between the panes."""

from __future__ import annotations

from typing import NamedTuple

from bptui.core.scenario import Scenario

from .tables import row_names

NOTE_ROWS = 2
"""Rows for notes in a window that has room for them; elsewhere they take the program's place."""


class Heights(NamedTuple):
    """Rows of the panes above and below the lower ones, which get what is left; 0 where there is no pane."""

    table: int
    step: int
    note: int
    watches: int


def heights(scenario: Scenario, watches: int, width: int, height: int) -> Heights:
    """The table gets the rows that it needs, the step a little for numbers and more for matrices."""
    table = min(len(row_names(scenario.program)) + 2, max(6, height // 3 - 1))
    matrices = any(len(node.op.shape) > 0 for node in scenario.program.nodes)
    step = (9 if height < 32 else 12) if matrices else 7
    watched = min(watches, 2 if height < 24 else 3 if height < 32 else 6)
    note = NOTE_ROWS if scenario.notes and width >= 100 and height >= 32 else 0
    return Heights(table, min(step, height - table - watched - note - 7), note, watched)
