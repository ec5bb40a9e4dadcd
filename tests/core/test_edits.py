"""Edits: how they are read, and what is refused."""

import numpy as np
import pytest
from edits import SCENARIOS, run

from bptui.core import parse
from bptui.core.edits import parse_edit
from bptui.core.errors import InputError


@pytest.mark.parametrize(
    ("name", "text", "expected", "cell", "number"),
    [
        ("tanh4", "x = 2.5", "x = 2.5", None, 2.5),
        ("tanh4", "W₃ = -1", "W₃ = -1", None, -1.0),
        ("tanh4", " eta=0.01 ", "η = 0.01", None, 0.01),
        ("tanh4", "learning_rate = 1e-3", "η = 0.001", None, 0.001),
        ("layers4", "W2[0, 1] = 0.5", "W₂[0, 1] = 0.5", (0, 1), 0.5),
        ("layers4", "b1[2] = 1", "b₁[2, 0] = 1", (2, 0), 1.0),
        ("layers4", "a₂[3] = 0", "a₂[3, 0] = 0", (3, 0), 0.0),
        ("rnn", "y = 2", "y = [2]", None, 2.0),
        ("digits", "x[63, 63] = 0.25", "x[63, 63] = 0.25", (63, 63), 0.25),
    ],
)
def test_edits_are_read_and_shown(
    name: str, text: str, expected: str, cell: tuple[int, ...] | None, number: float
) -> None:
    edit = parse_edit(text, SCENARIOS[name])
    assert (str(edit), edit.cell, float(edit.value.item())) == (expected, cell, number)


def test_a_list_is_a_column_and_a_list_of_lists_rows() -> None:
    edit = parse_edit("x1 = [3, 4]", SCENARIOS["rnn"])
    np.testing.assert_array_equal(edit.value, [[3.0], [4.0]])
    edit = parse_edit("U = [[1, 2], [3, 4], [5, 6]]", SCENARIOS["rnn"])
    np.testing.assert_array_equal(edit.value, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("tanh4", "x", "is not an edit"),
        ("tanh4", "= 3", "is not an edit"),
        ("tanh4", "x[0 = 3", "is not an edit"),
        ("tanh4", "x =", "is not a value"),
        ("tanh4", "x = 1\ny = 2", "is not a value"),
        ("tanh4", "x = __import__('os')", "is not a value"),
        ("tanh4", "x = " + "[" * 1900, "is not a value"),
        ("tanh4", "x = " + "1" * 2000, "2,004 characters"),
        ("tanh4", "x = nan", "not finite"),
        ("tanh4", "x = 1e999", "not finite"),
        ("tanh4", "x = true", "not a number"),
        ("tanh4", "x = { init = 'he' }", "is a table"),
        ("tanh4", "x = [1, 2]", "the value is 2×1, x is a scalar"),
        ("tanh4", "x[0] = 1", "without cells"),
        ("tanh4", "W33 = 1", "did you mean 'W3'?"),
        ("tanh4", "L = 1", "L is the output"),
        ("tanh4", "δ₃ = 1", "a gradient cannot be set"),
        ("tanh4", "delta3 = 1", "a gradient cannot be set"),
        ("tanh4", "∂L/∂W₃ = 1", "a gradient cannot be set"),
        ("tanh4", "dL/dW3 = 1", "a gradient cannot be set"),
        ("tanh4", "η = 0", "must be above 0"),
        ("tanh4", "η = -1", "must be above 0"),
        ("tanh4", "η[0] = 1", "without cells"),
        ("layers4", "W2[5, 0] = 1", "W₂ has no cell [5, 0]; it is 4×5"),
        ("layers4", "W2[0] = 1", "W₂ has no cell [0]"),
        ("layers4", "W2[-1, 0] = 1", "[-1, 0] is not a cell"),
        ("layers4", "W2[0, 0] = [1]", "the value is 1×1"),
        ("layers4", "x = 1", "the value is a scalar, x is 4×1"),
        ("layers4", "x = [[1, 2], [3]]", "row 2 has 1 number"),
    ],
)
def test_what_is_no_edit_is_refused_in_one_line(name: str, text: str, reason: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_edit(text, SCENARIOS[name])
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_number_must_be_finite_in_the_precision_of_the_scenario() -> None:
    scenario = parse("dtype = 'float32'\nprogram = 'z = x^2'\n[input]\nx = 1.0")
    with pytest.raises(InputError, match="not finite in float32"):
        parse_edit("x = 1e39", scenario)
    assert parse_edit("x = 0.1", scenario).value.dtype == np.float32


def test_a_variable_called_eta_is_no_learning_rate() -> None:
    text = "program = 'z = (w * eta)^2'\n[input]\neta = 1.0\n[parameters]\nw = 1.0\n"
    scenario = parse(text + "[update]\nrule = 'gradient_descent'\nlearning_rate = 0.1")
    assert run(scenario, "η = 3")[0].given["eta"] == 3.0
    changed = run(scenario, "learning_rate = 3")[0]
    assert changed.update is not None
    assert changed.update.learning_rate == 3.0
    with pytest.raises(InputError, match="nothing is updated"):
        parse_edit("learning_rate = 3", parse(text))
