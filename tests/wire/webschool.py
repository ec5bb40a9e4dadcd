"""A class for browsers without sessions of its own: what they would show is put in, what is typed is taken out."""

import asyncio
import contextlib
import io
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from typing import Any, cast

import pytest

from bptui.tui.classroom import school as real
from bptui.tui.classroom import seat
from bptui.tui.classroom.journal import Journal
from bptui.tui.classroom.limits import Limits
from bptui.tui.classroom.tokens import Role, Tokens
from bptui.tui.classroom.web import serve_web

HOST = "127.0.0.1"
HOUR = 3600.0
SECONDS = 15.0
"""After which what is waited for is given up."""


class Seat:
    """One session. `show` is what its program writes, `leave` its end; what has come is kept."""

    def __init__(self, role: Role, name: str, size: tuple[int, int], words: Mapping[str, str]) -> None:
        self.role, self.name, self.sizes, self.words = role, name, [size], dict(words)
        self.typed = b""
        self.reads = True
        self.why: str | None = None
        """Why it has been ended by the front door, if it has."""
        self._shown: asyncio.Queue[bytes] = asyncio.Queue()
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    @property
    def unread(self) -> int:
        """Pieces that the front door has not taken yet."""
        return self._shown.qsize()

    def show(self, data: bytes) -> None:
        self._shown.put_nowait(data)

    def leave(self, why: str = "") -> None:
        if not self._over.done():
            self._over.set_result(why)
        self._shown.put_nowait(b"")

    # ---- what a front door sees

    async def read(self) -> bytes:
        data = await self._shown.get()
        if not data:
            self._shown.put_nowait(data)  # it stays ended
        return data

    async def write(self, data: bytes) -> None:
        while not self.reads:
            await asyncio.sleep(0.01)
        self.typed += data

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    ended_soon = seat.Seat.ended_soon

    async def ended(self) -> str:
        return await asyncio.shield(self._over)

    def end(self, why: str = "") -> None:
        if self.why is None:
            self.why = why
        self.leave(why)

    def close(self) -> None:
        pass


class Entrance(socket.socket):
    """Listens, and remembers who has come."""

    def __init__(self) -> None:
        super().__init__()
        self.bind((HOST, 0))
        self.listen()
        self.clients: list[socket.socket] = []

    def accept(self) -> tuple[socket.socket, Any]:
        client, address = super().accept()
        self.clients.append(client)
        return client, address

    def cut(self) -> None:
        """Every connection is lost."""
        for client in self.clients:
            with contextlib.suppress(OSError):  # it is closed already
                client.shutdown(socket.SHUT_RDWR)


class School:
    """A class of one hour, with room for `most`. `later` is how many seconds its clock is ahead of the real one."""

    def __init__(self) -> None:
        self.later = 0.0
        self.lines = io.StringIO()
        self.tokens, self.student, self.teacher = Tokens.made(self.now(), HOUR)
        self.limits = Limits(self.now)
        self.journal = Journal(self.lines)
        self.seats: list[Seat] = []
        self.most = 40
        self.entrance = Entrance()
        self.door: asyncio.Task[None] | None = None
        """The front door, as long as it is open."""

    @property
    def port(self) -> int:
        return int(self.entrance.getsockname()[1])

    @property
    def host(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def address(self) -> str:
        return f"http://{self.host}"

    @property
    def told(self) -> list[str]:
        """The lines of the journal, without their times."""
        return [line.partition(" ")[2] for line in self.lines.getvalue().splitlines()]

    def now(self) -> float:
        return time.monotonic() + self.later

    async def seat(self, role: Role, name: str, columns: int, rows: int, words: Mapping[str, str]) -> Seat:
        if len(self.seats) >= self.most:
            raise real.Full("the class is full")
        self.seats.append(Seat(role, name, (columns, rows), words))
        return self.seats[-1]


@contextlib.asynccontextmanager
async def open_class() -> AsyncIterator[School]:
    """A class that browsers can join, until the end of the block."""
    school = School()
    with school.entrance:
        door = school.door = asyncio.create_task(serve_web(cast(real.School, school), school.entrance))
        try:
            yield school
        finally:
            door.cancel()
            await asyncio.wait([door])
            assert door.cancelled(), door.exception()


def assert_quiet(school: School, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing has failed, nothing was for a console, and no token is in the journal."""
    faults = [line for line in school.told if line.startswith("fault")]
    assert faults == [], faults
    said = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.WARNING]
    assert said == [], said
    assert school.student not in school.lines.getvalue()
    assert school.teacher not in school.lines.getvalue()


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that another task does."""
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


class Background:
    """A class in a thread, for tests that wait for a browser in their own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, school: School) -> None:
        self._loop = loop
        self.school = school

    def do(self, action: Callable[[], Any]) -> Any:
        """Do something where the class is, and wait until it is done."""

        async def act() -> Any:
            return action()

        return self._wait(act())

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so in the class."""
        self._wait(until(condition))

    def _wait(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(2 * SECONDS)


@contextlib.contextmanager
def class_in_background() -> Iterator[Background]:
    """A class in a thread, until the end of the block."""
    begun: list[Background] = []
    ready, over = threading.Event(), asyncio.Event()

    async def hold() -> None:
        async with open_class() as school:
            begun.append(Background(asyncio.get_running_loop(), school))
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(hold(),))
    thread.start()
    try:
        assert ready.wait(SECONDS)
        yield begun[0]
    finally:
        begun[0].do(over.set)
        thread.join(SECONDS)
        assert not thread.is_alive()
