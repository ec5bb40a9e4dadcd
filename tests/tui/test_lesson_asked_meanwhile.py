"""A question to the class, for those who are elsewhere, still on the way, away for a moment, or have something open."""

from unittest import mock

from classes import Class, Seat, a_class

from bptui.tui.classroom.pages import Answering
from bptui.tui.dialogs import Prompt

FOLLOWS = "following Ms Ray"
MISSING_SLOPE = "φ′ is missing: the upstream was passed on unchanged"
WRONG = "-9.001"
"""∂L/∂a₃ of tanh4, where δ₃ = ∂L/∂a₃ · φ₃′(u₃) is asked for."""


async def asked(school: Class, ray: Seat) -> None:
    """Ask the class for the step behind position 14 of tanh4."""
    await school.press(ray, "g")
    await school.enter(ray, "14")
    await school.press(ray, "Q")


async def test_a_prompt_that_is_taken_away_says_that_it_is_over() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.press(ray, "e")
        assert "the question is over" in ada.says


async def test_q_off_the_track_says_how_to_get_there() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.press(ada, "enter")
        for key in ("s", "G"):  # at the end there is no next step
            await school.press(ada, key, "Q")
            assert "= leads there" in ada.says
        await school.press(ada, "=", "Q")
        assert isinstance(ada.app.screen, Prompt)


async def test_all_are_asked_however_long_they_take_to_get_there() -> None:
    with mock.patch("bptui.tui.jobs.PATIENCE", -1.0):  # all that takes time is done on threads
        async with a_class("tanh4") as (school, (ray, ada)):
            await school.press(ada, "G")
            await asked(school, ray)
            bob = await school.join("bob")
            assert isinstance(ada.app.screen, Prompt)
            assert isinstance(bob.app.screen, Prompt)
            await school.press(ada, "enter")
            await school.press(ray, "q", "j")
            assert len(ada.app.screen_stack) == 1  # it was put off, and is not asked again by itself


async def test_one_more_who_is_asked_is_counted_at_once() -> None:
    async with a_class("tanh4") as (school, (ray, _)):
        await asked(school, ray)
        await school.join("bob")
        assert ray.rows[1] == " 0 of 2 have answered"


# ---- teachers


async def test_a_teacher_comes_back_to_an_open_question() -> None:
    """It is not asked again, and what was answered is still there."""
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.enter(ada, "5")
        await school.leave(ray)
        ray = await school.join("Ms Ray", is_teacher=True)
        await school.press(ray, "Q")
        assert isinstance(ray.app.screen, Answering)
        assert ray.rows[1] == " 1 of 1 have answered"
        assert len(ada.app.screen_stack) == 1


async def test_another_teacher_sees_the_answers_and_is_not_asked() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        lee = await school.join("Mr Lee", is_teacher=True)
        await asked(school, ray)
        await school.enter(ada, "5")
        assert (len(lee.app.screen_stack), lee.title) == (1, FOLLOWS)
        await school.press(lee, "Q")
        assert isinstance(lee.app.screen, Answering)
        assert lee.rows[1] == " 1 of 1 have answered"


# ---- who does not read for a while


async def test_a_question_that_was_missed() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        ada.lags(True)
        await asked(school, ray)
        ada.lags(False)
        await school.settle()
        assert isinstance(ada.app.screen, Prompt)


async def test_an_end_that_was_missed() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        ada.lags(True)
        await school.press(ray, "e")
        ada.lags(False)
        await school.settle()
        assert not isinstance(ada.app.screen, Prompt)


async def test_an_answer_that_came_too_late_is_none_to_the_next_question() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        ada.lags(True)
        await school.press(ray, "e")
        await school.enter(ada, WRONG)
        ada.lags(False)
        await school.press(ray, "s", "Q")
        await school.press(ada, "enter")
        await school.press(ray, "e")
        assert "the question is over" in ada.says


# ---- with something on the prompt


async def test_the_palette_lies_on_the_prompt_when_the_question_ends() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.press(ada, "ctrl+p")
        await school.press(ray, "e")
        assert len(ada.app.screen_stack) == 1
        await school.press(ray, "s", "Q")
        assert any("│   a₂ = 4 " in row for row in ada.rows)  # the next question, not the last one


async def test_the_palette_lies_on_the_prompt_when_another_file_is_opened() -> None:
    async with a_class("tanh4", "xor") as (school, (ray, ada)):
        await asked(school, ray)
        await school.press(ada, "ctrl+p")
        await school.press(ray, "q", "R", "f", "g")
        assert len(ada.app.screen_stack) == 1
        await school.enter(ray, "7")
        await school.press(ray, "Q")
        assert isinstance(ada.app.screen, Prompt)


# ---- a narrow window


async def test_the_name_of_a_mistake_can_be_read_in_a_narrow_window() -> None:
    async with a_class("tanh4", students=0) as (school, (ray,)):
        ada = await school.join("ada", size=(60, 20))
        await asked(school, ray)
        await school.enter(ada, WRONG)
        await school.press(ray, "s")
        text = " ".join(" ".join(row.split()) for row in ada.rows)
        assert MISSING_SLOPE in text
        assert all("… █" in row for row in ada.rows if "█" in row)  # the bar does not run into what it is of
