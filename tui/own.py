"""The reader's own backward pass beside the true one: what is said of a step, and a row for each gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from rich.cells import cell_len

from bptui.core.comparison.pattern import worst_cell
from bptui.core.comparison.records import Comparison, Judgement, Verdict
from bptui.core.comparison.report import Step, report
from bptui.core.events import Accumulate, Multiply
from bptui.core.jacobian import Array, counted
from bptui.core.notation import EXACT, shape_text
from bptui.core.search import same, subject

from .ascii import to_ascii
from .lines import Line, Role, Span, drawn_window, left, line
from .moment import Moment
from .tables import cell, row

MARKS: Mapping[Verdict, Span] = {
    "wrong here": Span("✗", "alert"),
    "inherited": Span("≠", "now"),
    "undetermined": Span("?", "alert"),
    "right": Span("✓", "dim"),
    "not given": Span(" ", "dim"),
}
"""The sign of each verdict, and what it means."""
OFF = ("wrong here", "undetermined", "inherited")
"""The verdicts on a number that is not the true one."""
INDENT = 9
"""Cells before what a line of the step says."""
DIGITS = 10
"""Significant digits of a cell that is named: so that it and the verdict have room in one line."""
LEAST = 12
"""Cells of a column with which a third one has room."""
TALL = 9
"""Rows from which the last one says what the signs mean."""


class Told(NamedTuple):
    """The gradient of one variable: what is said of it, the numbers, and the position at which it is complete."""

    step: Step
    judgement: Judgement
    complete: int


@lru_cache(maxsize=1)  # every frame asks for it
def told(comparison: Comparison) -> tuple[Told, ...]:
    """All gradients in the order of the backward pass, but the 1 that it begins with, unless the reader gives it."""
    chapter = comparison.chapter
    return tuple(
        Told(step, judgement, chapter.start + chapter.completed.get(step.variable, judgement.index) + 1)
        for step, judgement in zip(report(comparison).steps, comparison.judgements, strict=True)
        if step.variable in chapter.completed or judgement.given is not None
    )


# ---- going through


def opening(comparison: Comparison, key: str) -> tuple[int, str]:
    """The position of the first wrong step, or of the first one backward, and what is to be said there."""
    chapter, count = comparison.chapter, len(comparison.findings)
    given = sum(each.judgement.given is not None for each in told(comparison))
    if comparison.first is None:
        backward = next((i for i, event in enumerate(chapter.events) if isinstance(event, Multiply)), 0)
        return chapter.start + backward + 1, f"right: all of your {counted(given, 'gradient')}"
    position = chapter.start + comparison.first.index + 1
    says = "the one wrong step" if count == 1 else f"the first of {count} wrong steps"
    if comparison.first.verdict == "undetermined":
        says = off(comparison)[position]
    return position, says + f"; {key} leads on" * (max(off(comparison)) > position)


def off(comparison: Comparison) -> dict[int, str]:
    """The positions of the steps that are not right, in order, with what is said of each."""
    found = {each.step.position: _words(each.step) for each in told(comparison) if each.step.verdict in OFF}
    return dict(sorted(found.items()))


def _words(step: Step) -> str:
    between = f" between {step.between[0]} and {step.between[-1]}" if step.verdict == "undetermined" else ""
    return f"{MARKS[step.verdict].text} {step.verdict}{between}"


# ---- the step


def matrix(moment: Moment) -> tuple[tuple[str, Role], tuple[Array, Role]] | tuple[()]:
    """The reader's matrix with its sign before it, where it is not the one that the step brings."""
    for each in _here(moment):
        yours, mark = each.judgement.yours, MARKS[each.step.verdict]
        if each.step.verdict in OFF and yours is not None and yours.ndim == 2 and each.complete == moment.position:
            return (f"  {mark.text} ", mark.role), (yours, mark.role)
    return ()


def own_lines(moment: Moment, width: int) -> list[Line]:
    """What the reader has where a gradient is complete, or where a mistake is: both numbers, the verdict, its name."""
    return [each for found in _here(moment) for each in _lines(moment, found, width)]


def _here(moment: Moment) -> list[Told]:
    """What is said at this position."""
    if moment.own is None or not moment.is_compared:
        return []
    return [each for each in told(moment.own) if moment.position in (each.complete, each.step.position)]


def _lines(moment: Moment, each: Told, width: int) -> Iterator[Line]:
    step, mark = each.step, MARKS[each.step.verdict]
    yours, beside, verdict = _texts(moment, each)
    head = Span(f"yours  {mark.text} ", mark.role)
    number = Span(yours, mark.role if step.verdict in OFF else "text")
    if verdict and _cells(moment, head.text + yours) + _cells(moment, verdict) + 3 <= width:
        yield line(head, number, Span(f"   {verdict}", "dim"))
    else:
        yield from _said(moment, head, yours, width, number.role)
        yield from _said(moment, Span(""), verdict, width, "dim")
    for index, mistake in enumerate(step.mistakes):
        yield from _said(moment, Span("or" if index else "mistake"), str(mistake), width)
    if step.finding and not step.mistakes and step.pattern:
        yield from _said(moment, Span("mistake"), "none of the catalogue gives your number", width)
    for name, text in beside:
        yield from _said(moment, Span(name), text, width)
    for text in step.pattern:
        yield from _said(moment, Span(""), text, width, "dim")
    if step.verdict == "undetermined" and step.between[:-1]:
        yield from _said(moment, Span("to know"), f"give {', '.join(step.between[:-1])} too", width)
    for text in step.remarks:
        yield from _said(moment, Span("remark"), text, width)


