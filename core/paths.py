"""The factors behind a gradient: the route from the loss to it, one local derivative after the other."""

from __future__ import annotations

import msgspec

from .events import Accumulate, Event, Multiply
from .jacobian import Array
from .timeline import Timeline


class Factor(msgspec.Struct, frozen=True, eq=False):
    """One factor of a running product, and the product up to it.

    `event` is the multiplication that brought it; or the accumulation at which contributions met, whose total is then
    the first factor; or None for ∂L/∂L = 1.
    """

    event: Multiply | Accumulate | None
    product: Array


def running_product(timeline: Timeline, position: int) -> tuple[Factor, ...]:
    """The factors on the route of the event at `position`, from the loss, or from the last accumulation, to it.

    Empty where the event is no step of the backward pass.
    """
    event: Event | None = timeline.event(position)
    factors: list[Factor] = []
    while isinstance(event, Multiply):
        factors.append(Factor(event, event.downstream))
        node = event.node.name
        index = timeline.completed.get(node)
        if index is None:
            factors.append(Factor(None, event.upstream))
            break
        event = timeline.events[index]
    if isinstance(event, Accumulate):
        factors.append(Factor(event, event.total))
    return tuple(reversed(factors))
