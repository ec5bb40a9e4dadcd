"""The current step of the chain rule: its equation in symbols, with the numbers in it, and the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from rich.cells import cell_len

from bptui.core import optimizers
from bptui.core.equations import STEPS, Equation, Term, equation, local_symbols, merged_recursion, quantities, step
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update, result
from bptui.core.jacobian import Array
from bptui.core.notation import EXACT, SHORT, array, norm, shape_text, symbol
from bptui.core.report import accuracy, explain_stop
from bptui.core.search import same
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .lines import Line, Role, Span, line, shortened
from .moment import Moment
from .numbers import Format, written

Part: TypeAlias = tuple[Term, Role]
"""A sign or a matrix, and what it means."""
_BRACKETS = {"one": ("[", "]"), "top": ("⎡", "⎤"), "middle": ("⎢", "⎥"), "bottom": ("⎣", "⎦")}


def title(moment: Moment) -> str:
    """What kind of step it is, for the pane's title."""
    event = moment.event
    program = moment.timeline.scenario.program
    match event:
        case None:
            return "before the first step"
        case Evaluate() if event.phase == "evaluate":
            return f"evaluate: the value of {symbol(event.node.name)} for the held-out examples"
        case Evaluate():
            return f"forward: the value of {symbol(event.node.name)}"
        case Multiply() if label := step(program, event):
            return f"step {label}: {STEPS[label]}, layer {program.layer_of[event.node.name].number}"
        case Multiply():
            return f"backward: through {symbol(event.node.name)} to {symbol(event.variable)}"
        case Accumulate():
            return f"backward: the contributions to {symbol(event.variable)} meet"
        case Update():
            return f"update of {symbol(event.parameter)}"


def step_lines(moment: Moment, width: int, height: int) -> list[Line]:
    """The equation of the current event, as large as there is room for, and what is behind it."""
    timeline, position, event = moment.timeline, moment.position, moment.event
    if event is None:
        return _opening(moment, width, height)
    program = timeline.scenario.program
    values = operands(timeline, event, position)
    found = equation(program, event, values, timeline.scenario.update)
    own, matrix = _own(moment, width)
    extras = [*_in_the_run(moment, width), *own, *_behind(moment, event, values)]
    lines = [line(Span(f"{found.left} {found.relation} {found.formula}", "head"))]
    shown = _numbers(found, moment.numbers, width, height - 1 - (len(own) + 1 if own else 0), matrix)
    if own and 1 + len(shown) + len(own) >= height:  # what the reader has goes before the numbers in the formula
        shown = _numbers(found, moment.numbers, width, 0)[-1:]
    lines += shown
    if event is timeline.stopped:
        lines.append(line(Span("not finite: the trace stops here; going back is possible", "alert")))
        lines += [line(part) for part in moment.wrapped(explain_stop(timeline), width)]
    room = height - len(lines)
    if room > len(extras):
        lines.append(line(""))
    return shortened(lines + extras, height, "more lines")


def _in_the_run(moment: Moment, width: int) -> list[Line]:
    """What a branch's step comes to in the run that it left."""
    if moment.run_had_stopped:
        return [line(Span("run      had stopped before this", "dim"))]
    event, other = moment.event, moment.run.event(moment.position) if moment.run else None
    if event is None or other is None:
        return []
    if same(result(event), result(other)):
        return [line(Span("run      the same", "dim"))]
    x, room = result(other), width - 9
    texts = [written(x, digits, moment.numbers) for digits in (EXACT, SHORT)]
    text = next((text for text in texts if len(text) <= room), _named(x, moment.numbers))
    return [line("run    ≠ ", Span(text, "now"))]


def _own(moment: Moment, width: int) -> tuple[list[Line], Sequence[Part]]:
    """What the reader's own backward pass has here, and its matrix with the sign before it."""
    if not moment.is_compared:
        return [], ()
    from .own import matrix, own_lines

    return own_lines(moment, width), matrix(moment)


def operands(timeline: Timeline, event: Event, position: int) -> dict[str, Array]:
    """The values of the arguments of the event's node."""
    if not isinstance(event, Evaluate | Multiply):
        return {}
    values = {name: timeline.value(name, position) for name in event.node.arguments}
    return {name: value for name, value in values.items() if value is not None}


def _behind(moment: Moment, event: Event, values: dict[str, Array]) -> list[Line]:
    """The local derivative, the merged recursion, and conventions."""
    timeline, position = moment.timeline, moment.position
    program = timeline.scenario.program
    if isinstance(event, Update) and timeline.scenario.update:
        rule = [line(text) for text in optimizers.equations(timeline.scenario.update)]
        return [*map(line, quantities(event)), *rule] if len(rule) > 1 or quantities(event) else []
    if isinstance(event, Evaluate) and event.phase == "evaluate" and event.node.name == program.output:
        right = accuracy(timeline.scenario, timeline.chapter(position))
        return [] if right is None else [line(f"right    {100 * right:.2f}% of the held-out examples")]
    if not isinstance(event, Multiply):
        return []
    name, formula = local_symbols(program, event)
    shown = event.local.shown
    number_text = written(shown, EXACT, moment.numbers) if shown.ndim == 0 else ""
    text = f"local    {name} = {formula}"
    if number_text and number_text != formula:
        text += f" = {number_text}"
    structure = event.local.words if event.upstream.shape or shown.shape else ""
    lines = [line(text, Span(f"   {structure}", "dim"))] if structure else [line(text)]
    if merged := merged_recursion(program, event):
        lines.append(line(f"together {merged}"))
    several = len(event.node.arguments) > 1  # then it is not at 0 that the derivative is chosen
    if event.node.op.note and (several or any(bool(np.any(value == 0.0)) for value in values.values())):
        lines.append(line(f"note     {event.node.op.note}"))
    return lines


