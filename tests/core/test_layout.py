"""How a reader's arrays lie is seen by shapes, or else by numbers; one that lies otherwise alone is a mistake."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from byhand.chains import perceptron
from byhand.layouts import laid_out
from byhand.networks import NETWORKS
from byhand.step import Array, Network, Numbers

from bptui.core import InputError, parse
from bptui.core.comparison.compare import compare
from bptui.core.comparison.records import Comparison

BY_NAME = {network.name: network for network in NETWORKS}
TALL = BY_NAME["perceptron"]
"""W1 is 4×3, W2 is 2×4; there are 5 examples."""
SQUARE = BY_NAME["square"]
"""W1, W2, W3 are 4×4; there are 5 examples."""
EVEN = SQUARE.make(Numbers(np.random.default_rng(5)), 4, 4) if SQUARE.make else SQUARE
"""The same with as many examples as units, so that no shape shows anything."""
SCALAR = """
program = "L = (w * x) ^ 2"
[input]
x = 2.0
[parameters]
w = 3.0
"""


def found(network: Network, gradients: Mapping[str, object], layout: str = "") -> Comparison:
    return compare(parse(network.toml), gradients, layout=layout)


def wrong(found: Comparison) -> dict[str, list[str]]:
    """Of each finding the names of the mistakes."""
    assert all(each.verdict == "wrong here" for each in found.findings)
    return {each.variable: [mistake.mistake.id for mistake in each.mistakes] for each in found.findings}


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_all_four_layouts_are_seen_by_the_shapes_and_said(rows: bool, transposed: bool) -> None:
    own = laid_out(TALL, TALL.gradients(), rows=rows, transposed=transposed)
    examples = "rows (dz is 5×2)" if rows else "columns (dz is 2×5)"
    weights = "transposed (dW2 is 4×2)" if transposed else "as here (dW2 is 2×4)"
    comparison = found(TALL, own)
    assert comparison.is_right
    assert comparison.layout == f"examples in {examples}, weights {weights}"


def test_nothing_is_said_of_what_is_not_there() -> None:
    right = TALL.gradients()
    assert found(TALL, {"dW1": right["dW1"].T}).layout == "weights transposed (dW1 is 3×4)"
    assert found(TALL, {"da1": right["da1"]}).layout == "examples in columns (da1 is 4×5)"
    assert found(TALL, {"db1": right["db1"]}).layout == ""


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
def test_where_all_is_square_the_numbers_decide(rows: bool, transposed: bool) -> None:
    own = laid_out(EVEN, EVEN.gradients(), rows=rows, transposed=transposed)
    comparison = found(EVEN, own)
    assert comparison.is_right
    examples, weights = "rows" if rows else "columns", "transposed" if transposed else "as here"
    assert comparison.layout == f"examples in {examples} (by the numbers), weights {weights} (by the numbers)"


@pytest.mark.parametrize("name", ["dW1", "dW2", "dW3"])
@pytest.mark.parametrize("transposed", [False, True])
def test_one_square_matrix_that_lies_otherwise_is_a_mistake_in_either_layout(name: str, transposed: bool) -> None:
    own = laid_out(SQUARE, SQUARE.gradients(), rows=False, transposed=transposed)
    comparison = found(SQUARE, {**own, name: own[name].T})
    assert {variable: ids[0] for variable, ids in wrong(comparison).items()} == {name[1:]: "transpose"}
    assert f"weights {'transposed' if transposed else 'as here'} (by the numbers)" in comparison.layout


def test_of_matrices_that_are_not_square_the_one_that_disagrees_is_the_mistake() -> None:
    """Two of three lie as the scenario's; or two of three do not."""
    toml = """
program = '''
a = tanh(A @ x)
b = tanh(B @ a)
c = C @ b
L = half_squared_error(c, y)
'''
[input]
x = [[0.5, -1.0], [0.25, 2.0]]
[target]
y = [[1.0, 0.0], [0.5, -0.5], [0.0, 1.0], [-1.0, 0.25], [2.0, 0.5]]
[parameters]
A = [[0.1, 0.2], [-0.3, 0.4], [0.5, 0.1]]
B = [[0.1, 0.2, 0.3], [0.4, -0.5, 0.6], [0.7, 0.8, 0.2], [0.3, -0.2, 0.1]]
C = [[0.1, 0.2, 0.3, 0.4], [0.5, 0.6, -0.7, 0.8], [0.1, 0.9, 0.2, 0.3], [0.2, 0.4, 0.1, 0.1], [0.3, 0.3, 0.2, 0.5]]
"""
    scenario, given = parse(toml), tomllib.loads(toml)
    x, y = np.array(given["input"]["x"]), np.array(given["target"]["y"])
    A, B, C = (np.array(given["parameters"][name]) for name in "ABC")
    a = np.tanh(A @ x)
    b = np.tanh(B @ a)
    dc = C @ b - y
    ds = (C.T @ dc) * (1 - b * b)
    dr = (B.T @ ds) * (1 - a * a)
    right = {"dA": dr @ x.T, "dB": ds @ a.T, "dC": dc @ b.T}
    turned = {name: g.T for name, g in right.items()}
    for most, other, how in ((right, turned, "as here"), (turned, right, "transposed")):
        for name in right:
            comparison = compare(scenario, {**most, name: other[name]})
            assert wrong(comparison) == {name[1:]: ["transpose"]}
            assert f"weights {how} (" in comparison.layout


