"""The vocabulary of events: one for each step of the passes.

Events hold references to arrays that are never written again; they never copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, TypeAlias

import msgspec

from .jacobian import Array, LocalDerivative
from .program import Node

Phase: TypeAlias = Literal["forward", "backward", "update", "evaluate"]


class Evaluate(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A node got its value."""

    iteration: int
    phase: Phase
    node: Node
    value: Array


class Multiply(msgspec.Struct, frozen=True, gc=False, eq=False):
    """One multiplication of the chain rule: upstream × local derivative = downstream, towards one argument."""

    iteration: int
    node: Node
    argument: int
    upstream: Array
    local: LocalDerivative
    downstream: Array
    phase: ClassVar[Phase] = "backward"

    @property
    def variable(self) -> str:
        """The variable that the downstream is a contribution to."""
        return self.node.arguments[self.argument]


class Accumulate(msgspec.Struct, frozen=True, gc=False, eq=False):
    """The contributions that meet at one variable are added, in the order in which they arrived."""

    iteration: int
    variable: str
    contributions: tuple[Array, ...]
    total: Array
    phase: ClassVar[Phase] = "backward"


class Update(msgspec.Struct, frozen=True, gc=False, eq=False):
    """A parameter moved; `quantities` has by name what is between gradient and change, the rate first."""

    iteration: int
    parameter: str
    before: Array
    gradient: Array
    after: Array
    quantities: Mapping[str, Array | float]
    phase: ClassVar[Phase] = "update"


Event: TypeAlias = Evaluate | Multiply | Accumulate | Update


def result(event: Event) -> Array:
    """What the event computed: the value, the downstream, the total, or the parameter after."""
    match event:
        case Evaluate():
            return event.value
        case Multiply():
            return event.downstream
        case Accumulate():
            return event.total
        case Update():
            return event.after
