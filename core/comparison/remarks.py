"""What is worth saying of a right number: digits that a form of the rule, or float32, has lost."""

from __future__ import annotations

import numpy as np

from ..jacobian import Array
from ..notation import symbol
from .truth import Link, Truth

LOST = 1e-3
"""From which relative deviation on digits are said to be lost, where rounding explains it."""
FORMS = {"tanh": "1 - a²", "sigmoid": "a (1 - a)"}
"""The textbook's form of the derivative, which is the small difference of large numbers where a is nearly 1."""
SINGLE = "the numbers are {}'s where the scenario has float64, and compared to its rounding"
TURNED = "shapes and cells are told as the scenario has them"
DIGITS = "the numbers are written with few digits, and compared as far as they go"


def saturated(truth: Truth, variable: str, given: Array, expected: Array) -> tuple[str, ...]:
    """Where tanh or sigmoid saturates, and the reader's number has lost digits for it."""
    links = truth.links[variable]
    if len(links) != 1 or links[0].node.op.name not in FORMS or given.shape != expected.shape:
        return ()
    with np.errstate(all="ignore"):
        lost = np.abs(given - expected) > LOST * np.abs(expected)
    return (_text(links[0]),) if lost.any() else ()


def _text(link: Link) -> str:
    name = link.node.op.name
    kept = "sech²(u)" if name == "tanh" else "σ(u) σ(-u)"
    return f"{FORMS[name]} loses digits where {symbol(link.node.name)} = {name} saturates; {kept} keeps them"