def test_of_two_that_disagree_the_layout_of_the_scenario_holds() -> None:
    right = TALL.gradients()
    for name in ("dW1", "dW2"):
        comparison = found(TALL, {**right, name: right[name].T})
        assert wrong(comparison) == {name[1:]: ["transpose"]}
        assert comparison.layout.endswith("weights as here (as not said otherwise)")


def test_a_declared_layout_is_not_doubted() -> None:
    right = TALL.gradients()
    turned = laid_out(TALL, right, rows=True, transposed=True)
    said = "examples in rows (as declared), weights transposed (as declared)"
    for words in ("rows, transposed", "transposed rows", " rows,transposed, rows"):
        assert found(TALL, turned, words).is_right
        assert found(TALL, turned, words).layout == said
    assert wrong(found(TALL, right, "columns transposed")) == {"W2": ["transpose"], "W1": ["transpose"]}
    in_rows = found(TALL, right, "rows as-here")
    assert list(wrong(in_rows)) == ["z", "u2", "a1", "u1", "x"]
    half = found(TALL, turned, "rows")
    assert half.is_right
    assert half.layout == "examples in rows (as declared), weights transposed (dW2 is 4×2)"


def test_a_square_layout_that_is_declared_is_not_decided_by_the_numbers() -> None:
    own = laid_out(EVEN, EVEN.gradients(), rows=False, transposed=True)
    assert found(EVEN, own, "transposed").is_right
    assert list(wrong(found(EVEN, own, "columns as-here"))) == ["W3", "W2", "W1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("colums", "compare: layout: there is no layout 'colums'; did you mean 'columns'?"),
        ("Rows", "compare: layout: there is no layout 'Rows'; did you mean 'rows'?"),
        (
            "rows, columns",
            "compare: layout: 'columns' is said beside its opposite; "
            "choose one of columns and rows, and one of as-here and transposed",
        ),
        (
            "as-here rows transposed",
            "compare: layout: 'transposed' is said beside its opposite; "
            "choose one of columns and rows, and one of as-here and transposed",
        ),
    ],
)
def test_words_that_are_no_layout_are_refused_in_one_line(words: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        found(TALL, TALL.gradients(), words)
    assert str(caught.value) == said


@pytest.mark.parametrize("words", ["\x1b[2J", "rows\n\x07", "x" * 10_000])
def test_hostile_words_are_made_visible(words: str) -> None:
    with pytest.raises(InputError) as caught:
        found(TALL, TALL.gradients(), words)
    assert str(caught.value).isprintable()


FLAT: tuple[Callable[[Array], Array], ...] = (lambda b: b.reshape(-1), lambda b: b.reshape(1, -1), lambda b: b)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("flat", FLAT)
def test_a_bias_may_be_flat_a_row_or_a_column(flat: Callable[[Array], Array], rows: bool) -> None:
    own = laid_out(TALL, TALL.gradients(), rows=rows, transposed=False)
    biases = {name: flat(own[name]) for name in ("db1", "db2")}
    assert found(TALL, {**own, **biases}).is_right
    doubled = found(TALL, {**own, **biases, "db1": 2 * biases["db1"]})
    assert {variable: ids[0] for variable, ids in wrong(doubled).items()} == {"b1": "factor-2"}


def test_of_images_in_rows_the_examples_come_first() -> None:
    network = BY_NAME["images_mean"]
    right = network.gradients()
    comparison = found(network, {"di": np.moveaxis(right["di"], -1, 0)})
    assert comparison.is_right
    assert comparison.layout == "examples in rows (di is 5×2×6×6)"
    own = laid_out(network, right, rows=True, transposed=True)
    assert found(network, own).is_right
    turned = np.moveaxis(own["di"], 1, -1)
    assert list(wrong(found(network, {**own, "di": turned}))) == ["i"]


@pytest.mark.parametrize("shape", ["column", "row", "flat"])
def test_a_batch_of_one_may_lie_in_any_way(shape: str) -> None:
    network = perceptron(Numbers(np.random.default_rng(3)), 3, 4, 2, 1)
    shapes = {"column": (-1, 1), "row": (1, -1), "flat": (-1,)}
    own = {name: x if 1 not in x.shape else x.reshape(shapes[shape]) for name, x in network.gradients().items()}
    assert found(network, own).is_right
    assert found(network, own).layout == "weights as here (dW2 is 2×4)"
    assert list(wrong(found(network, {**own, "du1": -own["du1"]}))) == ["u1"]


@pytest.mark.parametrize("layout", ["", "rows", "columns, transposed"])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: [[x]], lambda x: np.full((1, 1, 1), x)])
def test_a_scalar_may_be_in_an_array_of_one_cell(wrap: Callable[[float], object], layout: str) -> None:
    """∂(w x)²/∂w = 2 w x² = 24."""
    scenario = parse(SCALAR)
    assert compare(scenario, {"dw": wrap(24.0)}, layout=layout).is_right
    assert not compare(scenario, {"dw": wrap(23.0)}, layout=layout).is_right


def test_a_column_for_a_scalar_is_wrong_by_its_shape() -> None:
    comparison = compare(parse(SCALAR), {"dw": [24.0, 24.0]})
    assert [each.finding for each in comparison.judgements if each.variable == "w"] == [1]
