"""From text to nodes, held against Python's own grammar: only `^` is written `**` there."""

import ast
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.errors import InputError
from bptui.core.expression import LONGEST_LINE, parse_line
from bptui.core.program import Assignment
from bptui.core.tokens import DEEPEST, LONGEST_NAME


class Number:
    """What an operator gives is not a number but a record of it."""

    def __init__(self, said: str) -> None:
        self.said = said

    def __neg__(self) -> "Number":
        return Number(f"neg[{self.said}]")


def record(name: str) -> Callable[..., Number]:
    return lambda *arguments: Number(f"{name}[{'; '.join(argument.said for argument in arguments)}]")


OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "divide",
    "pow": "power",
    "matmul": "matmul",
}
for special, op in OPERATORS.items():
    setattr(Number, f"__{special}__", record(op))

FUNCTIONS = ("sin", "exp", "tanh", "sum")
names = st.sampled_from(["x", "y", "a1", "θ_g", "W"])
literals = st.sampled_from(["2", "0", "0.5", ".25", "3.", "1e3", "2.5E-3", "1e+2"])


def expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    atoms = names | literals | inner.map("({})".format)
    atoms |= st.tuples(st.sampled_from(FUNCTIONS), inner).map(lambda call: f"{call[0]}({call[1]})")
    atoms |= st.tuples(inner, inner).map(lambda call: f"dot({call[0]}, {call[1]})")
    signed = st.tuples(st.sampled_from(["", "", "", "-", "- ", "--"]), atoms).map("".join)
    links = st.tuples(st.sampled_from(["+", " - ", "*", " / ", "^", " ^", "@ "]), signed).map("".join)
    return st.tuples(signed, st.lists(links, max_size=4).map("".join)).map("".join)


TEXTS = st.recursive(names | literals, expressions, max_leaves=12)


def by_python(text: str) -> Number:
    """The expression as Python reads it; a number is `n("…")`, and a minus right before one belongs to it."""
    source = re.sub(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", r'n("\1")', text.replace("^", "**"))
    tree = ast.fix_missing_locations(Folded().visit(ast.parse(source.strip(), mode="eval")))
    scope: dict[str, Any] = {name: Number(name) for name in ("x", "y", "a1", "θ_g", "W")}
    scope |= {name: record(name) for name in (*FUNCTIONS, "dot")} | {"n": Number}
    found: Number = eval(compile(tree, "<test>", "eval"), scope)  # noqa: S307
    return found


class Folded(ast.NodeTransformer):
    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        match node.operand:
            case ast.Call(func=ast.Name("n"), args=[ast.Constant(str() as text)]) if float(text) > 0:
                return ast.Call(ast.Name("n", ast.Load()), [ast.Constant("-" + text)], [])
        return node


def by_nodes(assignments: list[Assignment]) -> str:
    """The same record, from the nodes."""
    said: dict[str, str] = {}
    for assignment in assignments:
        arguments = [said.get(name, name) for name in assignment.arguments]
        op = {"negate": "neg"}.get(assignment.op, assignment.op)
        said[assignment.name] = f"{op}[{'; '.join(arguments)}]"
    return said[assignments[-1].name]


@given(TEXTS)
def test_an_expression_means_what_it_means_in_python(text: str) -> None:
    expected = by_python(text).said
    if re.fullmatch(r"\s*\w+\s*@\s*\w+\s*\+\s*\w+\s*", text):
        return  # one affine node: below
    assignments, literals = parse_line(f"z = {text}", 1, 0)
    found = by_nodes(assignments)
    assert found in (expected, f"identity[{expected}]")
    assert found == expected or not expected.endswith("]")  # identity only where nothing else is done
    assert len(assignments) == found.count("[")  # one node for each operator and function
    assert all(float(name) == number for name, number in literals.items())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2^3^x", "power[2; power[3; x]]"),
        ("-x^2", "neg[power[x; 2]]"),
        ("2^-1", "power[2; -1]"),
        ("x^-y^2", "power[x; neg[power[y; 2]]]"),
        ("x - y - 1", "subtract[subtract[x; y]; 1]"),
        ("x / y / 2 * 3", "multiply[divide[divide[x; y]; 2]; 3]"),
        ("W @ x + y * x", "add[matmul[W; x]; multiply[y; x]]"),
        ("exp(log((3*x)^2))", "exp[log[power[multiply[3; x]; 2]]]"),
        ("--x", "neg[neg[x]]"),
        ("(x)", "identity[x]"),
        ("7", "identity[7]"),
    ],
)
def test_what_binds_tighter(text: str, said: str) -> None:
    assert by_nodes(parse_line(f"z = {text}", 1, 0)[0]) == said


