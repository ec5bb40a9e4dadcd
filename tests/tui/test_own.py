"""The debugger at the first wrong step of a reader's own backward pass, both sides beside each other."""

import itertools
import math
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import numpy as np
import pytest
import screens
from textual.pilot import Pilot
from trying import numbers, what_if

from bptui.core.comparison.compare import compare
from bptui.core.jacobian import Array
from bptui.core.timeline import Timeline
from bptui.tui.app import BptuiApp
from bptui.tui.commands import COMMANDS
from bptui.tui.face import DEFAULT, Face
from bptui.tui.looks import Looks
from bptui.tui.setup import set_up
from bptui.tui.step import step_lines

Gradients = Mapping[str, float | Array]

# ---- backward passes by hand


STEPS = ["z", "u4", "W4", "b4", "a3", "u3", "W3", "b3", "a2", "u2", "W2", "b2", "a1", "u1", "W1", "b1"]
"""The gradients of tanh4, as they come behind the 9 steps forward: δ₃ is complete at position 15."""


def scalars(slope: float, *, sign: float = 1.0) -> dict[str, float]:
    """tanh4 by hand: x = 2, W = 1, 2, 1, 1; `slope` stands for tanh′(4), `sign` before x in the last weights."""
    z = math.tanh(4)
    delta4 = z - 10
    delta3 = delta4 * slope
    delta1 = delta3 * 2
    layer4 = [delta4, delta4 * z, delta4, delta4]  # δ, weight, bias, and what is passed on
    layer3 = [delta3, delta3 * 4, delta3, delta3]
    layer2 = [delta3, delta3 * 2, delta3, delta3 * 2]
    layer1 = [delta1, delta1 * 2 * sign, delta1]
    every = [delta4, *layer4, *layer3, *layer2, *layer1]
    return {f"d{name}": value for name, value in zip(STEPS, every, strict=True)}


SLOPE = 1 / math.cosh(4) ** 2
RIGHT = scalars(SLOPE)
WITHOUT_SLOPE = scalars(1.0)
TWO_MISTAKES = scalars(1.0, sign=-1.0)


def layers4(slope: float = 0.0) -> dict[str, Array]:
    """layers4 by hand; where a `slope` is given it stands for tanh′(u₃)."""
    scenario = screens.timeline("layers4").scenario
    values = {**scenario.parameters, **screens.timeline("layers4").chapter(1).given}
    W, b = ([values[f"{name}{layer}"] for layer in (1, 2, 3, 4)] for name in "Wb")
    a1 = np.tanh(W[0] @ values["x"] + b[0])
    a2 = 1 / (1 + np.exp(-(W[1] @ a1 + b[1])))
    a3 = np.tanh(W[2] @ a2 + b[2])
    delta4 = W[3] @ a3 + b[3] - values["y"]
    delta3 = (W[3].T @ delta4) * (slope or 1 - a3**2)
    delta2 = (W[2].T @ delta3) * a2 * (1 - a2)
    delta1 = (W[1].T @ delta2) * (1 - a1**2)
    deltas = {"delta4": delta4, "delta3": delta3, "delta2": delta2, "delta1": delta1, "da3": W[3].T @ delta4}
    weights = {"dW4": delta4 @ a3.T, "dW3": delta3 @ a2.T, "dW2": delta2 @ a1.T, "dW1": delta1 @ values["x"].T}
    return deltas | weights


@asynccontextmanager
async def opened(
    scenario: str, own: Gradients, size: tuple[int, int] = (80, 24), face: Face = DEFAULT, iteration: int = 1
) -> AsyncIterator[Pilot[None]]:
    """The debugger with gradients, as `bptui check FILE GRADIENTS --open` opens it."""
    comparison = compare(screens.FOLDER / f"{scenario}.toml", own, iteration=iteration)
    setup = set_up(comparison.scenario)
    setup.own = comparison
    async with screens.running(BptuiApp(Timeline(comparison.scenario), setup, face=face), size) as pilot:
        yield pilot


