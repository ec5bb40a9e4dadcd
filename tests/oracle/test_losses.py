"""Losses and penalties beside PyTorch's, whose examples are the first axis: values, Jacobians, what is pulled back."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from oracle.agreement import agree
from torch import Tensor
from torch.autograd.functional import jacobian
from torch.nn import functional

from bptui.core.jacobian import Array, Shape
from bptui.core.ops import LOSSES, RULES

Draw: TypeAlias = Callable[[np.random.Generator, Shape], Array]
Function: TypeAlias = Callable[..., Tensor]
ROUNDS = 5


def normal(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(rng.normal(size=shape))[()]


def probability(rng: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(rng.uniform(0.02, 0.98, shape))[()]


def summed(loss: Function) -> Function:
    return partial(loss, reduction="sum")


def half_squared(z: Tensor, y: Tensor) -> Tensor:
    return 0.5 * functional.mse_loss(z, y, reduction="sum")


def hinge(z: Tensor, y: Tensor) -> Tensor:
    """The margin by which z must be on the side of y."""
    return functional.margin_ranking_loss(z, torch.zeros_like(z), y, margin=1.0, reduction="sum")


# fmt: off
CASES: list[tuple[str, dict[str, Any], Draw, Function]] = [
    # op                            options         arguments    in PyTorch
    ("half_squared_error",          {},             normal,      half_squared),
    ("squared_error",               {},             normal,      summed(functional.mse_loss)),
    ("absolute_error",              {},             normal,      summed(functional.l1_loss)),
    ("huber",                       {},             normal,      summed(functional.huber_loss)),
    ("huber",                       {"delta": 0.3}, normal,      summed(functional.huber_loss)),
    ("binary_cross_entropy",        {},             probability, summed(functional.binary_cross_entropy)),
    ("binary_cross_entropy_logits", {},             normal,      summed(functional.binary_cross_entropy_with_logits)),
    ("hinge",                       {},             normal,      hinge),
]
# fmt: on


def test_every_loss_is_compared() -> None:
    assert {row[0] for row in CASES} | {"cross_entropy"} == set(LOSSES)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("shape", [(), (3, 1), (3, 4), (2, 3, 1, 5)], ids=str)
@pytest.mark.parametrize(("name", "options", "draw", "theirs"), CASES)
def test_a_loss(name: str, options: dict[str, Any], draw: Draw, theirs: Function, shape: Shape, reduction: str) -> None:
    """A mean is over examples only, where PyTorch's "mean" is over all cells."""
    n = shape[-1] if shape and reduction == "mean" else 1
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        arguments = [draw(rng, shape), draw(rng, shape)]
        compare(name, arguments, {**options, "reduction": reduction}, lambda *x, **o: theirs(*x, **o) / n, rng)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("classes", [1, 3, 10])
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_cross_entropy(scale: float, classes: int, reduction: str) -> None:
    """Here PyTorch's "mean" is ours: over examples. Its targets may be classes or distributions, as ours."""

    def theirs(z: Tensor, y: Tensor) -> Tensor:
        target = y[0].long() if y.shape[0] == 1 < classes else y.T
        return functional.cross_entropy(z.T, target, reduction=reduction)

    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 7))
        z = rng.normal(scale=scale, size=(classes, n))
        targets = rng.dirichlet(np.ones(classes), n).T
        compare("cross_entropy", [z, targets], {"reduction": reduction}, theirs, rng)
        compare("cross_entropy", [z, 3.0 * targets], {"reduction": reduction}, theirs, rng)
        if classes > 1:
            whole = rng.integers(classes, size=(1, n)).astype(float)
            compare("cross_entropy", [z, whole], {"reduction": reduction}, theirs, rng)


@pytest.mark.parametrize("shape", [(), (3, 1), (3, 4), (2, 3, 1, 5)], ids=str)
def test_the_penalties(shape: Shape) -> None:
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        compare("l1", [normal(rng, shape)], {}, lambda W: W.norm(1), rng)
        compare("l2", [normal(rng, shape)], {}, lambda W: 0.5 * W.square().sum(), rng)


def compare(
    name: str, arguments: list[Array], options: dict[str, Any], theirs: Function, rng: np.random.Generator
) -> None:
    """The value; then for each argument the Jacobian, and the product with a random upstream."""
    op = RULES[name].bind(*(x.shape for x in arguments), **options)
    extra = {key: value for key, value in options.items() if key != "reduction"}
    leaves = [torch.tensor(x, requires_grad=i in op.order) for i, x in enumerate(arguments)]
    f = theirs(*leaves, **extra)
    value = op.value(*arguments)
    agree(f"{name}, its value", value, f, f.abs())
    c = torch.tensor(rng.normal(size=tuple(f.shape)))
    (c * f).sum().backward()  # type: ignore[no-untyped-call]
    for i in op.order:
        leaf = leaves[i]
        J = jacobian(lambda x, i=i: theirs(*leaves[:i], x, *leaves[i + 1 :], **extra), leaf)  # type: ignore[no-untyped-call]
        local = op.local[i](value, *arguments)
        written_out = torch.tensor(J.numpy().reshape((f.numel(), leaf.numel()), order="F"))  # vec is column-major
        agree(f"{name}, its Jacobian for argument {i}", local.matrix(), written_out, written_out.abs())
        assert leaf.grad is not None
        added = (c.reshape(c.shape + (1,) * leaf.ndim) * J).abs().reshape(f.numel(), *leaf.shape).sum(dim=0)
        agree(f"{name}, pulled back to argument {i}", local.pull_back(c.numpy()[()]), leaf.grad, added)
