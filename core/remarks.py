"""What a scenario says for its readers, beside the mathematics: its notes, breakpoints and watches."""

from __future__ import annotations

from collections.abc import Callable

from .calendar import Calendar
from .errors import InputError
from .notes import tie
from .program import Program
from .scenario import Note, Scenario
from .schema import File, Keys

MOST_NOTES = 200
MOST_STOPS = 50
"""Breakpoints, and watches, of a scenario."""
LONGEST_NOTE = 2_000
"""Characters of the longest note."""


def read_notes(table: File, keys: Keys) -> tuple[Note, ...]:
    """The notes as they are written; InputError where there are too many, or one is empty or too long."""
    if len(table.note) > MOST_NOTES:
        raise keys.fault(("note", MOST_NOTES), "is one note too many", f"{MOST_NOTES} at the most")
    for index, note in enumerate(table.note):
        if not 0 < len(note.text.strip()) <= LONGEST_NOTE:
            raise keys.fault(("note", index, "text"), "is empty or too long", f"1 to {LONGEST_NOTE:,} characters")
    return tuple(Note(note.at, note.text.strip(), note.iteration) for note in table.note)


def check_remarks(scenario: Scenario, keys: Keys) -> None:
    """Each note is at a place that there is, breakpoints and watches can be read; InputError otherwise."""
    if scenario.breakpoints or scenario.watches:
        from .conditions.condition import parse
        from .conditions.watches import parse_watch

        _check_each("breakpoints", scenario.breakpoints, parse, scenario, keys)
        _check_each("watches", scenario.watches, parse_watch, scenario, keys)
    count, total = scenario.iterations, Calendar.of(scenario).total
    for index, note in enumerate(scenario.notes):
        if note.iteration is not None and not 1 <= note.iteration <= count:
            raise keys.fault(("note", index, "iteration"), f"is {note.iteration}", f"from 1 to {count}")
        place = ("note", index, "at")
        try:
            tied = tie(scenario, note)
        except ValueError as error:
            reason, _, hint = str(error).partition("; ")
            raise keys.fault(place, reason, hint) from None
        if tied.iteration is not None and not 0 <= tied.iteration < count:
            raise keys.fault(place, f"is '{note.at}'", f"there are iterations 1 to {count}")
        if tied.position is not None and tied.position > total:
            raise keys.fault(place, f"is {tied.position}", f"there are positions 0 to {total}")
        if note.iteration is not None and (tied.place is None or tied.iteration != note.iteration - 1):
            hint = f"'{note.at}' stands in one iteration only"
            raise keys.fault(("note", index, "iteration"), "is not expected", hint)


def _check_each(
    key: str, texts: tuple[str, ...], parse: Callable[[str, Program], object], scenario: Scenario, keys: Keys
) -> None:
    if len(texts) > MOST_STOPS:
        raise keys.fault((key,), f"has {len(texts)}", f"{MOST_STOPS} at the most")
    for index, text in enumerate(texts):
        try:
            parse(text, scenario.program)
        except InputError as error:
            raise keys.fault((key, index), error.reason, error.hint) from None
