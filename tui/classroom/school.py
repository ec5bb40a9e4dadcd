"""The class in the server: its seats, what the forker reports, what goes to the recorder, and how it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from .forking import Forker
from .journal import Journal
from .limits import Limits
from .messages import Away, Back, Fault, Message, Recording, Stamped
from .room import Member, Room
from .seat import Seat, Wire, clamped, line, terminal
from .session import why
from .tokens import Role, Tokens

OVER = "the class is over"
"""What is said where the server ends a session."""
MOST_TEACHERS = 4
"""Teachers in a class."""
IDLE = 2 * 3600.0
"""Seconds without a key after which a session is ended."""
_REPORTS = 0.2
"""Seconds between two reports of who follows."""


class Full(Exception):  # noqa: N818  # said to a person, not to a program
    """There is no room; the text is for the person who asked."""


class School:
    """What the front doors need: tokens, limits, a journal, and a seat for each who comes in."""

    def __init__(
        self, forker: Forker, files: int, tokens: Tokens, limits: Limits, journal: Journal, *, most: int, record: str
    ) -> None:
        self.tokens = tokens
        self.limits = limits
        self.journal = journal
        self.now: Callable[[], float] = time.monotonic
        self.failure = ""
        self._forker = forker
        self._most = most
        self._loop = asyncio.get_running_loop()
        self._began = time.monotonic()
        self._seats: dict[int, Seat] = {}
        self._members: dict[int, Member] = {}
        self._wires: dict[int, Wire] = {}
        self._reporting: asyncio.TimerHandle | None = None
        self.forker_ended: asyncio.Future[None] = self._loop.create_future()
        self._recorder: Wire | None = None
        self._recorder_number = 0
        self._recording_began: asyncio.Future[None] = self._loop.create_future()
        self.room = Room(files, self._record, lambda: time.monotonic() - self._began)
        forker.socket.setblocking(False)
        self._loop.add_reader(forker.socket, self._reported)
        self._record_to = record

    # ---- the recorder

    async def begin(self) -> str:
        """Begin the recording, where one is wanted; returns why that cannot be."""
        if not self._record_to:
            return ""
        wire = Wire(self._recorder_tells)
        ours, theirs = line()
        self._recorder_number = self._forker.begin("recorder", {"path": self._record_to}, [theirs.fileno()])
        theirs.close()
        await self._loop.connect_accepted_socket(lambda: wire, ours)
        self._recorder = wire
        await asyncio.wait([self._recording_began, wire.ended], return_when=asyncio.FIRST_COMPLETED)
        return self.failure if self._recording_began.done() else "the recording ended before it began"

    def _record(self, stamped: Stamped) -> None:
        if self._recorder is not None:
            self._recorder.tell(stamped)

    def _recorder_tells(self, message: Message) -> None:
        if isinstance(message, Recording):
            self._is_recorded(message.problem)
            if not message.problem or self._recording_began.done():  # else the command says it
                self.journal.event("recording", path=message.path, problem=message.problem)
            if not self._recording_began.done():
                self._recording_began.set_result(None)

    def _is_recorded(self, problem: str) -> None:
        self.failure = problem
        self.room.said("recording stopped" if problem else "● recorded")

    # ---- seats

    async def seat(self, role: Role, name: str, columns: int, rows: int, terminal_words: Mapping[str, str]) -> Seat:
        """A session for somebody who has come in; Full where there is no room."""
        is_teacher = role == "teacher"
        there = sum(each.is_teacher == is_teacher for each in self._members.values())
        if there >= (MOST_TEACHERS if is_teacher else self._most):
            raise Full(f"the class is full: {there} are here; try again later")
        master, slave = terminal(columns, rows)
        ours, theirs = line()
        try:
            number = self._forker.begin("session", {"terminal": dict(terminal_words)}, [slave, theirs.fileno()])
        except OSError:
            os.close(master)
            ours.close()
            raise Full("too many come at once; try again") from None
        finally:
            os.close(slave)
            theirs.close()
        seat = self._seats[number] = Seat(master, lambda: self._forker.end(number))
        wire = self._wires[number] = Wire(lambda m: self._heard(number, m), lambda: self._caught_up(number))
        await self._loop.connect_accepted_socket(lambda: wire, ours)
        member = self._members[number] = self.room.join(name, wire, is_teacher=is_teacher)
        seat.name = member.name
        self.journal.event("session", name=member.name, role=role, size="×".join(map(str, clamped(columns, rows))))
        self._report()
        return seat

    def _heard(self, number: int, message: Message) -> None:
        member = self._members.get(number)
        if member is None:
            return
        if isinstance(message, Fault):
            self.journal.event("fault", name=member.name, what=message.text)
            return
        self.room.heard(member, message)
        if isinstance(message, Away | Back) or not member.follows or member.is_watching:
            self._report()

    def _caught_up(self, number: int) -> None:
        """A session reads again what it is told."""
        if member := self._members.get(number):
            self.journal.event("resumed", name=member.name)
            self.room.welcome(member)

    def _report(self) -> None:
        """Report soon who follows, once for all that happens until then."""
        if self._reporting is None:
            self._reporting = self._loop.call_later(_REPORTS, self._report_now)

    def _report_now(self) -> None:
        self._reporting = None
        self.room.report()

    # ---- the end of sessions

    def _reported(self) -> None:
        """The forker reports that a child has ended."""
        while True:
            try:
                ended = self._forker.ended()
            except BlockingIOError:
                return
            except OSError:
                ended = None
            if ended is None:
                self._loop.remove_reader(self._forker.socket)
                self.forker_ended.set_result(None)
                for number in list(self._seats):
                    self._gone(number, OVER)
                return
            if ended.number == self._recorder_number:
                self.journal.event("recorder", ended=ended.status)
                self._is_recorded(self.failure or "the recorder has ended")
            else:
                self._gone(ended.number, why(ended.status))

    def _gone(self, number: int, reason: str) -> None:
        seat = self._seats.pop(number, None)
        if seat is None:
            return
        member = self._members.pop(number)
        self._wires.pop(number).close()
        self.room.leave(member)
        self.journal.event("left", name=member.name, why=reason)
        seat.has_ended(reason)
        self._report()

    def end_idle(self) -> None:
        """End the sessions in which nothing was typed for long."""
        for seat in self._seats.values():
            if time.monotonic() - seat.typed_at > IDLE:
                seat.end(f"nothing was typed for {IDLE / 3600:g} hours")

    async def close(self) -> None:
        """End all sessions, then the recording, then the forker."""
        for seat in self._seats.values():
            seat.end(OVER)
        while self._seats:
            await asyncio.gather(*(seat.ended() for seat in list(self._seats.values())))
        if self._recorder is not None:
            self._recorder_number = 0  # that it ends is as it should be
            self._recorder.shut()
            await self._recorder.ended
        if self._reporting is not None:
            self._reporting.cancel()
        with suppress(OSError, ValueError):
            self._loop.remove_reader(self._forker.socket)
        self._forker.close()


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; OSError where that cannot be."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(128)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
