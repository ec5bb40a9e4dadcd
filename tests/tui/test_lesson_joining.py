"""Joining a class late, coming back to it, in windows of all sizes, and a class of several files."""

import pytest
import screens
from classes import a_class, same

from bptui.tui.classroom.steps import Moved
from bptui.tui.face import DEFAULT

FOLLOWS, IS_OFF = "following Ms Ray", "off the track, = follows"
FILES = ("tanh4", "xor", "attention")


# ---- late, and again


async def test_who_joins_late_lands_where_the_class_is() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"fs", "a")
        await school.enter(ray, "see how flat it is")
        await school.what_if(ray, "x = 3")
        await school.press(ray, "X", "k")
        await school.what_if(ray, "W3 = 0.1")
        await school.press(ray, *"nn", "a")
        await school.enter(ray, "and here")
        await school.press(ray, "b", *["backspace"] * 40)
        await school.enter(ray, "layer 3")
        await school.press(ray, *"2oj")
        bob = await school.join("bob")
        assert bob.lesson.position == ray.lesson.position
        assert (bob.lesson.looks, bob.lesson.selected) == (ray.lesson.looks, ray.lesson.selected)
        assert bob.rows[1:-2] == ray.rows[1:-2]
        assert bob.title == f"what if: W₃ = 0.1  {FOLLOWS}"
        assert bob.lesson.noted == ray.lesson.noted
        assert any("layer 3" in row for row in await school.press(bob, "B", "q", "B"))
        await school.press(bob, "q")
        await school.press(ray, "s")
        assert same(ray, ada, bob)


async def test_who_was_off_the_track_comes_back_there() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sss")
        await school.press(ada, "f", "f")
        await school.what_if(ada, "x = 3")
        await school.press(ada, "S")
        before = ada.rows[1:-2]
        await school.leave(ada)
        await school.press(ray, "s")
        ada = await school.join("ada")
        assert ada.title == f"what if: x = 3  {IS_OFF}"
        assert ada.rows[1:-2] == before
        await school.press(ada, "=")
        assert (ada.title, same(ray, ada, bob)) == (FOLLOWS, True)


async def test_who_followed_comes_back_to_the_class() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.leave(ada)
        await school.press(ray, "G")
        ada = await school.join("ada")
        assert (ada.title, same(ray, ada)) == (FOLLOWS, True)


async def test_the_teacher_comes_back_to_the_lead() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"sss")
        await school.what_if(ray, "x = 3")
        await school.leave(ray)
        ray = await school.join("Ms Ray", is_teacher=True)
        await school.press(ray, "s")
        assert ray.title == "what if: x = 3  you lead, 1 of 1 follow"
        assert (ada.lesson.position, same(ray, ada)) == (4, True)


async def test_two_of_one_name() -> None:
    async with a_class("tanh4") as (school, (_ray, _ada)):
        other = await school.join("ada")
        rows = await school.press(other, "R")
        assert rows[0].startswith(" the class: you are ada 2 ─")


async def test_what_was_told_with_the_welcome_is_heard_too() -> None:
    """The class moves on before the screen of the one who joins has begun."""
    async with a_class("tanh4", students=0) as (school, (ray,)):
        ada = await school.join("ada", meanwhile=lambda: school.room.heard(ray.member, Moved(5)))
        assert (ada.lesson.position, ada.title) == (5, FOLLOWS)


# ---- windows


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_windows_of_other_sizes(size: tuple[int, int]) -> None:
    async with a_class("tanh4", students=0) as (school, (ray,)):
        ada = await school.join("ada", size=size)
        await school.press(ray, *"nnn")
        assert (ada.lesson.position, ada.title) == (ray.lesson.position, FOLLOWS)
        async with screens.opened("tanh4", size) as alone:  # what a reader of one's own sees
            rows = await screens.press(alone, *"nnn")
        assert ada.rows[1:] == rows[1:]
        await school.what_if(ada, "W3 = 0.1")
        assert ada.title.endswith(IS_OFF)
        await school.press(ray, "R", "l", "q")
        assert ada.title.endswith(f"{FOLLOWS}, locked")
        rows = await school.press(ada, "R")
        assert rows[0].startswith(" the class: you are ada ─")


