"""A frame ahead: while nothing happens, a follower draws the step that most likely comes next, and keeps it back.

Forty sessions that all draw when the class moves take a tenth of a second of two processors; forty that only write what
is drawn already take a few milliseconds. What is kept back is what the terminal gets next in any case, alone if the
class goes there, else together with the frame that leads from there to where it is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .driver import HoldingDriver
from .messages import Message
from .steps import Moved

if TYPE_CHECKING:
    from .following import Following

CALM, BUSY = 0.05, 0.15
"""Seconds until the next step is drawn; the longer where this one was not, and others may still be drawing."""


class Ahead:
    """Draws ahead of the class, for a lesson whose reader follows. `position` is that which is kept back, or None."""

    def __init__(self, lesson: Following) -> None:
        self.position: int | None = None
        self._lesson = lesson
        self._last = 0
        self._happened = 0
        self._due: asyncio.TimerHandle | None = None

    def plan(self, calm: float = BUSY) -> None:
        """The class has moved, and that is shown: draw its next step after so many seconds, the way it goes."""
        if self._due is not None:
            self._due.cancel()
        if self._lesson.participant.leads:
            return
        here = self._lesson.participant.track.position
        by, self._last = (-1 if here == self._last - 1 else 1), here
        loop = asyncio.get_running_loop()
        self._due = loop.call_later(calm, self._lesson.call_after_refresh, self._draw, here, here + by, self._happened)

    def _draw(self, here: int, there: int, happened: int) -> None:
        if happened != self._happened:  # what has come since is not on the screen yet
            return
        lesson, driver = self._lesson, self._driver
        if driver is not None and self.position is None and lesson.is_calm(here) and lesson.has_derived(there):
            driver.hold()
            self.position = there
            lesson.follow_to(there)

    def is_reached(self, message: Message) -> bool:
        """Whether the class has moved to what is kept back, which is shown then; else it is given up."""
        self._happened += 1
        there, driver = self.position, self._driver
        if there is None or driver is None:
            return False
        if not isinstance(message, Moved):
            self.give_up()
            return False
        self.position = None
        if message.position != there:
            driver.show_with_next()  # what is drawn next leads from there to where the class is
            return False
        driver.show()
        self.plan(CALM)
        return True

    def give_up(self) -> None:
        """Go back to where the class is, before anything else is done there."""
        self._happened += 1
        if self.position is not None and self._driver is not None:
            self.position = None
            self._driver.show_with_next()
            self._lesson.follow_to(self._lesson.participant.track.position)

    @property
    def _driver(self) -> HoldingDriver | None:
        driver = self._lesson.app._driver
        return driver if isinstance(driver, HoldingDriver) else None
