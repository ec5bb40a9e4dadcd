"""Update rules: a table of pure steps, and the generator that moves one parameter at a time by one of them.

In the equations θ is the parameter, g = ∂L/∂θ, t = 0, 1, … the iteration; squares, roots and quotients are cell by
cell. Libraries differ in where they put the learning rate and ε; the forms here are those of PyTorch. The extras come
before the rule, in this order: g is clipped, then λ θ is added to it (L2 decay; AdamW takes ηλθ off θ instead).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from typing import Any, TypeAlias

import msgspec
import numpy as np

from . import schedules
from .events import Update
from .jacobian import Array, is_finite
from .notation import SHORT, norm, number
from .passes import NotFiniteError
from .schedules import Schedule

State: TypeAlias = Mapping[str, Mapping[str, Array]]
"""For each parameter what its rule remembers, by name. Never written, only replaced; who is not in it has zeros."""
Quantities: TypeAlias = dict[str, Array | float]
Direction: TypeAlias = tuple[dict[str, Array], Array]
Memory: TypeAlias = Mapping[str, Array]
Step: TypeAlias = Callable[[Array, Memory, "UpdateRule", int], Direction]
Updates: TypeAlias = Generator[Update, None, tuple[dict[str, Array], State]]


class UpdateRule(msgspec.Struct, frozen=True):
    """Which rule a scenario trains with, and its settings; those that the rule does not use stay at their defaults.

    momentum, beta1, beta2 and decay are from 0 to below 1, epsilon above 0, weight_decay not negative. Of clip_norm
    and clip_value, both above 0, no more than one is given.
    """

    rule: str
    learning_rate: float
    momentum: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    decay: float = 0.99
    epsilon: float = 1e-8
    weight_decay: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    schedule: Schedule | None = None


class Rule(msgspec.Struct, frozen=True, eq=False):
    """A row of the table of rules: its step, what it remembers (zeros at first), its own settings, its equations.

    `step(g, state, settings, t)` gives by name every quantity in the order in which it is computed, the new state among
    them, and the direction: θ ← θ - η direction. What is `decoupled` decays θ, where the others add the decay to g.
    """

    step: Step
    state: tuple[str, ...]
    settings: tuple[str, ...]
    equations: tuple[str, ...]
    decoupled: bool = False


def update(
    parameters: Mapping[str, Array], gradients: Mapping[str, Array], rule: UpdateRule, state: State, iteration: int
) -> Updates:
    """Move each parameter that has a gradient, in the gradients' order and out of place, one event for each.

    Returns the new parameters and the new state; the state is empty at first. What stands in `quantities` is listed in
    QUANTITIES; the rate is always there. Stops with NotFiniteError behind the event with the first NaN or infinity: in
    `after`, or in a quantity, as where g² overflows, g/√v is 0, and the parameter would never move again.
    """
    extras = rule.weight_decay or rule.clip_norm is not None or rule.clip_value is not None
    follow = _follow if extras or rule.rule != "gradient_descent" else _descend
    return follow(parameters, gradients, rule, state, iteration)


def rate(rule: UpdateRule, iteration: int) -> float:
    """The learning rate η of this iteration, after the schedule."""
    return schedules.scheduled(rule.learning_rate, rule.schedule, iteration) if rule.schedule else rule.learning_rate


def step_of(event: Update) -> Array:
    """What is taken off θ; plain gradient descent keeps no array of it."""
    quantities = event.quantities
    change: Array = np.asarray(quantities["step"] if "step" in quantities else quantities["rate"] * event.gradient)[()]
    return change


def equations(rule: UpdateRule) -> tuple[str, ...]:
    """The rule with the extras that are switched on, in the order in which they are computed; the last is for θ."""
    lines = list(schedules.equations(rule.schedule))
    if rule.clip_value is not None:
        c = number(rule.clip_value, SHORT)
        lines.append(f"g ← min(max(g, -{c}), {c})")
    if rule.clip_norm is not None:
        lines.append(f"g ← g · min(1, {number(rule.clip_norm, SHORT)}/‖∇L‖)")
    row = RULES[rule.rule]
    if rule.weight_decay and not row.decoupled:
        lines.append("g ← g + λ θ")
    return (*lines, *row.equations)


def _descend(
    parameters: Mapping[str, Array], gradients: Mapping[str, Array], rule: UpdateRule, state: State, iteration: int
) -> Updates:
    """Gradient descent without extras, by itself because it is what is timed: nothing but θ ← θ - η g."""
    eta = rate(rule, iteration)
    quantities = {"rate": eta}
    moved = dict(parameters)
    for name, gradient in gradients.items():
        before = parameters[name]
        moved[name] = after = before - eta * gradient
        yield Update(iteration, name, before, gradient, after, quantities)
        if not is_finite(after):
            raise NotFiniteError
    return moved, state


def _follow(
    parameters: Mapping[str, Array], gradients: Mapping[str, Array], rule: UpdateRule, state: State, iteration: int
) -> Updates:
    """Any rule with any extras."""
    row, eta = RULES[rule.rule], rate(rule, iteration)
    shared: Quantities = {"rate": eta, **_clip_factor(gradients, rule)}
    moved, remembered = dict(parameters), dict(state)
    for name, gradient in gradients.items():
        before = parameters[name]
        extras = _extras(before, gradient, rule, shared)
        g = next(reversed(extras.values()), gradient)
        last = state.get(name) or {key: np.zeros_like(before)[()] for key in row.state}
        found, direction = row.step(g, last, rule, iteration)
        remembered[name] = {key: found[key] for key in row.state}
        change = _change(before, direction, rule, eta)
        moved[name] = after = before - change["step"]
        quantities: dict[str, Any] = {**shared, **extras, **found, **change}
        yield Update(iteration, name, before, gradient, after, quantities)
        if not is_finite(after) or not all(map(is_finite, quantities.values())):
            raise NotFiniteError
    return moved, remembered


def _clip_factor(gradients: Mapping[str, Array], rule: UpdateRule) -> Quantities:
    """min(1, c/‖∇L‖) with the norm of all gradients together: Pascanu, Mikolov & Bengio, 2013.

    PyTorch's clip_grad_norm_ adds 1e-6 to the norm; here nothing is added.
    """
    if rule.clip_norm is None:
        return {}
    length = math.hypot(*map(norm, gradients.values()))
    return {"norm": length, "clip": rule.clip_norm / length if length > rule.clip_norm else 1.0}


def _extras(theta: Array, g: Array, rule: UpdateRule, shared: Quantities) -> dict[str, Array]:
    """What is done to a gradient before the rule sees it; the last of these is what it sees."""
    found: dict[str, Array] = {}
    if rule.clip_value is not None:
        found["clipped"] = g = np.clip(g, -rule.clip_value, rule.clip_value)
    if rule.clip_norm is not None:
        found["clipped"] = g = g * shared["clip"]
    if rule.weight_decay and not RULES[rule.rule].decoupled:
        found["decayed"] = g + rule.weight_decay * theta
    return found


def _change(theta: Array, direction: Array, rule: UpdateRule, eta: float) -> dict[str, Array]:
    """What is taken off θ, and before it the part that is decoupled decay."""
    if not RULES[rule.rule].decoupled:
        return {"step": eta * direction}
    shrink = eta * rule.weight_decay * theta
    return {"shrink": shrink, "step": shrink + eta * direction}


def _gradient_descent(g: Array, state: Memory, rule: UpdateRule, t: int) -> Direction:
    """Cauchy, 1847."""
    return {}, g


def _momentum(g: Array, state: Memory, rule: UpdateRule, t: int) -> Direction:
    """Polyak, 1964, as PyTorch: η stands outside v, where Sutskever et al. have v ← μ v - η g, θ ← θ + v."""
    v = rule.momentum * state["v"] + g
    return {"v": v}, v


def _nesterov(g: Array, state: Memory, rule: UpdateRule, t: int) -> Direction:
    """Nesterov, 1983, as PyTorch: θ is Sutskever et al.'s (2013) point ahead, where the gradient is taken."""
    v = rule.momentum * state["v"] + g
    ahead = g + rule.momentum * v
    return {"v": v, "ahead": ahead}, ahead


