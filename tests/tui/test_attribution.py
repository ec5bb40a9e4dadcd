"""Attribution as a pane: the verdict in words, a bar for each factor, and where each row leads."""

import math
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from bptui.core import Timeline, parse, read
from bptui.core.attribution import Attribution, attribution, history
from bptui.core.program import Program
from bptui.tui.attribution import attribution_lines, guilty_row, rows, target
from bptui.tui.lines import Line

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted(path.stem for path in FOLDER.glob("*.toml"))
DEAD = "program = '''\na = tanh(漢字かな)\nb = relu(a)\nL = 4 * sum(b)\n'''\n[input]\n\"漢字かな\" = [-1.0, -2.0]\n"
FLAT = "program = '''\na = tanh(u)\nL = sum(a)\n'''\n[input]\nu = [1000.0, 4.0, -4.0, 0.1]\n"
LONE_WEIGHT = "program = 'L = w^2'\n[parameters]\nw = 5.0\n"
TEXTS = {name: (FOLDER / f"{name}.toml").read_text(encoding="utf-8") for name in SCENARIOS if name != "digits"}
TEXTS |= {"dead": DEAD, "flat": FLAT, "lone": LONE_WEIGHT}


@cache
def made(name: str) -> tuple[Attribution, Program]:
    chapter = Timeline(parse(TEXTS[name])).chapter(1)
    return attribution(chapter), chapter.program


def drawn(name: str, width: int, height: int, selected: int | None = None, past: tuple[float, ...] = ()) -> list[Line]:
    found, program = made(name)
    return attribution_lines(found, program, width, height, guilty_row(found) if selected is None else selected, past)


def shown(name: str, width: int, height: int, selected: int | None = None, past: tuple[float, ...] = ()) -> list[str]:
    """The lines that are not empty."""
    rows_ = ("".join(span.text for span in row).rstrip() for row in drawn(name, width, height, selected, past))
    return [row for row in rows_ if row]


# ---- the words


def test_it_says_that_the_gradient_vanishes_and_where() -> None:
    text = shown("vanishing", 116, 36)
    assert text[0] == "the gradient vanishes: of 10^-0.18 at z only 10^-12.57 is left at u₁"
    assert text[1] == "guilty: φ₁′(u₁) (sigmoid), a factor of 0.197 = 10^-0.71, with 18 like it"
    assert text[2] == "together: 19 activations 10^-12.39, 19 weights 10^0.00"
    assert len(text) == 3 + 1 + 21


def test_it_says_that_the_gradient_explodes_or_passes() -> None:
    assert shown("exploding", 116, 36)[0] == "the gradient explodes: from 10^2.54 at z it grows to 10^6.39 at u₁"
    assert shown("exploding", 116, 36)[1] == "guilty: W₁₂ᵀ (weights), a factor of 2.24 = 10^0.35, with 10 like it"
    vanishes = "the gradient vanishes: of 10^0.95 at z only 10^-1.62 is left at u₁"
    assert shown("tanh4", 116, 36)[0] == vanishes
    assert shown("tanh4", 116, 36)[1] == "guilty: φ₃′(u₃) (tanh), a factor of 0.00134 = 10^-2.87"
    assert shown("layers4", 116, 36)[0].startswith("the gradient passes: it is 10^")
    assert shown("layers4", 116, 36)[1].startswith("changes most: ")


def test_it_says_that_nothing_passes() -> None:
    text = shown("dead", 60, 16)
    assert text[:2] == [
        "nothing passes ∂b/∂a: from a on the gradient is 0",
        "guilty: ∂b/∂a (activation), a factor of 0",
    ]
    (row,) = (row for row in text if row.startswith("›"))
    assert row.split()[1:3] == ["∂b/∂a", "activation"]
    assert row.endswith("-inf    -inf  2 of 2 dead")


# ---- the rows


