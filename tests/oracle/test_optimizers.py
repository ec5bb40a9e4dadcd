"""Every update rule beside PyTorch's, with weight decay, clipping and schedules: 100 iterations on a bent valley."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from moves import move
from torch import Tensor
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR

from bptui.core.jacobian import Array
from bptui.core.optimizers import RULES, State, UpdateRule
from bptui.core.schedules import Schedule

Values: TypeAlias = Mapping[str, Array]
Clip: TypeAlias = Callable[[list[Tensor]], object]

ITERATIONS = 100
RNG = np.random.default_rng(7)
CURVATURE = {"W": np.array([[3.0, 0.5, 1.0], [0.2, 2.0, 0.1]]), "b": np.array([[1.5], [0.3]]), "s": np.float64(2.0)}
START = {name: RNG.normal(size=a.shape, scale=2.0)[()] for name, a in CURVATURE.items()}


def gradient(values: Values) -> dict[str, Array]:
    """Of Σ a θ²/2 - cos(2 θ) + s Σ sin(b): a bowl for each cell, with waves in it."""
    found = {name: a * values[name] + 2.0 * np.sin(2.0 * values[name]) for name, a in CURVATURE.items()}
    found["b"] = found["b"] + values["s"] * np.cos(values["b"])
    found["s"] = found["s"] + np.sum(np.sin(values["b"]))
    return found


def ours(rule: UpdateRule) -> list[Values]:
    """The parameters behind each iteration."""
    values: Values = START
    state: State = {}
    found = []
    for iteration in range(ITERATIONS):
        run = move(rule, values, [gradient(values)], state, iteration)
        values, state = run.parameters, run.state
        found.append(values)
    return found


def theirs(
    optimizer: type[Optimizer],
    options: Mapping[str, Any],
    clip: Clip | None = None,
    schedule: Callable[[Optimizer], LRScheduler] | None = None,
) -> list[Values]:
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in START.items()}
    stepper = optimizer(list(tensors.values()), **options)
    scheduler = schedule(stepper) if schedule else None
    found = []
    for _ in range(ITERATIONS):
        gradients = gradient({name: tensor.detach().numpy()[()] for name, tensor in tensors.items()})
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(gradients[name])
        if clip:
            clip(list(tensors.values()))
        stepper.step()
        if scheduler:
            scheduler.step()
        found.append({name: tensor.detach().numpy().copy() for name, tensor in tensors.items()})
    return found


def agree(ours: list[Values], theirs: list[Values]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        for name in START:
            np.testing.assert_allclose(mine[name], other[name], rtol=1e-10, atol=1e-10, err_msg=name)


# fmt: off
# RMSprop has a large ε, as with a small one a difference of 1e-15 grows to 1e-8 near a minimum.
BETAS = {"beta1": 0.8, "beta2": 0.99}
PEERS: dict[str, tuple[type[Optimizer], dict[str, Any], dict[str, Any]]] = {
    # in PyTorch, with its options, and the settings here beside learning_rate and epsilon
    "gradient_descent": (SGD,     {"lr": 0.05},                                        {}),
    "momentum":         (SGD,     {"lr": 0.02, "momentum": 0.8},                       {"momentum": 0.8}),
    "nesterov":         (SGD,     {"lr": 0.02, "momentum": 0.8, "nesterov": True},     {"momentum": 0.8}),
    "rmsprop":          (RMSprop, {"lr": 0.01, "alpha": 0.95, "eps": 0.1},             {"decay": 0.95}),
    "adagrad":          (Adagrad, {"lr": 0.3, "eps": 1e-3},                            {}),
    "adam":             (Adam,    {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-3},     BETAS),
    "adamw":            (AdamW,   {"lr": 0.05, "betas": (0.8, 0.99), "eps": 1e-3},     BETAS),
}
# fmt: on
EVERY = pytest.mark.parametrize("name", PEERS)


def peer_of(name: str) -> tuple[type[Optimizer], dict[str, Any], dict[str, Any]]:
    """The optimizer, its options, and all our settings."""
    optimizer, options, settings = PEERS[name]
    epsilon = {"epsilon": options["eps"]} if "eps" in options else {}
    return optimizer, options, {"learning_rate": options["lr"], **epsilon, **settings}


def test_every_rule_has_its_peer() -> None:
    assert PEERS.keys() == RULES.keys()


@EVERY
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_rules(name: str, weight_decay: float) -> None:
    optimizer, options, settings = peer_of(name)
    run = ours(UpdateRule(name, **settings, weight_decay=weight_decay))
    agree(run, theirs(optimizer, options | {"weight_decay": weight_decay}))
    assert any(np.abs(run[-1][key] - START[key]).max() > 0.1 for key in START)


@pytest.mark.parametrize("name", ["rmsprop", "adam"])
def test_defaults(name: str) -> None:
    """PyTorch's own: ε = 1e-8, β₁ = 0.9, β₂ = 0.999, and for RMSprop alpha = 0.99."""
    agree(ours(UpdateRule(name, 0.002)), theirs(PEERS[name][0], {"lr": 0.002}))


@EVERY
def test_clipping_by_norm(name: str) -> None:
    """PyTorch adds 1e-6 to the norm and we do not, so it is given as much more to clip to."""

    def clip(parameters: list[Tensor]) -> None:
        norm = torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])
        torch.nn.utils.clip_grad_norm_(parameters, float(1.5 * (norm + 1e-6) / norm))

    optimizer, options, settings = peer_of(name)
    run = ours(UpdateRule(name, **settings, clip_norm=1.5, weight_decay=0.1))
    agree(run, theirs(optimizer, options | {"weight_decay": 0.1}, clip))


@EVERY
def test_clipping_by_value(name: str) -> None:
    def clip(parameters: list[Tensor]) -> None:
        torch.nn.utils.clip_grad_value_(parameters, 0.4)

    optimizer, options, settings = peer_of(name)
    run = ours(UpdateRule(name, **settings, clip_value=0.4, weight_decay=0.1))
    agree(run, theirs(optimizer, options | {"weight_decay": 0.1}, clip))


def ramp(over: int) -> Callable[[int], float]:
    return lambda t: min(1.0, (t + 1) / over)


# fmt: off
SCHEDULED: list[tuple[Schedule, Callable[[Optimizer], LRScheduler]]] = [
    (Schedule("step", every=15, factor=0.6),              lambda o: StepLR(o, 15, 0.6)),
    (Schedule("cosine", over=ITERATIONS),                 lambda o: CosineAnnealingLR(o, ITERATIONS)),
    (Schedule("cosine", over=ITERATIONS, minimum=0.004),  lambda o: CosineAnnealingLR(o, ITERATIONS, 0.004)),
    (Schedule("warmup", over=30),                         lambda o: LambdaLR(o, ramp(30))),
    (Schedule("step", every=15, factor=0.6, warmup=30),
     lambda o: LambdaLR(o, lambda t: 0.6 ** (t // 15) * ramp(30)(t))),
]
# fmt: on


@pytest.mark.parametrize("name", ["gradient_descent", "momentum", "adamw"])
@pytest.mark.parametrize(("schedule", "peer"), SCHEDULED, ids=["step", "cosine", "minimum", "warmup", "both"])
def test_schedules(name: str, schedule: Schedule, peer: Callable[[Optimizer], LRScheduler]) -> None:
    optimizer, options, settings = peer_of(name)
    run = ours(UpdateRule(name, **settings, schedule=schedule, weight_decay=0.1))
    agree(run, theirs(optimizer, options | {"weight_decay": 0.1}, schedule=peer))
