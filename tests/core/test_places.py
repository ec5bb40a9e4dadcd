"""Names of places: every form that is typed or shown, and what is said of what is none."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import Evaluate, Multiply, Timeline, Update, parse, read
from bptui.core.places import find, index_of, place_of

FOLDER = Path(__file__).parents[2] / "scenarios"
TANH4 = Timeline(read(FOLDER / "tanh4.toml"))
XOR = Timeline(read(FOLDER / "xor.toml"))
"""100 iterations of 17 steps: u₁ a₁ u₂ z … five forward, eight back, four updates."""
LINE = """
program = '''
z = w @ x + theta_1
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.0, 1.0, 2.0, 3.0, 4.0]]
[target]
y = [[1.0, 3.0, 5.0, 7.0, 9.0]]
[parameters]
w = [[0.0]]
theta_1 = [0.0]
[data]
batch_size = 2
held_out = 1
[update]
rule = "gradient_descent"
learning_rate = 0.02
iterations = 5
"""
"""Two steps forward, three back, two updates; two iterations an epoch, then two steps of evaluation."""
ODD = """
program = '''
forward = x^2
loss = sin(forward)
delta1 = loss * forward
dx = delta1 + x
'''
[input]
x = 1.5
"""
"""Variables that are called as places."""
STOPS = "program = '''\nu = x^2\nv = log(0 - u)\nz = v*v\n'''\n[input]\nx = 1.0\n"


@pytest.mark.parametrize(
    ("words", "position"),
    [
        # by number
        ("0", 0),
        ("1", 1),
        ("33", 33),
        ("007", 7),
        ("+5", 15),
        ("-10", 0),
        ("+0", 10),
        ("0%", 0),
        ("50%", 16),  # of 33: 16.5, to the even one
        ("100%", 33),
        ("+10%", 13),
        ("-10%", 7),
        ("start", 0),
        ("end", 33),
        # values: u₁ … a₃ u₄ z L
        ("u1", 1),
        ("u₁", 1),
        ("a3", 6),
        ("a₃", 6),
        ("z", 8),
        ("L", 9),
        ("loss", 9),
        # gradients: of z, then of each layer its u, W, b and the activation before
        ("∂L/∂z", 10),
        ("delta4", 11),
        ("δ4", 11),
        ("δ₄", 11),
        ("dL/du4", 11),
        ("∂L/∂u4", 11),
        ("∂L/∂u₄", 11),
        ("du4", 11),
        ("W4", 12),
        ("W₄", 12),
        ("dW4", 12),
        ("b4", 13),
        ("da3", 14),
        ("dL/da3", 14),
        ("∂L/∂a₃", 14),
        ("δ3", 15),
        ("delta1", 23),
        ("b1", 25),
        # updates and phases
        ("update W1", 26),
        ("update W₁", 26),
        ("update b4", 33),
        ("forward", 1),
        ("backward", 10),
        ("update", 26),
        ("iteration 1", 1),
        ("layer 1", 1),
        ("layer 4", 7),
        ("line 1", 1),  # as the program is shown: two lines a layer, and the loss
        ("line 6", 6),
        ("line 9", 9),
        # blanks
        ("  δ3\t", 15),
        ("update   W1", 26),
        (" iteration \n 1 ", 1),
        (" 12 ", 12),
    ],
)
def test_the_places_of_tanh4_seen_from_its_first_step_back(words: str, position: int) -> None:
    assert find(TANH4, words, 10) == position


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "nothing is called ''; type a name"),
        ("   ", "nothing is called ''; type a name"),
        ("34", "there are positions 0 to 33"),
        ("+24", "there are positions 0 to 33"),
        ("-11", "there are positions 0 to 33"),
        ("101%", "there are positions 0 to 33"),
        ("+80%", "there are positions 0 to 33"),
        ("999999999", "there are positions 0 to 33"),
        ("9999999999", "nothing is called '9999999999'; known are: u1, a1, "),
        ("1.5", "nothing is called '1.5'; "),
        ("50 %", "nothing is called '50 %'; "),
        ("iteration 0", "there is one iteration"),
        ("iteration 2", "there is one iteration"),
        ("layer 5", "nothing is called 'layer 5'; did you mean 'layer "),
        ("line 0", "nothing is called 'line 0'; did you mean 'line "),
        ("start of it", "nothing is called 'start of it'; "),
        ("iteration", "nothing is called 'iteration'; "),
        ("W5", "nothing is called 'W5'; known are: u1, a1, u2, a2, u3, a3, u4, z, L, W4, b4, "),
        ("dleta3", "nothing is called 'dleta3'; did you mean 'delta3'?"),
        ("bakward", "nothing is called 'bakward'; did you mean 'backward'?"),
        ("update u1", "nothing is called 'update u1'; did you mean 'update "),
        ("∂L/∂L", "nothing is called '∂L/∂L'; did you mean '∂L/∂"),
        ("x", "no step computes x, which is given; name a node or a parameter"),
        ("delta0", "nothing is called 'delta0'; did you mean 'delta"),
        ("evaluate", "this run has no phase 'evaluate'"),
        ("q" * 5_000, f"nothing is called '{'q' * 20}'; "),
    ],
)
def test_what_is_no_place_of_tanh4(words: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        find(TANH4, words, 10)
    assert str(refused.value).startswith(said)
    assert len(str(refused.value)) < 250


def test_a_name_is_looked_for_in_the_iteration_where_one_is() -> None:
    for number in (0, 1, 40, 99):
        for position in (17 * number + 1, 17 * number + 9, 17 * (number + 1)):
            assert find(XOR, "u1", position) == 17 * number + 1
            assert find(XOR, "backward", position) == 17 * number + 6
            assert find(XOR, "update", position) == 17 * number + 14
            assert find(XOR, "iteration 40", position) == 17 * 39 + 1
    assert find(XOR, "update W1", 0) == find(XOR, "update W1", 1)
    assert find(XOR, "50%", 3) == 850
    with pytest.raises(ValueError, match="there are iterations 1 to 100"):
        find(XOR, "iteration 101", 1)


def test_where_held_out_examples_are_evaluated() -> None:
    """Seven steps an iteration, and two behind the second, the fourth and the last."""
    timeline = Timeline(parse(LINE))
    assert len(timeline) == 5 * 7 + 3 * 2
    assert find(timeline, "evaluate", 8) == 15
    assert find(timeline, "evaluate", 16) == 15
    assert find(timeline, "iteration 3", 0) == 17
    assert find(timeline, "evaluate", 41) == 40
    assert find(timeline, "z", 16) == 8  # the value that is learnt from
    assert find(timeline, "theta_1", 8) == find(timeline, "θ_1", 8) == find(timeline, "dL/dtheta_1", 8)
    assert find(timeline, "update θ_1", 1) == 7
    with pytest.raises(ValueError, match="the run has no 'evaluate' in this iteration"):
        find(timeline, "evaluate", 1)


def test_variables_that_are_called_as_places_come_first() -> None:
    timeline = Timeline(parse(ODD))
    assert [find(timeline, name, 0) for name in ("forward", "loss", "delta1", "dx")] == [1, 2, 3, 4]
    assert find(timeline, "backward", 0) == 5
    last = timeline.event(len(timeline))
    assert find(timeline, "x", 0) == len(timeline)  # no node: its gradient
    assert last is not None
    assert last.phase == "backward"


def test_what_a_run_stops_before_is_no_place_of_it() -> None:
    timeline = Timeline(parse(STOPS))
    assert find(timeline, "u", 1) == 1
    for words in ("z", "backward", "dx"):
        with pytest.raises(ValueError, match=f"the run has no '{words}' in this iteration"):
            find(timeline, words, 1)
    end = timeline.reach(len(timeline))
    with pytest.raises(ValueError, match=f"there are positions 0 to {end}"):
        find(timeline, str(end + 1), 0)


@given(st.sampled_from([TANH4, XOR]), st.data())
def test_every_step_of_an_iteration_is_found_by_its_name(timeline: Timeline, data: st.DataObject) -> None:
    """tanh4 and xor have one contribution to each gradient: a multiplication completes it."""
    position = data.draw(st.integers(1, len(timeline)))
    event = timeline.event(timeline.reach(position))
    L = timeline.scenario.program.output
    match event:
        case Evaluate(node=node):
            forms = [node.name]
        case Multiply():
            forms = [f"dL/d{event.variable}".replace("L", L), f"∂{L}/∂{event.variable}", f"d{event.variable}"]
        case Update(parameter=parameter):
            forms = [f"update {parameter}"]
    assert {find(timeline, form, position) for form in forms} == {position}


@given(st.text(max_size=30) | st.from_regex(r"[+-]?[0-9]{1,12}%?", fullmatch=True), st.integers(0, 33))
def test_whatever_is_typed_is_a_position_or_refused_in_one_sentence(words: str, position: int) -> None:
    said = ""
    try:
        assert 0 <= find(TANH4, words, position) <= 33
    except ValueError as error:
        said = str(error)
    assert re.match("there are positions|nothing is called|the run has no|there is one|$", said)


def test_the_place_and_its_index() -> None:
    chapter = TANH4.chapter(1)
    places = {words: place_of(TANH4.scenario, words) for words in ("u₃", "δ₃", "W3", "update W3", "backward")}
    assert places == {
        "u₃": ("value", "u3"),
        "δ₃": ("gradient", "u3"),
        "W3": ("gradient", "W3"),
        "update W3": ("update", "W3"),
        "backward": ("phase", "backward"),
    }
    assert [index_of(chapter, place) for place in places.values()] == [4, 14, 15, 29, 9]
    assert index_of(chapter, ("phase", "evaluate")) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("update", "this run has no phase 'update'"),
        ("update p", "nothing is called 'update p'"),
        ("evaluate", "this run has no phase 'evaluate'"),
    ],
)
def test_what_never_happens_is_no_place(words: str, said: str) -> None:
    scenario = parse("program = 'z = p^2'\n[parameters]\np = 1.0\n")
    with pytest.raises(ValueError, match=said):
        place_of(scenario, words)
