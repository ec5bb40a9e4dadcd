"""A session as the server sees it: its pseudo-terminal, and the line on which it and the room talk."""

from __future__ import annotations

import asyncio
import os
import socket
import termios
import time
from collections.abc import Callable
from contextlib import suppress

from .messages import Message, Reader, encoded

RESTORE = b"\x1b[0m\x1b[?1049l\x1b[?25h\x1b[?7h\x1b[?1000;1002;1003;1004;1006;1015;1016;2004;2026;2048l\x1b[<u\r\n"
"""Gives a terminal back, after a session that could not do it: colours, screen, cursor, mouse, keyboard."""
LARGEST = (1000, 300)
"""Columns and rows of the largest window that a session is told of."""
BETWEEN_SIZES = 0.1
"""Seconds between two changes of the window's size that a session is told."""
OUTPUT_BURST = 4 << 20
"""Bytes that a session may write at once."""
OUTPUT_RATE = 512 << 10
"""Bytes a second that it may write for long."""
LINE_BURST = 2 << 20
"""Bytes that a session may tell the server at once."""
LINE_RATE = 64 << 10
"""Bytes a second that it may tell for long."""
PATIENCE = 5.0
"""Seconds that a session has to end once it shows nothing more, or its client has left."""
FAREWELL = 2.0
"""Seconds that a client has to take what is said last."""
_LAGGING = 64 << 10
"""Bytes that may wait on the line before the session is told nothing more."""


