"""What is right, wrong, inherited, undetermined or not given, on chains that are worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from byhand.step import Array

from bptui.core import parse
from bptui.core.comparison.compare import compare
from bptui.core.comparison.records import Comparison, Judgement

CHAIN = """
program = '''
u = w * x
a = exp(u)
v = c * a
L = v ^ 2
'''
[input]
x = 0.5
[parameters]
w = 0.0
c = 3.0
"""
CHAIN_RIGHT = {"dv": 6.0, "dc": 6.0, "da": 18.0, "du": 18.0, "dw": 9.0, "dx": 0.0}
"""u = 0, a = 1, v = 3: dv = 2 v, dc = dv a, da = dv c, du = da e⁰, dw = du x, dx = du w."""
LAYER = """
program = '''
u = W @ x + b
a = tanh(u)
L = half_squared_error(a, y)
'''
[input]
x = {x}
[target]
y = {y}
[parameters]
W = [[0.5, -1.0, 0.25], [0.75, 0.5, -0.5]]
b = [0.1, -0.2]
"""
W = np.array([[0.5, -1.0, 0.25], [0.75, 0.5, -0.5]])
b = np.array([[0.1], [-0.2]])
ODD = np.array([[1.3, 0.7, -2.1], [0.4, 3.3, 1.9]])
"""Factors that no mistake has."""
RIGHT_OF_X = 2 * 9 * np.exp(2 * 0.5)
"""At w = 1: L = 9 e^(2 w x), dL/dw = 9 e, dL/dx = 18 e."""


def chain(gradients: Mapping[str, float]) -> Comparison:
    return compare(parse(CHAIN), gradients)


def verdicts(found: Comparison) -> dict[str, str]:
    return {each.variable: each.verdict for each in found.judgements}


def of(found: Comparison, variable: str) -> Judgement:
    return next(each for each in found.judgements if each.variable == variable)


def ids(judgement: Judgement) -> list[str]:
    return [each.mistake.id for each in judgement.mistakes]


def layer(N: int, *, text: str = LAYER) -> tuple[str, dict[str, Array]]:
    """The scenario with N examples, its values x and a, and its right gradients."""
    rng = np.random.default_rng(N)
    x, y = rng.normal(size=(3, N)), rng.normal(size=(2, N))
    a = np.tanh(W @ x + b)
    da = a - y
    du = da * (1 - a * a)
    numbers = {"x": x, "a": a, "da": da, "du": du, "dW": du @ x.T, "db": du.sum(axis=1, keepdims=True), "dx": W.T @ du}
    return text.format(x=x.tolist(), y=y.tolist()), numbers


def test_all_is_right_in_the_order_of_the_backward_pass() -> None:
    found = chain(CHAIN_RIGHT)
    assert found.is_right
    assert found.first is None
    assert list(verdicts(found)) == ["v", "c", "a", "u", "w", "x"]
    assert set(verdicts(found).values()) == {"right"}
    for each in found.judgements:
        assert each.true == each.expected == each.given == CHAIN_RIGHT[f"d{each.variable}"]


@pytest.mark.parametrize("left_out", CHAIN_RIGHT)
def test_what_is_left_out_is_not_given(left_out: str) -> None:
    found = chain({name: x for name, x in CHAIN_RIGHT.items() if name != left_out})
    right = {name[1:]: "right" for name in CHAIN_RIGHT if name != left_out}
    shown = {} if left_out == "dx" else {left_out[1:]: "not given"}  # nobody asks for an input's
    assert verdicts(found) == {**right, **shown}


def test_a_mistake_is_counted_where_it_is_made_and_inherited_behind_it() -> None:
    found = chain({**CHAIN_RIGHT, "da": -18.0, "du": -18.0, "dw": -9.0})
    there = {"v": "right", "c": "right", "a": "wrong here", "u": "inherited", "w": "inherited", "x": "right"}
    assert verdicts(found) == there
    first = found.first
    assert first is not None
    assert (first.variable, first.given, first.expected, first.true) == ("a", -18.0, 18.0, 18.0)
    assert ids(first)[0] == "sign"
    assert (of(found, "w").expected, of(found, "w").true) == (-9.0, 9.0)


def test_two_mistakes_are_two_findings_and_the_second_is_judged_by_its_own_upstream() -> None:
    found = chain({"dv": 6.0, "da": -18.0, "du": -36.0, "dw": -18.0})
    assert [(each.variable, each.finding, ids(each)[0]) for each in found.findings] == [
        ("a", 1, "sign"),
        ("u", 2, "factor-2"),
    ]
    assert of(found, "u").expected == -18.0
    assert verdicts(found)["w"] == "inherited"


def test_a_wrong_number_that_is_not_used_behind_it_is_counted_once() -> None:
    found = chain({**CHAIN_RIGHT, "da": 18.5})
    assert [each.variable for each in found.findings] == ["a"]
    assert verdicts(found) == {**{name[1:]: "right" for name in CHAIN_RIGHT}, "a": "wrong here"}


def test_where_numbers_are_missing_and_no_mistake_fits_it_is_undetermined() -> None:
    found = chain({"dv": 6.0, "dw": 11.7})
    assert verdicts(found) == {"v": "right", "c": "not given", "a": "not given", "u": "not given", "w": "undetermined"}
    assert of(found, "w").between == ("a", "u", "w")
    assert chain({"dw": 11.7}).findings[0].between == ("v", "a", "u", "w")


def test_what_depends_on_the_same_missing_number_is_the_same_finding() -> None:
    found = compare(parse(CHAIN.replace("w = 0.0", "w = 1.0")), {"dw": 11.7, "dx": 2 * 11.7})
    assert [each.finding for each in found.judgements if each.given is not None] == [1, 1]
    assert len(found.findings) == 1


def test_a_factor_that_two_numbers_show_is_in_what_they_share_and_neither_is_right() -> None:
    """Twice the true number is not right, wherever the factor of 2 came in."""
    found = compare(parse(CHAIN.replace("w = 0.0", "w = 1.0")), {"dw": RIGHT_OF_X, "dx": 2 * RIGHT_OF_X})
    assert len(found.findings) == 1
    assert "factor-2" in ids(found.findings[0])
    assert {of(found, name).verdict for name in "wx"} <= {"undetermined", "inherited"}


def test_a_missing_place_that_is_wrong_is_named_with_what_it_must_be() -> None:
    """φ′ at a instead of u: the numbers of W and b come of it."""
    text, right = layer(5)
    x, a = right["x"], right["a"]
    du = right["da"] * (1 - np.tanh(a) ** 2)
    own = {"da": right["da"], "dW": du @ x.T, "db": du.sum(axis=1, keepdims=True)}
    found = compare(parse(text), own)
    first = found.first
    assert first is not None
    assert (first.variable, first.verdict, first.given) == ("u", "wrong here", None)
    assert ids(first) == ["phi-at-a"]
    assert first.implied_at == "u"
    assert set(first.explains) == {"W", "b"}
    assert first.implied is not None
    np.testing.assert_allclose(first.implied, du, rtol=1e-12)
    assert first.yours is first.implied
    assert (verdicts(found)["W"], verdicts(found)["b"]) == ("inherited", "inherited")


def test_with_one_example_a_right_bias_gradient_shows_its_upstream_to_be_right() -> None:
    text, right = layer(1)
    found = compare(parse(text), {"dW": right["dW"] * ODD, "db": right["db"]})
    assert verdicts(found)["b"] == "right"
    assert [(each.variable, each.verdict) for each in found.findings] == [("W", "wrong here")]


def test_with_five_examples_the_sum_hides_what_is_wrong() -> None:
    text, right = layer(5)
    found = compare(parse(text), {"dW": right["dW"] * ODD, "db": right["db"]})
    assert [(each.variable, each.verdict) for each in found.findings] == [("W", "undetermined")]
    assert found.findings[0].between == ("a", "u", "W")
    with_upstream = compare(parse(text), {"du": right["du"], "dW": right["dW"] * ODD, "db": right["db"]})
    assert [(each.variable, each.verdict) for each in with_upstream.findings] == [("W", "wrong here")]


def test_inner_nodes_of_one_line_are_one_step_of_the_reader() -> None:
    text, right = layer(5, text=LAYER.replace("u = W @ x + b\na = tanh(u)", "a = tanh(W @ x + b)"))
    found = compare(parse(text), {"da": right["da"], "dW": right["dW"] * ODD})
    first = found.first
    assert first is not None
    assert (first.variable, first.verdict, first.mistakes) == ("W", "wrong here", ())
    assert first.between[-1] == "W"
    assert len(first.between) > 1


def test_the_gradient_of_the_output_is_1() -> None:
    found = chain({**CHAIN_RIGHT, "dL": 1.0})
    assert found.is_right
    assert next(iter(verdicts(found))) == "L"


@pytest.mark.parametrize("wrong", [2.0, -1.0, 0.7])
def test_any_other_gradient_of_the_output_is_wrong(wrong: float) -> None:
    found = chain({"dL": wrong})
    assert [(each.variable, each.verdict) for each in found.findings] == [("L", "wrong here")]


def test_a_gradient_of_the_output_that_all_use_is_one_mistake() -> None:
    found = chain({"dL": 2.0, **{name: 2 * x for name, x in CHAIN_RIGHT.items()}})
    assert [each.variable for each in found.findings] == ["L"]
    assert {verdict for name, verdict in verdicts(found).items() if name not in "Lx"} == {"inherited"}


UNREACHED = """
output = "L"
program = '''
z = w * x
L = z ^ 2
other = g * x
'''
[input]
x = 2.0
[parameters]
w = 3.0
g = 4.0
"""


def test_what_the_output_does_not_reach_has_the_gradient_0() -> None:
    found = compare(parse(UNREACHED), {"dw": 24.0, "dg": 0.0})
    assert found.is_right
    assert (of(found, "g").expected, of(found, "g").verdict) == (0.0, "right")
    wrong = compare(parse(UNREACHED), {"dw": 24.0, "dg": 1.0})
    assert [(each.variable, each.verdict) for each in wrong.findings] == [("g", "wrong here")]


@pytest.mark.parametrize("w", [-3.0, -0.5, 2.0])
def test_a_power_of_a_negative_number_is_judged_as_that_of_any_other(w: float) -> None:
    """dw² / dw = 2 w."""
    scenario = parse(f"program = 'L = w ^ 2'\n[parameters]\nw = {w}\n")
    assert compare(scenario, {"dw": 2 * w}).is_right
    assert not compare(scenario, {"dw": 2.2 * w}).is_right
    assert not compare(scenario, {"dw": 1e6}).is_right
