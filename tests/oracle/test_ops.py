"""Every op beside PyTorch's, at random shapes and values: the value, its Jacobians written out, the gradients."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch
from oracle.agreement import agree, leaf, run, toml
from torch import Tensor
from torch.autograd.functional import jacobian

from bptui.core.jacobian import Array, Shape
from bptui.core.ops import RULES
from bptui.core.reader import parse

Draw: TypeAlias = Callable[[np.random.Generator, Shape], Array]
Function: TypeAlias = Callable[..., Tensor]
ROUNDS = 20


def anything(rng: np.random.Generator, shape: Shape) -> Array:
    """Both signs, and now and then a 0."""
    return np.asarray(rng.normal(size=shape) * (rng.random(shape) > 0.05))


def positive(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(rng.uniform(0.2, 3.0, shape))


def product(W: Tensor, a: Tensor) -> Tensor:
    """On scalars `@` multiplies."""
    return W @ a if W.ndim and a.ndim else W * a


# fmt: off
ELEMENTWISE: list[tuple[str, str, Function, tuple[Draw, ...]]] = [
    # op          expression      in PyTorch            values of the arguments
    ("add",       "x + y",        lambda x, y: x + y,   (anything, anything)),
    ("subtract",  "x - y",        lambda x, y: x - y,   (anything, anything)),
    ("multiply",  "x * y",        lambda x, y: x * y,   (anything, anything)),
    ("divide",    "x / y",        lambda x, y: x / y,   (anything, positive)),
    ("power",     "x ^ y",        lambda x, y: x ** y,  (positive, anything)),
    ("power",     "x ^ 3",        lambda x: x ** 3,     (anything,)),
    ("power",     "x ^ 0",        lambda x: x ** 0,     (anything,)),
    ("negate",    "-x",           lambda x: -x,         (anything,)),
    ("sin",       "sin(x)",       torch.sin,            (anything,)),
    ("cos",       "cos(x)",       torch.cos,            (anything,)),
    ("exp",       "exp(x)",       torch.exp,            (anything,)),
    ("log",       "log(x)",       torch.log,            (positive,)),
    ("sqrt",      "sqrt(x)",      torch.sqrt,           (positive,)),
    ("abs",       "abs(x)",       torch.abs,            (anything,)),
    ("tanh",      "tanh(x)",      torch.tanh,           (anything,)),
    ("sigmoid",   "sigmoid(x)",   torch.sigmoid,        (anything,)),
    ("relu",      "relu(x)",      torch.relu,           (anything,)),
    ("identity",  "identity(x)",  lambda x: x.clone(),  (anything,)),
]
# k, m and n are random; - is a scalar.
SUMS: list[tuple[str, str, Function, str]] = [
    # op           expression      in PyTorch                          shapes of the arguments
    ("matmul",     "x @ y",        product,                            "kn,nm kn,n1 1n,nm kn,- -,nm -,-"),
    ("affine",     "x @ y + b",    lambda x, y, b: product(x, y) + b,  "kn,nm,k1 kn,nm,km kn,nm,1m kn,nm,11 kn,nm,- "
                                                                       "kn,n1,k1 kn,-,k1 -,nm,- -,nm,n1 -,-,-"),
    ("dot",        "dot(x, y)",    lambda x, y: (x * y).sum(),         "kn,kn k1,k1 -,-"),
    ("sum",        "sum(x)",       torch.sum,                          "kn k1 1n -"),
    ("mean",       "mean(x)",      torch.mean,                         "kn k1 1n -"),
    ("half_squared_error", "half_squared_error(x, y)", lambda x, y: 0.5 * ((x - y) ** 2).sum(), "kn,kn k1,k1 -,-"),
]
# fmt: on


def test_every_op_is_compared() -> None:
    """Those that are not in the tables here are in the files of their families."""
    here = {row[0] for row in ELEMENTWISE} | {row[0] for row in SUMS}
    elsewhere = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    missing = {name for name in RULES.keys() - here if f'"{name}"' not in elsewhere}
    assert missing <= {"batch_norm_fixed"}  # it stands in an evaluation only, and has no derivative


@pytest.mark.parametrize(("expression", "theirs", "draws"), [pytest.param(*row[1:], id=row[1]) for row in ELEMENTWISE])
def test_an_elementwise_op(expression: str, theirs: Function, draws: tuple[Draw, ...]) -> None:
    """Each argument is a scalar, or has any of its axes repeated."""
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        sizes = rng.integers(1, 5, size=2).tolist()
        shapes = [tuple(n if rng.random() < 0.7 else 1 for n in sizes) if rng.random() < 0.8 else () for _ in draws]
        arguments = [draw(rng, shape) for draw, shape in zip(draws, shapes, strict=True)]
        compare(expression, theirs, arguments, rng)


@pytest.mark.parametrize(("expression", "theirs", "shapes"), [pytest.param(*row[1:], id=row[0]) for row in SUMS])
def test_an_op_that_sums(expression: str, theirs: Function, shapes: str) -> None:
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        sizes = {"1": 1} | dict(zip("kmn", rng.integers(1, 6, size=3).tolist(), strict=True))
        for words in shapes.split():
            arguments = [anything(rng, tuple(sizes[n] for n in word.strip("-"))) for word in words.split(",")]
            compare(expression, theirs, arguments, rng)


def compare(expression: str, theirs: Function, arguments: list[Array], rng: np.random.Generator) -> None:
    """f = expression, then z = Σ c f, so that each cell of f has an upstream of its own."""
    leaves = [leaf(x.tolist()) for x in arguments]
    f = theirs(*leaves)
    c = torch.tensor(rng.normal(size=tuple(f.shape)))
    (c * f).sum().backward()  # type: ignore[no-untyped-call]
    Js = jacobian(theirs, tuple(leaves))  # type: ignore[no-untyped-call]

    names = "xyb"[: len(arguments)]
    tables = toml(parameters=dict(zip(names, arguments, strict=True)), constants={"c": c.numpy()})
    ours = run(parse(f'program = """\nf = {expression}\nz = sum(c * f)\n"""\n{tables}'))

    added = theirs(*(x.abs() for x in leaves)).abs().maximum(f.abs())
    agree(f"{expression}, its value", ours.values["f"], f, added)
    local = {step.variable: step.local for step in ours.multiplications if step.node.name == "f"}
    for name, x, J in zip(names, leaves, Js, strict=True):
        written_out = torch.tensor(J.numpy().reshape((f.numel(), x.numel()), order="F"))  # vec is column-major
        agree(f"{expression}, its Jacobian for {name}", local[name].matrix(), written_out, written_out.abs())
        contributions = (c.reshape(c.shape + (1,) * x.ndim) * J).abs()
        added = contributions.reshape(f.numel(), *x.shape).sum(dim=0)
        assert x.grad is not None
        agree(f"{expression}, the gradient of {name}", ours.gradients[name], x.grad, added)