@pytest.mark.parametrize("text", ["W @ a + b", "W@a+b", "  W  @ a   +b "])
def test_name_at_name_plus_name_is_one_affine_node(text: str) -> None:
    assignments, literals = parse_line(f"u = {text}", 7, 3)
    assert assignments == [Assignment("u", "affine", ("W", "a", "b"), 7, 3)]
    assert literals == {}


@pytest.mark.parametrize(
    "text", ["(W @ a) + b", "b + W @ a", "W @ a + b + c", "W @ a - b", "W @ a + 1", "2 @ a + b", "W @ a"]
)
def test_nothing_else_is_affine(text: str) -> None:
    assignments, _ = parse_line(f"u = {text}", 1, 0)
    assert "affine" not in {assignment.op for assignment in assignments}
    assert {"matmul"} <= {assignment.op for assignment in assignments}


def test_inner_nodes_are_numbered_in_the_order_in_which_they_are_computed() -> None:
    assignments, literals = parse_line("z = sin(x*y) + x^2/3", 5, 2)
    assert [(node.name, node.op, node.arguments) for node in assignments] == [
        ("z·1", "multiply", ("x", "y")),
        ("z·2", "sin", ("z·1",)),
        ("z·3", "power", ("x", "2")),
        ("z·4", "divide", ("z·3", "3")),
        ("z", "add", ("z·2", "z·4")),
    ]
    assert literals == {"2": 2.0, "3": 3.0}
    assert {(node.line, node.source) for node in assignments} == {(5, 2)}


@given(st.floats(min_value=0, allow_infinity=False, allow_nan=False))
def test_a_literal_is_the_number_that_python_reads(number: float) -> None:
    _, literals = parse_line(f"z = x * {number!r}", 1, 0)
    assert list(literals.values()) == [number]


BAD = {
    "z = x +": "ends too early",
    "z = (x": "ends too early",
    "z =": "ends too early",
    "z = x)": "')' is not expected",
    "z = 2x": "'x' is not expected",
    "z = x y": "'y' is not expected",
    "z = x ** 2": "a power is written ^",
    "z = +x": "'+' is not expected",
    "z = x $ y": "'$' is not expected",
    "z = x = y": "'=' is not expected",
    "z = sin x": "write sin(",
    "z = sin(x, y)": "takes 1 argument, not 2",
    "z = dot(x)": "takes 2 arguments, not 1",
    "z = sin()": "')' is not expected",
    "z = sinn(x)": "did you mean 'sin'",
    "z = 1e999 * x": "not finite",
    "z = x[]": "']' is not expected",
    "z = x[0": "ends too early",
    "z = x[0.5]": "'0.5' is not an index",
    "z = x[a]": "'a' is not an index",
    "z = x[0:1:2]": "':' is not expected",
    "z = sum(x, axes=0)": "sum has no option 'axes'",
    "z = sum(axis=0, x)": "options come last",
    "z = sum(x, axis=0, axis=1)": "option 'axis' stands twice",
    "z = sum(x, axis=0.5)": "option 'axis' is not a whole number or the word all",
    "z = reshape(x, shape=3)": "option 'shape' is not a list",
    "z = reshape(x, shape=[3, 99999999999])": "99999999999 is too large",
    "z = concatenate(x)": "concatenate takes 2 to 16 arguments, not 1",
    "z = dropout(x, y)": "dropout takes 1 argument, not 2",
    "z = x · y": "'·' is not expected",
    "x + y": "not an assignment",
    "2 = x": "not an assignment",
    "z·1 = x": "not an assignment",
    "sin = x": "is a function",
    "z" * (LONGEST_NAME + 1) + " = x": "a name of 41 characters",
    "z = x + " + "y" * (LONGEST_NAME + 1): "has 41 characters",
    "z = " + "x + " * LONGEST_LINE + "x": "a line of",
    "z = " + "(" * (DEEPEST + 1) + "x" + ")" * (DEEPEST + 1): "nested too deep",
    "z = " + "-" * (DEEPEST + 1) + "x": "nested too deep",
    "z = x" + "^x" * (DEEPEST + 1): "nested too deep",
    "z = " + "sin(" * (DEEPEST + 1) + "x" + ")" * (DEEPEST + 1): "nested too deep",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_not_an_expression_is_said_with_its_line(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_line(text, 12, 0)
    assert caught.value.line == 12
    assert BAD[text] in str(caught.value)
    assert caught.value.hint
    assert len(str(caught.value)) < 300


@given(st.text(max_size=30) | st.text(alphabet="xyz012.+-*/^@(), =", max_size=30))
def test_whatever_a_line_holds_it_is_read_or_refused(text: str) -> None:
    with suppress(InputError):
        assignments, _ = parse_line(text.replace("\n", " "), 1, 0)
        assert assignments[-1].name == text.partition("=")[0].strip()


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    text = "z = " + "(" * DEEPEST + "x" + ")" * DEEPEST
    assert parse_line(text, 1, 0)[0][0].arguments == ("x",)
