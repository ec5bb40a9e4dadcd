"""The front door of browsers: who may connect; what they are then answered stands in website.py."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from .limits import MOST_IN_ALL, MOST_OF_ONE, MOST_REMEMBERED, Limits, Visit
from .sockets import accepted
from .website import Website

if TYPE_CHECKING:
    from .school import School

CONNECTIONS = 8
"""Connections that count as one attempt: a browser opens several for a page, and another for the session."""
_BUFFER = 64 << 10
"""Bytes that the system keeps for a browser that does not read."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


async def serve_web(school: School, listening: socket.socket, host: str = "") -> None:
    """Let browsers into a class until it is cancelled; then every session ends. `host` is what --host says."""
    listening.setblocking(False)
    for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        listening.setsockopt(socket.SOL_SOCKET, buffer, _BUFFER)
    doorway = Doorway(school.limits)
    website = Website(school, _names(host))
    try:
        while True:
            client, address = await accepted(school.journal, listening)
            if why_not := doorway.may_come(address):
                school.journal.event("refused", address=address, why=why_not)
                client.close()
            else:
                await _receive(website, client, partial(doorway.left, address))
            await asyncio.sleep(0)  # accepting does not wait where somebody is there already; others have their turn
    finally:
        await website.close()


class Doorway:
    """The connections of browsers. What is open is bounded here, before anything is read; how often, by `limits`.

    To those it is one attempt for eight connections, and a visit as long as a session is open: a class of browsers
    behind one router opens more connections than it has members.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._left: dict[str, int] = {}  # connections that an attempt has yet to give

    def may_come(self, address: str) -> str:
        """Count a connection; or say why it is not let in."""
        if self._open.total() >= MOST_IN_ALL:
            return f"{MOST_IN_ALL} connections are open"
        if self._open[address] >= MOST_OF_ONE:
            return f"{MOST_OF_ONE} connections from this address are open"
        if not self._left.get(address):
            visit = self._limits.may_connect(address)
            if not isinstance(visit, Visit):
                return visit
            visit.ended()
            if len(self._left) >= MOST_REMEMBERED:
                self._left.clear()
            self._left[address] = CONNECTIONS
        self._left[address] -= 1
        self._open[address] += 1
        return ""

    def left(self, address: str) -> None:
        """A connection is closed."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


async def _receive(website: Website, client: socket.socket, left: Callable[[], None]) -> None:
    """A browser's connection; `left` is called when it is closed."""
    try:
        await asyncio.get_running_loop().connect_accepted_socket(lambda: website.visitor(left), client)
    except OSError:  # it is gone already
        client.close()
        left()


def _names(host: str) -> frozenset[str]:
    """What this host may be called in an address; another name that leads here is somebody else's trick."""
    own = socket.gethostname().lower()
    return frozenset((*_LOOPBACK, own, f"{own}.local", host.lower())) - {""}
