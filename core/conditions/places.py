"""Places in a trace: which events belong to a line, a layer, a node, a variable, a gradient, a phase, an iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ..chapter import Chapter
from ..events import Accumulate, Evaluate, Multiply, Update
from ..program import Program

Test: TypeAlias = Callable[[Chapter, int], bool | None]
"""Whether something holds for the event with this index of an iteration."""


def place(kind: str, what: str | int, program: Program) -> Test:
    """The events of a place, whose kind is one of PLACES, or "gradient"."""
    match kind:
        case "line":
            return _through({node.name for node in program.nodes if node.source + 1 == what}, set())
        case "layer":
            names = {name for name, layer in program.layer_of.items() if layer.number == what}
            return _through(names & set(program.by_name), names - set(program.by_name))
        case "node":
            return _through({str(what)}, set())
        case "variable":
            return _about(str(what))
        case "gradient":
            return _towards(str(what))
        case "phase":
            return lambda chapter, index: chapter.events[index].phase == what
        case _:
            return lambda chapter, index: chapter.number + 1 == what


def _through(nodes: set[str], parameters: set[str]) -> Test:
    """The steps through these nodes, and the updates of these parameters."""

    def test(chapter: Chapter, index: int) -> bool:
        event = chapter.events[index]
        if type(event) is Accumulate:  # belongs to the multiplication that completed it
            event = chapter.events[index - 1]
        if type(event) is Update:
            return event.parameter in parameters
        return event.node.name in nodes  # type: ignore[union-attr]

    return test


def _towards(variable: str) -> Test:
    """The steps that contribute to a gradient."""

    def test(chapter: Chapter, index: int) -> bool:
        event = chapter.events[index]
        return (type(event) is Multiply or type(event) is Accumulate) and event.variable == variable

    return test


def _about(variable: str) -> Test:
    """The steps that compute a variable, its gradient or its next value."""
    towards = _towards(variable)

    def test(chapter: Chapter, index: int) -> bool | None:
        event = chapter.events[index]
        if type(event) is Evaluate:
            return event.node.name == variable
        if type(event) is Update:
            return event.parameter == variable
        return towards(chapter, index)

    return test
