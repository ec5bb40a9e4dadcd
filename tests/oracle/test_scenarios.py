"""Every shipped scenario beside the same program in PyTorch, written by hand."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from oracle.agreement import agree, leaf, run
from oracle.test_training import PROGRAMS as TRAINED
from torch import Tensor

from bptui.core.reader import read

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
Nodes = dict[str, Tensor]


def tanh4(x: Tensor, y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, W3: Tensor, b3: Tensor, W4: Tensor, b4: Tensor) -> Nodes:  # fmt: skip  # noqa: E501
    u1 = W1 * x + b1
    a1 = u1.clone()
    u2 = W2 * a1 + b2
    a2 = u2.clone()
    u3 = W3 * a2 + b3
    a3 = torch.tanh(u3)
    u4 = W4 * a3 + b4
    z = u4.clone()
    L = 0.5 * (z - y) ** 2
    return {"u1": u1, "a1": a1, "u2": u2, "a2": a2, "u3": u3, "a3": a3, "u4": u4, "z": z, "L": L}


def layers4(x: Tensor, y: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, W3: Tensor, b3: Tensor, W4: Tensor, b4: Tensor) -> Nodes:  # fmt: skip  # noqa: E501
    u1 = W1 @ x + b1
    a1 = torch.tanh(u1)
    u2 = W2 @ a1 + b2
    a2 = torch.sigmoid(u2)
    u3 = W3 @ a2 + b3
    a3 = torch.tanh(u3)
    u4 = W4 @ a3 + b4
    z = u4.clone()
    L = 0.5 * ((z - y) ** 2).sum()
    return {"u1": u1, "a1": a1, "u2": u2, "a2": a2, "u3": u3, "a3": a3, "u4": u4, "z": z, "L": L}


def sin_x2(x: Tensor) -> Nodes:
    g = x**2
    f = torch.sin(g)
    return {"g": g, "f": f}


def nested4(x: Tensor) -> Nodes:
    u = 3 * x
    v = u**2
    w = torch.log(v)
    z = torch.exp(w)
    return {"u": u, "v": v, "w": w, "z": z}


def modules(x: Tensor, y: Tensor, theta_g: Tensor, theta_m: Tensor, theta_h: Tensor, theta_f: Tensor) -> Nodes:
    g = theta_g * x
    m1 = theta_m * g
    m = torch.sin(m1)
    h1 = theta_h * m
    h = torch.exp(h1)
    z = theta_f * h
    L = 0.5 * (z - y) ** 2
    return {"g": g, "m·1": m1, "m": m, "h·1": h1, "h": h, "z": z, "L": L}


def jacobian(x: Tensor, A: Tensor) -> Nodes:
    u = A @ x
    y = torch.sigmoid(u)
    q = y**2
    z = q.sum()
    return {"u": u, "y": y, "q": q, "z": z}


PROGRAMS: dict[str, Callable[..., Nodes]] = {
    program.__name__: program for program in (tanh4, layers4, sin_x2, nested4, modules, jacobian)
}


def test_every_shipped_scenario_is_compared() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == {*PROGRAMS, *TRAINED}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_shipped_scenario(name: str) -> None:
    """Values of all nodes, the gradients of all that has one, and the updated parameters."""
    path = FOLDER / f"{name}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    parameters = {name: leaf(raw) for name, raw in table.get("parameters", {}).items()}
    for number, layer in enumerate(table.get("layer", []), start=1):
        parameters |= {f"W{number}": leaf(layer["W"]), f"b{number}": leaf(layer["b"])}
    given = {name: leaf(raw) for key in ("input", "target", "constants") for name, raw in table.get(key, {}).items()}
    nodes = PROGRAMS[path.stem](**given, **parameters)
    for node in nodes.values():
        node.retain_grad()
    list(nodes.values())[-1].backward()  # type: ignore[no-untyped-call]

    ours = run(read(path))

    assert list(ours.values) == list(nodes)
    for name, value in ours.values.items():
        agree(f"the value of {name}", value, nodes[name])
    wanted = parameters or {name: given[name] for name in table["input"]}
    assert wanted.keys() <= ours.gradients.keys()
    every = given | parameters | nodes
    for name, gradient in ours.gradients.items():
        theirs = every[name].grad
        assert theirs is not None
        agree(f"the gradient of {name}", gradient, theirs)
    assert list(ours.updated) == (list(parameters) if "update" in table else [])
    for name, after in ours.updated.items():
        gradient_there = parameters[name].grad
        assert gradient_there is not None
        agree(f"{name} updated", after, parameters[name] - table["update"]["learning_rate"] * gradient_there)
