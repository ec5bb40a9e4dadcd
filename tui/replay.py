"""Replaying a log: where its track has got to, and what each of its lines does to the place where the reader is."""

from __future__ import annotations

import os
import time
from typing import TypeAlias

from bptui.core.errors import InputError
from bptui.core.log.branches import edit_of
from bptui.core.log.log import Log
from bptui.core.log.recorded import RecordedTimeline, differing
from bptui.core.log.records import DropLine, EditLine, KeepLine, MoveLine, NoteLine, SelectLine, TrackLine
from bptui.core.search import Job, go
from bptui.core.text import visible

from .branch import Change, Place

Followed: TypeAlias = TrackLine | str
"""A line that was followed, or why it was not."""
SPEEDS = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
"""How many times as fast as it was recorded."""


class Replay:
    """A log and its track: what the reader did while it was recorded. `at` lines of it have been followed.

    `time` is that of the last of them, `place` is where they have led to, `selected` the row of the table, `predicted`
    what was predicted of the step that comes next. The reader may be elsewhere.
    """

    def __init__(self, log: Log, timeline: RecordedTimeline) -> None:
        self.log = log
        self.at = 0
        self.speed = SPEEDS.index(1)
        self.selected: int | None = None
        self.place = Place(timeline, 0)
        self._run = timeline
        self._timelines = {0: timeline}
        self.time = 0.0
        self.predicted = ""
        self._since = time.monotonic()

    @property
    def has_track(self) -> bool:
        """Whether there is anything to follow."""
        return bool(self.log.track)

    @property
    def is_over(self) -> bool:
        """Whether all of it has been followed."""
        return self.at >= len(self.log.track)

    def status(self, here: Place, *, is_playing: bool = False) -> str:
        """What the screen says of it to a reader who is here."""
        name = visible(os.path.basename(self.log.path))
        if not self.has_track:
            return name
        if not self.is_on_track(here):
            return "off the track, = leads back"
        playing = f"▶ {SPEEDS[self.speed]:g}× " if is_playing else ""
        return f"{name}  {playing}track {self.at:,} of {len(self.log.track):,}"

    def is_on_track(self, here: Place) -> bool:
        """Whether a reader who is here sees what was seen when it was recorded."""
        there = self.place
        is_there = here.timeline is there.timeline and here.position == min(there.position, len(here.timeline))
        return is_there and (here.branch, here.kept) == (there.branch, there.kept)

    def remark(self, here: Place) -> str:
        """What is to be said where the log says otherwise than is derived: it was edited, or a digest does not fit."""
        if not here.position or here.position > len(here.timeline):
            return ""
        chapter = here.timeline.chapter(here.position)
        differs = here.position - 1 - chapter.start in differing(here.timeline)(chapter)
        if differs:
            return "≠ the log says otherwise than is derived"
        ends = here.position == len(here.timeline) < here.timeline.calendar.total and not here.timeline.stopped
        return "the recording ends here" if ends and isinstance(here.timeline, RecordedTimeline) else ""

    def clock(self) -> float:
        """The time on the track, which goes on while the reader looks around."""
        return self.time + time.monotonic() - self._since

    def rewind(self) -> Job[list[Followed]]:
        """Go to the beginning of the track: follow all up to the first place that was shown, and give it."""
        self.at, self.selected, self.place = 0, None, Place(self._run, 0)
        lines: list[Followed] = []
        while not self.is_over and not any(isinstance(line, MoveLine) for line in lines):
            lines.append((yield from self.follow()))
        return lines

    def pause_before_next(self) -> float:
        """Seconds until the next line, at the present speed."""
        try:
            after = self.log.did(self.at).time - self.time
        except InputError:  # following it will say so
            return 0.0
        return min(max(after, 0.0), 86_400.0) / SPEEDS[self.speed]

    def follow(self) -> Job[Followed]:
        """Follow the next line, and give it; or a text that says why it cannot be followed."""
        try:
            line = self.log.did(self.at)
            place, selected = yield from self._after(line)
        except InputError as error:
            self.at += 1
            return str(error)
        self.at += 1
        self.time, self._since = line.time, time.monotonic()
        self.place, self.selected = place, selected
        return line

    def base_of(self, line: EditLine) -> RecordedTimeline:
        """The timeline that an edit was made to; InputError where that could not be made."""
        if line.base not in self._timelines:
            raise InputError("a change to what could not be made is left out", hint="`bptui verify` says why")
        return self._timelines[line.base]

    def _after(self, line: TrackLine) -> Job[tuple[Place, int | None]]:
        """The place and the row that a line leads to."""
        match line:
            case MoveLine():
                return self.place._replace(position=max(line.position, 0)), self.selected
            case SelectLine():
                return self.place, line.row
            case EditLine():
                base = self.base_of(line)
                edit = edit_of(line, base.scenario)
                yield from go(base, base.calendar.start(line.iteration - 1))
                if line.branch not in self._timelines:
                    self._timelines[line.branch] = base.branching(line)
                return self.place.changed(self._timelines[line.branch], Change(edit, line.iteration - 1)), self.selected
            case KeepLine():
                return self.place.keeping(), self.selected
            case DropLine():
                return self.place.dropping(max(line.position, 0)), self.selected
        return self.place, self.selected


def followed(log: Log, run: RecordedTimeline) -> Job[RecordedTimeline]:
    """The run of a session with the changes that were kept in it, and the notes that were written."""
    replay = Replay(log, run)
    noted: dict[int, tuple[str, ...]] = {}
    while not replay.is_over:
        line = yield from replay.follow()
        if isinstance(line, NoteLine):
            noted[line.position] = (*noted.get(line.position, ()), line.note)
    place = replay.place
    ended = place.branch.run if place.branch else place.timeline
    if not isinstance(ended, RecordedTimeline):
        return run
    ended.noted = noted
    return ended
