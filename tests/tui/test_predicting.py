"""Predict: p begins, s asks for each step of the way back, and what is answered is graded; through real keys."""

import math
import re
import tomllib

import numpy as np
import pytest
import screens
from textual.pilot import Pilot

from bptui.tui.debugger import Debugger
from bptui.tui.dialogs import Prompt

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")
CELL = re.compile(r"the cell \[(\d+), (\d+)\]")
MISSING_SLOPE = "φ′ is missing: the upstream was passed on unchanged"
TRANSPOSED = "a transpose is missing or too much"
DELTA4, SLOPE = math.tanh(4) - 10, 1 / math.cosh(4) ** 2
"""Of tanh4: ∂L/∂u₄, which is ∂L/∂z, and φ₃′(u₃); W₂ = 2, a₁ = x = 2, the other weights are 1."""
DELTA3 = DELTA4 * SLOPE
TANH4 = (  # the product and the local derivative of each step of the way back
    (DELTA4, DELTA4),
    (DELTA4, 1.0), (DELTA4 * math.tanh(4), math.tanh(4)), (DELTA4, 1.0), (DELTA4, 1.0),
    (DELTA3, SLOPE), (DELTA3 * 4, 4.0), (DELTA3, 1.0), (DELTA3, 1.0),
    (DELTA3, 1.0), (DELTA3 * 2, 2.0), (DELTA3, 1.0), (DELTA3 * 2, 2.0),
    (DELTA3 * 2, 1.0), (DELTA3 * 4, 2.0), (DELTA3 * 2, 1.0),
)  # fmt: skip


async def predicting(pilot: Pilot[None], position: int) -> list[str]:
    """Begin to predict, with the step behind this position as the first question."""
    screens.debugger(pilot).position = position
    return await screens.press(pilot, "p")


async def asked(pilot: Pilot[None]) -> str:
    """The question that s asks."""
    rows = await screens.press(pilot, "s")
    assert isinstance(pilot.app.screen, Prompt)
    return prompt(rows)


def prompt(rows: list[str]) -> str:
    """What stands in the prompt."""
    return " ".join(row.partition("│")[2].rpartition("│")[0].strip() for row in rows if row.count("│") == 2)


async def answer(pilot: Pilot[None], text: float | str) -> list[str]:
    """Ask, type, and press Enter."""
    await asked(pilot)
    return await screens.enter(pilot, text if isinstance(text, str) else f"{text:.6g}")


def number(rows: list[str], start: str) -> float:
    """The number in the row that begins like this, behind those of the question."""
    row = next(row for row in reversed(rows) if row.startswith(f" {start}"))
    return float(NUMBER.findall(row[len(start) :])[-1])


# ---- right answers


async def test_all_right_from_the_first_key_to_the_summary() -> None:
    """Each step of the way back is asked for, either number is right; what comes before and behind is just shown."""
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "p", *"sssssssss")
        assert screens.debugger(pilot).position == 9  # the values, of which none was asked for
        for right, numbers in enumerate(TANH4, start=1):
            rows = await answer(pilot, numbers[right % 2])
            assert screens.debugger(pilot).position == 9 + right
            assert rows[0].endswith(f" predict: {right} of {right} right")
            assert "✓ right: that is the " in rows[-2]
        await screens.press(pilot, *"ssssssss")
        assert screens.debugger(pilot).position == 33  # the updates, the same
        rows = await screens.press(pilot, "s")
        assert rows[0].startswith(" how it went ─")
        assert rows[1] == " 16 of 16 right"
        rows = await screens.press(pilot, "q")
        assert rows[0].endswith(" tanh4.toml")


@pytest.mark.parametrize("text", [f"{DELTA3:.3g}", "-9.0*0.00134", f"{SLOPE:.2e}", "-0,01207", "1.34/1000"])
async def test_what_may_be_typed(text: str) -> None:
    async with screens.opened("tanh4") as pilot:
        await predicting(pilot, 14)
        rows = await answer(pilot, text)
        assert rows[0].endswith(" predict: 1 of 1 right")


async def test_right_is_said_of_which_of_the_two_it_is() -> None:
    async with screens.opened("tanh4") as pilot:
        await predicting(pilot, 14)
        assert "✓ right: that is the product" in (await answer(pilot, DELTA3))[-2]
        assert "✓ right: that is the local derivative" in (await answer(pilot, 4))[-2]


