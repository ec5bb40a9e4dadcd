"""From the line of an edit to what branches off there."""

from __future__ import annotations

import msgspec

from ..edits import RATE, Edit, check_cell
from ..errors import InputError, did_you_mean
from ..jacobian import is_finite
from ..scenario import Scenario
from ..timeline import Timeline
from ..training import State
from ..whatif import edited
from . import cells
from .records import EditLine


def after_edit(line: EditLine, base: Timeline) -> tuple[Scenario, State]:
    """The scenario and the state with which the branch of this line begins; InputError where it cannot be."""
    scenario, number = base.scenario, line.iteration - 1
    scenario, state = edited(scenario, base.state(number), number, edit_of(line, scenario))
    return msgspec.structs.replace(scenario, notes=()), state  # they speak of the run


def edit_of(line: EditLine, scenario: Scenario) -> Edit:
    """The edit of a line; InputError where the scenario has nothing of that name or shape."""
    program = scenario.program
    names = [*program.by_name, *(name for name, variable in program.variables.items() if variable.line)]
    is_rate = line.name == RATE and RATE not in names
    if not is_rate and (line.name not in names or line.name == program.output):
        raise InputError(f"there is no value '{line.name}' to change", hint=did_you_mean(line.name, names))
    shape = () if is_rate else program.shape(line.name)
    if line.cell is not None:
        check_cell(line.cell, line.name, shape)
    try:
        value = cells.read(line.value, () if line.cell is not None else shape, scenario.dtype)
    except ValueError as error:
        raise InputError(f"the new value of {line.name} is {error}", hint="numbers of its shape") from None
    if is_rate and value <= 0.0:
        raise InputError("the new η is not above 0", hint="must be above 0")
    if not is_finite(value):
        raise InputError(f"the new value of {line.name} is not finite", hint="finite numbers")
    return Edit(line.name, line.cell, value)
