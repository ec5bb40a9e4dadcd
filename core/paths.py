"""The factors behind a gradient: the route from the loss to it, one local derivative after the other.

And the paths: all routes from the loss to a variable, whose products add up to its gradient. In a residual network
they are 2ⁿ; so they are counted, and the foremost found, from node to node.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from .chapter import Chapter
from .events import Accumulate, Event, Multiply
from .jacobian import Array
from .notation import log_norm
from .program import Program
from .timeline import Timeline


class Factor(msgspec.Struct, frozen=True, eq=False):
    """One factor of a running product, and the product up to it.

    `event` is the multiplication that brought it; or the accumulation at which contributions met, whose total is then
    the first factor; or None for ∂L/∂L = 1.
    """

    event: Multiply | Accumulate | None
    product: Array


def running_product(timeline: Timeline, position: int) -> tuple[Factor, ...]:
    """The factors on the route of the event at `position`, from the loss, or from the last accumulation, to it.

    Empty where the event is no step of the backward pass.
    """
    event: Event | None = timeline.event(position)
    chapter = timeline.chapter(position)
    factors: list[Factor] = []
    while isinstance(event, Multiply):
        factors.append(Factor(event, event.downstream))
        node = event.node.name
        index = chapter.completed.get(node)
        if index is None:
            factors.append(Factor(None, event.upstream))
            break
        event = chapter.events[index]
    if isinstance(event, Accumulate):
        factors.append(Factor(event, event.total))
    return tuple(reversed(factors))


def route(chapter: Chapter, name: str) -> list[int]:
    """The events from the loss to the gradient of a variable; empty where the iteration has not completed it.

    Where contributions met, it goes by way of the largest one in norm, the first of equals, and then their sum.
    """
    indices: list[int] = []
    while name != chapter.program.output and name in chapter.completed:
        index = chapter.completed[name]
        indices.append(index)
        event = chapter.events[index]
        if isinstance(event, Accumulate):
            sizes = [log_norm(contribution) for contribution in event.contributions]
            index = chapter.arrivals[name][sizes.index(max(sizes))]
            indices.append(index)
            event = chapter.events[index]
        assert isinstance(event, Multiply)  # the variable's one contribution, or the largest
        name = event.node.name
    return indices[::-1]


# ---- all paths


class Path(msgspec.Struct, frozen=True, eq=False):
    """A route between two variables: its edges from the loss on, and its product, which it adds to the gradient.

    An edge is one argument of one node: x·x has two edges to x.
    """

    edges: tuple[Multiply, ...]
    product: Array


def count(program: Program, name: str) -> int:
    """How many paths lead from the loss to a variable; 0 where there is nothing that asks for its gradient."""
    ways = Counter({program.output: 1})
    for node in program.needed:
        for position in node.needed:
            ways[node.arguments[position]] += ways[node.name]
    return ways[name]


def foremost(
    program: Program, name: str, multiplications: Iterable[Multiply], one: Array, most: int
) -> tuple[Path, ...]:
    """At most `most` of the paths: where all variables on the way are scalars, those with the largest |product|.

    Elsewhere those with the fewest edges; ties in the order of the backward pass. `one` is ∂L/∂L. A path of which not
    every multiplication has happened is left out.
    """
    on_the_way = _on_the_way(program, name)
    scalar = not any(program.shape(variable) for variable in on_the_way)
    arriving: dict[str, list[Multiply]] = {variable: [] for variable in on_the_way}
    for edge in multiplications:
        if edge.variable in arriving:
            arriving[edge.variable].append(edge)
    routes = {program.output: [_Route(0, one, None, None)]}
    for variable in on_the_way:
        if variable != program.output:
            found: list[_Route] = []
            for edge in arriving[variable]:
                factor = edge.local.pull_back(one) if scalar else one
                found += [_Route(r.length + 1, r.product * factor, edge, r) for r in routes[edge.node.name]]
            routes[variable] = sorted(found, key=_largest_first if scalar else _shortest_first)[:most]
    return tuple(_path(route, one, scalar) for route in routes[name])


class _Route(NamedTuple):
    """A path to some node, linked to the path that it makes one edge longer.

    Going on along one edge keeps the order by length and by |product|: the foremost routes to a node begin with the
    foremost routes to the nodes before it.
    """

    length: int
    product: Array
    edge: Multiply | None
    before: _Route | None


def _shortest_first(route: _Route) -> float:
    return route.length


def _largest_first(route: _Route) -> float:
    """By -|product|; NaN, which comes of an infinity, stands with it."""
    size = float(abs(route.product))
    return -math.inf if math.isnan(size) else -size


def _on_the_way(program: Program, name: str) -> list[str]:
    """The nodes from the output down to a variable, and the variable."""
    leads = {name}
    for node in reversed(program.needed):
        if any(node.arguments[position] in leads for position in node.needed):
            leads.add(node.name)
    leads.remove(name)
    return [*(node.name for node in program.needed if node.name in leads), name]


def _path(route: _Route, one: Array, scalar: bool) -> Path:
    """The route with its edges in a row; its product, where it is not yet known, by pulling ∂L/∂L back through each."""
    edges: list[Multiply] = []
    step: _Route | None = route
    while step and step.edge:
        edges.append(step.edge)
        step = step.before
    edges.reverse()
    product = route.product
    if not scalar:
        for edge in edges:
            product = edge.local.pull_back(product)
    return Path(tuple(edges), product)
