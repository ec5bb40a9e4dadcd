"""[[layer]] tables and a loss become the same straight-line program that a reader could have written."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .program import Layer

OUTPUT = "z"
"""The name of the last activation."""
LOSS = "L"
OBJECTIVE = "J"
"""The loss with its penalties."""


class LayerSpec(msgspec.Struct, frozen=True):
    """A layer of a scenario: its activation, whether it has a bias, and the line it begins on."""

    activation: str
    has_bias: bool
    line: int


class LossSpec(msgspec.Struct, frozen=True):
    """A loss of a scenario: its kind, the target, how examples are reduced, and the factors of its penalties."""

    kind: str
    target: str
    reduction: str
    l2: float
    l1: float
    line: int


class SourceLine(msgspec.Struct, frozen=True):
    """A line of the program, and its line in the file."""

    text: str
    line: int


def expand(specs: Sequence[LayerSpec], x: str, loss: LossSpec | None) -> tuple[list[SourceLine], list[Layer]]:
    """The lines of the program, and the layers, of these specs applied to x."""
    source: list[SourceLine] = []
    layers: list[Layer] = []
    a = x
    for number, spec in enumerate(specs, start=1):
        u, W, b = f"u{number}", f"W{number}", f"b{number}" if spec.has_bias else ""
        a_in, a = a, OUTPUT if number == len(specs) else f"a{number}"
        source.append(SourceLine(f"{u} = {W} @ {a_in}" + (f" + {b}" if b else ""), spec.line))
        source.append(SourceLine(f"{a} = {spec.activation}({u})", spec.line))
        layers.append(Layer(number, spec.activation, W, b, a_in, u, a))
    if loss:
        reduction = "" if loss.reduction == "sum" else f", reduction={loss.reduction}"
        source.append(SourceLine(f"{LOSS} = {loss.kind}({a}, {loss.target}{reduction})", loss.line))
        penalties = _penalties("l2", loss.l2, layers) + _penalties("l1", loss.l1, layers)
        if penalties:
            source.append(SourceLine(f"{OBJECTIVE} = {LOSS}{penalties}", loss.line))
    return source, layers


def _penalties(penalty: str, factor: float, layers: Sequence[Layer]) -> str:
    """+ λ (l2(W₁) + …), if there is one; biases are not punished."""
    total = " + ".join(f"{penalty}({layer.W})" for layer in layers)
    return f" + {factor!r} * ({total})" if factor else ""
