"""A gradient explained, and the Jacobian beside the product: what is shown, and that it fits at every size."""

import math
import re

import numpy as np
import pytest
from rich.cells import cell_len
from screens import SCENARIOS, timeline

from bptui.core import Multiply
from bptui.core.chapter import Chapter
from bptui.core.events import result
from bptui.core.jacobian import Shape
from bptui.core.terms import Cell
from bptui.tui.explain import explain_lines, move_cell
from bptui.tui.lines import Line
from bptui.tui.matrix import grid, jacobian_of, matrix_lines
from bptui.tui.pictures.viewport import View

SIZES = [(58, 16), (78, 20), (116, 36)]
HAND = (
    "program = '''\nu = W @ a\nL = half_squared_error(u, y)\n'''\nwrt = ['W', 'a']\n"
    "[input]\na = [[1, 0], [2, 1], [0, 3]]\n[target]\ny = [[4, 6], [11, 24]]\n"
    "[parameters]\nW = [[1, 2, 3], [4, 5, 6]]\n"
)
"""W a = [[5, 11], [14, 23]]; less y it is ∂L/∂u = [[1, 5], [3, -1]]."""


def chapter(scenario: str) -> Chapter:
    return timeline(scenario).chapter(1)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def marked(lines: list[Line]) -> list[str]:
    return [span.text.strip() for line in lines for span in line if span.role == "now"]


def explained(scenario: str, name: str, cell: Cell, path: int | None, width: int, height: int) -> list[str]:
    return texts(explain_lines(chapter(scenario), name, cell, path, width, height))


def beside(
    scenario: str, node: str, argument: int, example: int | None, cursor: Cell, width: int, height: int
) -> list[str]:
    iteration = chapter(scenario)
    event = through(iteration, node, argument)
    return texts(matrix_lines(jacobian_of(iteration, event, example), View(cursor), width, height))


def through(iteration: Chapter, node: str, argument: int) -> Multiply:
    multiplications = (event for event in iteration.events if isinstance(event, Multiply))
    return next(event for event in multiplications if (event.node.name, event.argument) == (node, argument))


# ---- explain


def test_a_cell_of_the_gradient_by_hand() -> None:
    """∂L/∂W[1, 2] = 3·0 + (-1)·3."""
    shown = explained(HAND, "W", (1, 2), None, 80, 24)
    assert re.match(r"∂L/∂W = ∂L/∂u aᵀ = \[2×3, ‖·‖ = 17\.", shown[0])  # √(1 + 49 + 225 + 9 + 25 + 9) = √318
    assert "1     3.00000   5.00000  -3.00000" in shown
    assert "∂L/∂W[1, 2] = (-1) × 3 + 0 (1 term) = -3" in shown
    assert shown[-1] == "a has 2 columns (examples, or tokens): their products are summed"


def test_the_transpose_by_hand() -> None:
    """∂L/∂a[1, 0] = W[0, 1]·1 + W[1, 1]·3."""
    shown = explained(HAND, "a", (1, 0), None, 80, 24)
    assert "∂L/∂a[1, 0] = 1 × 2 + 3 × 5 = 17" in shown
    factors = [line.split() for line in shown if line.startswith("×")]
    norms = [math.sqrt(91), math.hypot(13, 1, 17, 5, 21, 9)]
    assert factors[1] == ["×", "∂u/∂a", "=", "W", *(f"‖{norm:.7f}‖" for norm in norms)]
    assert factors[0][:6] == ["×", "∂L/∂u", "=", "(u", "-", "y)"]


def test_the_chosen_cell_and_the_results_are_marked() -> None:
    assert marked(explain_lines(chapter(HAND), "W", (1, 2), None, 80, 24))[-2:] == ["-3.00000", "= -3"]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_gradient_is_explained_at_every_size(scenario: str, width: int, height: int) -> None:
    iteration = chapter(scenario)
    for name, index in iteration.completed.items():
        shape = result(iteration.events[index]).shape
        lines = explain_lines(iteration, name, tuple(n - 1 for n in shape), None, width, height)
        assert 3 < len(lines) <= height
        assert {sum(cell_len(span.text) for span in line) for line in lines} == {width}
        assert marked(lines) or not shape
        assert "∂" in texts(lines)[0] or "δ" in texts(lines)[0]


