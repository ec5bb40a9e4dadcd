"""A member of the class, as its session knows it: whether it leads or follows, where the class is, what is asked."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from .messages import Along, Answers, Asking, Away, Back, Closed, Counted, Message, Roster, Standing, Welcome
from .steps import Looked, Noted, Selected, Step, Stopping, Track
from .track import after


class Participant:
    """What a session knows of the class; `tell` tells the server. `own` is where it is off the track, else None."""

    def __init__(self, welcome: Welcome, tell: Callable[[Message], None]) -> None:
        self.tell = tell
        self.counted: Counted | None = None
        self.roster = Roster(())
        self.answers: Answers | None = None
        self.welcomed(welcome)

    def welcomed(self, welcome: Welcome) -> None:
        """The server says whose the session is, and where."""
        self.name = welcome.name
        self.is_teacher = welcome.is_teacher
        self.standing = welcome.standing
        self.track = welcome.track
        self.own = welcome.own
        self.asking = welcome.asking
        if self.leads:
            self.tell(Back(self.standing.turn))

    def _welcomed_again(self, welcome: Welcome) -> None:
        own = self.own  # where it is now, it knows best
        self.welcomed(welcome)
        self.own = own
        if welcome.own is None:
            self.back()

    @property
    def leads(self) -> bool:
        """Whether the class follows this member."""
        return self.standing.leads

    @property
    def follows(self) -> bool:
        """Whether it is on the class's track."""
        return self.own is None

    @property
    def is_held(self) -> bool:
        """Whether it may not leave the track."""
        return self.standing.locked and not self.leads

    @property
    def here(self) -> Track:
        """Where it is, or should be."""
        return self.track if self.own is None else self.own

    @property
    def status(self) -> str:
        """What the screen always says."""
        if self.leads:
            who = f"you lead, {self.counted.following} of {self.counted.here} follow" if self.counted else "you lead"
        elif self.own is not None:
            who = "off the track, = follows"
        elif not self.standing.leader:
            who = "following; nobody leads now"
        else:
            who = f"following {self.standing.leader}" + ", locked" * self.standing.locked
        asked = "Q answers" if self.asking is not None and not self.leads and not self.is_teacher else ""
        return "  ".join(filter(None, (self.standing.recording, asked, who)))

    def did(self, step: Step) -> None:
        """The reader has done something: the class follows, or the track is left; looking does not leave it."""
        if self.leads:
            self.track = after(self.track, step)
        else:
            if self.own is None:
                if self.is_held or isinstance(step, Selected | Noted | Looked | Stopping):
                    return
                self.leave()
            self.own = after(self.here, step)
        self.tell(step)

    def leave(self) -> None:
        """Leave the track, from where the class is."""
        self.own = msgspec.structs.replace(self.track, notes=())
        self.tell(Away(self.own))

    def back(self) -> None:
        """Follow again."""
        if self.own is not None:
            self.own = None
            self.tell(Back())

    def _stands(self, standing: Standing) -> None:
        begins, self.standing = standing.leads and standing.turn != self.standing.turn, standing
        if begins:
            self.own = None
            self.tell(Back(standing.turn))  # what was told until now was not yet for the class

    def heard(self, message: Message) -> None:
        """The server tells something."""
        match message:
            case step if isinstance(step, Step):
                self.track = after(self.track, step)
            case Welcome():
                self._welcomed_again(message)
            case Standing():
                self._stands(message)
            case Along():
                self.back()  # and say so: what was told before may have crossed this
            case Counted():
                self.counted = message
            case Roster():
                self.roster = message
            case Answers():
                self.answers = message
            case Asking():
                self.asking = message.position
            case Closed():
                self.asking = None
