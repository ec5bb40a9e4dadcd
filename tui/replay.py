"""Replaying a log: where its track has got to, and what each of its lines does to the place where the reader is."""

from __future__ import annotations

import time
from collections.abc import Iterator

from bptui.core.log.branches import after_edit, edit_of
from bptui.core.log.log import Log
from bptui.core.log.recorded import RecordedTimeline, differing
from bptui.core.log.records import DropLine, EditLine, KeepLine, MoveLine, SelectLine, TrackLine
from bptui.core.timeline import Timeline

from .branch import Change, Place

SPEEDS = (0.25, 0.5, 1, 2, 4, 8, 16, 32)
"""How many times as fast as it was recorded."""


class Replay:
    """A log and its track: what the reader did while it was recorded. `at` lines of it have been followed.

    `time` is that of the last of them, `place` is where they have led to, `selected` the row of the table. The reader
    may be elsewhere.
    """

    def __init__(self, log: Log, timeline: Timeline) -> None:
        self.log = log
        self.at = 0
        self.speed = SPEEDS.index(1)
        self.selected: int | None = None
        self.place = Place(timeline, 0)
        self._run = timeline
        self._timelines = {0: timeline}
        self.time = 0.0
        self._since = time.monotonic()

    @property
    def has_track(self) -> bool:
        """Whether there is anything to follow."""
        return bool(self.log.track)

    @property
    def is_over(self) -> bool:
        """Whether all of it has been followed."""
        return self.at >= len(self.log.track)

    def status(self, here: Place) -> str:
        """What the screen says of it to a reader who is here."""
        if not self.has_track:
            return ""
        if not self.is_on_track(here):
            return "off the track, = leads back"
        return f"track {self.at:,} of {len(self.log.track):,}"

    def is_on_track(self, here: Place) -> bool:
        """Whether a reader who is here sees what was seen when it was recorded."""
        return here.timeline is self.place.timeline and here.position == min(self.place.position, len(here.timeline))

    def remark(self, here: Place) -> str:
        """What is to be said where the log says otherwise than is derived: it was edited, or a digest does not fit."""
        if not here.position or here.position > len(here.timeline):
            return ""
        chapter = here.timeline.chapter(here.position)
        differs = here.position - 1 - chapter.start in differing(here.timeline)(chapter)
        return "≠ the log says otherwise than is derived" if differs else ""

    def clock(self) -> float:
        """The time on the track, which goes on while the reader looks around."""
        return self.time + time.monotonic() - self._since

    def rewind(self) -> Iterator[TrackLine]:
        """Go to the beginning of the track: follow all up to the first place that was shown, and give it."""
        self.at, self.selected, self.place = 0, None, Place(self._run, 0)
        while not self.is_over:
            line = self.follow()
            yield line
            if isinstance(line, MoveLine):
                return

    def pause_before_next(self) -> float:
        """Seconds until the next line, at the present speed."""
        after = self.log.did(self.at).time - self.time
        return min(max(after, 0.0), 86_400.0) / SPEEDS[self.speed]

    def follow(self) -> TrackLine:
        """Follow the next line; returns it. InputError where it changes what cannot be changed."""
        line = self.log.did(self.at)
        self.at += 1
        self.time, self._since = line.time, time.monotonic()
        match line:
            case MoveLine():
                self.place = self.place._replace(position=max(line.position, 0))
            case SelectLine():
                self.selected = line.row
            case EditLine():
                edit = edit_of(line, self.base_of(line).scenario)
                self.place = self.place.changed(self._branch(line), Change(edit, line.iteration - 1))
            case KeepLine():
                self.place = self.place.keeping()
            case DropLine():
                self.place = self.place.dropping(max(line.position, 0))
        return line

    def base_of(self, line: EditLine) -> Timeline:
        """The timeline that an edit was made to."""
        return self._timelines[line.base]

    def _branch(self, line: EditLine) -> Timeline:
        """The timeline that an edit has made; the same one each time it is followed."""
        if line.branch not in self._timelines:
            base = self._timelines[line.base]
            scenario, state = after_edit(line, base)
            first = line.iteration - 1
            timeline = RecordedTimeline(self.log, scenario, line.branch, base=base, first=first, state=state)
            self._timelines[line.branch] = timeline
        return self._timelines[line.branch]
