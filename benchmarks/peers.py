"""The same networks, computed by others: each makes of a scenario with layers a step, which trains it once.

A step is forward, backward and update; it returns the new parameters by name.
"""

import importlib
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from bptui.core.jacobian import Array
from bptui.core.scenario import Scenario

Step: TypeAlias = Callable[[], Mapping[str, Any]]


def learning_rate(scenario: Scenario) -> float:
    assert scenario.update
    return scenario.update.learning_rate


def plain(scenario: Scenario) -> Step:
    """NumPy written by hand, with bptui's formulas, layout and out-of-place update; no events, no look for NaN."""
    layers, parameters, eta = scenario.program.layers, scenario.parameters, learning_rate(scenario)
    x, y = scenario.given["x"], scenario.given["y"]

    def step() -> Mapping[str, Array]:
        activations, pre_activations = [x], []
        for layer in layers:
            u = parameters[layer.W] @ activations[-1] + parameters[layer.b]
            pre_activations.append(u)
            activations.append(np.tanh(u) if layer.activation == "tanh" else u)
        delta = activations[-1] - y
        L = (delta * delta).sum() * 0.5  # noqa: F841
        gradients = {}
        for i in range(len(layers) - 1, -1, -1):
            layer = layers[i]
            if layer.activation == "tanh":
                root = 1.0 + abs(activations[i + 1])
                delta = delta * (np.exp(-2.0 * abs(pre_activations[i])) * root * root)
            gradients[layer.W] = delta @ activations[i].T
            gradients[layer.b] = delta.sum(axis=1, keepdims=True)
            if i > 0:
                delta = parameters[layer.W].T @ delta
        return {name: before - eta * gradients[name] for name, before in parameters.items()}

    return step


def micrograd(scenario: Scenario) -> Step:
    """Scalars only; it knows relu, so tanh is written as its own ops are."""
    Value: Any = importlib.import_module("micrograd.engine").Value

    def tanh(u: Any) -> Any:
        t = math.tanh(u.data)
        a = Value(t, (u,), "tanh")

        def _backward() -> None:
            u.grad += (1 - t * t) * a.grad

        a._backward = _backward
        return a

    eta, x, y = learning_rate(scenario), float(scenario.given["x"]), float(scenario.given["y"])
    parameters = {name: Value(float(value)) for name, value in scenario.parameters.items()}
    layers = [(parameters[layer.W], parameters[layer.b], layer.activation) for layer in scenario.program.layers]

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
    scenario: Scenario, parameters: Mapping[str, Any], x: Any, y: Any, library: Any, see: Callable[[Any], Any]
) -> Any:
    """The forward pass in PyTorch or autograd; `see` gets every tensor on the way."""
    product = operator.matmul if x.ndim else operator.mul
    a = x
    for layer in scenario.program.layers:
        a = see(product(parameters[layer.W], a) + parameters[layer.b])
        if layer.activation == "tanh":
            a = see(library.tanh(a))
    difference = a - y
    return see(library.sum(difference * difference) * 0.5)


def pytorch(scenario: Scenario) -> Step:
    return _pytorch(scenario, trail=None)


def pytorch_hooks(scenario: Scenario) -> Step:
    """With a hook on every tensor, which keeps its value and its gradient as a debugger would."""
    return _pytorch(scenario, trail=[])


def _pytorch(scenario: Scenario, trail: list[Any] | None) -> Step:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    x, y = (torch.tensor(scenario.given[name]) for name in "xy")
    parameters = {name: torch.tensor(value, requires_grad=True) for name, value in scenario.parameters.items()}
    eta = learning_rate(scenario)

    def see(tensor: Any) -> Any:
        if trail is not None:
            trail.append(tensor)
            tensor.register_hook(trail.append)
        return tensor

    for p in parameters.values():
        see(p)

    def step() -> Mapping[str, Any]:
        if trail:
            trail.clear()
        for p in parameters.values():
            p.grad = None
        loss(scenario, parameters, x, y, torch, see).backward()
        with torch.no_grad():
            for p in parameters.values():
                p -= eta * p.grad
        return {name: p.detach() for name, p in parameters.items()}

    return step


def autograd(scenario: Scenario) -> Step:
    eta, x, y = learning_rate(scenario), scenario.given["x"], scenario.given["y"]
    library: Any = importlib.import_module("autograd.numpy")
    gradient: Any = importlib.import_module("autograd").grad(
        lambda parameters: loss(scenario, parameters, x, y, library, see=lambda array: array)
    )

    def step() -> Mapping[str, Array]:
        gradients = gradient(scenario.parameters)
        return {name: before - eta * gradients[name] for name, before in scenario.parameters.items()}

    return step