def _rmsprop(g: Array, state: Memory, rule: UpdateRule, t: int) -> Direction:
    """Tieleman & Hinton, Coursera lecture 6.5, 2012, as PyTorch: ε outside the root; ρ is PyTorch's alpha."""
    v = rule.decay * state["v"] + (1.0 - rule.decay) * (g * g)
    return {"v": v}, g / (np.sqrt(v) + rule.epsilon)


def _adagrad(g: Array, state: Memory, rule: UpdateRule, t: int) -> Direction:
    """Duchi, Hazan & Singer, 2011, the diagonal form, as PyTorch: ε outside the root, η does not decay."""
    total = state["G"] + g * g
    return {"G": total}, g / (np.sqrt(total) + rule.epsilon)


def _adam(g: Array, state: Memory, rule: UpdateRule, t: int) -> Direction:
    """Kingma & Ba, 2015, algorithm 1, whose t is this one plus 1; ε outside the root.

    AdamW is this with decoupled decay: Loshchilov & Hutter, 2019, algorithm 2, as PyTorch with η for their α and η.
    """
    m = rule.beta1 * state["m"] + (1.0 - rule.beta1) * g
    v = rule.beta2 * state["v"] + (1.0 - rule.beta2) * (g * g)
    m_hat = m / (1.0 - rule.beta1 ** (t + 1))
    v_hat = v / (1.0 - rule.beta2 ** (t + 1))
    return {"m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat}, m_hat / (np.sqrt(v_hat) + rule.epsilon)


_MOMENTS = ("m ← β₁ m + (1 - β₁) g", "v ← β₂ v + (1 - β₂) g²", "m̂ = m/(1 - β₁ᵗ⁺¹)", "v̂ = v/(1 - β₂ᵗ⁺¹)")
_ADAM = ("beta1", "beta2", "epsilon")
# fmt: off
RULES = {
    "gradient_descent": Rule(_gradient_descent, (), (), ("θ ← θ - η g",)),
    "momentum": Rule(_momentum, ("v",), ("momentum",), ("v ← μ v + g", "θ ← θ - η v")),
    "nesterov": Rule(_nesterov, ("v",), ("momentum",), ("v ← μ v + g", "θ ← θ - η (g + μ v)")),
    "rmsprop": Rule(_rmsprop, ("v",), ("decay", "epsilon"), ("v ← ρ v + (1 - ρ) g²", "θ ← θ - η g/(√v + ε)")),
    "adagrad": Rule(_adagrad, ("G",), ("epsilon",), ("G ← G + g²", "θ ← θ - η g/(√G + ε)")),
    "adam": Rule(_adam, ("m", "v"), _ADAM, (*_MOMENTS, "θ ← θ - η m̂/(√v̂ + ε)")),
    "adamw": Rule(_adam, ("m", "v"), _ADAM, (*_MOMENTS, "θ ← θ - η λ θ - η m̂/(√v̂ + ε)"), decoupled=True),
}
# fmt: on
"""Every update rule by the name it has in a scenario."""

# fmt: off
QUANTITIES = {
    "rate": "η", "norm": "‖∇L‖", "clip": "min(1, c/‖∇L‖)", "clipped": "g clipped", "decayed": "g + λ θ",
    "v": "v", "ahead": "g + μ v", "G": "G", "m": "m", "m_hat": "m̂", "v_hat": "v̂", "shrink": "η λ θ", "step": "Δθ",
}
"""How each quantity of an event is written; "step" is what is taken off θ."""
# fmt: on
