"""The way between a browser and its session: what is typed, what is shown, the size of the window."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSMsgType, web

from ..palettes import PALETTES
from .seat import FAREWELL

if TYPE_CHECKING:
    from .seat import Seat

LARGEST_MESSAGE = 16 << 10
"""Bytes of a message from a browser."""
HEARTBEAT = 20.0
"""Seconds of silence after which a browser is asked whether it is there; it has half as long to answer."""
RATE = 100.0
"""Messages a second that a browser may send for long: far more than keys that are held down."""
BURST = 200.0
"""Messages that it may send at once."""
COLOURS = f"\x1b]10;{PALETTES[0].foreground}\x1b\\\x1b]11;{PALETTES[0].background}\x1b\\".encode("ascii")
"""What tells a terminal the colours of text and of what lies behind it."""


class _Typed(msgspec.Struct, array_like=True, tag="stdin"):
    text: str


class _Window(msgspec.Struct):
    width: int
    height: int


class _Resized(msgspec.Struct, array_like=True, tag="resize"):
    window: _Window


_MESSAGE = msgspec.json.Decoder(_Typed | _Resized)
"""What is understood of the messages of textual.js; it says also when the window gains the focus, and measures time."""

Line = web.WebSocketResponse


def line() -> Line:
    """A connection that becomes a session's."""
    # pings are answered here, so that they count; where nothing is compressed, nothing swells
    return Line(max_msg_size=LARGEST_MESSAGE, heartbeat=HEARTBEAT, autoping=False, compress=False)


async def carry(line: Line, seat: Seat, lost: asyncio.Future[None]) -> str | None:
    """Carry what is typed and shown until one side ends: returns why the session did; None if the browser is gone."""
    showing = asyncio.ensure_future(_show(line, seat))
    typing = asyncio.ensure_future(_type(line, seat))
    try:
        sides: list[asyncio.Future[Any]] = [showing, typing, lost]
        await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in (showing, typing):
            each.cancel()
        ends = await asyncio.gather(showing, typing, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return await seat.ended_soon() if ends[0] is True else None


async def last(line: Line, why: str) -> None:
    """Say that the session has ended, and why, if that is known; a browser that does not listen is left."""
    try:
        async with asyncio.timeout(FAREWELL):
            await line.send_json(["ended", why])
            await line.close()
    except (TimeoutError, ConnectionError):
        pass


async def _show(line: Line, seat: Seat) -> bool:
    """Whether all was shown that the session had to show."""
    try:
        await line.send_bytes(COLOURS)
        while data := await seat.read():
            await line.send_bytes(data)  # waits while the browser does not read
    except ConnectionError:
        return False
    return True


async def _type(line: Line, seat: Seat) -> None:
    """Until the browser closes the connection. One that sends too much is read more slowly."""
    left, since = BURST, time.monotonic()
    while True:
        message = await line.receive()
        if message.type == WSMsgType.TEXT:
            await _understand(message.data, seat)
        elif message.type == WSMsgType.PING:
            with suppress(ConnectionError):
                await line.pong(message.data)
        elif message.type not in (WSMsgType.BINARY, WSMsgType.PONG):
            return
        now = time.monotonic()
        left, since = min(BURST, left + (now - since) * RATE) - 1, now
        if left < 0:
            await asyncio.sleep(-left / RATE)


async def _understand(text: str, seat: Seat) -> None:
    try:
        message = _MESSAGE.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return
    if isinstance(message, _Typed):
        await seat.write(message.text.encode())
    else:
        seat.resize(message.window.width, message.window.height)
