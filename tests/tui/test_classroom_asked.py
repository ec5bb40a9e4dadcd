"""A question to a class, in the server: who is asked, which answers count, and what becomes of them."""

import pytest
from rooms import ANSWER, ELSEWHERE, NOW, a_class, told

from bptui.tui.classroom.messages import (
    Along,
    Answered,
    Answers,
    Asking,
    Away,
    Closed,
    Closing,
    Lead,
    Message,
    Stamped,
    Welcome,
)
from bptui.tui.classroom.steps import Dropped, Edited, Kept, Looked, Moved, Noted, Opened, Selected

HERE = 15


def wrong(value: float, mistake: str = "") -> Answered:
    return Answered(HERE, (0, 0), value, 0.0, False, "", mistake)


RIGHT = Answered(HERE, (0, 0), -0.0121, 0.0, True, "product", "")
SHOWN = Answered(HERE, (0, 0), None, 0.0, False, "", "")


# ---- who is asked


def test_all_students_are_taken_along_and_asked() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    lee = made.join("Mr Lee", is_teacher=True)
    made.does(bob, Away(ELSEWHERE))
    made.forget()
    made.does(ray, Asking(HERE))
    assert (told(ada), told(bob)) == ([Along(), Asking(HERE)], [Along(), Asking(HERE)])
    nothing_yet = Answers(HERE, 2)
    for teacher in (ray, lee):
        assert nothing_yet in told(teacher)
    assert made.recorded == [Stamped(NOW, Asking(HERE))]
    assert made.states() == {"Ms Ray": "leads", "Mr Lee": "follows", "ada": "is asked", "bob": "is asked"}


def test_a_student_who_leads_asks_and_is_not_asked() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ray, Lead(ada.number))
    made.forget()
    made.does(ada, Asking(HERE))
    assert Answers(HERE, 1) in told(ada)
    assert Asking(HERE) in told(bob)
    made.does(ada, RIGHT)
    assert made.answers() == Answers(HERE, 1)
    made.does(bob, RIGHT)
    assert told(ada)[-1] == told(ray)[-1] == Answers(HERE, 1, right=1)


def test_who_joins_late_is_asked_too() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Moved(HERE - 1), Asking(HERE))
    made.does(ada, RIGHT)
    bob = made.join("bob")
    welcome = told(bob)[-1]
    assert isinstance(welcome, Welcome)
    assert (welcome.asking, welcome.track.position) == (HERE, HERE - 1)
    made.does(bob, wrong(5.0))
    assert made.answers() == Answers(HERE, 2, 1, 0, {"": 1}, ((5.0, 1),))


@pytest.mark.parametrize(("answer", "asking"), [(None, HERE), (RIGHT, None), (SHOWN, None)])
def test_who_drops_is_asked_again_only_without_an_answer(answer: Answered | None, asking: int | None) -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Asking(HERE))
    made.does(ada, *[answer] * (answer is not None), Away(ELSEWHERE))
    made.leave(ada)
    welcome = told(made.join("ada"))[-1]
    assert isinstance(welcome, Welcome)
    assert (welcome.asking, welcome.own) == (asking, None)  # where the question is
    assert made.answers().asked == 1


# ---- which answers count


def test_the_first_answer_counts() -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ray, Asking(HERE))
    made.forget()
    made.does(ada, wrong(5.0), RIGHT)
    made.does(bob, SHOWN, RIGHT)
    assert made.answers() == Answers(HERE, 2, 0, 1, {"": 1}, ((5.0, 1),))
    assert made.recorded == [Stamped(NOW, wrong(5.0)), Stamped(NOW, SHOWN)]
    assert (told(ada), told(bob)) == ([], [])  # what others answer is not theirs to know
    assert made.states() == {"Ms Ray": "leads", "ada": "follows", "bob": "follows"}


@pytest.mark.parametrize("position", [0, HERE - 1, HERE + 1])
def test_an_answer_about_another_step_is_passed_over(position: int) -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Asking(HERE))
    made.forget()
    made.does(ada, Answered(position, (), 1.0, 0.0, True, "product", ""))
    assert (made.answers(), made.recorded, told(ray)) == (Answers(HERE, 1), [], [])


