"""The page that explains a gradient (e), through real keys, and how each page that looks closer is closed."""

import itertools
import math
import tomllib

import numpy as np
import pytest
import screens
from looking import at_every_size, go_to, layers4, numbers, row_of, sum_of


@at_every_size
async def test_e_explains_the_gradient_of_the_step(size: tuple[int, int]) -> None:
    """δ₃ of tanh4, by hand: u₃ = 4 and W₄ = 1, so ∂L/∂z = tanh 4 - 10, and that times 1 - tanh² 4."""
    upstream, slope = math.tanh(4) - 10, 1 / math.cosh(4) ** 2
    async with screens.opened("tanh4", size) as pilot:
        before = await screens.press(pilot, "f", *"ssssss")
        rows = await screens.press(pilot, "e")
        assert rows[0].startswith(" where δ₃ comes from ─")
        assert numbers(row_of(rows, "δ₃ = ∂L/∂a₃ · φ₃′(u₃) ="))[-1] == pytest.approx(upstream * slope, rel=1e-14)
        local, product = numbers(row_of(rows, "× φ₃′(u₃)"))[-2:]
        assert (local, product) == pytest.approx((slope, upstream * slope), rel=1e-4)
        assert numbers(row_of(rows, "× ∂u₄/∂a₃"))[-2:] == pytest.approx([1, upstream], rel=1e-4)
        assert await screens.press(pilot, "q") == before


async def test_e_explains_the_gradient_of_the_selected_row() -> None:
    async with screens.opened("tanh4") as pilot:
        await go_to(pilot, "δ3")
        for keys, heading, gradient in (
            ("j", "∂L/∂W₄", (math.tanh(4) - 10) * math.tanh(4)),
            ("k", "δ₃", (math.tanh(4) - 10) / math.cosh(4) ** 2),
            ("k", "∂L/∂W₂", (math.tanh(4) - 10) / math.cosh(4) ** 2 * 2),
        ):
            rows = await screens.press(pilot, keys, "e")
            assert rows[0].startswith(f" where {heading} comes from"), rows[0]
            assert numbers(rows[1])[-1] == pytest.approx(gradient, rel=1e-14)
            await screens.press(pilot, "escape")


async def test_n_and_capital_n_go_through_the_gradients_of_the_way_back() -> None:
    subscripts = "₀₁₂₃₄"
    order = ["∂L/∂z"]
    for layer in (4, 3, 2, 1):
        i, j = subscripts[layer], subscripts[layer - 1]
        order += [f"δ{i}", f"∂L/∂W{i}", f"∂L/∂b{i}", f"∂L/∂a{j}"]
    order.pop()  # nobody asks for the gradient of the input
    async with screens.opened("layers4") as pilot:
        rows = await screens.press(pilot, "e")
        assert await screens.press(pilot, "N") == rows
        seen = [rows] + [await screens.press(pilot, "n") for _ in order[1:]]
        assert [rows[0].split(" comes from")[0] for rows in seen] == [f" where {name}" for name in order]
        assert await screens.press(pilot, "n") == seen[-1]
        assert [await screens.press(pilot, "N") for _ in order[1:]] == seen[-2::-1]


@pytest.mark.parametrize(
    ("presses", "position"),
    [(0, 10), (1, 11), (2, 12), (4, 14), (5, 15), (9, 19), (15, 25)],  # ∂L/∂z, then four steps for each layer
)
async def test_enter_goes_to_the_step_that_completes_the_gradient(presses: int, position: int) -> None:
    async with screens.opened("tanh4") as pilot:
        heading = (await screens.press(pilot, "e", *"n" * presses))[0].split()[1]
        rows = await screens.press(pilot, "enter")
        assert screens.debugger(pilot).position == position
        assert any(row.startswith(f" {heading} = ") for row in rows)


async def test_p_shows_the_paths_of_residual_one_by_one() -> None:
    """∂L/∂a₀ = (a₃ - y) Π (1 + wᵢ tanh′(wᵢ aᵢ₋₁)): eight products, of which each takes one of two terms three times."""
    a, y, ways = 0.5, 2.0, []
    for w in (0.6, -0.4, 0.9):
        ways.append((1.0, w / math.cosh(w * a) ** 2))
        a += math.tanh(w * a)
    products = [(a - y) * math.prod(way) for way in itertools.product(*ways)]
    async with screens.opened("residual") as pilot:
        together = await screens.press(pilot, "G", "e", *"n" * 20)
        assert together[0].startswith(" where ∂L/∂a₀ comes from")
        assert numbers(row_of(together, "∂L/∂a₀ ="))[-1] == pytest.approx(math.fsum(products), rel=1e-13)
        paths = [await screens.press(pilot, "p") for _ in products]
        titles = [row_of(rows, f"path {i} of 8 adds to ∂L/∂a₀:") for i, rows in enumerate(paths, start=1)]
        assert sorted(numbers(title)[-1] for title in titles) == pytest.approx(sorted(products), rel=1e-13)
        for rows in paths:  # its factors, too, multiply to the product
            factors = [numbers(row)[-2] for row in rows if row.startswith(" × ")]
            assert math.prod(factors) == pytest.approx(numbers(rows[1])[-1], rel=1e-6)
        assert [await screens.press(pilot, "P") for _ in products] == [*paths[-2::-1], together]


