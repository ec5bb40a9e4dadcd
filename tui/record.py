"""`bptui record FILE -o LOG`: a whole run as a log, or the copy of a log."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import NamedTuple

from bptui.core.log.branches import after_edit
from bptui.core.log.header import header
from bptui.core.log.log import Log
from bptui.core.log.output import Output, create
from bptui.core.log.recorded import RecordedTimeline
from bptui.core.log.recording import Recording
from bptui.core.log.records import EditLine, EventLine
from bptui.core.search import Job
from bptui.core.timeline import Timeline

from .progress import finished
from .sources import timeline_of

STDOUT = "-"


class Recorded(NamedTuple):
    """A recording that is closed, the file that it went to, and whether the run stopped at a NaN or an infinity."""

    recording: Recording
    path: str
    stopped: bool


def record(word: str, options: argparse.Namespace) -> Recorded:
    """Write a run as a log, or the copy of a log."""
    timeline, log = timeline_of(word, options.max_memory)
    full, every = options.full or bool(log and log.header.full), options.every or (log.header.every if log else 1)
    path = options.output or f"{Path(word).stem}.bptlog"
    output = _output(path, word if log else "", force=options.force)
    began = time.monotonic()
    recording = Recording(
        output,
        header(timeline.scenario, every=every, full=full, copied=log.header if log else None),
        timeline,
        lambda: time.monotonic() - began,
    )
    try:
        job = recording.events(timeline, len(timeline)) if log is None else _copy(log, timeline, recording)
        finished(job, f"recording {word}")
    finally:
        recording.close()
    return Recorded(recording, path, timeline.stopped is not None)


def _output(path: str, log: str, *, force: bool) -> Output:
    return Output(os.dup(1), regular=False) if path == STDOUT else create(path, force=force, not_over=log)


def _copy(log: Log, timeline: Timeline, recording: Recording) -> Job[None]:
    """Every event again from the log's values, and between them what the reader did, with its times."""
    branches = {0: timeline}
    for line in log.walk():
        if isinstance(line, EventLine):
            yield from recording.events(branches[line.branch], line.n)
            continue
        recording.copy(line)
        if isinstance(line, EditLine):
            base = branches[line.base]
            scenario, state = after_edit(line, base)
            first = line.iteration - 1
            branch = RecordedTimeline(log, scenario, line.branch, base=base, first=first, state=state)
            branches[line.branch] = branch
            recording.add(branch, line.branch)
