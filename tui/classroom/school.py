"""The class in the server: its seats, what the forker reports, what goes to the recorder, and how it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import NamedTuple

from .endings import OVER, why
from .forking import LONGER, Forker
from .journal import Journal
from .limits import Limits
from .members import Member
from .messages import Away, Back, Fault, Message, Recording, Stamped
from .room import Room
from .seat import Seat, Wire, clamped, line, terminal
from .tokens import Role, Tokens

MOST_TEACHERS = 4
"""Teachers in a class."""
IDLE = 2 * 3600.0
"""Seconds without a key after which a session is ended."""
_REPORTS = 0.2
"""Seconds between two reports of who follows."""


class Full(Exception):  # noqa: N818  # said to a person, not to a program
    """There is no room; the text is for the person who asked."""


class Session(NamedTuple):
    """One that runs: what its reader has, the line to it, and who it is."""

    seat: Seat
    wire: Wire
    member: Member


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
        self._moved_at = self._began
        self._sessions: dict[int, Session] = {}
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
            if message.ended:
                self.journal.event("recorded", what=message.ended)
                self.failure = self.failure or message.problem
                return
            self._is_recorded(message.problem)
            if not message.problem or self._recording_began.done():  # else the command says it
                self.journal.event("recording", path=message.path, problem=message.problem)
            if not self._recording_began.done():
                self._recording_began.set_result(None)

    def _is_recorded(self, problem: str) -> None:
        self.failure = self.failure or problem
        self.room.said("recording stopped" if problem else "● recorded")

    # ---- seats

    async def seat(self, role: Role, name: str, columns: int, rows: int, terminal_words: Mapping[str, str]) -> Seat:
        """A session for somebody who has come in; Full where there is no room."""
        is_teacher = role == "teacher"
        there = sum(each.member.is_teacher == is_teacher for each in self._sessions.values())
        if there >= (MOST_TEACHERS if is_teacher else self._most):
            raise Full(f"the class is full: {there} are here; try again later")
        number, master, ours = self._begin({"terminal": dict(terminal_words)}, columns, rows)
        seat = Seat(master, lambda: self._forker.end(number))
        wire = Wire(lambda m: self._heard(number, m), lambda: self._caught_up(number))
        member = self.room.join(name, wire, is_teacher=is_teacher)
        self._sessions[number] = Session(seat, wire, member)
        self.journal.event("session", name=member.name, role=role, size="×".join(map(str, clamped(columns, rows))))
        self._report()
        try:
            await self._loop.connect_accepted_socket(lambda: wire, ours)
        except BaseException:  # who wanted it has gone meanwhile
            ours.close()
            seat.end()
            seat.close()
            raise
        return seat

    def _begin(self, words: Mapping[str, object], columns: int, rows: int) -> tuple[int, int, socket.socket]:
        """The number of a new session, and the server's ends of its terminal and its line; Full where there is none."""
        opened: list[int] = []
        try:
            opened += terminal(columns, rows)
            ours, theirs = line()
            opened.append(theirs.detach())
            number = self._forker.begin("session", words, opened[1:])
        except OSError as error:
            if opened:
                os.close(opened[0])
            said = "too many come at once; try again" if isinstance(error, BlockingIOError) else OVER
            raise Full(said) from None
        finally:
            for descriptor in opened[1:]:
                os.close(descriptor)
        return number, opened[0], ours

    def _heard(self, number: int, message: Message) -> None:
        if number not in self._sessions:
            return
        member = self._sessions[number].member
        if isinstance(message, Fault):
            self.journal.event("fault", name=member.name, what=message.text)
            return
        self.room.heard(member, message)
        if member is self.room.leader:
            self._moved_at = time.monotonic()
        if isinstance(message, Away | Back) or not member.follows or member.is_watching:
            self._report()

    def _caught_up(self, number: int) -> None:
        """A session reads again what it is told."""
        if number in self._sessions:
            member = self._sessions[number].member
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
                reports = self._forker.ended()
            except BlockingIOError:
                return
            except OSError:
                reports = None
            if reports is None:
                self._loop.remove_reader(self._forker.socket)
                self.forker_ended.set_result(None)
                for number in list(self._sessions):
                    self._gone(number, OVER)
                return
            for ended in reports:
                if ended.number == self._recorder_number:
                    self.journal.event("recorder", ended=ended.status)
                    self._is_recorded("the recorder has ended")
                else:
                    self._gone(ended.number, why(ended.status))

    def _gone(self, number: int, reason: str) -> None:
        session = self._sessions.pop(number, None)
        if session is None:
            return
        session.wire.close()
        self.room.leave(session.member)
        session.seat.has_ended(reason)
        self.journal.event("left", name=session.member.name, why=session.seat.why)
        self._report()

    def end_idle(self) -> None:
        """End the sessions in which nothing was typed for long, while the class did not move either."""
        for session in self._sessions.values():
            if time.monotonic() - max(session.seat.typed_at, self._moved_at) > IDLE:
                session.seat.end(f"nothing was typed for {IDLE / 3600:g} hours")

    async def close(self) -> None:
        """End all sessions, then the recording, then the forker."""
        for session in self._sessions.values():
            session.seat.end(OVER)
        await asyncio.gather(*(session.seat.ended() for session in self._sessions.values()))
        if self._recorder is not None:
            self._recorder_number = 0  # that it ends is as it should be
            self._recorder.shut()
            await asyncio.wait([self._recorder.ended], timeout=LONGER)
        if self._reporting is not None:
            self._reporting.cancel()
        with suppress(OSError, ValueError):
            self._loop.remove_reader(self._forker.socket)
        self._forker.close()
