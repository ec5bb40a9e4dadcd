"""The picture of a function: curve, point and tangent lie where mathematics puts them, read off by the axes' labels."""

import math
from collections.abc import Callable

import pytest
import screens
from rich.cells import cell_len

from bptui.core import Timeline, parse
from bptui.core.events import Multiply
from bptui.tui.lines import Line, Role
from bptui.tui.moment import Moment
from bptui.tui.pictures.slope import slope, slope_words

SIZES = [(1, 1), (2, 3), (17, 5), (44, 8), (46, 12), (118, 34)]
DOTS = (0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def of(program: str, **inputs: object) -> Timeline:
    given = "\n".join(f"{name} = {value}" for name, value in inputs.items())
    return Timeline(parse(f"program = '''\n{program}\n'''\n[input]\n{given}\n"))


def backward(timeline: Timeline, node: str) -> Moment:
    """The step through a node towards its first argument."""
    for position in range(1, len(timeline) + 1):
        event = timeline.event(position)
        if isinstance(event, Multiply) and event.node.name == node:
            return Moment(timeline, position)
    raise LookupError(node)


class Drawing:
    """The lines read as a reader does: what number a place stands for, by the ticks with their labels."""

    def __init__(self, lines: list[Line]) -> None:
        self.cells = [[(c, span.role) for span in line for c in span.text] for line in lines[1:]]
        *area, frame, labels = texts(lines)[1:]
        places = [column for column, character in enumerate(frame) if character == "┴"]
        numbers = {
            labels.find(word): float(word) for word in labels.split() if word.lstrip("-").replace(".", "").isdigit()
        }
        near = [(column, number) for at, number in numbers.items() for column in places if abs(column - at) < 4]
        (x0, a), (x1, b) = min(near), max(near)
        self.x: Callable[[float], float] = lambda u: 2 * (x0 + (u - a) * (x1 - x0) / (b - a)) + 0.5
        rows = [(row, float(text.partition("┤")[0])) for row, text in enumerate(area) if "┤" in text]
        (y0, c), (y1, d) = rows[0], rows[-1]
        self.y: Callable[[float], float] = lambda v: 4 * (y0 + (v - c) * (y1 - y0) / (d - c)) + 1.5

    def dots(self, role: Role) -> list[tuple[int, int]]:
        return [
            (2 * column + dx, 4 * row + dy)
            for row, cells in enumerate(self.cells)
            for column, (character, here) in enumerate(cells)
            if here == role and 0x2800 < ord(character) < 0x2900
            for dy in range(4)
            for dx in range(2)
            if (ord(character) - 0x2800) & DOTS[dy][dx]
        ]

    def point(self) -> tuple[int, int]:
        """The cell that is marked."""
        return next((x, y) for y, row in enumerate(self.cells) for x, (c, _) in enumerate(row) if c == "●")


CURVES: list[tuple[str, float, Callable[[float], float], float]] = [
    ("tanh(u)", 1.0, math.tanh, 1.0 - math.tanh(1.0) ** 2),
    ("sin(u)", 2.25, math.sin, math.cos(2.25)),
    ("exp(u)", 1.5, math.exp, math.exp(1.5)),
    ("u^2", -1.5, lambda u: u * u, -3.0),
    ("log(u)", 2.0, math.log, 0.5),
    ("sigmoid(u)", -0.5, lambda u: 1 / (1 + math.exp(-u)), 1 / (2 + 2 * math.cosh(0.5))),
    ("relu(u)", 2.0, lambda u: max(u, 0.0), 1.0),
    ("2.5 * u", 3.0, lambda u: 2.5 * u, 2.5),
    ("half_squared_error(u, 3)", 1.0, lambda u: (u - 3) ** 2 / 2, -2.0),
]


@pytest.mark.parametrize(("program", "at", "f", "derivative"), CURVES)
def test_the_tangent_has_the_slope_of_the_derivative(
    program: str, at: float, f: Callable[[float], float], derivative: float
) -> None:
    drawing = Drawing(slope(backward(of(f"L = {program}", u=at), "L"), 110, 44))
    column, row = drawing.point()
    assert abs(2 * column + 0.5 - drawing.x(at)) <= 3
    assert abs(4 * row + 1.5 - drawing.y(f(at))) <= 5
    tangent = drawing.dots("backward")
    scale = (drawing.y(1.0) - drawing.y(0.0)) / (drawing.x(1.0) - drawing.x(0.0))
    on_the_line = {x for x, y in tangent if abs(y - drawing.y(f(at)) - (x - drawing.x(at)) * scale * derivative) <= 3.5}
    reached = {x for x, _ in tangent}
    assert len(on_the_line) >= 10
    assert len(on_the_line) >= 0.95 * len(reached)


@pytest.mark.parametrize(("program", "at", "f", "derivative"), CURVES)
def test_the_curve_is_that_of_the_function(
    program: str, at: float, f: Callable[[float], float], derivative: float
) -> None:
    drawing = Drawing(slope(backward(of(f"L = {program}", u=at), "L"), 110, 44))
    curve = drawing.dots("text")
    assert len(curve) > 60
    for x, y in curve:
        start, unit = drawing.x(0.0), drawing.x(1.0) - drawing.x(0.0)
        around = [(x + step - start) / unit for step in (-3, 3)]
        heights = [drawing.y(f(u)) for u in around if u > 0.0 or "log" not in program]
        assert min(heights) - 4 <= y <= max(heights) + 4 or len(heights) < 2


def test_nothing_is_drawn_outside_of_the_domain() -> None:
    drawing = Drawing(slope(backward(of("L = log(u)", u=2.0), "L"), 110, 44))
    assert min(x for x, _ in drawing.dots("text")) >= drawing.x(0.0) - 2


def test_a_pole_is_a_gap_and_not_a_line() -> None:
    """1/u: above on the right, below on the left, and between the two no column from the bottom to the top."""
    drawing = Drawing(slope(backward(of("L = 1 / u", u=2.0), "L"), 110, 44))
    for x, y in drawing.dots("text"):
        assert (x < drawing.x(0.0)) == (y > drawing.y(0.0)) or abs(x - drawing.x(0.0)) < 3


def test_the_caption_says_the_slope() -> None:
    moment = Moment(screens.timeline("tanh4"), 15)
    assert texts(slope(moment, 78, 18))[0] == "φ₃ = tanh: at u₃ = 4 the slope φ₃′(u₃) is 0.00134"
    assert texts(slope(moment, 46, 12))[0] == "φ₃ = tanh: at u₃ = 4 the slope is 0.00134"
    assert texts(slope(moment, 20, 12))[0] == "slope 0.00134"


def test_in_words() -> None:
    assert " ".join(texts(slope_words(Moment(screens.timeline("tanh4"), 15), 60, 9))) == (
        "φ₃ = tanh. At u₃ = 4 the value is 0.999 and the slope φ₃′(u₃) is 0.00134: "
        "when u₃ moves a little, a₃ moves 0.00134 times as far."
    )
    falling = slope_words(backward(of("L = u * w", u=3.0, w=-2.0), "L"), 200, 9)
    assert texts(falling) == [
        "L = u · w with w = -2. At u = 3 the value is -6 and the slope ∂L/∂u is -2: "
        "when u moves a little, L moves 2 times as far, the other way."
    ]
    assert "L moves not at all" in texts(slope_words(backward(of("L = relu(u)", u=-1.0), "L"), 200, 9))[0]


def test_before_the_function_is_applied_its_value_is_not_there() -> None:
    """layers4: u₁ has been computed, tanh of it not yet."""
    moment = Moment(screens.timeline("layers4"), 1)
    assert texts(slope(moment, 78, 18))[0].startswith("φ₁ = tanh: u₁[0, 0] = ")
    assert texts(slope(moment, 78, 18))[0].endswith(" goes in next")
    assert "●" not in "".join(texts(slope(moment, 78, 18)))
    assert "slope" not in "".join(texts(slope_words(moment, 78, 18)))


def test_of_an_array_every_cell_is_marked_and_the_tangent_is_at_that_of_the_largest_upstream() -> None:
    timeline = of("a = tanh(u)\nL = sum(a * w)", u=[-3.0, -1.0, 1.0, 3.0], w=[1.0, 5.0, 2.0, 0.0])
    lines = slope(backward(timeline, "a"), 110, 44)
    derivative = 1.0 - math.tanh(-1.0) ** 2
    assert texts(lines)[0] == f"a = tanh(u): at u[1, 0] = -1 the slope ∂a/∂u[1, 0] is {derivative:.3g}"
    assert "".join(texts(lines)).count("•") == 3
    assert "It is one of 4 cells." in " ".join(texts(slope_words(backward(timeline, "a"), 80, 9)))


@pytest.mark.parametrize(
    ("program", "at"),
    [
        ("relu(u)", 1e308),
        ("u * 1e308", 1e-5),
        ("exp(u)", 700.0),
        ("log(u)", 5e-324),
        ("u^3", -1e100),
        ("tan(u)", 1e6),
        ("1 / u", 1e-300),
        ("log(u)", -1.0),
        ("sqrt(u)", 0.0),
        ("0 * u", 0.0),
    ],
)
def test_numbers_of_any_size_are_drawn(program: str, at: float) -> None:
    timeline = of(f"L = {program}", u=at)
    for position in range(timeline.reach(9) + 1):
        for width, height in SIZES:
            for view in (slope, slope_words):
                lines = view(Moment(timeline, position), width, height)
                assert 0 < len(lines) <= height
                assert all(sum(cell_len(span.text) for span in line) <= width for line in lines)


def test_wide_names_keep_the_columns() -> None:
    timeline = Timeline(parse("program = '漢字 = tanh(かな)'\n[input]\n\"かな\" = 1.0\n"))
    for width, height in SIZES:
        for line in slope(Moment(timeline, 2), width, height):
            assert sum(cell_len(span.text) for span in line) <= width


def test_where_there_is_no_curve_it_says_why() -> None:
    timeline = screens.timeline("attention")
    assert texts(slope(Moment(timeline, 0), 80, 12)) == ["the curve of a function is drawn from the first step on"]
    assert texts(slope(Moment(timeline, 1), 80, 12)) == [
        "no curve: up to Q every step has arguments of many cells that act together"
    ]
