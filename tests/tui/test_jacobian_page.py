"""The page of a Jacobian and of the product that is done (m), through real keys."""

import tomllib
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import screens
from looking import at_every_size, go_to, layers4, numbers

from bptui.tui import matrix


def ways(rows: list[str]) -> str:
    """What is said of both ways, which stands beside the Jacobian or below it."""
    first = next(i for i, row in enumerate(rows) if "written out" in row)
    column = rows[first].index("written out")
    return " ".join(row[column:].strip() for row in rows[first:-1])


def vector(text: str, start: str) -> list[float]:
    return numbers(text.partition(f"{start} = [")[2].partition("]")[0])


def under(rows: list[str]) -> tuple[str, float]:
    """The name of the cell under the cursor, and its number."""
    name, _, value = rows[2].strip().rpartition(" = ")
    return name, float(value)


def marked(rows: list[str]) -> tuple[str, str]:
    """The names of the row and the column of the cell that is marked; its number ends where the column's name does."""
    (row,) = (row for row in rows if "›" in row)
    end = row.index("›") + len(row[row.index("›") :].split()[0])
    return row.split()[0], rows[3][:end].split()[-1]


def changed(before: list[str], after: list[str]) -> int:
    """How many characters of two screens differ, without the line that says what is under the cursor."""
    pairs = [pair for i, pair in enumerate(zip(before, after, strict=True)) if i != 2]
    assert all(len(one) == len(other) for one, other in pairs)
    return sum(a != b for one, other in pairs for a, b in zip(one, other, strict=True))


def counted(calls: Counter[str], name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function; its calls are counted."""

    def call(*args: Any) -> Any:
        calls[name] += 1
        return function(*args)

    return call


@at_every_size
async def test_m_shows_the_jacobian_and_both_results(size: tuple[int, int]) -> None:
    _, W, delta = layers4()
    async with screens.opened("layers4", size) as pilot:
        await go_to(pilot, "∂L/∂a3")
        before = screens.text(pilot.app)
        rows = await screens.press(pilot, "m")
        assert rows[0].startswith(" the Jacobian ∂u₄/∂a₃, and the product that is done")
        assert rows[3].split()[:3] == ["0,0", "1,0", "2,0"]
        for i, row in enumerate(rows[4:6]):
            assert row.startswith(f" {i},0 ")
            assert list(map(float, row.replace("›", " ").split()[1:4])) == pytest.approx(W[4][i], rel=1e-6)
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


@at_every_size
async def test_the_cell_under_the_cursor_is_named_and_written_out(size: tuple[int, int]) -> None:
    """∂u₁/∂W₁ has five rows and 20 columns: u₁[i] = Σ W₁[i, k] x[k], W₁ in the order of vec."""
    x = tomllib.loads((screens.FOLDER / "layers4.toml").read_text())["input"]["x"]
    jacobian = np.kron(x, np.eye(5))
    async with screens.opened("layers4", size) as pilot:
        await go_to(pilot, "W1")
        rows = await screens.press(pilot, "m")
        assert under(rows) == ("J[0, 0] = ∂u₁[0, 0]/∂W₁[0, 0]", x[0])
        i = j = 0
        for key in ["up", "left", *["right", "down", "l", "j"] * 3, "k", "h", *["right"] * 15, *["left"] * 20]:
            i = min(max(i + (key in ("down", "j")) - (key in ("up", "k")), 0), 4)
            j = min(max(j + (key in ("right", "l")) - (key in ("left", "h")), 0), 19)
            rows = await screens.press(pilot, key)
            assert under(rows) == (f"J[{i}, {j}] = ∂u₁[{i}, 0]/∂W₁[{j % 5}, {j // 5}]", jacobian[i, j])
            assert marked(rows) == (f"{i},0", f"{j % 5},{j // 5}")
        assert under(await screens.press(pilot, "G")) == ("J[4, 19] = ∂u₁[4, 0]/∂W₁[4, 3]", x[3])
        assert under(await screens.press(pilot, "0")) == ("J[0, 0] = ∂u₁[0, 0]/∂W₁[0, 0]", x[0])


@at_every_size
async def test_the_window_jumps_by_half_of_itself(size: tuple[int, int]) -> None:
    names = [f"{i},{j}" for j in range(4) for i in range(5)]
    async with screens.opened("layers4", size) as pilot:
        await go_to(pilot, "W1")
        first = await screens.press(pilot, "m")
        shown = first[3].split("written")[0].split()
        assert shown == names[: len(shown)]
        edge = await screens.press(pilot, *["right"] * (len(shown) - 1))
        assert edge[3] == first[3]
        half = len(shown) // 2
        beyond = await screens.press(pilot, "right")
        assert beyond[3].split("written")[0].split() == names[half : half + len(shown)]
        last = await screens.press(pilot, *["right"] * 20)
        assert last[3].split("written")[0].split() == names[-len(shown) :]
        assert await screens.press(pilot, "right") == last


@at_every_size
async def test_a_move_inside_the_window_changes_two_cells_and_what_is_said_of_them(size: tuple[int, int]) -> None:
    async with screens.opened(screens.WIDE, size) as pilot:
        W = screens.debugger(pilot).timeline.scenario.parameters["W2"]
        await go_to(pilot, "∂L/∂a1")
        before, i, j = await screens.press(pilot, "m"), 0, 0
        for key in ("right", "down", "right", "left", "up", "down"):
            rows = await screens.press(pilot, key)
            i, j = i + (key == "down") - (key == "up"), j + (key == "right") - (key == "left")
            assert under(rows)[1] == pytest.approx(W[i, j], rel=1e-14)
            assert changed(before, rows) == 2
            before = rows


@at_every_size
async def test_a_jacobian_of_a_million_cells_is_gone_over(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Counter[str]()
    for name in ("both", "aligned"):
        monkeypatch.setattr(f"bptui.tui.matrix.{name}", counted(calls, name, getattr(matrix, name)))
    async with screens.opened(screens.WIDE, size) as pilot:
        W = screens.debugger(pilot).timeline.scenario.parameters["W2"]
        await go_to(pilot, "∂L/∂a1")
        rows = await screens.press(pilot, "m")
        first = calls["aligned"]
        assert first <= size[0] * size[1] / 10  # a column is ten characters wide
        keys = [*["right"] * 14, *["down"] * 20, "G", "left", "up", "0"]
        i = j = 0
        for key in keys:
            i, j = {"G": (999, 999), "0": (0, 0)}.get(key, (i + (key == "down"), j + (key == "right")))
            i, j = i - (key == "up"), j - (key == "left")
            rows = await screens.press(pilot, key)
            said, value = under(rows)
            assert said.startswith(f"J[{i}, {j}] = ∂u₂[{i}, 0]/∂a₁[{j}, 0]")
            assert value == pytest.approx(W[i, j], rel=1e-14)
            assert marked(rows) == (f"{i},0", f"{j},0")
        assert calls["both"] == 1
        assert calls["aligned"] <= first * (1 + len(keys))


async def test_a_jacobian_that_is_too_large_has_no_cursor() -> None:
    async with screens.opened(screens.WIDE) as pilot:
        await go_to(pilot, "W2")
        rows = await screens.press(pilot, "m")
        assert "a Jacobian of 1,000 × 1,000,000 is not written out" in rows[2]
        assert await screens.press(pilot, "right", "down", "G") == rows


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
