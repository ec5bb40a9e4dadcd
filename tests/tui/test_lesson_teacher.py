"""What a teacher may, through real keys: the roster, taking along, locking, handing over; and that nobody writes."""

import pytest
from classes import a_class, same

from bptui.tui.classroom.pages import ClassPage

FOLLOWS, IS_OFF = "following Ms Ray", "off the track, = follows"


# ---- what a teacher may


async def test_the_roster() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, "s", "s")
        await school.press(bob, "G")
        rows = await school.press(ray, "R")
        assert rows[0].startswith(" the class ─")
        shown = [row.split() for row in rows[1:] if "step" in row]
        assert [" ".join(row) for row in shown] == [
            "▶ Ms Ray (teacher) leads step 2",
            "bob off the track step 33",
            "ada follows step 2",
        ]
        await school.press(bob, "S")  # it is drawn anew
        assert any("bob" in row and "step 32" in row for row in ray.rows)
        rows = await school.press(ada, "R")
        assert rows[0].startswith(" the class: you are ada ─")
        assert not any("bob" in row for row in rows)  # where others are is for the teacher to see
        await school.press(ada, "t", "l", "h")
        assert (school.room.is_locked, school.room.leader) == (False, ray.member)


async def test_all_are_taken_along() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sss")
        await school.press(ada, "G")
        await school.what_if(bob, "x = 3")
        await school.press(ray, "R", "t", "q")
        assert (ada.title, bob.title) == (FOLLOWS, FOLLOWS)
        assert same(ray, ada, bob)


async def test_the_class_is_locked() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sss")
        await school.press(ada, "G")
        await school.press(ray, "R", "l", "q")
        assert (ada.title, bob.title) == (f"{FOLLOWS}, locked",) * 2
        for key in (*"snfiG0tcxX", "space"):
            rows = await school.press(bob, key)
            assert "the class is locked: the steps are those of the one who leads" in rows[-2] or key in "tc"
            assert (len(bob.app.screen_stack), bob.lesson.position) == (1, 3)
        await school.press(bob, "g")
        assert "the class is locked" in (await school.enter(bob, "20"))[-2]
        await school.press(bob, *"jj3#")
        assert bob.title == f"{FOLLOWS}, locked"
        await school.press(ray, "s")
        assert (ada.lesson.position, bob.lesson.position) == (4, 4)
        await school.press(ray, "R", "l", "q")
        assert ada.title == FOLLOWS
        await school.press(ada, "s")
        assert ada.title == IS_OFF


async def test_the_lead_is_handed_over_and_taken_back() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, "s", "R")
        await school.press(ray, *"kkk")
        names = [member.name for member in school.room.roster().members]
        await school.press(ray, *["j"] * names.index("bob"), "h", "q")
        assert bob.title.startswith("you lead")
        assert (ray.title, ada.title) == ("following bob", "following bob")
        await school.press(bob, "s")
        assert same(ray, ada, bob)
        assert ray.lesson.position == 2
        await school.press(ray, "G")
        assert (ray.title, ada.lesson.position) == (IS_OFF, 2)
        await school.press(ray, "R", "k", "h", "q")
        assert (ada.title, bob.title) == (FOLLOWS, FOLLOWS)
        assert isinstance(ray.lesson, type(ray.app.screen))


async def test_a_class_page_survives_that_its_rows_move() -> None:
    """The selected member stays the selected one."""
    async with a_class("tanh4", students=3) as (school, (ray, ada, bob, cy)):
        await school.press(ray, "R", *"jj")
        page = ray.app.screen
        assert isinstance(page, ClassPage)
        chosen = page.selected
        await school.press(cy, "s")
        await school.press(ada, "s")
        await school.leave(bob)
        row = next(row for row in ray.rows if row.startswith((" ▶", "▶")))
        name = next(each.name for each in school.room.roster().members if each.member == chosen)
        assert name in row


# ---- who writes


async def test_nothing_is_written(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    async with a_class("tanh4") as (school, (ray, ada)):
        for seat in (ray, ada):
            rows = await school.press(seat, "r")
            assert "in a class only the server records: bptui serve --record" in rows[-2]
            await school.what_if(seat, "x = 3")
            rows = await school.press(seat, "X")
            assert not any("write" in row for row in rows)
            await school.press(seat, "w")
            assert len(seat.app.screen_stack) == 2  # it is no key of this page here
            await school.press(seat, "q")