async def test_all_the_paths_stand_between_the_last_one_and_the_first() -> None:
    async with screens.opened("residual") as pilot:
        together = await screens.press(pilot, "G", "e", *"n" * 20)
        last = await screens.press(pilot, *"p" * 8)
        assert await screens.press(pilot, "p") == together
        assert await screens.press(pilot, "P") == last


async def test_p_shows_what_each_step_of_time_adds_in_rnn() -> None:
    """∂L/∂W is a sum over time of δₜ hₜ₋₁ᵀ, in which δₜ₋₁ = (Wᵀ δₜ) ⊙ tanh′: the last step of time comes first."""
    file = tomllib.loads((screens.FOLDER / "rnn.toml").read_text())
    W, U, V = (np.array(file["parameters"][name]) for name in "WUV")
    b, c = (np.reshape(file["parameters"][name], (-1, 1)) for name in "bc")
    h = [np.zeros((3, 1))]
    for t in range(1, 5):
        h.append(np.tanh(W @ h[-1] + U @ np.reshape(file["input"][f"x{t}"], (2, 1)) + b))
    back, added = V.T @ (V @ h[4] + c - file["target"]["y"][0]), []
    for t in (4, 3, 2, 1):
        delta = back * (1 - h[t] ** 2)
        added.append(delta @ h[t - 1].T)
        back = W.T @ delta
    async with screens.opened("rnn", (120, 40)) as pilot:
        await screens.press(pilot, "G")
        await go_to(pilot, "∂L/∂W")
        together = await screens.press(pilot, "e", "down", "right")
        assert numbers(sum_of(together, "∂L/∂W[1, 1]"))[-5:] == pytest.approx(
            [*(part[1, 1] for part in added), sum(added)[1, 1]], rel=1e-3
        )
        for i, part in enumerate(added, start=1):
            rows = await screens.press(pilot, "p")
            assert numbers(row_of(rows, f"path {i} of 4"))[-1] == pytest.approx(np.linalg.norm(part), rel=1e-12)
            assert numbers(sum_of(rows, "∂L/∂W[1, 1]"))[-1] == pytest.approx(part[1, 1], rel=1e-5)
        assert await screens.press(pilot, "p") == together


@at_every_size
async def test_the_arrows_choose_a_cell_and_its_dot_product_is_shown(size: tuple[int, int]) -> None:
    a, W, delta = layers4()
    async with screens.opened("layers4", size) as pilot:
        await go_to(pilot, "a2")
        await go_to(pilot, "∂L/∂a2")
        for key, i in (("", 0), ("down", 1), ("j", 2), ("down", 3), ("down", 3), ("right", 3), ("k", 2), ("up", 1)):
            rows = await screens.press(pilot, key or "e")
            found = sum_of(rows, f"∂L/∂a₂[{i}, 0]").partition("=")[2]
            terms = [x for j in range(3) for x in (delta[3][j, 0], W[3][j, i])]
            total = float(W[3][:, i] @ delta[3][:, 0])
            assert numbers(found) == pytest.approx([*terms, total], rel=1e-3)
            assert numbers(found)[-1] == pytest.approx(total, rel=1e-5)
        await screens.press(pilot, "q")
        await go_to(pilot, "W2")
        cells = (("", 0, 0), ("right", 0, 1), ("l", 0, 2), ("down", 1, 2), ("left", 1, 1), ("up", 0, 1), ("k", 0, 1))
        for key, i, k in cells:
            rows = await screens.press(pilot, key or "e")
            found = numbers(sum_of(rows, f"∂L/∂W₂[{i}, {k}]").partition("=")[2])
            upstream, activation = delta[2][i, 0], a[1][k, 0]
            assert found == pytest.approx([upstream, activation, upstream * activation], rel=1e-3)


async def test_a_cell_at_the_far_end_of_a_large_matrix_is_in_sight() -> None:
    a, _, delta = layers4()
    async with screens.opened("layers4", (60, 20)) as pilot:
        await go_to(pilot, "W2")
        rows = await screens.press(pilot, "e", *["down"] * 5, *["right"] * 6)
        cell = delta[2][3, 0] * a[1][4, 0]
        assert numbers(sum_of(rows, "∂L/∂W₂[3, 4]"))[-1] == pytest.approx(cell, rel=1e-5)
        assert numbers(row_of(rows, "3  "))[-1] == pytest.approx(cell, rel=1e-3)


@at_every_size
async def test_the_last_line_of_a_page_says_how_to_close_it(size: tuple[int, int]) -> None:
    async with screens.opened("xor", size) as pilot:
        for key in ("e", "m", "v"):
            rows = await screens.press(pilot, key)
            assert rows[-1].endswith(" q close"), key
            await screens.press(pilot, "q")
