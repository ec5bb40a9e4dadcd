"""What the mathematics costs: forward, backward and update with every event consumed, beside others that show none.

    python benchmarks/core.py [--rounds 30] [--default-malloc]

tanh4 runs beside micrograd; two larger networks beside "plain": NumPy written by hand with the same formulas, layout
and out-of-place update. PyTorch, PyTorch with a hook on every tensor, and autograd are measured where they are
installed. All compute on one thread. In every round each runs in turn, and which goes first changes from round to
round. First of all, what each makes of the parameters is compared.

The arrays of the 784 network are 1.6 MB. glibc returns such blocks to the kernel when they are freed, whose page
faults then take up to half the time of either side, at random: so the benchmark starts itself again with thresholds
(MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_) above that. --default-malloc measures without.
"""

from __future__ import annotations

import os

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[threads] = "1"

import argparse
import importlib.util
import math
import operator
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from bptui.core.events import Update
from bptui.core.jacobian import Array
from bptui.core.layers import LayerSpec, expand
from bptui.core.optimizers import UpdateRule
from bptui.core.program import Variable, build
from bptui.core.scenario import Scenario, read
from bptui.core.training import trace

TANH4 = Path(__file__).resolve().parent.parent / "scenarios" / "tanh4.toml"
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(32 << 20), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}  # 32 MiB is glibc's most

Step: TypeAlias = Callable[[], Any]
"""Forward, backward and update, once. It returns the new parameters by name, but for bptui's own."""


def network(title: str, sizes: Sequence[int], examples: int) -> Scenario:
    """Layers of these sizes with tanh, the last with the identity; a scenario without a file."""
    rng = np.random.default_rng(0)
    given = {"x": rng.normal(size=(sizes[0], examples)), "y": rng.normal(size=(sizes[-1], examples))}
    parameters: dict[str, Array] = {}
    for number, (m, n) in enumerate(pairwise(sizes), start=1):
        parameters |= {f"W{number}": rng.normal(size=(n, m)) / m**0.5, f"b{number}": np.zeros((n, 1))}
    specs = [LayerSpec("tanh", True, 0)] * (len(sizes) - 2) + [LayerSpec("identity", True, 0)]
    assignments, layers, source = expand(specs, "x", ("half_squared_error", "y", 0))
    variables = {name: Variable(name, "input", value.shape) for name, value in given.items()}
    variables |= {name: Variable(name, "parameter", value.shape) for name, value in parameters.items()}
    program = build(assignments, variables, output="L", wrt=list(parameters), source=source, layers=layers)
    return Scenario("", "", title, "", program, given, parameters, UpdateRule("gradient_descent", 0.01))


def rate(scenario: Scenario) -> float:
    assert scenario.update
    return scenario.update.learning_rate


def bptui(scenario: Scenario) -> Step:
    return lambda: deque(trace(scenario), maxlen=0)


def plain(scenario: Scenario) -> Step:
    layers, parameters, eta = scenario.program.layers, scenario.parameters, rate(scenario)
    x, y = scenario.given["x"], scenario.given["y"]

    def step() -> Mapping[str, Array]:
        a = x
        activations, pre_activations = [x], []
        for layer in layers:
            u = parameters[layer.W] @ a + parameters[layer.b]
            a = np.tanh(u) if layer.activation == "tanh" else u
            pre_activations.append(u)
            activations.append(a)
        difference = a - y
        (difference * difference).sum() * 0.5
        delta = difference
        gradients = {}
        for i, layer in reversed(list(enumerate(layers))):
            if layer.activation == "tanh":
                s = np.exp(-2.0 * abs(pre_activations[i]))
                delta = delta * (4.0 * s / (1.0 + s) ** 2)
            gradients[layer.W] = delta @ activations[i].T
            gradients[layer.b] = delta.sum(axis=1, keepdims=True)
            if i:
                delta = parameters[layer.W].T @ delta
        return {name: before - eta * gradients[name] for name, before in parameters.items()}

    return step


def micrograd(scenario: Scenario) -> Step:
    Value: Any = importlib.import_module("micrograd.engine").Value

    def tanh(u: Any) -> Any:
        t = math.tanh(u.data)
        a = Value(t, (u,), "tanh")

        def backward() -> None:
            u.grad += (1 - t * t) * a.grad

        a._backward = backward
        return a

    tanh = getattr(Value, "tanh", tanh)
    x, y = float(scenario.given["x"]), float(scenario.given["y"])
    parameters = {name: Value(float(value)) for name, value in scenario.parameters.items()}
    layers = [(parameters[layer.W], parameters[layer.b], layer.activation) for layer in scenario.program.layers]
    eta = rate(scenario)

    def step() -> Mapping[str, float]:
        for p in parameters.values():
            p.grad = 0
        a: Any = x
        for W, b, activation in layers:
            a = W * a + b
            if activation == "tanh":
                a = tanh(a)
        L = (a - y) ** 2 * 0.5
        L.backward()
        for p in parameters.values():
            p.data -= eta * p.grad
        return {name: p.data for name, p in parameters.items()}

    return step


def loss(
    scenario: Scenario, parameters: Mapping[str, Any], x: Any, y: Any, library: Any, seen: Callable[[Any], Any]
) -> Any:
    """The same network in PyTorch or autograd; `seen` is told every tensor on the way."""
    a = x
    product = operator.matmul if x.ndim else operator.mul
    for layer in scenario.program.layers:
        a = seen(product(parameters[layer.W], a) + parameters[layer.b])
        if layer.activation == "tanh":
            a = seen(library.tanh(a))
    difference = a - y
    return seen(library.sum(difference * difference) * 0.5)


