"""Runs of an update rule by itself, in which all arrays that it is given are locked."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from bptui.core.events import Update
from bptui.core.jacobian import Array
from bptui.core.optimizers import State, UpdateRule, update


class Run(msgspec.Struct, frozen=True, eq=False):
    events: list[Update]
    parameters: Mapping[str, Array]
    state: State


def move(rule: UpdateRule, parameters: Mapping[str, Array], steps: Iterable[Any], state: State, start: int = 0) -> Run:
    """An iteration for each set of gradients; all that is given is locked."""
    events: list[Update] = []
    for iteration, gradients in enumerate(steps, start):
        generator = update(_locked(parameters), _locked(gradients), rule, _locked_state(state), iteration)
        while True:
            try:
                events.append(next(generator))
            except StopIteration as stop:
                parameters, state = stop.value
                break
    return Run(events, parameters, state)


def _locked(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    for array in arrays.values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    return MappingProxyType(dict(arrays))


def _locked_state(state: State) -> State:
    return MappingProxyType({name: _locked(arrays) for name, arrays in state.items()})


def path(rule: UpdateRule, theta: float, gradients: Iterable[float]) -> list[float]:
    """Where one number is after each step."""
    run = move(rule, {"w": np.float64(theta)}, [{"w": np.float64(g)} for g in gradients], {})
    return [float(event.after) for event in run.events]


def same(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> bool:
    """Bit for bit."""
    return ours.keys() == theirs.keys() and all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)
