"""The sockets of the front doors: one that listens, and those of the clients that come to it."""

from __future__ import annotations

import asyncio
import socket

from .journal import Journal


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


async def accepted(journal: Journal, listening: socket.socket) -> tuple[socket.socket, str]:
    """The next client, and its address; where the system has no room for it, later."""
    while True:
        try:
            client, address = await asyncio.get_running_loop().sock_accept(listening)
        except OSError as error:
            journal.event("fault", what="accept", why=error.strerror)
            await asyncio.sleep(0.5)
        else:
            return client, address[0]
