"""Watches: a quantity over variables and gradients at a position, and its history as a line of bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from .. import optimizers
from ..chapter import Arrived, Chapter
from ..errors import InputError
from ..events import Update, result
from ..jacobian import Array, scalar
from ..notation import norm
from ..program import Program
from ..timeline import Timeline
from .grammar import parse_quantity
from .quantities import Leaf, Reading, reading
from .tree import Gradient, Value, Word

BARS = "▁▂▃▄▅▆▇█"
MIDDLE = "▄"
"""The bar of values that are all equal."""
NOT_FINITE = "×"


class Watch(msgspec.Struct, frozen=True, eq=False):
    """A quantity over variables, as it was typed: what it reads at a position, and at the end of an iteration."""

    text: str
    present: Reading[Timeline]
    final: Reading[Chapter]

    def at(self, timeline: Timeline, position: int) -> Array | None:
        """Its value at a position; None where a part of it is not known there, or a gradient is not complete."""
        with np.errstate(all="ignore"):
            return self.present(timeline, position)

    def at_end(self, chapter: Chapter) -> float | None:
        """Its value behind an iteration, of the training examples also where others are evaluated; an array's norm."""
        with np.errstate(all="ignore"):
            value = self.final(chapter, len(chapter.events))
            if value is None:
                return None
            return norm(value) if value.shape else float(value)


def parse_watch(text: str, program: Program) -> Watch:
    """The watch that a text says; InputError says what is wrong with it, and where."""
    text = " ".join(text.split())
    quantity = parse_quantity(text, program)
    return Watch(text, reading(quantity, _at), reading(quantity, _at_end))


def sparkline(values: Sequence[float | None], width: int) -> str:
    """The last `width` values, a cell each, between the least and the greatest of them; blank where there is none."""
    shown = values[-width:] if width > 0 else []
    finite = [value for value in shown if value is not None and math.isfinite(value)]
    exponent = math.frexp(max(map(abs, finite), default=0.0))[1]  # scaled by it, the range cannot overflow
    low, high = (math.ldexp(end(finite, default=0.0), -exponent) for end in (min, max))
    return "".join(_bar(value, exponent, low, high) for value in shown)


def _bar(value: float | None, exponent: int, low: float, high: float) -> str:
    if value is None:
        return " "
    if not math.isfinite(value):
        return NOT_FINITE
    if low == high:
        return MIDDLE
    return BARS[round((math.ldexp(value, -exponent) - low) / (high - low) * (len(BARS) - 1))]


def _at(name: Leaf) -> Reading[Timeline]:
    """What a name reads at a position."""
    match name:
        case Value(variable):
            return lambda timeline, position: timeline.value(variable, position)
        case Gradient(variable):
            return lambda timeline, position: _whole(timeline.gradient(variable, position))
        case Word("rate"):
            return _rate
        case Word(word):
            hint = "name one, for instance W1 or grad(W1)"
            raise InputError(f"'{word}' is a number of an event; a watch is on a variable or a gradient", hint=hint)


def _at_end(name: Leaf) -> Reading[Chapter]:
    """What a name reads behind an iteration."""
    match name:
        case Value(variable):
            return lambda chapter, end: _value_at_end(variable, chapter)
        case Gradient(variable):
            return lambda chapter, end: _result(chapter.completed.get(variable), chapter)
        case _:
            return _rate_at_end


def _whole(gradient: Array | Arrived | None) -> Array | None:
    return None if isinstance(gradient, Arrived) else gradient


def _rate(timeline: Timeline, position: int) -> Array | None:
    rule = timeline.scenario.update
    if rule is None:
        return None
    return scalar(optimizers.rate(rule, timeline.chapter(position).number))


def _value_at_end(name: str, chapter: Chapter) -> Array | None:
    if name in chapter.updated:
        return _result(chapter.updated[name], chapter)
    was_reached = name in chapter.evaluated or name not in chapter.program.by_name
    return chapter.value(name) if was_reached else None


def _result(index: int | None, chapter: Chapter) -> Array | None:
    return None if index is None else result(chapter.events[index])


def _rate_at_end(chapter: Chapter, end: int) -> Array | None:
    for index in chapter.updated.values():
        event = chapter.events[index]
        if isinstance(event, Update):
            return scalar(event.quantities["rate"])
    return None
