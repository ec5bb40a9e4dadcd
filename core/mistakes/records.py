"""What the catalogue of mistakes works on and what comes out: frozen records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import add
from typing import TypeAlias

import msgspec
import numpy as np

from ..jacobian import Array, Diagonal, Identity, LocalDerivative, Row, Total
from ..ops import ACTIVATIONS
from ..program import Node, Program

Cell: TypeAlias = tuple[int, ...]


class Mistake(msgspec.Struct, frozen=True, eq=False):
    """A common mistake: `id` is for programs and stays the same, `name` is what a person reads."""

    id: str
    name: str


class Run(msgspec.Struct, frozen=True, eq=False):
    """What the multiplications of one backward pass have in common.

    `values` has every value of the forward pass by name. `updated` has what each parameter may be after the update, the
    rule's first; `earlier` what is left over by parameter where gradients are not reset: the gradient of the iteration
    before, then the sum of all before.
    """

    program: Program
    values: Mapping[str, Array]
    updated: Mapping[str, tuple[Array, ...]] = {}
    earlier: Mapping[str, tuple[Array, ...]] = {}

    def is_parameter(self, name: str) -> bool:
        """Whether a variable is one that learns."""
        return name in self.program.variables and self.program.variables[name].kind == "parameter"


class Multiplication(msgspec.Struct, frozen=True, eq=False):
    """One multiplication of the chain rule: upstream × local derivative = downstream, towards one argument.

    The downstream is what is right for this upstream, whether or not the upstream is right itself.
    """

    node: Node
    argument: int
    local: LocalDerivative
    upstream: Array
    downstream: Array
    run: Run

    @property
    def value(self) -> Array:
        """The node's value."""
        return self.run.values[self.node.name]

    @property
    def arguments(self) -> tuple[Array, ...]:
        """The values of the node's arguments."""
        return tuple(self.run.values[name] for name in self.node.arguments)

    @property
    def variable(self) -> str:
        """The variable that the downstream is a contribution to."""
        return self.node.arguments[self.argument]

    @property
    def is_activation(self) -> bool:
        """Whether the node is a = φ(u)."""
        return self.node.op.name in ACTIVATIONS

    @property
    def beside(self) -> Array | None:
        """The upstream in the downstream's shape; None where its shape has no such cells."""
        if self.factors is not None or self.upstream.shape == self.downstream.shape:
            return np.broadcast_to(self.upstream, self.downstream.shape)[()]
        return None

    @property
    def factors(self) -> Array | None:
        """The number that each cell of `beside` is multiplied with; None where cells are sums of several products."""
        return factors(self.local, self.downstream)


def factors(local: LocalDerivative, downstream: Array) -> Array | None:
    """The number that makes each cell of a downstream; None where cells are sums of several products."""
    match local:
        case Identity() | Diagonal() | Row() | Total():
            return np.broadcast_to(local.shown, downstream.shape)[()]
    return None


def local_at(local: LocalDerivative, downstream: Array, cell: Cell) -> float | None:
    """The one number that the upstream is multiplied with at a cell; None where it is a sum of several products."""
    found = factors(local, downstream)
    return None if found is None else float(found[cell])


class Wrong(msgspec.Struct, frozen=True, eq=False):
    """What comes out of a multiplication with a mistake in it.

    `local` is the wrong local derivative where the right one is a number for each cell. Either may be of another shape.
    """

    product: Array
    local: Array | None = None
    detail: str = ""


class Outcome(msgspec.Struct, frozen=True, eq=False):
    """What comes out at a variable with a mistake in its formation; `at` and `detail` as in Candidate."""

    gradient: Array
    at: int | None = None
    detail: str = ""


class Formation(msgspec.Struct, frozen=True, eq=False, dict=True):
    """How the gradient of one variable is formed: the multiplications in order of arrival, whose downstreams add up."""

    variable: str
    multiplications: tuple[Multiplication, ...]
    run: Run

    @property
    def gradient(self) -> Array:
        """The sum of the downstreams from left to right."""
        return self.sums[-1]

    @cached_property
    def sums(self) -> Sequence[Array]:
        """The sum of the downstreams up to each."""
        with np.errstate(all="ignore"):
            return list(accumulate((each.downstream for each in self.multiplications), add))

    @cached_property
    def rests(self) -> Sequence[Array]:
        """The sum of the downstreams from each on."""
        with np.errstate(all="ignore"):
            return list(accumulate((each.downstream for each in reversed(self.multiplications)), add))[::-1]

    def with_product(self, index: int, product: Array) -> Array | None:
        """The gradient with a wrong product in one place; None where it is right, or does not fit the others."""
        right = self.multiplications[index].downstream
        if np.array_equal(product, right) or (product.shape != right.shape and len(self.multiplications) > 1):
            return None
        total = self.sums[index - 1] + product if index else product
        return total + self.rests[index + 1] if index + 1 < len(self.rests) else total


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """What comes out at a variable where one of the mistakes is made; it may be of another shape than is right.

    `at` is the index of the multiplication that the mistake is in: None where it is made as contributions meet, or in
    all of them. `detail` says more, in symbols.
    """

    mistake: Mistake
    gradient: Array
    at: int | None
    detail: str = ""
