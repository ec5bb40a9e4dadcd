"""What the server of a class and its sessions tell each other: short JSON arrays, one to a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from .steps import Cell, Position, Step, Text, Told, Track, Word

LONGEST = 1 << 20
"""Bytes of the longest line: what somebody who joins is told, with all notes."""


# ---- from a session


class Away(Told, frozen=True, tag="away"):
    """Leaves the track, from here."""

    track: Track


class Back(Told, frozen=True, tag="back"):
    """Is on the track again; and takes the lead, where it was given it at this turn."""

    turn: int = 0


class Answered(Told, frozen=True, tag="answered"):
    """Answers the question about a position; no value is asking to see it."""

    position: Position
    cell: Cell
    value: float | None
    tolerance: float
    right: bool
    as_what: Word
    mistake: Word


class Along(Told, frozen=True, tag="along"):
    """Everybody comes along to where the class is; from the server: do."""


class Lock(Told, frozen=True, tag="lock"):
    """Nobody leaves the track any more; or may again."""

    locked: bool


class Lead(Told, frozen=True, tag="lead"):
    """This member leads from now on."""

    member: int


class Asking(Told, frozen=True, tag="asking"):
    """The class is asked what the step at a position brings."""

    position: Position


class Closing(Told, frozen=True, tag="closing"):
    """The question is over; the answers are shown to the class, or not."""

    shown: bool


class Watching(Told, frozen=True, tag="watching"):
    """Wants to be told the roster, or no more."""

    roster: bool


class Fault(Told, frozen=True, tag="fault"):
    """Ends because of a fault."""

    text: Text


class Recording(Told, frozen=True, tag="recording"):
    """From the recorder: it records to a file; or why it does not, or not any more; or that it has `ended` one."""

    path: Text
    problem: Text = ""
    ended: Text = ""


# ---- to a session


class Standing(Told, frozen=True, tag="standing"):
    """How things stand: whether this member leads, who does, whether the track is locked, whether it is recorded.

    `turn` counts how often the lead was given to somebody.
    """

    leads: bool = False
    leader: Word = ""
    locked: bool = False
    recording: Text = ""
    turn: int = 0


class Welcome(Told, frozen=True, tag="welcome"):
    """What a session is told first, and again when it could not keep up.

    `track` is the class's; `own` is where the member was when the connection dropped, off the track.
    """

    name: Word
    is_teacher: bool
    standing: Standing
    track: Track
    own: Track | None
    asking: int | None


class Counted(Told, frozen=True, tag="counted"):
    """How many students are here, and how many of them follow."""

    here: int
    following: int


class Present(Told, frozen=True, tag="present"):
    """A member in the roster; `state` says how the session is."""

    member: int
    name: Word
    is_teacher: bool
    leads: bool
    state: Word
    file: int
    position: Position


class Roster(Told, frozen=True, tag="roster"):
    """Who is in the class."""

    members: tuple[Present, ...]


class Answers(Told, frozen=True, tag="answers"):
    """What has been answered to the question about a position, by how many of how many.

    `mistakes` are counts by name, empty for one without a name; `values` are counts of wrong numbers; `unanswered`
    asked to see it.
    """

    position: Position
    asked: int
    right: int = 0
    unanswered: int = 0
    mistakes: dict[str, int] = {}
    values: tuple[tuple[float, int], ...] = ()

    @property
    def answered(self) -> int:
        """How many have answered, or asked to see it."""
        return self.right + self.unanswered + sum(self.mistakes.values())


class Closed(Told, frozen=True, tag="closed"):
    """The question is over; with the answers, where they are shown."""

    answers: Answers | None


class Stamped(Told, frozen=True, tag="stamped"):
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
