"""A question to the class, through real keys: the prompt, the answers, what the teacher sees, and how it ends."""

import math

import pytest
from classes import Class, Seat, a_class

from bptui.tui.classroom.pages import Answering, Outcome
from bptui.tui.dialogs import Prompt

SLOPE = 1 / math.cosh(4) ** 2
DELTA4 = math.tanh(4) - 10
DELTA3 = DELTA4 * SLOPE
"""Of tanh4: φ₃′(u₃) at u₃ = 4; ∂L/∂u₄ = z - 10, where z = tanh(4); and ∂L/∂u₃. That is the step behind position 14."""
BEFORE = 14
MISSING_SLOPE = "φ′ is missing: the upstream was passed on unchanged"
WRONG = f"✗ {MISSING_SLOPE[:20]}"


async def asked(school: Class, ray: Seat) -> list[str]:
    """Go before the step, and ask the class; returns what the teacher sees."""
    await school.press(ray, "g")
    await school.enter(ray, str(BEFORE))
    return await school.press(ray, "Q")


def prompted(seat: Seat) -> bool:
    """Whether the question is what is seen, and is this one."""
    return isinstance(seat.app.screen, Prompt) and any("│   ∂L/∂a₃ = -9.000" in row for row in seat.rows)


def bar(rows: list[str], what: str) -> tuple[int, int]:
    """How long a bar is, and the count behind it."""
    (row,) = (row for row in rows if what in row)
    return row.count("█"), int(row.rpartition(" ")[2])


async def test_the_class_is_asked_and_the_teacher_sees_what_it_answers() -> None:
    async with a_class("tanh4", students=3) as (school, (ray, ada, bob, cy)):
        await school.press(cy, "G")
        rows = await asked(school, ray)
        assert rows[0].startswith(" what the class answers ─")
        assert rows[1] == " 0 of 3 have answered"
        assert all(map(prompted, (ada, bob, cy)))
        assert cy.lesson.position == BEFORE
        rows = await school.enter(ada, f"{SLOPE:.4g}")
        assert "answered; wait for the class" in rows[-2]
        assert ada.title == "following Ms Ray"  # it does not say that there is something to answer
        await school.enter(bob, f"{DELTA4:.4g}")
        rows = await school.enter(cy, f"{DELTA4:.4g}")
        assert "answered; wait for the class" in rows[-2]  # whether it was right is seen when all are
        assert ray.rows[1] == " 3 of 3 have answered"
        right, wrong = bar(ray.rows, "✓ right"), bar(ray.rows, WRONG)
        assert (right[1], wrong[1]) == (1, 2)
        assert wrong[0] > right[0] > 0
        assert any("typed, and wrong" in row and "-9.001" in row and "(2)" in row for row in ray.rows)
        assert [seat.lesson.position for seat in school.seats] == [BEFORE] * 4


async def test_the_class_is_shown_what_it_has_answered() -> None:
    async with a_class("tanh4", students=3) as (school, (ray, ada, bob, cy)):
        await asked(school, ray)
        await school.enter(ada, f"{DELTA3:.4g}")
        await school.enter(bob, f"{DELTA4:.4g}")
        await school.enter(cy, "?")
        await school.press(ray, "s")
        for seat in (ray, ada, bob, cy):  # the teacher's may be on a projector
            assert isinstance(seat.app.screen, Outcome)
            assert seat.rows[0].startswith(" what the class has answered ─")
            assert seat.rows[1] == " 3 of 3 have answered"
            assert bar(seat.rows, "✓ right") == bar(seat.rows, "? asked to see it")
            assert bar(seat.rows, WRONG)[1] == 1
        assert any("✓ yours is right: that is the product" in row for row in ada.rows)
        text = " ".join(row.strip() for row in bob.rows)
        assert MISSING_SLOPE in text
        assert f"{SLOPE:.6g}"[:7] in text
        assert not any("yours" in row for row in cy.rows)
        await school.press(ada, "q")
        assert ada.title == "following Ms Ray"
        assert [seat.lesson.position for seat in school.seats] == [BEFORE] * 4


async def test_the_class_is_not_shown_it() -> None:
    """Each is told how the own answer was."""
    async with a_class("tanh4", students=2) as (school, (ray, ada, bob)):
        await asked(school, ray)
        await school.enter(ada, f"{SLOPE:.4g}")
        await school.enter(bob, f"{DELTA4:.4g}")
        await school.press(ray, "e")
        assert "✓ right: that is the local derivative" in ada.says
        assert f"✗ not that: {MISSING_SLOPE}" in bob.says
        assert [len(seat.app.screen_stack) for seat in school.seats] == [1, 1, 1]


