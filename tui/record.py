"""`bptui record FILE -o LOG`: a whole run as a log, or the copy of a log."""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import NamedTuple

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
    """A closed recording, its file, whether the run stopped at a NaN or an infinity, and why it is not whole."""

    recording: Recording
    path: str
    stopped: bool
    problem: str


def record(word: str, options: argparse.Namespace) -> Recorded:
    """Write a run as a log, or the copy of a log, which ends where that one does."""
    timeline, log = timeline_of(word, options.max_memory)
    full, every = options.full or bool(log and log.header.full), options.every or (log.header.every if log else 1)
    path = options.output or f"{Path(word).stem}.bptlog"
    output = Output(os.dup(1), regular=False) if path == STDOUT else create(path, force=options.force, not_over=word)
    first = header(timeline.scenario, every=every, full=full, copied=log.header if log else None)
    began = time.monotonic()
    recording = Recording(output, first, timeline, lambda: time.monotonic() - began)
    problem = log.problem if log else ""
    ended = False
    try:
        whole = recording.events(timeline, len(timeline))
        finished(_copy(log, timeline, recording) if log else whole, f"recording {word}")
        ended = not problem
    finally:
        recording.close(ended=ended)
    return Recorded(recording, path, timeline.stopped is not None, problem)


def _copy(log: Log, timeline: Timeline, recording: Recording) -> Job[None]:
    """Every event again from the log's values, and between them what the reader did, with its times."""
    branches = {0: timeline}
    for line in log.walk():
        if isinstance(line, EventLine):
            yield from recording.events(branches[line.branch], line.n)
            continue
        recording.copy(line)
        base = branches[line.base] if isinstance(line, EditLine) else None
        if isinstance(line, EditLine) and isinstance(base, RecordedTimeline):
            branches[line.branch] = base.branching(line)
            recording.add(branches[line.branch], line.branch)