def _texts(moment: Moment, each: Told) -> tuple[str, list[tuple[str, str]], str]:
    """The reader's number, the numbers that are beside it, and the verdict in words."""
    step, judgement = each.step, each.judgement
    given, verdict = judgement.yours, _words(step)[2:]
    if given is None:
        return ("not given", [], verdict if step.finding else "")
    if given.shape != judgement.expected.shape:
        shapes = [f"of the shape {shape_text(x.shape)}" for x in (given, judgement.expected)]
        return shapes[0], [("right", shapes[1])], verdict
    if step.verdict not in OFF and given.ndim:
        return "right in every cell", [], ""
    is_inherited = step.verdict == "inherited"
    at = _farthest(judgement) if is_inherited else step.cell
    where = f" at {list(at)}" if at else ""
    if each.complete != moment.position:
        where += " in sum"
    yours, right, true = (
        moment.numbers.text(float(np.asarray(x)[at]) + 0.0, DIGITS if at else EXACT)
        for x in (given, judgement.expected, judgement.true)
    )
    if is_inherited:
        shown = [("true", true + where)] if given.ndim else []
        return yours + where, shown, "inherited: right from your own upstream"
    if step.explains:
        return yours + where, [("shown by", ", ".join(step.explains)), ("right", right + where)], verdict
    is_true = same(judgement.expected, judgement.true)
    if step.verdict not in OFF or (is_true and not where):
        return yours, [], verdict
    return yours + where, [("right", right + where + ("" if is_true else ", from your own upstream"))], verdict


def _farthest(judgement: Judgement) -> tuple[int, ...]:
    """The cell in which the reader's number is farthest from the true one."""
    return worst_cell(msgspec.structs.replace(judgement, expected=judgement.true))


def _said(moment: Moment, head: Span, text: str, width: int, role: Role = "text") -> Iterator[Line]:
    """A word and what is said, in as many lines as it takes."""
    for index, part in enumerate(moment.wrapped(text, width - INDENT)):
        yield line(Span(left("" if index else head.text, INDENT), head.role), Span(part, role))


def _cells(moment: Moment, text: str) -> int:
    return cell_len(to_ascii(text) if moment.is_ascii else text)


# ---- all gradients


def own_table(moment: Moment, width: int, height: int) -> list[Line]:
    """A row for each gradient: the verdict's sign, the true number, and the reader's; dim where it is still to come.

    Where there is room for it, what is right from the reader's own upstream stands between them, where it is another.
    """
    if moment.own is None:
        return []
    rows, event = told(moment.own), moment.event
    label_width = min(max((cell_len(each.step.gradient) for each in rows), default=0) + 2, width // 3)
    heads = ["true", "right", "yours"] if (width - label_width - 2) // 3 >= LEAST else ["true", "yours"]
    columns = (width - label_width - 2) // len(heads)
    is_on = isinstance(event, Multiply | Accumulate)
    now = next((i for i, each in enumerate(rows) if event and is_on and each.step.variable == subject(event)), -1)

    def draw(index: int) -> Line:
        texts = [
            x if isinstance(x, str) else cell(x, columns - 2, moment.numbers)
            for x in _columns(rows[index].judgement, len(heads))
        ]
        label, place = left(rows[index].step.gradient, label_width), len(heads) - 1 if index == now else -1
        spans = row(label, texts, columns, place)
        if rows[index].complete > moment.position and index != now:
            spans = tuple(Span(span.text, "dim") for span in spans)
        mark = MARKS[rows[index].step.verdict]
        return line(Span(f"{mark.text} ", mark.role), *spans)

    passed = sum(each.complete <= moment.position for each in rows)
    current = now if now >= 0 else max(passed - 1, 0)
    head = (*line("  "), *row(" " * label_width, heads, columns, -1, "head"))
    legend = [_legend(rows, width)] if height >= TALL else []
    return [head, *drawn_window(len(rows), height - 1 - len(legend), current, draw), *legend]


def _columns(judgement: Judgement, count: int) -> list[Array | str]:
    """What stands in the columns: the true number, perhaps what is right where it is another, and the reader's."""
    true, expected, given = judgement.true, judgement.expected, judgement.given
    between: list[Array | str] = ["" if same(expected, true) else expected] if count == 3 else []
    yours: Array | str = "" if given is None else given if given.shape == true.shape else shape_text(given.shape)
    return [true, *between, yours]


def _legend(rows: Sequence[Told], width: int) -> Line:
    """What the signs mean, of those that there are and as far as there is room: the step says it too."""
    verdicts = {each.step.verdict for each in rows}
    spans: Line = ()
    for verdict in MARKS:
        entry = line(MARKS[verdict], Span(f" {verdict}  ", "dim"))
        if verdict in verdicts and sum(len(text) for text, _ in (*spans, *entry)) <= width:
            spans += entry
    return spans
