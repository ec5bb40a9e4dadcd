"""Mistakes where contributions meet: one of them or all are wrong, are left out, or are more than there should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from itertools import zip_longest
from operator import add

import numpy as np

from ..notation import symbol
from .records import Formation, Multiplication, Outcome, Wrong

PENALTIES = ("l1", "l2")


def each(wrongs: Callable[[Multiplication], Iterator[Wrong]]) -> Callable[[Formation], Iterator[Outcome]]:
    """A mistake in each contribution in turn, then in all at once where it can be made in several."""

    def outcomes(formation: Formation) -> Iterator[Outcome]:
        several = len(formation.multiplications) > 1
        for at, m in enumerate(formation.multiplications):
            for wrong in wrongs(m):
                if (gradient := formation.with_product(at, wrong.product)) is not None:
                    yield Outcome(gradient, at, _joined(wrong.detail, through(m) if several else ""))
        if several:
            yield from _everywhere(formation, wrongs)

    return outcomes


def _everywhere(formation: Formation, wrongs: Callable[[Multiplication], Iterator[Wrong]]) -> Iterator[Outcome]:
    """The first form of the mistake in all contributions, then the second, …"""
    rights = [m.downstream for m in formation.multiplications]
    of = len(rights)
    for forms in zip_longest(*map(wrongs, formation.multiplications)):
        products = [form.product if form else right for form, right in zip(forms, rights, strict=True)]
        made = sum(not np.array_equal(product, right) for product, right in zip(products, rights, strict=True))
        if made > 1 and len({product.shape for product in products}) == 1:
            details = {form.detail for form in forms if form}
            where = f"in all {of} contributions" if made == of else f"in {made} of {of} contributions"
            yield Outcome(reduce(add, products), None, _joined(details.pop() if len(details) == 1 else "", where))


def through(m: Multiplication) -> str:
    """Which contribution it is: through ∂u₃/∂a₂."""
    return f"through ∂{symbol(m.node.name)}/∂{symbol(m.variable)}"


def last_only(formation: Formation) -> Iterator[Outcome]:
    """The contribution that arrived last."""
    if len(formation.multiplications) > 1:
        last = formation.multiplications[-1]
        yield Outcome(last.downstream, None, through(last))


def path_forgotten(formation: Formation) -> Iterator[Outcome]:
    """All contributions but one."""
    if len(formation.multiplications) > 1:
        for at, m in enumerate(formation.multiplications):
            parts = [*formation.sums[:at][-1:], *formation.rests[at + 1 :][:1]]  # before it, behind it
            yield Outcome(reduce(add, parts), None, through(m))


def penalty_times(factor: float) -> Callable[[Multiplication], Iterator[Wrong]]:
    """The contribution of a penalty times a factor: 0 where it is forgotten."""

    def scaled(m: Multiplication) -> Iterator[Wrong]:
        if _is_penalty(m):
            yield Wrong(factor * m.downstream)

    return scaled


def not_reset(formation: Formation) -> Iterator[Outcome]:
    """What is right, added to what was left over."""
    for left_over in formation.run.earlier.get(formation.variable, ()):
        if left_over.shape == formation.gradient.shape:
            yield Outcome(left_over + formation.gradient)


def _is_penalty(m: Multiplication) -> bool:
    """Whether the node is l1(W) or l2(W), or the W^n in a sum(W^n) that is written out."""
    if m.node.op.name in ("power", "abs") and m.argument == 0 and m.run.is_parameter(m.variable):
        return any(node.op.name == "sum" and m.node.name in node.arguments for node in m.run.program.nodes)
    return m.node.op.name in PENALTIES


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