async def test_the_page_is_closed_and_opened_again() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.press(ray, "q")
        assert len(ray.app.screen_stack) == 1
        await school.enter(ada, f"{SLOPE:.4g}")
        rows = await school.press(ray, "Q")
        assert isinstance(ray.app.screen, Answering)
        assert rows[1] == " 1 of 1 have answered"


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_a_question_is_answered_later(key: str) -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        rows = await school.press(ada, key)
        assert "Q answers, as long as the class is asked" in rows[-2]
        assert ada.title == "Q answers  following Ms Ray"
        assert ray.rows[1] == " 0 of 1 have answered"
        await school.press(ada, "Q")
        assert prompted(ada)
        await school.enter(ada, f"{SLOPE:.4g}")
        assert ray.rows[1] == " 1 of 1 have answered"
        rows = await school.press(ada, "Q")  # nobody answers twice
        assert (len(ada.app.screen_stack), "the one who leads asks the class" in rows[-2]) == (1, True)


async def test_what_is_no_number_is_complained_about() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        rows = await school.enter(ada, "abc")
        assert isinstance(ada.app.screen, Prompt)
        assert any("'abc' is not a number" in row for row in rows)
        assert ray.rows[1] == " 0 of 1 have answered"


@pytest.mark.parametrize("keys", [("e",), ("s",), ("q", "s"), ("q", "S"), ("q", "G")])
async def test_the_end_of_the_question_takes_the_prompt_away(keys: tuple[str, ...]) -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        assert prompted(ada)
        await school.press(ray, *keys)
        assert not isinstance(ada.app.screen, Prompt)
        assert isinstance(ada.app.screen, Outcome) == (keys == ("s",))
        assert ada.lesson.position == ray.lesson.position
        await school.press(ada, *["q"] * (keys == ("s",)))
        assert ada.title == "following Ms Ray"
        await school.press(ada, "Q")
        assert "the one who leads asks the class" in ada.says


async def test_one_question_after_the_other() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.enter(ada, "5")
        await school.press(ray, "e", "s", "Q")
        assert ray.rows[1] == " 0 of 1 have answered"
        assert isinstance(ada.app.screen, Prompt)
        assert not prompted(ada)  # it is another one: the next step is that to W₃, and a₂ = 4
        await school.enter(ada, "4")
        assert bar(ray.rows, "✓ right")[1] == 1


async def test_who_joins_late_is_asked_and_who_comes_back_is_not_asked_twice() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.enter(ada, f"{SLOPE:.4g}")
        bob = await school.join("bob")
        assert prompted(bob)
        await school.leave(ada)
        ada = await school.join("ada")
        assert len(ada.app.screen_stack) == 1
        await school.leave(bob)
        bob = await school.join("bob")
        assert prompted(bob)
        await school.enter(bob, f"{SLOPE:.4g}")
        assert ray.rows[1] == " 2 of 2 have answered"


async def test_the_question_comes_on_top_of_a_page() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await school.press(ada, "?")
        await asked(school, ray)
        assert prompted(ada)
        await school.enter(ada, f"{SLOPE:.4g}")
        assert ray.rows[1] == " 1 of 1 have answered"


async def test_where_there_is_nothing_to_ask() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        for key in ("s", "G"):  # before a value, and at the end
            await school.press(ray, key)
            rows = await school.press(ray, "Q")
            assert "there is nothing to ask here" in rows[-2]
        rows = await school.press(ada, "Q")
        assert "the one who leads asks the class" in rows[-2]
        assert school.room.asking is None


@pytest.mark.parametrize("size", [(60, 20), (120, 40)])
async def test_in_other_windows(size: tuple[int, int]) -> None:
    async with a_class("tanh4", students=0) as (school, (ray,)):
        ada = await school.join("ada", size=size)
        await asked(school, ray)
        assert prompted(ada)
        assert not any("…" in row for row in ada.rows if row.count("│") == 2)
        await school.enter(ada, f"{DELTA4:.4g}")
        await school.press(ray, "s")
        assert bar(ada.rows, WRONG)[1] == 1
        assert any(row.startswith(" the product") and f"{DELTA3:.6f}" in row for row in ada.rows)


async def test_what_is_recorded_has_no_names() -> None:
    async with a_class("tanh4") as (school, (ray, ada)):
        await asked(school, ray)
        await school.enter(ada, f"{DELTA4:.4g}")
        kinds = [type(stamped.what).__name__ for stamped in school.recorded]
        assert kinds == ["Moved", "Asking", "Answered"]
        assert not any("ada" in str(stamped) for stamped in school.recorded)