def _numbers(found: Equation, numbers: Format, width: int, height: int, own: Sequence[Part] = ()) -> list[Line]:
    """The formula with the numbers in it and the result: side by side as matrices, else on lines of their own.

    The reader's `own` is beside the result, where all of it has room; else both have lines of their own.
    """
    arrays = [term for term in (*found.terms, found.result) if isinstance(term, np.ndarray) and term.ndim]
    if any(x.ndim > 2 or len(x) > height or 2 * x.shape[1] > width for x in arrays):
        return _summary(found, numbers, width)
    if arrays:
        result: list[Part] = [(" = ", "text"), (found.result, "now")]
        terms: list[Part] = [*((term, "text") for term in found.terms), *result]
        if own and (block := _matrices([*terms, *own], numbers, width, height, least=3)):
            return block
        lines = _matrices(terms, numbers, width, height) or _summary(found, numbers, width)
        pair = _matrices([*result, *own], numbers, width, height) if own else []
        return [*lines, *pair] if len(lines) + len(pair) <= height else pair or lines
    text = written(found.result, EXACT, numbers)
    indent = " " * min(cell_len(found.left), max(width - 25, 0))  # there must be room for all digits
    lines = []
    if found.numbers not in (found.formula, array(found.result)):
        lines.append(line(f"{indent} = {found.numbers}"))
    return [*lines, line(Span(f"{indent} = {text}", "now"))]


def _summary(found: Equation, numbers: Format, width: int) -> list[Line]:
    """Large matrices by shape and norm."""
    parts = [term if isinstance(term, str) else _named(term, numbers) for term in found.terms]
    return [line("  = " + "".join(parts)), line(Span(f"  = {_named(found.result, numbers)}", "now"))]


def _named(x: Array, numbers: Format) -> str:
    if x.ndim == 0:
        return written(x, SHORT, numbers)
    return f"[{shape_text(x.shape)}, ‖·‖ = {numbers.text(norm(x), SHORT)}]"


def _matrices(parts: Sequence[Part], numbers: Format, width: int, height: int, least: int = 2) -> list[Line]:
    """All terms beside each other, as a textbook prints them, each matrix in brackets; empty where there is no room.

    With as many digits as have room, from `least` on.
    """
    rows = max(1 if isinstance(term, str) or not term.ndim else len(term) for term, _ in parts)
    for digits in range(6, least - 1, -1) if rows <= height else ():
        text = partial(numbers.text, digits=digits)
        blocks = [(_block(term, rows, text), role) for term, role in parts]
        if 2 + sum(len(block[0]) for block, _ in blocks) <= width:
            return [line("  ", *(Span(block[row], role) for block, role in blocks)) for row in range(rows)]
    return []


def _block(term: str | Array, rows: int, text: Callable[[float], str]) -> list[str]:
    """One term as `rows` lines of equal length, centred."""
    if isinstance(term, str):
        lines = [term]
    elif not term.ndim:
        lines = [text(float(term))]
    else:
        lines = _bracketed(term, text)
    above = (rows - len(lines)) // 2
    blank = " " * len(lines[0])
    return [blank] * above + lines + [blank] * (rows - len(lines) - above)


def _bracketed(matrix: Array, text: Callable[[float], str]) -> list[str]:
    """A matrix, the points of each column below each other."""
    columns = [_points_aligned([text(float(x)) for x in column]) for column in matrix.T]
    lines = []
    for index, row in enumerate(zip(*columns, strict=True)):
        last = len(matrix) - 1
        place = "one" if not last else "top" if not index else "bottom" if index == last else "middle"
        left, right = _BRACKETS[place]
        lines.append(left + "  ".join(row) + right)
    return lines


def _points_aligned(texts: Sequence[str]) -> list[str]:
    """The texts padded so that their points, or where they have none their ends, are below each other."""
    parts = [text.partition(".") for text in texts]
    before = max(len(whole) for whole, _, _ in parts)
    behind = max(len(point + digits) for _, point, digits in parts)
    return [f"{whole:>{before}}{point + digits:<{behind}}" for whole, point, digits in parts]


def _opening(moment: Moment, width: int, height: int) -> list[Line]:
    """Before the first step: what the scenario is about."""
    about = [
        line(part)
        for text in moment.timeline.scenario.about.split("\n")
        for part in moment.wrapped(visible(text.expandtabs()), width)
    ]
    lines = shortened(about, height - 1, "more lines in the file")
    return [*lines, line(Span(moment.begins, "forward"))]
