"""The layer table, the table of nodes, and how a value stands in a cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from rich.cells import cell_len

from bptui.core.chapter import Arrived
from bptui.core.equations import tidy
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.core.jacobian import Array
from bptui.core.notation import array, norm, number, shape_text, symbol
from bptui.core.program import Layer, Program
from bptui.core.search import subject
from bptui.core.timeline import Timeline

from .lines import Line, Role, Span, drawn_window, left, line, right
from .moment import Moment

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


def table(moment: Moment, width: int, height: int) -> list[Line]:
    """The layer table; of a program without layers the table of its variables and nodes."""
    program = moment.timeline.scenario.program
    head, draw = (_layers if program.layers else _nodes)(moment.timeline, moment.position, width - 1)
    shown = moment.selected if moment.keeps_row and moment.selected is not None else current_row(moment)

    def marked(index: int) -> Line:
        return line("›" if index == moment.selected else " ", *draw(index))

    return [line(" ", *head), *drawn_window(len(row_names(program)), height - 1, shown, marked)]


@lru_cache(maxsize=4)  # every frame asks for it
def row_names(program: Program) -> tuple[tuple[str, ...], ...]:
    """The variables that each row of the table is about: u, a, W and b of a layer; else one."""
    if program.layers:
        return tuple(tuple(filter(None, (layer.u, layer.a, layer.W, layer.b))) for layer in program.layers)
    given = [name for name, variable in program.variables.items() if variable.line]
    return tuple((name,) for name in (*given, *(node.name for node in program.nodes)))


def row_name(program: Program, row: int | None) -> str:
    """What a row begins with, as the textbook writes it; empty without one."""
    names = row_names(program)
    return symbol(names[row][0]) if row is not None and 0 <= row < len(names) else ""


@lru_cache(maxsize=4)
def _rows(program: Program) -> dict[str, int]:
    """The row of each variable."""
    return {name: index for index, names in enumerate(row_names(program)) for name in names}


def current_row(moment: Moment) -> int:
    """The row that the step is about; the first where there is none."""
    event = moment.event
    return _rows(moment.timeline.scenario.program).get(subject(event), 0) if event else 0


def _layers(timeline: Timeline, position: int, width: int) -> tuple[Line, Callable[[int], Line]]:
    program = timeline.scenario.program
    label_width = max(len(_layer_label(timeline, layer)) for layer in program.layers) + 2
    columns = (width - label_width) // 6
    event = timeline.event(position)
    L = symbol(program.output)
    head = row(left("layer", label_width), ["u", "a", "φ′(u)", "δ", f"∂{L}/∂W", f"∂{L}/∂b"], columns, -1, "head")

    def draw(index: int) -> Line:
        layer = program.layers[index]
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
        label = left(_layer_label(timeline, layer), label_width)
        return row(label, texts, columns, _layer_column(event, layer))

    return head, draw


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


def _nodes(timeline: Timeline, position: int, width: int) -> tuple[Line, Callable[[int], Line]]:
    program = timeline.scenario.program
    label_width = _label_width(program)
    columns = max((width - label_width) // 4, 10)
    middle = max(width - label_width - 2 * columns, 1)
    event = timeline.event(position)
    label = left("name", label_width) + left("computed as", middle)
    head = row(label, ["value", f"∂{symbol(program.output)}/∂name"], columns, -1, "head")

    def draw(index: int) -> Line:
        (name,) = row_names(program)[index]
        formula = _computed_as(program, name)
        differentiated = name in program.uses or name in program.wrt
        texts = [
            cell(timeline.value(name, position), columns - 2),
            cell(timeline.gradient(name, position), columns - 2) if differentiated else "",
        ]
        label = left(left(symbol(name), label_width - 1), label_width) + left(left(formula, middle - 1), middle)
        return row(label, texts, columns, _node_column(event, name))

    return head, draw


@lru_cache(maxsize=4)
def _label_width(program: Program) -> int:
    return min(max(4, *(cell_len(symbol(name)) for (name,) in row_names(program))) + 2, 20)


def _computed_as(program: Program, name: str) -> str:
    """The formula of a node; of what is given, as what."""
    if name not in program.by_name:
        return program.variables[name].kind
    node = program.by_name[name]
    return tidy(node.op.formula.format(*map(symbol, node.arguments)))


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


def row(label: str, texts: Sequence[str], width: int, now: int, role: Role = "text") -> Line:
    """A row: the label, then the texts to the right of columns of this width; `now` is the one just filled, or -1."""
    spans = [Span(label, "head" if role == "head" else "text")]
    for index, text in enumerate(texts):
        padded = right(text, width)
        spans.append(Span(padded, "now" if index == now else "dim" if text == NOT_YET else role))
    return tuple(spans)
