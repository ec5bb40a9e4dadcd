"""The debugger's screen in a class: what the leader does is done on it, until its reader leaves the track."""

from __future__ import annotations

from typing import ClassVar

from ..branch import Place
from ..looks import Looks
from . import asking
from .following import Following
from .messages import Along, Asking, Closed, Counted, Message, Standing, Welcome
from .pages import Outcome
from .steps import MOST_CHANGES, Looked, Moved, Opened, Step

_CHANGING = ("what_if", "branch", "play")


class Lesson(Following):
    """Does what the leader does; and of its reader tells the class, or leaves the track."""

    writes_files: ClassVar[bool] = False

    def on_screen_resume(self) -> None:
        """A page has been closed, and the lesson is to be painted before anything is kept back."""
        self.ahead.plan()

    # ---- following

    def heard(self, message: Message) -> None:
        """The server tells something, and the participant knows it already."""
        match message:
            case step if isinstance(step, Step):
                if isinstance(message, Moved) and isinstance(self.app.screen, Outcome):
                    self.app.screen.dismiss(None)  # the class goes on
                if self.participant.follows:
                    self.sync()
            case Along() | Welcome():
                self.pause()
                if isinstance(message, Welcome):
                    self._led = self.participant.leads
                    asking.welcomed(self)
                self.sync()
            case Asking():
                self.is_to_ask = True
                asking.ask(self)
            case Closed():
                asking.closed(self, message)
            case Standing():
                self._stands(message)
            case Counted():
                self.draw()

    def _stands(self, standing: Standing) -> None:
        if standing.leads and not self._led:  # it begins where the class is
            self.pause()
            self.sync()
        self._led = standing.leads
        self.draw()
        self.ahead.plan()

    # ---- what the reader does

    @property
    def _mode(self) -> str:
        return "  ".join(filter(None, (self.participant.status, super()._mode)))

    def draw(self) -> None:
        """Draw; breakpoints that were set meanwhile are told."""
        if self._told != (stopping := self._stopping):
            self._told = stopping
            self.participant.did(stopping)
        super().draw()

    def set_looks(self, looks: Looks) -> None:
        """Take on what the reader has chosen; of the leader the class does too."""
        before = self.looks
        super().set_looks(looks)
        if before._replace(numbers=looks.numbers) != looks:
            self.participant.did(Looked(looks.picture, looks.pane, looks.zoomed))

    def go(self, position: int, says: str = "", time: float | None = None) -> None:
        """Move, unless the class is locked."""
        if time is not None or not self._is_held():
            super().go(position, says, time)

    def show(self, place: Place, says: str = "") -> None:
        """Show what the reader has changed, unless the class is locked."""
        if not self._is_held():
            super().show(place, says)

    def action_do(self, name: str) -> None:
        """One of the other commands, as far as it goes in a class."""
        if name == "what_if" and len(self.participant.here.changes) >= MOST_CHANGES - 1:  # one more keeps them
            self.say(f"{MOST_CHANGES - 1} changes at the most in a class; X drops those that are not kept")
        elif name == "break" and len(self.setup.breakpoints) >= MOST_CHANGES:
            self.say(f"{MOST_CHANGES} breakpoints at the most in a class")
        elif name not in _CHANGING or not self._is_held():
            super().action_do(name)

    def _is_held(self) -> bool:
        if self.participant.is_held:
            self.pause()
            self.say("the class is locked: the steps are those of the one who leads")
        return self.participant.is_held

    def back_to_track(self) -> None:
        """Follow the class again."""
        participant = self.participant
        if participant.leads:
            self.say("you lead: the track is where you are")
        elif participant.follows:
            self.say(participant.status + "; any key that moves leaves the track" * (not participant.is_held))
        else:
            participant.back()
            self.sync("back on the class's track")

    def choose_file(self, file: int) -> None:
        """The reader opens another file."""
        self.participant.did(Opened(file))
        self.sync()

    def roster(self) -> None:
        """Who is in the class."""
        from .pages import ClassPage

        self.app.push_screen(ClassPage(self))

    def question(self) -> None:
        """Ask the class what the next step brings; or answer."""
        asking.raise_question(self)
