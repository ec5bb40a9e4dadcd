"""Random layer networks, each written as a scenario and as a program in PyTorch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from oracle.agreement import agree, leaf, raw, run, toml
from torch import Tensor

from bptui.core.jacobian import Array
from bptui.core.scenario import parse

NETWORKS = 60
LEARNING_RATE = 0.05
PHI: Mapping[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "identity": torch.clone,
}


@dataclass(frozen=True)
class Network:
    """2 to 6 layers, 1 to 8 wide, some without a bias, and 1 to 5 examples as columns."""

    x: Array
    y: Array
    layers: list[tuple[Array, Array | None, str]]

    @classmethod
    def random(cls, seed: int) -> "Network":
        rng = np.random.default_rng(seed)
        widths = rng.integers(1, 9, size=rng.integers(3, 8)).tolist()
        examples = int(rng.integers(1, 6))
        layers = [
            # Scaled so that no unit saturates: PyTorch's 1 - tanh² loses its digits there.
            (
                rng.normal(size=(n, m)) / m**0.5,
                rng.normal(size=(n, 1)) / 2 if rng.random() < 0.8 else None,
                str(rng.choice(list(PHI))),
            )
            for m, n in zip(widths, widths[1:], strict=False)
        ]
        return cls(rng.normal(size=(widths[0], examples)), rng.normal(size=(widths[-1], examples)), layers)

    def scenario(self) -> str:
        """The text that a reader would write."""
        lines = [toml(input={"x": self.x}, target={"y": self.y})]
        for W, b, activation in self.layers:
            lines += ["[[layer]]", f"W = {raw(W)}", f'activation = "{activation}"']
            lines += [f"b = {raw(b)}"] if b is not None else []
        lines += ['[loss]\nkind = "half_squared_error"']
        lines += [f'[update]\nrule = "gradient_descent"\nlearning_rate = {LEARNING_RATE}']
        return "\n".join(lines)

    def in_torch(self) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """All nodes and all parameters by name, after the backward pass; and how much was added up in their cells.

        In each sum of the forward and the backward pass the absolute values are added: |W| |a| + |b| for u, and from
        |z| + |y| for δ back through |W|ᵀ and |φ′|.
        """
        nodes: dict[str, Tensor] = {}
        parameters: dict[str, Tensor] = {}
        added: dict[str, Tensor] = {}
        a = torch.tensor(self.x)
        activations = [a]
        for number, (weights, bias, activation) in enumerate(self.layers, start=1):
            W = parameters[f"W{number}"] = leaf(weights.tolist())
            u = W @ a
            added[f"u{number}"] = W.abs() @ a.abs()
            if bias is not None:
                b = parameters[f"b{number}"] = leaf(bias.tolist())
                u = u + b
                added[f"u{number}"] += b.abs()
            a = PHI[activation](u)
