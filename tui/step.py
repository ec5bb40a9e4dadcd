"""The current step of the chain rule: its equation in symbols, with the numbers in it, and the result."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from bptui.core import optimizers
from bptui.core.equations import STEPS, Equation, equation, local_symbols, merged_recursion, quantities, step
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update, result
from bptui.core.jacobian import Array
from bptui.core.notation import SHORT, array, norm, number, shape_text, symbol
from bptui.core.report import accuracy, explain_stop
from bptui.core.search import same
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from .lines import Line, Span, line, shortened, wrapped
from .moment import Moment

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
        return _opening(timeline, width, height)
    program = timeline.scenario.program
    values = _operands(timeline, event, position)
    found = equation(program, event, values, timeline.scenario.update)
    extras = [*_in_the_run(moment, width), *_behind(timeline, position, event, values)]
    lines = [line(Span(f"{found.left} {found.relation} {found.formula}", "head"))]
    lines += _numbers(found, width, height - 1)
    if event is timeline.stopped:
        lines.append(line(Span("not finite: the trace stops here; going back is possible", "alert")))
        lines += [line(part) for part in wrapped(explain_stop(timeline), width)]
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
    text = array(x) if len(array(x)) <= room else array(x, SHORT) if len(array(x, SHORT)) <= room else _named(x)
    return [line("run    ≠ ", Span(text, "now"))]


def _operands(timeline: Timeline, event: Event, position: int) -> dict[str, Array]:
    """The values of the arguments of the event's node."""
    if not isinstance(event, Evaluate | Multiply):
        return {}
    values = {name: timeline.value(name, position) for name in event.node.arguments}
    return {name: value for name, value in values.items() if value is not None}


def _behind(timeline: Timeline, position: int, event: Event, values: dict[str, Array]) -> list[Line]:
    """The local derivative, the merged recursion, and conventions."""
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
    number_text = array(shown) if shown.ndim == 0 else ""
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


def _numbers(found: Equation, width: int, height: int) -> list[Line]:
    """The formula with the numbers in it and the result: side by side as matrices, else on lines of their own."""
    axes = [term.ndim for term in (*found.terms, found.result) if isinstance(term, np.ndarray)]
    if any(axes) and max(axes) > 2:
        return _summary(found, width)
    if any(axes):
        for digits in (6, 5, 4, 3, 2):
            block = _matrices(found, digits)
            if len(block) <= height and all(sum(len(span.text) for span in row) <= width for row in block):
                return block
        return _summary(found, width)
    indent = " " * min(cell_len(found.left), max(width - 25, 0))  # there must be room for all digits
    lines = []
    if found.numbers not in (found.formula, array(found.result)):
        lines.append(line(f"{indent} = {found.numbers}"))
    return [*lines, line(Span(f"{indent} = {array(found.result)}", "now"))]


def _summary(found: Equation, width: int) -> list[Line]:
    """Large matrices by shape and norm."""
    parts = [term if isinstance(term, str) else _named(term) for term in found.terms]
    return [line("  = " + "".join(parts)), line(Span(f"  = {_named(found.result)}", "now"))]


def _named(x: Array) -> str:
    return number(float(x), 6) if x.ndim == 0 else f"[{shape_text(x.shape)}, ‖·‖ = {number(norm(x), 6)}]"


def _matrices(found: Equation, digits: int) -> list[Line]:
    """All terms beside each other, as a textbook prints them, each matrix in brackets."""
    terms = [*found.terms, " = ", found.result]
    rows = max(1 if isinstance(term, str) or not term.ndim else len(term) for term in terms)
    blocks = [(_block(term, rows, digits), "now" if i == len(terms) - 1 else "text") for i, term in enumerate(terms)]
    return [line("  ", *(Span(block[row], role) for block, role in blocks)) for row in range(rows)]  # type: ignore[arg-type]


def _block(term: str | Array, rows: int, digits: int) -> list[str]:
    """One term as `rows` lines of equal length, centred."""
    if isinstance(term, str):
        lines = [term]
    elif not term.ndim:
        lines = [number(float(term), digits)]
    else:
        lines = _bracketed(term, digits)
    above = (rows - len(lines)) // 2
    blank = " " * len(lines[0])
    return [blank] * above + lines + [blank] * (rows - len(lines) - above)


def _bracketed(matrix: Array, digits: int) -> list[str]:
    """A matrix with its columns aligned."""
    cells = [[number(float(x), digits) for x in row] for row in matrix]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for index, row in enumerate(cells):
        place = "one" if len(cells) == 1 else "top" if not index else "bottom" if index == len(cells) - 1 else "middle"
        left, right = _BRACKETS[place]
        lines.append(left + "  ".join(f"{x:>{w}}" for x, w in zip(row, widths, strict=True)) + right)
    return lines


def _opening(timeline: Timeline, width: int, height: int) -> list[Line]:
    """Before the first step: what the scenario is about."""
    about = [
        line(part)
        for text in timeline.scenario.about.split("\n")
        for part in wrapped(visible(text.expandtabs()), width)
    ]
    lines = shortened(about, height - 1, "more lines in the file")
    return [*lines, line(Span("press s or → for the first step, ? for help", "forward"))]
