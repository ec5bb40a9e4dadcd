"""Whatever a class does, in whatever order it is told: in the end the room and all sessions know the same."""

from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import NOW, STEPS

from bptui.tui.classroom.messages import Along, Answered, Asking, Closing, Lead, Lock, Message, Welcome
from bptui.tui.classroom.participant import Participant
from bptui.tui.classroom.room import Room
from bptui.tui.classroom.steps import Looked, Noted, Selected, Step, Stopping

NAMES = ("Ms Ray", "ada", "bob")
LOOKING = (Selected, Noted, Looked, Stopping)


class Session:
    """Somebody in a class; what is told waits, both ways, until it is heard."""

    def __init__(self, room: Room, name: str) -> None:
        self.told: deque[Message] = deque()
        self.tells: deque[Message] = deque()
        self.is_lagging = False
        self._room = room
        self.member = room.join(name, self, is_teacher=name == NAMES[0])
        welcome = self.told.popleft()
        assert isinstance(welcome, Welcome)
        self.participant = Participant(welcome, self.tells.append)

    def tell(self, message: Message) -> None:
        self.told.append(message)

    def hear(self) -> None:
        self.participant.heard(self.told.popleft())

    def be_heard(self) -> None:
        self._room.heard(self.member, self.tells.popleft())


class School:
    """A class, and what may happen in it: each method is something that somebody does."""

    def __init__(self) -> None:
        self.room = Room(2, lambda stamped: None, lambda: NOW)
        self.sessions: dict[str, Session] = {}

    def comes_or_goes(self, name: str) -> None:
        if name in self.sessions:
            self.room.leave(self.sessions.pop(name).member)
        else:
            self.sessions[name] = Session(self.room, name)

    def steps(self, name: str, step: Step) -> None:
        participant = self.sessions[name].participant
        if not participant.is_held or isinstance(step, LOOKING):  # the screen sees to that
            participant.did(step)

    def goes_back(self, name: str) -> None:
        self.sessions[name].participant.back()

    def lags_or_catches_up(self, name: str) -> None:
        session = self.sessions[name]
        session.is_lagging = not session.is_lagging
        if not session.is_lagging:
            self.room.welcome(session.member)

    def says(self, name: str, message: Message) -> None:
        self.sessions[name].participant.tell(message)

    def everything_is_heard(self) -> None:
        while any(session.told or session.tells for session in self.sessions.values()):
            for session in self.sessions.values():
                while session.tells:
                    session.be_heard()
            for session in self.sessions.values():
                while session.told:
                    session.hear()

    def check(self) -> None:
        """What each session knows that reads what it is told is what the room knows."""
        for session in (each for each in self.sessions.values() if not each.is_lagging):
            participant, member = session.participant, session.member
            assert participant.track == self.room.track
            assert participant.follows == member.follows
            assert participant.follows or participant.own == member.track
            assert participant.leads == (member is self.room.leader)
            assert participant.standing.locked == self.room.is_locked
            assert participant.follows or not participant.is_held


ANSWER = Answered(15, (0, 1), -0.0121, 5e-5, True, "product", "")
SAID = [Along(), Lock(True), Lock(False), *map(Lead, (1, 2, 3)), Asking(15), Closing(True), ANSWER]


def happen(data: st.DataObject, school: School, *others: str) -> None:
    """One of these things, or of those that always may, happens to somebody."""
    name = data.draw(st.sampled_from(NAMES))
    if name not in school.sessions or data.draw(st.integers(0, 9)) == 0:
        school.comes_or_goes(name)
        return
    match data.draw(st.sampled_from(["steps", "goes back", "says", *others])):
        case "steps":
            school.steps(name, data.draw(st.sampled_from(STEPS)))
        case "goes back":
            school.goes_back(name)
        case "says":
            school.says(name, data.draw(st.sampled_from(SAID)))
        case "lags":
            school.lags_or_catches_up(name)
        case "hears" if school.sessions[name].told:
            school.sessions[name].hear()
        case "is heard" if school.sessions[name].tells:
            school.sessions[name].be_heard()


@settings(max_examples=60)
@given(st.data())
def test_one_after_the_other(data: st.DataObject) -> None:
    school = School()
    for _ in range(data.draw(st.integers(1, 25))):
        happen(data, school, "lags")
        school.everything_is_heard()
        school.check()


@settings(max_examples=150)
@given(st.data())
def test_at_the_same_time(data: st.DataObject) -> None:
    school = School()
    for _ in range(data.draw(st.integers(1, 25))):
        happen(data, school, "hears", "is heard")
    school.everything_is_heard()
    school.check()
