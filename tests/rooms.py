"""A class whose lines only remember what was told, and messages of every kind."""

import msgspec

from bptui.tui.classroom.members import Member
from bptui.tui.classroom.messages import (
    Along,
    Answered,
    Answers,
    Asking,
    Away,
    Back,
    Closed,
    Closing,
    Counted,
    Fault,
    Lead,
    Lock,
    Message,
    Present,
    Recording,
    Roster,
    Stamped,
    Standing,
    Watching,
    Welcome,
)
from bptui.tui.classroom.room import Room
from bptui.tui.classroom.steps import (
    Dropped,
    Edited,
    Kept,
    Looked,
    Moved,
    Noted,
    Opened,
    Selected,
    Step,
    Stopping,
    Track,
)

NOW = 1.25
"""The time of a class, always."""
STEPS: list[Step] = [
    Moved(12),
    Selected(3),
    Noted(12, "here δ₃ has gone"),
    Edited(1, "x", None, 3.0),
    Kept(),
    Dropped(7),
    Opened(1),
    Looked("network", "step", True),
    Stopping(("layer 3", "|product| < 1e-4"), ("layer 3",)),
]
"""What a member does: one of each kind."""
ANSWER = Answered(15, (0, 1), -0.0121, 5e-5, True, "product", "")
ELSEWHERE = Track(
    file=1,
    position=20,
    selected=2,
    changes=(Edited(3, "W2", (0, 1), 0.5), Kept()),
    looks=Looked("network", "step", True),
    stopping=Stopping(("layer 3",)),
    notes=(Noted(20, "mine"),),
)
FROM_SESSIONS: list[Message] = [
    Away(ELSEWHERE),
    Back(),
    ANSWER,
    Along(),
    Lock(True),
    Lead(2),
    Asking(15),
    Closing(True),
    Watching(True),
    Fault("ValueError"),
    Recording("class.bptlog", "No space left on device"),
]
ANSWERS = Answers(15, 12, 7, 1, {"the sign": 2, "": 1}, ((0.0121, 2), (5.0, 1)))
TO_SESSIONS: list[Message] = [
    Standing(False, "Ms Ray", True, "● recorded"),
    Welcome("ada", False, Standing(leader="Ms Ray"), ELSEWHERE, Track(), 15),
    Counted(12, 9),
    Roster((Present(1, "Ms Ray", True, True, "leads", 0, 12), Present(2, "ada", False, False, "follows", 0, 12))),
    ANSWERS,
    Closed(ANSWERS),
    Closed(None),
    Stamped(NOW, Moved(12)),
]


class Line:
    """Remembers what was told since it was asked last."""

    def __init__(self) -> None:
        self.is_lagging = False
        self._told: list[Message] = []

    def tell(self, message: Message) -> None:
        """Remember it, without the turn of the lead: how that is taken is tested in test_classroom_any.py."""
        replace = msgspec.structs.replace
        if isinstance(message, Standing):
            message = replace(message, turn=0)
        elif isinstance(message, Welcome):
            message = replace(message, standing=replace(message.standing, turn=0))
        self._told.append(message)

    def told(self) -> list[Message]:
        told, self._told = self._told, []
        return told


class Class:
    """A class of two files; `recorded` is what the recorder was told."""

    def __init__(self) -> None:
        self.recorded: list[Stamped] = []
        self.room = Room(2, self.recorded.append, lambda: NOW)

    def join(self, name: str, *, is_teacher: bool = False) -> Member:
        """Somebody joins."""
        member = self.room.join(name, Line(), is_teacher=is_teacher)
        self._take_lead()
        return member

    def leave(self, member: Member) -> None:
        """The connection of somebody drops."""
        self.room.leave(member)
        self._take_lead()

    def does(self, member: Member, *messages: Message) -> None:
        """A session tells this."""
        for message in messages:
            if isinstance(message, Asking) and member is self.room.leader:  # what is asked is what the next step brings
                self.room.track = msgspec.structs.replace(self.room.track, position=message.position - 1)
            self.room.heard(member, message)
            self._take_lead()

    def _take_lead(self) -> None:
        """Who has been given the lead takes it at once, as a session does when it hears that."""
        leader = self.room.leader
        if leader is not None and leader.line is not None:
            self.room.heard(leader, Back(self.room._turn))

    def answers(self) -> Answers:
        """What has been answered to the question until now."""
        assert self.room.poll is not None
        return self.room.poll.answers()

    def forget(self) -> None:
        """What was told until now does not matter."""
        for member in self.room.members.present():
            told(member)
        self.recorded.clear()

    def states(self) -> dict[str, str]:
        """How everybody is, by the roster."""
        return {row.name: row.state for row in self.room.roster().members}


def a_class(*students: str) -> tuple[Class, list[Member]]:
    """A class of a teacher, who leads, and these students; all know what they were told until now."""
    made = Class()
    members = [made.join("Ms Ray", is_teacher=True), *map(made.join, students)]
    made.forget()
    return made, members


def stands(member: Member) -> Standing:
    """How things stand, by what somebody who is here was told last."""
    last = told(member)[-1]
    assert isinstance(last, Standing | Welcome)
    return last if isinstance(last, Standing) else last.standing


def told(member: Member) -> list[Message]:
    """What somebody who is here was told since this was asked last."""
    assert isinstance(member.line, Line)
    return member.line.told()
