"""Where a gradient comes from: the whole product from the loss to it, and why each map looks as it does."""

from __future__ import annotations

import numpy as np

from .chapter import Chapter
from .equations import gradient_symbol, local_symbols
from .events import Accumulate, Multiply, result
from .jacobian import Array, Broadcast, Diagonal, Repeat, Row, counted
from .notation import symbol
from .ops.linear import Linear, Outer
from .paths import Factor, Path, route
from .program import Program


def whole_product(chapter: Chapter, name: str) -> tuple[Factor, ...]:
    """The factors from ∂L/∂L = 1 to the gradient of a variable, each with the product so far.

    Where contributions met, the route follows the largest of them, and their total is a factor of its own: so the last
    product is always the gradient. Empty where the iteration has not completed that gradient.
    """
    start = next((event for event in chapter.events if isinstance(event, Multiply)), None)
    if start is None or (name != chapter.program.output and name not in chapter.completed):
        return ()
    factors = [Factor(None, start.upstream)]
    for index in route(chapter, name):
        event = chapter.events[index]
        assert isinstance(event, Multiply | Accumulate)
        factors.append(Factor(event, result(event)))
    return tuple(factors)


def path_factors(path: Path, one: Array) -> tuple[Factor, ...]:
    """The factors of one path of a ledger; `one` is ∂L/∂L, and the last product is what the path contributes."""
    factors = [Factor(None, one)]
    with np.errstate(all="ignore"):  # a path's product may overflow where the sums of the backward pass did not
        for edge in path.edges:
            factors.append(Factor(edge, edge.local.pull_back(factors[-1].product)))
    return tuple(factors)


def why(program: Program, event: Multiply | Accumulate) -> list[str]:
    """A few short lines that say why the step looks as it does: what is multiplied by what, transposed, summed."""
    if isinstance(event, Accumulate):
        name = symbol(event.variable)
        return [f"{name} is used {len(event.contributions)} times: what each use sends back is added"]
    y, x = symbol(event.node.name), symbol(event.variable)
    g = gradient_symbol(program, event.node.name)
    match event.local:
        case Linear():
            return _through_a_matrix(symbol(event.node.arguments[0]), x, y)
        case Outer():
            return _to_a_matrix(x, symbol(event.node.arguments[1]), y, g, event.local.a.shape[1])
        case Repeat():
            return [f"{_repeated(x, y, event.local)}: what each of them sends back is summed"]
        case Broadcast():
            derivative, _ = local_symbols(program, event)
            return [
                f"{_repeated(x, y, event.local.repeat)}: what each of them sends back, {g} ⊙ {derivative}, is summed"
            ]
        case Diagonal() if event.upstream.shape:
            derivative, _ = local_symbols(program, event)
            cells = f"each cell of {y} depends on the same cell of {x} alone"
            return [f"{cells}: its own cell of {g} times its own cell of {derivative}; nothing to sum or to transpose"]
        case Diagonal():
            return [f"{y} and {x} are numbers: the upstream times the local derivative"]
        case Row():
            return [event.local.words, f"each cell of {x} gets the number {g} times its own derivative"]
    return [event.local.words]


def _through_a_matrix(W: str, a: str, u: str) -> list[str]:
    """Of u = W a with respect to a."""
    return [
        f"forward, {W}[j, i] carries {a}[i] to {u}[j]",
        f"backward, {a}[i] collects from every {u}[j] it fed: down column i of {W}, which is row i of {W}ᵀ: "
        "hence the transpose",
    ]


def _to_a_matrix(W: str, a: str, u: str, g: str, columns: int) -> list[str]:
    """Of u = W a with respect to W; `g` is the gradient of u."""
    lines = [
        f"{W}[i, k] multiplies {a}[k] on its way to {u}[i], so its gradient is {g}[i] · {a}[k]",
        f"row from {g}, column from {a}: hence the transpose of {a}",
    ]
    if columns > 1:
        lines.append(f"{a} has {columns:,} columns (examples, or tokens): their products are summed")
    return lines


def _repeated(x: str, y: str, repeat: Repeat) -> str:
    """Where the copies of an argument are: b₂[i] is in each of the 4 columns of u₂."""
    if len(repeat.node_shape) == 2 and repeat.shape[:1] == repeat.node_shape[:1]:
        return f"{x}[i] is in each of the {repeat.repeats:,} columns of {y}"
    return f"each cell of {x} is in {counted(repeat.repeats, 'cell')} of {y}"
