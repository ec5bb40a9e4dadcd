"""What if: another value of an input, a parameter, η or a node makes another scenario, from an iteration on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np

from .edits import Edit, check_cell, check_shape
from .errors import InputError
from .examples import Examples
from .jacobian import Array, LocalDerivative, is_finite
from .notation import SHORT, array, number, symbol
from .ops import Op
from .passes import NotFiniteError, forward
from .program import Node, Program
from .scenario import Scenario
from .soundness import check_values
from .training import State, given_at, program_at


class Shifted(msgspec.Struct, frozen=True, eq=False):
    """The value of an op with a constant added to it: f(x) + c."""

    op: Op
    shift: Array

    def __call__(self, *arguments: Array) -> Array:
        value: Array = self.op.value(*arguments) + self.shift
        return value


def edited(scenario: Scenario, state: State, number: int, edit: Edit) -> tuple[Scenario, State]:
    """The scenario and the state with which iteration `number` starts after the edit; InputError where it cannot be.

    What the update rule remembers stays. Nothing that is given is written, and there are as many events.
    """
    replace = msgspec.structs.replace
    name, program = edit.name, scenario.program
    if name in state.parameters:
        value = _changed(state.parameters[name], edit)
        if number == 0:
            scenario = replace(scenario, parameters={**scenario.parameters, name: value})
        return scenario, replace(state, parameters={**state.parameters, name: value})
    if name in program.by_name:
        return replace(scenario, program=_shifted(scenario, state, number, edit)), state
    if name in program.variables:
        return _with_given(scenario, number, edit), state
    if scenario.update is None:
        raise InputError("nothing is updated, so there is no learning rate", hint="give [update] in the scenario")
    return replace(scenario, update=replace(scenario.update, learning_rate=float(edit.value))), state


def _changed(value: Array, edit: Edit) -> Array:
    """A copy of the value with the edit in it."""
    if edit.cell is None:
        check_shape(edit.value, edit.name, value.shape)
        return edit.value
    check_cell(edit.cell, edit.name, value.shape)
    copy = np.array(value)
    copy[edit.cell] = edit.value
    return copy


def _with_given(scenario: Scenario, number: int, edit: Edit) -> Scenario:
    """Another input, target or constant; of the examples, those that come in this iteration are changed."""
    name, examples, given = edit.name, scenario.examples, scenario.given
    if examples and name in examples.training:
        examples = _with_example(examples, number, edit)
        given = {**given, **examples.batch(0)}
    else:
        given = {**given, name: _changed(given[name], edit)}
    try:
        check_values(scenario.program, given, examples)
    except InputError as error:  # the line that it names is not what is wrong
        raise InputError(error.reason, hint=error.hint) from None
    return msgspec.structs.replace(scenario, given=given, examples=examples)


def _with_example(examples: Examples, number: int, edit: Edit) -> Examples:
    chosen = examples.indices(number)
    x = np.array(examples.training[edit.name])
    x[..., chosen] = _changed(x[..., chosen], edit)
    return msgspec.structs.replace(examples, training={**examples.training, edit.name: x})


def _shifted(scenario: Scenario, state: State, number: int, edit: Edit) -> Program:
    """The program with a constant added to a node, so that in this iteration it has the edit's value, to rounding."""
    name, program = edit.name, scenario.program
    if name == program.output:
        raise InputError(f"{symbol(name)} is the output", hint="change what it is made from")
    if scenario.examples:
        reason = f"{symbol(name)} is of other examples in each batch"
        raise InputError(reason, hint="change a parameter, an example or η")
    node = program.by_name[name]
    before = node.op.value if isinstance(node.op.value, Shifted) else Shifted(node.op, np.zeros(node.op.shape)[()])
    original = _original(scenario, state, number, node, before.op)
    with np.errstate(all="ignore"):
        shift = _changed(original + before.shift, edit) - original
        if edit.cell is not None:  # the other cells keep the shift that they have, without rounding
            shift = _changed(before.shift, Edit(name, edit.cell, shift[edit.cell]))
    shift = np.asarray(shift, dtype=original.dtype)[()]
    if not is_finite(shift):
        raise InputError(f"{symbol(name)} is {array(original, SHORT)}", hint="give a value that is not so far from it")
    op = _with_shift(before.op, shift)
    nodes = tuple(msgspec.structs.replace(each, op=op) if each.name == name else each for each in program.nodes)
    return msgspec.structs.replace(program, nodes=nodes)


def _original(scenario: Scenario, state: State, number: int, node: Node, op: Op) -> Array:
    """What the node would be in this iteration without a constant."""
    values = {**given_at(scenario, number), **state.parameters}
    try:
        with np.errstate(all="ignore"):
            for event in forward(program_at(scenario, number), values, number):
                if event.node.name == node.name:
                    break
                values[event.node.name] = event.value
            value: Array = op.value(*[values[argument] for argument in node.arguments])
            if is_finite(value):
                return value
    except NotFiniteError:
        pass
    raise InputError(f"{symbol(node.name)} has no finite value here", hint="change what it is made from")


def _with_shift(op: Op, shift: Array) -> Op:
    """f(x) + c; its derivatives are those of f, at the value that f has there."""
    sign = "+" if shift.shape or shift >= 0.0 else "-"
    constant = "c" if shift.shape else number(float(abs(shift)), SHORT)
    return msgspec.structs.replace(
        op,
        value=Shifted(op, shift),
        local=tuple(partial(_unshifted, op, rule) for rule in op.local),
        formula=f"{op.formula} {sign} {constant}",
    )


def _unshifted(op: Op, rule: Callable[..., LocalDerivative], value: Array, *arguments: Array) -> LocalDerivative:
    """The derivative where the original value is: d(f + c) = df."""
    return rule(op.value(*arguments), *arguments)
