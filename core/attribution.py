"""Where a gradient vanishes or explodes: what each factor on the longest way back does to its size.

The sizes are Frobenius norms, ‖·‖. On the way from the loss each factor turns an upstream into a downstream, and
log₁₀(‖downstream‖ / ‖upstream‖) is its share: as ‖∂L/∂L‖ is 1, the shares add up to log₁₀ of the last product's norm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from .chapter import Chapter
from .equations import gradient_symbol, local_symbols
from .errors import InputError
from .events import Accumulate, Multiply
from .jacobian import Diagonal
from .notation import log_norm, symbol
from .ops import ACTIVATIONS, LOSSES
from .ops.linear import Linear
from .paths import route
from .program import Program

Verdict: TypeAlias = Literal["vanishes", "explodes", "passes"]

POWERS = 2.0
"""Powers of ten, lost or gained behind the loss, from which on a gradient vanishes or explodes."""
FLAT = 1 / 20
"""Part of its steepest slope below which an activation function is saturated."""
STEEPEST = {
    "sigmoid": 1 / 4, "tanh": 1.0, "relu": 1.0, "leaky_relu": 1.0, "elu": 1.0,
    "softplus": 1.0, "silu": 1.0, "gelu": 1.0, "gelu_tanh": 1.0,
}  # fmt: skip
"""The slope of each function that can saturate: at 0 of those in the shape of an S, far to the right of the others."""
_PRODUCTS = ("matmul", "affine", "multiply", "conv2d")
"""Ops whose derivative towards one of the first two arguments is made of the other."""


class Units(msgspec.Struct, frozen=True):
    """How many units of an activation let nothing pass, φ′ = 0 for every example; how many hardly anything; of all."""

    dead: int
    saturated: int
    of: int


class Share(msgspec.Struct, frozen=True):
    """What one factor contributes: `log10` is log₁₀(‖downstream‖ / ‖upstream‖), `product` log₁₀‖downstream‖.

    `index` is its event in the chapter; `layer` is 0 for what is no layer's. `kind` is "loss", "weights", "activation",
    "meeting" for an accumulation, whose upstream is the largest contribution, else the name of the op. `variable` is
    whose gradient the product is, or adds to. Behind a product of 0 (-inf) a factor's share is 0: nothing reaches it.
    """

    index: int
    layer: int
    kind: str
    label: str
    variable: str
    log10: float
    product: float
    units: Units | None = None


class Attribution(msgspec.Struct, frozen=True):
    """The shares of an iteration in their order, from the loss on; at least one."""

    shares: tuple[Share, ...]

    @property
    def total(self) -> float:
        """log₁₀ of what becomes of the gradient behind the loss."""
        return math.fsum(share.log10 for share in self.shares if share.kind != "loss")

    def together(self, kind: str) -> float:
        """log₁₀ of what all factors of one kind do together."""
        return math.fsum(share.log10 for share in self.shares if share.kind == kind)

    @property
    def verdict(self) -> Verdict:
        """Whether the gradient changes by so many powers of ten behind the loss that it vanishes or explodes."""
        return "vanishes" if self.total <= -POWERS else "explodes" if self.total >= POWERS else "passes"

    @property
    def guilty(self) -> int:
        """Which share does most for the verdict; where the gradient passes, which changes it most; of equals the first.

        The loss is blamed only where all ends at it, or where there is nothing else.
        """
        sign = {"vanishes": -1.0, "explodes": 1.0, "passes": 0.0}[self.verdict]
        every = range(len(self.shares))
        behind = [i for i in every if self.shares[i].kind != "loss" or math.isinf(self.shares[i].log10)]

        def blame(i: int) -> float:
            log10 = self.shares[i].log10
            return round(sign * log10 if sign else abs(log10), 9)  # equal but for rounding is equal

        return max(behind or every, key=blame)


def attribution(chapter: Chapter) -> Attribution:
    """What each factor of an iteration does to the gradient, as far as the backward pass has come.

    The way leads to the variable that is the most edges away from the loss, parameters apart: with layers to u₁, or to
    the input if that is differentiated. InputError where no gradient is complete.
    """
    program = chapter.program
    shares: list[Share] = []
    before = 0.0  # log₁₀ ‖∂L/∂L‖
    for index in route(chapter, _furthest(chapter)):
        match chapter.events[index]:
            case Multiply() as event:
                layer = program.layer_of.get(event.node.name)
                kind = _kind(program, event)
                name, units = _label(program, event, kind), _units(event) if kind == "activation" else None
                product, place = log_norm(event.downstream), layer.number if layer else 0
            case Accumulate() as event:
                kind, name, units = "meeting", gradient_symbol(program, event.variable), None
                product, place = log_norm(event.total), 0
        log10 = product - before if before > -math.inf else 0.0
        shares.append(Share(index, place, kind, name, event.variable, log10, product, units))
        before = product
    return Attribution(tuple(shares))


def history(chapters: Iterable[Chapter]) -> list[float]:
    """log₁₀ of the norm of the last product, iteration by iteration; those without a gradient are left out."""
    return [attribution(chapter).shares[-1].product for chapter in chapters if chapter.completed]


# ---- the way from the loss


def _furthest(chapter: Chapter) -> str:
    """The variable whose gradient is complete and has the most edges behind it; a parameter only if there is no other.

    The gradients of parameters lie beside the way: their sizes are not those of what is passed on.
    """
    program = chapter.program
    edges = {program.output: 0}
    for node in program.needed:
        for position in node.needed:
            name = node.arguments[position]
            edges[name] = max(edges.get(name, 0), edges[node.name] + 1)
    complete = [name for name in edges if name in chapter.completed]
    if not complete:
        nothing = f"{symbol(program.output)} depends on nothing that is asked for"
        hint = "the run stops before the first one is complete" if program.uses else nothing
        raise InputError("this iteration has no gradient to follow", hint=hint)
    return max([name for name in complete if not _is_parameter(program, name)] or complete, key=edges.__getitem__)


# ---- one factor


def _kind(program: Program, event: Multiply) -> str:
    """Whose factor it is: the loss's, the weights', an activation's; else the op's name."""
    node = event.node
    layer = program.layer_of.get(node.name)
    if layer:
        return "activation" if node.name == layer.a else "weights"
    if program.layers or node.op.name in LOSSES:
        return "loss"
    if node.op.name in ACTIVATIONS:
        return "activation"
    return "weights" if _is_parameter(program, _other(event)) else node.op.name


def _label(program: Program, event: Multiply, kind: str) -> str:
    """φ₃′(u₃), W₄ᵀ, or ∂z/∂a."""
    other = _other(event)
    if kind != "weights" or not other:
        return local_symbols(program, event)[0]
    return symbol(other) + "ᵀ" * isinstance(event.local, Linear)


def _other(event: Multiply) -> str:
    """The argument that the local derivative is made of, where the op is a product; else empty."""
    is_product = event.node.op.name in _PRODUCTS and event.argument < 2
    return event.node.arguments[1 - event.argument] if is_product else ""


def _is_parameter(program: Program, name: str) -> bool:
    return name in program.variables and program.variables[name].kind == "parameter"


def _units(event: Multiply) -> Units | None:
    """Its units by their largest |φ′| in any example, which are along the last axis; None where none can saturate."""
    steepest = STEEPEST.get(event.node.op.name)
    if steepest is None or not isinstance(event.local, Diagonal):
        return None
    slopes = np.abs(event.local.diagonal)
    largest = slopes.max(axis=-1) if slopes.ndim else slopes
    dead = int(np.count_nonzero(largest == 0.0))
    flat = int(np.count_nonzero(largest < FLAT * steepest))
    return Units(dead, flat - dead, largest.size)
