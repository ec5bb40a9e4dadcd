"""Where a member of the class is, as data: what is done makes the next track, and a track leads to a place."""

from __future__ import annotations

import msgspec

from bptui.core.log.branches import after_edit, edit_of
from bptui.core.log.records import EditLine
from bptui.core.search import Job, go
from bptui.core.timeline import Timeline

from ..branch import Change, Place
from .steps import (
    LONGEST_NOTES,
    MOST_CHANGES,
    MOST_NOTES,
    Dropped,
    Edited,
    Kept,
    Looked,
    Moved,
    Noted,
    Opened,
    Selected,
    Step,
    Stopping,
    Track,
)

Changes = tuple[Edited | Kept, ...]
_replace = msgspec.structs.replace


def after(track: Track, step: Step) -> Track:
    """The track after somebody on it has done something; the looks stay when another file is opened."""
    match step:
        case Moved():
            return _replace(track, position=step.position)
        case Selected():
            return _replace(track, selected=step.row)
        case Noted():
            return _replace(track, notes=_newest((*track.notes, step)))
        case Edited():
            return _replace(track, changes=(*track.changes, step)[:MOST_CHANGES])
        case Kept():
            return _replace(track, changes=(*track.changes, step)[:MOST_CHANGES])
        case Dropped():
            return _replace(track, position=step.position, changes=kept(track.changes))
        case Opened():
            return Track(file=step.file, looks=track.looks)
        case Looked():
            return _replace(track, looks=step)
        case Stopping():
            return _replace(track, stopping=step)


def _newest(notes: tuple[Noted, ...]) -> tuple[Noted, ...]:
    """As many of the last notes as there is room for in what newcomers are told."""
    count, room = 0, LONGEST_NOTES
    for note in reversed(notes[-MOST_NOTES:]):
        room -= len(note.text)
        if room < 0:
            break
        count += 1
    return notes[len(notes) - count :]


def kept(changes: Changes) -> Changes:
    """The changes that stay when the branch is dropped."""
    last = max((at for at, change in enumerate(changes, start=1) if isinstance(change, Kept)), default=0)
    return changes[:last]


class Places:
    """The places that changes lead to from a run: what has been derived for one is at hand for the next."""

    def __init__(self, run: Timeline) -> None:
        self._known: tuple[Changes, tuple[Place, ...]] = ((), (Place(run, 0),))

    def place(self, track: Track) -> Job[Place]:
        """The place of a track; InputError where a change cannot be made."""
        changes, places = self._known
        same = next((at for at, (a, b) in enumerate(zip(changes, track.changes, strict=False)) if a != b), None)
        places = places[: (min(len(changes), len(track.changes)) if same is None else same) + 1]
        for change in track.changes[len(places) - 1 :]:
            places += ((yield from _changed(places[-1], change)),)
        self._known = (track.changes, places)
        return places[-1]._replace(position=track.position)


def _changed(place: Place, change: Edited | Kept) -> Job[Place]:
    """Where a change leads."""
    if isinstance(change, Kept):
        return place.keeping()
    first = change.iteration - 1
    line = EditLine(0.0, "", 0, 0, change.iteration, change.name, change.cell, change.value)
    base = branching_off(place.timeline, first)
    yield from go(base, base.calendar.start(first))
    scenario, state = after_edit(line, base)
    timeline = Timeline(scenario, base=base, first=first, state=state)
    return place.changed(timeline, Change(edit_of(line, base.scenario), first))


def branching_off(timeline: Timeline, number: int) -> Timeline:
    """The timeline that a change from an iteration on is made to: what was changed later is left behind."""
    while timeline.base is not None and number < timeline.first:
        timeline = timeline.base
    return timeline
