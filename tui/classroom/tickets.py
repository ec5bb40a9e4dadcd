"""The tickets of those who join in a browser: what stands for the token once it has been shown."""

from __future__ import annotations

import hmac
import math
import secrets
from collections.abc import Callable
from hashlib import sha256

from .tokens import Role

UNUSED = 60.0
"""Seconds in which the first ticket has to be used."""
AWAY = 600.0
"""Seconds in which somebody whose connection was lost can come back without the token."""
MOST_GUESTS = 1024
"""Of those who are remembered; the one who came first is then forgotten."""


class Guest:
    """Somebody who has shown the token: as whom, and under which page of the class the browser comes."""

    def __init__(self, role: Role, name: str) -> None:
        self.role = role
        self.name = name
        self.page = secrets.token_hex(8)
        """Names the page, and is no secret: the ticket is a cookie of this page alone, not of the other tabs."""
        self.digest = b""
        """Of the ticket that is good; empty if none is."""
        self.until = 0.0
        """When it ceases to be good."""


class Tickets:
    """Who may open a session, known by the digests of their tickets. A ticket is good for one session.

    Whoever shows it is given another at once, so that a page can be loaded again, and a lost connection comes back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        """Seconds, never backwards."""
        self._guests: dict[str, Guest] = {}

    def welcome(self, role: Role, name: str) -> tuple[Guest, str]:
        """Somebody has shown the token: the guest, and a ticket."""
        guest = Guest(role, name)
        self._tidy()
        self._guests[guest.page] = guest
        ticket = self.renewed(guest)
        guest.until = self._clock() + UNUSED
        return guest, ticket

    def renewed(self, guest: Guest) -> str:
        """Another ticket in the place of the one that was shown; it is good as long as the guest is here."""
        ticket = secrets.token_hex(16)
        guest.digest, guest.until = _digest(ticket), math.inf
        return ticket

    def away(self, guest: Guest) -> None:
        """The guest's connection is lost."""
        guest.until = self._clock() + AWAY

    def forget(self, guest: Guest) -> None:
        """The guest has left."""
        self._guests.pop(guest.page, None)

    def guest(self, page: str, ticket: str) -> Guest | None:
        """Whose ticket of this page it is, if it is good."""
        guest = self._guests.get(page)
        if guest is None or guest.until <= self._clock():
            return None
        return guest if hmac.compare_digest(_digest(ticket), guest.digest) else None

    def _tidy(self) -> None:
        now = self._clock()
        self._guests = {page: guest for page, guest in self._guests.items() if guest.until > now}
        if len(self._guests) >= MOST_GUESTS:
            del self._guests[next(iter(self._guests))]


def _digest(ticket: str) -> bytes:
    return sha256(ticket.encode(errors="backslashreplace")).digest()
