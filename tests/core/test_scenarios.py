"""The gradients of each shipped scenario against the complex step, on the same function written out again here."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core import Timeline, parse, read

FOLDER = Path(__file__).parents[2] / "scenarios"
STEP = 1e-200
"""Of the complex step: no difference is taken, so it can be as small as one likes."""


def numbers(raw: Any) -> Any:
    """A value as the design says: a list is one column."""
    x = np.array(raw, dtype=complex)
    return x.reshape(-1, 1) if x.ndim == 1 else x


def given(name: str) -> dict[str, Any]:
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    groups = ("input", "target", "parameters", "constants")
    values = {key: numbers(raw) for group in groups for key, raw in table.get(group, {}).items()}
    for number, layer in enumerate(table.get("layer", []), start=1):
        values |= {f"{key}{number}": numbers(layer[key]) for key in ("W", "b")}
    return values


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def half_squared_error(z: Any, y: Any) -> Any:
    return np.sum((z - y) ** 2) / 2


def tanh4(v: Mapping[str, Any]) -> Any:
    a = np.tanh(v["W3"] * (v["W2"] * (v["W1"] * v["x"] + v["b1"]) + v["b2"]) + v["b3"])
    return half_squared_error(v["W4"] * a + v["b4"], v["y"])


def layers4(v: Mapping[str, Any]) -> Any:
    a = np.tanh(v["W1"] @ v["x"] + v["b1"])
    a = sigmoid(v["W2"] @ a + v["b2"])
    a = np.tanh(v["W3"] @ a + v["b3"])
    return half_squared_error(v["W4"] @ a + v["b4"], v["y"])


def modules(v: Mapping[str, Any]) -> Any:
    m = np.sin(v["theta_m"] * (v["theta_g"] * v["x"]))
    return half_squared_error(v["theta_f"] * np.exp(v["theta_h"] * m), v["y"])


def vanishing(v: Mapping[str, Any]) -> Any:
    a = v["x"]
    for number in range(1, 20):
        a = sigmoid(v[f"W{number}"] * a + v[f"b{number}"])
    return half_squared_error(v["W20"] * a + v["b20"], v["y"])


def exploding(v: Mapping[str, Any]) -> Any:
    a = v["x"]
    for number in range(1, 13):
        a = v[f"W{number}"] @ a + v[f"b{number}"]
    return half_squared_error(a, v["y"])


def residual(v: Mapping[str, Any]) -> Any:
    a = v["a0"]
    for w in ("w1", "w2", "w3"):
        a = a + np.tanh(v[w] * a)
    return half_squared_error(a, v["y"])


def rnn(v: Mapping[str, Any]) -> Any:
    h = v["h0"]
    for x in ("x1", "x2", "x3", "x4"):
        h = np.tanh(v["W"] @ h + v["U"] @ v[x] + v["b"])
    return half_squared_error(v["V"] @ h + v["c"], v["y"])


def negative_log_likelihood(u: Any, y: Any) -> Any:
    return np.log(np.sum(np.exp(u))) - np.sum(u * y)


def attention(v: Mapping[str, Any]) -> Any:
    Q, K, V = (v[W] @ v["X"] for W in ("Wq", "Wk", "Wv"))
    weights = np.exp(K.T @ Q / np.sqrt(2.0))
    return half_squared_error(V @ (weights / weights.sum(axis=0)), v["Y"])


TRAINED = {"xor", "digits", "dead_relu", "convolution"}
"""What is trained over iterations, or has kinks: in test_training.py."""
FUNCTIONS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "tanh4": tanh4,
    "layers4": layers4,
    "vanishing": vanishing,
    "exploding": exploding,
    "residual": residual,
    "rnn": rnn,
    "softmax": lambda v: negative_log_likelihood(v["W"] @ v["x"] + v["b"], v["y"]),
    "attention": attention,
    "modules": modules,
    "sin_x2": lambda v: np.sin(v["x"] ** 2),
    "nested4": lambda v: np.exp(np.log((3 * v["x"]) ** 2)),
    "jacobian": lambda v: np.sum(sigmoid(v["A"] @ v["x"]) ** 2),
}


def complex_step(function: Callable[[Mapping[str, Any]], Any], values: dict[str, Any], name: str) -> Any:
    """∂f/∂(name), cell by cell: the imaginary part of f(x + ih) over h."""
    gradient = np.zeros(values[name].shape)
    for cell in np.ndindex(gradient.shape):
        moved = values[name].astype(complex)
        moved[cell] += 1j * STEP
        gradient[cell] = np.imag(function({**values, name: moved})) / STEP
    return gradient


def test_every_shipped_scenario_is_compared() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(FUNCTIONS) | TRAINED


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_agree_with_the_complex_step(name: str) -> None:
    timeline = Timeline(read(FOLDER / f"{name}.toml"))
    values = given(name)
    wrt = timeline.scenario.program.wrt
    assert wrt
    for variable in wrt:
        expected = complex_step(FUNCTIONS[name], values, variable)
        np.testing.assert_allclose(timeline.gradient(variable, len(timeline)), expected, rtol=1e-10, atol=1e-16)  # type: ignore[arg-type]


@pytest.mark.parametrize("x", [-7.25, -1.0, 1e-3, 2.0, 1e5])
def test_the_four_factors_of_nested4_multiply_to_18_x(x: float) -> None:
    text = (FOLDER / "nested4.toml").read_text("utf-8").replace("x = 2.0", f"x = {x}")
    timeline = Timeline(parse(text))
    assert float(timeline.gradient("x", len(timeline))) == pytest.approx(18 * x, rel=1e-13)  # type: ignore[arg-type]


def test_the_vector_chain_rule_of_jacobian_is_its_transposed_jacobian() -> None:
    values = given("jacobian")
    y = sigmoid(values["A"] @ values["x"]).real
    J = np.diag((y * (1 - y))[:, 0]) @ values["A"].real
    timeline = Timeline(read(FOLDER / "jacobian.toml"))
    np.testing.assert_allclose(timeline.gradient("x", len(timeline)), J.T @ (2 * y), rtol=1e-13)  # type: ignore[arg-type]
