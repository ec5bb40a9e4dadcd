"""Every op beside PyTorch's, at random shapes and values: the value, its Jacobians written out, the gradients."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from oracle.agreement import agree, leaf, run, toml
from torch import Tensor
from torch.autograd.functional import jacobian

from bptui.core.jacobian import Array, Shape
from bptui.core.ops import RULES
from bptui.core.scenario import parse

Draw = Callable[[np.random.Generator, Shape], Array]
ROUNDS = 20


def anything(rng: np.random.Generator, shape: Shape) -> Array:
    """Both signs, and now and then a 0."""
    return np.asarray(rng.normal(size=shape) * (rng.random(shape) > 0.05))


def positive(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(rng.uniform(0.2, 3.0, shape))


# fmt: off
ELEMENTWISE: list[tuple[str, str, Callable[..., Tensor], tuple[Draw, ...]]] = [
    # op          expression      in PyTorch               values of the arguments
    ("add",       "x + y",        lambda x, y: x + y,      (anything, anything)),
    ("subtract",  "x - y",        lambda x, y: x - y,      (anything, anything)),
    ("multiply",  "x * y",        lambda x, y: x * y,      (anything, anything)),
    ("divide",    "x / y",        lambda x, y: x / y,      (anything, positive)),
    ("power",     "x ^ y",        lambda x, y: x ** y,     (positive, anything)),
    ("power",     "x ^ 3",        lambda x: x ** 3,        (anything,)),
    ("power",     "x ^ 0",        lambda x: x ** 0,        (anything,)),
    ("negate",    "-x",           lambda x: -x,            (anything,)),
    ("sin",       "sin(x)",       torch.sin,               (anything,)),
    ("cos",       "cos(x)",       torch.cos,               (anything,)),
    ("exp",       "exp(x)",       torch.exp,               (anything,)),
    ("log",       "log(x)",       torch.log,               (positive,)),
    ("sqrt",      "sqrt(x)",      torch.sqrt,              (positive,)),
    ("abs",       "abs(x)",       torch.abs,               (anything,)),
    ("tanh",      "tanh(x)",      torch.tanh,              (anything,)),
    ("sigmoid",   "sigmoid(x)",   torch.sigmoid,           (anything,)),
    ("relu",      "relu(x)",      torch.relu,              (anything,)),
    ("identity",  "identity(x)",  lambda x: x.clone(),     (anything,)),
]


def product(W: Tensor, a: Tensor) -> Tensor:
    return W @ a if W.ndim and a.ndim else W * a


# With k, m, n random; () is a scalar, with which a matrix product is a multiplication.
SUMS: list[tuple[str, str, Callable[..., Tensor], list[str]]] = [
    # op                    expression                  in PyTorch                                 shapes of the arguments
    ("matmul",             "x @ y",                     product,                                   ["kn nm", "kn n1", "1n nm", "kn -", "- nm", "- -"]),
    ("affine",             "x @ y + b",                 lambda x, y, b: product(x, y) + b,         ["kn nm k1", "kn nm km", "kn nm 1m", "kn nm 11", "kn nm -", "kn n1 k1", "kn - k1", "- nm -", "- nm n1", "- - -"]),
    ("dot",                "dot(x, y)",                 lambda x, y: (x * y).sum(),                ["kn kn", "k1 k1", "- -"]),
    ("sum",                "sum(x)",                    torch.sum,                                 ["kn", "k1", "1n", "-"]),
    ("mean",               "mean(x)",                   torch.mean,                                ["kn", "k1", "1n", "-"]),
    ("half_squared_error", "half_squared_error(x, y)",  lambda x, y: 0.5 * ((x - y) ** 2).sum(),   ["kn kn", "k1 k1", "- -"]),
]
# fmt: on


def test_every_op_is_compared() -> None:
    assert {op for op, *_ in ELEMENTWISE} | {op for op, *_ in SUMS} == RULES.keys()


@pytest.mark.parametrize(("op", "expression", "theirs", "draws"), ELEMENTWISE, ids=[row[1] for row in ELEMENTWISE])
def test_an_elementwise_op(op: str, expression: str, theirs: Callable[..., Tensor], draws: tuple[Draw, ...]) -> None:
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        whole = rng.integers(1, 5, size=2)
        shapes = [tuple(int(n) if rng.random() < 0.7 else 1 for n in whole) if rng.random() < 0.8 else () for _ in draws]
        arguments = {name: draw(rng, shape) for name, draw, shape in zip("xy", draws, shapes, strict=False)}
        compare(expression, theirs, arguments, rng)


@pytest.mark.parametrize(("op", "expression", "theirs", "patterns"), SUMS, ids=[row[0] for row in SUMS])
def test_an_op_that_sums(op: str, expression: str, theirs: Callable[..., Tensor], patterns: list[str]) -> None:
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        sizes = {"k": int(rng.integers(1, 6)), "n": int(rng.integers(1, 6)), "m": int(rng.integers(1, 6)), "1": 1}
        for pattern in patterns:
            shapes = [tuple(sizes[axis] for axis in word if axis != "-") for word in pattern.split()]
            arguments = {name: anything(rng, shape) for name, shape in zip("xyb", shapes, strict=False)}
            compare(expression, theirs, arguments, rng)


def compare(
    expression: str, theirs: Callable[..., Tensor], arguments: dict[str, Array], rng: np.random.Generator
) -> None:
    """f = expression and z = Σ c f, so that every cell of f has an upstream of its own."""
    leaves = [leaf(value.tolist()) for value in arguments.values()]
    f = theirs(*leaves)
    c = rng.normal(size=tuple(f.shape))
    ours = run(parse(f'program = """\nf = {expression}\nz = sum(c * f)\n"""\n{toml(parameters=arguments, constants={"c": c})}'))
    (f * torch.tensor(c)).sum().backward()
    locals_ = {step.variable: step.local for step in ours.multiplications if step.node.name == "f"}
    Js = jacobian(theirs, tuple(leaves))  # type: ignore[no-untyped-call]

    agree(f"the value of {expression}", ours.values["f"], f, theirs(*(x.abs() for x in leaves)).abs().maximum(f.abs()))
    for name, x, J in zip(arguments, leaves, Js, strict=True):
        written_out = J.reshape(f.numel(), x.numel()) ...
