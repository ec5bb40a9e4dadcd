"""What if: x changes a value, d and D go to the steps that differ; and what is no edit."""

import math
import re

import numpy as np
import pytest
import screens
from trying import TANH4, X_IS_3, all_that, by_hand, differing, numbers, results, what_if

from bptui.core.events import result
from bptui.tui.dialogs import Prompt

LAYERS4 = (screens.FOLDER / "layers4.toml").read_text()

EDITS = {
    "an input": ("tanh4", "x = 3", "x = 3", X_IS_3),
    "the target": ("tanh4", "y = 0.5", "y = 0.5", by_hand(TANH4, "y = 10.0", "y = 0.5")),
    "a parameter": ("tanh4", "W₃=0.5", "W₃ = 0.5", by_hand(TANH4, "W = 1.0", "W = 0.5", 1)),
    "a bias": ("tanh4", "b4 = -2e-1", "b₄ = -0.2", by_hand(TANH4, "b = 0.0", "b = -0.2", 3)),
    "η": ("tanh4", "eta = 0.01", "η = 0.01", by_hand(TANH4, "learning_rate = 0.1", "learning_rate = 0.01")),
    "a cell": ("layers4", "W2[0, 1] = 0.5", "W₂[0, 1] = 0.5", by_hand(LAYERS4, "[0.45, -0.30,", "[0.45, 0.50,")),
    "a column": ("layers4", "b3 = [1, 2, 3]", "b₃ = [1; 2; 3]", by_hand(LAYERS4, "[0.00, 0.10, -0.10]", "[1, 2, 3]")),
}


# ---- the branch


@pytest.mark.parametrize(("scenario", "edit", "shown", "text"), EDITS.values(), ids=EDITS)
async def test_a_branch_is_the_run_of_the_file_edited_by_hand(scenario: str, edit: str, shown: str, text: str) -> None:
    """That run says what each step comes to; where it differs from the run of the file as it is, d and D lead."""
    run, edited = results(TANH4 if scenario == "tanh4" else LAYERS4), results(text)
    differ = differing(run, edited)
    assert differ
    async with screens.opened(scenario, (60, 20)) as pilot:
        screens.debugger(pilot).position = 24
        rows = await what_if(pilot, edit)
        assert screens.debugger(pilot).position == 24
        assert rows[0].endswith(f" what if: {shown}")
        branch = [result(event) for event in screens.debugger(pilot).timeline.events]
        assert not differing(branch, edited)
        assert await all_that(pilot, "d") == [position for position in differ if position > 24]
        screens.debugger(pilot).position = 24
        assert await all_that(pilot, "D") == [position for position in reversed(differ) if position < 24]


@pytest.mark.parametrize("size", screens.SIZES)
async def test_an_activation_is_changed_and_both_runs_are_beside_each_other(size: tuple[int, int]) -> None:
    """tanh4 with a₂ = 5 where it was 4: W₃ = W₄ = 1, so z = tanh 5 and δ₃ = (tanh 5 - 10) tanh′(5)."""

    def delta(u: float) -> float:
        return (math.tanh(u) - 10) / math.cosh(u) ** 2

    async with screens.opened("tanh4", size) as pilot:
        screens.debugger(pilot).position = 15
        rows = await what_if(pilot, "a2 = 5")
        assert screens.debugger(pilot).position == 15
        assert numbers(rows, "   = ")[:2] == pytest.approx([math.tanh(5) - 10, 1 / math.cosh(5) ** 2], rel=1e-4)
        step = [row for row in rows if row.startswith("    = ")]
        assert numbers(step[-1:], "= ") == pytest.approx([delta(5)], rel=1e-9)
        assert numbers(rows, "run    ≠ ") == pytest.approx([delta(4)], rel=1e-14)
        assert numbers(rows, "≠ δ₃ ") == pytest.approx([delta(4), delta(5)], abs=0.0005)
        rows = await screens.press(pilot, "0", *"sssss")  # u₃
        assert numbers(rows, "≠ u₃ ") == [4, 5]
        rows = await screens.press(pilot, "0", *"ss")  # a₁, on which a₂ has no influence
        assert any(" run      the same" in row for row in rows)
        assert not any("≠ a₁" in row for row in rows)
        assert await screens.press(pilot, "D") != rows
        assert "no step differs behind" in screens.text(pilot.app)[-2]
        await screens.press(pilot, "d")
        assert screens.debugger(pilot).position == 4  # a₂ itself


@pytest.mark.parametrize("size", screens.SIZES)
async def test_the_heads_of_both_runs_stand_apart(size: tuple[int, int]) -> None:
    async with screens.opened("tanh4", size) as pilot:
        rows = await what_if(pilot, "x = 3")
        assert any(re.search(r"\srun\s+[a-z ]+$", row) for row in rows)


