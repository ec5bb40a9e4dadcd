"""What a condition or a watch says, as a tree: quantities, and tests of them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec
import numpy as np


class Number(msgspec.Struct, frozen=True):
    """A number as it is typed: a NumPy scalar, so that 1/0 is an infinity and not an exception."""

    value: np.float64


class Value(msgspec.Struct, frozen=True):
    """The value of a variable or node."""

    name: str


class Gradient(msgspec.Struct, frozen=True):
    """∂L/∂(name)."""

    name: str


class Word(msgspec.Struct, frozen=True):
    """A number that an event brings, by its name in WORDS."""

    word: str


class Apply(msgspec.Struct, frozen=True):
    """A function of FUNCTIONS, or "-", of a quantity."""

    function: str
    of: Quantity


class Binary(msgspec.Struct, frozen=True):
    """Two quantities with + - * / between them."""

    operator: str
    left: Quantity
    right: Quantity


class Cell(msgspec.Struct, frozen=True):
    """One cell of a quantity, counted from 0."""

    of: Quantity
    at: tuple[int, ...]


class Compare(msgspec.Struct, frozen=True):
    """Two quantities with a sign of COMPARISONS between them."""

    sign: str
    left: Quantity
    right: Quantity


class Property(msgspec.Struct, frozen=True):
    """What is true or false of an event by itself."""

    of: Literal["nan", "shape changed"]


class Place(msgspec.Struct, frozen=True):
    """The events of a line, a layer, a node, a variable, a gradient, a phase or an iteration.

    Lines, layers and iterations are counted from 1, as on the screen.
    """

    kind: str
    what: str | int


class Not(msgspec.Struct, frozen=True):
    """The opposite of a test."""

    of: Test


class Junction(msgspec.Struct, frozen=True):
    """Two tests with `and` or `or` between them."""

    word: str
    left: Test
    right: Test


Quantity: TypeAlias = Number | Value | Gradient | Word | Apply | Binary | Cell
Test: TypeAlias = Compare | Property | Place | Not | Junction

# fmt: off
WORDS = {
    "value": "value",
    "upstream": "upstream", "local": "local", "downstream": "downstream", "product": "product",
    "total": "total",
    "gradient": "gradient", "before": "before", "after": "after", "change": "change",
    "rate": "rate", "eta": "rate", "η": "rate",
    "delta": "delta", "δ": "delta",
    "result": "result", "iteration": "iteration", "position": "position",
}
"""The numbers of an event, by all the names that they go by."""
# fmt: on
FUNCTIONS = ("norm", "min", "max", "mean", "abs")
COMPARISONS = {"<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">=", "==": "==", "!=": "!=", "≠": "!="}
PHASES = ("forward", "backward", "update", "evaluate")
PLACES = {
    "line": "line 3",
    "layer": "layer 2",
    "iteration": "iteration 40",
    "phase": "phase backward",
    "node": "node a1",
    "variable": "variable W1",
}
"""The words that a place begins with, each with an example."""
