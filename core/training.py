"""Training: iterations of forward, backward, update over the batches, and at the end of each epoch an evaluation."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping

import msgspec
import numpy as np

from . import optimizers
from .events import Evaluate, Event
from .initial import draw_mask
from .jacobian import Array
from .ops.normalise import statistics
from .passes import NotFiniteError, backward, forward
from .program import Program
from .scenario import Scenario
from .variants import MEAN, VARIANCE

OVERHEAD = 256
"""Bytes that an array takes besides its cells, with its place in a dictionary."""


class State(msgspec.Struct, frozen=True, eq=False):
    """What an iteration starts from: the parameters, and what the update rule remembers."""

    parameters: dict[str, Array]
    memory: optimizers.State = {}

    @property
    def nbytes(self) -> int:
        """About how many bytes it holds: its arrays, each with what goes with it."""
        remembered = [x for by_name in self.memory.values() for x in by_name.values()]
        return sum(x.nbytes + OVERHEAD for x in [*self.parameters.values(), *remembered]) + OVERHEAD


def iteration(
    scenario: Scenario, state: State, number: int, given: Mapping[str, Array]
) -> Generator[Event, None, State | None]:
    """The events of one iteration; returns what the next starts from, None behind the first NaN or infinity.

    `given` is what `given_at` says.
    """
    try:
        program = program_at(scenario, number)
        values = yield from forward(program, {**given, **state.parameters}, number)
        gradients = yield from backward(program, values, number)
        if scenario.update:
            learning = {name: _gradient(name, gradients, values) for name in scenario.learning}
            moved = optimizers.update(state.parameters, learning, scenario.update, state.memory, number)
            state = State(*(yield from moved))
        if ends_epoch(scenario, number):
            yield from evaluation(scenario, state.parameters, number)
    except NotFiniteError:
        return None
    return state


def trace(scenario: Scenario) -> Iterator[Event]:
    """All events of the scenario, in order."""
    if scenario.iterations == 1:  # one generator less for each event to pass
        return iteration(scenario, State(scenario.parameters), 0, given_at(scenario, 0))
    return _iterations(scenario)


def _iterations(scenario: Scenario) -> Iterator[Event]:
    state = State(scenario.parameters)
    for number in range(scenario.iterations):
        after = yield from iteration(scenario, state, number, given_at(scenario, number))
        if after is None:
            return
        state = after


def given_at(scenario: Scenario, number: int) -> dict[str, Array]:
    """All values but the parameters at an iteration: its batch and its random masks among them."""
    masks = scenario.program.masks
    if not scenario.examples and not masks:
        return scenario.given
    batch = scenario.examples.batch(number) if scenario.examples else {}
    program = program_at(scenario, number)
    drawn = {name: _mask(scenario, program, name, p, number) for name, p in masks.items()}
    return {**scenario.given, **batch, **drawn}


def program_at(scenario: Scenario, number: int) -> Program:
    """The program at the shapes of the iteration's batch: the last one of an epoch may be smaller."""
    return scenario.program if scenario.examples is None else scenario.program_for(scenario.examples.size(number))


def ends_epoch(scenario: Scenario, number: int) -> bool:
    """Whether held-out examples are evaluated behind this iteration: at the end of an epoch, and of the run."""
    if scenario.examples is None or scenario.evaluation is None:
        return False
    return (number + 1) % scenario.examples.epoch_length == 0 or number + 1 == scenario.iterations


def evaluation(
    scenario: Scenario, parameters: dict[str, Array], number: int
) -> Generator[Evaluate, None, dict[str, Array]]:
    """Forward over the held-out examples with dropout off, and in batch norm the statistics of all training examples.

    These are the population statistics of Ioffe & Szegedy, 2015, algorithm 2, taken at the present parameters.
    """
    examples, program = scenario.examples, scenario.evaluation
    if examples is None or program is None:
        return {}
    given = {**scenario.given, **examples.held_out, **population(scenario, parameters), **parameters}
    return (yield from forward(program, given, number, "evaluate"))


def population(scenario: Scenario, parameters: dict[str, Array]) -> dict[str, Array]:
    """Mean and variance before each batch norm over all training examples; empty where there is none."""
    program = scenario.population
    if program is None or scenario.examples is None:
        return {}
    values = {**scenario.given, **scenario.examples.training, **parameters}
    found: dict[str, Array] = {}
    for node in program.nodes:
        arguments = [values[name] for name in node.arguments]
        values[node.name] = node.op.value(*arguments)
        if node.op.name == "batch_norm":
            found[node.name + MEAN], found[node.name + VARIANCE] = statistics(arguments[0])
    return found


def _mask(scenario: Scenario, program: Program, name: str, p: float, number: int) -> Array:
    shape, dtype = program.shape(name), scenario.dtype
    mask: Array = draw_mask(shape, p, scenario.seed, number, name).astype(dtype)[()]
    return mask


def _gradient(name: str, gradients: dict[str, Array], values: dict[str, Array]) -> Array:
    """The gradient; 0 for what the output does not reach."""
    return gradients[name] if name in gradients else np.zeros_like(values[name])[()]