async def seen(pilot: Pilot[None]) -> list[str]:
    """What is on the screen now."""
    return await screens.settle(pilot)


def position(pilot: Pilot[None]) -> int:
    return screens.debugger(pilot).position


# ---- where it opens


@pytest.mark.parametrize("size", screens.SIZES)
async def test_it_opens_at_the_first_wrong_step_with_both_numbers(size: tuple[int, int]) -> None:
    """δ₃ = (tanh 4 - 10) tanh′(4), where the reader has left tanh′ out."""
    async with opened("tanh4", WITHOUT_SLOPE, size) as pilot:
        rows = await seen(pilot)
        assert position(pilot) == 15
        result = [row for row in rows if row.startswith("    = ")][-1:]
        assert numbers(result, "= ")[0] == pytest.approx(RIGHT["du3"], rel=1e-14)
        assert numbers(rows, "yours  ✗ ")[0] == pytest.approx(WITHOUT_SLOPE["da3"], rel=1e-14)
        assert numbers(rows, "✗ δ₃ ") == pytest.approx([RIGHT["du3"], WITHOUT_SLOPE["du3"]], abs=0.005)
        assert any("mistake  φ′ is missing" in row for row in rows)
        assert any("the one wrong step; d leads on" in row for row in rows)


async def test_of_several_it_opens_at_the_first() -> None:
    async with opened("tanh4", TWO_MISTAKES) as pilot:
        rows = await seen(pilot)
        assert position(pilot) == 15
        assert rows[-2] == "  15 / 33  the first of 2 wrong steps; d leads on"


async def test_a_changed_key_is_named() -> None:
    commands = tuple(each._replace(keys=("Q",)) if each.id == "differ" else each for each in COMMANDS)
    async with opened("tanh4", WITHOUT_SLOPE, face=Face(commands=commands)) as pilot:
        assert (await seen(pilot))[-2].endswith("the one wrong step; Q leads on")
        await screens.press(pilot, "Q")
        assert position(pilot) == 16


async def test_a_right_pass_opens_where_the_way_back_begins() -> None:
    async with opened("tanh4", RIGHT) as pilot:
        rows = await seen(pilot)
        assert rows[-2] == "  10 / 33  right: all of your 16 gradients"
        assert numbers(rows, "yours  ✓ ") == pytest.approx([math.tanh(4) - 10], rel=1e-14)
        assert not any(sign in "\n".join(rows) for sign in "✗≠")
        assert "no step differs ahead" in (await screens.press(pilot, "d"))[-2]
        assert position(pilot) == 10


async def test_it_opens_in_the_iteration_that_the_gradients_are_of() -> None:
    """xor has 17 steps in each: of the third, the gradient of b₂ is the mean of σ(u₂) - y."""
    run = screens.timeline("xor")
    W1, b1, W2, b2 = (np.array(run.state(2).parameters[name]) for name in ("W1", "b1", "W2", "b2"))
    u2 = W2 @ np.tanh(W1 @ [[0, 0, 1, 1], [0, 1, 0, 1]] + b1) + b2
    right = np.mean(1 / (1 + np.exp(-u2)) - [[0, 1, 1, 0]], axis=1, keepdims=True)
    async with opened("xor", {"db2": 3 * right}, iteration=3) as pilot:
        rows = await seen(pilot)
        assert 34 < position(pilot) <= 51
        assert numbers(rows, "yours  ? ")[:1] == pytest.approx([3 * right[0, 0]], rel=1e-8)
        assert numbers(rows, "right    ")[:1] == pytest.approx([right[0, 0]], rel=1e-8)
        assert any("true | yours" in row for row in rows)
        rows = await screens.press(pilot, "i")
        assert not any("true | yours" in row or "yours  " in row for row in rows)
        await screens.press(pilot, "D")
        assert 34 < position(pilot) <= 51


