"""Every op beside PyTorch's, at random shapes and values: the value, its Jacobians written out, the gradients."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from oracle.agreement import agree, leaf, raw, run, toml
from torch import Tensor
from torch.autograd.functional import jacobian

from bptui.core.jacobian import Array
from bptui.core.ops import RULES
from bptui.core.scenario import parse

Shape = tuple[int, ...]
Draw = Callable[[np.random.Generator, Shape], Array]


def anything(rng: np.random.Generator, shape: Shape) -> Array:
    """Both signs, and sometimes 0."""
    return np.asarray(rng.normal(size=shape) * (rng.random(shape) > 0.05))


def positive(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(rng.uniform(0.2, 3.0, shape))


def half_squared_error(z: Tensor, y: Tensor) -> Tensor:
    return 0.5 * ((z - y) ** 2).sum()


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
# fmt: on


def test_every_op_is_compared() -> None:
    others = {"matmul", "affine", "dot", "sum", "mean", "half_squared_error"}
    assert {name for name, *_ in ELEMENTWISE} | others == set(RULES)


def compare(expression: str, theirs: Callable[..., Tensor], arguments: dict[str, Array], seed: int) -> None:
    """f = expression, alone if it is a scalar, else weighted: z = sum(c * f), so that every cell has its upstream."""
    leaves = {name: leaf(value.tolist()) for name, value in arguments.items()}
    f = theirs(*leaves.values())
    c = np.random.default_rng(seed).normal(size=tuple(f.shape))
    weighted = f"f = {expression}\nz = sum(c * f)" if f.ndim else f"f = {expression}\nz = c * f"
    tables = toml(parameters=arguments, constants={"c": c})
    ours = run(parse(f'program = """\n{weighted}\n"""\n{tables}'))

    (f * torch.tensor(c)).sum().backward()
    agree(f"{expression}, the value", ours.values["f"], f, magnitude(theirs, leaves))
    for position, (name, argument) in enumerate(leaves.items()):
        others = list(leaves.values())

        def of(x: Tensor, position: int = position, others: list[Tensor] = others) -> Tensor:
            return theirs(*others[:position], x, *others[position + 1 :])

        J = jacobian(of, argument)  # type: ignore[no-untyped-call]
        local = next(m.local for m in ours.multiplications if (m.node.name, m.argument) == ("f", position))
        rows_and_columns = J.numpy().reshape((f.numel(), argument.numel()), order="F")  # vec is column-major
        agree(f"{expression}, its Jacobian by {name}", local.matrix(), torch.tensor(rows_and_columns))
        contributions = (torch.tensor(c).reshape(f.shape + (1,) * argument.ndim) * J).abs()
        assert argument.grad is not None
        added = contributions.sum(dim=tuple(range(f.ndim))) if f.ndim else contributions
        agree(f"{expression}, the gradient of {name}", ours.gradients[name], argument.grad, added)


def magnitude(theirs: Callable[..., Tensor], leaves: dict[str, Tensor]) -> Tensor:
    """The value at the absolute values: for sums of products, the sum of the absolute values of what is added."""
    return torch.maximum(theirs(*(x.abs() for x in leaves.values())).abs(), theirs(*leaves.values()).abs())
