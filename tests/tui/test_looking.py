"""The pages that look closer: a gradient explained (e), its Jacobian (m), where it vanishes (v), through real keys."""

import itertools
import math
import re
import tomllib

import numpy as np
import pytest
import screens
from textual.pilot import Pilot

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")
at_every_size = pytest.mark.parametrize("size", screens.SIZES)


def numbers(text: str) -> list[float]:
    return [float(number) for number in NUMBER.findall(text)]


def row_of(rows: list[str], start: str) -> str:
    return next(row for row in rows if row.strip().startswith(start))


def sum_of(rows: list[str], cell: str) -> str:
    """The dot product behind a cell, which may go over several rows."""
    first = next(i for i, row in enumerate(rows) if row.startswith(f" {cell} ="))
    return " ".join(itertools.takewhile(bool, map(str.strip, rows[first:])))


async def go_to(pilot: Pilot[None], words: str) -> None:
    """Open the prompt, type, and press Enter."""
    await screens.press(pilot, "g")
    await screens.enter(pilot, words)
    screens.debugger(pilot)


def layers4() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray]]:
    """By NumPy from the file, counted from 1: the activations (the first of them is x), the weights, the deltas."""
    file = tomllib.loads((screens.FOLDER / "layers4.toml").read_text())
    column = {name: np.reshape(x, (-1, 1)) for name, x in {**file["input"], **file["target"]}.items()}
    functions = {
        "tanh": (np.tanh, lambda u: 1 - np.tanh(u) ** 2),
        "sigmoid": (lambda u: 1 / (1 + np.exp(-u)), lambda u: np.exp(-u) / (1 + np.exp(-u)) ** 2),
        "identity": (lambda u: u, np.ones_like),
    }
    a, W, slopes = [column["x"]], [np.zeros(0)], [np.zeros(0)]
    for layer in file["layer"]:
        phi, slope = functions[layer["activation"]]
        u = np.array(layer["W"]) @ a[-1] + np.reshape(layer["b"], (-1, 1))
        a.append(phi(u))
        W.append(np.array(layer["W"]))
        slopes.append(slope(u))
    delta = [np.zeros(0)] * 4 + [(a[4] - column["y"]) * slopes[4]]
    for layer in (3, 2, 1):
        delta[layer] = (W[layer + 1].T @ delta[layer + 1]) * slopes[layer]
    return a, W, delta


# ---- e: where a gradient comes from


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


# ---- m: the Jacobian and the product


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


# ---- v: where it vanishes or explodes


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
        assert any(row.startswith(f" step A: through the activation, layer {guilty} ─") for row in rows)
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
        assert any(row.startswith(" step D: to the layer before, layer 12 ─") for row in rows)


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
