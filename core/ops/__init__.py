"""The primitives, a table of rules for each family."""

from __future__ import annotations

from . import elementwise, linear, losses
from .op import Op, Rule, ShapeError

RULES = {rule.name: rule for rule in (*elementwise.RULES, *linear.RULES, *losses.LOSSES)}
"""Every primitive by name."""

OPERATORS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "^": "power", "@": "matmul"}
"""The primitive behind each operator sign."""

FUNCTIONS = {name for name in RULES if name not in (*OPERATORS.values(), "affine", "negate")}
"""What can be called by name in an expression."""

ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu", "sin", "cos", "exp", "abs")
"""What a layer can have as its activation function φ."""

LOSSES = tuple(rule.name for rule in losses.LOSSES)
"""What [loss] can name."""

__all__ = ["ACTIVATIONS", "FUNCTIONS", "LOSSES", "OPERATORS", "RULES", "Op", "Rule", "ShapeError"]
