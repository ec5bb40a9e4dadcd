"""Names of places in a run: what `δ3`, `W2`, `update W2`, `backward`, `iteration 40`, `50%` or `+5` mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, TypeAlias

from .chapter import Chapter
from .equations import gradient_symbol
from .errors import did_you_mean
from .notation import symbol
from .program import Program
from .scenario import Scenario
from .timeline import Timeline

Place: TypeAlias = tuple[Literal["value", "gradient", "update", "phase"], str]
"""The event that brings a variable's value, completes its gradient, moves it; or the first of a phase."""

_NUMBER = re.compile(r"([+-]?)(\d{1,9})(%?)")
_ITERATION = re.compile(r"iteration\s+(\d{1,9})")


def find(timeline: Timeline, words: str, position: int) -> int:
    """The position that the words name, seen from another; ValueError says what would be right.

    A name is looked for in the iteration of that position: there it is the step at which its value comes about, or of a
    parameter its gradient.
    """
    words = " ".join(words.split())
    if words in ("start", "end"):
        return 0 if words == "start" else len(timeline)
    if match := _NUMBER.fullmatch(words):
        sign, digits, percent = match.groups()
        number = round(int(digits) / 100 * len(timeline)) if percent else int(digits)
        target = position + int(sign + str(number)) if sign else number
        if not 0 <= target <= len(timeline) or (percent and int(digits) > 100):
            raise ValueError(f"there are positions 0 to {len(timeline)}")
        return target
    if match := _ITERATION.fullmatch(words):
        return _start_of(timeline, int(match[1]))
    chapter = timeline.chapter(position)
    place = place_of(timeline.scenario, words)
    if (index := index_of(chapter, place)) is None:
        raise ValueError(f"the run has no '{words[:20]}' in this iteration")
    return chapter.start + index + 1


def place_of(scenario: Scenario, words: str) -> Place:
    """The place that a name means, typed or as the textbook writes it; ValueError says what would be right."""
    typed, shown = _places(scenario)
    place = typed.get(words) or shown.get(symbol(words))
    if place is None:
        if any(words in (name, symbol(name)) for name in scenario.program.variables):
            raise ValueError(f"no step computes {symbol(words)}, which is given; name a node or a parameter")
        if words in ("backward", "update", "evaluate"):
            raise ValueError(f"this run has no phase '{words}'; name another")
        hint = did_you_mean(words, typed) if words else "type a name"
        raise ValueError(f"nothing is called '{words[:20]}'; {hint}")
    return place


def index_of(chapter: Chapter, place: Place) -> int | None:
    """The index of a place in an iteration; None where it has none, or the run stops before it."""
    kind, name = place
    match kind:
        case "value":
            return chapter.evaluated.get(name)
        case "gradient":
            return chapter.completed.get(name)
        case "update":
            return chapter.updated.get(name)
    return next((index for index in chapter.phases if chapter.events[index].phase == name), None)


@lru_cache(maxsize=8)  # a scenario with many notes asks again and again
def _places(scenario: Scenario) -> tuple[dict[str, Place], dict[str, Place]]:
    """All names of places in an iteration, as typed and as shown; where two are alike, what comes first."""
    typed: dict[str, Place] = {}
    for name, place in _named(scenario):
        typed.setdefault(name, place)
    return typed, {symbol(name): place for name, place in reversed(typed.items())}


def _named(scenario: Scenario) -> Iterator[tuple[str, Place]]:
    """A value, or else a gradient, by the variable's name; then what has names of its own."""
    program = scenario.program
    for node in program.nodes:
        yield node.name, ("value", node.name)
    for name in program.uses:
        yield name, ("gradient", name)
    for node in program.nodes:
        yield f"node {node.name}", ("value", node.name)
        yield f"variable {node.name}", ("value", node.name)
    yield from _gradients(program)
    for name in scenario.learning if scenario.update else ():
        for form in (name, symbol(name)):
            yield f"update {form}", ("update", name)
    for layer in program.layers:
        yield f"layer {layer.number}", ("value", layer.u)
    for node in program.nodes:
        yield f"line {node.source + 1}", ("value", node.name)
    yield "loss", ("value", program.output)
    happens = {"forward": True, "backward": program.needed, "update": scenario.update, "evaluate": scenario.evaluation}
    for phase in filter(happens.get, happens):
        yield phase, ("phase", phase)


def _gradients(program: Program) -> Iterator[tuple[str, Place]]:
    """δ3 of a layer; every gradient as ∂L/∂a2, dL/da2 and da2."""
    L = program.output
    for layer in program.layers:
        if layer.u in program.uses:
            yield f"delta{layer.number}", ("gradient", layer.u)
    for name in program.uses:
        forms = (gradient_symbol(program, name), f"∂{L}/∂{name}", f"∂{symbol(L)}/∂{symbol(name)}")
        for form in (*forms, f"d{L}/d{name}", f"d{name}", f"grad({name})"):
            yield form, ("gradient", name)


def _start_of(timeline: Timeline, iteration: int) -> int:
    """The position of the first event of an iteration, counted from 1."""
    count = timeline.scenario.iterations
    if not 1 <= iteration <= count:
        raise ValueError(f"there are iterations 1 to {count}" if count > 1 else "there is one iteration")
    return timeline.calendar.start(iteration - 1) + 1
