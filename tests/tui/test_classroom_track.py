"""Where a member is, as data: what one session does is done again in another, with the same bits in every event."""

from typing import NamedTuple

import pytest
from blowup import blows_up
from branches import LEARNS, said, state_at
from hypothesis import given, settings
from hypothesis import strategies as st
from trying import TANH4, X_IS_3, by_hand, results

from bptui.core import Timeline, parse
from bptui.core.edits import parse_edit
from bptui.core.errors import InputError
from bptui.core.events import result
from bptui.core.search import Job
from bptui.core.whatif import edited
from bptui.tui.branch import Change, Place
from bptui.tui.classroom.messages import Message, Reader, Standing, Welcome, encoded
from bptui.tui.classroom.participant import Participant
from bptui.tui.classroom.speaker import Speaker
from bptui.tui.classroom.steps import MOST_NOTES, Edited, Looked, Moved, Noted, Opened, Selected, Step, Track
from bptui.tui.classroom.track import Places, after

FLOAT32 = 'dtype = "float32"\n' + LEARNS
STOPS = blows_up(iterations=12)


class Run(NamedTuple):
    """A scenario, what may be changed in it, and how many steps it has at the most."""

    text: str
    edits: tuple[str, ...]
    steps: int


BATCHES = ("η = 0.2", "W[1, 0] = 3", "b = [1, 0.1, -3]", "V[0, 2] = -0.5", "s[1] = 0.25", "x[0, 1] = 0.7")
RUNS = {
    "batches": Run(LEARNS, BATCHES, 220),
    "float32": Run(FLOAT32, BATCHES, 220),
    "one iteration": Run(TANH4, ("x = 3", "W3 = 0.1", "u3 = 1.3", "a2 = -1", "η = 1e-3"), 33),
    "stops": Run(STOPS, ("w = 0.1", "η = 0.3", "u = 1.7"), 60),
}


class Session:
    """A session that leads a class, done by hand as the screen does it; `said` is what it tells, as it is sent."""

    def __init__(self, text: str) -> None:
        self.place = Place(Timeline(parse(text)), 0)
        self.said: list[Step] = []
        welcome = Welcome("Ms Ray", True, Standing(leads=True, leader="Ms Ray"), Track(), None, None)
        self.participant = Participant(welcome, lambda message: self.said.append(again(message)))
        self._speaker = Speaker(self.participant)

    def move(self, position: int) -> None:
        position = self.place.timeline.reach(position)
        self._speaker.move(position)
        self.place = self.place._replace(position=position)

    def select(self, row: int) -> None:
        self._speaker.select(row, "")

    def what_if(self, text: str) -> None:
        base = self.place.timeline
        number = base.chapter(self.place.position).number
        while base.base and number < base.first:
            base = base.base
        edit = parse_edit(text, base.scenario)
        scenario, state = edited(base.scenario, base.state(number), number, edit)
        timeline = Timeline(scenario, base=base, first=number, state=state)
        self._speaker.edit(timeline, base, edit, number)
        self.place = self.place.changed(timeline, Change(edit, number))
        self.place = self.place._replace(position=timeline.reach(self.place.position))

    def keep(self) -> None:
        self._speaker.keep()
        self.place = self.place.keeping()

    def drop(self) -> None:
        self._speaker.drop(self.place.timeline, self.place.position)
        self.place = self.place.dropping(self.place.position)