async def test_a_second_edit_on_a_branch_is_compared_with_the_run() -> None:
    """W₃ = 0.5 makes u₃ = 2; η = 1 makes the update of b₄ ten times as large."""
    gradients = [math.tanh(u) - 10 for u in (2, 4)]
    both = by_hand(by_hand(TANH4, "W = 1.0", "W = 0.5", 1), "learning_rate = 0.1", "learning_rate = 1.0")
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "G")
        await what_if(pilot, "W3 = 0.5")
        rows = await what_if(pilot, "η = 1")
        assert rows[0].endswith(" what if: W₃ = 0.5, η = 1")
        assert screens.debugger(pilot).position == 33
        assert numbers([row for row in rows if row.startswith("    = ")][-1:], "= ") == pytest.approx([-gradients[0]])
        assert numbers(rows, "run    ≠ ") == pytest.approx([-0.1 * gradients[1]], rel=1e-14)
        await screens.press(pilot, "0")
        assert await all_that(pilot, "d") == differing(results(TANH4), results(both))


async def test_an_edit_in_the_third_iteration_of_xor() -> None:
    """What lies before it stays; behind it u₂ = W₂ a₁ + b₂, and L = mean(log(1 + e^z) - y z)."""
    async with screens.opened("xor") as pilot:
        await screens.press(pilot, *"iii")
        assert screens.debugger(pilot).position == 35  # behind two iterations of 17 steps
        run = screens.debugger(pilot).timeline
        W1, b1, W2, b2 = (np.array(run.state(2).parameters[name]) for name in ("W1", "b1", "W2", "b2"))
        before = [result(event) for event in run.events[:35]]
        W2[0, 1] = 3.0
        z = W2 @ np.tanh(W1 @ [[0, 0, 1, 1], [0, 1, 0, 1]] + b1) + b2
        L = float(np.mean(np.log1p(np.exp(z)) - np.array([[0, 1, 1, 0]]) * z))

        await what_if(pilot, "W2[0, 1] = 3")
        assert screens.debugger(pilot).position == 35
        branch = screens.debugger(pilot).timeline
        assert not differing(before, [result(event) for event in branch.events[:35]])
        assert "no step differs behind" in (await screens.press(pilot, "D"))[-2]
        await screens.press(pilot, "d")
        assert screens.debugger(pilot).position == 37
        assert np.allclose(result(branch.events[36]), z, rtol=1e-13)
        rows = await screens.press(pilot, "s", "s")
        assert numbers([row for row in rows if row.startswith("   = ")][-1:], "= ") == pytest.approx([L], rel=1e-5)
        assert "from the start of iteration 3" in (await screens.press(pilot, "X"))[1]


async def test_a_branch_may_stop_where_a_value_is_not_finite() -> None:
    """nested4 at x = 0 takes the logarithm of 0, in its third step; the run has eight."""
    async with screens.opened("nested4") as pilot:
        screens.debugger(pilot).position = 2
        await what_if(pilot, "x = 0")
        assert screens.debugger(pilot).position == 2
        rows = await screens.press(pilot, "d")
        assert screens.debugger(pilot).position == 3
        assert any("not finite: the trace stops here" in row for row in rows)
        assert numbers(rows, "run    ≠ ") == pytest.approx([math.log(36)])
        rows = await screens.press(pilot, "G", "s")
        assert any(row.startswith("  3 / 3") for row in rows)
        await screens.press(pilot, "X", "d", "G")
        assert screens.debugger(pilot).position == 8


# ---- what is no edit

WRONG = {
    "x": "'x' is not an edit; write x = 2.5",
    "= 3": "is not an edit",
    "q = 3": "there is no value 'q'",
    "W33 = 3": "did you mean 'W3'?",
    "L = 3": "L is the output; change what it is made from",
    "δ3 = 1": "a gradient cannot be set; change what it is made from",
    "W3[0] = 1": "W₃ is a single number, without cells",
    "W3 = [1, 2]": "the value is 2×1, W₃ is a scalar; give a number",
    "x = abc": "x: 'abc' is not a value",
    "x = [/red]": "x: '[/red]' is not a value",
    "η = -1": "η: is -1; must be above 0",
    "η = 0": "η: is 0; must be above 0",
    "x = nan": "finite",
}


async def test_a_wrong_edit_is_complained_about_at_once() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.press(pilot, "f", "s")
        for edit, complaint in WRONG.items():
            rows = await what_if(pilot, edit)
            assert isinstance(pilot.app.screen, Prompt), edit
            assert complaint in " ".join(row.strip(" │") for row in rows), edit
            assert await screens.press(pilot, "escape") == before


async def test_a_wrong_edit_can_be_corrected() -> None:
    async with screens.opened("layers4") as pilot:
        await screens.press(pilot, "s")
        rows = await what_if(pilot, "W2[9, 0] = 1")
        assert any("W₂ has no cell [9, 0]; it is 4×5; cells count from 0" in row for row in rows)
        rows = await screens.press(pilot, *["left"] * 8, "backspace", "3", "enter")
        assert rows[0].endswith("what if: W₂[3, 0] = 1")


async def test_what_is_offered_is_an_edit() -> None:
    for scenario, keys in (("layers4", "fsss"), ("layers4", "s"), ("tanh4", "fsss"), ("xor", "G")):
        async with screens.opened(scenario) as pilot:
            rows = await screens.press(pilot, *keys, "x")
            offered = next(row for row in rows if "what if: " in row).partition("what if: ")[2].partition(";")[0]
            rows = await screens.enter(pilot, offered)
            assert " what if: " in rows[0], offered
