"""The primitives, a table of rules for each family."""

from __future__ import annotations

from . import (
    activations,
    arrange,
    convolution,
    cross_entropy,
    elementwise,
    linear,
    losses,
    normalise,
    pooling,
    softmax,
)
from .op import Op, Rule, ShapeError

RULES = {
    rule.name: rule
    for rule in (
        *elementwise.RULES,
        *activations.RULES,
        *convolution.RULES,
        *pooling.RULES,
        *linear.RULES,
        *arrange.RULES,
        *softmax.RULES,
        *normalise.RULES,
        *losses.LOSSES,
        *cross_entropy.LOSSES,
        *losses.PENALTIES,
    )
}
"""Every primitive by name."""

OPERATORS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power", "@": "matmul"}
"""The primitive behind each operator sign."""

_SIGNS = (*OPERATORS.values(), "affine", "negate", "slice")
FUNCTIONS = {name for name in RULES if name not in (*_SIGNS, "batch_norm_fixed")}
"""What can be called by name in an expression: not what signs stand for, nor what stands in an evaluation only."""

# fmt: off
ACTIVATIONS = (
    "identity", "tanh", "sigmoid", "relu", "leaky_relu", "elu", "softplus", "gelu", "gelu_tanh", "silu",
    "softmax", "log_softmax", "sin", "cos", "exp", "abs",
)
# fmt: on
"""What a layer can have as its activation function φ."""

LOSSES = tuple(rule.name for rule in (*losses.LOSSES, *cross_entropy.LOSSES))
"""What [loss] can name."""

__all__ = ["ACTIVATIONS", "FUNCTIONS", "LOSSES", "OPERATORS", "RULES", "Op", "Rule", "ShapeError"]
