"""Forward, back and forward again: each position looks the same, whichever way it is reached."""

import pytest
import screens

ONE_STEP = [("s", "S"), ("right", "left")]


@pytest.mark.parametrize(
    ("scenario", "size"),
    [*((name, (80, 24)) for name in (*screens.BRIEF, "dead_relu")), ("layers4", (120, 40)), ("tanh4", (60, 20))],
)
async def test_every_position_looks_the_same_forward_back_and_forward_again(
    scenario: str, size: tuple[int, int]
) -> None:
    async with screens.opened(scenario, size) as pilot:
        there = [await screens.settle(pilot)]
        end = len(screens.debugger(pilot).timeline)
        there += [await screens.press(pilot, "s") for _ in range(end)]
        assert screens.debugger(pilot).position == end
        back = [screens.text(pilot.app)] + [await screens.press(pilot, "S") for _ in range(end)]
        assert screens.debugger(pilot).position == 0
        again = [screens.text(pilot.app)] + [await screens.press(pilot, "s") for _ in range(end)]
    assert there == back[::-1]
    assert there == again
    assert len({tuple(rows) for rows in there}) == end + 1  # and no two are alike


@pytest.mark.parametrize(("forward", "back"), ONE_STEP)
async def test_at_the_ends_a_step_stays(forward: str, back: str) -> None:
    async with screens.opened("sin_x2") as pilot:
        first = await screens.settle(pilot)
        assert await screens.press(pilot, back) == first
        last = await screens.press(pilot, "G")
        assert await screens.press(pilot, forward) == last
        assert screens.debugger(pilot).position == 4


@pytest.mark.parametrize("position", [1, 10, 20, 33])
@pytest.mark.parametrize("size", screens.SIZES)
async def test_what_was_stepped_to_is_what_is_opened_at_once(position: int, size: tuple[int, int]) -> None:
    """Only what differs is painted again, on top of what was there; nothing of that may be left."""
    async with screens.opened("layers4", size) as pilot:
        stepped = await screens.press(pilot, *"s" * position)
    async with screens.opened("layers4", size) as pilot:
        screens.debugger(pilot).position = position
        assert await screens.settle(pilot) == stepped


async def test_a_key_held_down_is_followed() -> None:
    async with screens.opened("tanh4") as pilot:
        step_by_step = await screens.press(pilot, *"s" * 20)
        await screens.press(pilot, "0")
        for _ in range(20):
            pilot.app.simulate_key("s")
        assert await screens.until(pilot, lambda: screens.debugger(pilot).position == 20) == step_by_step


async def test_the_end_of_an_epoch_says_how_many_examples_are_right() -> None:
    async with screens.opened("digits", (120, 40)) as pilot:
        rows = await screens.press(pilot, "G")
        said = next(row for row in rows if "of the held-out examples" in row and "%" in row)
        assert float(said.split()[1].rstrip("%")) >= 95.0
        rows = await screens.press(pilot, "I", "S")
        assert any("iteration 298 / 299" in row for row in rows)
