"""What if: another value of an input, a parameter, η or a node makes another scenario, from an iteration on."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable
from functools import partial

import msgspec
import numpy as np

from .errors import InputError, did_you_mean
from .examples import Examples
from .jacobian import Array, LocalDerivative, Shape, is_finite
from .notation import SHORT, array, number, shape_text, symbol
from .ops import Op
from .passes import NotFiniteError, forward
from .program import Node, Program
from .scenario import Scenario
from .soundness import check_values
from .text import short
from .training import State, given_at, program_at
from .values import ValueReadError, read_value

RATE = "η"
"""What the learning rate is called in an edit; with a schedule it is η₀."""
LONGEST_EDIT = 2_000
"""Characters of the longest edit."""

_RATES = ("η", "η₀", "eta", "eta0", "learning_rate")
_GRADIENT = re.compile(r"(δ|delta)[₀-₉0-9]*|[∂d]\s*[^\W\d]\w*\s*/\s*[∂d].*|d\(.*")
_TARGET = re.compile(r"([^\[\]]*)(?:\[([^\[\]]*)\]\s*)?")
_FORMS = "write x = 2.5, x = [1, 2], W2[0, 1] = 0.5 or η = 0.01"


class Edit(msgspec.Struct, frozen=True, eq=False):
    """Another value of what is called `name`, or of one of its cells, which count from 0; RATE is the learning rate."""

    name: str
    cell: tuple[int, ...] | None
    value: Array

    def __str__(self) -> str:
        """As the textbook writes it: W₂[0, 1] = 0.5."""
        cell = "" if self.cell is None else f"[{', '.join(map(str, self.cell))}]"
        return f"{symbol(self.name)}{cell} = {array(self.value)}"


class Shifted(msgspec.Struct, frozen=True, eq=False):
    """The value of an op with a constant added to it: f(x) + c."""

    op: Op
    shift: Array

    def __call__(self, *arguments: Array) -> Array:
        value: Array = self.op.value(*arguments) + self.shift
        return value


# ---- reading an edit ------------------------------------------------------------------------------------------------


def parse_edit(text: str, scenario: Scenario) -> Edit:
    """The edit that is written as NAME = VALUE or NAME[CELL] = VALUE; InputError where it is none of this scenario.

    Names are as they are typed or as the textbook writes them; values are numbers, lists, or lists of rows.
    """
    if len(text) > LONGEST_EDIT:
        raise InputError(f"an edit of {len(text):,} characters", hint=f"{LONGEST_EDIT:,} at the most")
    target, sign, raw = text.partition("=")
    match = _TARGET.fullmatch(target.strip())
    if not sign or not match or not match[1].strip():
        raise InputError(f"'{short(text.strip())}' is not an edit", hint=_FORMS)
    name = _name(match[1].strip(), scenario)
    shape = scenario.program.shape(name) if _is_variable(name, scenario.program) else ()
    cell = None if match[2] is None else _cell(match[2], name, shape)
    return Edit(name, cell, _value(raw, name, () if cell else shape, scenario.dtype))


def _name(word: str, scenario: Scenario) -> str:
    """The name of what is to be changed, from how it is typed or shown."""
    program = scenario.program
    names = [name for name, variable in program.variables.items() if variable.line] + list(program.by_name)
    shown = {symbol(name): name for name in names}
    if name := word if word in names else shown.get(word, ""):
        if name == program.output:
            raise InputError(f"{symbol(name)} is the output", hint="change what it is made from")
        return name
    if word in _RATES and RATE not in names:
        if scenario.update is None:
            raise InputError("nothing is updated, so there is no learning rate", hint="give [update] in the scenario")
        return RATE
    if _GRADIENT.fullmatch(word):
        raise InputError("a gradient cannot be set", hint="change what it is made from")
    raise InputError(f"there is no value '{short(word)}'", hint=did_you_mean(word, names))


def _is_variable(name: str, program: Program) -> bool:
    return name in program.variables or name in program.by_name


def _cell(text: str, name: str, shape: Shape) -> tuple[int, ...]:
    """The cell; of a column a single number is enough."""
    if not shape:
        raise InputError(f"{symbol(name)} is a single number, without cells", hint=f"write {symbol(name)} = …")
    parts = [part.strip() for part in text.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,9}", part) for part in parts):
        raise InputError(f"[{short(text)}] is not a cell", hint="write whole numbers from 0: W2[0, 1]")
    cell = tuple(map(int, parts))
    if len(cell) == 1 and shape[1:] == (1,):
        cell = (*cell, 0)
    _check_cell(cell, name, shape)
    return cell


def _check_cell(cell: tuple[int, ...], name: str, shape: Shape) -> None:
    if len(cell) != len(shape) or any(i >= n for i, n in zip(cell, shape, strict=True)):
        hint = f"it is {shape_text(shape)}; cells count from 0"
        raise InputError(f"{symbol(name)} has no cell [{', '.join(map(str, cell))}]", hint=hint)


def _value(text: str, name: str, shape: Shape, dtype: str) -> Array:
    """The value, of this shape; a number is enough for a single cell."""
    text = " ".join(text.split())
    try:
        value = read_value(tomllib.loads(f"value = {text}")["value"], dtype)
    except ValueReadError as fault:
        raise InputError(fault.reason, key=symbol(name), hint=fault.hint) from None
    except (ValueError, RecursionError):
        hint = "give a number, a list or a list of rows: 0.5, [1, 2], [[1, 2], [3, 4]]"
        raise InputError(f"'{short(text)}' is not a value", key=symbol(name), hint=hint) from None
    if name == RATE and not value.shape and value <= 0.0:
        raise InputError(f"is {number(float(value))}", key=RATE, hint="must be above 0")
    if not value.shape and math.prod(shape) == 1:
        return np.full(shape, value)[()]
    _check_shape(value, name, shape)
    return value


def _check_shape(value: Array, name: str, shape: Shape) -> None:
    if value.shape != shape:
        reason = f"the value is {shape_text(value.shape)}, {symbol(name)} is {shape_text(shape)}"
        raise InputError(reason, hint="give one of the same shape" if shape else "give a number")


# ---- the edited scenario --------------------------------------------------------------------------------------------


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
        _check_shape(edit.value, edit.name, value.shape)
        return edit.value
    _check_cell(edit.cell, edit.name, value.shape)
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
