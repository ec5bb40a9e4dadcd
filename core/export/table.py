"""A run as a table, one row per event, as `pandas.read_csv` reads it: comma-separated values by RFC 4180.

A spreadsheet runs a cell that begins with = + - @. Here no text does: formulas and numbers stand behind their left side
(`δ₃ = -9.00067 × 0.00134095`), which begins with a name or with ∂; what begins with a minus is a number and no more.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

import numpy as np

from ..events import Evaluate, Multiply
from ..log import cells
from ..notation import norm
from ..search import subject
from ..text import short
from ..timeline import Timeline
from .steps import Step, steps

COLUMNS = (
    "position", "iteration", "phase", "event", "node", "variable", "step",
    "formula", "numbers", "result", "shape", "minimum", "maximum", "norm", "cells",
)  # fmt: skip
"""`node` is what is evaluated or multiplied through, `variable` what the result belongs to; iterations count from 1.

The result is a number, and empty where it is an array, which alone has a shape: `3×4`. The cells of one that is not
large are JSON, as in a log.
"""
LONGEST = 1_000
"""Characters of a formula or its numbers."""


def lines(timeline: Timeline, first: int, last: int) -> Iterator[str]:
    """The head, then a row for each event from position `first` to `last`, or to where the run stops."""
    yield ",".join(COLUMNS)
    for step in steps(timeline, first, last):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(_row(step))
        yield line.getvalue()


def _row(step: Step) -> tuple[object, ...]:
    event, found = step.event, step.equation
    x = found.result
    with np.errstate(all="ignore"):
        size = norm(x)
    return (
        step.position,
        event.iteration + 1,
        event.phase,
        type(event).__name__.lower(),
        event.node.name if isinstance(event, Evaluate | Multiply) else "",
        subject(event),
        found.step,
        short(f"{found.left} {found.relation} {found.formula}", LONGEST),
        short(f"{found.left} {found.relation} {found.numbers}", LONGEST),
        "" if x.ndim else repr(float(x)),
        "×".join(map(str, x.shape)),
        repr(float(np.min(x))),
        repr(float(np.max(x))),
        repr(size),
        json.dumps(cells.written(x)) if x.ndim and x.size <= cells.MOST_CELLS else "",
    )
