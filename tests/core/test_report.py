"""The report as text and as JSON, whose members are a contract; and `compare` as it is called from Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from byhand.step import Array

from bptui.core import InputError, compare, parse, read
from bptui.core.comparison.records import Comparison
from bptui.tui.compared import json_lines, table_lines, text_lines

FILE = Path(__file__).parents[2] / "docs/two_layers.toml"
TOP = "format scenario title iteration of layout verdict counts remarks first steps"
STEP = """
position variable gradient step line source rule given verdict finding cell yours right true your_shape shape
mistakes between pattern explains remarks
"""
W1, b1 = np.array([[0.6, -0.4], [0.3, 0.8], [-0.7, 0.2]]), np.array([[0.1], [-0.2], [0.05]])
W2, b2 = np.array([[0.9, -0.5, 0.4], [-0.3, 0.7, 0.6]]), np.array([[0.0], [0.1]])
x = np.array([[0.5, -1.0, 0.25, 2.0], [1.0, 0.75, -0.5, -1.5]])
y = np.array([[1.0, 0.0, 0.5, -1.0], [0.0, 1.0, -0.5, 0.25]])
"""The numbers of docs/two_layers.toml."""


def gradients(*, mended: bool = False) -> dict[str, Array]:
    """Two layers by hand; the slope of tanh is taken at h, which is tanh(z1) already."""
    h = np.tanh(W1 @ x + b1)
    dz2 = (W2 @ h + b2 - y) / 4
    dh = W2.T @ dz2
    dz1 = dh * (1 - (h if mended else np.tanh(h)) ** 2)
    dW1, db1 = dz1 @ x.T, dz1.sum(axis=1, keepdims=True)
    dW2, db2 = dz2 @ h.T, dz2.sum(axis=1, keepdims=True)
    return {"dz2": dz2, "dW2": dW2, "db2": db2, "dh": dh, "dz1": dz1, "dW1": dW1, "db1": db1}


def as_json(found: Comparison) -> Any:
    return json.loads("\n".join(json_lines(found)))


def test_the_text_line_by_line() -> None:
    wrong, right = gradients()["dz1"], gradients(mended=True)["dz1"]
    cell = np.unravel_index(np.argmax(np.abs(wrong - right)), wrong.shape)
    at = f"at [{cell[0]}, {cell[1]}]"
    expected = f"""\
Two layers, whose backward pass is written by hand
7 gradients of yours, against the true rules
layout: examples in columns (dz2 is 2×4), weights as here (dW2 is 2×3)

first wrong step: ∂L/∂z₁, step 9 of 11: through h to z₁
  line 7   h = tanh(z₁)
  rule     ∂L/∂z₁ = ∂L/∂h ⊙ sech²(z₁)
  yours    {wrong[cell]:.10g}   {at}
  right    {right[cell]:.10g}   {at}, from your own upstream
  mistake  φ′ taken at a instead of u

