"""Random programs and random networks beside PyTorch and the complex step.

Numbers are compared relative to the largest sum of absolute contributions in the tensor: where terms cancel, two right
programs differ by more than that of what is left.
"""

import re
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
import torch
from oracle.agreement import toml
from torch import Tensor

from bptui.core import parse
from bptui.core.events import Accumulate, Evaluate, Multiply
from bptui.core.training import trace

UNARY: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "sin": torch.sin,
    "cos": torch.cos,
    "softplus": torch.nn.functional.softplus,
    "silu": torch.nn.functional.silu,
    "elu": torch.nn.functional.elu,
    "gelu": torch.nn.functional.gelu,
    "softmax": lambda x: torch.softmax(x, 0),
    "log_softmax": lambda x: torch.log_softmax(x, 0),
    "abs": torch.abs,
    "relu": torch.relu,
}
BINARY: dict[str, Callable[..., Tensor]] = {
    "{p} + {q}": lambda p, q, W, b: p + q,
    "{p} - {q}": lambda p, q, W, b: p - q,
    "{p} * {q} / 2": lambda p, q, W, b: p * q / 2,
    "W @ {p} + b": lambda p, q, W, b: W @ p + b,
}
PROGRAMS, NETWORKS = 500, 5_000
Line = tuple[str, str, str, str]


def draw(seed: int) -> tuple[list[Line], dict[str, np.ndarray]]:
    """Lines (name, op, p, q) over a few matrices of one shape and a square one; 3 to 24 of them."""
    rng = np.random.default_rng(seed)
    n, N = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    values = {name: rng.normal(size=(n, N)) for name in ("x", "y")} | {"W": rng.normal(size=(n, n)) / np.sqrt(n)}
    values["b"] = rng.normal(size=(n, 1))
    names, lines = ["x", "y"], []
    for index in range(int(rng.integers(3, 25))):
        p, q = rng.choice(names, 2)
        ops = list(UNARY) if rng.random() < 0.45 else list(BINARY)
        lines.append((f"t{index}", str(rng.choice(ops)), str(p), str(q)))
        names.append(f"t{index}")
    return lines, values


def written(lines: list[Line]) -> str:
    """The program as a scenario has it: the output is the sum of the last three."""
    texts = [f"{name} = " + (f"{op}({p})" if op in UNARY else op.format(p=p, q=q)) for name, op, p, q in lines]
    return "\n".join([*texts, "L = " + " + ".join(f"sum({line[0]})" for line in lines[-3:])])


def in_pytorch(lines: list[Line], values: dict[str, Tensor]) -> dict[str, Tensor]:
    found = dict(values)
    for name, op, p, q in lines:
        found[name] = UNARY[op](found[p]) if op in UNARY else BINARY[op](found[p], found[q], found["W"], found["b"])
    return {**found, "L": torch.stack([found[line[0]].sum() for line in lines[-3:]]).sum()}


@pytest.mark.parametrize("block", range(10))
def test_random_programs_agree_with_pytorch(block: int) -> None:
    for seed in range(block * PROGRAMS // 10, (block + 1) * PROGRAMS // 10):
        lines, values = draw(seed)
        program = written(lines)
        used = {name: value for name, value in values.items() if re.search(rf"\b{name}\b", program)}
        scenario = parse(f'program = """\n{program}\n"""\n' + toml(parameters=used))
        leaves = {name: torch.tensor(value, requires_grad=True) for name, value in values.items()}
        theirs = in_pytorch(lines, leaves)
        theirs["L"].backward()  # type: ignore[no-untyped-call]
        arrived: dict[str, list[np.ndarray]] = {}
        gradients: dict[str, np.ndarray] = {}
        for event in trace(scenario):
            match event:
                case Evaluate() if event.node.name in theirs:
                    expected = theirs[event.node.name].detach().numpy()
                    size = max(float(np.abs(expected).max()), 1.0)
                    np.testing.assert_allclose(event.value, expected, rtol=0.0, atol=1e-12 * size, err_msg=program)
                case Multiply():
                    arrived.setdefault(event.variable, []).append(np.abs(event.downstream))
                    gradients[event.variable] = event.downstream
                case Accumulate():
                    gradients[event.variable] = event.total
        largest = max(float(sum(parts).max()) for parts in arrived.values())
        for name, gradient in gradients.items():
            if name in leaves:
                expected = leaves[name].grad.numpy()  # type: ignore[union-attr]
                np.testing.assert_allclose(gradient, expected, rtol=0.0, atol=1e-12 * largest, err_msg=program)


@pytest.mark.parametrize("block", range(10))
def test_random_tanh_networks_agree_with_the_complex_step_and_with_differences(block: int) -> None:
    for seed in range(block * NETWORKS // 10, (block + 1) * NETWORKS // 10):
        rng = np.random.default_rng(seed)
        widths = rng.integers(1, 5, int(rng.integers(2, 6)))
        parameters = {"x": rng.normal(size=(widths[0], 1))}
        lines, a = [], "x"
        for layer, (inputs, outputs) in enumerate(pairwise(widths), start=1):
            parameters[f"W{layer}"] = rng.normal(size=(outputs, inputs))
            parameters[f"b{layer}"] = rng.normal(size=(outputs, 1))
            lines += [f"u{layer} = W{layer} @ {a} + b{layer}", f"a{layer} = tanh(u{layer})"]
            a = f"a{layer}"
        layers = len(widths) - 1

        def loss(values: dict[str, np.ndarray], layers: int = layers) -> np.ndarray:
            a = values["x"]
            for layer in range(1, layers + 1):
                a = np.tanh(values[f"W{layer}"] @ a + values[f"b{layer}"])
            return np.asarray((a * a).sum() / 2)

        program = "\n".join([*lines, f"L = sum({a} * {a}) / 2"])
        scenario = parse(f'program = """\n{program}\n"""\n' + toml(parameters=parameters))
        gradients: dict[str, np.ndarray] = {}
        largest = 0.0
        for event in trace(scenario):
            match event:
                case Multiply():
                    gradients[event.variable] = event.downstream
                    largest = max(largest, float(np.abs(event.downstream).max()))
                case Accumulate():
                    gradients[event.variable] = event.total
                    largest = max(largest, sum(float(np.abs(x).max()) for x in event.contributions))
        for name, value in parameters.items():
            direction = rng.normal(size=value.shape)
            ours = float((gradients[name] * direction).sum())
            size = largest * float(np.abs(direction).sum())
            h = 1e-100
            exact = float(loss({**parameters, name: value + 1j * h * direction}).imag) / h
            assert abs(ours - exact) <= 1e-12 * size, (seed, name)
            h = 6e-6
            ahead, behind = (float(loss({**parameters, name: value + d * direction})) for d in (h, -h))
            assert abs(ours - (ahead - behind) / (2 * h)) <= 1e-6 * max(size, 1.0), (seed, name)
