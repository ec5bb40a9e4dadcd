"""Mistakes with another layer's φ′, input or weights, and with the weights after the update.

Here u = W a + b, a = φ(u) and δ = ∂L/∂u.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import reduce
from operator import add

from ..jacobian import Array, Diagonal, LocalDerivative
from ..notation import symbol
from ..ops import ACTIVATIONS, Op
from ..ops.linear import Linear, Outer
from ..program import is_literal
from .meeting import each
from .multiplying import with_factors
from .records import Formation, Multiplication, Outcome, Wrong, factors

MOST = 24
"""Other values that are tried in the place of one: those that fit, the nearest in the program first."""

_VALUE = re.compile(r"\{(\d)\}")
_NUMBERED = re.compile(r"(.*?)(\d+)")


# ---- φ′


def slope_of_another(m: Multiplication) -> Iterator[Wrong]:
    """φ′(v) with another value of u's shape, as the u of another layer; another layer's φ′ at this u and at its own."""
    if m.is_activation and isinstance(m.local, Diagonal):
        computed = [name for name in _nearest(m, m.variable) if not m.run.is_parameter(name)]
        others = [name for name in computed if m.run.values[name].shape == m.value.shape][:MOST]
        for name in others:
            if name != m.node.name:  # φ′(a) has a name of its own
                yield from _slope(m, m.node.op, name)
        for phi, (op, u) in _other_activations(m, others).items():
            if phi != m.node.op.name:
                yield from _slope(m, op, m.variable)
                yield from _slope(m, op, u)


def _other_activations(m: Multiplication, names: list[str]) -> dict[str, tuple[Op, str]]:
    """By the name of φ the nearest activation with it, and its u."""
    nodes = [m.run.program.by_name[name] for name in names if name in m.run.program.by_name]
    return {n.op.name: (n.op, n.arguments[0]) for n in reversed(nodes) if n.op.name in ACTIVATIONS}


def _slope(m: Multiplication, op: Op, name: str) -> Iterator[Wrong]:
    u = m.run.values[name]
    slope = op.local[0](op.value(u), u)
    if isinstance(slope, Diagonal):
        yield from with_factors(m, factors(slope, m.downstream), f"{op.name}′({symbol(name)})")


# ---- inputs and weights


def input_of_another(m: Multiplication) -> Iterator[Wrong]:
    """δ a′ᵀ with another value that has as many columns; where a scales, another value of its shape."""
    if (position := factor(m)) is not None and not m.run.is_parameter(m.node.arguments[position]):
        yield from _with_another(m, position)


def inputs_of_another(formation: Formation) -> Iterator[Outcome]:
    """The same in each contribution; and in all of them one value, or the value of the time before or after."""
    yield from each(input_of_another)(formation)
    positions = [factor(m) for m in formation.multiplications]
    used = [m.node.arguments[i] for m, i in zip(formation.multiplications, positions, strict=True) if i is not None]
    if len(used) != len(positions) or len(used) < 2 or any(map(formation.run.is_parameter, used)):
        return
    replacements = [[name] * len(used) for name in _nearest(formation.multiplications[0], used[0])[:MOST]]
    replacements += [[_later(name, by) for name in used] for by in (1, -1)]
    for names in replacements:
        products = list(_replaced(formation, names))
        if len(products) == len(used):
            detail = f"{symbol(names[0])} instead of {symbol(used[0])}, in all {len(used)} contributions"
            yield Outcome(reduce(add, products), None, detail)


def _replaced(formation: Formation, names: list[str]) -> Iterator[Array]:
    """The products with these values in the place of the inputs, of those that they fit."""
    values = formation.run.values
    for m, name in zip(formation.multiplications, names, strict=True):
        position = factor(m)
        if position is not None and name in values and _fits(m.local, m.arguments[position], values[name]):
            product = _with_value(m, position, values[name]).product
            if product.shape == m.downstream.shape:
                yield product


def _later(name: str, by: int) -> str:
    """The name at another time: h3 is h2, one later."""
    found = _NUMBERED.fullmatch(name)
    return f"{found[1]}{int(found[2]) + by}" if found else ""


def weights_of_another(m: Multiplication) -> Iterator[Wrong]:
    """W′ᵀ δ with another parameter that has as many rows; where W scales, another parameter of its shape."""
    if (position := factor(m)) is not None and m.run.is_parameter(m.node.arguments[position]):
        yield from _with_another(m, position)


def updated_weights(m: Multiplication) -> Iterator[Wrong]:
    """Wᵀ δ with the weights that the update made."""
    if (position := factor(m)) is not None:
        name = m.node.arguments[position]
        for value in m.run.updated.get(name, ()):
            yield _with_value(m, position, value, f"the new {symbol(name)}")


def factor(m: Multiplication) -> int | None:
    """The argument whose value is the local derivative, as W is that of W a with respect to a; None where none is."""
    found = _VALUE.fullmatch(m.node.op.derivatives[m.argument])
    return int(found[1]) if found and int(found[1]) != m.argument else None


def _with_another(m: Multiplication, position: int) -> Iterator[Wrong]:
    name = m.node.arguments[position]
    values, is_parameter = m.run.values, m.run.is_parameter(name)
    tried = 0
    for other in _nearest(m, name):
        if m.run.is_parameter(other) == is_parameter and _fits(m.local, values[name], values[other]):
            yield _with_value(m, position, values[other], f"{symbol(other)} instead of {symbol(name)}")
            tried += 1
            if tried == MOST:
                return


def _with_value(m: Multiplication, position: int, value: Array, detail: str = "") -> Wrong:
    """The product with the local derivative that another value of an argument makes."""
    arguments = (*m.arguments[:position], value, *m.arguments[position + 1 :])
    local = m.node.op.local[m.argument](m.value, *arguments)
    product = local.pull_back(m.upstream)
    return Wrong(product, factors(local, product), detail)


def _fits(local: LocalDerivative, right: Array, other: Array) -> bool:
    """Whether the upstream can be multiplied with another value as it is with the right one."""
    match local:
        case Outer():
            return other.ndim == 2 and bool(other.shape[1] == right.shape[1])
        case Linear():
            return other.ndim == 2 and bool(other.shape[0] == right.shape[0])
    return bool(other.shape == right.shape)


def _nearest(m: Multiplication, name: str) -> list[str]:
    """The other variables, the nearest first."""
    names = list(m.run.values)
    at = names.index(name)
    order = sorted(range(len(names)), key=lambda i: abs(i - at))
    return [names[i] for i in order if i != at and not is_literal(names[i])]
