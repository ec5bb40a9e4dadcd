"""Scenarios with graphs, and those that are trained, beside PyTorch: each loss on the way, and the parameters after."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from bptui.core import Timeline, parse, read
from bptui.core.report import losses
from bptui.core.training import given_at

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
Values = dict[str, Tensor]


def half(z: Tensor, y: Tensor) -> Tensor:
    return 0.5 * ((z - y) ** 2).sum()


def rnn(v: Values) -> Tensor:
    h = v["h0"]
    for t in "1234":
        h = torch.tanh(v["W"] @ h + v["U"] @ v[f"x{t}"] + v["b"])
    return half(v["V"] @ h + v["c"], v["y"])


def residual(v: Values) -> Tensor:
    a = v["a0"]
    for w in ("w1", "w2", "w3"):
        a = a + torch.tanh(v[w] * a)
    return half(a, v["y"])


def attention(v: Values) -> Tensor:
    out = F.scaled_dot_product_attention(*(((v[W] @ v["X"]).T.unsqueeze(0)) for W in ("Wq", "Wk", "Wv")))
    return half(out[0].T, v["Y"])


def vanishing(v: Values) -> Tensor:
    a = v["x"]
    for n in range(1, 20):
        a = torch.sigmoid(v[f"W{n}"] * a + v[f"b{n}"])
    return half(v["W20"] * a + v["b20"], v["y"])


def exploding(v: Values) -> Tensor:
    a = v["x"]
    for n in range(1, 13):
        a = v[f"W{n}"] @ a + v[f"b{n}"]
    return half(a, v["y"])


def dead_relu(v: Values) -> Tensor:
    a = torch.relu(v["W1"] @ v["x"] + v["b1"])
    return half(v["W2"] @ a + v["b2"], v["y"]) / 3


def xor(v: Values) -> Tensor:
    a = torch.tanh(v["W1"] @ v["x"] + v["b1"])
    return F.binary_cross_entropy_with_logits(v["W2"] @ a + v["b2"], v["y"])


def convolution(v: Values) -> Tensor:
    u = F.conv2d(v["x"].reshape(1, 1, 5, 5), v["K"], v["b"].reshape(2), padding=1)
    h = F.max_pool2d(torch.relu(u), 2).reshape(8, 1)
    return F.cross_entropy((v["W"] @ h + v["c"]).T, v["y"][0].long())


def digits(v: Values) -> Tensor:
    a = torch.tanh(v["W1"] @ v["x"] + v["b1"])
    return F.cross_entropy((v["W2"] @ a + v["b2"]).T, v["y"][0].long())


PROGRAMS: dict[str, Callable[[Values], Tensor]] = {
    "digits": digits,
    "rnn": rnn,
    "residual": residual,
    "attention": attention,
    "softmax": lambda v: F.cross_entropy((v["W"] @ v["x"] + v["b"]).T, v["y"].T),
    "vanishing": vanishing,
    "exploding": exploding,
    "dead_relu": dead_relu,
    "xor": xor,
    "convolution": convolution,
}
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "gradient_descent": torch.optim.SGD,
    "momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9),
    "adam": torch.optim.Adam,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_scenario_is_trained_as_pytorch_trains_it(name: str) -> None:
    timeline = Timeline(read(FOLDER / f"{name}.toml"))
    scenario = timeline.scenario
    parameters = {key: torch.tensor(np.asarray(x), requires_grad=True) for key, x in scenario.parameters.items()}
    assert scenario.update is not None
    optimizer = OPTIMIZERS[scenario.update.rule](list(parameters.values()), lr=scenario.update.learning_rate)
    expected = []
    for number in range(scenario.iterations):
        given = {key: torch.tensor(np.asarray(x)) for key, x in given_at(scenario, number).items()}
        optimizer.zero_grad()
        loss = PROGRAMS[name]({**given, **parameters})
        loss.backward()  # type: ignore[no-untyped-call]
        expected.append(loss.item())
        optimizer.step()
    np.testing.assert_allclose(losses(timeline), expected, rtol=1e-9, atol=1e-12)
    for key, theirs in parameters.items():
        ours = np.asarray(timeline.value(key, len(timeline)))
        largest = float(theirs.detach().abs().max())
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=0.0, atol=1e-10 * max(largest, 1.0))


RULES: dict[str, tuple[str, Callable[..., torch.optim.Optimizer], float]] = {
    "gradient descent": ('rule = "gradient_descent"', torch.optim.SGD, 0.05),
    "momentum": ('rule = "momentum"\nmomentum = 0.8', lambda p, lr: torch.optim.SGD(p, lr, momentum=0.8), 0.02),
    "nesterov": ('rule = "nesterov"', lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9, nesterov=True), 0.02),
    "rmsprop": ('rule = "rmsprop"\ndecay = 0.9', lambda p, lr: torch.optim.RMSprop(p, lr, alpha=0.9), 0.002),
    "adagrad": ('rule = "adagrad"', lambda p, lr: torch.optim.Adagrad(p, lr, eps=1e-8), 0.1),
    "adam": ('rule = "adam"\nbeta1 = 0.8', lambda p, lr: torch.optim.Adam(p, lr, betas=(0.8, 0.999)), 0.05),
    "adamw": ('rule = "adamw"\nweight_decay = 0.1', lambda p, lr: torch.optim.AdamW(p, lr, weight_decay=0.1), 0.05),
    "adam with decay": (
        'rule = "adam"\nweight_decay = 0.1',
        lambda p, lr: torch.optim.Adam(p, lr, weight_decay=0.1),
        0.05,
    ),
    "decay": (
        'rule = "gradient_descent"\nweight_decay = 0.1',
        lambda p, lr: torch.optim.SGD(p, lr, weight_decay=0.1),
        0.05,
    ),
    "clipped by norm": ('rule = "gradient_descent"\nclip_norm = 0.5', torch.optim.SGD, 0.1),
    "clipped by value": (
        'rule = "momentum"\nclip_value = 0.1',
        lambda p, lr: torch.optim.SGD(p, lr, momentum=0.9),
        0.1,
    ),
    "steps": (
        'rule = "gradient_descent"\nschedule = { kind = "step", every = 30, factor = 0.5 }',
        torch.optim.SGD,
        0.1,
    ),
    "cosine": ('rule = "adam"\nschedule = { kind = "cosine", over = 100, minimum = 0.01 }', torch.optim.Adam, 0.1),
    "warm-up": ('rule = "gradient_descent"\nschedule = { kind = "warmup", over = 40 }', torch.optim.SGD, 0.1),
}
NETWORK = """
program = '''
a = tanh(W1 @ x + b1)
L = half_squared_error(W2 @ a, y, reduction=mean)
'''
[input]
x = [[1.0, -0.5, 0.25, 2.0], [0.5, 1.5, -1.0, -2.0]]
[target]
y = [[3.0, -1.0, 0.5, 2.0]]
[parameters]
W1 = [[0.3, -0.2], [0.5, 0.4], [-0.6, 0.1]]
b1 = [0.1, -0.1, 0.0]
W2 = [[0.7, -0.3, 0.2]]
[update]
iterations = 100
"""


def schedule(case: str, optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler | None:
    match case:
        case "steps":
            return torch.optim.lr_scheduler.StepLR(optimizer, 30, 0.5)
        case "cosine":
            return torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100, 0.01)
        case "warm-up":
            return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda t: min(1.0, (t + 1) / 40))
    return None


@pytest.mark.parametrize("case", RULES)
def test_a_rule_takes_the_same_hundred_steps(case: str) -> None:
    settings, make, rate = RULES[case]
    timeline = Timeline(parse(f"{NETWORK}learning_rate = {rate}\n{settings}\n"))
    scenario = timeline.scenario
    v = {k: torch.tensor(np.asarray(x), requires_grad=True) for k, x in scenario.parameters.items()}
    x, y = (torch.tensor(scenario.given[name]) for name in "xy")
    optimizer = make(list(v.values()), lr=rate)
    scheduler = schedule(case, optimizer)
    for _ in range(100):
        optimizer.zero_grad()
        loss = half(v["W2"] @ torch.tanh(v["W1"] @ x + v["b1"]), y) / 4
        loss.backward()  # type: ignore[no-untyped-call]
        if case == "clipped by norm":  # not clip_grad_norm_, which adds 1e-6 to the norm
            norm = torch.sqrt(sum((p.grad**2).sum() for p in v.values()))  # type: ignore[arg-type,operator]
            for p in v.values():
                p.grad *= min(1.0, 0.5 / float(norm))  # type: ignore[operator]
        if case == "clipped by value":
            torch.nn.utils.clip_grad_value_(list(v.values()), 0.1)
        optimizer.step()
        if scheduler:
            scheduler.step()
    for name, theirs in v.items():
        ours = np.asarray(timeline.value(name, timeline.reach(len(timeline))))
        assert not np.allclose(ours, scenario.parameters[name], rtol=1e-3)
        np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-10)