def test_a_row_has_the_bars_of_its_layer() -> None:
    """z is 0.9, 0.5, 0, and y 1, 0, 0.5; of the first hidden unit, which is not dead, the third example is below 0."""
    loss = math.hypot(0.1, 0.5, 0.5) / 3
    a1, u1 = loss * math.hypot(1.0, 0.7), math.hypot(0.1, 0.5, 0.0) / 3
    product = [f"{math.log10(size):.2f}" for size in (loss, a1, u1)]
    weights, activation = f"+{math.log10(a1 / loss):.2f}", f"{math.log10(u1 / a1):.2f}"
    head, *rows_, past = shown("dead_relu", 70, 16, past=(-0.5, -0.25, -1.0))[3:]
    assert head.split() == ["layer", "log₁₀", "φ′", "log₁₀", "Wᵀ", "product"]
    assert [row.split() for row in rows_] == [
        ["loss", product[0]],
        ["2", "identity", "│", "0.00", "│━▶", weights, product[1]],
        ["›", "1", "relu", "◀━━━━│", activation, product[2], "1", "of", "2", "dead"],
    ]
    assert past == "over iterations ▆█▁ 10^-0.50 → 10^-1.00"


def test_the_longest_bar_is_that_of_the_largest_share() -> None:
    found, _ = made("rnn")
    bars = [row.count("━") + row.count("◀") + row.count("▶") for row in shown("rnn", 116, 36)[4:]]
    assert bars.index(max(bars)) == max(range(len(bars)), key=lambda i: abs(found.shares[i].log10))
    for row, share in zip(shown("rnn", 116, 36)[4:], found.shares, strict=True):
        assert not ("◀" in row and share.log10 >= 0.0)
        assert not ("▶" in row and share.log10 <= 0.0)
        assert (f"{share.log10:+.2f}" if abs(share.log10) > 0.005 else " 0.00 ") in row


@pytest.mark.parametrize(("width", "text"), [(100, "1 of 4 dead, 2 saturated"), (58, "1 dead, 2 sat.")])
def test_dead_and_saturated_units_are_counted(width: int, text: str) -> None:
    assert shown("flat", width, 16)[-1].endswith(text)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_share_is_in_one_row_and_each_row_leads_to_one_of_its_events(name: str) -> None:
    found, program = made(name)
    assert [index for row in rows(found) for index in row] == list(range(len(found.shares)))
    assert len(rows(found)) == (len(program.layers) + 1 if program.layers else len(found.shares))
    assert target(found, guilty_row(found)) == found.shares[found.guilty].index
    for number, row in enumerate(rows(found)):
        most = max(abs(found.shares[index].log10) for index in row)
        (share,) = (share for share in found.shares if share.index == target(found, number))
        assert share in [found.shares[index] for index in row]
        assert abs(share.log10) == pytest.approx(most) or number == guilty_row(found)


# ---- at every size


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(58, 116), st.integers(16, 36), st.data())
def test_all_that_is_designed_for_fits(name: str, width: int, height: int, data: st.DataObject) -> None:
    selected = data.draw(st.integers(0, len(rows(made(name)[0])) - 1))
    text = shown(name, width, height, selected, (-1.0, -2.0))
    assert len(text) <= height
    assert max(map(cell_len, text)) <= width
    assert sum(row.startswith("› ") for row in text) == 1
    assert text[-1].startswith("over iterations █▁ 10^-1.00")
    assert not any(row.endswith("…") for row in text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(TEXTS)), st.integers(0, 60), st.integers(0, 20))
def test_smaller_than_that_nothing_is_too_wide(name: str, width: int, height: int) -> None:
    lines = drawn(name, width, height, past=(-1.0, 2.0))
    assert len(lines) <= height
    assert all(sum(cell_len(span.text) for span in row) == width for row in lines)


# ---- over iterations


def test_a_long_history_has_room() -> None:
    timeline = Timeline(read(FOLDER / "xor.toml"))
    past = history(timeline.chapter(timeline.calendar.start(number) + 1) for number in range(120))
    *_, last = shown("xor", 58, 16, past=tuple(past))
    drawn_bars = sum("▁" <= character <= "█" for character in last)
    assert 10 < drawn_bars < 58
    assert last.endswith(f" 10^{past[-drawn_bars]:.2f} → 10^{past[-1]:.2f}")
