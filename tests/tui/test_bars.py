"""The running product as bars: their lengths are logarithms, and what becomes of the product is said in words."""

import math

import pytest
import screens

from bptui.core import Timeline, parse
from bptui.core.events import Accumulate
from bptui.tui.lines import Line
from bptui.tui.moment import Moment
from bptui.tui.pictures.bars import bars, bars_words

EIGHTHS = {character: eighths for eighths, character in enumerate("▏▎▍▌▋▊▉█", start=1)}
D, SECH2 = math.tanh(4.0) - 10.0, 1.0 / math.cosh(4.0) ** 2
TANH4 = [1.0, D, D, D, D * SECH2, D * SECH2, D * SECH2, 2 * D * SECH2, 2 * D * SECH2, 4 * D * SECH2]
"""By hand: z = tanh(4), y = 10; weights 1, 1, 2 on the way back to W₁, and x = 2."""


def texts(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def length(row: str) -> int:
    """Of a bar, in eighths of a cell."""
    return sum(EIGHTHS.get(character, 0) for character in row)


def at(scenario: str, position: int) -> Moment:
    return Moment(screens.timeline(scenario), position)


def of(program: str, **inputs: float) -> Timeline:
    given = "\n".join(f"{name} = {value}" for name, value in inputs.items())
    return Timeline(parse(f"program = '''\n{program}\n'''\n[input]\n{given}\n"))


@pytest.mark.parametrize("width", [46, 78, 118])
def test_a_bar_is_as_long_as_the_logarithm_of_the_product(width: int) -> None:
    head, *rows = texts(bars(at("tanh4", 24), width, 20))
    assert len(rows) == len(TANH4)
    lengths = [length(row) for row in rows]
    unit = (lengths[1] - lengths[4]) / -math.log10(SECH2)  # eighths for a power of ten
    for row, product in zip(lengths, TANH4, strict=True):
        assert row - lengths[0] == pytest.approx(unit * math.log10(abs(product)), abs=1.5)
    assert head.index("1 ", head.index("⁻")) == pytest.approx(rows[0].index("█") + lengths[0] / 8, abs=1.0)


def test_the_scale_has_a_label_for_each_power_of_ten() -> None:
    head = texts(bars(at("tanh4", 24), 118, 20))[0]
    assert head.split() == ["10⁻³", "10⁻²", "10⁻¹", "1", "10", "product"]


def test_each_row_has_its_factor_and_the_product() -> None:
    rows = texts(bars(at("tanh4", 15), 46, 12))[1:]
    assert [row.split()[0] for row in rows] == ["∂L/∂L", "∂L/∂z", "φ₄′(u₄)", "∂u₄/∂a₃", "φ₃′(u₃)"]
    assert rows[-1].split()[1:3] == ["×", f"{SECH2:.3g}"]
    assert [row.split()[-1] for row in rows] == [f"{product:.3g}" for product in TANH4[:5]]


def test_what_a_factor_takes_away_is_seen() -> None:
    rows = texts(bars(at("tanh4", 15), 46, 12))[1:]
    lost = rows[-1].count("░")
    assert lost == pytest.approx((length(rows[-2]) - length(rows[-1])) / 8, abs=1.0)
    assert not any("░" in row for row in rows[:-1])


def test_bars_do_not_move_from_step_to_step() -> None:
    before, after = (texts(bars(at("tanh4", position), 78, 14)) for position in (15, 18))
    assert after[: len(before)] == before


def test_the_last_bar_is_the_present_one() -> None:
    lines = bars(at("tanh4", 15), 46, 12)[1:]
    assert [any(span.role == "now" for span in line) for line in lines] == [False] * 4 + [True]


def test_a_long_product_is_a_window_that_counts() -> None:
    rows = texts(bars(at("vanishing", 130), 46, 12))
    shown = len(rows) - 2
    counted = int(rows[1].split()[1])
    whole = len(texts(bars(at("vanishing", 130), 46, 60))) - 1
    assert rows[1].endswith("more above")
    assert shown + counted == whole


def test_nothing_behind_a_zero() -> None:
    moment = Moment(timeline := of("a = relu(u)\nL = 3 * a", u=-1.0), len(timeline))
    assert length(texts(bars(moment, 60, 9))[-1]) == 0
    assert texts(bars(moment, 60, 9))[-1].split()[-1] in ("0", "-0")
    assert texts(bars_words(moment, 80, 9))[0] == "the product is 0: behind ∂a/∂u nothing is left"


def test_a_product_that_is_infinite_is_marked() -> None:
    """exp(708.4) is about 4e307, and 708.4 times that has no number."""
    timeline = of("a = exp(x)\nL = exp(a)", x=math.log(708.4))
    moment = Moment(timeline, timeline.reach(len(timeline)))
    assert "▶" in texts(bars(moment, 60, 9))[-1]
    assert texts(bars_words(moment, 80, 9))[0] == "the product is not finite since ∂a/∂x"


def test_where_contributions_meet_their_paths_are_the_bars() -> None:
    timeline = of("g = x^2\nL = g + 8 * x", x=1.0)
    position = next(p for p in range(1, 20) if isinstance(timeline.event(p), Accumulate))
    rows = texts(bars(Moment(timeline, position), 80, 9))[1:]
    assert sorted(float(row.split()[-1]) for row in rows) == [2.0, 8.0, 10.0]  # x² brings 2x, 8x brings 8
    assert rows[-1].startswith("∂L/∂x = their sum")
    assert texts(bars_words(Moment(timeline, position), 80, 9))[0] == "the paths add up to ∂L/∂x = 10"


def test_an_update_has_the_product_of_its_gradient() -> None:
    rows = texts(bars(at("tanh4", 26), 46, 12))[1:]
    assert [row.split()[-1] for row in rows] == [f"{product:.3g}" for product in TANH4]


def test_elsewhere_it_says_where_the_product_begins() -> None:
    assert texts(bars(at("tanh4", 3), 60, 9)) == ["the product begins at L, on the way back"]


def test_in_words() -> None:
    assert texts(bars_words(at("tanh4", 15), 80, 9)) == [
        "the product is -0.0121; φ₃′(u₃) makes it 746 times as small",
        "φ₃′(u₃) × 0.00134: -0.0121",
        "∂u₄/∂a₃ × 1: -9",
        "φ₄′(u₄) × 1: -9",
        "∂L/∂z × -9: -9",
        "∂L/∂L: 1",
    ]
    assert texts(bars_words(at("tanh4", 14), 80, 1)) == ["… 5 more lines"]
    assert texts(bars_words(at("tanh4", 14), 80, 2))[0] == "the product is -9; ∂u₄/∂a₃ leaves its size as it is"


def test_the_factors_of_arrays_are_those_of_their_norms() -> None:
    """layers4: each product is the one before times its factor, as printed."""
    rows = texts(bars(at("layers4", 24), 118, 30))[1:]
    sizes = [float(row.split()[-1].strip("‖")) for row in rows]
    times = [float(row.partition("× ")[2].split()[0]) for row in rows[1:]]
    assert [a * b for a, b in zip(sizes, times, strict=False)] == pytest.approx(sizes[1:], rel=0.01)