class Wire(asyncio.Protocol):
    """The line to a child, in the server. `heard` gets what it tells; `caught_up` is called after a lag."""

    def __init__(self, heard: Callable[[Message], None], caught_up: Callable[[], None] = lambda: None) -> None:
        self._heard = heard
        self._caught_up = caught_up
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reader = Reader()
        self._transport: asyncio.Transport | None = None
        self._early = b""
        self._credit, self._since = float(LINE_BURST), time.monotonic()
        self.is_lagging = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is open."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(_LAGGING)
        self._transport = transport
        transport.write(self._early)
        self._early = b""

    def tell(self, message: Message) -> None:
        """Tell the session; what is told before the line is open goes first."""
        if self._transport is not None:
            self._transport.write(encoded(message))
        elif not self.ended.done():
            self._early += encoded(message)

    def data_received(self, data: bytes) -> None:
        """The session tells something; one that tells nonsense is not heard any more, one that tells much waits."""
        now = time.monotonic()
        self._credit = min(self._credit + LINE_RATE * (now - self._since), LINE_BURST) - len(data)
        self._since = now
        if self._credit < 0 and self._transport is not None:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(-self._credit / LINE_RATE, self._read_on)
        try:
            for message in self._reader.feed(data):
                self._heard(message)
        except ValueError:
            self.close()

    def _read_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def pause_writing(self) -> None:
        """The session does not read."""
        self.is_lagging = True

    def resume_writing(self) -> None:
        """It does again, and is told how things stand."""
        self.is_lagging = False
        self._caught_up()

    def shut(self) -> None:
        """Tell nothing more, when all that was told has been sent; the child ends the line then."""
        if self._transport is not None:
            self._transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """The line has ended."""
        self._transport = None
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        """End the line."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


class Seat:
    """One session: what it shows, what its reader types, how it ends. `hang_up` ends its process.

    `why` says why it ended or is to end, if it is not left by its reader; `typed_at` is when that one last typed.
    """

    def __init__(self, master: int, hang_up: Callable[[], None]) -> None:
        self._master = master
        self._hang_up = hang_up
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[str] = self._loop.create_future()
        self.why = ""
        self._is_ending = False
        self.typed_at = time.monotonic()
        self._waiting: set[asyncio.Future[None]] = set()
        self._credit, self._since = float(OUTPUT_BURST), time.monotonic()
        self._size: tuple[int, int] | None = None
        self._sizing: asyncio.TimerHandle | None = None
        os.set_blocking(master, False)

    async def read(self) -> bytes:
        """What the screen writes, in pieces; nothing when the session has ended."""
        await self._allowed()
        while self._master >= 0:
            try:
                data = os.read(self._master, 1 << 16)
            except BlockingIOError:
                await self._ready(self._loop.add_reader, self._loop.remove_reader)
            except OSError:  # how Linux says that the other end is closed
                break
            else:
                self._credit -= len(data)
                return data
        return b""

    async def write(self, data: bytes) -> None:
        """What the reader types; waits while the session does not read."""
        self.typed_at = time.monotonic()
        while data and self._master >= 0:
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:
                await self._ready(self._loop.add_writer, self._loop.remove_writer)
            except OSError:
                return

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window; of many that come at once the last counts."""
        self._size = clamped(columns, rows)
        if self._sizing is None:
            self._tell_size()

    async def ended(self) -> str:
        """Wait for the end of the process; returns why it ended, if it was not left by its reader."""
        return await asyncio.shield(self._over)

    async def ended_soon(self) -> str:
        """Wait for the end, but not for long; one that does not end although it shows nothing more is made to."""
        try:
            return await asyncio.wait_for(self.ended(), PATIENCE)
        except TimeoutError:
            return ""

    def end(self, why: str = "") -> None:
        """End the session."""
        self.why, self._is_ending = self.why or why, True
        if not self._over.done():
            self._hang_up()

    def has_ended(self, why: str) -> None:
        """Its process has ended."""
        if not self._over.done():
            self.why = self.why or ("" if self._is_ending else why)
            self._over.set_result(self.why)

    def close(self) -> None:
        """Close the terminal; what the process has left in it is lost."""
        if self._sizing is not None:
            self._sizing.cancel()
        if self._master >= 0:
            self._loop.remove_reader(self._master)
            self._loop.remove_writer(self._master)
            os.close(self._master)
            self._master = -1
        for ready in self._waiting:
            if not ready.done():
                ready.set_result(None)

    def _tell_size(self) -> None:
        self._sizing = None
        if self._size is not None and self._master >= 0:
            columns, rows = self._size
            self._size = None
            with suppress(OSError, termios.error):
                termios.tcsetwinsize(self._master, (rows, columns))
            self._sizing = self._loop.call_later(BETWEEN_SIZES, self._tell_size)

    async def _allowed(self) -> None:
        """Wait until the session may write again."""
        now = time.monotonic()
        self._credit = min(self._credit + OUTPUT_RATE * (now - self._since), OUTPUT_BURST)
        self._since = now
        if self._credit < 0:
            await asyncio.sleep(-self._credit / OUTPUT_RATE)

    async def _ready(self, add: Callable[..., None], remove: Callable[[int], object]) -> None:
        """Wait until the terminal can be read from, or written to."""
        ready: asyncio.Future[None] = self._loop.create_future()
        self._waiting.add(ready)
        descriptor = self._master
        add(descriptor, lambda: None if ready.done() else ready.set_result(None))
        try:
            await ready
        finally:
            self._waiting.discard(ready)
            if self._master == descriptor:
                remove(descriptor)


def clamped(columns: int, rows: int) -> tuple[int, int]:
    """A size that a window can have: clients send up to 4,000,000,000 columns, and 0 where they know none."""
    return min(max(columns, 1), LARGEST[0]) if columns else 80, min(max(rows, 1), LARGEST[1]) if rows else 24


def terminal(columns: int, rows: int) -> tuple[int, int]:
    """A new pseudo-terminal of this size: the server's end, and the session's."""
    master, slave = os.openpty()
    columns, rows = clamped(columns, rows)
    termios.tcsetwinsize(slave, (rows, columns))
    return master, slave


def line() -> tuple[socket.socket, socket.socket]:
    """The two ends of a line: the server's, and the session's."""
    return socket.socketpair()
