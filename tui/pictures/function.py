"""The function of one argument that a step goes through: what its slope is read from."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from bptui.core.events import Evaluate, Event, Multiply
from bptui.core.jacobian import Array
from bptui.core.ops import activations, elementwise
from bptui.core.program import Node, Program, is_literal
from bptui.core.search import subject
from bptui.core.terms import Cell

from ..moment import Moment

CELL_BY_CELL = {row.name for row in (*elementwise.TABLE, *activations.TABLE)}
"""Ops of which a cell's curve is that of the op; of all others there is one where all arguments are numbers."""
DOTS = 50
"""Cells of an array that are marked on the curve."""


class Curve(msgspec.Struct, frozen=True, eq=False):
    """A node as a function of one of its arguments, the others fixed; of arrays at one `cell`.

    `is_known` says whether the node's value has been computed yet.
    """

    node: Node
    argument: int
    arguments: tuple[Array, ...]
    cell: Cell
    is_known: bool

    @property
    def at(self) -> float:
        """Where on the horizontal axis the cell is."""
        return float(self.arguments[self.argument][self.cell])

    @property
    def everywhere(self) -> Array:
        """Where the cells are for which the curve is the same, DOTS at the most."""
        fixed = [x for index, x in enumerate(self.arguments) if index != self.argument]
        if any(bool((x != x.flat[0]).any()) for x in fixed):
            return np.array([self.at])
        cells = np.asarray(self.arguments[self.argument], dtype=np.float64).ravel()
        chosen: Array = cells[np.linspace(0, cells.size - 1, min(cells.size, DOTS)).astype(int)]
        return chosen

    def values(self, x: Array) -> Array:
        """The function at many places; NaN or infinity where it has no value."""
        value, given = self.node.op.value, self._given()
        with np.errstate(all="ignore"):
            if self.node.op.name in CELL_BY_CELL:
                given[self.argument] = x
                return np.broadcast_to(np.asarray(value(*given), dtype=np.float64), x.shape)
            before, after = given[: self.argument], given[self.argument + 1 :]
            return np.array([float(value(*before, each, *after)) for each in x])

    @property
    def value(self) -> float:
        """The function at the cell."""
        return float(self.values(np.array([self.at]))[0])

    @property
    def slope(self) -> float:
        """The local derivative at the cell, by the op's own rule."""
        given = self._given()
        with np.errstate(all="ignore"):
            local = self.node.op.local[self.argument](self.node.op.value(*given), *given)
            return float(local.shown)

    def _given(self) -> list[Array]:
        return [x[self.cell] for x in self.arguments]


# ---- which curve belongs to a step


def curve_of(moment: Moment) -> Curve | None:
    """That of the step's node; else of its layer's φ; else of the last node before it that has one."""
    event = moment.event
    if event is None:
        return None
    chapter = moment.timeline.chapter(moment.position)
    program = chapter.program
    found = _own(moment, program, event)
    layer = program.layer_of.get(event.node.name if isinstance(event, Multiply) else subject(event))
    if found is None and layer:
        found = _curve(moment, program.by_name[layer.a], 0)
    index = moment.position - chapter.start - 1
    while found is None and index > 0:
        index -= 1
        found = _own(moment, program, chapter.events[index])
    return found


def _own(moment: Moment, program: Program, event: Event) -> Curve | None:
    match event:
        case Multiply():
            return _curve(moment, event.node, event.argument)
        case Evaluate():
            layer, node = program.layer_of.get(event.node.name), event.node
            of_layer = layer is not None and node.name == layer.u
            moving = [i for i, name in enumerate(node.arguments) if not is_literal(name)] or [0]
            return _curve(moment, node, node.arguments.index(layer.a_in) if layer and of_layer else moving[0])
    return None


def _curve(moment: Moment, node: Node, argument: int) -> Curve | None:
    values = [_value(moment, name) for name in node.arguments]
    arguments = [x for x in values if x is not None]
    if len(arguments) < len(values) or (node.op.name not in CELL_BY_CELL and any(x.shape for x in arguments)):
        return None
    if any(x.shape for x in arguments):
        arguments = list(np.broadcast_arrays(*arguments))
    cell: Cell = (0,) * arguments[0].ndim
    upstream = moment.timeline.gradient(node.name, moment.position)
    if isinstance(upstream, np.ndarray) and upstream.shape == arguments[0].shape:
        cell = tuple(map(int, np.unravel_index(int(np.argmax(np.abs(upstream))), upstream.shape)))
    return Curve(node, argument, tuple(arguments), cell, _value(moment, node.name) is not None)


def _value(moment: Moment, name: str) -> Array | None:
    """What a variable is in the pass that the step belongs to: a parameter before its update."""
    chapter, event = moment.timeline.chapter(moment.position), moment.event
    if event is not None and event.phase == "evaluate":
        return moment.timeline.value(name, moment.position)
    if name in chapter.program.by_name and chapter.evaluated.get(name, math.inf) >= moment.position - chapter.start:
        return None
    return chapter.value(name)