def finish(job: Job[Place]) -> Place:
    """The answer of a job."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            place: Place = end.value
            return place


def again(message: Message) -> Message:
    """A message as it is read at the other end."""
    (heard,) = Reader().feed(encoded(message))
    return heard


@st.composite
def sessions(draw: st.DrawFn, run: Run) -> list[tuple[str, *tuple[object, ...]]]:
    """What somebody does, one after the other; only a branch is kept or dropped."""
    actions, in_branch = [], False
    for _ in range(draw(st.integers(1, 9))):
        kinds = ["move", "what_if", "select"] + ["keep", "drop"] * in_branch
        kind = draw(st.sampled_from(kinds))
        given_ = {"move": st.integers(0, run.steps), "what_if": st.sampled_from(run.edits), "select": st.integers(0, 9)}
        actions.append((kind, *([draw(given_[kind])] if kind in given_ else [])))
        in_branch = kind == "what_if" or (in_branch and kind not in ("keep", "drop"))
    return actions


def same(ours: Place, theirs: Place) -> None:
    """The same events, changes and position; of a branch also the run beside it."""
    assert min(ours.position, len(ours.timeline)) == theirs.position
    assert list(map(said, ours.timeline.events)) == list(map(said, theirs.timeline.events))
    assert state_at(ours.timeline, theirs.position) == state_at(theirs.timeline, theirs.position)
    assert list(map(str, ours.kept)) == list(map(str, theirs.kept))
    assert (ours.branch is None) == (theirs.branch is None)
    if ours.branch and theirs.branch:
        assert list(map(str, ours.branch.changes)) == list(map(str, theirs.branch.changes))
        assert list(map(said, ours.branch.run.events)) == list(map(said, theirs.branch.run.events))


@pytest.mark.parametrize("name", RUNS)
@settings(max_examples=12)
@given(st.data())
def test_what_one_does_is_done_again(name: str, data: st.DataObject) -> None:
    """By one who has been there from the beginning, after each step; and by one who joins after each of them."""
    run = RUNS[name]
    session, track, places = Session(run.text), Track(), Places(Timeline(parse(run.text)))
    for kind, *what in data.draw(sessions(run)):
        told = len(session.said)
        try:
            getattr(session, kind)(*what)
        except InputError:  # what has no value here cannot be changed
            continue
        for step in session.said[told:]:
            track = after(track, step)
        same(finish(places.place(track)), session.place)
        late = again(Welcome("ada", False, Standing(), track, None, None))
        assert isinstance(late, Welcome)
        same(finish(Places(Timeline(parse(run.text))).place(late.track)), session.place)
    assert session.participant.track == track


@settings(max_examples=12)
@given(st.data())
def test_in_any_order(data: st.DataObject) -> None:
    """The tracks of a session, in any order: what was derived for one leads to no other place than it should."""
    run = RUNS["batches"]
    session, tracks, there = Session(run.text), [Track()], [Place(Timeline(parse(run.text)), 0)]
    for kind, *what in data.draw(sessions(run)):
        getattr(session, kind)(*what)
        tracks.append(session.participant.track)
        there.append(session.place)
    places = Places(Timeline(parse(run.text)))
    for index in data.draw(st.lists(st.integers(0, len(tracks) - 1), max_size=6)):
        same(finish(places.place(tracks[index])), there[index])


# ---- against the same edits in the file


def place(track: Track) -> Place:
    """Where a track leads to in a run of tanh4."""
    return finish(Places(Timeline(parse(TANH4))).place(track))


def bits(found: Place) -> list[bytes]:
    return [result(event).tobytes() for event in found.timeline.events]


def bits_of(text: str) -> list[bytes]:
    return [x.tobytes() for x in results(text)]


def test_a_change_is_the_same_as_in_the_file() -> None:
    found = place(Track(position=12, changes=(Edited(1, "x", None, 3.0),)))
    assert bits(found) == bits_of(X_IS_3)
    assert (found.position, found.branch is not None, found.kept) == (12, True, ())


def test_keeping_makes_it_the_run_that_dropping_goes_back_to() -> None:
    session = Session(TANH4)
    session.move(5)
    session.what_if("x = 3")
    session.keep()
    session.what_if("W3 = 0.1")
    session.move(9)
    both = place(session.participant.track)
    assert bits(both) == bits_of(by_hand(X_IS_3, "W = 1.0", "W = 0.1", 1))
    session.drop()
    back = place(session.participant.track)
    assert bits(back) == bits_of(X_IS_3)
    assert (back.position, back.branch, len(back.kept)) == (9, None, 1)


def test_dropping_all_goes_back_to_the_run() -> None:
    session = Session(TANH4)
    session.what_if("x = 3")
    session.what_if("W3 = 0.1")
    session.drop()
    assert bits(place(session.participant.track)) == bits_of(TANH4)
    assert session.participant.track == Track()


@pytest.mark.parametrize(
    "edit",
    [
        Edited(1, "nothing", None, 3.0),
        Edited(1, "L", None, 3.0),
        Edited(1, "x", (0,), 3.0),
        Edited(1, "x", None, [1.0, 2.0]),
        Edited(1, "x", None, "Infinity"),
        Edited(1, "x", None, {"a": 1}),
        Edited(1, "η", None, -1.0),
    ],
    ids=str,
)
def test_a_change_that_cannot_be_made(edit: Edited) -> None:
    with pytest.raises(InputError):
        place(Track(changes=(edit,)))


# ---- what is on a track


def test_of_many_notes_the_oldest_go() -> None:
    track = Track()
    for number in range(MOST_NOTES + 2):
        track = after(track, Noted(number, "a note"))
    assert [note.position for note in track.notes] == list(range(2, MOST_NOTES + 2))


def test_another_file_begins_anew_with_the_same_looks() -> None:
    track = Track()
    for step in (Moved(3), Selected(1), Noted(3, "here"), Edited(1, "x", None, 3.0), Looked("bars", "step", True)):
        track = after(track, step)
    assert after(track, Opened(1)) == Track(file=1, looks=Looked("bars", "step", True))
