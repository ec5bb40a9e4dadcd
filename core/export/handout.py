"""A hand-out, block by block, before it is Markdown or LaTeX: where the run starts, each step, what it came to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from ..chapter import Chapter
from ..equations import Equation, gradient_symbol
from ..events import Accumulate, result
from ..jacobian import Array
from ..notation import SHORT, array, symbol
from ..notes import notes_at
from ..program import is_literal
from ..report import explain_stop
from ..text import visible
from ..timeline import Timeline
from .steps import Step, steps
from .words import PHASES, Maths, Words, reading, rule_words, sentence

MOST_CONTRIBUTIONS = 8
"""Contributions to one gradient that are written out; of more the first ones and the last."""


class Heading(msgspec.Struct, frozen=True):
    """Level 1 is the title."""

    level: int
    text: str


class Paragraph(msgspec.Struct, frozen=True):
    """Running text; of a step it begins with its position, elsewhere that is 0."""

    words: Words
    position: int = 0


class Quote(msgspec.Struct, frozen=True):
    """A note of the scenario."""

    text: str


class Listing(msgspec.Struct, frozen=True):
    """The lines of the program with their numbers."""

    lines: tuple[str, ...]


class Derivation(msgspec.Struct, frozen=True):
    """left = part = part …, as Unicode text."""

    left: str
    relation: str
    parts: tuple[str, ...]


Block: TypeAlias = Heading | Paragraph | Quote | Listing | Derivation


def blocks(timeline: Timeline, first: int, last: int) -> Iterator[Block]:
    """The hand-out of the steps from position `first` to `last`, both included, or to where the run stops."""
    yield from _beginning(timeline, first, last)
    iterations, before = timeline.scenario.iterations, (-1, "")
    position = 0
    for step in steps(timeline, first, last):
        position, number, phase = step.position, step.chapter.number, step.event.phase
        if iterations > 1 and number != before[0]:
            yield Heading(2, f"Iteration {number + 1} of {iterations}")
        if (number, phase) != before:
            yield Heading(3 if iterations > 1 else 2, PHASES[phase])
        before = number, phase
        yield from _step(step)
    if position and position == len(timeline):
        yield from _ending(timeline)


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a text from a file, each on one line and safe to show; empty lines are between them."""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if line.strip():
            lines.append(visible(line.strip()))
        elif lines:
            yield " ".join(lines)
            lines = []


def _beginning(timeline: Timeline, first: int, last: int) -> Iterator[Block]:
    scenario = timeline.scenario
    yield Heading(1, " ".join(paragraphs(scenario.title)))
    for text in paragraphs(scenario.about):
        yield Paragraph((text,))
    yield Heading(2, "The program")
    source = scenario.program.source
    digits = len(str(len(source)))
    yield Listing(tuple(f"{i:>{digits}}  {visible(line)}" for i, line in enumerate(source, start=1)))
    chapter = timeline.chapter(first)
    yield Heading(2, "Where it starts" if not chapter.number else f"Where iteration {chapter.number + 1} starts")
    yield from _given(chapter)
    if scenario.update and scenario.learning:
        yield Paragraph(rule_words(scenario.update))
    yield Paragraph(reading(scenario.program))
    if first > 1 or last < len(timeline):
        yield Paragraph((f"These are steps {max(first, 1)} to {min(last, len(timeline))} of {len(timeline)}.",))
    if first <= 1:
        for note in notes_at(timeline, 0):
            yield from _quotes(note)


def _given(chapter: Chapter) -> Iterator[Block]:
    """What is given, kind by kind."""
    values = {**chapter.given, **chapter.parameters}
    kinds: dict[str, list[str | Maths]] = {}
    for name, variable in chapter.program.variables.items():
        if name in values and not is_literal(name):
            text = f"{symbol(name)} = {array(values[name], SHORT)}"
            kinds.setdefault(variable.kind, []).extend((Maths(text), ", "))
    for kind, listed in kinds.items():
        plural = "s" if len(listed) > 2 else ""
        yield Paragraph((f"{kind.capitalize()}{plural}: ", *listed[:-1], "."))


def _step(step: Step) -> Iterator[Block]:
    yield Paragraph(sentence(step), step.position)
    yield Derivation(step.equation.left, step.equation.relation, parts(step))
    for note in step.notes:
        yield from _quotes(note)


def _quotes(note: str) -> Iterator[Block]:
    for text in paragraphs(note):
        yield Quote(text)


def parts(step: Step) -> tuple[str, ...]:
    """What stands behind the relation: the formula, the same with the numbers in it, and the result."""
    found = step.equation
    if isinstance(step.event, Accumulate):
        return tuple(dict.fromkeys((_shortened(found).numbers, array(found.result, SHORT))))
    return tuple(dict.fromkeys((found.formula, found.numbers, array(found.result, SHORT))))


def _shortened(equation: Equation) -> Equation:
    """A sum with its middle left out where it is long; contributions and signs take turns in its terms."""
    terms = equation.terms
    if len(terms) < 2 * MOST_CONTRIBUTIONS:
        return equation
    kept = 2 * (MOST_CONTRIBUTIONS - 1)
    return msgspec.structs.replace(equation, terms=(*terms[:kept], "…", " + ", terms[-1]))


def _ending(timeline: Timeline) -> Iterator[Block]:
    """The output, then each parameter after the update, without one each gradient; or why the run stopped."""
    program, end = timeline.scenario.program, len(timeline)
    yield Heading(2, "What it came to")
    if timeline.stopped is not None:
        yield Paragraph((f"The run stops here, as the result is not finite: {visible(explain_stop(timeline))}.",))
        return
    chapter = timeline.chapter(end)
    if program.output not in chapter.evaluated:
        yield Paragraph(("The recording ends here, before the output is known.",))
        return
    yield _value(symbol(program.output), "=", chapter.value(program.output))
    for name in program.wrt:
        if name in chapter.updated:
            yield _value(symbol(name), "←", result(chapter.events[chapter.updated[name]]))
        elif name in chapter.completed:
            yield _value(gradient_symbol(program, name), "=", result(chapter.events[chapter.completed[name]]))


def _value(left: str, relation: str, x: Array) -> Derivation:
    return Derivation(left, relation, (array(x, SHORT),))
