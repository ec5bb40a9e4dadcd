"""Conditions hold for the events that mathematics says, and at the places that they name."""

import math

import numpy as np
import pytest
from holding import FOLDER, TIMELINES, held

from bptui.core import InputError, Timeline, parse, read
from bptui.core.conditions.condition import parse as condition

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