def pytorch(scenario: Scenario, hooks: bool = False) -> Step:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    x, y = (torch.tensor(scenario.given[name]) for name in "xy")
    parameters = {name: torch.tensor(value, requires_grad=True) for name, value in scenario.parameters.items()}
    eta = rate(scenario)
    trail: list[Any] = []  # every value, then every gradient, as a debugger would have them

    def hook(tensor: Any) -> Any:
        trail.append(tensor)
        tensor.register_hook(trail.append)
        return tensor

    if hooks:
        for p in parameters.values():
            hook(p)
    seen = hook if hooks else lambda tensor: tensor

    def step() -> Mapping[str, Any]:
        trail.clear()
        for p in parameters.values():
            p.grad = None
        loss(scenario, parameters, x, y, torch, seen).backward()
        with torch.no_grad():
            for p in parameters.values():
                p -= eta * p.grad
        return {name: p.detach() for name, p in parameters.items()}

    return step


def pytorch_with_hooks(scenario: Scenario) -> Step:
    return pytorch(scenario, hooks=True)


def autograd(scenario: Scenario) -> Step:
    library: Any = importlib.import_module("autograd.numpy")
    x, y, parameters = scenario.given["x"], scenario.given["y"], dict(scenario.parameters)
    eta = rate(scenario)
    gradient: Any = importlib.import_module("autograd").grad(
        lambda parameters: loss(scenario, parameters, x, y, library, lambda array: array)
    )

    def step() -> Mapping[str, Array]:
        gradients = gradient(parameters)
        return {name: before - eta * gradients[name] for name, before in parameters.items()}

    return step


@dataclass(frozen=True)
class Figure:
    """A row of the table: what is computed, how often in one round, beside whom, and the bound on the ratio."""

    scenario: Scenario
    repeats: int
    peer: Callable[[Scenario], Step]
    at_most: float


FIGURES = (
    Figure(read(TANH4), 400, micrograd, 1.0),
    Figure(network("784-256-128-10, batch 32", (784, 256, 128, 10), 32), 4, plain, 1.1),
    Figure(network("64 layers of 64, batch 32", (64,) * 65, 32), 8, plain, 1.3),
)
OTHERS: dict[Callable[[Scenario], Step], str] = {pytorch: "torch", pytorch_with_hooks: "torch", autograd: "autograd"}


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def peers(figure: Figure) -> list[Callable[[Scenario], Step]]:
    return [figure.peer, *(start for start, module in OTHERS.items() if installed(module))]


def check(scenario: Scenario, start: Callable[[Scenario], Step]) -> None:
    """The first step of a peer moves the parameters to where bptui moves them."""
    moved = start(scenario)()
    for event in trace(scenario):
        if isinstance(event, Update):
            theirs = np.asarray(moved[event.parameter])
            np.testing.assert_allclose(theirs, event.after, rtol=1e-12, atol=1e-12, err_msg=event.parameter)
            assert theirs.shape == event.after.shape


def measure(scenario: Scenario, start: Callable[[Scenario], Step], repeats: int) -> float:
    """Microseconds for one step, from the scenario's parameters on."""
    step = start(scenario)
    step()
    begin = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - begin) / repeats * 1e6


def rows(figure: Figure, rounds: int) -> Iterator[list[str]]:
    """bptui beside its peer, and beside the others; the ratio is the median of the rounds' ratios."""
    everyone = [bptui, *peers(figure)]
    times: dict[Callable[[Scenario], Step], list[float]] = {start: [] for start in everyone}
    for i in range(rounds):
        first = i % len(everyone)
        for start in everyone[first:] + everyone[:first]:
            times[start].append(measure(figure.scenario, start, figure.repeats))
    for start in everyone[1:]:
        ours, theirs = statistics.median(times[bptui]), statistics.median(times[start])
        ratio = statistics.median(mine / other for mine, other in zip(times[bptui], times[start], strict=True))
        row = [f"{figure.scenario.title}, {start.__name__}", f"{ours:,.1f}", f"{theirs:,.1f}", f"{ratio:.2f}"]
        if start is figure.peer:
            row += [f"at most {figure.at_most}", "yes" if ratio <= figure.at_most else "no"]
        yield [*row, "", ""][:6]


def table(rows: list[list[str]]) -> Iterator[str]:
    """The rows with aligned columns: text to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        padded = (f"{cell:{side}{width}}" for cell, side, width in zip(cells, "<>>><<", widths, strict=True))
        yield "  ".join(padded).rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description="bptui's mathematics beside micrograd, NumPy, PyTorch and autograd")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--default-malloc", action="store_true", help="let freed memory go back to the kernel")
    arguments = parser.parse_args()
    if not installed("micrograd"):
        parser.error("cannot import micrograd: pip install micrograd (it is in the extra `bench`)")
    if not arguments.default_malloc and not os.environ.keys() >= MALLOC.keys():
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | MALLOC)
    lines = [["figure", "bptui", "peer", "ratio", "to reach", "reached"]]
    for figure in FIGURES:
        for start in peers(figure):
            check(figure.scenario, start)
        print(f"{figure.scenario.title} …", file=sys.stderr)
        lines += rows(figure, arguments.rounds)
    print(f"{arguments.rounds} rounds; times in µs for one iteration, medians; one thread, float64.")
    print("A ratio is the median of the ratios of the rounds.", *table(lines), sep="\n")


if __name__ == "__main__":
    main()
