"""Those who are in a class: who leads when somebody goes, where one is who comes back, and what the roster says."""

import pytest
from rooms import ELSEWHERE, a_class, stands, told

from bptui.tui.classroom import members
from bptui.tui.classroom.messages import (
    Along,
    Away,
    Back,
    Counted,
    Lead,
    Lock,
    Message,
    Present,
    Roster,
    Standing,
    Watching,
    Welcome,
)
from bptui.tui.classroom.steps import Edited, Moved, Selected, Track

BY_RAY = Standing(leader="Ms Ray")
YOU_LEAD = Standing(leads=True, leader="Ms Ray")


# ---- the lead


def test_the_lead_is_handed_to_a_student() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ada, Away(ELSEWHERE))
    made.does(ray, Lead(ada.number))
    by_ada = Standing(leader="ada")
    assert (stands(ray), stands(bob)) == (by_ada, by_ada)
    assert Standing(leads=True, leader="ada") in told(ada)
    made.does(ada, Moved(5))
    assert (told(ray)[-1], told(bob)[-1], made.room.track.position) == (Moved(5), Moved(5), 5)
    made.does(ray, Moved(7))
    assert (told(ada), told(bob), made.room.track.position) == ([], [], 5)
    made.does(ray, Lock(True), Lead(ray.number))  # a teacher may still, and takes it back
    assert stands(ada) == Standing(leader="Ms Ray", locked=True)


def test_what_was_told_before_the_lead_is_taken_does_not_count() -> None:
    """It may have been on its way when the lead was given."""
    made, (ray, ada) = a_class("ada")
    made.room.heard(ray, Lead(ada.number))
    made.room.heard(ada, Moved(20))
    assert made.room.track.position == 0
    made.room.heard(ada, Back())  # of an earlier turn, or of none
    made.room.heard(ada, Moved(20))
    assert made.room.track.position == 0
    made.room.heard(ada, Back(2))  # the first turn was the teacher's
    made.room.heard(ada, Moved(5))
    assert made.room.track.position == 5


def test_the_lead_is_not_handed_to_nobody() -> None:
    made, (ray, ada) = a_class("ada")
    made.leave(ada)
    made.does(ray, Lead(ada.number), Lead(99))
    assert made.room.leader is ray
    assert told(ray) == []


def test_a_student_who_leads_and_drops() -> None:
    """The lead goes back to the teacher who is here, and does not come back with the student."""
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ray, Lead(ada.number))
    made.does(ada, Moved(5))
    made.forget()
    made.leave(ada)
    assert (told(ray), told(bob)) == ([YOU_LEAD], [BY_RAY])
    ada = made.join("ada")
    assert told(ada) == [Welcome("ada", False, BY_RAY, Track(position=5), None, None)]
    made.does(ada, Moved(6))
    assert made.room.track.position == 5


def test_a_student_who_leads_and_drops_without_a_teacher() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ray, Lead(ada.number))
    made.leave(ray)
    made.forget()
    made.leave(ada)
    assert told(bob) == [Standing()]
    ray = made.join("Ms Ray", is_teacher=True)
    assert told(ray) == [Welcome("Ms Ray", True, YOU_LEAD, Track(), None, None)]


def test_a_teacher_comes_back_to_the_lead() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Moved(5))
    made.forget()
    made.leave(ray)
    assert told(ada) == [Standing()]
    ray = made.join("Ms Ray", is_teacher=True)
    assert told(ray) == [Welcome("Ms Ray", True, YOU_LEAD, Track(position=5), None, None)]
    assert told(ada) == [BY_RAY]


# ---- coming back


def test_who_was_off_the_track_comes_back_to_that_place() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ada, Away(Track(position=3)), Moved(20), Edited(2, "x", None, 3.0), Selected(1))
    made.leave(ada)
    assert made.states()["ada"] == "gone"
    made.does(ray, Moved(9))
    own = Track(position=20, selected=1, changes=(Edited(2, "x", None, 3.0),))
    again = made.join("ada")
    assert told(again) == [Welcome("ada", False, BY_RAY, Track(position=9), own, None)]
    assert made.states() == {"Ms Ray": "leads", "ada": "off the track"}