def test_answers_of_those_who_are_not_asked_are_passed_over() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ada, RIGHT)  # there is no question
    made.does(ray, Asking(HERE), RIGHT)
    made.does(made.join("Mr Lee", is_teacher=True), RIGHT)
    assert made.answers() == Answers(HERE, 1)
    made.does(ray, Closing(False))
    made.does(ada, RIGHT)  # there is none any more
    assert all(not isinstance(stamped.what, Answered) for stamped in made.recorded)


def test_another_question_begins_anew() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Asking(HERE))
    made.does(ada, RIGHT)
    made.does(ray, Closing(False), Asking(HERE + 1))
    assert made.answers() == Answers(HERE + 1, 1)
    made.does(ada, ANSWER)  # of the question before
    assert made.answers() == Answers(HERE + 1, 1)


# ---- the distribution


def test_the_distribution() -> None:
    """Numbers that are the same to 0.5% are one; mistakes and numbers stand with the most frequent first."""
    made, (ray, *students) = a_class(*"abcdefgh")
    made.does(ray, Asking(HERE))
    answers = [
        wrong(1.0),
        wrong(-9.0, "the sign"),
        wrong(-9.04, "the sign"),  # 0.44% off
        RIGHT,
        SHOWN,
        wrong(-9.06, "another one"),  # 0.67% off
        RIGHT,
    ]
    for student, answer in zip(students, answers, strict=False):
        made.forget()
        made.does(student, answer)
    counted = Answers(
        position=HERE,
        asked=8,
        right=2,
        unanswered=1,
        mistakes={"the sign": 2, "": 1, "another one": 1},
        values=((-9.0, 2), (1.0, 1), (-9.06, 1)),
    )
    assert told(ray) == [counted]
    assert list(counted.mistakes) == list(made.answers().mistakes)
    assert counted.answered == 7


def test_a_large_class_is_counted_in_few_bytes() -> None:
    """At most 20 numbers are told, however many there are."""
    made, (ray, *students) = a_class(*map(str, range(100)))
    made.does(ray, Asking(HERE))
    for index, student in enumerate(students):
        made.does(student, wrong(2.0**index))
    counted = made.answers()
    assert (counted.mistakes, counted.answered, len(counted.values)) == ({"": 100}, 100, 20)


def test_no_number_is_close_to_0_but_0() -> None:
    made, (ray, ada, bob, cy) = a_class("ada", "bob", "cy")
    made.does(ray, Asking(HERE))
    for student, value in ((ada, 0.0), (bob, 1e-9), (cy, 0.0)):
        made.does(student, wrong(value))
    assert made.answers().values == ((0.0, 2), (1e-9, 1))


# ---- how it ends


@pytest.mark.parametrize("shown", [False, True])
def test_the_class_is_shown_the_answers_or_not(shown: bool) -> None:
    made, (ray, ada, bob) = a_class("ada", "bob")
    made.does(ray, Asking(HERE))
    made.does(ada, RIGHT)
    made.forget()
    made.does(ray, Closing(shown))
    closed = Closed(Answers(HERE, 2, right=1) if shown else None)
    assert (told(ray), told(ada), told(bob)) == ([closed], [closed], [closed])
    assert (made.room.asking, made.states()["bob"]) == (None, "follows")
    made.does(ray, Closing(shown))  # it is over
    assert told(ada) == []


@pytest.mark.parametrize("step", [Moved(HERE), Moved(0), Edited(1, "x", None, 3.0), Dropped(3), Opened(1)])
def test_stepping_on_ends_the_question(step: Message) -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Asking(HERE))
    made.forget()
    made.does(ray, step)
    assert told(ada) == [Closed(None), step]
    assert made.room.asking is None


@pytest.mark.parametrize("step", [Selected(1), Noted(HERE, "hm"), Looked("network", "step", True), Kept()])
def test_looking_does_not(step: Message) -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Asking(HERE))
    made.forget()
    made.does(ray, step)
    assert told(ada) == [step]
    assert made.room.asking == HERE


def test_a_follower_who_steps_does_not_end_it() -> None:
    made, (ray, ada) = a_class("ada")
    made.does(ray, Asking(HERE))
    made.does(ada, Away(ELSEWHERE), Moved(4))
    assert made.room.asking == HERE
    made.does(ada, RIGHT)
    assert made.answers().right == 1
