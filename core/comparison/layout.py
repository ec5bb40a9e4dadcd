"""How a reader's arrays lie: examples in columns or in rows, weights as (outputs, inputs) or transposed.

There is one layout for all of them. What is not square shows it by its shape; where everything is square, the numbers
decide. One array alone that lies otherwise than the others is a mistake, not a layout.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from ..errors import InputError, did_you_mean
from ..jacobian import Array, Shape
from ..notation import shape_text
from ..program import Program
from ..text import short

Group: TypeAlias = Literal["examples", "weights"]

WORDS: Mapping[str, tuple[Group, bool]] = {
    "columns": ("examples", False),
    "rows": ("examples", True),
    "as-here": ("weights", False),
    "transposed": ("weights", True),
}
"""The words of a declared layout: which arrays each of them is about, and whether those are turned."""


class Layout(NamedTuple):
    """Whether examples lie in rows, and whether weights are transposed; and for each how that is known."""

    rows: bool = False
    transposed: bool = False
    known_rows: str = ""
    known_transposed: str = ""

    def __str__(self) -> str:
        parts = [
            (f"examples in {'rows' if self.rows else 'columns'}", self.known_rows),
            (f"weights {'transposed' if self.transposed else 'as here'}", self.known_transposed),
        ]
        return ", ".join(f"{what} ({known})" for what, known in parts if known)

    def turns(self, program: Program, variable: str) -> bool:
        """Whether the arrays of this variable are turned; kernels are not, whose axes all have another meaning."""
        if group_of(program, variable) == "weights":
            return self.transposed and len(program.shape(variable)) == 2
        return self.rows


def group_of(program: Program, variable: str) -> Group:
    """Weights are the matrices of parameters; all else lies as the examples do, a bias gradient among it."""
    return "weights" if variable in _weights(program) and _is_telling(program.shape(variable)) else "examples"


@lru_cache(maxsize=8)  # asked for each array
def _weights(program: Program) -> frozenset[str]:
    """The parameters, and what is computed of parameters and constants alone; a table of embeddings has columns."""
    kinds = {name: variable.kind for name, variable in program.variables.items()}
    tables = {node.arguments[0] for node in program.nodes if node.op.name == "embedding"}
    fixed = {name for name, kind in kinds.items() if kind in ("parameter", "constant")}
    for node in program.nodes:
        if fixed.issuperset(node.arguments):
            fixed.add(node.name)
    return frozenset(fixed - tables)


def declared(text: str, file: str) -> dict[Group, bool]:
    """What a declared layout says of the examples and of the weights; InputError where it is none."""
    found: dict[Group, bool] = {}
    for word in text.replace(",", " ").split():
        if word not in WORDS:
            hint = did_you_mean(word, WORDS)
            raise InputError(f"there is no layout '{short(word)}'", file=file, key="layout", hint=hint)
        group, turned = WORDS[word]
        if found.setdefault(group, turned) != turned:
            hint = "choose one of columns and rows, and one of as-here and transposed"
            raise InputError(f"'{short(word)}' is said beside its opposite", file=file, key="layout", hint=hint)
    return found


def layouts(program: Program, arrays: Mapping[str, Array], said: Mapping[Group, bool]) -> Iterator[Layout]:
    """The layouts that are possible, likeliest first: of each group what is declared, or else what its shapes show."""
    options = {group: _options(program, arrays, group, said) for group in ("examples", "weights")}
    for (rows, known_rows), (transposed, known_transposed) in product(options["examples"], options["weights"]):
        yield Layout(rows, transposed, known_rows, known_transposed)


def _options(
    program: Program, arrays: Mapping[str, Array], group: Group, said: Mapping[Group, bool]
) -> list[tuple[bool, str]]:
    """Whether the arrays of a group are turned, and how that is known; two answers where the numbers must decide."""
    if group in said:
        return [(said[group], "as declared")]
    members = {
        name: x
        for name, x in arrays.items()
        if group_of(program, name) == group and (group == "examples" or len(program.shape(name)) == 2)
    }
    upright = [name for name, x in members.items() if _fits(x.shape, program.shape(name))]
    turned = [name for name, x in members.items() if _fits(x.shape, turned_shape(program.shape(name)))]
    both = set(upright).intersection(turned)
    for votes, others, is_turned in ((upright, turned, False), (turned, upright, True)):
        shown = [name for name in votes if name not in both]
        if len(shown) > len([name for name in others if name not in both]):
            return [(is_turned, f"d{shown[0]} is {shape_text(members[shown[0]].shape)}")]
    if any(name not in both for name in (*upright, *turned)):  # as many of one kind as of the other
        return [(False, "as not said otherwise")]
    if len(both) == 1:
        word = "as-here" if group == "weights" else "columns"
        return [(False, "by the numbers"), (True, f"as d{upright[0]} alone shows; --layout {word} says otherwise")]
    return [(False, "by the numbers"), (True, "by the numbers")] if both else [(False, "")]


def _fits(shape: Shape, wanted: Shape) -> bool:
    """Whether an array has this shape, and that tells anything."""
    return shape == wanted and _is_telling(wanted)


def _is_telling(shape: Shape) -> bool:
    """Whether it can be seen how an array lies: not of one row or column."""
    return len([n for n in shape if n > 1]) > 1


def turned_shape(shape: Shape) -> Shape:
    """The shape of the transposed matrix; of images and all that has more axes, the examples come first."""
    return shape[-1:] + shape[:-1]


def laid(x: Array, shape: Shape, *, turned: bool) -> Array:
    """The reader's array as the scenario has it, where that can be; what is one row or column fits either way.

    An array that does not fit is given as it is, but for a matrix whose layout is turned.
    """
    if x.size == 1 and not shape:
        return x.reshape(())[()]
    if x.size == math.prod(shape) and not _is_telling(shape) and not _is_telling(x.shape):
        return x.reshape(shape)
    if not turned or x.ndim < 2:
        return x
    return np.moveaxis(x, 0, -1)
