"""What a member of a class does, and where that leads: short JSON arrays, as all that is told in a class."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

MOST_CHANGES = 100
"""Changes that a place is reached by, and breakpoints."""
MOST_NOTES = 500
"""Notes of a class; then the oldest goes."""
LONGEST_NOTES = 80_000
"""Characters of all notes of a class; then the oldest goes. Each takes twelve bytes at the most."""

Word = Annotated[str, msgspec.Meta(max_length=80)]
Text = Annotated[str, msgspec.Meta(max_length=4_000)]
Position = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
File = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
Cell = Annotated[tuple[int, ...], msgspec.Meta(max_length=8)]


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A message: an array that begins with its kind."""


class Moved(Told, frozen=True, tag="moved"):
    """Went to a position."""

    position: Position


class Selected(Told, frozen=True, tag="selected"):
    """Selected a row of the table; None is that of the step."""

    row: int | None


class Noted(Told, frozen=True, tag="noted"):
    """Wrote a note at a position."""

    position: Position
    text: Text


class Edited(Told, frozen=True, tag="edited"):
    """Changed a value from the start of an iteration on, which counts from 1; as an edit stands in a log."""

    iteration: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)]
    name: Word
    cell: Cell | None
    value: Any


class Kept(Told, frozen=True, tag="kept"):
    """Made the branch the run."""


class Dropped(Told, frozen=True, tag="dropped"):
    """Dropped the branch, and went to a position of the run."""

    position: Position


class Opened(Told, frozen=True, tag="opened"):
    """Opened another of the files; they count from 0."""

    file: File


class Looked(Told, frozen=True, tag="looked"):
    """Chose a picture and a pane, and gave it the whole window."""

    picture: Word = "network"
    pane: Word = ""
    zoomed: bool = False


class Stopping(Told, frozen=True, tag="stopping"):
    """Set these breakpoints; some are off."""

    breakpoints: Annotated[tuple[Text, ...], msgspec.Meta(max_length=MOST_CHANGES)] = ()
    off: Annotated[tuple[Text, ...], msgspec.Meta(max_length=MOST_CHANGES)] = ()


Step: TypeAlias = Moved | Selected | Noted | Edited | Kept | Dropped | Opened | Looked | Stopping
"""What a member does; those of the leader make the class's track."""


class Track(Told, frozen=True, tag="track"):
    """Where somebody is, and how it looks there; `changes` lead to the timeline from the run."""

    file: File = 0
    position: Position = 0
    selected: int | None = None
    changes: Annotated[tuple[Edited | Kept, ...], msgspec.Meta(max_length=MOST_CHANGES)] = ()
    looks: Looked = Looked()
    stopping: Stopping | None = None
    notes: Annotated[tuple[Noted, ...], msgspec.Meta(max_length=MOST_NOTES)] = ()
