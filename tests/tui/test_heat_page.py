"""The page of a heat map, through real keys."""

import tomllib

import numpy as np
import pytest
import screens
from looking import at_every_size, go_to, numbers, row_of
from textual.pilot import Pilot

from bptui.core.chapter import Arrived
from bptui.tui.actions.heating import heat_map, known
from bptui.tui.debugger import Debugger

OVERFLOW = "program = '''\na = x * 1e200\nb = a * a\nL = sum(b)\n'''\n[input]\nx = [1.0, -2e-150, 2.0]\n"


async def shown(pilot: Pilot[None], *keys: str) -> list[str]:
    """Open the page here, and press keys; returns the screen."""
    heat_map(screens.debugger(pilot))
    rows = await screens.settle(pilot)
    return await screens.press(pilot, *keys) if keys else rows


def under(rows: list[str]) -> float:
    """The number under the cursor."""
    return numbers(next(row for row in rows if "] = " in row).partition("] = ")[2])[0]


@at_every_size
async def test_the_cursor_goes_over_the_first_weights(size: tuple[int, int]) -> None:
    W = np.array(tomllib.loads((screens.FOLDER / "layers4.toml").read_text())["layer"][0]["W"])
    async with screens.opened("layers4", size) as pilot:
        before = screens.text(pilot.app)
        rows = await shown(pilot)
        assert rows[0].startswith(" W₁, 5×4, 3 of ")
        assert under(rows) == W[0, 0]
        i = j = 0
        for key, down, across in (
            ("down", 1, 0),
            ("j", 1, 0),
            ("l", 0, 1),
            ("right", 0, 1),
            ("k", -1, 0),
            ("h", 0, -1),
        ):
            i, j = i + down, j + across
            rows = await screens.press(pilot, key)
            assert under(rows) == W[i, j], key
            assert f"W₁[{i}, {j}] = " in " ".join(rows)
        assert under(await screens.press(pilot, "G")) == W[4, 3]
        assert under(await screens.press(pilot, "right", "down")) == W[4, 3]
        assert under(await screens.press(pilot, "0")) == W[0, 0]
        assert await screens.press(pilot, "q") == before


async def test_the_heading_says_which_iteration_it_is() -> None:
    async with screens.opened("xor") as pilot:
        await screens.press(pilot, "i", "i")
        assert (await shown(pilot))[0].startswith(" u₁, 4×4, iteration 2 of 100, ")


async def test_n_goes_through_all_that_is_known_here() -> None:
    async with screens.opened("layers4") as pilot:
        await go_to(pilot, "∂L/∂a3")
        debugger = screens.debugger(pilot)
        timeline, position = debugger.timeline, debugger.position
        program = timeline.scenario.program
        values = [name for name in (*program.variables, *program.by_name) if program.shape(name) is not None]
        gradients = [timeline.gradient(name, position) for name in values]
        complete = [x for x in gradients if x is not None and not isinstance(x, Arrived)]
        first = await shown(pilot)
        assert first[0].startswith(" ∂L/∂a₃, 3×1, as a row, ")
        headings = [first[0]]
        while (rows := await screens.press(pilot, "n"))[0] != headings[0]:
            headings.append(rows[0])
        assert len(headings) == len(values) + len(complete)
        assert [row.split(",")[0].strip() for row in headings[3:6]] == ["x", "y", "W₁"]
        assert (await screens.press(pilot, "N"))[0] == headings[-1]


async def test_a_selected_row_shows_its_weights() -> None:
    async with screens.opened("layers4") as pilot:
        await screens.press(pilot, "down", "down")
        assert (await shown(pilot))[0].startswith(" W₃, ")


async def test_a_row_without_a_value_says_so() -> None:
    async with screens.opened("attention") as pilot:
        await screens.press(pilot, *["down"] * 30)
        name = screens.debugger(pilot).timeline.scenario.program.output
        assert any(f"{name} has no value yet" in row for row in await shown(pilot))
        assert isinstance(pilot.app.screen, Debugger)


async def test_a_part_of_a_gradient_is_shown_as_such() -> None:
    async with screens.opened("attention") as pilot:
        timeline = screens.debugger(pilot).timeline
        position = next(p for p in range(1, len(timeline) + 1) if isinstance(timeline.gradient("X", p), Arrived))
        await go_to(pilot, str(position))
        rows = await shown(pilot)
        assert rows[0].startswith(" part of ∂L/∂X, 3×3")
        assert not any(each.name.startswith("part of") for each in known(timeline, position))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_large_matrix_is_zoomed_and_gone_over(size: tuple[int, int]) -> None:
    async with screens.opened(screens.WIDE, size) as pilot:
        W = screens.debugger(pilot).timeline.scenario.parameters["W2"]
        assert W.shape == (1000, 1000)
        await screens.press(pilot, "j")  # the row of the second layer
        first = await shown(pilot)
        assert first[0].startswith(" W₂, 1000×1000")
        part = row_of(first, "rows 0–")
        rows, columns = (int(number) + 1 for number in (part.split("–")[1].split()[0], part.split("–")[2].split()[0]))
        assert under(await screens.press(pilot, "G")) == pytest.approx(W[-1, -1], rel=1e-14)
        assert f"rows {1000 - rows}–999 of 1,000" in " ".join(await screens.press(pilot, "left"))
        await screens.press(pilot, "0")
        edge = await screens.press(pilot, *["down"] * (rows - 1))
        assert row_of(edge, "rows 0–") == part
        beyond = await screens.press(pilot, "down")
        assert row_of(beyond, f"rows {rows // 2}–{rows // 2 + rows - 1} of 1,000, columns 0–{columns - 1} of 1,000")
        assert under(beyond) == pytest.approx(W[rows, 0], rel=1e-14)
        whole = await screens.press(pilot, *["minus"] * 12)
        assert not any("of 1,000" in row for row in whole)
        assert await screens.press(pilot, "minus") == whole
        side = int(row_of(whole, "█ ").partition("largest of ")[2].partition("×")[0])
        block = W[rows // side * side : rows // side * side + side, :side]
        assert under(whole) == pytest.approx(block.flat[np.argmax(np.abs(block))], rel=1e-14)
        near = await screens.press(pilot, *["plus"] * 12)
        assert under(near) == pytest.approx(W[rows, 0], rel=1e-14)
        assert any(row.strip().startswith(f"{rows} ›") for row in near)


async def test_numbers_that_are_not_numbers_are_marked() -> None:
    async with screens.opened(OVERFLOW) as pilot:
        await screens.press(pilot, "G")
        rows = await shown(pilot)
        assert any("b[0, 0] = inf" in row for row in rows)
        assert row_of(rows, "min ").endswith("2 not finite")
        assert row_of(rows, "0 ›").split()[1].startswith("›×")


async def test_the_window_may_have_any_size() -> None:
    async with screens.opened("digits") as pilot:
        before = await shown(pilot, "G", "minus")
        for size in ((60, 20), (120, 40), (300, 3), (80, 24)):
            assert len(await screens.resize(pilot, *size)) == size[1]
        after = screens.text(pilot.app)
        assert [row for row in after if "] = " in row] == [row for row in before if "] = " in row]
