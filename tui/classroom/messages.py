"""What the server of a class and its sessions tell each other: short JSON arrays, one to a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeAlias

import msgspec

LONGEST = 1 << 20
"""Bytes of the longest line: what somebody who joins is told, with all notes."""
MOST_CHANGES = 100
"""Changes that a place is reached by, and breakpoints."""
MOST_NOTES = 500
"""Notes of a class; then the oldest goes."""
LONGEST_NOTES = 80_000
"""Characters of all notes of a class; then the oldest goes. Each takes twelve bytes at the most."""

_Word = Annotated[str, msgspec.Meta(max_length=80)]
_Text = Annotated[str, msgspec.Meta(max_length=4_000)]
_Position = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]
_File = Annotated[int, msgspec.Meta(ge=0, le=1_000)]
_Cell = Annotated[tuple[int, ...], msgspec.Meta(max_length=8)]


class _Message(msgspec.Struct, frozen=True, array_like=True):
    """A message: an array that begins with its kind."""


# ---- where a member is, and goes


class Moved(_Message, frozen=True, tag="moved"):
    """Went to a position."""

    position: _Position


class Selected(_Message, frozen=True, tag="selected"):
    """Selected a row of the table; None is that of the step."""

    row: int | None


class Noted(_Message, frozen=True, tag="noted"):
    """Wrote a note at a position."""

    position: _Position
    text: _Text


class Edited(_Message, frozen=True, tag="edited"):
    """Changed a value from the start of an iteration on, which counts from 1; as an edit stands in a log."""

    iteration: Annotated[int, msgspec.Meta(ge=1, le=1 << 53)]
    name: _Word
    cell: _Cell | None
    value: Any


class Kept(_Message, frozen=True, tag="kept"):
    """Made the branch the run."""


class Dropped(_Message, frozen=True, tag="dropped"):
    """Dropped the branch, and went to a position of the run."""

    position: _Position


class Opened(_Message, frozen=True, tag="opened"):
    """Opened another of the files; they count from 0."""

    file: _File


class Looked(_Message, frozen=True, tag="looked"):
    """Chose a picture and a pane, and gave it the whole window."""

    picture: _Word = "network"
    pane: _Word = ""
    zoomed: bool = False


class Stopping(_Message, frozen=True, tag="stopping"):
    """Set these breakpoints; some are off."""

    breakpoints: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=MOST_CHANGES)] = ()
    off: Annotated[tuple[_Text, ...], msgspec.Meta(max_length=MOST_CHANGES)] = ()


Step: TypeAlias = Moved | Selected | Noted | Edited | Kept | Dropped | Opened | Looked | Stopping
"""What a member does; those of the leader make the class's track."""


class Track(_Message, frozen=True, tag="track"):
    """Where somebody is, and how it looks there; `changes` lead to the timeline from the run."""

    file: _File = 0
    position: _Position = 0
    selected: int | None = None
    changes: Annotated[tuple[Edited | Kept, ...], msgspec.Meta(max_length=MOST_CHANGES)] = ()
    looks: Looked = Looked()
    stopping: Stopping | None = None
    notes: Annotated[tuple[Noted, ...], msgspec.Meta(max_length=MOST_NOTES)] = ()


# ---- from a session


class Away(_Message, frozen=True, tag="away"):
    """Leaves the track, from here."""

    track: Track


class Back(_Message, frozen=True, tag="back"):
    """Is on the track again; and takes the lead, where it was given it at this turn."""

    turn: int = 0


class Answered(_Message, frozen=True, tag="answered"):
    """Answers the question about a position; no value is asking to see it."""

    position: _Position
    cell: _Cell
    value: float | None
    tolerance: float
    right: bool
    as_what: _Word
    mistake: _Word


class Along(_Message, frozen=True, tag="along"):
    """Everybody comes along to where the class is; from the server: do."""


class Lock(_Message, frozen=True, tag="lock"):
    """Nobody leaves the track any more; or may again."""

    locked: bool


class Lead(_Message, frozen=True, tag="lead"):
    """This member leads from now on."""

    member: int


class Asking(_Message, frozen=True, tag="asking"):
    """The class is asked what the step at a position brings."""

    position: _Position


class Closing(_Message, frozen=True, tag="closing"):
    """The question is over; the answers are shown to the class, or not."""

    shown: bool


class Watching(_Message, frozen=True, tag="watching"):
    """Wants to be told the roster, or no more."""

    roster: bool


class Fault(_Message, frozen=True, tag="fault"):
    """Ends because of a fault."""

    text: _Text


class Recording(_Message, frozen=True, tag="recording"):
    """From the recorder: it records to a file; or why it does not, or not any more; or that it has `ended` one."""

    path: _Text
    problem: _Text = ""
    ended: _Text = ""


# ---- to a session


class Standing(_Message, frozen=True, tag="standing"):
    """How things stand: whether this member leads, who does, whether the track is locked, whether it is recorded.

    `turn` counts how often the lead was given to somebody.
    """

    leads: bool = False
    leader: _Word = ""
    locked: bool = False
    recording: _Text = ""
    turn: int = 0


class Welcome(_Message, frozen=True, tag="welcome"):
    """What a session is told first, and again when it could not keep up.

    `track` is the class's; `own` is where the member was when the connection dropped, off the track.
    """

    name: _Word
    is_teacher: bool
    standing: Standing
    track: Track
    own: Track | None
    asking: int | None


class Counted(_Message, frozen=True, tag="counted"):
    """How many students are here, and how many of them follow."""

    here: int
    following: int


class Present(_Message, frozen=True, tag="present"):
    """A member in the roster; `state` says how the session is."""

    member: int
    name: _Word
    is_teacher: bool
    leads: bool
    state: _Word
    file: int
    position: _Position


class Roster(_Message, frozen=True, tag="roster"):
    """Who is in the class."""

    members: tuple[Present, ...]


class Answers(_Message, frozen=True, tag="answers"):
    """What has been answered to the question about a position, by how many of how many.

    `mistakes` are counts by name, empty for one without a name; `values` are counts of wrong numbers; `unanswered`
    asked to see it.
    """

    position: _Position
    asked: int
    right: int = 0
    unanswered: int = 0
    mistakes: dict[str, int] = {}
    values: tuple[tuple[float, int], ...] = ()

    @property
    def answered(self) -> int:
        """How many have answered, or asked to see it."""
        return self.right + self.unanswered + sum(self.mistakes.values())


class Closed(_Message, frozen=True, tag="closed"):
    """The question is over; with the answers, where they are shown."""

    answers: Answers | None


class Stamped(_Message, frozen=True, tag="stamped"):
    """What the recorder is told: what happened, and when, in seconds from the beginning of the class."""

    time: float
    what: Step | Asking | Answered


Message: TypeAlias = (
    Step
    | Away
    | Back
    | Answered
    | Along
    | Lock
    | Lead
    | Asking
    | Closing
    | Watching
    | Fault
    | Recording
    | Standing
    | Welcome
    | Counted
    | Roster
    | Answers
    | Closed
    | Stamped
)

_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(Message)


def encoded(message: Message) -> bytes:
    """The line of a message."""
    return _encode(message) + b"\n"


class Reader:
    """Takes bytes as they come, and gives the messages that are whole; ValueError where they are none."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that these bytes complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST:
            raise ValueError("a line without an end")
        for line in lines:
            try:
                message: Message = _decoder.decode(line)
            except (msgspec.MsgspecError, RecursionError) as error:
                raise ValueError(f"no message: {error}") from None
            yield message
