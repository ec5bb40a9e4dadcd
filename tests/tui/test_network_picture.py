"""The network picture: it fits everywhere, its signs and sizes are those of the weights, and the waves are seen."""

import math
import re
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from screens import FOLDER, SCENARIOS, timeline

from bptui.core import Timeline, parse
from bptui.core.events import Accumulate, Evaluate, Event, Multiply, Update
from bptui.tui.lines import Line
from bptui.tui.moment import Moment
from bptui.tui.numbers import FORMATS, Format
from bptui.tui.pictures.levels import levelled
from bptui.tui.pictures.network import network, network_words

POSTER = (118, 34)
HOSTILE = "漢字かなカナ"


@cache
def opened(scenario: str) -> Timeline:
    return timeline(scenario)


def at(scenario: str, position: int) -> Moment:
    return Moment(opened(scenario), position)


def rows(lines: list[Line]) -> list[str]:
    return ["".join(span.text for span in line) for line in lines]


def drawn(scenario: str, position: int, size: tuple[int, int] = POSTER) -> str:
    return "\n".join(rows(network(at(scenario, position), *size)))


def roles(scenario: str, position: int, glyphs: str, size: tuple[int, int] = POSTER) -> list[str]:
    """The roles of the nodes that are drawn as one of these glyphs, without the legend."""
    lines = network(at(scenario, position), *size)[:-2]
    return [span.role for line in lines for span in line for character in span.text if character in glyphs]


def cells(moment: Moment, size: tuple[int, int] = POSTER) -> list[tuple[int, int, str, str]]:
    """Row, column, character and role of each cell above the captions that is not empty."""
    found = []
    for row, line in enumerate(network(moment, *size)[:-2]):
        column = 0
        for span in line:
            for character in span.text:
                found.append((row, column, character, span.role))
                column += 1
    return [cell for cell in found if cell[2] != " "]


def lit_columns(scenario: str, position: int) -> tuple[int, int]:
    """From where to where the picture is lit."""
    columns = [column for _, column, _, role in cells(at(scenario, position)) if role == "now"]
    return min(columns), max(columns)


def position_of(scenario: str, kind: type[Event], node: str, variable: str = "") -> int:
    """The position behind the first such event: of a node, a multiplication towards a variable, an update."""
    for index, event in enumerate(opened(scenario).events, start=1):
        match event:
            case Evaluate() | Multiply() if type(event) is kind and event.node.name == node:
                if not variable or (isinstance(event, Multiply) and event.variable == variable):
                    return index
            case Update() if kind is Update and event.parameter == node:
                return index
            case Accumulate() if kind is Accumulate and event.variable == node:
                return index
    raise AssertionError(node)


# ---- everywhere


