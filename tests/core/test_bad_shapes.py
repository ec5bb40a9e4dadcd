"""Shapes that do not fit are said with both shapes and both lines; what needs too much memory or time is refused."""

import re

import pytest

from bptui.core import InputError, Timeline, parse
from bptui.core.program import MEMORY_LIMIT, MOST_NODES


def fault(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text, "f.toml")
    assert caught.value.hint
    return caught.value


VALUES = """
[input]
s = 2.0
c2 = [1.0, 2.0]
c3 = [1.0, 2.0, 3.0]
[constants]
m23 = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
m22 = [[1.0, 2.0], [3.0, 4.0]]
r2 = [[1.0, 2.0]]
"""
LINES = {"s": 3, "c2": 4, "c3": 5, "m23": 7, "m22": 8, "r2": 9}
SHAPES = {"s": "a scalar", "c2": "2×1", "c3": "3×1", "m23": "2×3", "m22": "2×2", "r2": "1×2"}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("c2 + c3", "each axis must be equal, or 1"),
        ("c3 * m23", "each axis must be equal, or 1"),
        ("m22 ^ m23", "each axis must be equal, or 1"),
        ("m23 @ c2", "the first has 3 columns, the second 2 rows"),
        ("c2 @ c3", "the first has 1 columns, the second 3 rows"),
        ("m23 @ c2 + c2", "the first has 3 columns, the second 2 rows"),
        ("m23 @ c3 + c3", "each axis must be equal, or 1"),
        ("m23 @ c3 + r2", "the sum of W a, 2×1, and b must have the shape of W a"),
        ("dot(c2, c3)", "both must have the same shape"),
        ("dot(s, c2)", "both must have the same shape"),
        ("half_squared_error(c2, r2)", "prediction and target must have the same shape"),
    ],
)
def test_shapes_that_do_not_fit_are_named_with_their_lines(expression: str, said: str) -> None:
    error = fault(f"program = '''z = {expression}'''{VALUES}")
    assert (error.line, error.key) == (1, "z")
    for name in re.findall(r"\b(?:s|[cmr]\d+)\b", expression):
        assert f"{name} is {SHAPES[name]} (line {LINES[name]})" in error.reason
    assert said in error.hint


def test_a_node_that_does_not_fit_is_named_with_the_line_of_the_program() -> None:
    error = fault("program = '''\nu = 2 * c2\nz = u + c3\n'''" + VALUES)
    assert error.line == 3
    assert "u is 2×1 (line 2), c3 is 3×1 (line 8)" in error.reason


def test_a_layer_that_does_not_fit_is_named_with_its_weights_and_the_layer_before() -> None:
    layers = (
        "[[layer]]\nW = [[1.0, 2.0]]\n[[layer]]\nactivation = 'tanh'\nW = [[1.0],\n[2.0]]\n[[layer]]\nW = [[1.0]]\n"
    )
    error = fault(f"[input]\nx = [1.0, 2.0]\n{layers}")
    assert (error.line, error.key) == (9, "u3")
    assert "W3 is 1×1 (line 10), a2 is 2×1 (line 5)" in error.reason


def test_a_bias_that_does_not_fit_is_named_with_its_weights() -> None:
    error = fault("[input]\nx = [1.0, 2.0]\n[[layer]]\nW = [[1.0, 2.0]]\nb = [1.0,\n2.0]\n")
    assert (error.line, error.key) == (3, "u1")
    assert "W1 is 1×2 (line 4), x is 2×1 (line 2), b1 is 2×1 (line 5)" in error.reason


# ---- too much


def wide(n: int, program: str, kind: str = "input", wrt: str = "p") -> str:
    """A scenario with a column c and a row r of n cells."""
    head = f"wrt = ['{wrt}']\nprogram = '''\n{program}\n'''\n"
    return f"{head}[{kind}]\nc = {[1.0] * n}\nr = {[[1.0] * n]}\n[parameters]\np = 1.0\n"


def test_a_product_of_a_column_and_a_row_may_not_fill_the_memory() -> None:
    error = fault(wide(12_000, "w = c * r\nz = sum(w) * p", "constants"))
    assert (error.line, error.key) == (3, "w")
    assert error.reason == "is 12000×12000; up to here an iteration needs 1,098 MiB"  # 144·10⁶ float64
    assert error.hint == "1,024 MiB at the most; --max-memory sets another limit"


def test_what_goes_back_counts_too() -> None:
    n = 7000  # 374 MiB, and as much for the factor and for the downstream, towards two arguments
    assert n * n * 8 < MEMORY_LIMIT < n * n * 8 * 3
    assert fault(wide(n, "w = c * r\nz = sum(w) * p", wrt="c")).key == "w"


def test_the_limit_can_be_another() -> None:
    text = wide(1000, "w = c * r\nz = sum(w) * p", "constants")
    with pytest.raises(InputError, match="is 1000×1000; up to here an iteration needs 7 MiB"):
        parse(text, max_memory=1 << 20)


def test_a_program_may_not_have_any_number_of_nodes() -> None:
    line = "u{} = x" + " + x" * 100 + "\n"
    count = MOST_NODES // 100 + 1
    text = f"program = '''\n{''.join(line.format(i) for i in range(count))}'''\n[input]\nx = 1.0\n"
    error = fault(text)
    assert error.line == 1 + count
    assert error.reason == "the program is too long"


def test_what_is_large_but_within_the_limits_runs() -> None:
    found = Timeline(parse(wide(800, "w = c * r\nz = sum(w) * p")))
    assert float(found.gradient("p", len(found))) == 800.0**2  # type: ignore[arg-type]
