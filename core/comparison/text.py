"""A comparison in a few lines: what is wrong first, with its formula, both numbers, and the name of the mistake."""

from __future__ import annotations

from collections.abc import Iterator

from ..jacobian import counted
from ..notation import number, shape_text
from ..text import visible
from .report import Report, Step

DIGITS = 10
MOST_NAMED = 3
"""Mistakes that are named for one number."""
MOST_LISTED = 8
"""Gradients that are listed by name."""


def text(report: Report) -> Iterator[str]:
    """The report, a line at a time."""
    given = sum(each.given for each in report.steps)
    yield report.title
    after = f", iteration {report.iteration}" if report.iteration > 1 else ""
    yield f"{counted(given, 'gradient')} of yours, against the true rules{after}"
    if report.layout:
        yield f"layout: {report.layout}"
    yield from report.remarks
    for each in report.findings:
        yield ""
        yield from finding(report, each)
    remarks = [f"remark: {each.gradient}: {remark}" for each in report.steps for remark in each.remarks]
    yield from ["", *remarks] if remarks else []
    yield ""
    yield conclusion(report)


def finding(report: Report, wrong: Step) -> Iterator[str]:
    """A mistake: where it is, what it is, and what it carries along."""
    which = "first wrong step" if wrong == report.first else "then wrong"
    if wrong.verdict == "undetermined":
        yield f"{which}: undetermined between {wrong.between[0]} and {wrong.between[-1]}"
    else:
        yield f"{which}: {wrong.gradient}, step {wrong.position:,} of {report.of:,}: {wrong.step}"
    yield from (f"  {head:<9}{what}".rstrip() for head, what in _parts(report, wrong))


def _parts(report: Report, wrong: Step) -> Iterator[tuple[str, str]]:
    if wrong.source:
        yield f"line {wrong.line}" if wrong.line else "program", wrong.source
    if wrong.rule:
        yield "rule", wrong.rule
    if wrong.yours is not None and wrong.right is not None:
        at = f"   at {list(wrong.cell)}" if wrong.cell else ""
        shown = f", as {_listed(wrong.explains)} show" if wrong.explains else ""
        yield "yours", f"{number(wrong.yours, DIGITS)}{at}{shown}"
        yield "right", f"{number(wrong.right, DIGITS)}{at}, from your own upstream"
    elif wrong.your_shape is not None:
        yield "yours", f"is {shape_text(wrong.your_shape)}"
        yield "right", f"is {shape_text(wrong.shape)}"
    for index, mistake in enumerate(wrong.mistakes[:MOST_NAMED]):
        yield "or" if index else "mistake", str(mistake)
    if not wrong.mistakes:
        yield "mistake", "none of the catalogue gives your number"
    for line in wrong.pattern:
        yield "", line
    if wrong.verdict == "undetermined":
        yield "to know", f"give {_listed(wrong.between[:-1])} too" if wrong.between[:-1] else ""
    others = [each.gradient for each in report.steps if each.finding == wrong.finding and each != wrong]
    if others:
        yield "also", _listed(others)


def conclusion(report: Report) -> str:
    """The last line."""
    found = len(report.findings)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in report.counts.items() if verdict != "wrong here")
    if not found:
        return f"pass: your backward pass is right ({counts})"
    wrong = counted(found, "wrong step") if found > 1 else "one wrong step"
    return f"fail: {wrong} ({counts})"


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return visible(", ".join(names[:MOST_LISTED]) + more)
