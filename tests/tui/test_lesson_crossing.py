"""What crosses in a class: the lead, locks and new files come while somebody plays, types, or is still on the way."""

import asyncio
from unittest import mock

import pytest
import screens
from blowup import blows_up
from classes import Class, Seat, a_class, same

from bptui.tui.classroom.steps import Moved, Opened

FOLLOWS = "following Ms Ray"
ALL_ON_THREADS = mock.patch("bptui.tui.jobs.PATIENCE", -1.0)


async def set_breakpoint(school: Class, seat: Seat, condition: str) -> None:
    await school.press(seat, "b", *["backspace"] * 40)
    await school.enter(seat, condition)


async def hand_over(school: Class, teacher: Seat, name: str) -> None:
    await school.press(teacher, "R", *"kkkkk")
    names = [member.name for member in school.room.roster().members]
    await school.press(teacher, *["j"] * names.index(name), "h", "q")


async def gone(seat: Seat) -> int | None:
    """Wait for the end of a session whose server has gone; returns its exit code."""
    async with asyncio.timeout(10):
        while seat.app.return_code is None:
            await asyncio.sleep(0.001)
    await seat.leave()  # a fault would be raised here
    return seat.app.return_code


async def at_work(seat: Seat) -> None:
    """Wait until a job has begun, on a thread."""
    async with asyncio.timeout(10):
        while not seat.lesson.is_working:
            await asyncio.sleep(0)


# ---- the title


async def test_how_many_follow_is_said_at_once() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, _)):
        await school.press(ada, "s")
        assert ray.title == "you lead, 1 of 2 follow"


async def test_it_is_said_that_nobody_leads() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.leave(ray)
        assert ada.title == "following; nobody leads now"


async def test_in_a_locked_class_no_key_leaves_the_track() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, "R", "l", "q")
        assert "any key that moves leaves the track" not in (await school.press(ada, "="))[-2]


# ---- the lead


@pytest.mark.parametrize("edit", ["", "x = 3"], ids=["moved", "changed"])
async def test_who_is_off_the_track_leads_from_where_the_class_is(edit: str) -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"ss")
        await school.press(ada, *"fs")
        if edit:
            await school.what_if(ada, edit)
        await hand_over(school, ray, "ada")
        assert ada.title.startswith("you lead")
        assert same(ray, ada, bob)
        await school.press(ada, "s")
        assert same(ray, ada, bob)


@pytest.mark.parametrize("how", ["along", "asked"])
async def test_who_plays_and_is_taken_along_plays_no_more(how: str) -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, "g")
        await school.enter(ray, "14")
        await school.press(ada, *"++++0", "space")
        await school.until(lambda: ada.lesson.position > 0)
        await school.press(ray, *(("R", "t") if how == "along" else "Q"))
        assert ada.lesson.playing is None
        assert (ada.lesson.participant.follows, ada.lesson.position) == (True, 14)


async def test_who_plays_and_loses_the_lead_plays_no_more() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await hand_over(school, ray, "ada")
        await school.press(ada, *"++", "space")
        await school.until(lambda: ray.lesson.position > 0)
        await hand_over(school, ray, "Ms Ray")
        assert ada.lesson.playing is None
        assert ada.title == FOLLOWS


@pytest.mark.parametrize(("key", "then"), [("x", "x = 3"), ("X", "k"), ("X", "d")], ids=["what if", "keep", "drop"])
async def test_a_dialog_that_was_open_when_the_class_was_locked(key: str, then: str) -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"ss")
        await school.what_if(ray, "W3 = 0.1")
        await school.press(ada, key)
        await school.press(ray, "R", "l", "q")
        if key == "x":
            await school.enter(ada, then)
        else:
            await school.press(ada, then)
        assert "the class is locked" in ada.says
        assert ada.title == f"what if: W₃ = 0.1  {FOLLOWS}, locked"
        assert same(ray, ada)


# ---- breakpoints and rows


