"""The trace as plain lines: one for each event, aligned; then the loss and the new parameters."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from bptui.core.equations import equation
from bptui.core.events import Evaluate, Update
from bptui.core.notation import array, symbol
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .lines import left


def plain_lines(timeline: Timeline) -> Iterator[str]:
    """The whole trace; columns are position, phase, step A to D, equation, numbers, result."""
    scenario = timeline.scenario
    yield visible(scenario.title)
    rows = []
    for position, event in enumerate(timeline.events, start=1):
        values = {}
        if isinstance(event, Evaluate):
            values = {name: x for name in event.node.arguments if (x := timeline.value(name, position)) is not None}
        found = equation(scenario.program, event, values)
        formula = f"{found.left} {found.relation} {found.formula}"
        rows.append((position, event.phase, found.step, formula, found.numbers, array(found.result)))
    digits = len(str(len(rows)))
    formula_width = max((cell_len(row[3]) for row in rows), default=0)
    numbers_width = min(max((len(row[4]) for row in rows), default=0), 40)
    for position, phase, step, formula, numbers, result in rows:
        head = f"{position:>{digits}}  {phase:<8}  {step or ' '}  {left(formula, formula_width)}"
        yield f"{head}  = {numbers:<{numbers_width}}  = {result}"
    yield ""
    yield from _ending(timeline)


def _ending(timeline: Timeline) -> Iterator[str]:
    """The output, then each parameter after the update; without an update each gradient; or why the trace stopped."""
    program, end = timeline.scenario.program, len(timeline)
    if timeline.stopped is not None:
        yield f"stopped at position {end}: the result is not finite"
        return
    output = timeline.value(program.output, end)
    if output is not None:
        yield f"{symbol(program.output)} = {array(output)}"
    for name in program.wrt:
        event = timeline.events[timeline.updated[name]] if name in timeline.updated else None
        gradient = timeline.gradient(name, end)
        if isinstance(event, Update):
            yield f"{symbol(name)} ← {array(event.after)}"
        elif hasattr(gradient, "shape"):
            yield f"∂{symbol(program.output)}/∂{symbol(name)} = {array(gradient)}"  # type: ignore[arg-type]
