"""The debugger's screen where a member of a class is to be: brought there step by step, or all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from bptui.core.errors import InputError
from bptui.core.grading import Answer, Grade
from bptui.core.questions import Question
from bptui.core.search import Job, go
from bptui.core.timeline import Timeline

from ..branch import Place
from ..debugger import Debugger
from ..dialogs import Prompt
from ..face import Face
from ..setup import set_up
from . import asking
from .ahead import Ahead
from .participant import Participant
from .speaker import Speaker
from .steps import Stopping, Track
from .track import Places

Result = TypeVar("Result")
_OF_THE_CLASS = 0.0
"""The time of what the class has done: it is told to nobody."""


class Following(Debugger):
    """Shows one of the files of a class, number `file`, where `participant` is to be."""

    def __init__(self, files: Sequence[Timeline], participant: Participant, face: Face) -> None:
        super().__init__(files[0], set_up(files[0].scenario), Speaker(participant), None, face)
        self.files = files
        self.file = 0
        self.participant = participant
        self._places = Places(files[0])
        self.ahead = Ahead(self)
        self._taken: Track | None = None
        self.asks: Prompt | None = None
        self.is_to_ask = False
        self._is_behind = False
        self._led = False
        self.answer: tuple[Answer, Grade, Question] | None = None
        self._told = self._stopping

    def begin(self) -> None:
        """Begin where the class is, for the one who has been welcomed."""
        self.is_to_ask, self._led = self.participant.asking is not None, self.participant.leads
        self.sync()

    def sync(self, says: str = "") -> None:
        """Show where this member is to be: where the class is, or where the reader was when the connection dropped."""
        track = self.participant.here
        if track.file != self.file:
            self._open(track.file)
        self._take(track)
        self._is_behind = True

        def then(there: Place | str) -> None:
            if isinstance(there, str):
                self._is_behind = False
                self.say(there)
            elif there._replace(position=self.position) != self.place:
                super(Following, self).show(there, says)
            else:
                self.start("following", go(there.timeline, there.position), arrive)

        def arrive(position: int) -> None:
            super(Following, self).go(position, says, _OF_THE_CLASS)
            if self.participant.follows and not self.participant.leads:
                self.ahead.plan()

        self.start("following the class", self._place(track), then)

    def start(self, what: str, job: Job[Result], then: Callable[[Result], None]) -> None:
        """Run a job; where one of the reader's own has come in between and led nowhere, go on to the class."""

        def finish(answer: Result) -> None:
            then(answer)
            if self._is_behind and self.participant.follows and not self.is_working:
                self.sync(self._says)

        super().start(what, job, finish)

    def _arrive(self, position: int, says: str) -> None:
        self._is_behind = False
        super()._arrive(position, says)
        if self.is_to_ask:
            self.call_later(asking.ask, self)

    def follow_to(self, position: int) -> None:
        """Go where the class is, or goes."""
        super().go(position, "", _OF_THE_CLASS)

    def is_calm(self, position: int) -> bool:
        """Whether its reader follows, sees a position, and does nothing else."""
        follows = self.participant.follows and not self.participant.leads
        is_alone = self.app.screen is self and not self.is_working and self.playing is None and self.score is None
        is_plain = self.branch is None and not self._says and not self._keeps_row
        return follows and is_alone and is_plain and self.position == position == self.participant.track.position

    def has_derived(self, position: int) -> bool:
        """Whether a position is at hand."""
        timeline = self.timeline
        if not 0 <= position <= len(timeline):
            return False
        return (
            timeline.holds(timeline.calendar.iteration(max(position, 1) - 1)) and timeline.reach(position) == position
        )

    def _open(self, file: int) -> None:
        """Show another file from its beginning, in place of the one that is shown and of all that lies on it."""
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        self.stop()
        self.pause()
        self.asks = None
        self.file, self.timeline = file, self.files[file]
        self.setup, self._places = set_up(self.timeline.scenario), Places(self.timeline)
        self.branch, self.kept, self.noted, self.words = None, (), {}, ""
        self.selected, self._taken, self._told = None, None, self._stopping
        self.set_reactive(Following.position, 0)
        self.arrange_panes()

    def _place(self, track: Track) -> Job[Place | str]:
        try:
            return (yield from self._places.place(track))
        except InputError as error:
            return str(error)

    def _take(self, track: Track) -> None:
        """Take on the row, the looks, the breakpoints and the notes, where they are not as they were last."""
        taken, self._taken = self._taken, track
        if taken is None or taken.looks != track.looks:
            looks = track.looks
            super().set_looks(self.looks._replace(picture=looks.picture, pane=looks.pane, zoomed=looks.zoomed))
        if track.selected != (taken.selected if taken else None):
            self.select(track.selected, _OF_THE_CLASS)
        if track.stopping is not None and (taken is None or taken.stopping != track.stopping):
            self._stop_at(track.stopping)
        for note in track.notes:
            there = self.noted.setdefault(note.position, [])
            if note.text not in there:
                there.append(note.text)

    def _stop_at(self, stopping: Stopping) -> None:
        from bptui.core.conditions.condition import parse

        program = self.timeline.scenario.program
        self.setup.breakpoints = [parse(text, program) for text in stopping.breakpoints]
        self.setup.off = set(stopping.off)
        self._told = self._stopping

    @property
    def _stopping(self) -> Stopping:
        setup = self.setup
        return Stopping(tuple(condition.text for condition in setup.breakpoints), tuple(sorted(setup.off)))