fail: one wrong step (4 right, 2 inherited)"""
    found = compare(FILE, gradients())
    assert str(found) == expected
    assert list(text_lines(found)) == expected.splitlines()


def test_the_text_of_a_pass() -> None:
    lines = str(compare(FILE, gradients(mended=True))).splitlines()
    assert lines[-2:] == ["", "pass: your backward pass is right (7 right)"]
    assert len(lines) == 5


def test_the_table_has_a_line_for_each_gradient() -> None:
    lines = list(table_lines(compare(FILE, gradients())))
    start = next(i for i, line in enumerate(lines) if line.startswith("step"))
    assert lines[start].split() == ["step", "gradient", "yours", "right", "true", "verdict", "mistake"]
    rows = lines[start + 1 : start + 8]
    assert [row.split()[0] for row in rows] == ["5", "6", "7", "8", "9", "10", "11"]
    assert "wrong here" in rows[4]
    assert rows[4].endswith("φ′ taken at a instead of u")
    assert sum("inherited" in row for row in rows) == 2
    assert lines[-1] == "fail: one wrong step (4 right, 2 inherited)"


def test_the_members_of_the_json_are_these_and_no_others() -> None:
    told = as_json(compare(FILE, gradients()))
    assert list(told) == TOP.split()
    assert next(iter(told)) == "format"
    for step in (told["first"], *told["steps"]):
        assert list(step) == STEP.split()
    assert [list(mistake) for mistake in told["first"]["mistakes"]] == [["id", "name", "detail"]]


def test_the_json_of_a_mistake() -> None:
    found = compare(FILE, gradients())
    told = as_json(found)
    assert (told["format"], told["verdict"], told["iteration"], told["of"]) == ("bptui-check 1", "fail", 1, 11)
    assert told["scenario"] == str(FILE)
    assert told["counts"] == {"right": 4, "wrong here": 1, "inherited": 2}
    first = told["first"]
    assert first == next(step for step in told["steps"] if step["finding"])
    assert [step["variable"] for step in told["steps"]] == ["z2", "W2", "b2", "h", "z1", "W1", "b1"]
    assert (first["variable"], first["gradient"], first["position"], first["line"]) == ("z1", "∂L/∂z₁", 9, 7)
    assert [mistake["id"] for mistake in first["mistakes"]] == ["phi-at-a"]
    assert first["your_shape"] == first["shape"] == [3, 4]
    cell = tuple(first["cell"])
    assert first["yours"] == gradients()["dz1"][cell]
    assert first["right"] == pytest.approx(gradients(mended=True)["dz1"][cell], rel=1e-13)
    assert sum(told["counts"].values()) == len(told["steps"])


def test_the_json_of_a_pass() -> None:
    told = as_json(compare(FILE, gradients(mended=True)))
    assert (told["verdict"], told["first"], told["counts"]) == ("pass", None, {"right": 7})
    assert all(step["finding"] == 0 and step["mistakes"] == step["pattern"] == [] for step in told["steps"])


def test_numbers_of_the_json_are_finite_and_missing_ones_are_null() -> None:
    found = compare(FILE, {"dW1": 1e300 * gradients()["dW1"], "db1": np.ones((2, 2))})
    text = "\n".join(json_lines(found))
    told = json.loads(text, parse_constant=pytest.fail)
    by_variable = {step["variable"]: step for step in told["steps"]}
    assert [by_variable["b1"][name] for name in ("yours", "right", "true")] == [None] * 3
    assert by_variable["b1"]["your_shape"] == [2, 2]
    assert by_variable["h"]["your_shape"] is None
    assert not by_variable["h"]["given"]


class Tensor:
    """What NumPy makes an array of, as a tensor of PyTorch."""

    def __init__(self, x: Array) -> None:
        self.x = x

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return self.x


def test_a_path_a_scenario_lists_scalars_and_tensors() -> None:
    right = gradients(mended=True)
    for scenario in (FILE, str(FILE), read(FILE)):
        assert compare(scenario, right).is_right
    assert compare(FILE, {name: g.tolist() for name, g in right.items()}).is_right
    assert compare(FILE, {name: Tensor(g) for name, g in right.items()}).is_right
    scalar = parse('program = "L = w ^ 2"\n[parameters]\nw = 3.0\n')
    assert all(
        compare(scalar, {"dw": six}).is_right for six in (6, 6.0, np.float32(6), np.array([[6]]), Tensor(np.array(6)))
    )


def test_names_say_what_other_names_mean() -> None:
    right = gradients(mended=True)
    names = {"hidden.weight": "W1", "up": "dz1"}
    assert compare(FILE, {"hidden.weight": right["dW1"], "up": right["dz1"]}, names=names).is_right
    assert not compare(FILE, {"a": right["dW1"]}, names={"a": "W2"}).is_right


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"dW1": [[1.0, 2.0], [3.0]]},
            "compare: dW1: is no array; give numbers; of a tensor that belongs to a graph, tensor.detach()",
        ),
        ({"dW1": "much"}, "compare: dW1: holds <U4; give real numbers"),
        ({"dW1": [None]}, "compare: dW1: holds object; give real numbers"),
        ({"dW1": 1j}, "compare: dW1: holds complex128; give real numbers"),
        ({"dW1": [[float("nan")]]}, "compare: dW1: holds a number that is not finite; give finite numbers"),
        ({"dW1": [float("inf")]}, "compare: dW1: holds a number that is not finite; give finite numbers"),
        ({"dW1": []}, "compare: dW1: holds no numbers; give finite numbers"),
        ({}, 'compare: there are no gradients; give some: {"dW1": …}'),
        ({"dW1": 1.0, "grad_W1": 1.0}, "compare: grad_W1: means the same as 'dW1'; leave one of them out"),
        ({"dWW1": 1.0}, "compare: dWW1: 'dWW1' is the gradient of nothing in the program; did you mean 'dW1'?"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        compare(FILE, given)
    assert str(caught.value) == said


@pytest.mark.parametrize("name", ["\x1b[2J", "a\nb", "\u202e", "x" * 100_000, ""])
def test_a_hostile_name_is_shown_escaped(name: str) -> None:
    for given, names in (({name: 1.0}, {}), ({"g": 1.0}, {"g": name})):
        with pytest.raises(InputError) as caught:
            compare(FILE, given, names=names)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 600


def test_a_scenario_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        compare(tmp_path / "none.toml", {"dW1": 1.0})


def test_the_core_is_imported_without_the_comparison() -> None:
    code = (
        "import sys, bptui.core as core\n"
        "held = [m for m in sys.modules if m.startswith('bptui.core.comparison')]\n"
        "from bptui.core import compare\n"
        "print(held, compare is core.compare, 'bptui.core.comparison.compare' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.strip() == "[] True True"


TRAINED = """
program = "L = (w * x - y) ^ 2"
[input]
x = 2.0
[target]
y = 1.0
[parameters]
w = 1.0
[update]
rule = "gradient_descent"
learning_rate = 0.1
iterations = 3
"""


def test_inputs_and_frozen_parameters_are_compared_though_nobody_asks_for_them() -> None:
    """Of (w x - y)² at w = 1, x = 2, y = 1: dw = 2 · 1 · 2, dx = 2 · 1 · 1, dy = -2."""
    text = TRAINED.replace("w = 1.0", "w = 1.0\nk = 1.0").replace("- y", "- y * k")
    scenario = parse(text + 'frozen = ["w"]\n')
    right = {"dw": 4.0, "dx": 2.0, "dy": -2.0, "dk": -2.0}
    assert compare(scenario, right).is_right
    for name in right:
        found = compare(scenario, {**right, name: 5.5})
        assert [each.variable for each in found.findings] == [name[1:]]
    later = compare(scenario, {"dw": 2 * (2.0 - 1.2) * 2, "dk": -2 * (2.0 - 1.2)}, iteration=2)
    assert later.is_right  # k = 1 + 0.1 · 2, w stays


def test_the_second_iteration_has_the_parameters_that_the_first_has_led_to() -> None:
    """dw = 2 (2 w - 1) 2 = 4 at w = 1, so w = 0.6 then, and dw = 0.8."""
    scenario = parse(TRAINED)
    assert compare(scenario, {"dw": 4.0}).is_right
    assert compare(scenario, {"dw": 0.8}, iteration=2).is_right
    assert not compare(scenario, {"dw": 4.0}, iteration=2).is_right


def test_an_iteration_that_is_not_there_is_refused() -> None:
    for number in (4, -1, 10**9):
        with pytest.raises(InputError) as caught:
            compare(parse(TRAINED), {"dw": 4.0}, iteration=number)
        there = f"compare: iteration: there is no iteration {number}; the scenario has iterations 1 to 3"
        assert str(caught.value) == there