# ---- wrong answers


async def wrong(pilot: Pilot[None], text: float | str, mistake: str) -> list[str]:
    """Answer, and see the mistake's name; the step is shown behind the page."""
    position = screens.debugger(pilot).position
    rows = await answer(pilot, text)
    assert rows[0].startswith(" not that ─")
    assert mistake in " ".join(row.strip() for row in rows)
    behind = await screens.press(pilot, "q")
    assert screens.debugger(pilot).position == position + 1
    assert "✗" in behind[-2]
    return rows


@pytest.mark.parametrize("size", screens.SIZES)
async def test_the_missing_slope_and_the_sign(size: tuple[int, int]) -> None:
    async with screens.opened("tanh4", size) as pilot:
        await predicting(pilot, 14)
        rows = await wrong(pilot, DELTA4, MISSING_SLOPE)
        assert number(rows, "your answer") == pytest.approx(DELTA4, rel=1e-5)
        assert number(rows, "local") == pytest.approx(SLOPE, rel=1e-13)
        assert number(rows, "the product") == pytest.approx(DELTA3, rel=1e-13)
        assert any(row.startswith(" δ₃ = ∂L/∂a₃ · φ₃′(u₃)") for row in rows[5:])  # the rule that applies
        await wrong(pilot, -4 * DELTA3, "the sign")
        rows = await wrong(pilot, 123, "none that is known")
        assert number(rows, "the product") == pytest.approx(DELTA3, rel=1e-13)
        assert screens.text(pilot.app)[0].endswith(" predict: 0 of 3 right")
        rows = await screens.press(pilot, "p")
        assert rows[0].startswith(" how it went ─")
        assert rows[1] == " 0 of 3 right"
        assert {f" 1 × {MISSING_SLOPE}", " 1 × the sign", " 1 × wrong in another way"} == set(rows[2:5])


async def test_a_transposed_matrix() -> None:
    """∂L/∂W₄ of layers4 is δ₄ a₃ᵀ: who writes a₃ δ₄ᵀ has [0, 1] where [1, 0] belongs."""
    file = tomllib.loads((screens.FOLDER / "layers4.toml").read_text())
    a = np.reshape(file["input"]["x"], (-1, 1))
    functions = {"tanh": np.tanh, "sigmoid": lambda u: 1 / (1 + np.exp(-u)), "identity": lambda u: u}
    activations = [a]
    for layer in file["layer"]:
        u = np.array(layer["W"]) @ activations[-1] + np.reshape(layer["b"], (-1, 1))
        activations.append(functions[layer["activation"]](u))
    gradient = (activations[4] - np.reshape(file["target"]["y"], (-1, 1))) @ activations[3].T
    async with screens.opened("layers4") as pilot:
        await predicting(pilot, 11)
        asks = await asked(pilot)
        cell = CELL.search(asks)
        assert cell
        assert "∂L/∂W₄ = δ₄ a₃ᵀ" in asks
        i, j = map(int, cell.groups())
        await screens.press(pilot, "escape")
        rows = await wrong(pilot, gradient[j, i], TRANSPOSED)
        assert number(rows, "the product") == pytest.approx(gradient[i, j], rel=1e-13)
        screens.debugger(pilot).position = 11
        assert "✓" in (await answer(pilot, gradient[i, j]))[-2]


async def test_the_mean_instead_of_the_sum() -> None:
    """∂L/∂b₂ of xor is the sum of δ₂ over its four examples."""
    async with screens.opened("xor") as pilot:
        W1, b1, W2, b2 = (
            screens.debugger(pilot).timeline.state(0).parameters[name] for name in ("W1", "b1", "W2", "b2")
        )
        z = W2 @ np.tanh(W1 @ [[0, 0, 1, 1], [0, 1, 0, 1]] + b1) + b2
        delta = (1 / (1 + np.exp(-z)) - [[0, 1, 1, 0]]) / 4
        await predicting(pilot, 8)
        rows = await wrong(pilot, float(delta.mean()), "mean instead of sum")
        assert number(rows, "the product") == pytest.approx(float(delta.sum()), rel=1e-12)
        screens.debugger(pilot).position = 8
        assert "✓" in (await answer(pilot, float(delta.sum())))[-2]


