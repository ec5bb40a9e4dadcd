"""Predicting: what a reader is asked before a multiplication of the chain rule is shown.

Asked for is one cell, of the local derivative or of the product.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
import numpy as np

from .chapter import Chapter
from .equations import equation, gradient_symbol, local_symbols
from .events import Multiply
from .grading import CLOSE, ZERO
from .jacobian import Array, Broadcast, Diagonal, Identity, Repeat, Row, Total
from .mistakes import Cell, local_at
from .notation import EXACT, SHORT, array, symbol
from .ops import ACTIVATIONS
from .ops.linear import Linear, Outer
from .ops.softmax import LogSoftmax, Softmax
from .program import is_literal

MOST_CELLS = 12
"""Numbers of an array that are given with a question at the most."""
ALL = slice(None)
Region: TypeAlias = tuple[int | slice, ...]

_STRIDE = 2_654_435_761  # Knuth's multiplier: neighbouring positions ask for cells far apart


class Question(msgspec.Struct, frozen=True):
    """What is asked before the event at `position` is shown; `given` is what is known, a line each."""

    position: int
    asks: str
    cell: Cell
    given: tuple[str, ...]


def question(chapter: Chapter, index: int) -> Question | None:
    """What to ask about the event of an iteration at `index`.

    None where it is no multiplication, where no cell is finite, and where the answer takes more numbers than MOST_CELLS
    of one operand: nobody works that out by hand.
    """
    event = chapter.events[index]
    if not isinstance(event, Multiply):
        return None
    position = chapter.start + index + 1
    cell = choose(event.downstream, position)
    given = None if cell is None else _known(chapter, event, cell)
    if cell is None or given is None:
        return None
    return Question(position, _asks(chapter, event, cell), cell, given)


def choose(x: Array, position: int) -> Cell | None:
    """A cell of the product for the question at a position: always the same there, another one elsewhere.

    If there are such, it is a cell that is not as good as 0 and that would be another number in the transposed product,
    so that both are seen in the answer; None where no cell is finite.
    """
    size = np.abs(x)
    finite = np.isfinite(x)
    rank = finite.astype(int) + (finite & (size > ZERO * size.max(where=finite, initial=0.0)))
    if x.ndim == 2 and (n := min(x.shape)) > 1:
        turned = np.full(x.shape, np.nan)
        turned[:n, :n] = x[:n, :n].T
        with np.errstate(all="ignore"):
            rank = 2 * rank + ~(np.abs(x - turned) <= 2 * CLOSE * size)
    rank = np.where(finite, rank, 0)
    order = (position * _STRIDE % x.size + np.arange(x.size)) % x.size
    best = order[rank.reshape(-1)[order].argmax()]
    cell = tuple(int(i) for i in np.unravel_index(best, x.shape))
    return cell if finite[cell] else None


def _asks(chapter: Chapter, event: Multiply, cell: Cell) -> str:
    program = chapter.program
    product, name = gradient_symbol(program, event.variable), local_symbols(program, event)[0]
    place = f"the cell [{', '.join(map(str, cell))}] of " if cell else ""
    if local_at(event.local, event.downstream, cell) is None:
        return f"{product} = {equation(program, event, {}).formula}: {place}the product?"
    if event.node.name == program.output:  # its upstream is 1
        return f"{place}the derivative of {symbol(program.output)}: {product}?"
    formula = event.local.product.format(g=gradient_symbol(program, event.node.name), d=name)
    if not event.upstream.shape:
        formula = formula.replace("⊙", "·")
    again = "of " if cell else ""
    return f"{product} = {formula}: {place}the local derivative {name}, or {again}the product {product}?"


def _known(chapter: Chapter, event: Multiply, cell: Cell) -> tuple[str, ...] | None:
    """How the node was computed, its upstream, and what the local derivative is made of; None if that is too much."""
    node, program = event.node, chapter.program
    needed = _needed(event, cell)
    # where it is not known which cells are needed, neither is which arguments
    text = node.op.derivatives[event.argument] if needed else node.op.formula
    names = [name for i, name in enumerate(node.arguments) if f"{{{i}}}" in text and not is_literal(name)]
    if node.op.name in ACTIVATIONS:
        names.append(node.name)
    evaluated = chapter.events[chapter.evaluated[node.name]]
    computed = equation(program, evaluated, {name: chapter.value(name) for name in node.arguments})
    for_upstream, for_values = needed or ((), ())
    lines = [
        _line(gradient_symbol(program, node.name), event.upstream, for_upstream),
        *(_line(symbol(name), chapter.value(name), for_values) for name in dict.fromkeys(names)),
    ]
    return None if "" in lines else (f"{computed.left} = {computed.formula}", *lines)


def _needed(event: Multiply, cell: Cell) -> tuple[Region, Region] | None:
    """Of the upstream, and of the values that the local derivative is made of, the cells that the product's cell needs.

    None where that is not known by the structure.
    """
    match event.local:
        case Outer():
            return (cell[0], ALL), (cell[1], ALL)
        case Linear():
            return (ALL, cell[1]), (ALL, cell[0])
        case Repeat(axes=axes, node_shape=shape) | Broadcast(repeat=Repeat(axes=axes, node_shape=shape)):
            region = tuple(ALL if axis in axes else cell[axis] for axis in range(len(shape)))
            return region, region
        case Softmax() | LogSoftmax():
            return (ALL, *cell[1:]), (ALL, *cell[1:])
        case Row() if event.node.op.name == "cross_entropy":
            return (), (ALL, *cell[1:])
        case Identity() | Diagonal() | Row() | Total():
            return cell, cell
    return None


def _line(name: str, x: Array, region: Region) -> str:
    """A value with its name; its region, where that is one cell or all would be too much; empty if it still is.

    A small array is given whole, so that it is the reader who has to find the row or the column.
    """
    if x.ndim and x.ndim == len(region) and (x.size > MOST_CELLS or ALL not in region):
        # an axis of length 1 was repeated to fit
        region = tuple(i if n > 1 or i == ALL else 0 for i, n in zip(region, x.shape, strict=True))
        name += f"[{', '.join(':' if i == ALL else str(i) for i in region)}]"
        x = x[region].reshape(1, -1)
    if x.size > MOST_CELLS or x.ndim > 2:
        return ""
    return f"{name} = {array(x.reshape(()) if x.size == 1 else x, EXACT if x.size == 1 else SHORT)}"
