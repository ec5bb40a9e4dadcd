"""The class in the server: who is told what, who is called what, and who may do what."""

import pytest
from rooms import ELSEWHERE, FROM_SESSIONS, NOW, STEPS, TO_SESSIONS, Class, a_class, stands, told

from bptui.tui.classroom.messages import Along, Away, Back, Lead, Lock, Message, Stamped, Standing, Welcome
from bptui.tui.classroom.steps import Edited, Looked, Moved, Noted, Opened, Selected, Step, Track

BY_RAY = Standing(leader="Ms Ray")
YOU_LEAD = Standing(leads=True, leader="Ms Ray")
TEACHERS = [message for message in FROM_SESSIONS if type(message).__name__ in ("Along", "Lock", "Lead")]
LEADERS = [message for message in FROM_SESSIONS if type(message).__name__ in ("Asking", "Closing")]
OF_THE_SERVER = [message for message in FROM_SESSIONS if type(message).__name__ in ("Fault", "Recording")]


# ---- coming


def test_who_comes_is_told_all_and_the_others_how_things_stand() -> None:
    made = Class()
    ray = made.join("Ms Ray", is_teacher=True)
    assert told(ray) == [Welcome("Ms Ray", True, YOU_LEAD, Track(), None, None)]
    made.does(ray, Moved(3), Noted(3, "look"))
    ada = made.join("ada")
    track = Track(position=3, notes=(Noted(3, "look"),))
    assert told(ada) == [Welcome("ada", False, BY_RAY, track, None, None)]
    assert told(ray) == []  # for her nothing has changed


def test_students_without_a_teacher_follow_nobody() -> None:
    made = Class()
    ada = made.join("ada")
    assert told(ada) == [Welcome("ada", False, Standing(), Track(), None, None)]
    made.does(ada, Moved(3))
    assert made.room.track == Track()
    made.join("Ms Ray", is_teacher=True)
    assert told(ada) == [BY_RAY]


def test_a_second_teacher_does_not_take_the_lead_but_may() -> None:
    made, (ray, ada) = a_class("ada")
    lee = made.join("Mr Lee", is_teacher=True)
    assert told(lee) == [Welcome("Mr Lee", True, BY_RAY, Track(), None, None)]
    made.forget()
    made.does(lee, Lead(lee.number))
    by_lee = Standing(leader="Mr Lee")
    assert (stands(ray), stands(ada)) == (by_lee, by_lee)
    assert Standing(leads=True, leader="Mr Lee") in told(lee)


def test_names_are_made_unique_among_those_who_are_here() -> None:
    made = Class()
    first, *others = (made.join(name) for name in ("ada", "ada", "bob", "ada"))
    assert [first.name, *(each.name for each in others)] == ["ada", "ada 2", "bob", "ada 3"]
    assert made.join("ada 2", is_teacher=True).name == "ada 2 2"
    made.leave(first)
    assert made.join("ada").name == "ada"


# ---- what the leader does


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_what_the_leader_does_is_told_to_all_others_and_recorded(step: Step) -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(bob, Away(ELSEWHERE))  # off the track it is told all the same, for the way back
    made.forget()
    made.does(ray, step)
    assert (told(ray), told(ada), told(bob)) == ([], [step], [step])
    assert made.recorded == [Stamped(NOW, step)]


def test_where_the_class_is_after_each_step() -> None:
    made, (ray, _) = a_class("ada")
    edit, looks, note = Edited(1, "x", None, 3.0), Looked("bars", "picture", True), Noted(4, "look")
    made.does(ray, Moved(4), edit, Selected(2), looks, note)
    assert made.room.track == Track(0, 4, 2, (edit,), looks, None, (note,))
    made.does(ray, Opened(1))
    assert made.room.track == Track(1, 0, None, (), looks, None, ())


def test_a_file_that_is_not_there_is_not_opened() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Opened(2))
    assert (told(ada), made.recorded, made.room.track) == ([], [], Track())


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_what_a_follower_does_is_told_to_nobody(step: Step) -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ada, step)
    made.does(bob, Away(Track()), step)
    assert (told(ray), told(ada), told(bob), made.recorded, made.room.track) == ([], [], [], [], Track())


# ---- who may do what


@pytest.mark.parametrize(
    "message", [*TEACHERS, *LEADERS, *OF_THE_SERVER, *TO_SESSIONS], ids=lambda message: type(message).__name__
)
def test_what_a_student_may_not_say_is_passed_over(message: Message) -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(bob, Away(Track()))
    made.does(ada, message)
    assert (told(ray), told(ada), told(bob), made.recorded) == ([], [], [], [])
    assert (made.room.leader, made.room.is_locked, made.room.asking, made.room.track) == (ray, False, None, Track())
    assert made.states() == {"Ms Ray": "leads", "ada": "follows", "bob": "off the track"}


@pytest.mark.parametrize("message", [*OF_THE_SERVER, *TO_SESSIONS], ids=lambda message: type(message).__name__)
def test_what_only_the_server_says_is_passed_over(message: Message) -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, message)
    assert (told(ray), told(ada), made.recorded, made.room.track) == ([], [], [], Track())


# ---- the track


def test_along_takes_everybody_to_the_class() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ada, Away(ELSEWHERE), Moved(21))
    assert made.states()["ada"] == "off the track"
    made.does(ray, Along())
    assert Along() in told(ada)
    assert Along() in told(bob)
    assert made.states() == {"Ms Ray": "leads", "ada": "follows", "bob": "follows"}


def test_a_lock_takes_everybody_along_and_keeps_them() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ada, Away(ELSEWHERE))
    made.does(ray, Lock(True))
    locked = Standing(leader="Ms Ray", locked=True)
    for student in (ada, bob):
        assert set(map(type, heard := told(student))) == {Along, Standing}
        assert heard[-1] == locked
    made.does(ada, Away(ELSEWHERE), Moved(21))
    assert made.states()["ada"] == "follows"
    assert told(made.join("cy")) == [Welcome("cy", False, locked, Track(), None, None)]
    made.forget()
    made.does(ray, Lock(False))
    assert told(ada) == [BY_RAY]
    made.does(ada, Away(ELSEWHERE))
    assert made.states()["ada"] == "off the track"


def test_the_one_who_leads_does_not_leave_the_track() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Away(ELSEWHERE), Moved(4))
    assert told(ada) == [Moved(4)]
    assert made.states()["Ms Ray"] == "leads"


def test_back_on_the_track() -> None:
    made, (_, ada) = a_class("ada")
    made.does(ada, Away(ELSEWHERE))
    made.does(ada, Back())
    assert made.states()["ada"] == "follows"
    made.does(ada, Moved(9))  # of somebody who is on the track it is no place to be
    made.leave(ada)
    assert told(made.join("ada")) == [Welcome("ada", False, BY_RAY, Track(), None, None)]
