"""The class as the server knows it: who is here, who leads, what is asked; what is heard decides what is told."""

from __future__ import annotations

from collections.abc import Callable

from .members import Line, Member, Members
from .messages import (
    Along,
    Answered,
    Asking,
    Away,
    Back,
    Closed,
    Closing,
    Counted,
    Lead,
    Lock,
    Message,
    Present,
    Roster,
    Stamped,
    Standing,
    Watching,
    Welcome,
)
from .poll import Poll
from .steps import MOST_CHANGES, Dropped, Edited, Kept, Moved, Opened, Step, Track
from .track import after


class Room:
    """The class. `record` is told all that is to be recorded; `files` is how many there are."""

    def __init__(self, files: int, record: Callable[[Stamped], None], clock: Callable[[], float]) -> None:
        self.members = Members()
        self.track = Track()
        self.leader: Member | None = None
        self.is_locked = False
        self.recording = ""
        self.poll: Poll | None = None
        self._files = files
        self._record = record
        self._clock = clock
        self._turn = 0

    @property
    def asking(self) -> int | None:
        """The position that the class is asked about."""
        return None if self.poll is None else self.poll.position

    # ---- coming and going

    def join(self, name: str, line: Line, *, is_teacher: bool) -> Member:
        """Somebody comes, or comes back; the name is made unique among those who are here."""
        member = self.members.come(name, line, is_teacher=is_teacher)
        if is_teacher and (self.leader is None or self.leader.line is None):
            self._hand_over(member)
        if member is self.leader or self.is_locked or self.poll is not None:
            member.follows = True
        if self.poll is not None and not is_teacher:
            self.poll.asked.add(member.number)
        self.welcome(member)
        self._tell_standing()
        self._tell_answers()
        return member

    def leave(self, member: Member) -> None:
        """Somebody goes; the lead goes back to a teacher who is here."""
        self.members.go(member)
        teacher = next((each for each in self.members.present() if each.is_teacher), None)
        if member is self.leader and (teacher is not None or not member.is_teacher):
            self._hand_over(teacher)
        self._tell_standing()

    def welcome(self, member: Member) -> None:
        """Tell somebody all there is to know."""
        own = None if member.follows else member.track
        asking = self._asking_of(member)
        member.told = self._standing(member)
        welcome = Welcome(member.name, member.is_teacher, member.told, self.track, own, asking)
        self._tell(member, welcome, again=True)

    # ---- what is heard

    def heard(self, member: Member, message: Message) -> None:
        """A session tells something; what it may not say is passed over."""
        match message:
            case step if isinstance(step, Step):
                self._did(member, step)
            case Away() if member is not self.leader and not self.is_locked and message.track.file < self._files:
                member.follows, member.track = False, message.track
            case Back():
                member.follows = True
                member.has_taken_lead |= member is self.leader and message.turn == self._turn
            case Answered():
                self._answered(member, message)
            case Watching() if member.is_teacher:
                member.is_watching = message.roster
            case Asking() if member is self.leader and message.position == self.track.position + 1:
                self._ask(message)
            case Closing() if member.is_teacher or member is self.leader:
                self._close(message)
            case Along() | Lock() | Lead() if member.is_teacher:
                self._arranged(member, message)

    def _did(self, member: Member, step: Step) -> None:
        if isinstance(step, Opened) and step.file >= self._files:
            return
        if member is not self.leader or not member.has_taken_lead:
            if not member.follows:
                member.track = after(member.track, step)
            return
        if isinstance(step, Edited | Kept) and len(self.track.changes) >= MOST_CHANGES:
            return
        if self.poll is not None and isinstance(step, Moved | Edited | Dropped | Opened):
            self._close(Closing(shown=False))
        self.track = after(self.track, step)
        for each in self.members.present():
            if each is not member:
                self._tell(each, step)
        self._record(Stamped(self._time(), step))

    def _arranged(self, member: Member, message: Along | Lock | Lead) -> None:
        """What only a teacher may."""
        match message:
            case Along():
                self._along()
            case Lock():
                self.is_locked = message.locked
                if self.is_locked:
                    self._along()
            case Lead():
                leader = self.members.by_number.get(message.member)
                if leader is None or leader.line is None:
                    return
                self._hand_over(leader)
        self._tell_standing()

    def _hand_over(self, leader: Member | None) -> None:
        """Let somebody lead; who led is told where the class is, for the last steps may have come too late."""
        before, self.leader = self.leader, leader
        if leader is before:
            return
        if leader is not None:
            leader.follows, leader.has_taken_lead = True, False
            self._turn += 1
        if before is not None:
            self.welcome(before)

    def _along(self) -> None:
        for each in self.members:
            each.follows = True
            if each is not self.leader:
                self._tell(each, Along())

    # ---- a question

    def _close(self, message: Closing) -> None:
        if self.poll is not None:
            closed = Closed(self.poll.answers() if message.shown else None)
            self.poll = None
            for each in self.members.present():
                self._tell(each, closed)

    def _ask(self, message: Asking) -> None:
        self._along()
        asked = {each.number for each in self.members.present() if not each.is_teacher and each is not self.leader}
        self.poll = Poll(message.position, asked)
        self._record(Stamped(self._time(), message))
        for each in self.members.present():
            if self._asking_of(each) is not None:
                self._tell(each, message)
        self._tell_answers()

    def _asking_of(self, member: Member) -> int | None:
        """The question, for those who are asked and those who see the answers."""
        sees = member.is_teacher or member is self.leader
        return self.asking if sees or self._is_asked(member) else None

    def _is_asked(self, member: Member) -> bool:
        return self.poll is not None and self.poll.waits_for(member.number)

    def _answered(self, member: Member, answer: Answered) -> None:
        """An answer is recorded without a name."""
        if self.poll is not None and self.poll.takes(member.number, answer):
            self._record(Stamped(self._time(), answer))
            self._tell_answers()

    # ---- what is told

    def report(self) -> None:
        """Tell teachers and the leader how many follow, and those who watch it the roster; now and then is enough."""
        students = [each for each in self.members.present() if not each.is_teacher]
        counted = Counted(len(students), sum(each.follows for each in students))
        for each in self.members.present():
            if each.is_teacher or each is self.leader:
                self._tell(each, counted)
            if each.is_watching:
                self._tell(each, self.roster())

    def roster(self) -> Roster:
        """All who are here or have been, the teachers first, then those who are lost."""
        rows = [self._row(member) for member in self.members]
        order = {"off the track": 0, "does not read": 0, "follows": 1, "gone": 2}
        return Roster(tuple(sorted(rows, key=lambda row: (not row.is_teacher, order.get(row.state, 1), row.name))))

    def _row(self, member: Member) -> Present:
        track = self.track if member.follows else member.track
        if member.line is None:
            state = "gone"
        elif member.line.is_lagging:
            state = "does not read"
        elif member is self.leader:
            state = "leads"
        elif self._is_asked(member):
            state = "is asked"
        else:
            state = "follows" if member.follows else "off the track"
        leads = member is self.leader
        return Present(member.number, member.name, member.is_teacher, leads, state, track.file, track.position)

    def said(self, recording: str) -> None:
        """How the recording is."""
        self.recording = recording
        self._tell_standing()

    def _tell_standing(self) -> None:
        """Tell how things stand those for whom that has changed: each of them draws it."""
        for each in self.members.present():
            if each.told != (standing := self._standing(each)):
                each.told = standing
                self._tell(each, standing)

    def _standing(self, member: Member) -> Standing:
        leader = self.leader.name if self.leader and self.leader.line else ""
        return Standing(member is self.leader, leader, self.is_locked, self.recording, self._turn)

    def _tell_answers(self) -> None:
        for each in self.members.present():
            if self.poll is not None and (each.is_teacher or each is self.leader):
                self._tell(each, self.poll.answers())

    def _tell(self, member: Member, message: Message, *, again: bool = False) -> None:
        """Tell somebody who is here; one who lags is told all anew when that is over."""
        if member.line is not None and (again or not member.line.is_lagging):
            member.line.tell(message)

    def _time(self) -> float:
        return round(self._clock(), 3)
