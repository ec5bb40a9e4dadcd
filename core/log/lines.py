"""The lines of a run: one for each event, in a fixed order of keys, and before them the masks that were drawn."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np

from ..chapter import Chapter
from ..equations import form, operands
from ..events import Accumulate, Evaluate, Event, Multiply, Update, result
from ..jacobian import Array, scalar
from ..notation import symbol
from ..program import Program
from ..timeline import Timeline
from . import cells
from .frame import framed
from .records import AccumulateLine, CellsLine, EvaluateLine, EventLine, MaskLine, MultiplyLine, UpdateLine, Written
from .sentences import Sentence
from .template import Template

Terms: TypeAlias = list[Written]
Write: TypeAlias = Callable[[Array], Written]

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
        self._templates: dict[int, tuple[Program, dict[int, Template]]] = {}  # by the id of the program, which is kept
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
            yield from (framed(self._mask(chapter, name)) for name in sorted(chapter.program.masks))
        done = [event for event in chapter.events[:first] if isinstance(event, Evaluate)]
        values = {**chapter.given, **chapter.parameters, **{event.node.name: event.value for event in done}}
        templates = self._templates.setdefault(id(chapter.program), (chapter.program, {}))[1]
        for index, event in enumerate(chapter.events[first:last], start=first):
            n, made = chapter.start + index + 1, templates.get(index)
            line = self._quickly(n, event, made, values) if made is not None and made.sentence.is_quick else b""
            if not line:
                terms = operands(event, self._held_out(event, n) if event.phase == "evaluate" else values)
                if made is None:
                    made = templates[index] = self._template(chapter.program, event, terms)
                if self.full:
                    yield from self._rows(n, event, terms)
                line = framed(self._record(n, event, made.sentence, terms))
            yield line
            if type(event) is Evaluate:
                values[event.node.name] = event.value

    def _quickly(self, n: int, event: Event, made: Template, values: Mapping[str, Array]) -> bytes:
        """The line of an event of scalars, as most of a long log are; empty where one of them is not finite."""
        terms, outcome = _KINDS[type(event)].numbers(event, values)
        return made.line(n, event.iteration + 1, terms, outcome) if isfinite(sum(terms, outcome)) else b""

    def _record(self, n: int, event: Event, sentence: Sentence, terms: list[Array]) -> EventLine:
        written, outcome = [self._written(x) for x in terms], self._written(result(event))
        text, step = sentence.of(terms, result(event)), sentence.form.step
        return _KINDS[type(event)].record(n, event, text, step, written, outcome, self.branch, self._written)

    def _template(self, program: Program, event: Event, terms: list[Array]) -> Template:
        """What the lines of the event at this place have in common: in every iteration with this program it is one."""
        are_scalars = event.phase != "evaluate" and not any(x.ndim for x in (*terms, result(event)))
        has_all = not isinstance(event, Update) or len(event.quantities) == 1  # else more stands in it than its terms
        has_all = has_all and self.timeline.scenario.dtype == "float64"  # a float32 has a shorter text of its own
        sentence = Sentence(
            form(program, event, self.timeline.scenario.update), len(terms), are_scalars=are_scalars and has_all
        )
        kind, blank = _KINDS[type(event)], msgspec.structs.replace(event, iteration=-2)

        def record(n: int, text: str, operands: Sequence[str], outcome: str) -> EventLine:
            return kind.record(n, blank, text, sentence.form.step, operands, outcome, self.branch, self._written)

        return Template(sentence, len(terms), record)

    def _held_out(self, event: Event, n: int) -> dict[str, Array]:
        """The operands of a node that is evaluated for the held-out examples."""
        names = event.node.arguments if isinstance(event, Evaluate) else ()
        return {name: x for name in names if (x := self.timeline.value(name, n)) is not None}

    def _written(self, x: Array) -> cells.Cells | cells.Digest:
        return cells.written(x) if x.size <= cells.MOST_CELLS else self._digest(x)

    def _digest(self, x: Array) -> cells.Digest:
        if id(x) not in self._digests:
            self._digests[id(x)] = x, cells.digest(x)  # which keeps the array, so that its id stays its own
        return self._digests[id(x)][1]

    def _rows(self, n: int, event: Event, terms: list[Array]) -> Iterator[bytes]:
        """The cells of each large array of the event that has not been named in this iteration."""
        for name, x in arrays(event, terms):
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


# ---- what is written of each kind of event: its operands as numbers, and its record


class _Kind(NamedTuple):
    numbers: Callable[[Any, Mapping[str, Array]], tuple[list[float], float]]
    record: Callable[..., EventLine]


def _evaluate(
    n: int, event: Evaluate, text: str, step: str, terms: Terms, outcome: Written, branch: int, _: Write
) -> EvaluateLine:
    return EvaluateLine(n, text, event.iteration + 1, event.phase, event.node.name, outcome, branch)


def _multiply(
    n: int, event: Multiply, text: str, step: str, terms: Terms, outcome: Written, branch: int, _: Write
) -> MultiplyLine:
    node, i = event.node, event.argument
    upstream, local = terms
    return MultiplyLine(
        n,
        text,
        event.iteration + 1,
        "backward",
        node.name,
        i,
        node.arguments[i],
        upstream,
        local,
        outcome,
        step,
        branch,
    )


def _accumulate(
    n: int, event: Accumulate, text: str, step: str, terms: Terms, outcome: Written, branch: int, _: Write
) -> AccumulateLine:
    several, count = terms[:MOST_CONTRIBUTIONS], len(terms)
    return AccumulateLine(n, text, event.iteration + 1, "backward", event.variable, count, several, outcome, branch)


def _update(
    n: int, event: Update, text: str, step: str, terms: Terms, outcome: Written, branch: int, write: Write
) -> UpdateLine:
    if len(terms) == 3:  # plain gradient descent: before, rate, gradient
        before, rate, gradient = terms
        between = {"rate": rate}
    else:
        before, gradient = terms[0], write(event.gradient)
        between = {name: write(scalar(x)) for name, x in event.quantities.items()}
    return UpdateLine(
        n, text, event.iteration + 1, "update", event.parameter, before, gradient, between, outcome, branch
    )


_KINDS: Mapping[type, _Kind] = {
    Evaluate: _Kind(lambda e, values: ([float(values[name]) for name in e.node.arguments], float(e.value)), _evaluate),
    Multiply: _Kind(lambda e, _: ([float(e.upstream), float(e.local.shown)], float(e.downstream)), _multiply),
    Accumulate: _Kind(lambda e, _: ([float(x) for x in e.contributions], float(e.total)), _accumulate),
    Update: _Kind(
        lambda e, _: ([float(e.before), float(e.quantities["rate"]), float(e.gradient)], float(e.after)), _update
    ),
}


def arrays(event: Event, terms: list[Array]) -> list[tuple[str, Array]]:
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
            between = [(f"quantities.{name}", scalar(x)) for name, x in event.quantities.items()]
            return [("before", event.before), ("gradient", event.gradient), *between, ("after", event.after)]
