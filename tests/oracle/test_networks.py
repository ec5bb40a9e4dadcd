"""Random layer networks, each written as a scenario and as a program in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
import torch
from oracle.agreement import agree, leaf, raw, run, toml
from torch import Tensor

from bptui.core.jacobian import Array
from bptui.core.reader import parse

NETWORKS = 60
LEARNING_RATE = 0.05
PHI: Mapping[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "identity": torch.clone,
}


@dataclass(frozen=True)
class Layer:
    W: Array
    b: Array | None
    activation: str

    @classmethod
    def random(cls, rng: np.random.Generator, inputs: int, outputs: int) -> Layer:
        """One in five has no bias. Scaled so that no unit saturates: PyTorch's 1 - tanh² loses its digits there."""
        W = rng.normal(size=(outputs, inputs)) / inputs**0.5
        b = rng.normal(size=(outputs, 1)) / 2
        return cls(W, b if rng.random() < 0.8 else None, str(rng.choice(list(PHI))))


@dataclass(frozen=True)
class InTorch:
    """All leaves and nodes of a network by name; in `added`, how much was added up in their cells (see `agree`)."""

    tensors: dict[str, Tensor] = field(default_factory=dict)
    added: dict[str, Tensor] = field(default_factory=dict)
    added_to_gradient: dict[str, Tensor] = field(default_factory=dict)


def as_scenario(x: Array, y: Array, layers: list[Layer]) -> str:
    lines = [toml(input={"x": x}, target={"y": y})]
    for layer in layers:
        lines += ["[[layer]]", f"W = {raw(layer.W)}", f'activation = "{layer.activation}"']
        lines += [f"b = {raw(layer.b)}"] if layer.b is not None else []
    lines += ["[loss]", 'kind = "half_squared_error"']
    lines += ["[update]", 'rule = "gradient_descent"', f"learning_rate = {LEARNING_RATE}"]
    return "\n".join(lines)


def in_torch(x: Array, y: Array, layers: list[Layer]) -> InTorch:
    """Forward and backward; every tensor keeps its gradient."""
    result = InTorch()
    tensors, added = result.tensors, result.added
    a, target = torch.tensor(x), torch.tensor(y)
    for i, layer in enumerate(layers, start=1):
        W = tensors[f"W{i}"] = leaf(layer.W.tolist())
        u = W @ a
        added[f"u{i}"] = W.abs() @ a.abs()
        if layer.b is not None:
            b = tensors[f"b{i}"] = leaf(layer.b.tolist())
            u = u + b
            added[f"u{i}"] = added[f"u{i}"] + b.abs()
        tensors[f"u{i}"] = u
        name = f"a{i}" if i < len(layers) else "z"
        a = tensors[name] = PHI[layer.activation](u)
        added[name] = a.abs()
    tensors["L"] = 0.5 * ((a - target) ** 2).sum()
    added["L"] = 0.5 * ((a.abs() + target.abs()) ** 2).sum()
    for tensor in tensors.values():
        tensor.retain_grad()
    tensors["L"].backward()  # type: ignore[no-untyped-call]
    _add_up_backward(result, torch.tensor(x), target, layers)
    return result


def _add_up_backward(result: InTorch, x: Tensor, y: Tensor, layers: list[Layer]) -> None:
    """The backward pass with the absolute values of all its factors, from |z| + |y| on."""
    tensors, added = result.tensors, result.added_to_gradient
    m = tensors["z"].abs() + y.abs()
    for i, layer in reversed(list(enumerate(layers, start=1))):
        added[f"a{i}" if i < len(layers) else "z"] = m
        u = tensors[f"u{i}"].detach().requires_grad_()
        (slope,) = torch.autograd.grad(PHI[layer.activation](u).sum(), u)
        m = added[f"u{i}"] = m * slope.abs()
        a = tensors[f"a{i - 1}"] if i > 1 else x
        added[f"W{i}"] = m @ a.abs().T
        added[f"b{i}"] = m.sum(dim=1, keepdim=True)
        m = tensors[f"W{i}"].abs().T @ m


@pytest.mark.parametrize("seed", range(NETWORKS))
def test_a_random_network(seed: int) -> None:
    """2 to 6 layers, 1 to 8 wide, 1 to 5 examples."""
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 9, size=rng.integers(3, 8)).tolist()
    N = int(rng.integers(1, 6))
    x, y = rng.normal(size=(widths[0], N)), rng.normal(size=(widths[-1], N))
    layers = [Layer.random(rng, m, n) for m, n in pairwise(widths)]

    ours, theirs = run(parse(as_scenario(x, y, layers))), in_torch(x, y, layers)

    parameters = {name for name in theirs.tensors if name[0] in "Wb"}
    assert ours.values.keys() == theirs.tensors.keys() - parameters
    assert ours.gradients.keys() == theirs.tensors.keys() - {"L"}
    assert ours.updated.keys() == parameters
    for name, value in ours.values.items():
        agree(f"the value of {name}", value, theirs.tensors[name], theirs.added[name])
    for name, gradient in ours.gradients.items():
        expected = theirs.tensors[name].grad
        assert expected is not None
        agree(f"the gradient of {name}", gradient, expected, theirs.added_to_gradient[name])
        if name in parameters:
            before, added = theirs.tensors[name], theirs.added_to_gradient[name]
            after = before - LEARNING_RATE * expected
            agree(f"{name} updated", ours.updated[name], after, before.abs() + LEARNING_RATE * added)
