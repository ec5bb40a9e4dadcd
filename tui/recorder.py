"""The recording of a session: begun and ended while it goes on, and never in its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from bptui.core.search import Job
from bptui.core.timeline import Timeline

from .branch import Change, Place
from .tables import row_name

if TYPE_CHECKING:  # most sessions are not recorded
    from bptui.core.edits import Edit
    from bptui.core.grading import Answer, Grade
    from bptui.core.log.output import Output
    from bptui.core.log.recording import Recording
    from bptui.core.log.records import TrackLine
    from bptui.core.mistakes import Cell
    from bptui.core.questions import Question

Clock = Callable[[], float]


class Failed(Message):
    """The recording has stopped."""


class Recorder:
    """Writes a session down while there is a recording; otherwise each call does nothing.

    `time` is that of what is replayed; None is now. `has_failed` says that a recording has stopped by itself.
    """

    def __init__(self, output: Output | None = None, path: str = "") -> None:
        self.path = path
        self.failure = ""
        self.is_beginning = False
        self.has_failed = False
        self._output = output
        self._recording: Recording | None = None

    @property
    def is_on(self) -> bool:
        """Whether the session is recorded now."""
        return self._recording is not None and not self.failure

    @property
    def is_waiting(self) -> bool:
        """Whether a recording is to begin as soon as there is something to show."""
        return self._output is not None and self._recording is None

    @property
    def status(self) -> str:
        """What the screen says of it."""
        return self.failure or ("● recording" if self.is_on else "")

    def open(self, path: str) -> None:
        """Make a new file, to begin with later; InputError where that cannot be."""
        from bptui.core.log.output import create

        self._output, self.path, self.failure = create(path), path, ""

    def begin(
        self,
        place: Place,
        selected: int | None,
        noted: Mapping[int, Sequence[str]],
        failed: Callable[[], object],
        clock: Clock | None = None,
        at: float = 0.0,
    ) -> Job[None]:
        """Write what leads to a place: changes, events, notes, the row; all at one time, that of a replay or 0.

        `failed` is called if it stops by itself.
        """
        from bptui.core.log.header import header
        from bptui.core.log.recorded import RecordedTimeline
        from bptui.core.log.recording import Recording

        if self._output is None:
            return
        began = time.monotonic()
        run = _root(place.timeline)
        copied = run.log.header if isinstance(run, RecordedTimeline) else None
        recording = Recording(
            self._output, header(run.scenario, copied=copied), run, clock or (lambda: time.monotonic() - began)
        )
        self._recording, self.is_beginning = recording, True

        def stopped(error: OSError) -> None:
            self.has_failed = True
            self.failure = f"recording stopped after step {recording.last:,}: {error.strerror}"
            failed()

        self._output.failed = stopped
        if self._output.failure is not None:
            stopped(self._output.failure)
        yield from self._changes(recording, place, run, at)
        yield from self.events(place)
        for position, texts in noted.items():
            for text in texts:
                recording.note(position, text, at)
        if selected is not None:
            recording.select(selected, row_name(run.scenario.program, selected), at)
        recording.move(place.position, at)
        self.is_beginning = False

    def end(self) -> str:
        """End the recording; says what there is."""
        output, recording = self._output, self._recording
        self._output, self._recording, self.is_beginning = None, None, False
        if output is None:
            return ""
        if recording is None:  # it has not begun
            output.close()
            return ""
        recording.close()
        said, self.failure = self.failure, ""
        return said or f"recorded to {self.path}: {recording.said}"

    def events(self, place: Place) -> Job[None]:
        """Write what is to be shown at a place, and of a branch what is shown beside it."""
        for timeline in (place.timeline, place.branch.run) if place.branch else (place.timeline,):
            if self._recording is not None and self._recording.knows(timeline):
                yield from self._recording.events(timeline, place.position)

    def move(self, position: int, time: float | None = None) -> None:
        """The reader goes to a position."""
        if self._recording is not None:
            self._recording.move(position, time)

    def select(self, row: int | None, name: str, time: float | None = None) -> None:
        """The reader selects a row."""
        if self._recording is not None:
            self._recording.select(row, name, time)

    def note(self, position: int, text: str, time: float | None = None) -> None:
        """The reader writes a note."""
        if self._recording is not None:
            self._recording.note(position, text, time)

    def edit(self, timeline: Timeline, base: Timeline, edit: Edit, first: int, time: float | None = None) -> None:
        """The reader changes something, and goes on in another timeline."""
        if self._recording is not None:
            self._recording.edit(timeline, self._recording.number(base), edit, first, time)

    def keep(self, time: float | None = None) -> None:
        """The reader keeps the branch."""
        if self._recording is not None:
            self._recording.keep(time)

    def drop(self, run: Timeline, position: int, time: float | None = None) -> str:
        """The reader drops the branch, back to the run; what there is to say, if the recording ends with that."""
        if self._recording is None:
            return ""
        if not self._recording.knows(run):
            self.end()
            return "the recording has ended: what you are back at is not in it"
        self._recording.drop(position, time)
        return ""

    def question(self, asked: Question, time: float | None = None) -> None:
        """A class is asked what a step brings."""
        if self._recording is not None:
            self._recording.question(asked, time)

    def prediction(
        self, position: int, cell: Cell, answer: Answer | None, grade: Grade | None, time: float | None = None
    ) -> None:
        """The reader predicts, or asks to see it."""
        if self._recording is not None:
            self._recording.prediction(position, cell, answer, grade, time)

    def copy(self, line: TrackLine) -> None:
        """What another recording says."""
        if self._recording is not None:
            self._recording.copy(line)

    def _changes(self, recording: Recording, place: Place, run: Timeline, at: float) -> Job[None]:
        """The changes that lead to a place, each made to what the one before has made, behind the events before it."""
        changes = (*place.kept, *(place.branch.changes if place.branch else ()))
        timelines = _made_by(place, changes)
        base: Timeline | None = run
        for index, change in enumerate(changes):
            if base is not None:
                yield from recording.events(base, base.calendar.start(change.first))
            base = timelines.get(index)
            recording.edit(base, index, change.edit, change.first, at)
            if index + 1 == len(place.kept):
                recording.keep(at)


def _made_by(place: Place, changes: Sequence[Change]) -> dict[int, Timeline]:
    """The timelines that are there, each by the number of the last change that has made it."""
    found = {}
    run = place.branch.run if place.branch else place.timeline
    for timeline, upto in ((place.timeline, len(changes)), (run, len(place.kept))):
        while timeline.base is not None:
            made = [i for i in range(upto) if changes[i].first == timeline.first]
            if not made:  # a change that was kept, and then left behind
                break
            upto = made[-1]
            found[upto] = timeline
            timeline = timeline.base
    return found


def _root(timeline: Timeline) -> Timeline:
    """The run that a timeline branches off."""
    while timeline.base is not None:
        timeline = timeline.base
    return timeline