@settings(max_examples=250)
@given(st.sampled_from(SCENARIOS), st.data(), st.integers(1, 130), st.integers(1, 40))
def test_it_fits_at_every_size(scenario: str, data: st.DataObject, width: int, height: int) -> None:
    position = opened(scenario).reach(data.draw(st.integers(0, min(len(opened(scenario)), 250))))
    for lines in (network(at(scenario, position), width, height), network_words(at(scenario, position), width, height)):
        assert len(lines) <= height
        assert all(cell_len(row) <= width for row in rows(lines))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_ends_of_every_scenario_at_the_sizes_that_matter(scenario: str) -> None:
    last = opened(scenario).chapter(1).end
    for size in ((44, 8), (46, 12), (56, 10), (78, 18), POSTER):
        for position in (0, 1, last // 2, last):
            lines = network(at(scenario, position), *size)
            assert len(lines) == size[1]
            assert all(cell_len(row) <= size[0] for row in rows(lines))
            assert any("\u2801" <= c <= "\u28ff" for row in rows(lines) for c in row)


def test_the_words_are_drawn_with_no_drawing_characters() -> None:
    for scenario in SCENARIOS:
        text = "\n".join(rows(network_words(at(scenario, 2), 60, 30)))
        assert not re.search("[\u2500-\u28ff]", text)


def test_what_is_too_small_for_a_drawing_is_told_in_words() -> None:
    assert network(at("xor", 3), 23, 8) == network_words(at("xor", 3), 23, 8)
    assert network(at("xor", 3), 60, 5) == network_words(at("xor", 3), 60, 5)


# ---- the waves


def test_the_waves_go_to_the_right_and_back() -> None:
    """layers4 has 4, 5, 4, 3, 2 units and the loss: 19 nodes; each layer's come at once."""
    forward = [drawn("layers4", position).count("●") - 1 for position in range(10)]
    assert forward == [4, 4, 9, 9, 13, 13, 16, 16, 18, 19]
    assert [drawn("layers4", position).count("○") for position in range(10)] == [19 - count for count in forward]
    begin = position_of("layers4", Multiply, "L")
    seen = [drawn("layers4", position).count("◉") - 1 for position in range(begin, begin + 17)]
    assert seen == [3, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10, 10, 15, 15, 15, 15, 15]


def test_the_light_goes_to_the_right_and_back() -> None:
    there = [lit_columns("layers4", position) for position in range(1, 10)]
    assert there == sorted(there)
    begin = position_of("layers4", Multiply, "L")
    back = [lit_columns("layers4", p)[0] for p in range(begin, begin + 16) if p in seen_backward("layers4")]
    assert back == sorted(back, reverse=True)


def seen_backward(scenario: str) -> set[int]:
    """The positions at which nothing but a layer's pre-activation or activation is gone back to."""
    events = enumerate(opened(scenario).events, start=1)
    return {index for index, event in events if isinstance(event, Multiply) and event.variable[0] in "az"}


@pytest.mark.parametrize(
    ("kind", "node", "variable", "lit", "units"),
    [
        (Evaluate, "u2", "", True, 0),
        (Evaluate, "a2", "", False, 4),
        (Multiply, "a3", "u3", False, 3),
        (Multiply, "u3", "W3", True, 0),
        (Multiply, "u3", "b3", False, 3),
        (Multiply, "u3", "a2", True, 4),
        (Update, "W3", "", True, 0),
        (Update, "b1", "", False, 5),
        (Evaluate, "L", "", True, 1),
    ],
)
def test_what_a_step_lights(kind: type[Event], node: str, variable: str, lit: bool, units: int) -> None:
    """In glyphs, so that dots are edges only."""
    position, size = position_of("layers4", kind, node, variable), (46, 12)
    assert [role for role in roles("layers4", position, "○●◉", size) if role == "now"] == ["now"] * units
    dots = [role for _, _, c, role in cells(at("layers4", position), size) if "\u2801" <= c <= "\u28ff"]
    assert ("now" in dots) == lit


def test_a_program_without_layers_is_lit_by_its_variables() -> None:
    assert roles("softmax", position_of("softmax", Evaluate, "p"), "●", (78, 9)).count("now") == 1
    lines = network(at("residual", position_of("residual", Accumulate, "a2")), *POSTER)
    assert "".join(span.text for line in lines[:-2] for span in line if span.role == "now").count("a₂") == 1


# ---- the numbers


def test_a_chain_has_its_numbers() -> None:
    """Those of the course text: x = 2, W₂ = 2, a₂ = 4, L = 40.5; ∂L/∂W₄ = -8.994 and ∂L/∂z = -9 rounded."""
    before = drawn("tanh4", 0).split()
    assert before.count("+1") == 3
    assert before.count("+2") == 1
    after = drawn("tanh4", position_of("tanh4", Multiply, "u4", "W4"))
    assert re.search(r"-8\.99", after)
    assert re.search(r"-9\.00", after)
    assert "40.51" in after
    assert "∂L/∂W₄" in after
    assert "∂L/∂W₃" not in after


@pytest.mark.parametrize("width", [44, 46, 50, 55, 60, 61, 78])
@pytest.mark.parametrize("numbers", FORMATS)
def test_numbers_of_neighbours_do_not_touch(width: int, numbers: Format) -> None:
    """At the end of the first way forward each ring has its value beneath it, in as many digits as have room."""
    shown = rows(network(Moment(opened("tanh4"), position_of("tanh4", Evaluate, "L"), numbers=numbers), width, 12))
    z = math.tanh(4.0)
    a1, a2, a3 = 2.0, 4.0, z
    expected = [2.0, a1, a2, a3, z, (z - 10.0) ** 2 / 2]
    found = [row.split() for row in shown if re.fullmatch(r"[-+.\de ]*\.\d[-+.\de ]*", row)]
    assert [float(text) for text in found[-1]] == pytest.approx(expected, rel=0.01)


def test_the_gradient_stands_until_the_weight_has_moved() -> None:
    first = position_of("layers4", Update, "W1")
    heads = [drawn("layers4", position).split("\n")[0] for position in (first - 1, first)]
    assert [head.count("∂L/∂W") for head in heads] == [4, 3]


@pytest.mark.parametrize("weights", [[1.0, -0.5, 0.25], [-1.0, 0.5, -0.25], [0.1, 0.2, -0.9], [0.0, 1.0, 1.0]])
def test_signs_are_those_of_the_file(weights: list[float]) -> None:
    """Three inputs and one unit: the edges do not cross, so their roles from above are the signs of the weights."""
    text = f"[input]\nx = [1.0, 2.0, 3.0]\n[target]\ny = [1.0]\n[[layer]]\nW = [{weights}]\nactivation = 'tanh'\n"
    scenario = parse(text + "[loss]\nkind = 'half_squared_error'\n")
    found = cells(Moment(Timeline(scenario), 0))
    seen = [role for _, column, c, role in found if 8 < column < 18 and "\u2801" <= c <= "\u28ff"]
    changes = [role for index, role in enumerate(seen) if not index or seen[index - 1] != role]
    signs = [{1.0: "plus", -1.0: "minus", 0.0: "dim"}[float(sign)] for sign in np.sign(weights)]
    assert changes == [role for index, role in enumerate(signs) if not index or signs[index - 1] != role]


def test_a_negative_edge_is_dashed_and_a_large_one_thick() -> None:
    """tanh4 with W₂ = -2: its line has gaps, where the others have none; of one unit each weight is the largest."""
    text = (FOLDER / "tanh4.toml").read_text().replace("W = 2.0", "W = -2.0")
    row = next(row for row in rows(network(Moment(Timeline(parse(text)), 0), *POSTER)) if "a₁" in row)
    x, first, second, *_ = re.split("[xaz][₀-₉]*", row)
    assert x == "⡇ "
    assert re.search("⠶{12}", first)
    assert not re.search("⠶{12}", second)
    assert re.search("⠶⠶ +⠶⠶", second)


# ---- what has no room


def test_units_without_room_are_counted() -> None:
    """digits has 64, 32 and 10 units: those that are drawn and those that are counted are all."""
    for size in ((46, 12), (78, 18), POSTER):
        lines = rows(network(at("digits", 1), *size))[:-2]
        nodes = [row for row in lines if re.search("[●○]", row)]
        first = [row for row in nodes if row.index(re.search("[●○]", row)[0]) <= 3]  # type: ignore[index]
        more = [int(found) for row in lines for found in re.findall("… ?(\\d+)", row)]
        assert more[0] + len(first) == 64
        assert sum(more) + sum(len(re.findall("[●○]", row)) for row in nodes) == 64 + 32 + 10 + 1


@pytest.mark.parametrize("position", [1, 20, 40, 100])
def test_columns_without_room_are_counted(position: int) -> None:
    """vanishing has 22 columns: x, 20 layers and the loss; the rings that are drawn have their names in them."""
    shown = drawn("vanishing", position, (60, 12))
    more = [int(count) for count in re.findall("… (\\d+)", shown)]
    names = [name for row in shown.split("\n")[:-2] for name in re.findall("(?<!W)(?<!∂)[xazL][₀-₉]*(?=[ ⢸⠨⣿])", row)]
    assert sum(more) + len([name for name in names if "∂" not in name]) == 22


# ---- in words


def test_the_words_say_what_is_known_and_lit() -> None:
    text = " ".join(rows(network_words(at("layers4", 3), 300, 40)))
    assert "4 layers: x 4 units, a₁ 5 units, a₂ 4 units, a₃ 3 units, z 2 units, loss L." in text
    assert "Value known: x, a₁." in text
    assert "No value yet: a₂, a₃, z, L." in text
    assert "Lit: u₂, the edges from a₁ to a₂." in text


def test_the_words_name_the_largest_weights_with_their_sign() -> None:
    W = np.array(opened("layers4").scenario.parameters["W3"])
    text = " ".join(rows(network_words(at("layers4", 3), 300, 40)))
    assert f"W₃ has {(W > 0).sum()} positive and {(W < 0).sum()} negative" in text
    assert "largest +0.9 at [2, 3], +0.8 at [0, 0], +0.7 at [1, 1]." in text
    gradient = " ".join(rows(network_words(at("tanh4", position_of("tanh4", Multiply, "u4", "W4")), 300, 40)))
    assert f"∂L/∂W₄ is {(math.tanh(4.0) - 10.0) * math.tanh(4.0):.6g}." in gradient
    assert "Gradient complete: L, z." in gradient


# ---- the graph


def test_a_graph_in_columns() -> None:
    """y = f(x), z = g(y, x, w): x bends once on its way to z, and w stands before it."""
    levels = levelled({"x": (), "w": (), "y": ("x",), "z": ("y", "x", "w")}, 9)
    assert dict(levels.level) == {"x": 0, "w": 1, "y": 1, "z": 2}
    assert [sorted(column) for column in levels.columns] == [
        [("x", False)],
        [("w", False), ("x", True), ("y", False)],
        [("z", False)],
    ]
    assert levelled({"x": (), "w": (), "y": ("x",), "z": ("y", "x", "w")}, 1).hidden == (0, 2, 0)


@pytest.mark.parametrize("scenario", ["residual", "attention", "rnn", "convolution", "modules"])
def test_every_edge_of_a_graph_goes_to_the_right(scenario: str) -> None:
    nodes = opened(scenario).scenario.program.nodes
    parents: dict[str, tuple[str, ...]] = {n: () for node in nodes for n in node.arguments}
    parents = {name: () for name in parents if name not in {node.name for node in nodes}}
    parents |= {node.name: node.arguments for node in nodes}
    level = levelled(parents, 40).level
    assert all(level[argument] < level[node.name] for node in nodes for argument in node.arguments)


def test_names_of_two_cells_keep_the_width() -> None:
    text = f"program = '''\ny = {HOSTILE} * {HOSTILE}\nz = y + {HOSTILE}\n'''\n[input]\n\"{HOSTILE}\" = 1.0\n"
    for size in (POSTER, (46, 12), (30, 7)):
        lines = network(Moment(Timeline(parse(text)), 2), *size)
        assert {cell_len(row) for row in rows(lines)} == {size[0]}
