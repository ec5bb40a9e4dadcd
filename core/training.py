"""The trace of a scenario: forward, backward, update."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from . import optimizers
from .events import Event
from .jacobian import Array
from .passes import NotFiniteError, backward, forward
from .scenario import Scenario


def iteration(scenario: Scenario, parameters: dict[str, Array], number: int = 0) -> Generator[Event, None, None]:
    """The events of one iteration from these parameters; up to and with the first NaN or infinity."""
    program = scenario.program
    try:
        values = yield from forward(program, {**scenario.given, **parameters}, number)
        gradients = yield from backward(program, values, number)
        if scenario.update:
            rule = optimizers.RULES[scenario.update.rule]
            learning = {name: _gradient(name, gradients, values) for name in program.wrt if name in parameters}
            yield from rule(parameters, learning, scenario.update, number)
    except NotFiniteError:
        return


def trace(scenario: Scenario) -> Iterator[Event]:
    """All events of the scenario, in order."""
    return iteration(scenario, scenario.parameters)


def _gradient(name: str, gradients: dict[str, Array], values: dict[str, Array]) -> Array:
    """The gradient; 0 for what the output does not reach."""
    return gradients[name] if name in gradients else np.zeros_like(values[name])[()]
