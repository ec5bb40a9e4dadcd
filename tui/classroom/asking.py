"""A question to the class: what the next step brings, in the predict mode's own prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bptui.core.chapter import Chapter
from bptui.core.grading import Answer, Grade, grade
from bptui.core.questions import Question, question

from ..actions.predicting import correction, prompt
from ..lines import Line, line
from .messages import Answered, Asking, Closed
from .pages import Answering, Outcome

if TYPE_CHECKING:
    from .following import Following


def raise_question(lesson: Following) -> None:
    """Ask the class what the next step brings; one who was asked answers; who leads sees the answers."""
    participant, asked = lesson.participant, _next(lesson)
    if participant.asking is not None:
        if participant.leads or participant.is_teacher:
            is_here = asked is not None and asked.position == participant.asking
            lesson.app.push_screen(Answering(lesson, asked.asks if asked and is_here else ""))
        else:
            ask(lesson)
    elif not participant.leads:
        lesson.say("the one who leads asks the class")
    elif asked is None:
        lesson.say("there is nothing to ask here: the next step is no multiplication, or needs too many numbers")
    else:
        participant.asking, participant.answers = asked.position, None
        participant.tell(Asking(asked.position))
        lesson.app.push_screen(Answering(lesson, asked.asks))


def _next(lesson: Following) -> Question | None:
    """What can be asked about the next step."""
    if lesson.position >= len(lesson.timeline):
        return None
    return _asked(lesson.timeline.chapter(lesson.position + 1), lesson)


def _asked(chapter: Chapter, lesson: Following) -> Question | None:
    return question(chapter, lesson.position - chapter.start)


def ask(lesson: Following) -> None:
    """Ask this member; what is answered is graded here, and told to the server."""
    participant, position = lesson.participant, lesson.participant.asking
    if position is None or participant.is_teacher or participant.leads or lesson.asks is not None:
        lesson.is_to_ask = False
        return
    if not participant.follows:
        lesson.say("the class is asked about the step where it is; = leads there")
        return
    if lesson.position != position - 1:  # it is still on the way there
        return
    lesson.is_to_ask, lesson.answer = False, None
    chapter = lesson.timeline.chapter(position)
    asked = _asked(chapter, lesson)
    if asked is None:
        return

    def then(answer: Answer | str | None) -> None:
        lesson.asks = None
        if participant.asking != asked.position:  # it is over
            return
        if answer is None:
            lesson.say("Q answers, as long as the class is asked")
            return
        graded = (
            grade(chapter, asked.position - 1 - chapter.start, asked.cell, answer)
            if isinstance(answer, Answer)
            else None
        )
        lesson.answer = None if graded is None or isinstance(answer, str) else (answer, graded, asked)
        participant.asking = None
        participant.tell(_told(asked, answer, graded))
        lesson.say("answered; wait for the class")

    lesson.asks = prompt(lesson, asked)
    lesson.app.push_screen(lesson.asks, then)


def welcomed(lesson: Following) -> None:
    """What was told of a question meanwhile may not have been heard: ask, or take the prompt away."""
    lesson.is_to_ask = lesson.participant.asking is not None
    if not lesson.is_to_ask:
        _take_away(lesson)


def _take_away(lesson: Following) -> None:
    """Close the prompt, and what lies on it."""
    if lesson.asks is not None:
        while lesson.app.screen is not lesson.asks:
            lesson.app.pop_screen()
        lesson.asks.dismiss(None)


def _told(asked: Question, answer: Answer | str, graded: Grade | None) -> Answered:
    if graded is None or isinstance(answer, str):
        return Answered(asked.position, asked.cell, None, 0.0, False, "", "")
    return Answered(
        position=asked.position,
        cell=asked.cell,
        value=answer.value,
        tolerance=answer.tolerance,
        right=graded.right,
        as_what=graded.as_what,
        mistake=graded.mistake,
    )


def closed(lesson: Following, message: Closed) -> None:
    """The question is over: say how it went, and show what the class has answered if that is to be seen."""
    _take_away(lesson)
    mine, lesson.answer = lesson.answer, None
    if message.answers is not None:
        lesson.draw()
        lesson.app.push_screen(Outcome(message.answers, _of_mine(mine)))
    elif mine is not None:
        _, graded, _ = mine
        lesson.say(
            f"✓ right: that is the {graded.as_what}"
            if graded.right
            else f"✗ not that: {graded.mistake or 'another number'}"
        )
    elif not lesson.participant.leads:
        lesson.say("the question is over")


def _of_mine(mine: tuple[Answer, Grade, Question] | None) -> list[Line]:
    """What becomes of one's own answer."""
    if mine is None:
        return []
    answer, graded, asked = mine
    if graded.right:
        return [line(""), line(f"✓ yours is right: that is the {graded.as_what}")]
    return [line(""), *correction(asked, answer, graded)]
