"""A comparison as it is told: one record for each step, from which the text, the table and the JSON are made."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np

from ..calendar import Calendar
from ..equations import STEPS, form, gradient_symbol, step, symbols
from ..events import Accumulate, Event, Multiply
from ..jacobian import Array
from ..notation import symbol
from ..text import visible
from .pattern import pattern, worst_cell
from .records import Comparison, Judgement, Verdict, first_of_each

FORMAT = "bptui-check 1"
"""The first member of the JSON; its number changes where a member goes or changes its meaning."""


class Named(msgspec.Struct, frozen=True):
    """A mistake that reproduces the reader's number; `detail` says more, or is empty."""

    id: str
    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.name} ({self.detail})" if self.detail else self.name


class Step(msgspec.Struct, frozen=True):
    """What is said of one gradient.

    `position` is that of the event on the timeline, `line` the scenario's (0 where none), `source` the line of the
    program. `yours` and `right` are numbers at `cell`, where they are farthest apart; None where their shapes differ.
    `right` is what the true rule makes of the reader's own upstream, `true` what the whole true pass has there. Where
    the reader's number is missing, `explains` has the numbers that show what it must be.
    """

    position: int
    variable: str
    gradient: str
    step: str
    line: int
    source: str
    rule: str
    given: bool
    verdict: Verdict
    finding: int
    cell: tuple[int, ...]
    yours: float | None
    right: float | None
    true: float | None
    your_shape: tuple[int, ...] | None
    shape: tuple[int, ...]
    mistakes: tuple[Named, ...]
    between: tuple[str, ...]
    pattern: tuple[str, ...]
    explains: tuple[str, ...]
    remarks: tuple[str, ...]


class Report(msgspec.Struct, frozen=True):
    """The whole comparison: `first` is the first wrong step; `steps` are in the order of the backward pass."""

    format: str
    scenario: str
    title: str
    iteration: int
    of: int
    layout: str
    verdict: Literal["pass", "fail"]
    counts: dict[str, int]
    remarks: tuple[str, ...]
    first: Step | None
    steps: tuple[Step, ...]

    @property
    def findings(self) -> tuple[Step, ...]:
        """The first step of each mistake."""
        return first_of_each(self.steps)


def report(comparison: Comparison) -> Report:
    """What there is to say of a comparison."""
    scenario, judgements = comparison.scenario, comparison.judgements
    verdicts = [each.verdict for each in judgements]
    steps = tuple(_step(comparison, each) for each in judgements)
    return Report(
        format=FORMAT,
        scenario=visible(scenario.file),
        title=visible(scenario.title),
        iteration=comparison.chapter.number + 1,
        of=Calendar.of(scenario).total,
        layout=comparison.layout,
        verdict="pass" if comparison.is_right else "fail",
        counts={verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        remarks=comparison.remarks,
        first=next(iter(first_of_each(steps)), None),
        steps=steps,
    )


def _step(comparison: Comparison, judgement: Judgement) -> Step:
    chapter, program = comparison.chapter, comparison.chapter.program
    event = chapter.events[judgement.index]
    line, source = _place(comparison, event)
    found = form(program, event)
    cell = worst_cell(judgement)
    given = judgement.yours
    fits = given is not None and given.shape == judgement.expected.shape
    return Step(
        position=chapter.start + judgement.index + 1,
        variable=judgement.variable,
        gradient=gradient_symbol(program, judgement.variable),
        step=_label(comparison, event),
        line=line,
        source=symbols(source),
        rule=f"{found.left} {found.relation} {found.formula}" if isinstance(event, Multiply | Accumulate) else "",
        given=judgement.given is not None,
        verdict=judgement.verdict,
        finding=judgement.finding,
        cell=cell,
        yours=_at(given, cell) if fits else None,
        right=_at(judgement.expected, cell) if fits else None,
        true=_at(judgement.true, cell) if fits else None,
        your_shape=None if given is None else given.shape,
        shape=judgement.expected.shape,
        mistakes=tuple(Named(each.mistake.id, each.mistake.name, each.detail) for each in judgement.mistakes),
        between=tuple(gradient_symbol(program, name) for name in judgement.between),
        pattern=() if judgement.mistakes or not judgement.finding else pattern(judgement),
        explains=tuple(gradient_symbol(program, name) for name in judgement.explains),
        remarks=judgement.remarks,
    )


def _at(x: Array | None, cell: tuple[int, ...]) -> float | None:
    return None if x is None else float(np.asarray(x)[cell]) + 0.0  # of -0 it makes 0


def _place(comparison: Comparison, event: Event) -> tuple[int, str]:
    """The line of the file and of the program that an event belongs to."""
    program = comparison.chapter.program
    match event:
        case Multiply():
            return event.node.line, program.source[event.node.source]
        case Accumulate() if event.variable in program.by_name:
            node = program.by_name[event.variable]
            return node.line, program.source[node.source]
        case Accumulate():
            name = event.variable
            lines = dict.fromkeys(str(node.line) for node in program.nodes if name in node.arguments)
            return program.variables[name].line, f"{name}, used on lines {', '.join(lines)}"
    return 0, ""


def _label(comparison: Comparison, event: Event) -> str:
    """What kind of step it is, in words."""
    program = comparison.chapter.program
    match event:
        case Multiply() if label := step(program, event):
            return f"step {label}, {STEPS[label]}, layer {program.layer_of[event.node.name].number}"
        case Multiply():
            return f"through {symbol(event.node.name)} to {symbol(event.variable)}"
        case Accumulate():
            return f"the {len(event.contributions)} contributions to {symbol(event.variable)} meet"
    return "where the backward pass begins"
