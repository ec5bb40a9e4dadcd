"""Softmax and cross-entropy, or the sigmoid and its, combined wrongly: p - y is the gradient at z, not at p.

With p = softmax(z), L = -Σ y log p: ∂L/∂p = -y/p, ∂p/∂z = diag(p) - p pᵀ, and both together ∂L/∂z = p - y.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..jacobian import Array
from ..notation import symbol
from ..ops.elementwise import sigmoid
from ..ops.losses import Reduced
from ..ops.softmax import LogSoftmax, Softmax, softmax
from ..program import Program
from .meeting import each
from .records import Formation, Multiplication, Outcome, Run, Wrong

INSIDE = ("log", "binary_cross_entropy")
"""What takes probabilities on their way to the loss."""
PICKING = ("dot", "multiply", "sum", "slice", "subtract")
"""What may stand before the logarithm: of the right class' p, as in log(dot(p, y)), or of 1 - p."""
FUSED = {"cross_entropy": softmax, "binary_cross_entropy_logits": sigmoid}
"""The losses that hold the way from z to p."""


def combined(formation: Formation) -> Iterator[Outcome]:
    """p - y where it does not belong, and the ways from p to z that are taken twice, not at all, or by the diagonal."""
    yield from _at_probabilities(formation)
    yield from each(_fused)(formation)
    yield from each(_in_parts)(formation)


def _at_probabilities(formation: Formation) -> Iterator[Outcome]:
    """Written in parts: p - y given as the gradient at p."""
    name, run = formation.variable, formation.run
    if (p := _probabilities(run, name)) is not None:
        for error, text in _errors(run, p):
            yield Outcome(error, 0 if len(formation.multiplications) == 1 else None, f"{text} at {symbol(name)}")


def _in_parts(m: Multiplication) -> Iterator[Wrong]:
    """Written in parts: p - y sent through the Jacobian once more, or the Jacobian taken as its diagonal."""
    match m.local:
        case LogSoftmax(p=p):  # its own Jacobian leaves p - y as it is
            yield Wrong(m.upstream * (1.0 - p), None, "1 - p as the Jacobian")
            yield Wrong(Softmax(p).pull_back(m.upstream), None, "the Jacobian of softmax")
            return
        case Softmax(p=p):
            yield Wrong(m.upstream * p * (1.0 - p), None, "p (1 - p) as the Jacobian")
    if (probabilities := _probabilities(m.run, m.node.name)) is not None:
        for error, text in _errors(m.run, probabilities):
            yield Wrong(m.local.pull_back(error), None, f"the Jacobian applied to {text}")


def _fused(m: Multiplication) -> Iterator[Wrong]:
    """One node from z to L: ∂p/∂z applied to p - y, which holds it already; ∂L/∂p alone."""
    if m.argument != 0 or m.node.op.name not in FUSED:
        return
    z, y = m.arguments
    p = FUSED[m.node.op.name](z)
    y = _as_distribution(y, p)
    examples = p.shape[-1] if isinstance(m.local, Reduced) and m.local.is_mean else 1
    if m.node.op.name == "cross_entropy":
        yield Wrong(Softmax(p).pull_back(m.downstream), None, "the Jacobian of softmax applied to p - y")
        yield Wrong(m.upstream * (-y / p) / examples, None, "-y/p, the gradient at p")
    else:
        yield Wrong(m.upstream * (p - y) / (p * (1.0 - p)) / examples, None, "the gradient at p")
        yield Wrong(m.upstream * (-y / p) / examples, None, "-y/p")
    yield Wrong(p * (1.0 - p) * m.downstream, None, "p (1 - p) times p - y")


def _probabilities(run: Run, name: str) -> Array | None:
    """The p of a node p = softmax(z), log p = log_softmax(z) or p = σ(z) that a cross-entropy is made of."""
    node = run.program.by_name.get(name)
    if node and node.op.name == "log_softmax":
        return np.exp(run.values[name])[()]
    if node and node.op.name in ("softmax", "sigmoid") and _is_scored(run.program, name):
        return run.values[name]
    return None


def _is_scored(program: Program, name: str) -> bool:
    """Whether p goes into a logarithm, but for the picking."""
    names = {name}
    for node in program.nodes:
        if not names.isdisjoint(node.arguments):
            if node.op.name in INSIDE:
                return True
            if node.op.name in PICKING:
                names.add(node.name)
    return False


def _errors(run: Run, p: Array) -> Iterator[tuple[Array, str]]:
    """p - y with each target that fits, and (p - y)/N."""
    n = p.shape[-1] if p.shape else 1
    for variable in run.program.variables.values():
        if variable.kind == "target":
            y = _as_distribution(run.values[variable.name], p)
            if y.shape == p.shape:
                text = f"p - {symbol(variable.name)}"
                yield p - y, text
                if n > 1:
                    yield (p - y) / n, f"({text})/{n}"


def _as_distribution(y: Array, p: Array) -> Array:
    """Classes (1, N) as columns of zeros with a 1; other targets as they are."""
    if p.ndim == 2 and y.shape == (1, p.shape[1]) != p.shape:
        hot: Array = (np.arange(len(p))[:, np.newaxis] == y).astype(p.dtype)
        return hot
    return y
