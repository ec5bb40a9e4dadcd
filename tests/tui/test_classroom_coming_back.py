"""Members of a class who drop and come back, and what they are told; a place that is none."""

import pytest
from rooms import ELSEWHERE, a_class, told

from bptui.tui.classroom.messages import Answers, Asking, Away, Counted, Reader, Standing, Watching, Welcome, encoded
from bptui.tui.classroom.steps import Track


def test_a_teacher_who_leads_and_drops() -> None:
    made, (ray, ada) = a_class("ada")
    made.leave(ray)
    (standing,) = told(ada)
    assert isinstance(standing, Standing)
    assert (standing.leads, standing.leader) == (False, "")


def test_who_was_given_another_name_comes_back_by_the_one_that_was_typed() -> None:
    made, _ = a_class("ada")
    other = made.join("ada")
    made.does(other, Away(ELSEWHERE))
    made.leave(other)
    again = made.join("ada")
    assert (again.name, again.follows) == ("ada 2", False)


def test_one_more_who_is_asked_is_told_to_teachers() -> None:
    made, (ray, _) = a_class("ada")
    made.does(ray, Asking(15))
    made.forget()
    made.join("bob")
    assert Answers(15, 2) in told(ray)


def test_a_student_is_not_told_where_the_others_are() -> None:
    made, (ray, ada, _) = a_class("ada", "bob")
    made.does(ada, Watching(True))
    made.room.report()
    assert (told(ray), told(ada)) == ([Counted(2, 2)], [])


def test_a_file_that_is_not_there_is_no_place_to_be() -> None:
    made, (_, ada) = a_class("ada")
    made.does(ada, Away(Track(file=2)))
    made.leave(ada)
    welcome = told(made.join("ada"))[-1]
    assert isinstance(welcome, Welcome)
    assert welcome.own is None


@pytest.mark.parametrize("track", [Track(file=-1), Track(file=1_001), Track(position=-1), Track(position=1 << 60)])
def test_a_place_that_is_none_is_not_heard(track: Track) -> None:
    with pytest.raises(ValueError, match="no message"):
        list(Reader().feed(encoded(Away(track))))
