"""The sessions of browsers: a page of the class opens one with its ticket, and again when the connection was lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from .endings import CRASHED, OVER
from .limits import Visit
from .school import Full
from .seat import FAREWELL, PATIENCE
from .tickets import Guest, Tickets
from .visitor import HEADERS, Visitor, is_of_ours, said
from .websocket import Line, carry, last, line

if TYPE_CHECKING:
    from .school import School
    from .seat import Seat

ELSEWHERE = "it was opened once more, in another window"
_TERMINAL = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
"""What the terminal in the page is."""
_COOKIE = "bptui-ticket"


class Sessions:
    """All that are open."""

    def __init__(self, school: School, tickets: Tickets) -> None:
        self._school = school
        self._tickets = tickets
        self._seats: dict[Guest, Seat] = {}
        self._open: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End them all, and say so."""
        for seat in self._seats.values():
            seat.end(OVER)
        if self._open:
            await asyncio.wait(self._open, timeout=PATIENCE + FAREWELL)

    async def open(self, request: web.BaseRequest, page: str) -> web.StreamResponse:
        """A page of the class opens its session; its ticket is taken, and another one given."""
        connection = line()
        if not connection.can_prepare(request):
            return said(400, "This is for the page of the class.")
        guest = self._tickets.guest(page, ticket_in(request))
        if guest is None or not is_of_ours(request):
            what = "origin" if guest else "ticket"
            self._school.journal.event("forbidden", address=request.remote, what=what)
            return said(403, "The ticket is not good any more, or this is not the page that it is for.")
        visit = self._school.limits.may_connect(request.remote or "")
        if not isinstance(visit, Visit):
            self._school.journal.event("refused", address=request.remote, why=visit)
            return said(429, visit)
        visit.logged_in()
        visitor = request.protocol
        assert isinstance(visitor, Visitor)
        visitor.stays()
        connection.headers.update(HEADERS)
        give(connection, guest, self._tickets.renewed(guest))
        try:
            await connection.prepare(request)
            session = asyncio.create_task(self._hold(connection, guest, _size(request), visitor.lost))
            self._open.add(session)
            session.add_done_callback(self._open.discard)
            await session
        finally:
            visitor.abort()
            visit.ended()
        return connection

    async def _hold(self, connection: Line, guest: Guest, size: tuple[int, int], lost: asyncio.Future[None]) -> None:
        """From the first frame to the last word."""
        try:
            seat = await self._seat(guest, size)
        except Full as full:
            self._school.journal.event("full", name=guest.name)
            self._tickets.forget(guest)
            await last(connection, str(full))
            return
        why: str | None = CRASHED
        try:
            why = await carry(connection, seat, lost)
        except asyncio.CancelledError:
            why = OVER
            raise
        finally:
            seat.end(why or "")
            seat.close()
            self._left(guest, seat, is_lost=why is None)
            if why is not None:
                await last(connection, why)

    async def _seat(self, guest: Guest, size: tuple[int, int]) -> Seat:
        """A seat; the one that the guest has had is free before, so that the room knows the name again."""
        if before := self._seats.get(guest):
            before.end(ELSEWHERE)
            with suppress(TimeoutError):
                await asyncio.wait_for(before.ended(), PATIENCE)
        seat = self._seats[guest] = await self._school.seat(guest.role, guest.name, *size, _TERMINAL)
        return seat

    def _left(self, guest: Guest, seat: Seat, *, is_lost: bool) -> None:
        if self._seats.get(guest) is not seat:
            return  # the guest is here in another window
        del self._seats[guest]
        if is_lost:
            self._tickets.away(guest)
        else:
            self._tickets.forget(guest)


def give(answer: web.StreamResponse, guest: Guest, ticket: str, seconds: float | None = None) -> None:
    """Give a ticket to a browser: for so long, or until it is closed. It shows it to one page of the class only."""
    age = None if seconds is None else int(seconds)
    answer.set_cookie(_COOKIE, ticket, path=f"/class/{guest.page}", max_age=age, httponly=True, samesite="Strict")


def ticket_in(request: web.BaseRequest) -> str:
    """The ticket that a browser shows."""
    return request.cookies.get(_COOKIE, "")


def _size(request: web.BaseRequest) -> tuple[int, int]:
    """Columns and rows of the window, 0 where they are not known."""
    columns, rows = (request.query.get(name, "") for name in ("width", "height"))
    return _number(columns), _number(rows)


def _number(text: str) -> int:
    return int(text) if len(text) < 16 and text.isascii() and text.isdigit() else 0
