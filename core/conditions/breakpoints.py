"""Where conditions hit: a place where it is entered, a condition on numbers at every step for which it holds."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..chapter import Chapter
from ..events import Evaluate, Update
from ..notation import symbol
from ..program import Program
from .condition import Condition
from .names import RESERVED, spellings


def hits(condition: Condition, chapter: Chapter) -> list[int]:
    """The indices of an iteration at which a condition hits; the beginning of an iteration enters a place anew."""
    if not condition.is_place or condition.is_dated:
        return _hits(condition, chapter)
    # The events of a program always come in the same order; a stop or a missing evaluation only cuts them short.
    key = chapter.program, len(chapter.events)
    if key not in condition.entered:
        condition.entered[key] = _hits(condition, chapter)
    return condition.entered[key]


def hits_any(conditions: Iterable[Condition], chapter: Chapter) -> list[int]:
    """The indices of an iteration at which one of the conditions hits, or several."""
    return sorted({index for condition in conditions for index in hits(condition, chapter)})


def here(chapter: Chapter, index: int) -> str:
    """The place of an event, as text: `u3`, `delta3`, `grad(W2)`."""
    event, program = chapter.events[index], chapter.program
    match event:
        case Evaluate():
            return _name(event.node.name)
        case Update():
            return _name(event.parameter)
        case _:
            return _gradient(program, event.variable)


def _hits(condition: Condition, chapter: Chapter) -> list[int]:
    test = condition.test
    with np.errstate(all="ignore"):
        held = [index for index in range(len(chapter.events)) if test(chapter, index)]
    if not condition.is_place:
        return held
    inside = set(held)
    return [index for index in held if index - 1 not in inside]


def _name(name: str) -> str:
    return f"variable {name}" if name in RESERVED else name


def _gradient(program: Program, name: str) -> str:
    """delta3 for the pre-activation of a layer, unless a variable is called so."""
    layer = program.layer_of.get(name)
    if layer and name == layer.u and symbol(f"delta{layer.number}") not in spellings(program):
        return f"delta{layer.number}"
    return f"grad({name})"
