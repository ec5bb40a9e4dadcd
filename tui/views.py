"""From a timeline and a position to what the panes show: pure functions, tested without a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.cells import cell_len

from bptui.core.equations import gradient_symbol, local_symbols
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.core.ledger import ledger_at
from bptui.core.notation import symbol
from bptui.core.optimizers import step_of
from bptui.core.paths import Factor, running_product
from bptui.core.timeline import Timeline
from bptui.core.tokens import NAME

from .ledger import ledger_view
from .lines import Line, Role, Span, left, line, right, window
from .tables import cell, row

LONGEST_BAR = 40
"""Cells: what is left of a change on a line is sent again, and a bar's cells take three bytes each."""

# ---- the running product


def product(timeline: Timeline, position: int, width: int, height: int) -> list[Line]:
    """Each factor on the route from the loss, with the product so far; where contributions meet, all paths."""
    event = timeline.event(position)
    if isinstance(event, Accumulate):
        chapter = timeline.chapter(position)
        return ledger_view(chapter.program, ledger_at(chapter, event.variable), width, height)
    factors = running_product(timeline, position)
    if not factors:
        over = event is not None and event.phase == "update"
        return [line(Span("the way back is over" if over else "begins at the loss, on the way back", "dim"))]
    columns = min(13, max((width - 15) // 2, 9))
    label = width - 2 * columns
    rows = [_factor(timeline, factor, label, columns, index) for index, factor in enumerate(factors)]
    rows[-1] = (*rows[-1][:-1], Span(rows[-1][-1].text, "now"))
    head = row(left("factor", label), ["local", "product"], columns, -1, "head")
    return [head, *window(rows, height - 1, len(rows) - 1)]


def _factor(timeline: Timeline, factor: Factor, label: int, columns: int, index: int) -> Line:
    program = timeline.scenario.program
    match factor.event:
        case Multiply():
            name, formula = local_symbols(program, factor.event)
            local = cell(factor.event.local.shown, columns - 2)
        case Accumulate():
            name, formula, local = gradient_symbol(program, factor.event.variable), "summed", ""
        case None:
            name, formula, local = gradient_symbol(program, program.output), "", ""
    text = f"{'×' if index else ' '} {name}" + (f" = {formula}" if formula else "")
    if cell_len(text) > label:
        text = text.partition(" = ")[0]
    return line(left(text, label), right(local, columns), right(cell(factor.product, columns - 2), columns))


# ---- the updates


def updates(timeline: Timeline, position: int, width: int, height: int) -> list[Line]:
    """Each parameter before, its gradient, η times it, and after; filled as the updates happen."""
    scenario = timeline.scenario
    if scenario.update is None:
        return [line(Span("no [update]: the gradient is all that is asked for", "dim"))]
    names = scenario.learning
    chapter = timeline.chapter(position) if position else None
    label = max(cell_len(symbol(name)) for name in names) + 2
    columns = (width - label) // 4
    L = symbol(scenario.program.output)
    change_head = f"η ∂{L}/∂θ" if scenario.update.rule == "gradient_descent" else "step"
    head = row(" " * label, ["before", f"∂{L}/∂θ", change_head, "after"], columns, -1, "head")
    rows, current = [], 0
    for index, name in enumerate(names):
        at = chapter.start + chapter.updated[name] if chapter and name in chapter.updated else position
        event = timeline.event(at + 1) if at < position else None
        gradient = event.gradient if isinstance(event, Update) else timeline.gradient(name, position)
        change = step_of(event) if isinstance(event, Update) else None
        after = event.after if isinstance(event, Update) else None
        before = (chapter.parameters if chapter else scenario.parameters)[name]
        values = [before, gradient, change, after]
        now = 3 if at == position - 1 else -1
        current = index if now >= 0 else current
        rows.append(row(left(symbol(name), label), [cell(value, columns - 2) for value in values], columns, now))
    return [head, *window(rows, height - 1, current)]


# ---- the program


def program(timeline: Timeline, position: int, width: int, height: int) -> list[Line]:
    """The program's lines, the current one marked: ▶ on the way down, ◀ on the way up."""
    code = timeline.scenario.program
    event = timeline.event(position)
    at = _source(timeline, event)
    role = event.phase if event and event.phase != "evaluate" else "forward"
    mark = {"forward": "▶", "backward": "◀", "update": "✎"}[role]
    rows = []
    for index, source in enumerate(code.source):
        here = index == at
        rows.append(line(Span(f"{mark if here else ' '} ", role), Span(_symbols(source), "now" if here else "text")))
    return window(rows, height, max(at, 0))


def _source(timeline: Timeline, event: Event | None) -> int:
    code = timeline.scenario.program
    match event:
        case Evaluate() | Multiply():
            return event.node.source
        case Accumulate():
            uses = [node.source for node in code.nodes if event.variable in node.arguments]
            return code.by_name[event.variable].source if event.variable in code.by_name else min(uses)
        case Update():
            return next((node.source for node in code.nodes if event.parameter in node.arguments), -1)
    return -1


def _symbols(source: str) -> str:
    """A line of source with the names as the textbook writes them."""
    return re.sub(NAME, lambda match: symbol(match[0]), source)


# ---- the position


def progress(timeline: Timeline, position: int, width: int) -> Line:
    """Where we are: the phase, a bar, and the position."""
    event = timeline.event(position)
    role: Role = event.phase if event and event.phase != "evaluate" else "dim"
    name = event.phase if event else "start"
    numbers = f" {position:>{len(str(len(timeline)))}} / {len(timeline)}  "
    if timeline.scenario.iterations > 1:
        numbers += f"iteration {event.iteration + 1 if event else 1} / {timeline.scenario.iterations}  "
    room = max(min(width - len(numbers) - 9, LONGEST_BAR), 0)
    done = round(room * position / max(len(timeline), 1))
    return line(numbers, Span(f"{name:<9}" + "━" * done, role), Span("─" * (room - done), "dim"))


View = Callable[[Timeline, int, int, int], list[Line]]
"""What a pane is drawn by: timeline, position, width, height."""
