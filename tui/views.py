"""From a timeline and a position to what the panes show: pure functions, tested without a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bptui.core.equations import gradient_symbol, local_symbols, tidy
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.core.expression import NAME
from bptui.core.jacobian import Array
from bptui.core.notation import array, norm, number, shape_text, symbol
from bptui.core.paths import Factor, running_product
from bptui.core.program import Layer
from bptui.core.timeline import Arrived, Timeline

from .lines import Line, Role, Span, line, window

LONGEST_BAR = 40
"""Cells: what is left of a change on a line is sent again, and a bar's cells take three bytes each."""
MOST_DIGITS = 9
"""Significant digits in a table; the step shows all of them."""
NOT_YET = "·"
"""Stands where a number is still to come."""


def cell(value: Array | Arrived | None, width: int) -> str:
    """A value in a table: a number, the norm of an array, how many contributions have arrived; at most `width` wide."""
    if value is None:
        return NOT_YET
    if isinstance(value, Arrived):
        return f"{value.count} of {value.of}"
    if value.ndim == 0:
        return fit(float(value), width)
    for digits in (6, 5, 4, 3):
        if len(text := array(value, digits)) <= width and value.size <= width // 4:
            return text
    return f"‖{fit(norm(value), width - 2)}‖"


def fit(x: float, width: int) -> str:
    """A number in as many digits as have room in `width` cells, MOST_DIGITS at most."""
    for digits in range(MOST_DIGITS, 0, -1):
        text = number(x, digits)
        if len(text) <= width:
            return text
    return "…"


# ---- the layer table, or the table of nodes ------------------------------------------------------------------------


def table(timeline: Timeline, position: int, width: int, height: int) -> list[Line]:
    """The layer table; of a program without layers the table of its variables and nodes."""
    if timeline.scenario.program.layers:
        head, rows, current = _layers(timeline, position, width)
    else:
        head, rows, current = _nodes(timeline, position, width)
    return [head, *window(rows, height - 1, current)]


def _layers(timeline: Timeline, position: int, width: int) -> tuple[Line, list[Line], int]:
    program = timeline.scenario.program
    label_width = max(len(_layer_label(timeline, layer)) for layer in program.layers) + 2
    columns = (width - label_width) // 6
    event = timeline.event(position)
    L = symbol(program.output)
    head = _row(f"{'layer':<{label_width}}", ["u", "a", "φ′(u)", "δ", f"∂{L}/∂W", f"∂{L}/∂b"], columns, -1, "head")
    rows, current = [], 0
    for index, layer in enumerate(program.layers):
        through = timeline.multiplication(layer.a, 0, position)
        values = [
            timeline.value(layer.u, position),
            timeline.value(layer.a, position),
            through.local.shown if through else None,
            timeline.gradient(layer.u, position),
            timeline.gradient(layer.W, position),
            timeline.gradient(layer.b, position) if layer.b else None,
        ]
        texts = [cell(value, columns - 2) for value in values]
        if not layer.b:
            texts[5] = ""
        now = _layer_column(event, layer)
        current = index if now >= 0 else current
        rows.append(_row(f"{_layer_label(timeline, layer):<{label_width}}", texts, columns, now))
    return head, rows, current


def _layer_label(timeline: Timeline, layer: Layer) -> str:
    shape = timeline.scenario.program.shape(layer.W)
    return f"{layer.number} {layer.activation}" + (f" {shape_text(shape)}" if shape else "")


def _layer_column(event: Event | None, layer: Layer) -> int:
    """Which column of a layer's row the event has filled; -1 if none."""
    match event:
        case Evaluate():
            return {layer.u: 0, layer.a: 1}.get(event.node.name, -1)
        case Multiply():
            return {layer.u: 3, layer.W: 4, layer.b: 5}.get(event.variable, -1)
        case Update():
            return {layer.W: 4, layer.b: 5}.get(event.parameter, -1)
    return -1


