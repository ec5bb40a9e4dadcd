"""The ledger as text: every path has its line, and what has no room is counted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import lines, passed, residual

from bptui.core.ledger import count_text, route
from bptui.core.paths import Path


def test_a_long_route_is_shortened_in_the_middle_and_a_large_number_to_its_size() -> None:
    shown = lines(residual(100), "a0")
    assert len(shown) == 66
    assert max(map(len, shown)) <= 100
    assert shown[0] == (
        "a₁₀₀ → a₉₉ → a₉₈ → a₉₇ → a₉₆ → a₉₅ → a₉₄ → a₉₃ → …85… → a₇ → a₆ → a₅ → a₄ → a₃ → a₂ → a₁ → a₀: 1"
    )
    assert shown[64].startswith("the remaining 1,267,650,600,228,229,401,496,703,205,312 together = ")
    assert lines(residual(400), "a0")[64].startswith("the remaining ≈ 2.58e+120 together = ")


@given(st.integers(0, 40), st.integers(0, 200))
def test_a_route_shows_or_counts_every_variable(blocks: int, room: int) -> None:
    program, multiplications, _ = passed(residual(blocks + 1))
    edges = tuple(
        edge for edge in multiplications if edge.node.name[0] == "a" and "·" not in edge.node.name + edge.variable
    )
    text = route(program, Path(edges, np.float64(1.0)), room)
    shown = text.split(" → ")
    counted = sum(int(part.strip("…")) - 1 for part in shown if part.startswith("…"))
    assert len(shown) + counted == len(edges) + 1
    assert (shown[0], shown[-1]) == (f"a{blocks + 1}".translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")), "a₀")
    assert len(text) <= max(room, 20)


@pytest.mark.parametrize(
    ("number", "room", "expected"),
    [
        (0, 1, "0"),
        (999, 3, "999"),
        (1048512, 9, "1,048,512"),
        (1048512, 8, "≈ 1.05e+6"),
        (9999, 1, "≈ 1.00e+4"),
        (2**100, 41, "1,267,650,600,228,229,401,496,703,205,376"),
        pytest.param(10**5000, 45, "≈ 1.00e+5000", id="more digits than Python writes"),
    ],
)
def test_a_number_of_paths_is_written_in_full_where_there_is_room(number: int, room: int, expected: str) -> None:
    assert count_text(number, room) == expected


def test_products_of_matrices_stay_on_their_line() -> None:
    W = "[[0.4, -0.3, 0.1], [0.8, 0.1, 0.2], [0.3, 0.3, 0.3]]"
    shown = lines(residual(12, "[0.5, -1.0, 0.25]", W, "L = sum(a12)\n"), "w")
    assert len(shown) == 66
    assert max(map(len, shown)) <= 100
    assert shown[-1].startswith("the sum = ∂L/∂w = [3×3, ‖·‖ = ")
    assert lines(residual(1, "[1.0, 2.0]", "[[0.0, 0.0], [0.0, 0.0]]", "L = sum(a1)\n"), "w") == [
        "L → a₁ → a1·2 → a1·1 → w: [1, 2; 1, 2]",
        "the sum = ∂L/∂w = [1, 2; 1, 2]",
    ]
