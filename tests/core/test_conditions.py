"""Conditions hold for the events that mathematics says; a wrong one gets a clear message."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core import Accumulate, Evaluate, InputError, Multiply, Timeline, Update, parse, read
from bptui.core.conditions.condition import parse as condition
from bptui.core.events import Event

FOLDER = Path(__file__).parents[2] / "scenarios"
NAMES = ("tanh4", "vanishing", "dead_relu", "xor", "exploding", "attention", "residual")
TIMELINES = {name: Timeline(read(FOLDER / f"{name}.toml")) for name in NAMES}
STOPS = "program = '''\nu = log(x)\nz = u^2\n'''\n[input]\nx = -1.0\n"
SHADOWS = """
program = '''
value = line * 2
z = value^2 + delta
'''
wrt = ["line"]
[input]
line = 3.0
[parameters]
delta = 5.0
"""


def step(event: Event) -> str:
    """`u1`, `a3 → u3`, `Σ x`, `W1 ←`."""
    match event:
        case Evaluate():
            return event.node.name
        case Multiply():
            return f"{event.node.name} → {event.variable}"
        case Accumulate():
            return f"Σ {event.variable}"
        case Update():
            return f"{event.parameter} ←"


def held(timeline: Timeline, text: str, position: int = 1) -> list[str]:
    """The steps of one iteration for which a condition holds."""
    chapter = timeline.chapter(position)
    holds = condition(text, timeline.scenario.program).holds
    return [step(event) for index, event in enumerate(chapter.events) if holds(chapter, index)]


# ---- the examples, against mathematics


def test_the_products_that_vanish() -> None:
    """z = 1·a₁₉ and δ₂₀ = z - 0; each layer down takes the factor σ′ = σ(1 - σ), each ∂L/∂W the factor a."""
    a = [1.0]
    for _ in range(19):
        a.append(1 / (1 + math.exp(-a[-1])))
    delta = a[19]
    products = [("L → z", delta)]
    for k in range(20, 0, -1):
        node = "z" if k == 20 else f"a{k}"
        delta *= 1.0 if k == 20 else a[k] * (1 - a[k])
        products += [(f"{node} → u{k}", delta), (f"u{k} → W{k}", delta * a[k - 1]), (f"u{k} → b{k}", delta)]
        products += [(f"u{k} → a{k - 1}", delta)] if k > 1 else []
    expected = [name for name, product in products if abs(product) < 1e-4]
    assert 0 < len(expected) < len(products)
    assert held(TIMELINES["vanishing"], "|product| < 1e-4") == expected
    assert held(TIMELINES["vanishing"], "product < 1e-4 and -product < 1e-4") == expected


def test_a_dead_relu_has_local_derivatives_of_zero() -> None:
    """The second unit is off in all examples: a₁, by which ∂L/∂W₂ is made, and relu′ have zeros there."""
    timeline = TIMELINES["dead_relu"]
    assert held(timeline, "local == 0") == ["u2 → W2", "a1 → u1"]
    assert held(timeline, "max(local) == 0") == []


def test_the_loss_of_xor_falls_below_a_tenth() -> None:
    timeline = TIMELINES["xor"]
    y = np.array([[0.0, 1.0, 1.0, 0.0]])
    below = set()
    for number in range(100):
        chapter = timeline.chapter(17 * number + 1)
        z = chapter.events[chapter.evaluated["z"]].value  # type: ignore[union-attr]
        loss = np.mean(np.log(1 + np.exp(z)) - y * z)
        below |= {number} if loss < 0.1 else set()
        assert held(timeline, "loss < 0.1", chapter.start + 1) == ["L"] * (number in below)
    assert 0 < len(below) < 100


def test_the_deltas_that_explode() -> None:
    W, x, y = np.array([[2.0, 1.0], [-1.0, 2.0]]), np.array([0.01, 0.02]), np.array([1.0, 0.0])
    delta = np.linalg.matrix_power(W, 12) @ x - y
    expected = []
    for k in range(12, 0, -1):
        node = "z" if k == 12 else f"a{k}"
        expected += [f"{node} → u{k}"] if np.linalg.norm(delta) > 1000 else []
        delta = W.T @ delta
    assert 0 < len(expected) < 12
    for text in ("norm(delta) > 1000", "‖δ‖ > 1e3"):
        assert held(TIMELINES["exploding"], text) == expected


def test_a_result_that_is_not_finite() -> None:
    timeline = Timeline(parse(STOPS))
    assert (held(timeline, "nan"), held(timeline, "not nan")) == (["u"], [])
    assert held(TIMELINES["tanh4"], "nan") == []


def test_a_step_that_changes_the_shape() -> None:
    """Of a matrix product the data is behind the matrix; K, Q and V are 2×3, X, S and P are 3×3."""
    timeline = TIMELINES["attention"]
    assert held(timeline, "shape changed and forward") == ["Q", "K", "V", "S·1", "S·2", "Z", "L"]
    backward = ["L → Z", "Z → P", "S·2 → S·1", "S·2 → Q", "S·1 → K", "V → X", "K → X", "Q → X"]
    assert held(timeline, "shape changed and backward") == backward
    assert held(timeline, "shape changed and update") == []


# ---- names and places


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("line 6", ["a3", "a3 → u3"]),
        ("node a3", ["a3", "a3 → u3"]),
        ("a3", ["a3", "u4 → a3"]),
        ("a₃", ["a3", "u4 → a3"]),
        ("variable W3", ["u3 → W3", "W3 ←"]),
        ("δ₃", ["a3 → u3"]),
        ("delta3", ["a3 → u3"]),
        ("grad(W3)", ["u3 → W3"]),
        ("∂L/∂W3", ["u3 → W3"]),
        ("layer 3", ["u3", "a3", "a3 → u3", "u3 → W3", "u3 → b3", "u3 → a2", "W3 ←", "b3 ←"]),
        ("layer 3 and phase backward", ["a3 → u3", "u3 → W3", "u3 → b3", "u3 → a2"]),
        ("update and not (W1 or W2 or b1 or b2 or b3 or b4)", ["W3 ←", "W4 ←"]),
        ("evaluate", []),
        ("iteration 2", []),
        ("iteration 1 and W1", ["u1 → W1", "W1 ←"]),
        ("u3 == 4", ["u3"]),
        ("value > 39 and value < 41", ["L"]),
        ("W4 != 0", ["W4 ←"]),
        ("grad(b3) < 0", ["u3 → b3"]),
        ("δ3 < -0.01 and δ3 > -0.02", ["a3 → u3"]),
        ("rate == 0.1 and W1", ["W1 ←"]),
        ("position == 5", ["u3"]),
        ("|total| >= 0", []),
    ],
)
def test_places_and_names_of_the_four_layers(text: str, expected: list[str]) -> None:
    assert held(TIMELINES["tanh4"], text) == expected


def test_what_meets_at_a_variable_belongs_to_the_step_before() -> None:
    timeline = TIMELINES["residual"]
    assert held(timeline, "line 3") == ["f2·1", "f2", "f2 → f2·1", "f2·1 → w2", "f2·1 → a1", "Σ a1"]
    assert held(timeline, "a1") == ["a1", "a2 → a1", "f2·1 → a1", "Σ a1"]
    assert held(timeline, "grad(a1)") == ["a2 → a1", "f2·1 → a1", "Σ a1"]
    assert held(timeline, "∂L/∂a1 != 0") == ["Σ a1"]
    assert held(timeline, "total != 0") == ["Σ a2", "Σ a1", "Σ a0"]


def test_the_change_is_what_is_added() -> None:
    assert len(held(TIMELINES["tanh4"], "|before + change - after| < 1e-12")) == 8
    assert len(held(TIMELINES["tanh4"], "|change + gradient * rate| < 1e-12")) == 8
    assert len(held(TIMELINES["xor"], "|change + gradient * rate| > 1e-6")) == 4  # Adam


def test_a_cell() -> None:
    """layers4: W₂ is 4×5, b₃ a column of three, and the third cell of u₁ is 0.0·… = 0.2375 by hand."""
    timeline = Timeline(read(FOLDER / "layers4.toml"))
    u = 0.10 * 0.5 + 0.25 * -1.0 + -0.35 * 0.25 + 0.45 * 2.0 + 0.05
    assert held(timeline, f"|u1[2] - {u!r}| < 1e-12") == ["u1"]
    assert held(timeline, f"|u1[2, 0] - {u!r}| < 1e-12") == ["u1"]
    for text in ("W2[4, 0] > 0", "W2[0] > 0", "b3[3] > 0", "L[0] > 0"):
        with pytest.raises(InputError, match="there is no such cell"):
            condition(text, timeline.scenario.program)
    with pytest.raises(InputError, match="'x' is no cell"):
        condition("W2[x] > 0", timeline.scenario.program)


def test_derivatives_as_they_can_be_typed() -> None:
    timeline = TIMELINES["tanh4"]
    for form in ("dL/dW3", "∂L/∂W3", "dW3", "grad(W3)"):
        assert held(timeline, f"{form} != 0") == held(timeline, "grad(W3) < 0") == ["u3 → W3"]


def test_a_quotient_of_names_that_begin_with_d_is_a_quotient() -> None:
    text = 'program = """\nda = x + 1\ndb = x + 2\nz = da * db"""\n[input]\nx = 1.0\n'
    assert held(Timeline(parse(text)), "da/db < 1") == []  # no step brings both


def test_a_name_of_the_program_goes_before_a_word() -> None:
    timeline = Timeline(parse(SHADOWS))
    assert held(timeline, "value > 5") == ["value"]
    assert held(timeline, "line") == ["value → line"]
    assert held(timeline, "line 2") == ["z·1", "z", "z → z·1", "z·1 → value"]
    assert held(timeline, "delta") == []


# ---- numbers


@pytest.mark.parametrize(
    "text",
    [
        "1 - 2 - 3 == -4",
        "2 + 3 * 4 == 14",
        "8 / 4 / 2 == 1",
        "(2 + 3) * -4 == -20",
        "|1 - |2 - 5|| == 2",
        "‖-3‖ == abs(-3)",
        "1 / 0 > 1e308",
        "0 / 0 != 0 / 0",
        "1 ≤ 1 and 1 ≥ 1 and 1 ≠ 2",
        "1 > 2 and 1 > 2 or 1 < 2",
        "not 1 > 2 and not 2 > 3",
        "not (1 < 2 and 1 > 2)",
    ],
)
def test_arithmetic(text: str) -> None:
    assert len(held(TIMELINES["tanh4"], text)) == 33


def test_an_array_compares_true_where_any_cell_does() -> None:
    timeline = TIMELINES["dead_relu"]
    x = np.array([[0.5, 1.0, -0.5], [1.0, -1.0, 0.5]])
    u = np.array([[0.8, 0.4], [0.6, -0.3]]) @ x + np.array([[0.1], [-5.0]])
    for number in map(float, (u.min(), u.mean(), u.max())):
        for function, value in (("", u.max()), ("max", u.max()), ("min", u.min()), ("mean", u.mean())):
            assert held(timeline, f"{function}(u1) > {number - 1e-9!r}") == ["u1"] * bool(value > number - 1e-9)
    assert held(timeline, f"norm(u1) > {math.sqrt(np.sum(u * u)) - 1e-9!r}") == ["u1"]
    assert held(timeline, "u1 > 0 and u1 < 0") == ["u1"]


def test_a_comparison_with_what_an_event_does_not_bring_is_unknown() -> None:
    timeline = TIMELINES["tanh4"]
    assert held(timeline, "total == 0") == held(timeline, "total != 0") == []
    assert held(timeline, "not total != 0") == []  # unknown, and so is its opposite
    assert held(timeline, "total < 0 or L > 0") == ["L"]
    assert held(timeline, "not (total < 0 and W1)") == held(timeline, "not W1")
    assert held(timeline, "not (total < 0 or W1)") == []


def test_arrays_of_unequal_shapes_compare_false_and_a_scalar_fits() -> None:
    """δ is 1×3; ∂L/∂W is 1×2 or 2×2, ∂L/∂b and ∂L/∂a have the shapes of b and a."""
    either = "upstream < downstream or upstream >= downstream"
    scalar_or_equal = ["L → z", "z → u2", "a1 → u1"]
    assert held(TIMELINES["dead_relu"], either) == scalar_or_equal
    assert held(TIMELINES["dead_relu"], "upstream - downstream < 1e9") == scalar_or_equal


# ---- laws

ATOMS = [
    "|product| < 1e-2",
    "local == 0",
    "a1",
    "layer 1",
    "loss < 0.1",
    "nan",
    "shape changed",
    "backward",
    "total != 0",
    "iteration 1",
    "delta1",
    "norm(result) > 1",
    "line 2",
]
conditions = st.recursive(
    st.sampled_from(ATOMS),
    lambda c: st.one_of(
        c.map(lambda x: f"not ({x})"),
        st.tuples(c, st.sampled_from(["and", "or"]), c).map(lambda x: f"({x[0]}) {x[1]} ({x[2]})"),
    ),
    max_leaves=4,
)


@settings(max_examples=40)
@given(conditions, st.sampled_from(["dead_relu", "xor", "tanh4"]))
def test_twice_not_is_nothing(c: str, name: str) -> None:
    timeline = TIMELINES[name]
    assert held(timeline, f"not not ({c})") == held(timeline, c)
    assert not {*held(timeline, c)} & {*held(timeline, f"not ({c})")}


@settings(max_examples=40)
@given(st.sampled_from(ATOMS), conditions, st.sampled_from(["dead_relu", "xor", "tanh4"]))
def test_de_morgan(a: str, b: str, name: str) -> None:
    timeline = TIMELINES[name]
    assert held(timeline, f"not ({a} and ({b}))") == held(timeline, f"not {a} or not ({b})")
    assert held(timeline, f"not ({a} or ({b}))") == held(timeline, f"not {a} and not ({b})")
    assert {*held(timeline, f"{a} and ({b})")} == {*held(timeline, a)} & {*held(timeline, b)}


words = st.sampled_from([*"()|‖<>=!+-*/&∂·₃", "<=", "==", "and", "or", "not", "nan", "shape", "changed", "norm", "grad",
                         "line", "iteration", "node", "u3", "W1", "x", "delta3", "δ₃", "∂L/∂W1", "loss", "product", "3",
                         "1e-4", "1e999", "phase", "forward", "layer"])  # fmt: skip


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=30), st.lists(words, max_size=12).map(" ".join)))
def test_any_text_is_a_condition_or_is_refused_in_one_line(text: str) -> None:
    timeline = TIMELINES["tanh4"]
    chapter = timeline.chapter(1)
    try:
        holds = condition(text, timeline.scenario.program).holds
        found = {str(holds(chapter, index)) for index in range(len(chapter.events))}
    except InputError as error:
        found = {str(error)}
    assert found
    assert all(said.isprintable() and said for said in found)


# ---- messages


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the condition is empty; for instance |product| < 1e-4"),
        ("|product| <", "'|product| <': a number or a name is missing; for instance |product| < 1e-4"),
        ("loss = 1", "'loss =': one = compares nothing; write =="),
        ("0 < u1 < 1", "'0 < u1 < 1': a comparison has two sides; write 0 < u1 and u1 < 1"),
        ("los < 1", "'los': nothing is called 'los'; did you mean 'loss'?"),
        ("line 99", "'line 99': there is no line '99'; lines are counted from 1 to 9"),
        ("layer 0", "'layer 0': there is no layer '0'; layers are counted from 1 to 4"),
        ("iteration 0", "'iteration 0': there is no iteration '0'; iterations are counted from 1"),
        ("phase backwards", "'phase backwards': 'backwards' is no phase; did you mean 'backward'?"),
        ("line", "'line': of what?; for instance line 3"),
        ("a1 && a2", "'a1': '&' is not expected here; combine with and, or, not"),
        ("norm W1 > 1", "'norm': 'norm' is a function; write norm(…)"),
        ("nrm(W1) > 1", "'nrm': 'nrm' is not a function; did you mean 'norm'?"),
        ("norm(W1 > 1", "'norm(W1': ')' is missing; close what is open"),
        ("||delta|| > 1", "'|': two bars are no norm; write norm(…)"),
        ("product", "'product': a number alone is no condition; compare it, for instance |product| < 1e-4"),
        ("forward < 1", "'forward': this is no number; < and + - * / stand between numbers and names"),
        ("x > 1", "no step computes x, which is given; name a node or a parameter"),
        ("y", "'y': no step is at y, which is given; name a node or a parameter"),
        ("grad(L) > 1", "'grad(L)': this is 1, and no step computes it; name what the output depends on"),
        ("∂z/∂W1 > 1", "'∂z/∂W1': only derivatives of L are computed; write ∂L/∂W₁"),
        ("node W1", "'node W1': W₁ is no node; write W1, or name one of u1, a1, u2, a2, u3"),
        ("a1 > 1e999", "'a1 > 1e999': 1e999 is not finite in float64; give a finite number"),
        ("(" * 30, "'(((((((((((((((((((((': nested too deep; 20 levels at the most"),
        ("a1 or " * 50, "a condition of 299 characters; 200 at the most"),
        ("\x1b[2J", "'\\x1b' is not expected here; for instance |product| < 1e-4"),
    ],
)
def test_what_is_wrong_is_said_at_once(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        condition(text, TIMELINES["tanh4"].scenario.program)
    assert str(caught.value) == message


def test_a_program_without_layers_says_so() -> None:
    with pytest.raises(InputError, match="this program has no layers"):
        condition("layer 1", TIMELINES["residual"].scenario.program)


@pytest.mark.parametrize("space", ["\n", "\x0b", "\x1c", "\x85", "\u2028", "\t", "  "])
def test_white_space_is_blanks(space: str) -> None:
    """What stands in a file is shown later: no other white space may come with it."""
    program = TIMELINES["tanh4"].scenario.program
    assert condition(f"u1{space}and{space}{space}backward", program).text == "u1 and backward"