# ---- going through


async def test_what_is_not_right_is_gone_through_both_ways() -> None:
    """Behind δ₃ all is inherited, but for the sign of ∂L/∂W₁."""
    async with opened("tanh4", TWO_MISTAKES) as pilot:
        for index, name in enumerate(STEPS[6:], 16):
            rows = await screens.press(pilot, "d")
            sign, words = ("✗", "wrong here") if name == "W1" else ("≠", "inherited")
            assert position(pilot) == index
            assert rows[-2] == f"  {index} / 33  {sign} {words}"
            assert numbers(rows, f"yours  {sign} ") == pytest.approx([TWO_MISTAKES[f"d{name}"]], rel=1e-14)
            assert any(words in row and "true" not in row for row in rows)
        assert "no step differs ahead" in (await screens.press(pilot, "d"))[-2]
        assert position(pilot) == 25
        for index in range(24, 14, -1):
            await screens.press(pilot, "D")
            assert position(pilot) == index
        assert "no step differs behind" in (await screens.press(pilot, "D"))[-2]


async def test_what_is_right_from_the_own_upstream_is_said_where_it_is_another_number() -> None:
    async with opened("tanh4", TWO_MISTAKES) as pilot:
        screens.debugger(pilot).position = 24
        rows = await seen(pilot)
        upstream = WITHOUT_SLOPE["du1"]
        assert numbers(rows, "right    ") == pytest.approx([upstream * 2], rel=1e-14)
        assert any("from your own upstream" in row for row in rows)


async def test_every_step_has_the_number_of_the_reader() -> None:
    async with opened("tanh4", TWO_MISTAKES) as pilot:
        await screens.press(pilot, *"0f")
        assert position(pilot) == 9
        assert not any("yours  " in row for row in await seen(pilot))
        for index, name in enumerate(STEPS, 10):
            rows = await screens.press(pilot, "s")
            assert position(pilot) == index
            yours = [re.sub("yours  [✓✗≠]", "yours", row) for row in rows]
            assert numbers(yours, "yours ") == pytest.approx([TWO_MISTAKES[f"d{name}"]], rel=1e-14)


async def test_undetermined_is_said() -> None:
    """Of the layers only the weights are given, and no mistake of the catalogue makes them 1.234 times as large."""
    arrays = layers4()
    wrong = {name: arrays[name] * (1 if name == "dW4" else 1.234) for name in ("dW4", "dW3", "dW2", "dW1")}
    async with opened("layers4", wrong, (120, 40)) as pilot:
        text = "\n".join(await seen(pilot))
        assert position(pilot) == 16
        assert re.search(r"\? undetermined between ∂L/∂a₃ and ∂L/∂W₃; d leads on", text)
        assert numbers(text.split("\n"), "yours  ? ")[0] == pytest.approx(wrong["dW3"][0, 0])
        assert "1.234 times the right number" in text
        assert "to know  give ∂L/∂a₃, δ₃ too" in text


# ---- matrices


async def test_matrices_stand_beside_each_other() -> None:
    own, right = layers4(slope=1.0), layers4()
    async with opened("layers4", own) as pilot:
        rows = await seen(pilot)
        assert position(pilot) == 15
        block = [row for row in rows if re.match(r"   [⎡⎢⎣].*=|   [⎡⎢⎣]", row)]
        shown = [[float(x) for x in re.findall(r"-?\d+\.\d+", row)] for row in block]
        assert len(shown) == 3
        for true, yours, row in zip(right["delta3"].flat, own["delta3"].flat, shown, strict=True):
            assert row[-2:] == pytest.approx([true, yours], rel=1e-4)
        cell = np.unravel_index(np.argmax(np.abs(own["delta3"] - right["delta3"])), (3, 1))
        at = re.escape(f" at [{cell[0]}, {cell[1]}]")
        assert any(re.search(f"yours  ✗ .*{at}   wrong here", row) for row in rows)
        assert numbers(rows, "yours  ✗ ")[:1] == pytest.approx([own["delta3"][cell]])
        assert numbers(rows, "right    ")[:1] == pytest.approx([right["delta3"][cell]])


