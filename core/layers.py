"""[[layer]] tables and a loss become the same straight-line program that a reader could have written."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from .program import Assignment, Layer

OUTPUT = "z"
"""The name of the last activation."""
LOSS = "L"


class LayerSpec(msgspec.Struct, frozen=True):
    """A layer of a scenario: its activation, whether it has a bias, and the line it begins on."""

    activation: str
    has_bias: bool
    line: int


def expand(
    specs: Sequence[LayerSpec], x: str, loss: tuple[str, str, int] | None
) -> tuple[list[Assignment], list[Layer], list[str]]:
    """The assignments, the layers, and the lines of source, of these layers applied to x.

    `loss` is the loss's op, the name of the target, and its line in the file.
    """
    assignments: list[Assignment] = []
    layers: list[Layer] = []
    source: list[str] = []
    a = x
    for number, spec in enumerate(specs, start=1):
        u, W, b = f"u{number}", f"W{number}", f"b{number}" if spec.has_bias else ""
        a_in, a = a, OUTPUT if number == len(specs) else f"a{number}"
        op, arguments = ("affine", (W, a_in, b)) if b else ("matmul", (W, a_in))
        assignments.append(Assignment(u, op, arguments, spec.line, len(source)))
        source.append(f"{u} = {W} @ {a_in}" + (f" + {b}" if b else ""))
        assignments.append(Assignment(a, spec.activation, (u,), spec.line, len(source)))
        source.append(f"{a} = {spec.activation}({u})")
        layers.append(Layer(number, spec.activation, W, b, a_in, u, a))
    if loss:
        op, target, line = loss
        assignments.append(Assignment(LOSS, op, (a, target), line, len(source)))
        source.append(f"{LOSS} = {op}({a}, {target})")
    return assignments, layers, source
