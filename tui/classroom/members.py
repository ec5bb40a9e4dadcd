"""Who is in the class, and who has been: the name of somebody who is gone brings the same member back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .messages import Message, Standing
from .steps import Track

MOST_REMEMBERED = 1_000
"""Members whose place is kept after they have gone; then the one that went first is forgotten."""


class Line(Protocol):
    """The way to a session; it `is_lagging` while the session does not read what it is told."""

    is_lagging: bool

    def tell(self, message: Message) -> None:
        """Tell the session."""


class Member:
    """Somebody in the class; off the track `track` is where. One who leads is followed once it has taken the lead."""

    def __init__(self, number: int, name: str, line: Line, *, is_teacher: bool) -> None:
        self.number = number
        self.name = name
        self.is_teacher = is_teacher
        self.line: Line | None = line
        self.follows = True
        self.has_taken_lead = False
        self.is_watching = False
        self.track = Track()
        self.told = Standing()


class Members:
    """All of them, by number, those that went longest ago first."""

    def __init__(self) -> None:
        self.by_number: dict[int, Member] = {}
        self._joined = 0

    def __iter__(self) -> Iterator[Member]:
        return iter(self.by_number.values())

    def present(self) -> Iterator[Member]:
        """Those who are here."""
        return (member for member in self if member.line is not None)

    def come(self, name: str, line: Line, *, is_teacher: bool) -> Member:
        """Somebody comes, or comes back; the name is made unique among those who are here."""
        name = self._unique(name)
        gone = [each for each in self if each.line is None and each.name == name and each.is_teacher == is_teacher]
        if gone:
            gone[-1].line = line
            return gone[-1]
        self._joined += 1
        member = self.by_number[self._joined] = Member(self._joined, name, line, is_teacher=is_teacher)
        return member

    def go(self, member: Member) -> None:
        """Somebody goes, and stands last; of many that have gone the first is forgotten."""
        member.line, member.is_watching = None, False
        self.by_number[member.number] = self.by_number.pop(member.number)
        gone = [each.number for each in self if each.line is None]
        for number in gone[: max(len(gone) - MOST_REMEMBERED, 0)]:
            del self.by_number[number]

    def _unique(self, name: str) -> str:
        taken = {each.name for each in self.present()}
        names = (name, *(f"{name} {n}" for n in range(2, len(taken) + 2)))
        return next(each for each in names if each not in taken)
