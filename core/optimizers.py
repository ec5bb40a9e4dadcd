"""Update rules: generators that move one parameter at a time and show every quantity on the way."""

from __future__ import annotations

from collections.abc import Generator, Mapping

import msgspec

from .events import Update
from .jacobian import Array, is_finite
from .passes import NotFiniteError


class UpdateRule(msgspec.Struct, frozen=True):
    """Which rule a scenario trains with, and its learning rate η."""

    rule: str
    learning_rate: float


def gradient_descent(
    parameters: Mapping[str, Array], gradients: Mapping[str, Array], rule: UpdateRule, iteration: int = 0
) -> Generator[Update, None, dict[str, Array]]:
    """θ ← θ - η ∂L/∂θ for each parameter, out of place; returns the new parameters."""
    rate = rule.learning_rate
    quantities = {"rate": rate}
    moved = dict(parameters)
    for name, gradient in gradients.items():
        before = parameters[name]
        moved[name] = after = before - rate * gradient
        yield Update(iteration, name, before, gradient, after, quantities)
        if not is_finite(after):
            raise NotFiniteError
    return moved


RULES = {"gradient_descent": gradient_descent}
"""Every update rule by the name it has in a scenario."""
