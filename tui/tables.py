"""The layer table, the table of nodes, and how a value stands in a cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len

from bptui.core.chapter import Arrived
from bptui.core.equations import tidy
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.core.jacobian import Array
from bptui.core.notation import array, norm, shape_text, symbol
from bptui.core.program import Layer, Program
from bptui.core.search import subject
from bptui.core.timeline import Timeline

from .lines import Line, Role, Span, drawn_range, drawn_window, left, line, right
from .moment import Moment
from .numbers import AS_FITS, Format, aligned, fit

NOT_YET = "·"
"""Stands where a number is still to come."""


def cell(value: Array | Arrived | None, width: int, numbers: Format = AS_FITS) -> str:
    """A value in a table: a number, the norm of an array, how many contributions have arrived; at most `width` wide."""
    if value is None:
        return NOT_YET
    if isinstance(value, Arrived):
        return f"{value.count} of {value.of}"
    if value.ndim == 0:
        return aligned(float(value), width, numbers)
    if not numbers.digits and value.size <= width // 4:
        for digits in (6, 5, 4, 3):
            if len(text := array(value, digits)) <= width:
                return text
    size = norm(value)
    text = aligned(size, width - 1, numbers)  # so that its point is below those of numbers
    return f"‖{text if len(text) < width else fit(size, width - 2)}‖"


def title(moment: Moment) -> str:
    """What the table is called."""
    return "layers" if moment.timeline.scenario.program.layers else "variables and nodes"


def table(moment: Moment, width: int, height: int) -> list[Line]:
    """The layer table; of a program without layers the table of its variables and nodes."""
    program = moment.timeline.scenario.program
    head, draw = (_layers if program.layers else _nodes)(moment, width - 1)

    def marked(index: int) -> Line:
        return line("›" if index == moment.selected else " ", *draw(index))

    return [line(" ", *head), *drawn_window(len(row_names(program)), height - 1, _shown(moment), marked)]


def row_at(moment: Moment, height: int, y: int) -> int | None:
    """The row of the table that stands in a line of it, the head being line 0."""
    count = len(row_names(moment.timeline.scenario.program))
    drawn = drawn_range(count, height - 1, _shown(moment))
    row = drawn.start + y - 1 - (drawn.start > 0)
    return row if row in drawn else None


def _shown(moment: Moment) -> int:
    return moment.selected if moment.keeps_row and moment.selected is not None else current_row(moment)


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


def _layers(moment: Moment, width: int) -> tuple[Line, Callable[[int], Line]]:
    timeline, position, numbers = moment.timeline, moment.position, moment.numbers
    program = timeline.scenario.program
    label_width = max(len(_layer_label(timeline, layer)) for layer in program.layers) + 2
    event = timeline.event(position)
    L = symbol(program.output)
    heads = ("u", "a", "φ′(u)", "δ", f"∂{L}/∂W", f"∂{L}/∂b")
    filled = max((_layer_column(event, layer) for layer in program.layers), default=-1)
    columns = Columns.fitting(len(heads), width - label_width, numbers, filled)
    head = row(left("layer", label_width), columns.seen(heads), columns.width, -1, "head")

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
        texts = [cell(value, columns.width - 2, numbers) for value in values]
        if not layer.b:
            texts[5] = ""
        label = left(_layer_label(timeline, layer), label_width)
        return row(label, columns.seen(texts), columns.width, columns.place(_layer_column(event, layer)))

    return line(*head, *columns.missing()), draw


class Columns(NamedTuple):
    """Which columns of a table are seen: all, or where numbers need more room some, the one just filled among them."""

    width: int
    of: int
    shown: range

    @classmethod
    def fitting(cls, count: int, room: int, numbers: Format, filled: int) -> Columns:
        """As many as have room."""
        width = max(room // count, numbers.width + 2, 1)
        if room >= width * count:
            return cls(width, count, range(count))
        seen = max((room - len(_MISSING.format(count))) // width, 1)
        first = min(max(filled - seen + 1, 0), count - seen)
        return cls(width, count, range(first, first + seen))

    def seen(self, texts: Sequence[str]) -> list[str]:
        """Those of the texts that are seen."""
        return [texts[index] for index in self.shown]

    def place(self, column: int) -> int:
        """Where a column stands among those that are seen, -1 where it does not."""
        return self.shown.index(column) if column in self.shown else -1

    def missing(self) -> Line:
        """How many are not seen."""
        count = self.of - len(self.shown)
        return line(Span(_MISSING.format(count), "dim")) if count else ()


_MISSING = "  … {} more"


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


def _nodes(moment: Moment, width: int) -> tuple[Line, Callable[[int], Line]]:
    timeline, position, numbers = moment.timeline, moment.position, moment.numbers
    program = timeline.scenario.program
    label_width = _label_width(program)
    columns = max((width - label_width) // 4, 10, min(numbers.width + 2, (width - label_width) // 2))
    middle = max(width - label_width - 2 * columns, 1)
    event = timeline.event(position)
    label = left("name", label_width) + left("computed as", middle)
    head = row(label, ["value", f"∂{symbol(program.output)}/∂name"], columns, -1, "head")

    def draw(index: int) -> Line:
        (name,) = row_names(program)[index]
        formula = _computed_as(program, name)
        differentiated = name in program.uses or name in program.wrt
        texts = [
            cell(timeline.value(name, position), columns - 2, numbers),
            cell(timeline.gradient(name, position), columns - 2, numbers) if differentiated else "",
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
