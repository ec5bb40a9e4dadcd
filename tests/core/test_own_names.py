"""What a reader's names mean: every usual way to write the gradient of a variable, and nothing that is not clear."""

import pytest

from bptui.core.comparison.names import variable_of
from bptui.core.program import Program
from bptui.core.reader import parse

LAYERS = """
[input]
x = [0.5, -1.0]
[[layer]]
W = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
b = [0.1, 0.2, 0.3]
activation = "tanh"
[[layer]]
W = [[0.5, 0.25, 0.125]]
[loss]
kind = "half_squared_error"
[target]
y = [1.0]
"""
WRITTEN = """
output = "loss"
program = '''
f = w * x + theta_g
z = f ^ 2
loss = z + alpha2 * 3
'''
[input]
x = 2.0
[parameters]
w = 3.0
theta_g = 1.0
[constants]
alpha2 = 4.0
"""


def layers() -> Program:
    return parse(LAYERS).program


def written() -> Program:
    return parse(WRITTEN).program


def refused(name: str, program: Program) -> str:
    with pytest.raises(ValueError, match=r".;.|.") as caught:
        variable_of(name, program)
    text = str(caught.value)
    assert text.isprintable()
    assert len(text) < 300
    return text


@pytest.mark.parametrize(
    "form",
    [
        "W2",
        "W₂",
        "dW2",
        "dW₂",
        "grad_W2",
        "W2_grad",
        "grad(W2)",
        "W2.grad",
        "dL/dW2",
        "dL_dW2",
        "∂L/∂W2",
        "∂L/∂W₂",
        " dW2 ",
    ],
)
def test_ways_to_write_the_gradient_of_a_weight(form: str) -> None:
    assert variable_of(form, layers()) == "W2"


@pytest.mark.parametrize("form", ["delta1", "δ1", "δ₁", "u1", "du₁", "∂L/∂u1"])
def test_the_delta_of_a_layer_is_the_gradient_of_its_pre_activation(form: str) -> None:
    assert variable_of(form, layers()) == "u1"


@pytest.mark.parametrize(
    ("form", "variable"),
    [("dx", "x"), ("db1", "b1"), ("da1", "a1"), ("dz", "z"), ("dL", "L"), ("∂L/∂L", "L"), ("dy", "y"), ("y", "y")],
)
def test_inputs_biases_activations_targets_and_the_loss(form: str, variable: str) -> None:
    assert variable_of(form, layers()) == variable


@pytest.mark.parametrize(
    ("form", "variable"),
    [
        ("dloss/dw", "w"),
        ("∂loss/∂w", "w"),
        ("grad(theta_g)", "theta_g"),
        ("θ_g", "theta_g"),
        ("dθ_g", "theta_g"),
        ("∂loss/∂α₂", "alpha2"),
        ("df·1", "f·1"),
        ("f·1.grad", "f·1"),
    ],
)
def test_names_of_a_written_program(form: str, variable: str) -> None:
    assert written().by_name.keys() >= {"f·1", "f"}
    assert variable_of(form, written()) == variable


def test_an_output_with_a_greek_name() -> None:
    program = parse("program = 'lambda = x^2'\n[input]\nx = 0.5").program
    for form in ("∂λ/∂x", "∂lambda/∂x", "dlambda/dx"):
        assert variable_of(form, program) == "x"


@pytest.mark.parametrize(
    "name", ["", "d", "gW2", "dW3", "delta3", "dM/dW2", "∂L/∂W3", "3", "-3", "d3", "dW2.T", "W2\n.grad"]
)
def test_what_names_no_variable(name: str) -> None:
    assert "is the gradient of nothing in the program; " in refused(name, layers())


def test_the_nearest_name_is_proposed() -> None:
    assert refused("gW2", layers()) == "'gW2' is the gradient of nothing in the program; did you mean 'dW2'?"
    assert refused("DW2", layers()).endswith("did you mean 'dW2'?")


def test_a_literal_is_no_variable() -> None:
    assert "3" in written().variables
    refused("3", written())
    refused("d3", written())


def test_a_mask_is_no_variable() -> None:
    program = parse(
        "program = '''\nh = dropout(x, p=0.5)\nz = sum(h * w)'''\n[input]\nx = [1, 2]\n[parameters]\nw = [3, 4]"
    ).program
    assert "h·1·mask" in program.variables
    refused("h·1·mask", program)
    assert variable_of("dh", program) == "h"


def test_a_name_that_can_mean_two_variables_is_refused() -> None:
    program = parse("program = 'L = b * db'\n[parameters]\nb = 1.0\ndb = 2.0").program
    text = refused("db", program)
    assert text == "'db' can mean the gradients of db and b; write ∂L/∂db or ∂L/∂b"
    assert variable_of("∂L/∂b", program) == "b"
    assert variable_of("∂L/∂db", program) == "db"
    assert variable_of("ddb", program) == "db"


def test_names_are_told_apart_before_their_symbols_are() -> None:
    program = parse("program = 'L = delta3 * δ3'\n[parameters]\ndelta3 = 1.0\n'δ3' = 2.0").program
    assert variable_of("ddelta3", program) == "delta3"
    assert variable_of("dδ3", program) == "δ3"


@pytest.mark.parametrize("name", ["\x1b[31mdW2", "dW2\x00", "\u202edW2", "\ud800", "x" * 100_000, "d" * 100_000])
def test_hostile_names_are_one_short_printable_line(name: str) -> None:
    refused(name, layers())


def test_a_program_of_many_nodes() -> None:
    lines = "\n".join(f"a{i + 1} = sin(a{i})" for i in range(3_000))
    program = parse(f"program = '''\na0 = x * 1\n{lines}\n'''\n[input]\nx = 0.5").program
    assert [variable_of(f"∂{program.output}/∂a{i}", program) for i in range(500)] == [f"a{i}" for i in range(500)]
    refused("da3001", program)
