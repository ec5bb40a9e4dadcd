"""Edits, as they are typed: another value of an input, a parameter, η or a node, or of one of its cells."""

from __future__ import annotations

import math
import re
import tomllib

import msgspec
import numpy as np

from .errors import InputError, did_you_mean
from .jacobian import Array, Shape
from .notation import array, number, shape_text, symbol
from .program import Program
from .scenario import Scenario
from .text import short
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
    check_cell(cell, name, shape)
    return cell


def check_cell(cell: tuple[int, ...], name: str, shape: Shape) -> None:
    """InputError where a value of this shape has no such cell."""
    if len(cell) != len(shape) or not all(0 <= i < n for i, n in zip(cell, shape, strict=True)):
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
    check_shape(value, name, shape)
    return value


def check_shape(value: Array, name: str, shape: Shape) -> None:
    """InputError where a value is not of this shape."""
    if value.shape != shape:
        reason = f"the value is {shape_text(value.shape)}, {symbol(name)} is {shape_text(shape)}"
        raise InputError(reason, hint="give one of the same shape" if shape else "give a number")
