"""The lines of a run: one for each event, in a fixed order of keys, and before them the masks that were drawn."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from math import isfinite

import numpy as np

from ..chapter import Chapter
from ..equations import form, operands
from ..events import Accumulate, Evaluate, Event, Multiply, Update, result
from ..jacobian import Array
from ..notation import symbol
from ..program import Program
from ..timeline import Timeline
from . import cells
from .frame import framed
from .records import AccumulateLine, CellsLine, EvaluateLine, EventLine, MaskLine, MultiplyLine, UpdateLine, Written
from .sentences import Sentence

MOST_CONTRIBUTIONS = 64
"""Contributions of a sum that stand in its line; of more, their number does."""


class Lines:
    """The lines of one timeline: the run, which is `branch` 0, or one that branches off it.

    With `full`, an array that is too large for a line stands in lines of cells, where the iteration first names it.
    """

    def __init__(self, timeline: Timeline, branch: int = 0, *, full: bool = False) -> None:
        self.timeline = timeline
        self.branch = branch
        self.full = full
        self._sentences: dict[int, tuple[Program, dict[int, Sentence]]] = {}  # by the id of the program, which is kept
        self._digests: dict[int, tuple[Array, cells.Digest]] = {}
        self._in_full: set[str] = set()
        self._iteration = -1

    def of(self, chapter: Chapter, first: int, last: int) -> Iterator[bytes]:
        """The lines of the events of an iteration whose indices are from `first` to before `last`."""
        if chapter.number != self._iteration:
            self._iteration = chapter.number
            self._digests.clear()
            self._in_full.clear()
        if first == 0:
            for name in sorted(chapter.program.masks):
                yield framed(self._mask(chapter, name))
        values = {**chapter.given, **chapter.parameters}
        for event in chapter.events[:first]:
            if isinstance(event, Evaluate):
                values[event.node.name] = event.value
        sentences = self._sentences.setdefault(id(chapter.program), (chapter.program, {}))[1]
        for index, event in enumerate(chapter.events[first:last], start=first):
            n = chapter.start + index + 1
            terms = operands(event, self._held_out(event, n) if event.phase == "evaluate" else values)
            if index not in sentences:
                sentences[index] = self._sentence(chapter.program, event, terms)
            if self.full:
                yield from self._rows(n, event, terms)
            yield framed(self._line(n, event, sentences[index], terms))
            if isinstance(event, Evaluate):
                values[event.node.name] = event.value

    def _line(self, n: int, event: Event, sentence: Sentence, terms: list[Array]) -> EventLine:
        """The line of an event: of scalars that are finite quickly, which most lines of a long log are."""
        outcome = result(event)
        if sentence.is_quick:
            numbers, number = [x.item() for x in terms], outcome.item()
            if isfinite(sum(numbers) + number):
                return self._record(n, event, sentence.quickly(numbers, number), sentence.form.step, numbers, number)
        written = [self._written(x) for x in terms]
        text = sentence.of(terms, outcome)
        return self._record(n, event, text, sentence.form.step, written, self._written(outcome))

    def _held_out(self, event: Event, n: int) -> dict[str, Array]:
        """The operands of a node that is evaluated for the held-out examples."""
        names = event.node.arguments if isinstance(event, Evaluate) else ()
        return {name: x for name in names if (x := self.timeline.value(name, n)) is not None}

    def _sentence(self, program: Program, event: Event, terms: list[Array]) -> Sentence:
        are_scalars = not any(x.ndim for x in (*terms, result(event)))
        return Sentence(form(program, event, self.timeline.scenario.update), len(terms), are_scalars=are_scalars)

    def _record(self, n: int, event: Event, text: str, step: str, terms: list[Written], outcome: Written) -> EventLine:
        iteration, phase, branch = event.iteration + 1, event.phase, self.branch
        match event:
            case Evaluate(node=node):
                return EvaluateLine(n, text, iteration, phase, node.name, outcome, branch)
            case Multiply(node=node, argument=i):
                upstream, local = terms
                name, variable = node.name, node.arguments[i]
                return MultiplyLine(
                    n, text, iteration, phase, name, i, variable, upstream, local, outcome, step, branch
                )
            case Accumulate(variable=variable):
                several = terms[:MOST_CONTRIBUTIONS]
                return AccumulateLine(n, text, iteration, phase, variable, len(terms), several, outcome, branch)
            case Update(parameter=parameter):
                before, gradient = terms[0], self._written(event.gradient)
                between = {name: self._written(np.asarray(x)[()]) for name, x in event.quantities.items()}
                return UpdateLine(n, text, iteration, phase, parameter, before, gradient, between, outcome, branch)

    def _written(self, x: Array) -> cells.Cells | cells.Digest:
        return cells.written(x) if x.size <= cells.MOST_CELLS else self._digest(x)

    def _digest(self, x: Array) -> cells.Digest:
        if id(x) not in self._digests:
            self._digests[id(x)] = x, cells.digest(x)  # which keeps the array, so that its id stays its own
        return self._digests[id(x)][1]

    def _rows(self, n: int, event: Event, terms: list[Array]) -> Iterator[bytes]:
        """The cells of each large array of the event that has not been named in this iteration."""
        for name, x in _arrays(event, terms):
            if x.size <= cells.MOST_CELLS or (key := self._digest(x).sha256) in self._in_full:
                continue
            self._in_full.add(key)
            for number, row in enumerate(cells.rows(x)):
                start = number * cells.MOST_CELLS
                text = f"cells {start} to {start + len(row) - 1} of the {x.size} of {name}"
                yield framed(CellsLine(n, text, name, start, row, self.branch))

    def _mask(self, chapter: Chapter, name: str) -> MaskLine:
        mask = chapter.given[name]
        kept = np.asarray(mask != 0.0)
        return MaskLine(
            text=f"the mask {symbol(name)} keeps {int(kept.sum())} of {kept.size}",
            iteration=chapter.number + 1,
            name=name,
            shape=kept.shape,
            factor=float(mask.max()),
            kept=base64.b64encode(np.packbits(kept).tobytes()).decode(),
            branch=self.branch,
        )


def _arrays(event: Event, terms: list[Array]) -> list[tuple[str, Array]]:
    """What an event names, as its line does; a quantity as quantities.m."""
    match event:
        case Evaluate():
            return [("value", event.value)]
        case Multiply():
            return [("upstream", event.upstream), ("local", terms[1]), ("downstream", event.downstream)]
        case Accumulate():
            several = enumerate(event.contributions[:MOST_CONTRIBUTIONS])
            return [*((f"contributions.{i}", x) for i, x in several), ("total", event.total)]
        case Update():
            between = [(f"quantities.{name}", np.asarray(x)[()]) for name, x in event.quantities.items()]
            return [("before", event.before), ("gradient", event.gradient), *between, ("after", event.after)]