def _nodes(timeline: Timeline, position: int, width: int) -> tuple[Line, list[Line], int]:
    program = timeline.scenario.program
    given = [(name, variable.kind) for name, variable in program.variables.items() if variable.line]
    computed = [(node.name, tidy(node.op.formula.format(*map(symbol, node.arguments)))) for node in program.nodes]
    differentiated = {*program.uses, *program.wrt}
    label_width = min(max(4, *(len(symbol(name)) for name, _ in given + computed)) + 2, 20)
    columns = max((width - label_width) // 4, 10)
    middle = width - label_width - 2 * columns
    event = timeline.event(position)
    label = f"{'name':<{label_width}}{'computed as':<{middle}}"
    head = _row(label, ["value", f"∂{symbol(program.output)}/∂name"], columns, -1, "head")
    rows, current = [], 0
    for index, (name, formula) in enumerate(given + computed):
        texts = [
            cell(timeline.value(name, position), columns - 2),
            cell(timeline.gradient(name, position), columns - 2) if name in differentiated else "",
        ]
        now = _node_column(event, name)
        current = index if now >= 0 else current
        rows.append(_row(f"{symbol(name):<{label_width}}{formula[: middle - 1]:<{middle}}", texts, columns, now))
    return head, rows, current


def _node_column(event: Event | None, name: str) -> int:
    """Which column of a row of the table of nodes the event has filled; -1 if none."""
    match event:
        case Evaluate() if event.node.name == name:
            return 0
        case Multiply() | Accumulate() if event.variable == name:
            return 1
        case Update() if event.parameter == name:
            return 0
    return -1


def _row(label: str, texts: Sequence[str], width: int, now: int, role: Role = "text") -> Line:
    spans = [Span(label, "head" if role == "head" else "text")]
    for index, text in enumerate(texts):
        padded = f"{text:>{width}}"
        spans.append(Span(padded, "now" if index == now else "dim" if text == NOT_YET else role))
    return tuple(spans)


# ---- the running product -------------------------------------------------------------------------------------------


def product(timeline: Timeline, position: int, width: int, height: int) -> list[Line]:
    """Each factor on the route from the loss, with the product so far."""
    factors = running_product(timeline, position)
    if not factors:
        event = timeline.event(position)
        over = event is not None and event.phase == "update"
        return [line(Span("the way back is over" if over else "begins at the loss, on the way back", "dim"))]
    columns = min(13, max((width - 15) // 2, 9))
    label = width - 2 * columns
    rows = [_factor(timeline, factor, label, columns, index) for index, factor in enumerate(factors)]
    rows[-1] = (*rows[-1][:-1], Span(rows[-1][-1].text, "now"))
    head = _row(f"{'factor':<{label}}", ["local", "product"], columns, -1, "head")
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
    if len(text) > label:
        text = text.partition(" = ")[0]
    return line(f"{text[:label]:<{label}}", f"{local:>{columns}}", f"{cell(factor.product, columns - 2):>{columns}}")


# ---- the updates ---------------------------------------------------------------------------------------------------


def updates(timeline: Timeline, position: int, width: int, height: int) -> list[Line]:
    """Each parameter before, its gradient, η times it, and after; filled as the updates happen."""
    scenario = timeline.scenario
    if scenario.update is None:
        return [line(Span("no [update]: the gradient is all that is asked for", "dim"))]
    names = [name for name in scenario.program.wrt if name in scenario.parameters]
    label = max(len(symbol(name)) for name in names) + 2
    columns = (width - label) // 4
    rate, L = scenario.update.learning_rate, symbol(scenario.program.output)
    head = _row(" " * label, ["before", f"∂{L}/∂θ", f"η ∂{L}/∂θ", "after"], columns, -1, "head")
    rows, current = [], 0
    for index, name in enumerate(names):
        at = timeline.updated.get(name)
        event = timeline.events[at] if at is not None and at < position else None
        gradient = event.gradient if isinstance(event, Update) else timeline.gradient(name, position)
        change = rate * event.gradient if isinstance(event, Update) else None
        after = event.after if isinstance(event, Update) else None
        values = [scenario.parameters[name], gradient, change, after]
        now = 3 if at == position - 1 else -1
        current = index if now >= 0 else current
        rows.append(_row(f"{symbol(name):<{label}}", [cell(value, columns - 2) for value in values], columns, now))
    return [head, *window(rows, height - 1, current)]


# ---- the program ---------------------------------------------------------------------------------------------------


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
            return code.by_name[event.variable].source if event.variable in code.by_name else -1
        case Update():
            return next((node.source for node in code.nodes if event.parameter in node.arguments), -1)
    return -1


def _symbols(source: str) -> str:
    """A line of source with the names as the textbook writes them."""
    return re.sub(NAME, lambda match: symbol(match[0]), source)


# ---- the position --------------------------------------------------------------------------------------------------


def progress(timeline: Timeline, position: int, width: int) -> Line:
    """Where we are: the phase, a bar, and the position."""
    event = timeline.event(position)
    role: Role = event.phase if event and event.phase != "evaluate" else "dim"
    name = event.phase if event else "start"
    numbers = f" {position:>{len(str(len(timeline)))}} / {len(timeline)}  "
    room = max(min(width - len(numbers) - 9, LONGEST_BAR), 0)
    done = round(room * position / max(len(timeline), 1))
    return line(numbers, Span(f"{name:<9}" + "━" * done, role), Span("─" * (room - done), "dim"))


View = Callable[[Timeline, int, int, int], list[Line]]
"""What a pane is drawn by: timeline, position, width, height."""