def test_who_followed_comes_back_to_where_the_class_is() -> None:
    made, (ray, ada) = a_class("ada")
    made.leave(ada)
    made.does(ray, Moved(9))
    assert told(made.join("ada")) == [Welcome("ada", False, BY_RAY, Track(position=9), None, None)]


@pytest.mark.parametrize("message", [Along(), Lock(True)], ids=lambda message: type(message).__name__)
def test_who_is_gone_is_taken_along_too(message: Message) -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ada, Away(ELSEWHERE))
    made.leave(ada)
    made.does(ray, message)
    made.join("ada")
    assert made.states()["ada"] == "follows"


@pytest.mark.parametrize("name", ["ada", "Ms Ray"])
def test_nobody_comes_back_as_somebody_else(name: str) -> None:
    """Not in the place of one who is still here, and no student in that of a teacher."""
    made, (ray, ada) = a_class("ada")
    made.does(ada, Away(ELSEWHERE))
    if name == "Ms Ray":
        made.leave(ray)
    other = made.join(name)
    welcome = told(other)[-1]
    assert isinstance(welcome, Welcome)
    assert (welcome.is_teacher, welcome.own, welcome.standing.leads) == (False, None, False)
    assert other not in (ray, ada)


def test_only_so_many_who_are_gone_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that went first is forgotten first, whenever it came."""
    monkeypatch.setattr(members, "MOST_REMEMBERED", 2)
    made, (_, ada, bob, cy) = a_class("ada", "bob", "cy")
    for member in (ada, bob, cy):
        made.does(member, Away(ELSEWHERE))
    for member in (bob, cy, ada):
        made.leave(member)
    assert made.states() == {"Ms Ray": "leads", "cy": "gone", "ada": "gone"}
    welcomes = [told(made.join(name))[-1] for name in ("ada", "bob", "cy")]
    assert [isinstance(each, Welcome) and each.own for each in welcomes] == [ELSEWHERE, None, ELSEWHERE]


# ---- who reads, and who watches


def test_who_does_not_read_is_told_nothing_until_welcomed_again() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    assert ada.line is not None
    ada.line.is_lagging = True
    made.does(ray, Moved(4), Along(), Lock(True))
    made.join("cy")
    made.room.report()
    assert told(ada) == []
    assert made.states()["ada"] == "does not read"
    assert Moved(4) in told(bob)
    ada.line.is_lagging = False
    made.room.welcome(ada)
    locked = Standing(leader="Ms Ray", locked=True)
    assert told(ada) == [Welcome("ada", False, locked, Track(position=4), None, None)]
    made.does(ray, Moved(5))
    assert told(ada) == [Moved(5)]


def test_teachers_and_the_one_who_leads_are_told_how_many_follow() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    lee = made.join("Mr Lee", is_teacher=True)
    made.does(bob, Away(ELSEWHERE))
    made.forget()
    made.room.report()
    assert (told(ray), told(lee), told(ada), told(bob)) == ([Counted(2, 1)], [Counted(2, 1)], [], [])
    made.does(ray, Lead(ada.number))
    made.forget()
    made.room.report()
    assert told(ada) == [Counted(2, 1)]


def test_the_roster_says_who_is_lost_and_where() -> None:
    """The teachers stand first, then those who are lost, then those who follow, then those who are gone."""
    made, (ray, ada, bob, cy) = a_class("ada", "bob", "cy")
    made.does(ray, Moved(4), Watching(True))
    made.does(bob, Away(Track(position=4)), Moved(9))
    made.leave(ada)
    made.forget()
    made.room.report()
    roster = Roster(
        (
            Present(ray.number, "Ms Ray", True, True, "leads", 0, 4),
            Present(bob.number, "bob", False, False, "off the track", 0, 9),
            Present(cy.number, "cy", False, False, "follows", 0, 4),
            Present(ada.number, "ada", False, False, "gone", 0, 4),
        )
    )
    assert told(ray) == [Counted(2, 1), roster]
    made.does(ray, Watching(False))
    made.room.report()
    assert told(ray) == [Counted(2, 1)]


def test_how_the_recording_is_is_told_to_all() -> None:
    made, (ray, ada) = a_class("ada")
    made.room.said("● recorded")
    assert (told(ray)[-1], told(ada)[-1]) == (
        Standing(True, "Ms Ray", False, "● recorded"),
        Standing(False, "Ms Ray", False, "● recorded"),
    )