@pytest.mark.parametrize("height", range(1, 16))
def test_it_never_takes_more_lines_than_there_are(height: int) -> None:
    for name, cell in (("W", (1, 2)), ("h1", (0, 0)), ("V", (0, 1))):
        shown = explained("rnn", name, cell, None, 40, height)
        assert len(shown) <= height
        assert max(map(cell_len, shown)) <= 40


def test_several_paths_are_a_ledger_and_with_room_the_whole_product_too() -> None:
    small, large = (explained("rnn", "W", (1, 2), None, *size) for size in ((58, 16), (116, 36)))
    for shown in (small, large):
        assert sum(line.startswith("L → z → ") for line in shown) == 4
        assert any(line.startswith("∂L/∂W[1, 2] = 0.0238") for line in shown)
        assert shown[-1] == "W is used 4 times: what each use sends back is added"
    assert not any(line.startswith("Σ") for line in small)
    assert any(re.match(r"Σ ∂L/∂W = the sum of 4 +‖0\.1718", line) for line in large)


def test_one_path_by_itself() -> None:
    """The second one, over v₃: its last product is not the gradient but what it adds."""
    iteration = chapter("rnn")
    shown = explained("rnn", "W", (1, 2), 1, 80, 24)
    assert shown[0].startswith("path 2 of 4 adds to ∂L/∂W: [3×3, ")
    event = through(iteration, "v3", 0)
    assert any(line.endswith(f"= {event.downstream[1, 2]:.6g}") for line in shown)
    assert not any(line.startswith("L → ") for line in shown)


def test_a_large_gradient_is_a_window_around_the_cell() -> None:
    shown = explained("digits", "W1", (20, 40), None, 58, 16)
    (counts,) = (re.findall(r"\d+", line) for line in shown if line.startswith("… rows"))
    top, bottom, rows, left, right, columns = map(int, counts)
    assert top <= 20 <= bottom
    assert left <= 40 <= right
    assert (rows, columns) == (32, 64)


def test_what_is_not_listed_of_a_dot_product_is_summed() -> None:
    iteration = chapter("digits")
    shown = explained("digits", "b1", (3, 0), None, 58, 16)
    text = " ".join(shown)
    (found,) = re.findall(r"∂L/∂b₁\[3, 0\] = (.*?) \+ … and (\d+) more: (\S+) = (\S+)", text)
    listed = [float(word.strip("()")) for word in found[0].split(" + ")]
    upstream = through(iteration, "u1", 2).upstream[3]
    assert listed == pytest.approx(upstream[: len(listed)].tolist(), rel=1e-3)
    assert len(listed) + int(found[1]) == 64
    assert float(found[2]) == pytest.approx(float(upstream[len(listed) :].sum()), rel=1e-3)
    assert float(found[3]) == pytest.approx(float(upstream.sum()), rel=1e-5)


def test_a_gradient_that_nobody_asked_for() -> None:
    assert explained("xor", "x", (0, 0), None, 58, 16) == ["∂L/∂x is not asked for, or not there yet"]


def test_a_number_has_no_dot_product() -> None:
    shown = explained("tanh4", "W1", (), None, 58, 16)
    assert shown[0].startswith("∂L/∂W₁ = δ₁ · x = -0.04827")
    assert sum(line.startswith("×") for line in shown) == 9
    assert not any("[" in line for line in shown)


