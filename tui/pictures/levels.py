"""A graph in columns: each node behind what it is made from, and few edges that cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Levels(NamedTuple):
    """A graph in columns: the names in each from above, with the bends of edges that go on; and the level of each name.

    `hidden` counts the nodes of each column that have no room.
    """

    columns: tuple[tuple[tuple[str, bool], ...], ...]
    level: Mapping[str, int]
    hidden: tuple[int, ...]


def levelled(parents: Mapping[str, Sequence[str]], rows: int) -> Levels:
    """Each node one column behind the last of its parents, what is given one before its first use; `rows` at most.

    `parents` are in order. An edge over more than one column bends in each between; the nodes of a column are in the
    order of the middle of their neighbours (Sugiyama and others, 1981).
    """
    children: dict[str, list[str]] = {name: [] for name in parents}
    level: dict[str, int] = {}
    for name, above in parents.items():
        level[name] = max((level[parent] + 1 for parent in above), default=0)
        for parent in above:
            children[parent].append(name)
    for name, below in children.items():
        if below and not parents[name]:
            level[name] = min(level[child] for child in below) - 1
    columns: list[list[tuple[str, bool]]] = [[] for _ in range(max(level.values(), default=0) + 1)]
    for name, below in children.items():
        columns[level[name]].append((name, False))
        for between in range(level[name] + 1, max((level[child] for child in below), default=0)):
            columns[between].append((name, True))
    for _ in range(3):
        for index in range(1, len(columns)):
            _sort(columns[index], columns[index - 1], parents)
        for index in range(len(columns) - 2, -1, -1):
            _sort(columns[index], columns[index + 1], children)
    kept = [_kept(column, rows) for column in columns]
    hidden = [sum(not bend for _, bend in set(column) - set(k)) for column, k in zip(columns, kept, strict=True)]
    return Levels(tuple(map(tuple, kept)), level, tuple(hidden))


def _sort(
    column: list[tuple[str, bool]], beside: list[tuple[str, bool]], neighbours: Mapping[str, Sequence[str]]
) -> None:
    """Put a column in the order of the middle of each one's neighbours in the column beside."""
    place = {name: at - (len(beside) - 1) / 2 for at, (name, _) in enumerate(beside)}
    own = {entry: at - (len(column) - 1) / 2 for at, entry in enumerate(column)}

    def middle(entry: tuple[str, bool]) -> float:
        near = [place[name] for name in (entry[0], *neighbours[entry[0]]) if name in place]
        return sum(near) / len(near) if near else own[entry]

    column.sort(key=middle)


def _kept(column: Sequence[tuple[str, bool]], rows: int) -> list[tuple[str, bool]]:
    """What has room in a column: of too many the bends go first."""
    nodes = [entry for entry in column if not entry[1]]
    if len(column) <= rows:
        return list(column)
    return nodes if len(nodes) <= rows else nodes[: max(rows - 1, 0)]
