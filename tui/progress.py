"""Work on the command line: done quietly if it is short, else with a progress bar on standard error."""

from __future__ import annotations

import sys
import time
from typing import TypeVar

from bptui.core.search import Job, Progress
from bptui.core.text import visible

Answer = TypeVar("Answer")

PATIENCE = 0.5
"""Seconds until a bar is shown."""


def finished(job: Job[Answer], what: str) -> Answer:
    """The answer of a job."""
    deadline = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < deadline or not _is_terminal():
            next(job)
        return _with_bar(job, what)
    except StopIteration as end:
        answer: Answer = end.value
        return answer


def _with_bar(job: Job[Answer], what: str) -> Answer:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(visible(what), total=None)
        while True:
            try:
                progress: Progress = next(job)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            bar.update(task, completed=progress.done, total=progress.of)


def _is_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
