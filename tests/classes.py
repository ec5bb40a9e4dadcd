"""A class without a network: the real room, and the real screens of its members, each with a line of its own."""

import asyncio
import fcntl
import itertools
import socket
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from unittest import mock

import screens
from textual.pilot import Pilot

from bptui.tui.classroom.app import ClassApp
from bptui.tui.classroom.lesson import Lesson
from bptui.tui.classroom.messages import Message, Stamped
from bptui.tui.classroom.room import Room
from bptui.tui.classroom.seat import Wire
from bptui.tui.face import DEFAULT, Face

SIZE = (80, 24)


class Seat:
    """Somebody in a class, from joining until the connection drops: the screen, and the member that the room knows."""

    def __init__(self, room: Room, scenarios: tuple[str, ...], face: Face) -> None:
        self._room = room
        self._lines = socket.socketpair()
        self._wire = Wire(self._heard, lambda: room.welcome(self.member))
        self._over = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.app = ClassApp([screens.timeline(scenario) for scenario in scenarios], face=face)
        self.pilot: Pilot[None] = Pilot(self.app)

    @property
    def lesson(self) -> Lesson:
        """The screen that follows, whatever lies on top of it."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, Lesson)
        return screen

    @property
    def rows(self) -> list[str]:
        """What is seen."""
        with self.app._context():
            return screens.text(self.app)

    @property
    def title(self) -> str:
        """What the first row of the lesson says at its end."""
        return self.rows[0].rpartition("   ")[2].strip()

    @property
    def says(self) -> str:
        """What stands in place of the bar."""
        return self.rows[-2]

    @property
    def is_quiet(self) -> bool:
        """Whether all that was told has been heard, on both sides."""
        return not any(_waiting(end) for end in self._lines)

    async def join(
        self, name: str, *, is_teacher: bool, size: tuple[int, int], meanwhile: Callable[[], object]
    ) -> None:
        """Come in, and wait for the first frame; something may happen before the session has heard anything."""
        ours, theirs = self._lines
        await asyncio.get_running_loop().connect_accepted_socket(lambda: self._wire, ours)
        self.member = self._room.join(name, self._wire, is_teacher=is_teacher)
        meanwhile()
        self.app.join(theirs)
        begun = asyncio.Event()
        self._task = asyncio.create_task(self._run(size, begun))
        async with asyncio.timeout(20):
            await begun.wait()

    def loses_the_server(self) -> None:
        """The server has gone."""
        self._wire.close()

    def lags(self, is_lagging: bool) -> None:
        """The session does not read what it is told; or it does again."""
        if is_lagging:
            self._wire.pause_writing()
        else:
            self._wire.resume_writing()

    async def press(self, *keys: str) -> None:
        """Press keys, and wait for what they do here."""
        with self.app._context():
            await screens.press(self.pilot, *keys)

    async def settle(self) -> list[str]:
        """Wait until nothing changes here; returns the screen."""
        with self.app._context():
            return await screens.settle(self.pilot)

    async def leave(self) -> None:
        """The connection drops."""
        self._over.set()
        assert self._task is not None
        try:
            await self._task
        finally:
            self._wire.close()
            for end in self._lines:
                end.close()
            self._room.leave(self.member)

    async def _run(self, size: tuple[int, int], begun: asyncio.Event) -> None:
        """In a task of its own: what Textual takes for the app is that of the task."""
        try:
            async with screens.running(self.app, size) as self.pilot:
                begun.set()
                await self._over.wait()
                asyncio.get_running_loop().remove_reader(self._lines[1])
        finally:
            begun.set()

    def _heard(self, message: Message) -> None:
        self._room.heard(self.member, message)
        self._room.report()


class Class:
    """A class of these files, and who is in it."""

    def __init__(self, *scenarios: str) -> None:
        self.recorded: list[Stamped] = []
        self.room = Room(len(scenarios), self.recorded.append, itertools.count().__next__)
        self.seats: list[Seat] = []
        self._scenarios = scenarios

    async def join(
        self,
        name: str,
        *,
        is_teacher: bool = False,
        size: tuple[int, int] = SIZE,
        face: Face = DEFAULT,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Seat:
        """Somebody joins."""
        seat = Seat(self.room, self._scenarios, face)
        await seat.join(name, is_teacher=is_teacher, size=size, meanwhile=meanwhile)
        self.seats.append(seat)
        self.room.report()
        await self.settle()
        return seat

    async def leave(self, seat: Seat) -> None:
        """The connection of somebody drops."""
        self.seats.remove(seat)
        await seat.leave()
        await self.settle()

    async def press(self, seat: Seat, *keys: str) -> list[str]:
        """Somebody presses keys, each a character or a key's name; returns the screen, when all have seen it."""
        for key in keys:
            await seat.press(key)
            await self.settle()
        return seat.rows

    async def enter(self, seat: Seat, text: str) -> list[str]:
        """Somebody types into the prompt that is open, and presses Enter."""
        screens.send(seat.pilot, *text)
        return await self.press(seat, "enter")

    async def what_if(self, seat: Seat, edit: str) -> list[str]:
        """Somebody changes a value."""
        await self.press(seat, "x")
        return await self.enter(seat, edit)

    async def settle(self) -> None:
        """Wait until nobody has anything to tell any more, and no screen changes."""
        async with asyncio.timeout(20):
            before: list[list[str]] = []
            while True:
                now = [await seat.settle() for seat in self.seats]
                if now == before and all(seat.is_quiet for seat in self.seats):
                    return
                before = now

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, and then until nothing changes."""
        async with asyncio.timeout(20):
            while not condition():
                await asyncio.sleep(0.001)
        await self.settle()


@asynccontextmanager
async def a_class(*scenarios: str, students: int = 1) -> AsyncIterator[tuple[Class, list[Seat]]]:
    """A class of these files; its teacher, who leads, and so many students."""
    made = Class(*scenarios)
    with mock.patch("bptui.tui.classroom.app.renew"):  # it would bound the processor time of the tests
        try:
            seats = [await made.join("Ms Ray", is_teacher=True)]
            for name in ("ada", "bob", "cy")[:students]:
                seats.append(await made.join(name))
            yield made, seats
        finally:
            for seat in list(made.seats):
                await made.leave(seat)


def same(*seats: Seat) -> bool:
    """Whether all see the same file, the same position, and the same between the title and the bar."""
    return len({(seat.lesson.file, seat.lesson.position, *seat.rows[1:-2]) for seat in seats}) == 1


def _waiting(end: socket.socket) -> bool:
    """Whether there is something to be read."""
    return any(fcntl.ioctl(end, termios.FIONREAD, bytes(4)))
