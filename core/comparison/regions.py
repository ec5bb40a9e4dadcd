"""Which missing gradients lie between the reader's numbers: where a mistake may be, and what it would change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from ..jacobian import Array
from ..program import Program
from .injective import is_injective
from .truth import Gradients, Link, total

Links: TypeAlias = Mapping[str, Sequence[Link]]


def between(links: Links, held: Collection[str], variable: str) -> list[str]:
    """The missing variables between this one and those that are held, from the loss on; this one is the last."""
    found, todo = {variable}, [variable]
    while todo:
        for link in links[todo.pop()]:
            name = link.node.name
            if name not in found and name not in held and links[name]:
                found.add(name)
                todo.append(name)
    return [name for name in links if name in found]


def behind(links: Links, held: Collection[str], place: str) -> list[str]:
    """The variables whose gradients depend on that of a missing one, up to the next that are held, in their order."""
    reached, found = {place}, []
    for variable, incoming in links.items():
        if any(link.node.name in reached for link in incoming):
            found.append(variable)
            if variable not in held:
                reached.add(variable)
    return found


def changed(links: Links, passed: Gradients, held: Collection[str], names: Iterable[str], new: Gradients) -> Gradients:
    """What the true rule makes of the variables behind a place whose gradient is a new one."""
    now = {**passed, **new}
    expected: dict[str, Array] = {}
    for name in names:
        expected[name] = total(links[name], now)
        if name not in held:
            now[name] = expected[name]
    return expected


def confirmed(links: Links, held: Collection[str], right: Iterable[str]) -> set[str]:
    """The missing variables that right numbers behind them show to be right, as no multiplication loses a cell."""
    found: set[str] = set()
    todo = list(right)
    while todo:
        incoming = links[todo.pop()]
        name = incoming[0].node.name if len(incoming) == 1 else ""
        if name and name not in held and name not in found and is_injective(incoming[0].local):
            found.add(name)
            todo.append(name)
    return found


def is_one_line(program: Program, variables: Sequence[str]) -> bool:
    """Whether all but the last are inner nodes of one line of the program, which a reader writes as one step."""
    inner = [program.by_name[name].source for name in variables[:-1] if "·" in name]
    return len(inner) == len(variables) - 1 and len(set(inner)) == 1


def depends(links: Links, variable: str, places: Collection[str]) -> bool:
    """Whether one of these places is between a variable and the loss."""
    todo, seen = [variable], set[str]()
    while todo:
        for link in links[todo.pop()]:
            if link.node.name in places:
                return True
            if link.node.name not in seen:
                seen.add(link.node.name)
                todo.append(link.node.name)
    return False
