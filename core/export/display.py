"""Displayed equations: on one line where they fit, else in rows, aligned, with long sums broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from .latex import LARGE, MATRIX, NAME, cells, mathematics

ROOM = 60
"""Characters that an equation may have on one line, and each row of a longer one."""


def display(left: str, relation: str, parts: Sequence[str]) -> str:
    """left = part = part …, on one line where it fits, else aligned at the relation, a part to a row."""
    if _width(f"{left} {relation} {' = '.join(parts)}") <= ROOM:
        return f"{mathematics(left)} {mathematics(relation)} {' = '.join(map(mathematics, parts))}"
    rows: list[str] = []
    for part in parts:
        first, *others = _broken(part)
        rows.append(f"&{' ' + mathematics(relation) if not rows else ' ='} {mathematics(first)}")
        rows += [rf"&\quad {{}}{mathematics(row)}" for row in others]
    # {} because a bracket that begins the first row would be taken for an option
    return "\\begin{aligned}\n{}" + mathematics(left) + " " + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _width(text: str) -> int:
    """About how many characters wide it will be set."""
    text = re.sub(MATRIX, lambda match: "x" * _matrix_width(match[0]), text)
    text = re.sub(LARGE, lambda match: "x" * (len(match[0]) - match[0].index("‖")), text)
    return len(re.sub(rf"∂({NAME})/∂({NAME})", lambda match: "x" * (1 + max(map(len, match.groups()))), text))


def _matrix_width(text: str) -> int:
    columns = zip_longest(*cells(text), fillvalue="")
    return 2 + sum(2 + max(map(len, column)) for column in columns)


def _broken(text: str) -> list[str]:
    """A sum in rows that fit, each but the first beginning with its sign; brackets are not broken."""
    rows = [""]
    depth, bars = 0, 0
    for piece in re.split(r"( [+-] |[()\[\]]|‖)", text):
        depth += (piece in ("(", "[")) - (piece in (")", "]")) if piece else 0
        bars ^= piece == "‖"
        if piece in (" + ", " - ") and not depth and not bars:
            rows.append("")
        rows[-1] += piece
    return list(_packed(rows))


def _packed(terms: Sequence[str]) -> Iterator[str]:
    row = terms[0]
    for term in terms[1:]:
        if _width(row + term) > ROOM:
            yield row
            row = term
        else:
            row += term
    yield row
