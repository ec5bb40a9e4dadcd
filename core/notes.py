"""A teacher's notes: short texts tied to places in a run, shown when the step is reached."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .calendar import Calendar
from .places import Place, index_of, place_of
from .scenario import Note, Scenario
from .timeline import Timeline


class Tied(NamedTuple):
    """A note at a position; or at a place, in each iteration or in one, which counts from 0."""

    text: str
    position: int | None = None
    place: Place | None = None
    iteration: int | None = None


def tie(scenario: Scenario, note: Note) -> Tied:
    """The note where its words say: `start`, `end`, a position, `iteration 40`, a name; ValueError if that is none."""
    words = " ".join(note.at.split())
    if words == "start":
        return Tied(note.text, position=0)
    if words == "end":
        return Tied(note.text, position=Calendar.of(scenario).total)
    if re.fullmatch(r"\d{1,9}", words):
        return Tied(note.text, position=int(words))
    iteration = None if note.iteration is None else note.iteration - 1
    if match := re.fullmatch(r"iteration (\d{1,9})", words):
        return Tied(note.text, place=("phase", "forward"), iteration=int(match[1]) - 1)
    return Tied(note.text, place=place_of(scenario, words), iteration=iteration)


@lru_cache(maxsize=4)
def _tied(scenario: Scenario) -> tuple[Tied, ...]:
    return tuple(tie(scenario, note) for note in scenario.notes)


def notes_at(timeline: Timeline, position: int) -> list[str]:
    """The notes that belong to the step that has just happened, in their order in the scenario."""
    return [text for place, text in _placed(timeline, position) if place == position]


def last_notes(timeline: Timeline, position: int) -> list[str]:
    """The notes of the last step that has some, in the same phase of the same iteration."""
    placed = _placed(timeline, position)
    here = max((place for place, _ in placed if place <= position), default=-1)
    if here < 0 or (here < position and (here == 0 or _phase(timeline, here) != _phase(timeline, position))):
        return []
    return [text for place, text in placed if place == here]


def _phase(timeline: Timeline, position: int) -> str:
    event = timeline.event(position)
    return event.phase if event else ""


def _placed(timeline: Timeline, position: int) -> list[tuple[int, str]]:
    """The notes of the iteration of a position, each with its own position."""
    notes = _tied(timeline.scenario)
    if not notes:
        return []
    chapter = timeline.chapter(position)
    found = []
    for note in notes:
        if note.place is None:
            place = note.position
        else:
            index = index_of(chapter, note.place) if note.iteration in (None, chapter.number) else None
            place = None if index is None else chapter.start + index + 1
        if place is not None and (place > chapter.start or place == position == 0):
            found.append((place, note.text))
    return found
