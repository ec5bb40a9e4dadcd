"""The ledger of a gradient: the paths that add up to it, the foremost one by one, the others together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache

import msgspec
import numpy as np

from .chapter import Chapter
from .equations import gradient_symbol
from .events import Multiply, result
from .jacobian import Array
from .notation import SHORT, array, symbol
from .paths import Path, count, foremost
from .program import Program

MOST = 64
"""Paths that are listed."""
MOST_CELLS = 1 << 22
"""Cells of all listed products together: of a large gradient fewer paths are listed, but always one."""
LINE = 100
"""Characters of a line of text."""
COUNT = 45
"""Characters in which a number of paths is still written in full."""


class Ledger(msgspec.Struct, frozen=True, eq=False):
    """What adds up to the gradient of a variable.

    `count` paths lead to it. Those `listed` have their product; `rest` is what the `remaining` ones add together, the
    gradient less all that is listed, and None where none remain.
    """

    variable: str
    count: int
    listed: tuple[Path, ...]
    remaining: int
    rest: Array | None
    gradient: Array


def ledger(
    program: Program, name: str, multiplications: Iterable[Multiply], gradient: Array, most: int = MOST
) -> Ledger:
    """The ledger of a variable, from its gradient and the multiplications of one backward pass, as far as it has come.

    A path of which not every multiplication has happened is among the remaining.
    """
    most = min(most, max(MOST_CELLS // gradient.size, 1))
    with np.errstate(all="ignore"):  # a product may overflow where the sums of the backward pass did not
        listed = foremost(program, name, multiplications, gradient.dtype.type(1.0), most)
        number = count(program, name)
        remaining = number - len(listed)
        rest = gradient
        for path in listed if remaining else ():
            rest = rest - path.product
    return Ledger(name, number, listed, remaining, rest if remaining else None, gradient)


@lru_cache(maxsize=1)  # a screen asks for the same one again and again
def ledger_at(chapter: Chapter, name: str) -> Ledger:
    """The ledger of a gradient that an iteration has completed."""
    gradient = result(chapter.events[chapter.completed[name]])
    multiplications = [event for event in chapter.events if isinstance(event, Multiply)]
    return ledger(chapter.program, name, multiplications, gradient)


def ledger_lines(program: Program, ledger: Ledger) -> list[str]:
    """The ledger as text: a line for each path listed, one for the remaining, one for the sum."""
    name, gradient = symbol(ledger.variable), gradient_symbol(program, ledger.variable)
    lines = []
    if not ledger.count:
        lines.append(f"no path leads from {symbol(program.output)} to {name}")
    for path in ledger.listed:
        product = _short(path.product)
        lines.append(f"{route(program, path, LINE - 2 - len(product))}: {product}")
    if ledger.rest is not None:
        lines.append(f"the remaining {count_text(ledger.remaining, COUNT)} together = {_short(ledger.rest)}")
    return [*lines, f"the sum = {gradient} = {_short(ledger.gradient)}"]


def route(program: Program, path: Path, room: int, size: Callable[[str], int] = len) -> str:
    """L → z → u₂ → x in `room` cells; what has no room is counted in the middle: L → z → …12… → x.

    It is longer where even the loss and the variable have no room. Where a node has a variable twice, the arrow has
    the argument's number: z →₂ x.
    """
    edges, start = path.edges, symbol(program.output)
    text = start + _hops(edges[: max(room, 1)])  # more of them have no room
    if size(text) <= room:
        return text
    for kept in range(1, len(edges)):
        first, last = edges[: kept // 2], edges[-((kept + 1) // 2) :]
        shortened = f"{start}{_hops(first)} → …{len(edges) - kept}…{_hops(last)}"
        if kept > 1 and size(shortened) > room:
            break
        text = shortened
    return text


def count_text(number: int, room: int) -> str:
    """A number of paths, in full where that takes at most `room` characters, else about: ≈ 1.27e+30."""
    if number < 10**room and len(text := f"{number:,}") <= room:
        return text
    return f"≈ {Decimal(number):.2e}"


def _hops(edges: Sequence[Multiply]) -> str:
    return "".join(f" {_arrow(edge)} {symbol(edge.variable)}" for edge in edges)


def _arrow(edge: Multiply) -> str:
    return f"→{symbol(f'a{edge.argument + 1}')[1:]}" if edge.node.arguments.count(edge.variable) > 1 else "→"


def _short(x: Array) -> str:
    """A value in at most about a third of a line: with all its digits, with fewer, or as a norm."""
    texts = (array(x), array(x, SHORT), array(x, SHORT, most=0))
    return next((text for text in texts if len(text) <= LINE // 3), texts[-1])
