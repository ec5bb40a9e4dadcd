"""A small class to put behind a front door."""

import asyncio
import io
from collections.abc import Mapping

from bptui.tui.classroom import seat as real
from bptui.tui.classroom.journal import Journal
from bptui.tui.classroom.limits import Limits
from bptui.tui.classroom.tokens import Role, Tokens


class Seat:
    """A session that shows what is typed, byte for byte; some words make it do something else."""

    def __init__(self, role: Role, name: str, columns: int, rows: int, terminal: Mapping[str, str]) -> None:
        self.name = name
        self.sizes = [(columns, rows)]
        self.terminal = dict(terminal)
        self.typed = b""
        self.taken = 0  # bytes of a flood that the front door has taken
        self.is_closed = False
        self.hears = asyncio.Event()
        self.hears.set()
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._shown = f"{name} the {role} at {columns}x{rows}\r\n".encode()
        self._news = asyncio.Event()

    async def read(self) -> bytes:
        while not self._shown and not self.over.done():
            if self.typed.endswith(b":break\r"):
                raise RuntimeError("broken")
            if self.typed.endswith(b":flood\r"):
                self.taken += 4096
                return b"~" * 4096
            await self._news.wait()
            self._news.clear()
        data, self._shown = self._shown, b""
        return data

    async def write(self, data: bytes) -> None:
        await self.hears.wait()
        self.typed += data
        self._shown += data
        if self.typed.endswith(b":leave\r"):
            self.end()
        if self.typed.endswith(b":end\r"):
            self.end("the lesson is over")
        self._news.set()

    def resize(self, columns: int, rows: int) -> None:
        self.sizes.append((columns, rows))

    ended_soon = real.Seat.ended_soon

    async def ended(self) -> str:
        return await asyncio.shield(self.over)

    def end(self, why: str = "") -> None:
        if not self.over.done():
            self.over.set_result(why)
        self._news.set()

    def close(self) -> None:
        self.is_closed = True


class School:
    """What a front door is given; time stands still in it unless it is moved on."""

    def __init__(self) -> None:
        self.time = 1_000.0
        self.tokens, self.student, self.teacher = Tokens.made(self.time, 3_600)
        self.limits = Limits(self.now)
        self.told = io.StringIO()
        self.journal = Journal(self.told)
        self.seats: list[Seat] = []

    def now(self) -> float:
        return self.time

    async def seat(self, role: Role, name: str, columns: int, rows: int, terminal: Mapping[str, str]) -> Seat:
        self.seats.append(Seat(role, name, columns, rows, terminal))
        return self.seats[-1]

    def events(self, what: str) -> list[dict[str, str]]:
        """The words of the journal's lines about this; quotes are left as they are."""
        lines = [line.split(" ") for line in self.told.getvalue().splitlines()]
        return [dict(word.split("=", 1) for word in line[2:] if "=" in word) for line in lines if line[1] == what]

    def forbidden(self) -> list[str]:
        """What was refused, as the journal calls it."""
        return [each["what"] for each in self.events("forbidden")]
