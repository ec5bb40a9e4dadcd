"""The page of a Jacobian and of the product that is done (m), through real keys."""

import tomllib

import numpy as np
import pytest
import screens
from looking import at_every_size, go_to, layers4, numbers, row_of


def ways(rows: list[str]) -> str:
    """What is said of both ways, which stands beside the Jacobian or below it."""
    first = next(i for i, row in enumerate(rows) if "written out" in row)
    column = rows[first].index("written out")
    return " ".join(row[column:].strip() for row in rows[first:-1])


def vector(text: str, start: str) -> list[float]:
    return numbers(text.partition(f"{start} = [")[2].partition("]")[0])


@at_every_size
async def test_m_shows_the_jacobian_and_both_results(size: tuple[int, int]) -> None:
    _, W, delta = layers4()
    async with screens.opened("layers4", size) as pilot:
        await go_to(pilot, "∂L/∂a3")
        before = screens.text(pilot.app)
        rows = await screens.press(pilot, "m")
        assert rows[0].startswith(" the Jacobian ∂u₄/∂a₃, and the product that is done")
        assert rows[2].split()[:3] == ["0,0", "1,0", "2,0"]
        for i, row in enumerate(rows[3:5]):
            assert row.startswith(f" {i},0 ")
            assert list(map(float, row.split()[1:4])) == pytest.approx(W[4][i], rel=1e-6)
        expected = (W[4].T @ delta[4])[:, 0]
        said = ways(rows)
        assert vector(said, "vec(δ₄)") == pytest.approx(delta[4][:, 0], rel=1e-5)
        assert vector(said, "Jᵀ vec(δ₄)") == pytest.approx(expected, rel=1e-5)
        assert vector(said, "what backpropagation does W₄ᵀ δ₄") == pytest.approx(expected, rel=1e-5)
        assert "they are equal" in said or "they agree" in said
        assert await screens.press(pilot, "q") == before


async def test_m_on_a_page_shows_the_jacobian_of_that_gradient() -> None:
    async with screens.opened("layers4") as pilot:
        explained = await screens.press(pilot, "e", "n", "n")
        assert (await screens.press(pilot, "m"))[0].startswith(" the Jacobian ∂u₄/∂W₄")
        assert await screens.press(pilot, "m") == explained


async def test_a_jacobian_is_scrolled() -> None:
    """∂u₁/∂W₁ has five rows and 20 columns, named by the cells of W₁ in the order of vec."""
    names = [f"{i},{j}" for j in range(4) for i in range(5)]
    async with screens.opened("layers4", (60, 20)) as pilot:
        await go_to(pilot, "W1")
        rows = await screens.press(pilot, "m")
        shown = rows[2].split()
        assert shown == names[: len(shown)]
        for key, first in (("right", 1), ("l", 2), ("left", 1), ("h", 0), ("left", 0)):
            rows = await screens.press(pilot, key)
            assert rows[2].split() == names[first : first + len(shown)], key
        x = tomllib.loads((screens.FOLDER / "layers4.toml").read_text())["input"]["x"]
        rows = await screens.press(pilot, *["right"] * 20, *["down"] * 5)
        assert rows[2].split() == names[-len(shown) :]
        assert numbers(row_of(rows, "4,0"))[-1] == x[3]  # u₁[4] = … + W₁[4, 3] x[3]


async def test_scrolling_beyond_the_end_of_a_jacobian_is_not_counted() -> None:
    async with screens.opened("layers4", (60, 20)) as pilot:
        await go_to(pilot, "W1")
        last = await screens.press(pilot, "m", *["right"] * 30)
        before_last = await screens.press(pilot, "left")
        assert before_last[2].split()[1:] == last[2].split()[:-1]


@at_every_size
async def test_one_example_of_xor_or_all(size: tuple[int, int]) -> None:
    """∂u₂/∂a₁ is W₂ for each example; δ₂ = (σ(u₂) - y)/4."""
    async with screens.opened("xor", size) as pilot:
        scenario = screens.debugger(pilot).timeline.scenario
        W1, b1, W2, b2 = (scenario.parameters[name] for name in ("W1", "b1", "W2", "b2"))
        x, y = np.array([[0, 0, 1, 1], [0, 1, 0, 1]]), np.array([[0, 1, 1, 0]])
        delta = (1 / (1 + np.exp(-(W2 @ np.tanh(W1 @ x + b1) + b2))) - y) / 4
        await go_to(pilot, "∂L/∂a1")
        together = await screens.press(pilot, "m")
        assert together[1].endswith(" 1×4 by 4×4")
        seen = [await screens.press(pilot, "n") for _ in range(4)]
        for example, rows in enumerate(seen):
            assert f"example {example} of 0–3" in rows[1]
            expected = (W2.T @ delta[:, [example]])[:, 0]
            assert vector(ways(rows), "vec(δ₂)") == pytest.approx(delta[:, example], rel=1e-5)
            assert vector(ways(rows), "Jᵀ vec(δ₂)") == pytest.approx(expected, rel=1e-5)
            assert vector(ways(rows), "W₂ᵀ δ₂") == pytest.approx(expected, rel=1e-5)
        assert [await screens.press(pilot, "N") for _ in range(4)] == [*seen[-2::-1], together]


async def test_all_examples_stand_between_the_last_one_and_the_first() -> None:
    async with screens.opened("xor") as pilot:
        await go_to(pilot, "∂L/∂a1")
        together = await screens.press(pilot, "m")
        last = await screens.press(pilot, *"nnnn")
        assert await screens.press(pilot, "n") == together
        assert await screens.press(pilot, "N") == last
