"""The front door of SSH: who may come in, and the way between a client and its session."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

import asyncssh
from asyncssh.constants import DISC_BY_APPLICATION

from bptui.core.text import visible

from .channel import Session
from .connection import Connection
from .endings import CRASHED, OVER
from .gate import Gate
from .limits import Visit
from .school import Full
from .seat import PATIENCE, RESTORE
from .sockets import accepted

if TYPE_CHECKING:
    from .school import School
    from .seat import Seat

LOGIN = 60.0
"""Seconds from the connection to the session: time enough to type a token."""
KEEPALIVE = 15
"""Seconds of silence after which a client is asked whether it is there; after three without an answer it is not."""
_BUFFERS = {socket.SO_RCVBUF: 8 << 10, socket.SO_SNDBUF: 64 << 10}
"""Bytes that the system keeps: of what a client sends, and so can have done at once; and for one that does not read."""


async def serve_ssh(
    school: School, listening: socket.socket, key: asyncssh.SSHKey, login_seconds: float = LOGIN
) -> None:
    """Let clients into a class until it is cancelled; then every session ends, and its terminal is restored."""
    logging.getLogger("asyncssh").setLevel(logging.CRITICAL + 1)  # it would tell what was typed
    options = asyncssh.SSHServerConnectionOptions(
        config=None,
        server_host_keys=[key],
        server_version="bptui",
        kex_algs="-diffie-hellman-*,rsa*",  # up to 60 ms of the server's time each, where the others take 3 or 4
        compression_algs=None,
        public_key_auth=False,
        host_based_auth=False,
        authorized_client_keys=None,
        gss_host=None,
        login_timeout=0,  # what is waited for is the session
        keepalive_interval=KEEPALIVE,
        keepalive_count_max=3,
        agent_forwarding=False,
        x11_forwarding=False,
        line_editor=False,
        encoding=None,
    )
    listening.setblocking(False)
    for buffer, size in _BUFFERS.items():
        listening.setsockopt(socket.SOL_SOCKET, buffer, size)
    async with asyncio.TaskGroup() as visits:
        while True:
            client, address = await accepted(school.journal, listening)
            visit = school.limits.may_connect(address)
            if isinstance(visit, Visit):
                school.journal.event("connection", address=address)
                visits.create_task(_receive(Gate(school, address, visit), client, options, login_seconds))
            else:
                school.journal.event("refused", address=address, why=visit)
                client.close()
            await asyncio.sleep(0)  # accepting does not wait where somebody is there already; others have their turn


async def _receive(
    gate: Gate, client: socket.socket, options: asyncssh.SSHServerConnectionOptions, login_seconds: float
) -> None:
    """All of one connection. Whatever goes wrong in it is one line in the journal."""
    try:
        own = asyncssh.SSHServerConnectionOptions(options, server_factory=lambda: gate)
        _, connection = await asyncio.get_running_loop().connect_accepted_socket(lambda: Connection(own, gate), client)
        try:
            await _host(gate, connection, login_seconds)
        finally:
            connection.close()
            await connection.wait_closed()
    except Exception as fault:
        gate.school.journal.event("fault", address=gate.address, what=type(fault).__name__)
    finally:
        client.close()
        gate.visit.ended()


async def _host(gate: Gate, connection: Connection, login_seconds: float) -> None:
    """Wait for the client's session, and give it a seat."""
    await asyncio.wait([gate.begun], timeout=login_seconds)
    if not gate.begun.done():
        connection.disconnect(DISC_BY_APPLICATION, "no session in time")
        return
    session = gate.begun.result()
    if session is None or gate.role is None:
        return
    try:
        seat = await gate.school.seat(gate.role, gate.name, *session.size, session.words)
    except Full as full:
        gate.school.journal.event("full", address=gate.address, name=gate.name)
        await session.leave(_last(str(full)), 1)
        return
    await _attend(connection, session, seat)


async def _attend(connection: Connection, session: Session, seat: Seat) -> None:
    """From the first frame to the last word."""
    session.resized = seat.resize
    seat.resize(*session.size)
    why = CRASHED
    try:
        why = await _carry(connection, session, seat)
    except asyncio.CancelledError:
        why = OVER
        raise
    finally:
        seat.end(why)
        seat.close()
        await session.leave(RESTORE + _last(why) if why else b"", 1 if why else 0)


async def _carry(connection: Connection, session: Session, seat: Seat) -> str:
    """Carry what is typed and what is shown, until one of them ends; returns why the session ended, if it says."""
    showing = asyncio.ensure_future(_show(connection, session, seat))
    typing = asyncio.ensure_future(_type(session, seat))
    try:
        await asyncio.wait([showing, typing], return_when=asyncio.FIRST_COMPLETED)
        if not session.is_lost:
            if typing.done():
                seat.end()
            await asyncio.wait([showing], timeout=PATIENCE)  # for the last frame
    finally:
        for each in (showing, typing):
            each.cancel()
        ends = await asyncio.gather(showing, typing, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return "" if session.is_lost else await seat.ended_soon()


async def _show(connection: Connection, session: Session, seat: Seat) -> None:
    while not session.is_lost and (data := await seat.read()):
        await session.show(data)
        await connection.sends()
        await asyncio.sleep(0)  # where nothing makes it wait, others have their turn


async def _type(session: Session, seat: Seat) -> None:
    while data := await session.typed():
        await seat.write(data)


def _last(text: str) -> bytes:
    """A line that nothing follows."""
    return f"{visible(text)}\r\n".encode()
