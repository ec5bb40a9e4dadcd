"""Mistakes that rounding could hide are found, and right numbers that rounding makes look wrong are not accused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from byhand.networks import NETWORKS
from byhand.step import Network

from bptui.core import InputError, compare, parse
from bptui.core.comparison.compare import compared
from bptui.core.comparison.pattern import pattern
from bptui.core.comparison.reading import read_own
from bptui.core.comparison.records import Comparison

WRONG = [pytest.param(network, id=network.name) for network in NETWORKS]


def scenario(program: str, **tables: dict[str, Any]) -> str:
    """A scenario of these lines and numbers."""
    text = [f"program = '''\n{program}\n'''"]
    for table, values in tables.items():
        text += [f"[{table}]", *(f"{name} = {np.asarray(value).tolist()}" for name, value in values.items())]
    return "\n".join(text)


def wrong(found: Comparison) -> list[str]:
    return [each.variable for each in found.findings]


@pytest.mark.parametrize("network", WRONG)
@pytest.mark.parametrize("part", [1e-5, 1e-8, 1e-11])
def test_a_small_mistake_in_float64_is_a_mistake(network: Network, part: float) -> None:
    gradients = network.gradients()
    name = max((name for name in gradients if gradients[name].size > 1 or network.name == "scalars"), key=len)
    found = compare(
        parse(network.toml), {**gradients, name: gradients[name] * (1.0 + part)}, iteration=network.iteration
    )
    assert wrong(found) == [name[1:]]
    assert found.remarks == ()


def test_a_number_of_the_wrong_sign_where_digits_are_lost() -> None:
    text = scenario("d = a - b\ns = log(d)\nL = s * w", input={"a": 1.0, "b": 0.9999999}, parameters={"w": 1.0})
    assert wrong(compare(parse(f'wrt = ["a", "w"]\n{text}'), {"ds": 1.0, "dd": -77.123456789})) == ["d"]


@pytest.mark.parametrize(("scale", "dtype"), [(1e5, np.float32), (1e12, np.float64)])
def test_a_wrong_column_beside_a_much_larger_one(scale: float, dtype: type) -> None:
    rng = np.random.default_rng(5)
    x, y, W = rng.normal(size=(2, 4)), rng.normal(size=(3, 4)), rng.normal(size=(3, 2))
    x[0] *= scale
    W[:, 0] /= scale
    text = scenario("u = W @ x\nL = half_squared_error(u, y)", input={"x": x}, target={"y": y}, parameters={"W": W})
    x, y, W = (each.astype(dtype) for each in (x, y, W))
    du = W @ x - y
    dW = du @ x.T
    assert compare(parse(text), {"du": du, "dW": dW}).is_right
    dW[:, 1] *= -1
    assert wrong(compare(parse(text), {"du": du, "dW": dW})) == ["W"]


@pytest.mark.parametrize("dW", [[[1000001, -3], [1000001, 3]], [[1000002, 3], [1000001, 3]]])
def test_whole_numbers_are_exact(dW: list[list[int]]) -> None:
    text = scenario("u = W @ x\nL = sum(u)", input={"x": [1000001.0, 3.0]}, parameters={"W": [[1.0, 2.0], [3.0, 4.0]]})
    right = compare(parse(text), {"dW": [[1000001, 3], [1000001, 3]]})
    assert (right.is_right, right.remarks) == (True, ())
    assert wrong(compare(parse(text), {"dW": dW})) == ["W"]


@pytest.mark.parametrize("tiny", [1e-30, 1e-22])
def test_what_float32_has_no_digits_for_is_right(tiny: float) -> None:
    text = scenario("a = w * x\nL = a * c", input={"x": tiny, "c": tiny}, parameters={"w": 1.0})
    small = np.float32(tiny)
    assert compare(parse(f'wrt = ["w"]\n{text}'), {"da": small, "dw": small * small}).is_right


@pytest.mark.parametrize("norm", ["layer_norm", "batch_norm"])
@pytest.mark.parametrize("seed", range(6))
def test_two_numbers_far_from_0_that_are_normalised_in_float32_are_right(norm: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    u, g = rng.normal(size=(2, 2)) + 1000.0, rng.normal(size=(2, 1))
    y, b = rng.normal(size=(2, 2)), rng.normal(size=(2, 1))
    program = f"n = {norm}(u, g, b)\nL = half_squared_error(n, y)"
    text = scenario(program, input={"u": u}, target={"y": y}, parameters={"g": g, "b": b})
    u, g, y, b = (each.astype(np.float32) for each in (u, g, y, b))
    axis = 0 if norm == "layer_norm" else 1
    centred = u - u.mean(axis=axis, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=axis, keepdims=True) + np.float32(1e-5))
    normalised = centred / deviation
    dn = g * normalised + b - y
    h = g * dn
    through = normalised * (h * normalised).mean(axis=axis, keepdims=True)
    du = (h - h.mean(axis=axis, keepdims=True) - through) / deviation
    dg, db = (dn * normalised).sum(axis=1, keepdims=True), dn.sum(axis=1, keepdims=True)
    found = compare(parse(f'wrt = ["u", "g", "b"]\n{text}'), {"dn": dn, "du": du, "dg": dg, "db": db})
    assert found.is_right


def test_what_is_computed_of_parameters_alone_lies_as_they_do() -> None:
    rng = np.random.default_rng(3)
    A, M, x, y = (rng.normal(size=shape) for shape in ((3, 2), (3, 2), (2, 5), (3, 5)))
    program = "W = A * M\nu = W @ x\nL = half_squared_error(u, y)"
    text = scenario(program, input={"x": x}, target={"y": y}, constants={"M": M}, parameters={"A": A})
    du = (A * M) @ x - y
    own = {"du": du.T, "dW": du @ x.T, "dA": du @ x.T * M}
    found = compare(parse(text), own)
    assert found.is_right
    assert found.layout.startswith("examples in rows")


def test_a_table_of_embeddings_may_have_its_words_in_rows() -> None:
    rng = np.random.default_rng(4)
    E, W, y, ids = rng.normal(size=(3, 6)), rng.normal(size=(2, 3)), rng.normal(size=(2, 4)), np.array([[0, 2, 5, 2]])
    program = "h = embedding(E, ids)\nz = W @ h\nL = half_squared_error(z, y)"
    text = scenario(program, input={"ids": ids}, target={"y": y}, parameters={"E": E, "W": W})
    h = E[:, ids[0]]
    dz = W @ h - y
    dh = W.T @ dz
    dE = np.zeros_like(E)
    np.add.at(dE.T, ids[0], dh.T)
    found = compare(parse(text), {"dz": dz.T, "dh": dh.T, "dW": dz @ h.T, "dE": dE.T})
    assert (found.is_right, "weights as here" in found.layout) == (True, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"iteration": 0}, "there is no iteration 0"),
        ({"iteration": "1"}, "a whole number"),
        ({"layout": None}, "words"),
        ({"names": {"nope": "w"}}, "there is no gradient of this name"),
        ({"names": {"dw": 3}}, "is a text"),
        ({"layout": "x" * 50_000}, "there is no layout 'xxx"),
    ],
)
def test_what_is_wrong_with_a_call_is_said_in_one_short_line(options: dict[str, Any], said: str) -> None:
    text = scenario("L = w * w", parameters={"w": 2.0})
    with pytest.raises(InputError) as caught:
        compare(parse(text), {"dw": 4.0}, **options)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("dz", "said"),
    [
        ([[0.0, 0.0], [0.0, 5.0]], "each wrong cell is 0 times the right number, where the right number is not 0"),
        ([[0.0, 0.0], [0.0, 0.0]], "yours is 0"),
    ],
)
def test_a_pattern_says_nothing_of_cells_that_it_leaves_out(dz: list[list[float]], said: str) -> None:
    """relu′ is 1, 1, 1, 0 here, so that the right numbers are 1, 2, 3 and 0."""
    program = "a = relu(z)\nL = dot(a, w)"
    text = scenario(program, input={"z": [[1.0, 2.0], [3.0, -4.0]]}, parameters={"w": [[1.0, 2.0], [3.0, 4.0]]})
    found = compare(parse(f'wrt = ["z", "w"]\n{text}'), {"da": [[1.0, 2.0], [3.0, 4.0]], "dz": dz})
    assert wrong(found) == ["z"]
    assert found.first is not None
    assert said in pattern(found.first)


def test_the_rank_of_a_difference_is_that_of_rounded_numbers_too(tmp_path: Path) -> None:
    """One example is lost in ∂L/∂W, and the numbers are written with four digits."""
    rng = np.random.default_rng(8)
    W, x, y = rng.normal(size=(3, 4)), rng.normal(size=(4, 5)), rng.normal(size=(3, 5))
    text = scenario("u = W @ x\nL = half_squared_error(u, y)", input={"x": x}, target={"y": y}, parameters={"W": W})
    du = W @ x - y
    own = {"du": du.round(4).tolist(), "dW": (du[:, 1:] @ x[:, 1:].T).round(4).tolist()}
    (tmp_path / "own.json").write_text(json.dumps(own))
    found = compared(parse(text), read_own(str(tmp_path / "own.json"), 1_000))
    assert found.first is not None
    assert "yours - right has rank 1 of 3: it is one outer product" in pattern(found.first)


def test_a_gradient_that_is_not_there_yet_is_said_to_be_none() -> None:
    with pytest.raises(InputError, match="dw: is None; leave it out"):
        compare(parse(scenario("L = w * w", parameters={"w": 2.0})), {"dw": None})
