"""Long work: a job runs at once if it is short; else on a thread, which says how far it is, until it is cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from textual.message import Message
from textual.screen import Screen
from textual.worker import Worker, get_current_worker

from bptui.core.search import Job, Progress

PATIENCE = 0.03
"""Seconds that the screen may stand still before a job goes to a thread."""
REPORTS = 0.1
"""Seconds between two reports of a job."""

Answer = TypeVar("Answer")


class Done(Message):
    """A job on a thread has its answer, or has failed."""

    def __init__(self, job: Job[Any], answer: object, fault: Exception | None) -> None:
        super().__init__()
        self.job = job
        self.answer = answer
        self.fault = fault


class Advanced(Message):
    """A job on a thread is so far."""

    def __init__(self, job: Job[Any], progress: Progress) -> None:
        super().__init__()
        self.job = job
        self.progress = progress


class Working(Screen[None]):
    """A screen with one job at a time; `show_progress` is called with what it does and how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self._job: Job[Any] | None = None
        self._worker: Worker[None] | None = None
        self._then: Callable[[Any], None] = lambda answer: None
        self._what = ""

    @property
    def is_working(self) -> bool:
        """Whether a job runs on a thread."""
        return self._job is not None

    def start(self, what: str, job: Job[Answer], then: Callable[[Answer], None]) -> None:
        """Run a job in place of the one that runs; `then` gets its answer."""
        self.stop()
        deadline = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < deadline:
                next(job)
        except StopIteration as end:
            then(end.value)
            return
        self._job, self._what, self._then = job, what, then
        self._worker = self.run_worker(lambda: self._run(job), thread=True, exit_on_error=False)

    def stop(self, job: Job[Any] | None = None) -> None:
        """End the job that runs, if it is this one, or whichever it is; what it has derived is kept."""
        if self._job is not None and self._worker is not None and job in (None, self._job):
            self._worker.cancel()
            self._job = self._worker = None
            self.show_progress("")

    def show_progress(self, text: str) -> None:
        """Show how far a job is; empty when it is over."""

    def _run(self, job: Job[Any]) -> None:
        worker, reported = get_current_worker(), 0.0
        try:
            while not worker.is_cancelled:
                progress = next(job)
                if time.monotonic() - reported > REPORTS:
                    reported = time.monotonic()
                    self.post_message(Advanced(job, progress))
        except StopIteration as end:
            self.post_message(Done(job, end.value, None))
        except Exception as fault:  # it is raised where the screen can leave
            self.post_message(Done(job, None, fault))

    def on_advanced(self, message: Advanced) -> None:
        """Show it, unless the job has been cancelled meanwhile."""
        if message.job is self._job and self.is_current:  # under a dialog it would be drawn for nobody
            done, of = message.progress
            self.show_progress(f"{self._what}: {done:,} of {of:,}; a move stops it")

    def on_done(self, message: Done) -> None:
        """Go on with the answer, unless the job has been cancelled meanwhile."""
        if message.job is not self._job:
            return
        self._job = self._worker = None
        self.show_progress("")
        if message.fault is not None:
            raise message.fault
        self._then(message.answer)
