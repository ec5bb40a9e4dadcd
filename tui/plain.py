"""The trace as plain lines: one for each event, aligned; then the loss and the new parameters, and the loss curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from rich.cells import cell_len

from bptui.core.chapter import Chapter
from bptui.core.equations import equation, quantities
from bptui.core.events import Evaluate, Update
from bptui.core.jacobian import counted
from bptui.core.ledger import count_text, ledger_at, ledger_lines
from bptui.core.notation import array, norm, number, symbol
from bptui.core.paths import count
from bptui.core.report import Epoch, epochs, explain_stop, losses
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .curve import curve
from .lines import left
from .setup import Setup

MOST_EVENTS = 2_000
"""Events of the longest run of which each is printed; of a longer one the first and the last iteration are."""

MOST_HITS = 20
"""Positions of a breakpoint's hits that are listed."""


def plain_lines(timeline: Timeline, setup: Setup, spelt: Callable[[str], str] = str) -> Iterator[str]:
    """The whole trace; columns are position, phase, step A to D, equation, numbers, result; then what was set up.

    `spelt` writes symbols as the output can show them, before columns are measured.
    """
    return map(spelt, _lines(timeline, setup, spelt))


def _lines(timeline: Timeline, setup: Setup, spelt: Callable[[str], str]) -> Iterator[str]:
    scenario = timeline.scenario
    yield visible(scenario.title)
    widths = (0, 0)
    position = 0
    while position < len(timeline):
        chapter = timeline.chapter(position + 1)
        full = timeline.calendar.total <= MOST_EVENTS or position == 0 or chapter.end >= len(timeline)
        if scenario.iterations > 1:
            yield from _heading(timeline, chapter, full=full)
        if full:
            rows = list(_rows(timeline, chapter, spelt))
            widths = widths if position else (max(cell_len(row[2]) for row in rows), max(len(row[3]) for row in rows))
            yield from _aligned(rows, len(str(len(timeline))), chapter.start, *widths)
        position = chapter.end
    yield ""
    yield from _ending(timeline)
    if scenario.iterations > 1:
        yield from _training(timeline)
    elif timeline.stopped is None:
        yield from _paths(timeline)
    yield from _stops(timeline, setup)


def _rows(
    timeline: Timeline, chapter: Chapter, spelt: Callable[[str], str]
) -> Iterator[tuple[str, str, str, str, str, list[str]]]:
    scenario = timeline.scenario
    for position, event in enumerate(chapter.events, start=chapter.start + 1):
        values = {}
        if isinstance(event, Evaluate):
            values = {name: x for name in event.node.arguments if (x := timeline.value(name, position)) is not None}
        found = equation(chapter.program, event, values, scenario.update)
        formula = f"{found.left} {found.relation} {found.formula}"
        behind = quantities(event) if isinstance(event, Update) else []
        behind += [f"note: {visible(text)}" for text in timeline.noted.get(position, ())]
        yield event.phase, found.step or " ", spelt(formula), spelt(found.numbers), spelt(array(found.result)), behind


def _aligned(
    rows: list[tuple[str, str, str, str, str, list[str]]], digits: int, start: int, formula_width: int, width: int
) -> Iterator[str]:
    for position, (phase, step, formula, numbers, result, behind) in enumerate(rows, start=start + 1):
        head = f"{position:>{digits}}  {phase:<8}  {step}  {left(formula, max(formula_width, cell_len(formula)))}"
        yield f"{head}  = {numbers:<{min(width, 40)}}  = {result}"
        if behind:
            yield " " * (digits + 15) + ", ".join(behind)


def _heading(timeline: Timeline, chapter: Chapter, *, full: bool) -> Iterator[str]:
    """The iteration; of one that is not printed in full, also its loss and the norm of its gradient."""
    text = f"iteration {chapter.number + 1:>{len(str(timeline.scenario.iterations))}}"
    if full:
        yield ""
        yield text
        return
    output = timeline.scenario.program.output
    L = symbol(output)
    gradients = [event.gradient for event in chapter.events if isinstance(event, Update)]
    loss = chapter.events[chapter.evaluated[output]]
    length = math.hypot(*map(norm, gradients))
    if isinstance(loss, Evaluate):
        yield f"{text}  {L} = {number(float(loss.value), 6):<12}  ‖∇{L}‖ = {number(length, 6)}"


def _ending(timeline: Timeline) -> Iterator[str]:
    """The output, then each parameter after the update; without an update each gradient; or why the trace stopped."""
    program, end = timeline.scenario.program, len(timeline)
    if timeline.stopped is not None:
        yield f"stopped at position {end}: the result is not finite; {explain_stop(timeline)}"
        return
    chapter = timeline.chapter(end)
    output = chapter.events[chapter.evaluated[program.output]] if program.output in chapter.evaluated else None
    if isinstance(output, Evaluate):
        yield f"{symbol(program.output)} = {array(output.value)}"
    for name in program.wrt:
        event = chapter.events[chapter.updated[name]] if name in chapter.updated else None
        gradient = timeline.gradient(name, end)
        if isinstance(event, Update):
            yield f"{symbol(name)} ← {array(event.after)}"
        elif hasattr(gradient, "shape"):
            yield f"∂{symbol(program.output)}/∂{symbol(name)} = {array(gradient)}"  # type: ignore[arg-type]


def _stops(timeline: Timeline, setup: Setup) -> Iterator[str]:
    """Where each breakpoint hits, and what each watch is at the end."""
    from bptui.core.conditions.breakpoints import hits

    positions: dict[str, list[int]] = {condition.text: [] for condition in setup.breakpoints}
    for chapter in timeline.walk(0, timeline.scenario.iterations - 1) if positions else ():
        for condition in setup.breakpoints:
            positions[condition.text] += [chapter.start + index + 1 for index in hits(condition, chapter)]
    if positions or setup.watches:
        yield ""
    for text, found in positions.items():
        shown = ", ".join(map(str, found[:MOST_HITS]))
        if len(found) > MOST_HITS:
            shown += f", … {len(found) - MOST_HITS:,} more"
        yield f"breakpoint {visible(text)}: {counted(len(found), 'hit')}" + (f" at {shown}" if found else "")
    for spans in setup.watched(timeline, len(timeline)):
        yield visible("".join(span.text for span in spans).strip())


def _paths(timeline: Timeline) -> Iterator[str]:
    """For each gradient asked for to which several paths lead: the paths, and what they add up to."""
    chapter = timeline.chapter(len(timeline))
    for name in chapter.program.wrt:
        if name in chapter.completed and (number := count(chapter.program, name)) > 1:
            yield ""
            yield f"{count_text(number, 45)} paths to {symbol(name)}"
            yield from ledger_lines(chapter.program, ledger_at(chapter, name))


def _training(timeline: Timeline) -> Iterator[str]:
    """The loss over the iterations as a curve, and what became of the held-out examples at the end of each epoch."""
    L = symbol(timeline.scenario.program.output)
    found: list[Epoch] = list(epochs(timeline))
    yield ""
    yield f"{L} over the iterations" + ("  (o held-out examples)" if found else "")
    yield from curve(losses(timeline), [(epoch.iteration, epoch.loss) for epoch in found])
    if found:
        yield ""
        yield "epoch  iteration  held-out " + left(L, 12) + "  accuracy"
        for epoch in found:
            accuracy = "" if epoch.accuracy is None else f"{100 * epoch.accuracy:.2f}%"
            yield f"{epoch.number:>5}  {epoch.iteration + 1:>9}  {number(epoch.loss, 6):>21}  {accuracy:>8}"
