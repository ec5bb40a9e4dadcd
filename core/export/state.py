"""The tables of a hand-out that is stepped through: what stands in each cell, and from which position on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from ..chapter import Arrived, Chapter
from ..equations import tidy
from ..events import Accumulate, Evaluate, Event, Multiply, Update
from ..jacobian import Array
from ..notation import SHORT, array, norm, number, shape_text, symbol
from ..optimizers import step_of
from ..program import Layer, Program
from ..timeline import Timeline

FEW = 3
"""Cells of the largest array whose numbers have room in a table; of others it has the norm."""


class Version(NamedTuple):
    """What a cell shows from a position on; empty where it is not known any more."""

    position: int
    text: str


Cell: TypeAlias = Sequence[Version] | None
"""A cell, which is empty before its first version; None where there is nothing to show, ever."""
History: TypeAlias = Mapping[tuple[str, str], Sequence[Version]]


class Row(NamedTuple):
    """A row: what it is about, and what is known of it."""

    labels: tuple[str, ...]
    cells: tuple[Cell, ...]


class Table(NamedTuple):
    """A table with the heads of all its columns, those of the labels first."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]


def tables(timeline: Timeline, chapter: Chapter, last: int) -> tuple[Table, Table | None]:
    """What is known within an iteration, up to a position: of layers or variables, and of the parameters that move."""
    program, history = chapter.program, _history(timeline, chapter, last)
    values = (_layers if program.layers else _variables)(program, history)
    moves = timeline.scenario.update and timeline.scenario.learning
    return values, _updates(timeline, program, history) if moves else None


def cell(value: Array | Arrived | None, few: int = FEW) -> str:
    """A value in a table: a number, the cells of an array that has few, the norm of any other."""
    if value is None:
        return ""
    if isinstance(value, Arrived):
        return f"{value.count} of {value.of}"
    if not value.ndim:
        return number(float(value), SHORT)
    if value.size <= few and value.ndim <= 2:
        return array(value, 4)
    return f"‖{number(norm(value), SHORT)}‖"


def _history(timeline: Timeline, chapter: Chapter, last: int) -> History:
    """The versions of each value, gradient, local derivative, step and parameter that moved, by kind and name."""
    found: dict[tuple[str, str], list[Version]] = defaultdict(list)

    def add(kind: str, name: str, position: int, value: Array | Arrived | None) -> None:
        found[kind, name].append(Version(position, cell(value)))
        found[f"norm of {kind}", name].append(Version(position, cell(value, few=0)))

    for name, value in {**chapter.given, **chapter.parameters}.items():
        add("value", name, chapter.start, value)
        add("before", name, chapter.start, value)
    phase = "forward"
    for position, event in enumerate(chapter.events[: last - chapter.start], start=chapter.start + 1):
        if event.phase == "evaluate" != phase:  # from here on all values are those of the examples held out
            examples = timeline.scenario.examples
            for name in (*chapter.program.by_name, *(examples.held_out if examples else ())):
                add("value", name, position, timeline.value(name, position))
        phase = event.phase
        for kind, name, brought in _brought(timeline, event, position):
            add(kind, name, position, brought)
    return found


def _brought(timeline: Timeline, event: Event, position: int) -> list[tuple[str, str, Array | Arrived | None]]:
    """What an event brings: the kind, the name, the value."""
    match event:
        case Evaluate():
            return [("value", event.node.name, event.value)]
        case Multiply():
            local = ("local", event.node.name, event.local.shown)
            gradient = ("gradient", event.variable, timeline.gradient(event.variable, position))
            return [local, gradient] if event.argument == 0 else [gradient]
        case Accumulate():
            return [("gradient", event.variable, event.total)]
        case Update():
            name = event.parameter
            with np.errstate(all="ignore"):
                step = step_of(event)
            return [
                ("value", name, event.after),
                ("used", name, event.gradient),
                ("step", name, step),
                ("after", name, event.after),
            ]


def _layers(program: Program, history: History) -> Table:
    L = symbol(program.output)
    head = ("layer", "u", "a", "φ′(u)", "δ", f"∂{L}/∂W", f"∂{L}/∂b")
    return Table(head, tuple(_layer(program, layer, history) for layer in program.layers))


def _layer(program: Program, layer: Layer, history: History) -> Row:
    shape = program.shape(layer.W)
    label = f"{layer.number} {layer.activation}" + (f" {shape_text(shape)}" if shape else "")
    keys = [("value", layer.u), ("value", layer.a), ("local", layer.a), ("gradient", layer.u), ("gradient", layer.W)]
    cells: list[Cell] = [history.get(key, ()) for key in keys]
    return Row((label,), (*cells, history.get(("gradient", layer.b), ()) if layer.b else None))


def _variables(program: Program, history: History) -> Table:
    names = [name for name, variable in program.variables.items() if variable.line]
    rows = []
    for name in (*names, *program.by_name):
        differentiated = name in program.uses or name in program.wrt
        gradient = history.get(("gradient", name), ()) if differentiated else None
        rows.append(Row((symbol(name), _computed_as(program, name)), (history.get(("value", name), ()), gradient)))
    return Table(("name", "computed as", "value", f"∂{symbol(program.output)}/∂name"), tuple(rows))


def _computed_as(program: Program, name: str) -> str:
    """The formula of a node; of what is given, as what."""
    if name not in program.by_name:
        return program.variables[name].kind
    node = program.by_name[name]
    return tidy(node.op.formula.format(*map(symbol, node.arguments)))


def _updates(timeline: Timeline, program: Program, history: History) -> Table:
    scenario, L = timeline.scenario, symbol(program.output)
    plain = scenario.update is not None and scenario.update.rule == "gradient_descent"
    rows = []
    for name in scenario.learning:
        before, gradient, used, step, after = (
            history.get((f"norm of {kind}", name), ()) for kind in ("before", "gradient", "used", "step", "after")
        )
        rows.append(Row((symbol(name),), (before, gradient or used, step, after)))
    return Table(("θ", "before", f"∂{L}/∂θ", f"η ∂{L}/∂θ" if plain else "step", "after"), tuple(rows))