# ---- the prompt


@pytest.mark.parametrize("size", screens.SIZES)
@pytest.mark.parametrize(("scenario", "position"), [("tanh4", 14), ("layers4", 12), ("xor", 5)])
async def test_the_whole_question_can_be_read(scenario: str, position: int, size: tuple[int, int]) -> None:
    async with screens.opened(scenario, size) as pilot:
        await predicting(pilot, position)
        asks = await asked(pilot)
        assert ("the derivative of L" if scenario == "xor" else "the local derivative") in asks
        assert "?" in asks
        assert "…" not in asks


async def test_a_question_mark_shows_the_step() -> None:
    async with screens.opened("tanh4") as pilot:
        await predicting(pilot, 14)
        rows = await answer(pilot, "?")
        assert screens.debugger(pilot).position == 15
        assert rows[0].endswith(" predict: 0 of 0 right")  # it was not answered
        assert "shown, not answered" in rows[-2]
        assert any(row.startswith(" δ₃ = ∂L/∂a₃ · φ₃′(u₃)") for row in rows)
        rows = await screens.press(pilot, "p")
        assert " 1 was shown, not answered" in rows


async def test_the_title_and_the_summary_count_alike() -> None:
    async with screens.opened("tanh4") as pilot:
        await predicting(pilot, 14)
        await answer(pilot, DELTA3)
        title = (await answer(pilot, "?"))[0].rpartition("predict: ")[2]
        assert title in "\n".join(await screens.press(pilot, "p"))


@pytest.mark.parametrize("keys", [["escape"], ["enter"]])
async def test_a_question_without_an_answer_is_asked_later(keys: list[str]) -> None:
    async with screens.opened("tanh4") as pilot:
        before = await predicting(pilot, 14)
        first = await asked(pilot)
        assert await screens.press(pilot, *keys) == before
        assert await asked(pilot) == first


async def test_what_is_no_number_is_complained_about() -> None:
    async with screens.opened("tanh4") as pilot:
        await predicting(pilot, 14)
        for text, complaint in (("abc", "'abc' is not a number"), ("1/0", "not a finite number"), ("2 +", ";")):
            rows = await answer(pilot, text)
            assert isinstance(pilot.app.screen, Prompt), text
            assert complaint in prompt(rows)
            assert "type a number, or arithmetic with + - * / ^ and parentheses" in prompt(rows)
            await screens.press(pilot, "escape")
        assert screens.debugger(pilot).position == 14
        assert screens.text(pilot.app)[0].endswith(" predict: 0 of 0 right")


async def test_the_answer_is_not_on_the_screen_while_it_is_asked_for() -> None:
    async with screens.opened("tanh4", (120, 40)) as pilot:
        await predicting(pilot, 14)
        await asked(pilot)
        shown = "\n".join(screens.text(pilot.app))
        assert f"{SLOPE:.4g}" not in shown
        assert f"{DELTA3:.4g}" not in shown


async def test_the_score_stands_in_the_title_of_a_branch_too() -> None:
    async with screens.opened("tanh4") as pilot:
        await screens.press(pilot, "x", *"x = 3", "enter")
        await predicting(pilot, 10)
        rows = await answer(pilot, 1)
        assert "what if: x = 3" in rows[0]
        assert "1 of 1 right" in rows[0]


# ---- beginning and ending


async def test_steps_back_and_other_moves_ask_nothing() -> None:
    async with screens.opened("tanh4") as pilot:
        await predicting(pilot, 14)
        for keys, position in (("S", 13), ("n", 15), ("f", 25), ("F", 10), ("G", 33)):
            await screens.press(pilot, keys)
            assert isinstance(pilot.app.screen, Debugger)
            assert screens.debugger(pilot).position == position


async def test_p_twice_asks_nothing_and_says_so() -> None:
    async with screens.opened("tanh4") as pilot:
        before = await screens.settle(pilot)
        rows = await screens.press(pilot, "p")
        assert rows[0].endswith(" predict: 0 of 0 right")
        assert "s asks for the next step" in rows[-2]
        rows = await screens.press(pilot, "p")
        assert "no step of the way back was asked for" in rows[1]
        assert await screens.press(pilot, "q") == before
