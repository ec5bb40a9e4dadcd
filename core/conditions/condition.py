"""Conditions on events: `|product| < 1e-4`, `backward and not layer 3`, `delta3`, made into functions.

A comparison with a number that the event does not bring is unknown, neither true nor false, and so is its opposite
(Kleene's logic of three values). An array compares true where any cell does.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import msgspec
import numpy as np

from ..chapter import Chapter
from ..errors import InputError
from ..events import Accumulate, Evaluate, Event, Multiply, Update, result
from ..jacobian import Array, is_finite, scalar
from ..notation import symbol
from ..program import Program, is_literal
from . import tree
from .grammar import parse_condition
from .places import Test, place
from .quantities import Leaf, Reading, fit, reading
from .tree import Compare, Gradient, Junction, Not, Place, Property, Value, Word


class Condition(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A condition on events, as it was typed. `test` is called with NumPy's warnings off.

    One of places alone, without numbers, `is_place`; if it names an iteration too, it `is_dated`.
    """

    text: str
    test: Test
    is_place: bool
    is_dated: bool

    def holds(self, chapter: Chapter, index: int) -> bool:
        """Whether it holds for the event with this index of an iteration."""
        with np.errstate(all="ignore"):
            return bool(self.test(chapter, index))

    @cached_property
    def entered(self) -> dict[tuple[Program, int], list[int]]:
        """Where a place is entered, as it was found before, by the program and the number of its events."""
        return {}


def parse(text: str, program: Program) -> Condition:
    """The condition that a text says; InputError says what is wrong with it, and where."""
    text = " ".join(text.split())  # so that no white space but blanks is shown
    root = parse_condition(text, program)
    atoms = list(_atoms(root))
    is_place = all(isinstance(atom, Place) for atom in atoms)
    is_dated = any(isinstance(atom, Place) and atom.kind == "iteration" for atom in atoms)
    return Condition(text, _test(root, program), is_place, is_dated)


def _atoms(test: tree.Test) -> Iterator[tree.Test]:
    match test:
        case Not(of):
            yield from _atoms(of)
        case Junction(_, left, right):
            yield from _atoms(left)
            yield from _atoms(right)
        case _:
            yield test


def _test(test: tree.Test, program: Program) -> Test:
    match test:
        case Not(of):
            return _opposite(_test(of, program))
        case Junction(word, left, right):
            return _joined(_test(left, program), _test(right, program), decides=word == "or")
        case Compare(sign, left, right):
            return _comparison(_SIGNS[sign], reading(left, _leaf(program)), reading(right, _leaf(program)))
        case Property(of):
            return _is_nan if of == "nan" else _changes_shape
        case Place(kind, what):
            return place(kind, what, program)


def _opposite(inner: Test) -> Test:
    def test(chapter: Chapter, index: int) -> bool | None:
        found = inner(chapter, index)
        return None if found is None else not found

    return test


def _joined(a: Test, b: Test, *, decides: bool) -> Test:
    """`or`, which one true side decides, or `and`, which one false side decides; unknown if the known does not."""

    def test(chapter: Chapter, index: int) -> bool | None:
        x = a(chapter, index)
        if x is decides:
            return decides
        y = b(chapter, index)
        return None if x is None and y is not decides else y

    return test


# ---- comparisons

# fmt: off
_SIGNS: dict[str, Callable[[Array, Array], Any]] = {
    "<":  operator.lt,
    "<=": operator.le,
    ">":  operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_NUMBERS: dict[str, tuple[type[Event] | None, Callable[[Any], Array]]] = {
    "value":      (Evaluate,   lambda event: event.value),
    "upstream":   (Multiply,   lambda event: event.upstream),
    "local":      (Multiply,   lambda event: event.local.shown),
    "downstream": (Multiply,   lambda event: event.downstream),
    "product":    (Multiply,   lambda event: event.downstream),
    "total":      (Accumulate, lambda event: event.total),
    "gradient":   (Update,     lambda event: event.gradient),
    "before":     (Update,     lambda event: event.before),
    "after":      (Update,     lambda event: event.after),
    "change":     (Update,     lambda event: event.after - event.before),
    "rate":       (Update,     lambda event: scalar(event.quantities["rate"])),
    "result":     (None,       result),
}
"""Which kind of event brings a number, and how it is read from it; None is any kind."""
# fmt: on


def _comparison(sign: Callable[[Array, Array], Any], left: Reading[Chapter], right: Reading[Chapter]) -> Test:
    def test(chapter: Chapter, index: int) -> bool | None:
        a = left(chapter, index)
        if a is None:
            return None
        b = right(chapter, index)
        if b is None or not fit(a, b):
            return None
        found = sign(a, b)
        return bool(found.any() if found.shape else found)

    return test


def _leaf(program: Program) -> Callable[[Leaf], Reading[Chapter]]:
    """What a name in a condition reads: what the event brings."""

    def leaf(name: Leaf) -> Reading[Chapter]:
        match name:
            case Word("iteration"):
                return lambda chapter, index: scalar(float(chapter.number + 1))
            case Word("position"):
                return lambda chapter, index: scalar(float(chapter.start + index + 1))
            case Word("delta"):
                names = {layer.u for layer in program.layers} or set(program.by_name)
                return _completed(names)
            case Word(word):
                return _number(*_NUMBERS[word])
            case Gradient(variable):
                return _completed({variable})
            case Value(variable):
                return _value(variable, program)

    return leaf


def _number(kind: type[Event] | None, get: Callable[[Any], Array]) -> Reading[Chapter]:
    if kind is None:
        return lambda chapter, index: get(chapter.events[index])

    def read(chapter: Chapter, index: int) -> Array | None:
        event = chapter.events[index]
        return get(event) if type(event) is kind else None

    return read


def _completed(names: set[str]) -> Reading[Chapter]:
    """The gradient of one of these variables, at the event that completes it."""

    def read(chapter: Chapter, index: int) -> Array | None:
        event = chapter.events[index]
        if type(event) is not Multiply and type(event) is not Accumulate:
            return None
        variable = event.variable
        return result(event) if variable in names and chapter.completed.get(variable) == index else None

    return read


def _value(name: str, program: Program) -> Reading[Chapter]:
    """The value of a node, of the loss in the forward pass only; of a parameter where it moves."""
    if name not in program.by_name and program.variables[name].kind != "parameter":
        raise InputError(f"no step computes {symbol(name)}, which is given", hint="name a node or a parameter")
    phases = ("forward",) if name == program.output else ("forward", "evaluate")

    def read(chapter: Chapter, index: int) -> Array | None:
        event = chapter.events[index]
        if type(event) is Evaluate:
            return event.value if event.node.name == name and event.phase in phases else None
        return event.after if type(event) is Update and event.parameter == name else None

    return read


# ---- properties


def _is_nan(chapter: Chapter, index: int) -> bool:
    """Whether a number that the event computes is not finite; of an update, a quantity before the result too."""
    event = chapter.events[index]
    if not is_finite(result(event)):
        return True
    return type(event) is Update and not all(map(is_finite, event.quantities.values()))  # type: ignore[arg-type]


def _changes_shape(chapter: Chapter, index: int) -> bool:
    """Whether what comes out has another shape than what went in. Of the program, so the same for held-out examples."""
    event, program = chapter.events[index], chapter.program
    match event:
        case Evaluate(node=node):
            arguments = [name for name in node.arguments if not is_literal(name)] or list(node.arguments)
            data = arguments[1] if node.op.name in ("affine", "matmul") else arguments[0]
            return program.shape(node.name) != program.shape(data)
        case Multiply():
            return bool(event.downstream.shape != event.upstream.shape)
    return False