@pytest.mark.parametrize(
    ("shape", "cell", "moves", "there"),
    [
        ((), (), (1, 1), ()),
        ((2, 3), (0, 0), (1, 2), (1, 2)),
        ((2, 3), (1, 2), (5, 5), (1, 2)),
        ((2, 3), (1, 2), (-5, -1), (0, 1)),
        ((2, 1, 3, 3), (0, 0, 2, 1), (1, 0), (1, 0, 0, 1)),
        ((2, 1, 3, 3), (1, 0, 0, 1), (-1, -1), (0, 0, 2, 0)),
    ],
)
def test_the_cell_moves_and_stays_inside(shape: Shape, cell: Cell, moves: tuple[int, int], there: Cell) -> None:
    assert move_cell(shape, cell, *moves) == there


# ---- the grid


def test_a_grid_names_its_rows_and_columns_and_counts_what_it_leaves_out() -> None:
    x = np.arange(600.0).reshape(20, 30)
    assert texts(grid(x, (str, "c{}".format), 36, 5, corner=(7, 4))) == [
        "            c4        c5        c6",
        "7    214.00000 215.00000 216.00000",
        "8    244.00000 245.00000 246.00000",
        "9    274.00000 275.00000 276.00000",
        "… rows 7–9 of 20, columns 4–6 of 30",
    ]
    assert texts(grid(x, (str, str), 36, 5, corner=(99, 99)))[-1] == "… rows 17–19 of 20, columns 27–29 of 30"
    assert texts(grid(x[:2, :2], (str, str), 36, 5)) == [
        "            0         1",
        "0     0.00000   1.00000",
        "1    30.00000  31.00000",
    ]


# ---- the Jacobian


def test_the_jacobian_of_weights_by_hand() -> None:
    """u[i, n] = Σ W[i, k] a[k, n], both in column-major order."""
    shown = beside(HAND, "u", 0, 1, (1, 3), 116, 36)
    assert shown[0].split() == ["J", "=", "∂u/∂W,", "made", "of", "a,", "example", "1", "of", "0–1", "2×2", "by", "2×3"]
    assert shown[1] == "J[1, 3] = ∂u[1, 1]/∂W[1, 1] = 1"  # a[1, 1]
    head, first, second = (line[:66].split() for line in shown[2:5])
    assert head == ["0,0", "1,0", "0,1", "1,1", "0,2", "1,2"]
    assert first[:7] == ["0,1", "·", "·", "1.00000", "·", "3.00000", "·"]
    assert second[:7] == ["1,1", "·", "·", "·", "›1.00000", "·", "3.00000"]
    text = "\n".join(shown)
    assert text.count("[0; 0; 5; -1; 15; -3]") == 2  # g[:, 1] = (5, -1) with a[:, 1] = (0, 1, 3)
    assert "Jᵀ vec(∂L/∂u) = [0; 0; 5; -1; 15; -3]" in text
    assert "∂L/∂u aᵀ = [0; 0; 5; -1; 15; -3]" in text
    assert "they are equal" in text


def test_a_jacobian_that_is_too_large_says_so_and_the_product_is_still_there() -> None:
    shown = beside("digits", "u2", 1, None, (0, 0), 80, 20)
    assert shown[1].startswith("a Jacobian of 640 × 2,048 is not written out")
    assert any("n shows one example: 0–63" in line for line in shown)
    assert any(line.startswith("W₂ᵀ δ₂ = [") for line in shown)


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize(("width", "height"), [*SIZES, (34, 8)])
def test_every_jacobian_fits(scenario: str, width: int, height: int) -> None:
    iteration = chapter(scenario)
    for event in iteration.events[:120]:
        if isinstance(event, Multiply):
            for example in (None, 0):
                shown = jacobian_of(iteration, event, example)
                corner = (min(2, max(shown.shape[0] - 1, 0)), min(3, max(shown.shape[1] - 1, 0)))
                lines = matrix_lines(shown, View(corner, corner), width, height)
                assert 2 < len(lines) <= height
                assert {sum(cell_len(span.text) for span in line) for line in lines} == {width}
                assert not any("differ by" in text for text in texts(lines))
