"""A branch beside the run that it left: what each variable and gradient is in both."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from bptui.core.chapter import Arrived
from bptui.core.equations import gradient_symbol
from bptui.core.jacobian import Array
from bptui.core.notation import symbol
from bptui.core.program import Program
from bptui.core.search import same, subject
from bptui.core.timeline import Timeline

from .lines import Line, drawn_window, left, line
from .moment import Moment
from .tables import cell, row


def beside(moment: Moment, width: int, height: int) -> list[Line]:
    """A row for each value and gradient that there is: in the run, in the branch, and ≠ where they differ."""
    run, event = moment.run, moment.event
    if run is None:
        return []
    program = moment.timeline.scenario.program
    rows = [each for each in _quantities(program) if _value(moment.timeline, each, moment.position) is not None]
    label_width = min(_longest_label(program) + 2, width // 3)
    columns = (width - label_width - 2) // 2
    now = _Quantity(subject(event), event.phase == "backward") if event else None
    had_stopped = moment.run_had_stopped

    def draw(index: int) -> Line:
        each = rows[index]
        here = _value(moment.timeline, each, moment.position)
        there = None if had_stopped else _value(run, each, moment.position)
        texts = [cell(value, columns - 1, moment.numbers) for value in (there, here)]
        mark = "  " if same(there, here) else "≠ "
        label = left(_label(program, each), label_width)
        return (*line(mark), *row(label, texts, columns, 1 if each == now else -1))

    head = (*line("  "), *row(" " * label_width, ["run", "branch"], columns, -1, "head"))
    current = rows.index(now) if now in rows else 0
    return [head, *drawn_window(len(rows), height - 1, current, draw)]


class _Quantity(NamedTuple):
    """A variable, and whether its gradient is meant."""

    name: str
    is_gradient: bool


@lru_cache(maxsize=2)  # every frame asks for it
def _quantities(program: Program) -> tuple[_Quantity, ...]:
    """What is given, what is computed, then the gradients."""
    given = [name for name, variable in program.variables.items() if variable.line]
    values = [_Quantity(name, False) for name in (*given, *(node.name for node in program.nodes))]
    return (*values, *(_Quantity(name, True) for name in program.uses))


@lru_cache(maxsize=2)
def _longest_label(program: Program) -> int:
    return max(cell_len(_label(program, each)) for each in _quantities(program))


def _label(program: Program, each: _Quantity) -> str:
    return gradient_symbol(program, each.name) if each.is_gradient else symbol(each.name)


def _value(timeline: Timeline, each: _Quantity, position: int) -> Array | Arrived | None:
    return (timeline.gradient if each.is_gradient else timeline.value)(each.name, position)