async def test_another_shape_is_said() -> None:
    arrays = layers4()
    async with opened("layers4", {**arrays, "dW2": arrays["dW2"].T}) as pilot:
        rows = await seen(pilot)
        assert position(pilot) == 20
        assert any("yours  ✗ of the shape 5×4   wrong here" in row for row in rows)
        assert any("right    of the shape 4×5" in row for row in rows)
        assert any(re.search(r"✗ ∂L/∂W₂ +‖[\d.]+‖ +5×4$", row) for row in rows)


@pytest.mark.parametrize(
    ("scenario", "given"),
    [
        ("layers4", layers4(slope=1.0)),
        ("layers4", {"db3": np.ones((3, 1)), "dW1": np.ones((5, 4))}),
        ("xor", {"du2": np.full((1, 4), 0.123456)}),
    ],
)
async def test_the_true_result_is_there_in_every_size(scenario: str, given: Gradients) -> None:
    """However little room there is beside what the reader has: it is a line behind the formula, if not a matrix."""
    async with opened(scenario, given) as pilot:
        chapter = screens.debugger(pilot).timeline.chapter(1)
        for here in range(1, chapter.end + 1):
            moment = msgspec.structs.replace(screens.debugger(pilot).moment, position=here)
            for width, height in itertools.product((30, 40, 58, 78, 118), range(4, 16)):
                lines = step_lines(moment, width, height)
                assert len(lines) <= height
                assert any(span.role == "now" and re.search(r"\d", span.text) for row in lines for span in row)


# ---- panes


async def test_a_branch_hides_it_and_dropping_that_brings_it_back() -> None:
    async with opened("tanh4", WITHOUT_SLOPE) as pilot:
        before = await seen(pilot)
        rows = await what_if(pilot, "W3 = 0.5")
        assert any("run | what if" in row for row in rows)
        assert not any("true | yours" in row or "yours  " in row for row in rows)
        rows = await screens.press(pilot, "X", "d")
        assert rows[:-2] == before[:-2]
        await what_if(pilot, "W3 = 0.5")
        rows = await screens.press(pilot, "X", "k")
        assert not any("true | yours" in row or "yours  " in row for row in rows)
        assert "there is nothing to compare with" in (await screens.press(pilot, "d"))[-2]


async def test_the_program_is_shown_where_it_is_chosen() -> None:
    async with opened("tanh4", WITHOUT_SLOPE) as pilot:
        rows = await screens.press(pilot, "5")
        assert any("5 program" in row for row in rows)
        assert any("◀ a₃ = tanh(u₃)" in row for row in rows)
        assert not any("true | yours" in row for row in rows)


@pytest.mark.parametrize("size", screens.SIZES)
@pytest.mark.parametrize("scenario", ["tanh4", "layers4"])
async def test_in_ascii_every_step_is(scenario: str, size: tuple[int, int]) -> None:
    own: Gradients = TWO_MISTAKES if scenario == "tanh4" else layers4(slope=1.0)
    async with opened(scenario, own, size, Face(is_ascii=True)) as pilot:
        text = "\n".join(await seen(pilot))
        assert "yours  x " in text
        assert "x delta3" in text
        for key in "dddDSSGfF0":
            assert "\n".join(await screens.press(pilot, key)).isascii()


async def test_what_was_chosen_before_does_not_hide_the_wrong_step() -> None:
    face = Face(looks=Looks(picture="network", pane="picture", zoomed=True))
    async with opened("tanh4", WITHOUT_SLOPE, size=(120, 40), face=face) as pilot:
        assert "φ′ is missing" in "\n".join(await screens.press(pilot, "#"))
        assert pilot.app.face.looks == face.looks  # type: ignore[attr-defined]  # for the next run
