"""Ops that rearrange or reduce cells beside PyTorch's: values, Jacobians written out, and what is pulled back."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from oracle.agreement import agree
from torch import Tensor
from torch.autograd.functional import jacobian
from torch.nn.functional import embedding

from bptui.core.jacobian import Shape
from bptui.core.ops import RULES

Function: TypeAlias = Callable[..., Tensor]
IMAGES = (2, 4, 3, 5)


def words(E: Tensor, ids: Tensor) -> Tensor:
    """PyTorch has a word in each row."""
    return embedding(ids[0].long(), E.T).T


# fmt: off
CASES: list[tuple[str, tuple[Shape, ...], dict[str, Any], Function]] = [
    # op            shapes                          options                           in PyTorch
    ("transpose",   ((3, 4),),                      {},                               lambda x: x.T),
    ("transpose",   ((3, 1),),                      {},                               lambda x: x.T),
    ("reshape",     ((12, 5),),                     {"shape": (1, 3, 4, -1)},         lambda x: x.reshape(1, 3, 4, -1)),
    ("reshape",     (IMAGES,),                      {"shape": (24, -1)},              lambda x: x.reshape(24, -1)),
    ("reshape",     (IMAGES,),                      {},                               lambda x: x.reshape(-1, 1)),
    ("reshape",     ((1, 1),),                      {"shape": ()},                    lambda x: x.reshape(())),
    ("reshape",     ((),),                          {"shape": (1, 1)},                lambda x: x.reshape(1, 1)),
    ("slice",       ((3, 4),),                      {"ranges": ((0, 2), (3, 4))},     lambda x: x[0:2, 3:4]),
    ("slice",       ((3, 4),),                      {"ranges": ((-2, None),)},        lambda x: x[-2:]),
    ("slice",       (IMAGES,),                      {"ranges": ((None, 1), (1, -1))}, lambda x: x[:1, 1:-1]),
    ("slice",       (IMAGES,),                      {"ranges": ((0, 2), (0, 4), (2, 3), (1, 4))},
                                                                                      lambda x: x[:, :, 2:3, 1:4]),
    ("concatenate", ((2, 3), (4, 3)),               {},                               lambda *x: torch.cat(x, dim=0)),
    ("concatenate", ((2, 3), (2, 1), (2, 2)),       {"axis": 1},                      lambda *x: torch.cat(x, dim=1)),
    ("concatenate", (IMAGES, (2, 1, 3, 5)),         {"axis": -3},                     lambda *x: torch.cat(x, dim=-3)),
    ("concatenate", ((1, 2),) * 16,                 {"axis": -1},                     lambda *x: torch.cat(x, dim=-1)),
    ("embedding",   ((3, 4), (1, 7)),               {},                               words),
    ("embedding",   ((3, 1), (1, 2)),               {},                               words),
    ("embedding",   ((1, 9), (1, 1)),               {},                               words),
]
REDUCTIONS: list[tuple[str, Function, Function]] = [
    # op      of all cells   along an axis
    ("sum",   torch.sum,     lambda x, axis: x.sum(dim=axis, keepdim=True)),
    ("mean",  torch.mean,    lambda x, axis: x.mean(dim=axis, keepdim=True)),
    ("max",   torch.max,     lambda x, axis: x.max(dim=axis, keepdim=True).values),
]
# fmt: on


@pytest.mark.parametrize(("name", "shapes", "options", "theirs"), CASES)
def test_an_op_that_rearranges(name: str, shapes: tuple[Shape, ...], options: dict[str, Any], theirs: Function) -> None:
    for seed in range(5):
        compare(name, shapes, options, theirs, np.random.default_rng(seed))


@pytest.mark.parametrize("shape", [(), (4, 1), (3, 4), IMAGES], ids=str)
@pytest.mark.parametrize(("name", "whole", "along"), REDUCTIONS, ids=[row[0] for row in REDUCTIONS])
def test_an_op_that_reduces(name: str, whole: Function, along: Function, shape: Shape) -> None:
    rng = np.random.default_rng(0)
    compare(name, (shape,), {}, whole, rng)
    for axis in range(-len(shape), len(shape)):
        compare(name, (shape,), {"axis": axis}, lambda x, axis=axis: along(x, axis), rng)


def compare(
    name: str, shapes: tuple[Shape, ...], options: dict[str, Any], theirs: Function, rng: np.random.Generator
) -> None:
    """The value; then for each argument the Jacobian, and the product with a random upstream."""
    op = RULES[name].bind(*shapes, **options)
    arguments = [
        np.asarray(rng.integers(op.classes[i], size=shape) if i in op.classes else rng.normal(size=shape), float)[()]
        for i, shape in enumerate(shapes)
    ]
    leaves = [torch.tensor(x, requires_grad=i in op.order) for i, x in enumerate(arguments)]
    f = theirs(*leaves)
    value = op.value(*arguments)
    agree(f"{name}, its value", value, f, theirs(*(leaf.abs() for leaf in leaves)))
    c = torch.tensor(rng.normal(size=tuple(f.shape)))
    (c * f).sum().backward()  # type: ignore[no-untyped-call]
    for i in op.order:
        J = jacobian(lambda x, i=i: theirs(*leaves[:i], x, *leaves[i + 1 :]), leaves[i])  # type: ignore[no-untyped-call]
        local = op.local[i](value, *arguments)
        written_out = torch.tensor(J.numpy().reshape((f.numel(), leaves[i].numel()), order="F"))  # vec is column-major
        agree(f"{name}, its Jacobian for argument {i}", local.matrix(), written_out, written_out.abs())
        gradient = leaves[i].grad
        assert gradient is not None
        added = (c.reshape(c.shape + (1,) * leaves[i].ndim) * J).abs().reshape(f.numel(), *shapes[i]).sum(dim=0)
        agree(f"{name}, pulled back to argument {i}", local.pull_back(c.numpy()[()]), gradient, added)
