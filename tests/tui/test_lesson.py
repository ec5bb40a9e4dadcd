"""A class on the screen, through real keys: who follows sees what the one who leads does, and may look around."""

import pytest
from classes import a_class, same
from trying import X_IS_3, results

from bptui.core.events import result
from bptui.tui.branch import Place

FOLLOWS, IS_OFF = "following Ms Ray", "off the track, = follows"


# ---- following


@pytest.mark.parametrize("scenario", ["tanh4", "attention"])
async def test_all_moves_are_followed(scenario: str) -> None:
    async with a_class(scenario, students=2) as (school, (ray, ada, bob)):
        assert same(ray, ada, bob)
        for keys in ("s", "s", "S", "n", "f", "f", "F", "N", "i", "I", "j", "t", "T", "G", "0"):
            await school.press(ray, keys)
            assert same(ray, ada, bob)
        await school.press(ray, "g")
        await school.enter(ray, "12")
        assert [seat.lesson.position for seat in (ray, ada, bob)] == [12, 12, 12]
        assert same(ray, ada, bob)
        assert (ada.title, bob.title, ray.title) == (FOLLOWS, FOLLOWS, "you lead, 2 of 2 follow")


async def test_playing_is_followed() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"+++++", "space")
        await school.until(lambda: ada.lesson.position >= 4)
        await school.press(ray, "space")
        assert ray.lesson.playing is None
        assert same(ray, ada)


async def test_rows_panes_pictures_and_zoom_are_followed() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sssss")
        for key in ("j", "j", "k", "3", "z", "z", "5", "o", "o", "O", "6", "tab", "z"):
            await school.press(ray, key)
            assert same(ray, ada, bob)
        assert ada.lesson.selected == ray.lesson.selected
        assert ada.lesson.looks == ray.lesson.looks


async def test_numbers_and_themes_are_everybodys_own() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"sss")
        before = ada.rows
        await school.press(ray, "number_sign", "l")
        assert ada.rows == before
        assert ray.app.face.theme != ada.app.face.theme


async def test_what_is_changed_is_followed() -> None:
    """With the same bits in every event; what is kept stays, and what is dropped goes."""
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"ssssss")
        await school.what_if(ray, "x = 3")
        assert same(ray, ada)
        assert ada.title == f"what if: x = 3  {FOLLOWS}"
        found = [result(event).tobytes() for event in ada.lesson.timeline.events]
        assert found == [x.tobytes() for x in results(X_IS_3)]
        await school.press(ray, "s")
        await school.press(ray, "X", "k")
        assert (ada.title, same(ray, ada)) == (FOLLOWS, True)
        await school.what_if(ray, "W3 = 0.1")
        await school.press(ray, "f", "f")
        assert same(ray, ada)
        await school.press(ray, "X", "d")
        assert (ada.title, same(ray, ada)) == (FOLLOWS, True)
        found = [result(event).tobytes() for event in ada.lesson.timeline.events]
        assert found == [x.tobytes() for x in results(X_IS_3)]


async def test_notes_are_seen_by_all_and_students_keep_their_own() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sss")
        await school.press(ray, "a")
        await school.enter(ray, "see how flat it is")
        for seat in (ray, ada, bob):
            assert any("see how flat it is" in row for row in seat.rows)
        await school.press(ada, "a")
        await school.enter(ada, "ask about this")
        assert any("ask about this" in row for row in ada.rows)
        assert not any("ask about this" in row for seat in (ray, bob) for row in seat.rows)
        assert ada.title == FOLLOWS
        await school.press(ray, "s")
        await school.press(ray, "S")
        assert any("ask about this" in row for row in ada.rows)


async def test_breakpoints_reach_all() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, "b")
        await school.press(ray, *["backspace"] * 40)
        await school.enter(ray, "layer 3")
        assert any("layer 3" in row for row in await school.press(ada, "B"))
        await school.press(ada, "q")
        await school.press(ray, "c")
        assert same(ray, ada)
        assert (ada.title, ada.lesson.position > 0) == (FOLLOWS, True)
        await school.press(ray, "B", "r", "q")
        rows = await school.press(ada, "c")
        assert "no breakpoint is set; b sets one" in rows[-2]


# ---- looking around


async def test_a_key_that_moves_leaves_the_track_and_one_leads_back() -> None:
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await school.press(ray, *"sssss")
        for key in ("s", "S", "n", "N", "f", "F", "i", "0", "G", "right", "left"):
            here = ray.lesson.position
            await school.press(ada, key)
            there = ada.lesson.position
            assert there != here
            assert (ada.title, bob.title) == (IS_OFF, FOLLOWS)
            await school.press(ray, "s")
            assert (ada.lesson.position, bob.lesson.position) == (there, here + 1)
            rows = await school.press(ada, "=")
            assert "back on the class's track" in rows[-2]
            assert (ada.title, same(ray, ada, bob)) == (FOLLOWS, True)


@pytest.mark.parametrize(
    ("key", "typed"),
    [("g", "20"), ("slash", "tanh"), ("x", "x = 3"), ("space", ""), ("t", "")],
    ids=["go", "search", "what if", "play", "the row's next"],
)
async def test_other_ways_to_leave_the_track(key: str, typed: str) -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, "s")
        await school.press(ada, key)
        if typed:
            await school.enter(ada, typed)
        await school.until(lambda: ada.title.endswith(IS_OFF))
        assert ray.lesson.position == 1
        await school.press(ada, "=")
        assert (ada.title, ada.lesson.place) == (FOLLOWS, Place(ada.lesson.timeline, 1))


async def test_a_key_that_looks_does_not() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *"sss")
        for key in (*"jk123456zzoO#lyBWp", "tab", "down"):
            await school.press(ada, key)
            if len(ada.app.screen_stack) > 1:
                await school.press(ada, "q")
            assert ada.title.startswith(FOLLOWS), key  # behind it stands what is predicted
            await school.press(ray, "s")
            assert ada.lesson.position == ray.lesson.position, key


async def test_pages_stay_open_while_the_class_moves() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ray, *["n"] * 9)
        for key in (*"emvhYR", "colon"):
            before = await school.press(ada, key)
            assert len(ada.app.screen_stack) == 2, key
            await school.press(ray, "s")
            assert ada.rows == before, key
            await school.press(ada, "escape")
            assert (ada.title, same(ray, ada)) == (FOLLOWS, True), key


async def test_back_without_having_left() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        assert "you lead: the track is where you are" in (await school.press(ray, "="))[-2]
        assert f"{FOLLOWS}; any key that moves leaves the track" in (await school.press(ada, "="))[-2]
        assert ada.title == FOLLOWS
