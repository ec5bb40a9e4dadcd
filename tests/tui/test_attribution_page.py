"""The page of where a gradient vanishes or explodes (v), through real keys."""

import math
import re
import tomllib

import numpy as np
import pytest
import screens
from looking import at_every_size, numbers, row_of


def layer_row(rows: list[str], layer: int) -> str:
    return next(row for row in rows if re.match(rf"[ ›]*{layer} [a-z]", row))


@at_every_size
async def test_the_guilty_factor_of_vanishing_is_two_keys_away(size: tuple[int, int]) -> None:
    """All weights are 1: the least factor of all is the least sigmoid′(u)."""
    u, slopes = 1.0, []
    for _ in range(19):
        a = 1 / (1 + math.exp(-u))
        slopes.append(a * (1 - a))
        u = a
    guilty = 1 + slopes.index(min(slopes))
    step = 41 + 1 + 4 * (20 - guilty) + 1  # behind all values, the loss, and the four steps of each layer above
    async with screens.opened("vanishing", size) as pilot:
        rows = await screens.press(pilot, "v")
        said = " ".join(map(str.strip, rows))
        assert f"guilty: φ{'₀₁₂₃₄₅₆₇₈₉'[guilty]}′" in said
        assert f"a factor of {min(slopes):.3g} = 10^{math.log10(min(slopes)):.2f}" in said
        lost = [numbers(part)[-1] for part in re.findall(r"(10\^-[\d.]+)", said)[:2]]
        assert lost[1] - lost[0] == pytest.approx(math.fsum(map(math.log10, slopes)), abs=0.011)
        rows = await screens.press(pilot, "enter")
        assert screens.debugger(pilot).position == step
        assert any(row.startswith(f" 2 step A: through the activation, layer {guilty} ─") for row in rows)
        assert any(f"{min(slopes):.6g}" in row for row in rows)


@at_every_size
async def test_the_tanh_of_tanh4_is_named_and_a_row_leads_to_its_step(size: tuple[int, int]) -> None:
    slope = 1 / math.cosh(4) ** 2
    async with screens.opened("tanh4", size) as pilot:
        rows = await screens.press(pilot, "v")
        said = " ".join(map(str.strip, rows))
        assert f"φ₃′(u₃) (tanh), a factor of {slope:.3g} = 10^{math.log10(slope):.2f}" in said
        row = layer_row(rows, 3)
        assert row.startswith(" ›")
        assert re.search(r"1 (of 1 )?sat", row)  # tanh′(4) = 0.0013 is below a twentieth of tanh′(0) = 1
        assert f"{math.log10(slope):+.2f}" in row
        await screens.press(pilot, "enter")
        assert screens.debugger(pilot).position == 15
        # W₂ = 2 is what layer 2 does; layer 4 does nothing, and so its first step is meant
        for keys, position in (("down", 22), ("up", 11), ("k", 11)):
            await screens.press(pilot, "v", keys, "enter")
            assert screens.debugger(pilot).position == position
        before = screens.text(pilot.app)
        await screens.press(pilot, "v")
        assert await screens.press(pilot, "v") == before


@at_every_size
async def test_the_weights_of_exploding_are_guilty(size: tuple[int, int]) -> None:
    """Each of the eleven matrices between u₁₂ and u₁ turns the plane and stretches it by √5."""
    async with screens.opened("exploding", size) as pilot:
        rows = await screens.press(pilot, "v")
        said = " ".join(map(str.strip, rows))
        assert "the gradient explodes" in said
        assert f"ᵀ (weights), a factor of {math.sqrt(5):.3g} = 10^{math.log10(math.sqrt(5)):.2f}" in said
        assert f"11 weights 10^{11 * math.log10(5) / 2:.2f}" in said
        assert f"{math.log10(5) / 2:+.2f}" in layer_row(rows, 12)
        rows = await screens.press(pilot, "enter")
        assert any(row.startswith(" 2 step D: to the layer before, layer 12 ─") for row in rows)


@at_every_size
async def test_dead_units_are_counted(size: tuple[int, int]) -> None:
    file = tomllib.loads((screens.FOLDER / "dead_relu.toml").read_text())
    u = np.array(file["layer"][0]["W"]) @ file["input"]["x"] + np.reshape(file["layer"][0]["b"], (-1, 1))
    dead = int(np.sum(np.all(u <= 0, axis=1)))
    assert 0 < dead < len(u)
    async with screens.opened("dead_relu", size) as pilot:
        rows = await screens.press(pilot, "v")
        assert re.search(rf" {dead} (of {len(u)} )?dead$", layer_row(rows, 1))
        assert "dead" not in layer_row(rows, 2)


@at_every_size
async def test_the_attribution_says_of_which_iteration_it_is(size: tuple[int, int]) -> None:
    async with screens.opened("xor", size) as pilot:
        rows = await screens.press(pilot, "v", "i")
        assert "iteration 2 of 100" in rows[0]


async def test_the_attribution_of_other_iterations_of_xor() -> None:
    async with screens.opened("xor") as pilot:
        timeline = screens.debugger(pilot).timeline
        x, y = np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0, 1, 1, 0]])
        sizes = []
        for number in range(3):
            W1, b1, W2, b2 = (timeline.state(number).parameters[name] for name in ("W1", "b1", "W2", "b2"))
            a = np.tanh(W1 @ x + b1)
            delta = (1 / (1 + np.exp(-(W2 @ a + b2))) - y) / 4
            sizes.append(math.log10(np.linalg.norm((W2.T @ delta) * (1 - a**2))))
        seen = [await screens.press(pilot, key) for key in "vii"]
        for number, rows in enumerate(seen):
            assert f"iteration {number + 1} of 100" in rows[0]
            assert numbers(layer_row(rows, 1))[-1] == pytest.approx(sizes[number], abs=0.0051)
        ends = [numbers(end)[-1] for end in re.findall(r"10\^(-?[\d.]+)", row_of(seen[2], "over iterations"))]
        assert ends == pytest.approx([sizes[0], sizes[2]], abs=0.0051)
        assert not any("over iterations" in row for row in seen[0])
        assert [await screens.press(pilot, "I") for _ in "II"] == seen[1::-1]
        assert await screens.press(pilot, "I") == seen[0]
        await screens.press(pilot, "i", "i", "enter")
        assert 34 < screens.debugger(pilot).position <= 51  # the third iteration: each has 17 steps
