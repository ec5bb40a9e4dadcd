"""A branch beside the run that it left: what each variable and gradient is in both."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from bptui.core.chapter import Arrived
from bptui.core.equations import gradient_symbol
from bptui.core.jacobian import Array
from bptui.core.notation import symbol
from bptui.core.program import Program
from bptui.core.search import same, subject
from bptui.core.timeline import Timeline

from .lines import Line, left, line, window
from .moment import Moment
from .tables import cell, row


def beside(moment: Moment, width: int, height: int) -> list[Line]:
    """A row for each value and gradient that there is: in the run, what if, and ≠ where they differ."""
    run, program = moment.run, moment.timeline.scenario.program
    if run is None:
        return []
    rows: list[Line] = []
    current = 0
    label_width = min(max(cell_len(label) for label, *_ in _quantities(program)) + 2, width // 3)
    columns = (width - label_width - 2) // 2
    event = moment.event
    for label, name, of_gradient in _quantities(program):
        here = _value(moment.timeline, name, of_gradient, moment.position)
        if here is None:
            continue
        there = None if moment.run_had_stopped else _value(run, name, of_gradient, moment.position)
        is_now = event is not None and name == subject(event) and of_gradient == (event.phase == "backward")
        current = len(rows) if is_now else current
        texts = [cell(value, columns - 1) for value in (there, here)]
        mark = "  " if same(there, here) else "≠ "
        rows.append((*line(mark), *row(left(label, label_width), texts, columns, 1 if is_now else -1)))
    head = (*line("  "), *row(" " * label_width, ["run", "branch"], columns, -1, "head"))
    return [head, *window(rows, height - 1, current)]


def _quantities(program: Program) -> Iterator[tuple[str, str, bool]]:
    """Label, variable, and whether its gradient is meant: what is given, what is computed, then the gradients."""
    names = [name for name, variable in program.variables.items() if variable.line]
    for name in (*names, *(node.name for node in program.nodes)):
        yield symbol(name), name, False
    for name in program.uses:
        yield gradient_symbol(program, name), name, True


def _value(timeline: Timeline, name: str, of_gradient: bool, position: int) -> Array | Arrived | None:
    return timeline.gradient(name, position) if of_gradient else timeline.value(name, position)
