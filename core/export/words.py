"""What a hand-out says in words: of each step a sentence, of each phase its name, of the update rule its settings."""

from __future__ import annotations

from itertools import accumulate
from typing import TypeAlias

import msgspec

from .. import optimizers
from ..equations import STEPS, gradient_symbol, local_symbols, merged_recursion
from ..events import Accumulate, Evaluate, Multiply, Phase, Update
from ..jacobian import Diagonal, Identity, Repeat, Row, counted
from ..notation import SHORT, number, symbol
from ..ops import LOSSES
from ..ops.linear import Linear
from ..optimizers import UpdateRule
from ..program import Layer, Node, Program
from .steps import Step


class Maths(msgspec.Struct, frozen=True):
    """Mathematics within a sentence, as Unicode text."""

    text: str


Words: TypeAlias = tuple[str | Maths, ...]
"""A sentence: text, and mathematics between."""

PHASES: dict[Phase, str] = {
    "forward": "Forward pass",
    "backward": "Backward pass",
    "update": "Update",
    "evaluate": "Evaluation of the held-out examples",
}
SETTINGS = {"momentum": "μ", "beta1": "β₁", "beta2": "β₂", "decay": "ρ", "epsilon": "ε"}
"""The settings of an update rule as its equations write them."""


def reading(program: Program) -> Words:
    """How to read the numbers and the steps of the backward pass."""
    L = symbol(program.output)
    delta: Words = ("; ", Maths("δ"), " of a layer is ", Maths(f"∂{L}/∂u")) if program.layers else ()
    return (
        "Numbers are written with 6 digits, arrays of more than 12 cells as their shape and norm; "
        "nothing is rounded in the calculation. "
        "Going back, each step multiplies what has arrived, the upstream, by one local derivative, beginning with ",
        Maths(f"∂{L}/∂{L} = 1"),
        *delta,
        ".",
    )


def sentence(step: Step) -> Words:
    """What happens in a step."""
    program, event = step.chapter.program, step.event
    match event:
        case Evaluate():
            return _evaluation(program, event)
        case Multiply():
            return _multiplication(program, event, step.equation.step)
        case Accumulate():
            gradient = Maths(gradient_symbol(program, event.variable))
            return (f"{len(event.contributions)} contributions have arrived at ", gradient, ": they are added.")
        case Update():
            return _update(event, step.behind)


def _evaluation(program: Program, event: Evaluate) -> Words:
    layer, name = program.layer_of.get(event.node.name), event.node.name
    if layer and name == layer.u:
        return (f"Layer {layer.number}: weights times input{', plus the bias' if layer.b else ''}.",)
    if layer and name == layer.a:
        return (
            f"Layer {layer.number}: the activation function ",
            Maths(f"φ{_below(layer)}"),
            f" is {_said(event.node)}.",
        )
    if name == program.output and event.node.op.name in LOSSES:
        return (f"The loss, {_said(event.node)}.",)
    return (f"{_place(event.node).capitalize()} of the program.",)


def _multiplication(program: Program, event: Multiply, label: str) -> Words:
    layer = program.layer_of.get(event.node.name)
    if layer and label:
        start = f"Layer {layer.number}, step {label}, {STEPS[label]}: "
        return start, *_of_layer(program, event, label, layer)
    if event.node.name == program.output:
        place = "Back from the output to "
    else:
        place = f"Back through {_place(event.node)} to "
    local = _local(program, event)
    return place, Maths(symbol(event.variable)), ", " if isinstance(local[0], str) else ": ", *local


def _of_layer(program: Program, event: Multiply, label: str, layer: Layer) -> Words:
    delta = Maths(gradient_symbol(program, layer.u))
    match label:
        case "A":
            recursion = merged_recursion(program, event)
            below = (f" With step D of layer {layer.number + 1}: ", Maths(recursion), ".") if recursion else ()
            return *_local(program, event), *below
        case "B":
            return delta, " times the input of the layer, ", Maths(symbol(layer.a_in)), "."
        case "C" if isinstance(event.local, Repeat):
            summed = "example" if event.local.repeats == event.local.node_shape[-1] else "cell"
            return "the sum of ", delta, f" over {counted(event.local.repeats, summed)}."
        case "C":
            return delta, " itself: the local derivative is 1."
    weights = "the transposed weights times " if isinstance(event.local, Linear) else "the weight times "
    return weights, delta, "."


def _local(program: Program, event: Multiply) -> Words:
    """The local derivative, as a formula where it is one number for each cell, else in the words of its structure."""
    name, formula = local_symbols(program, event)
    note = f" ({event.node.op.note})" if event.node.op.note else ""
    if isinstance(event.local, Diagonal | Identity | Row):
        return Maths(f"{name} = {_bare(formula)}"), f"{note}."
    return (f"{event.local.words}{note}.",)


def _bare(formula: str) -> str:
    """A formula without parentheses around all of it."""
    depths = accumulate((sign == "(") - (sign == ")") for sign in formula[:-1])
    return formula[1:-1] if formula.startswith("(") and all(depths) else formula


def _update(event: Update, behind: tuple[str, ...]) -> Words:
    name = Maths(symbol(event.parameter))
    if not behind:
        return name, " moves against its gradient."
    listed = [part for text in behind for part in (Maths(text), ", ")]
    return name, " moves: ", *listed[:-1], "."


def rule_words(rule: UpdateRule) -> Words:
    """The update rule with its settings and equations."""
    settings = [("η₀" if rule.schedule else "η", rule.learning_rate)]
    settings += [(SETTINGS[name], getattr(rule, name)) for name in optimizers.RULES[rule.rule].settings]
    if rule.weight_decay:
        settings.append(("λ", rule.weight_decay))
    given = [part for sign, value in settings for part in (Maths(f"{sign} = {number(value, SHORT)}"), ", ")]
    equations = [part for line in optimizers.equations(rule) for part in (Maths(line), "; ")]
    name = rule.rule.replace("_", " ")
    each: Words = (". For each parameter ", Maths("θ"), " with its gradient ", Maths("g"), ": ")
    return f"Update rule: {name} with ", *given[:-1], *each, *equations[:-1], "."


def _place(node: Node) -> str:
    """The line of the program, counted from 1, and which part of it."""
    _, dot, part = node.name.partition("·")
    return f"part {part} of line {node.source + 1}" if dot else f"line {node.source + 1}"


def _said(node: Node) -> str:
    return {"identity": "the identity"}.get(node.op.name) or node.op.name.replace("_", " ")


def _below(layer: Layer) -> str:
    return symbol(f"a{layer.number}")[1:]
