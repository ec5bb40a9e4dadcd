"""The network as a drawing, in which the forward wave goes to the right and the backward wave to the left."""

from __future__ import annotations

import numpy as np

from bptui.core.equations import gradient_symbol
from bptui.core.jacobian import Array, counted
from bptui.core.notation import symbol

from ..lines import Line, Role, Span, fitted
from ..moment import Moment
from .graph import Column, Edge, Gap, Picture, Spot, drawn, narrow, sign
from .network_words import captions, network_words
from .variables import edges_show, lit, state, units_of, values, variables

SMALLEST = (24, 6)
"""Columns and rows in which a drawing has room; below that it is told in words."""
SPREAD = 12
"""Rows from which of too many units so few are drawn that there is a row between them, and no more than this."""


def network(moment: Moment, width: int, height: int) -> list[Line]:
    """The drawing and what it shows: the layers with their weights, or the graph of the variables."""
    if width < SMALLEST[0] or height < SMALLEST[1]:
        return network_words(moment, width, height)
    below = captions(moment, width)[: 2 if height >= 10 else 1]
    rows = height - len(below)
    picture = _layers(moment, rows) if moment.timeline.scenario.program.layers else variables(moment, rows)
    return [*drawn(picture, width, rows, moment.numbers), *(fitted(each, width) for each in below)]


# ---- the layers


def _layers(moment: Moment, height: int) -> Picture:
    """A column for the input, for each layer and for the loss; in `height` rows."""
    program, light = moment.timeline.scenario.program, lit(moment.timeline.scenario.program, moment.event)
    layers = program.layers
    names = (layers[0].a_in, *(layer.a for layer in layers), program.output)
    units = [units_of(program, name) for name in names[:-1]] + [1]
    is_chain = max(units) == 1
    heads = 2 if is_chain else 1
    has_foot = not is_chain and height > 6 and not height - heads - 1 < 2 * max(units) - 1 <= height - heads
    rows = height - heads - has_foot
    most = rows if max(units) <= rows or rows < SPREAD else min((rows + 1) // 2, SPREAD)
    drawn_units = [count if count <= most else most - 1 for count in units]
    has_numbers = all(_is_single(moment, name) for name in names[:-1])

    def column(at: int) -> Column:
        value, gradient = values(moment, names[at])
        come, is_lit = state(value, gradient), light.nodes == at
        name = narrow(symbol(names[at]))
        numbers = [(_number(value, unit), _number(gradient, unit)) * has_numbers for unit in range(drawn_units[at])]
        spots = [Spot(come, is_lit, name * is_chain, pair) for pair in numbers]
        foot = counted(units[at], "unit") * (has_foot and at < len(names) - 1)
        return Column(spots, units[at] - drawn_units[at], "" if is_chain else name, foot)

    def gap(before: int) -> Gap:
        at = before + 1
        if at == len(names) - 1:
            role: Role = "now" if light.edges == at else state_role(moment, names[-1], names[-2])
            return Gap([Edge(unit, 0, role, 1 + (role != "dim")) for unit in range(drawn_units[before])])
        weights, is_gradient = edges_show(moment, layers[before].W)
        name = gradient_symbol(program, layers[before].W) if is_gradient else symbol(layers[before].W)
        head = Span(narrow(name), "backward" if is_gradient else "dim")
        shape = drawn_units[at], drawn_units[before]
        return Gap(_edges(weights, shape, light.edges == at), head, np.ravel(weights)[0] if is_chain else None)

    current = max(light.edges, light.nodes, 1) - 1
    if light.edges < 0 < light.nodes:  # the edges into a node are seen with it
        current = light.nodes - 1
    sizes = [min(count, most) for count in units]
    return Picture(sizes, column, gap, current, heads, int(has_foot), 2 * has_numbers, _longest(names) * is_chain)


def _is_single(moment: Moment, name: str) -> bool:
    """Whether it is one example, so that a unit has one number."""
    return int(np.prod(moment.timeline.scenario.program.shape(name)[1:])) == 1


def _number(x: Array | None, unit: int) -> Array | None:
    return None if x is None else np.ravel(x)[unit]


def _longest(names: tuple[str, ...]) -> int:
    return max(len(narrow(symbol(name))) for name in names)


def state_role(moment: Moment, end: str, start: str) -> Role:
    """The role of an edge that has no weight: the wave that has gone over it."""
    if values(moment, end)[0] is None:
        return "dim"
    return "forward" if values(moment, start)[1] is None else "backward"


def _edges(weights: Array, shape: tuple[int, int], is_lit: bool) -> list[Edge]:
    """The edges between the units that are drawn, the largest last; a size is a third of the layer's largest."""
    matrix = np.reshape(weights, (1, 1)) if weights.ndim == 0 else weights
    with np.errstate(all="ignore"):
        size = np.abs(matrix)
        top = float(np.max(size, where=np.isfinite(size), initial=0.0))
        part = size[: shape[0], : shape[1]] / (top or 1.0)
    steps = np.where(np.isfinite(part), np.clip(np.ceil(3 * part), 0, 3), 3).astype(int)
    order = np.argsort(steps, axis=None, kind="stable")
    edges = []
    for end, start in zip(*(each.tolist() for each in np.unravel_index(order, steps.shape)), strict=True):
        w = float(matrix[end, start])
        edges.append(Edge(start, end, "now" if is_lit else sign(w), int(steps[end, start]), w < 0))
    return edges