@pytest.mark.parametrize("key", ["o", "r"], ids=["switched", "removed"])
async def test_breakpoints_go_while_a_follower_lists_them(key: str) -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await set_breakpoint(school, ray, "layer 3")
        await set_breakpoint(school, ray, "layer 2")
        await school.press(ada, "B", "j")
        await school.press(ray, "B", "r", "q")
        await school.press(ada, key)
        await school.press(ada, "q")
        left = ada.lesson.setup.breakpoints
        assert (len(left), len(ada.lesson.setup.off)) == ((1, 1) if key == "o" else (0, 0))


async def test_a_breakpoint_is_switched_off_for_all() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await set_breakpoint(school, ray, "layer 3")
        await school.press(ray, "B", "o", "q")
        assert ada.lesson.setup.off == {"layer 3"}


async def test_the_row_whose_steps_are_gone_through_is_seen_by_all() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"sst")
        assert same(ray, ada)


# ---- a page of what is not there any more


async def test_a_page_leads_to_where_the_run_has_stopped() -> None:
    """The run overflows; what it explains is of a branch that goes on, and is dropped meanwhile."""
    async with a_class(blows_up(iterations=30)) as (school, (ray, ada)):
        await school.what_if(ray, "η = 0.01")
        await school.press(ray, "G", "S")
        await school.press(ada, "e")
        await school.press(ray, "X", "d")
        assert ray.lesson.position == len(ray.lesson.timeline)
        await school.press(ada, "enter")
        assert ada.lesson.position == len(ada.lesson.timeline) == ray.lesson.position


async def test_much_at_once_while_the_class_page_is_open() -> None:
    async with a_class("tanh4", "xor") as (school, (ray, ada)):
        for turn in range(4):
            await school.press(ada, "R")
            for at in range(5):
                school.room.heard(ray.member, Moved(at))
                school.room.said("● recorded" * (at % 2))
                school.room.heard(ray.member, Opened((turn + at + 1) % 2))
            await school.settle()
            assert (ada.lesson.file, ada.lesson.position) == (school.room.track.file, 0)


# ---- what takes long


async def test_a_key_in_a_locked_class_does_not_keep_from_following() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, "s", "R", "l", "q")
        with ALL_ON_THREADS:
            school.room.heard(ray.member, Moved(20))
            await at_work(ada)
            await school.press(ada, "s")
            assert ada.lesson.position == 20


async def test_a_key_that_finds_nothing_does_not_keep_from_following() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ada, "/")
        await school.enter(ada, "nothing that is there")
        with ALL_ON_THREADS:
            school.room.heard(ray.member, Moved(33))
            await at_work(ada)
            await school.press(ada, ".")
            assert "stands in no step ahead" in ada.says
            assert (ada.title, ada.lesson.position) == (FOLLOWS, 33)


# ---- the server goes


async def test_the_server_goes_while_the_class_page_is_open() -> None:
    async with a_class("tanh4") as (school, (ray, _)):
        await school.press(ray, "R")
        school.seats.remove(ray)
        ray.loses_the_server()
        assert await gone(ray) == 129


async def test_keys_when_the_server_has_gone() -> None:
    async with a_class("tanh4") as (school, (_, ada)):
        school.seats.remove(ada)
        screens.send(ada.pilot, "s", "s", "s")
        ada.loses_the_server()
        assert await gone(ada) == 129


async def test_who_takes_the_lead_back_off_the_track_is_where_the_class_is() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, "R", "j", "h", "q")
        assert ada.title.startswith("you lead")
        await school.press(ray, "s", "s", "s")
        assert [seat.lesson.position for seat in (ray, ada, bob)] == [3, 0, 0]
        await school.press(ray, "R", "k", "h", "q")
        assert ray.title.startswith("you lead")
        assert [seat.lesson.position for seat in (ray, ada, bob)] == [0, 0, 0]
        await school.press(ray, "s")
        assert [seat.lesson.position for seat in (ray, ada, bob)] == [1, 1, 1]
