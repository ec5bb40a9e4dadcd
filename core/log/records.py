"""What each line of a log says: the same records are written and read. `event` comes first and names the kind.

Iterations and positions count from 1, cells from 0; `branch` 0 is the run, and is left out. `time` is in seconds from
the beginning of the recording.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from .cells import Cells

Written: TypeAlias = Any
"""Cells, or a digest: a dictionary when it is read."""


class _Line(
    msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True, forbid_unknown_fields=True, gc=False, eq=False
):
    """A line with its kind."""


# ---- events


class EvaluateLine(_Line, tag="evaluate", frozen=True, gc=False, eq=False):
    """A node got its value."""

    n: int
    text: str
    iteration: int
    phase: str
    node: str
    value: Written
    branch: int = 0


class MultiplyLine(_Line, tag="multiply", frozen=True, gc=False, eq=False):
    """One multiplication of the chain rule, towards argument number `argument` of the node, which is `variable`."""

    n: int
    text: str
    iteration: int
    phase: str
    node: str
    argument: int
    variable: str
    upstream: Written
    local: Written
    downstream: Written
    step: str = ""
    branch: int = 0


class AccumulateLine(_Line, tag="accumulate", frozen=True, gc=False, eq=False):
    """Contributions that meet at one variable were added; of many, only the first stand here."""

    n: int
    text: str
    iteration: int
    phase: str
    variable: str
    count: int
    contributions: list[Written]
    total: Written
    branch: int = 0


class UpdateLine(_Line, tag="update", frozen=True, gc=False, eq=False):
    """A parameter moved; `quantities` are those between the gradient and the change."""

    n: int
    text: str
    iteration: int
    phase: str
    parameter: str
    before: Written
    gradient: Written
    quantities: dict[str, Written]
    after: Written
    branch: int = 0


class MaskLine(_Line, tag="mask", frozen=True, gc=False):
    """A random mask of an iteration: `kept` has a bit for each cell, row by row, as base64; the others are 0."""

    text: str
    iteration: int
    name: str
    shape: tuple[int, ...]
    factor: float
    kept: str
    branch: int = 0


class CellsLine(_Line, tag="cells", frozen=True, gc=False):
    """Some cells, from number `start` on, row by row, of an array that event `of` names."""

    of: int
    text: str
    name: str
    start: int
    cells: list[Cells]
    branch: int = 0


# ---- what the reader did


class MoveLine(_Line, tag="move", frozen=True):
    """The reader went to a position."""

    time: float
    text: str
    position: int


class SelectLine(_Line, tag="select", frozen=True):
    """The reader selected a row of the table; None is that of the step."""

    time: float
    text: str
    row: int | None


class NoteLine(_Line, tag="note", frozen=True):
    """The reader wrote a note at a position."""

    time: float
    text: str
    position: int
    note: str


class EditLine(_Line, tag="edit", frozen=True):
    """The reader changed a value: `branch` branches off `base` at the start of an iteration."""

    time: float
    text: str
    branch: int
    base: int
    iteration: int
    name: str
    cell: tuple[int, ...] | None
    value: Cells


class KeepLine(_Line, tag="keep", frozen=True):
    """The branch became the run."""

    time: float
    text: str


class DropLine(_Line, tag="drop", frozen=True):
    """The branch was dropped."""

    time: float
    text: str
    position: int


class QuestionLine(_Line, tag="question", frozen=True):
    """A class was asked what the step at a position brings; the answers follow as predictions, without names."""

    time: float
    text: str
    position: int


class PredictionLine(_Line, tag="prediction", frozen=True):
    """The reader was asked for a cell of the product at a position, and answered, or asked to see it: no answer."""

    time: float
    text: str
    position: int
    cell: tuple[int, ...]
    answer: Cells | None
    tolerance: float
    right: bool
    as_what: str
    mistake: str


# ---- the end


class EndLine(_Line, tag="end", frozen=True):
    """The recording is complete: so many events and lines, this one not counted, with this SHA-256 of all of them.

    The first line is not among them.
    """

    text: str
    events: int
    lines: int
    sha256: str


EventLine: TypeAlias = EvaluateLine | MultiplyLine | AccumulateLine | UpdateLine
TrackLine: TypeAlias = MoveLine | SelectLine | NoteLine | EditLine | KeepLine | DropLine | QuestionLine | PredictionLine
Record: TypeAlias = EventLine | MaskLine | CellsLine | TrackLine | EndLine

_decoder = msgspec.json.Decoder(Record)


def decoded(line: bytes) -> Record:
    """The record of a line that is whole; ValueError where it is none."""
    try:
        record: Record = _decoder.decode(line)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(f"no record: {error}") from None
    return record


def result_of(line: EventLine) -> Written:
    """The value, the downstream, the total, or the parameter after."""
    match line:
        case EvaluateLine():
            return line.value
        case MultiplyLine():
            return line.downstream
        case AccumulateLine():
            return line.total
        case UpdateLine():
            return line.after
