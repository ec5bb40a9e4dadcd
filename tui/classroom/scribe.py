"""The recorder of a class: a process without a terminal that goes where the class goes, and writes that down."""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from bptui.core.errors import InputError
from bptui.core.grading import Answer, grade
from bptui.core.questions import Question, question
from bptui.core.search import Job
from bptui.core.timeline import Timeline

from ..branch import Place
from ..recorder import Recorder
from ..tables import row_name
from .messages import Answered, Asking, Reader, Recording, Stamped, encoded
from .steps import Dropped, Edited, Kept, Moved, Noted, Opened, Selected, Track
from .track import Places, after

Result = TypeVar("Result")
LARGEST = 1 << 30
"""Bytes of the largest log of a class; a recording that comes to it stops there, as on a full disk."""


def scribe(files: Sequence[Timeline], words: Mapping[str, object], descriptors: Sequence[int]) -> int:
    """Record what comes on a line, until it ends; returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the end of the line is the end
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    most = LARGEST if hard == resource.RLIM_INFINITY else min(LARGEST, hard)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    os.umask(0o077)
    with socket.socket(fileno=descriptors[0]) as line:
        _Scribe(files, str(words["path"]), line).run()
    return 0


class _Scribe:
    """One class; of each file that it opens there is a log."""

    def __init__(self, files: Sequence[Timeline], path: str, line: socket.socket) -> None:
        self._files = files
        self._path = Path(path)
        self._line = line
        self._logs = 0
        self._told = Recording("")
        self._recorder = Recorder()
        self._track = Track()
        self._asked: Question | None = None
        self._begun = 0.0

    def run(self) -> None:
        """Record until the line ends; what was written is complete then."""
        self._open(0, 0.0)
        reader = Reader()
        while data := self._line.recv(1 << 16):
            for message in reader.feed(data):
                if isinstance(message, Stamped):
                    self._take(message)
                    self._tell()
        self._end()

    def _end(self) -> None:
        """End a log, and tell whether it is whole."""
        said = self._recorder.end()
        if said:
            self._say(Recording(self._recorder.path, said if self._recorder.has_failed else "", said))

    def _open(self, file: int, time: float) -> None:
        """Begin the log of a file; of the second and later ones of a class the name is numbered."""
        self._end()
        path = str(self._path) if self._logs == 0 else self._next_name()
        self._logs += 1
        self._track, self._places, self._begun = Track(file=file), Places(self._files[file]), time
        self._place = Place(self._files[file], 0)
        self._recorder = Recorder()
        try:
            self._recorder.open(path)
        except InputError as error:
            self._recorder.failure = f"{error.file}: {error.reason}; name a new file in a folder of yours"
        else:
            _done(self._recorder.begin(self._place, None, {}, lambda: None))
        self._tell()

    def _next_name(self) -> str:
        """A name that is free."""
        names = (self._path.with_name(f"{self._path.stem}-{n}{self._path.suffix}") for n in count(self._logs + 1))
        return str(next(path for path in names if not os.path.lexists(path)))

    def _stop(self, why: str) -> None:
        """Record no more: what follows would not be what was shown."""
        self._end()
        self._recorder = Recorder()
        self._recorder.failure = why

    def _take(self, stamped: Stamped) -> None:
        """Write down what has happened."""
        what, time = stamped.what, round(stamped.time - self._begun, 3)
        if isinstance(what, Opened):
            self._open(what.file, stamped.time)
        elif isinstance(what, Asking):
            self._ask(what, time)
        elif isinstance(what, Answered):
            self._answer(what, time)
        else:
            before, track = self._place, after(self._track, what)
            try:
                self._place = _done(self._places.place(track))
            except InputError as error:
                self._stop(f"a change cannot be made: {error}")
                return
            self._track = track
            self._write(what, before, time)

    def _write(self, what: object, before: Place, time: float) -> None:
        recorder, place = self._recorder, self._place
        match what:
            case Moved():
                _done(recorder.events(place))
                recorder.move(what.position, time)
            case Selected():
                recorder.select(what.row, row_name(place.timeline.scenario.program, what.row), time)
            case Noted():
                recorder.note(what.position, what.text, time)
            case Edited() if place.branch is not None and place.timeline.base is not None:
                change = place.branch.changes[-1]
                recorder.edit(place.timeline, place.timeline.base, change.edit, change.first, time)
                _done(recorder.events(place))
            case Kept():
                recorder.keep(time)
            case Dropped() if before.branch is not None:
                if said := recorder.drop(before.branch.run, what.position, time):
                    self._stop(said)
                else:
                    _done(recorder.events(place))

    def _ask(self, what: Asking, time: float) -> None:
        self._asked = None
        if 0 < what.position <= len(self._place.timeline):
            chapter = self._place.timeline.chapter(what.position)
            self._asked = question(chapter, what.position - 1 - chapter.start)
        if self._asked is not None:
            self._recorder.question(self._asked, time)

    def _answer(self, what: Answered, time: float) -> None:
        """An answer, graded here, without a name."""
        asked = self._asked
        if asked is None or what.position != asked.position:
            return
        answer = None if what.value is None else Answer(what.value, what.tolerance)
        chapter = self._place.timeline.chapter(asked.position)
        graded = None if answer is None else grade(chapter, asked.position - 1 - chapter.start, asked.cell, answer)
        self._recorder.prediction(asked.position, asked.cell, answer, graded, time)

    def _tell(self) -> None:
        """Tell the server where it is recorded, once, or that it is not any more."""
        state = Recording(self._recorder.path, self._recorder.failure)
        if state != self._told:
            self._told = state
            self._say(state)

    def _say(self, state: Recording) -> None:
        with suppress(OSError):  # the server has gone; what it told before is still recorded
            self._line.sendall(encoded(state))


def _done(job: Job[Result]) -> Result:
    """The answer of a job, run to its end."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            answer: Result = end.value
            return answer