async def test_a_terminal_without_our_signs() -> None:
    async with a_class("tanh4", students=0) as (school, (ray,)):
        ada = await school.join("ada", face=DEFAULT._replace(is_ascii=True))
        await school.press(ray, "g")
        await school.enter(ray, "14")
        await school.press(ray, "Q")
        assert "".join(ada.rows).isascii()
        assert any("phi3'(u3)" in row for row in ada.rows)
        await school.enter(ada, "5")
        await school.press(ray, "s")
        assert "".join(ada.rows).isascii()
        await school.press(ada, "q")
        await school.press(ray, *"qsx")
        await school.enter(ray, "x = 3")
        assert "".join(ada.rows).isascii()
        assert ada.title == f"what if: x = 3  {FOLLOWS}"
        await school.press(ada, "R")
        assert "".join(ada.rows).isascii()


# ---- several files


async def test_another_file_is_followed() -> None:
    async with a_class(*FILES, students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sss", "a")
        await school.enter(ray, "of tanh4")
        await school.press(bob, "G")
        await school.press(ray, "R", "f")
        assert len(ray.app.screen_stack) == 1
        assert "XOR, trained until it works" in ada.rows[0]
        assert (ray.lesson.file, ada.lesson.file, bob.lesson.file) == (1, 1, 0)
        assert ray.lesson.position == ada.lesson.position == 0
        await school.press(ray, *"sj", "i")
        assert same(ray, ada)
        cy = await school.join("cy")
        await school.press(bob, "=")
        await school.press(ray, "s")
        assert same(ray, ada, bob, cy)
        await school.press(ray, "R", "f")
        await school.press(ray, "R", "f")  # behind the last comes the first
        assert (ray.lesson.file, same(ray, ada, bob, cy)) == (0, True)


async def test_a_student_opens_another_file() -> None:
    async with a_class(*FILES) as (school, (ray, ada)):
        rows = await school.press(ada, "R")
        assert [row.strip() for row in rows[3:6]] == ["▶ tanh4", "xor", "attention"]
        await school.press(ada, "f")
        assert (ada.lesson.file, ada.title) == (1, IS_OFF)
        await school.press(ada, *"ss")
        rows = await school.press(ray, "R")
        assert any("ada" in row and "off the track" in row and "step 2 of xor" in row for row in rows)
        await school.press(ray, "q", "s")
        await school.leave(ada)
        ada = await school.join("ada")
        assert (ada.lesson.file, ada.lesson.position, ada.title) == (1, 2, IS_OFF)
        await school.press(ada, "=")
        assert (ada.title, same(ray, ada)) == (FOLLOWS, True)


@pytest.mark.parametrize("key", ["e", "m", "v", "h", "Y", "question_mark", "B", "W", "R", "x", "g", "a", "b", "w", "/"])
async def test_what_is_open_is_closed_for_another_file(key: str) -> None:
    async with a_class("tanh4", "xor") as (school, (ray, ada)):
        await school.press(ray, *["n"] * 9)
        await school.press(ada, key)
        assert len(ada.app.screen_stack) == 2
        await school.press(ray, "R", "f")
        assert (len(ada.app.screen_stack), ada.lesson.file) == (1, 1)
        await school.press(ray, "s")
        assert (ada.title, same(ray, ada)) == (FOLLOWS, True)
        await school.press(ada, key)  # and can be opened again
        assert len(ada.app.screen_stack) == 2
        await school.press(ada, "escape")


async def test_a_question_ends_with_another_file() -> None:
    async with a_class("tanh4", "xor") as (school, (ray, ada)):
        await school.press(ray, "g")
        await school.enter(ray, "14")
        await school.press(ray, "Q", "q", "R", "f")
        assert (len(ada.app.screen_stack), ada.lesson.file) == (1, 1)
        await school.press(ray, "g")
        await school.enter(ray, "7")
        await school.press(ray, "Q")
        assert len(ada.app.screen_stack) == 2  # another one is asked there
        await school.enter(ada, "?")
        assert ray.rows[1] == " 1 of 1 have answered"


async def test_one_file_is_not_chosen_from() -> None:
    async with a_class("tanh4") as (school, (ray, _ada)):
        rows = await school.press(ray, "R", "f")
        assert not any("next file" in row for row in rows)
        assert school.room.track.file == ray.lesson.file == 0
