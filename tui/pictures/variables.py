"""The network's parts as a step finds them: what has come, what is lit; and the graph of the variables."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.core.jacobian import Array
from bptui.core.notation import symbol
from bptui.core.program import Program, is_literal
from bptui.core.search import subject

from ..lines import Role
from ..moment import Moment
from .graph import Column, Edge, Gap, Picture, Spot, narrow
from .levels import Levels, levelled
from .shapes import State

# ---- what has come, and what is lit


class Lit(NamedTuple):
    """What the step is about: of a network with layers the edges into a column, the nodes of one, or both."""

    edges: int = -1
    nodes: int = -1


def values(moment: Moment, name: str) -> tuple[Array | None, Array | None]:
    """The value of a variable and its gradient, as far as they have come; while examples are held out no gradient."""
    value = moment.timeline.value(name, moment.position)
    event = moment.event
    if event is None or event.phase not in ("backward", "update"):
        return value, None
    if name == moment.timeline.scenario.program.output:
        return value, np.asarray(1.0)[()]
    gradient = moment.timeline.gradient(name, moment.position)
    return value, gradient if isinstance(gradient, np.ndarray | np.generic) else None


def state(value: Array | None, gradient: Array | None) -> State:
    """How far the waves have come at a node."""
    return "before" if value is None else "forward" if gradient is None else "backward"


def edges_show(moment: Moment, W: str) -> tuple[Array, bool]:
    """What the edges of a layer show: ∂L/∂W from when it has come until W has moved, else W; and whether it is that."""
    value, gradient = values(moment, W)
    assert value is not None  # a parameter always has one
    chapter = moment.timeline.chapter(moment.position)
    has_moved = chapter.updated.get(W, moment.position) < moment.position - chapter.start
    return (value, False) if gradient is None or has_moved else (gradient, True)


def lit(program: Program, event: Event | None) -> Lit:
    """The part of a network with layers that a step lights; column 0 is the input, the last one the loss."""
    loss = len(program.layers) + 1
    column = {"": -1, **{name: layer.number for name, layer in program.layer_of.items()}}
    column[program.layers[0].a_in] = 0
    weights = {layer.W: layer.number for layer in program.layers}
    if event is None:
        return Lit()
    name = subject(event)
    if name in weights:
        return Lit(edges=weights[name])
    if isinstance(event, Evaluate):
        layer = program.layer_of.get(name)
        if layer and name == layer.u:
            return Lit(edges=layer.number)
        return Lit(nodes=layer.number) if layer else Lit(edges=loss, nodes=loss)
    nodes = column.get(name, loss)
    if isinstance(event, Multiply) and nodes < column.get(event.node.name, loss):
        return Lit(edges=nodes + 1, nodes=nodes)
    return Lit(nodes=nodes)


# ---- the graph of a program without layers


@lru_cache(maxsize=4)  # every frame asks for it
def levels_of(program: Program, rows: int) -> Levels:
    """The variables that are used, literals left out, in columns."""
    used = {name for node in program.nodes for name in node.arguments if not is_literal(name)}
    parents: dict[str, tuple[str, ...]] = {name: () for name in program.variables if name in used}
    for node in program.nodes:
        parents[node.name] = tuple(dict.fromkeys(name for name in node.arguments if not is_literal(name)))
    return levelled(parents, rows)


def variables(moment: Moment, height: int) -> Picture:
    """A column for each depth; an edge from each argument, which the waves colour."""
    program, event = moment.timeline.scenario.program, moment.event
    levels = levels_of(program, height)
    lit_edges, lit_node = lit_variables(event)

    def column(at: int) -> Column:
        spots: list[Spot | None] = []
        for name, is_bend in levels.columns[at]:
            come = values(moment, name)
            spots.append(None if is_bend else Spot(state(*come), name == lit_node, narrow(symbol(name)), come))
        return Column(spots, levels.hidden[at])

    def gap(before: int) -> Gap:
        starts, ends = levels.columns[before : before + 2]
        edges = []
        for start, (name, _) in enumerate(starts):
            for end, (target, is_bend) in enumerate(ends):
                if is_bend and target == name:
                    beyond = [n for n in uses[name] if levels.level[n] > before + 1]
                    edges.append(Edge(start, end, _wave(moment, name, beyond, lit_edges)))
                elif not is_bend and target in uses[name]:
                    edges.append(Edge(start, end, _wave(moment, name, [target], lit_edges)))
        return Gap(sorted((e._replace(size=1 + (e.role != "dim")) for e in edges), key=lambda e: e.role == "now"))

    uses = _uses(program)
    current = levels.level.get(_place(event, program), 0) - (not isinstance(event, Accumulate | Update))
    sizes = [len(names) + bool(more) for names, more in zip(levels.columns, levels.hidden, strict=True)]
    current = max(min(current, len(sizes) - 2), 0)
    longest = max(len(narrow(symbol(name))) for name in levels.level)
    return Picture(sizes, column, gap, current, numbers=2, name=longest)


@lru_cache(maxsize=4)
def _uses(program: Program) -> dict[str, list[str]]:
    """The nodes that have each variable as an argument."""
    uses: dict[str, list[str]] = {name: [] for name in (*program.variables, *program.by_name)}
    for node in program.nodes:
        for name in dict.fromkeys(node.arguments):
            uses[name].append(node.name)
    return uses


def _place(event: Event | None, program: Program) -> str:
    """The variable around which the window is: the node that is computed, or gone back through."""
    if isinstance(event, Evaluate | Multiply):
        return event.node.name
    return subject(event) if event else program.nodes[0].name


def lit_variables(event: Event | None) -> tuple[set[tuple[str, str]], str]:
    """The edges and the node that a step lights."""
    match event:
        case Evaluate():
            return {(name, event.node.name) for name in event.node.arguments}, event.node.name
        case Multiply():
            return {(event.variable, event.node.name)}, event.variable
    return set(), subject(event) if event else ""


def _wave(moment: Moment, name: str, targets: list[str], lit_edges: set[tuple[str, str]]) -> Role:
    """The role of the edges from a variable to some nodes: lit, or how far the waves have come over one of them."""
    if any((name, target) in lit_edges for target in targets):
        return "now"
    if all(values(moment, target)[0] is None for target in targets):
        return "dim"
    if moment.event is None or moment.event.phase not in ("backward", "update"):
        return "forward"
    chapter, at = moment.timeline.chapter(moment.position), moment.position
    has_come = any(
        index < at - chapter.start and isinstance(come := chapter.events[index], Multiply) and come.node.name in targets
        for index in chapter.arrivals.get(name, ())
    )
    return "backward" if has_come else "forward"


def units_of(program: Program, name: str) -> int:
    """Rows of a variable: the units of a layer."""
    shape = program.shape(name)
    return shape[0] if shape else 1
