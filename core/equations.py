"""What an event says: its equation in symbols, the same with the numbers in it, and the result.

Of a layer, the backward steps are those of the course text: A through the activation, B the weights, C the bias,
D to the layer before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

import msgspec
import numpy as np

from . import optimizers
from .events import Accumulate, Evaluate, Event, Multiply, Update, result
from .jacobian import Array
from .notation import SHORT, array, superscript, symbol
from .optimizers import UpdateRule
from .program import Program
from .tokens import NAME

Term: TypeAlias = str | Array
"""A sign, or the numbers of one operand."""

STEPS = {
    "A": "through the activation",
    "B": "the weights",
    "C": "the bias",
    "D": "to the layer before",
}
"""The four backward steps of a layer in the course text."""


class Equation(msgspec.Struct, frozen=True, eq=False):
    """left = formula = terms = result. `relation` is "=", or "←" for an update; `step` is A, B, C, D or empty."""

    left: str
    relation: str
    formula: str
    terms: tuple[Term, ...]
    result: Array
    step: str = ""

    @property
    def numbers(self) -> str:
        """The formula with the numbers in it, on one line."""
        signs = ["", *(term if isinstance(term, str) else "" for term in self.terms), ""]
        return "".join(
            term if isinstance(term, str) else signed(array(term, SHORT), signs[i], signs[i + 2])
            for i, term in enumerate(self.terms)
        )

    def __str__(self) -> str:
        """The sentence that a person reads."""
        parts = dict.fromkeys((self.formula, self.numbers, array(self.result)))
        return f"{self.left} {self.relation} " + " = ".join(parts)


class Form(msgspec.Struct, frozen=True):
    """An equation without its numbers, the same in every iteration: in `pattern`, {0}, {1}, … are the operands."""

    left: str
    relation: str
    formula: str
    pattern: str
    step: str = ""


def equation(program: Program, event: Event, values: dict[str, Array], rule: UpdateRule | None = None) -> Equation:
    """The equation of an event; `values` holds what the node's arguments are, `rule` is what an update follows."""
    found = form(program, event, rule)
    terms = filled(found.pattern, operands(event, values))
    return Equation(found.left, found.relation, found.formula, terms, result(event), found.step)


def form(program: Program, event: Event, rule: UpdateRule | None = None) -> Form:
    """The form of an event's equation."""
    match event:
        case Evaluate():
            op, arguments = event.node.op, event.node.arguments
            formula = tidy(op.formula.format(*map(_operand, arguments)))
            return Form(symbol(event.node.name), "=", formula, op.formula)
        case Multiply():
            return _multiplication(program, event)
        case Accumulate():
            signs = " + ".join(f"{{{i}}}" for i in range(len(event.contributions)))
            formula = f"the sum of its {len(event.contributions)} contributions"
            return Form(gradient_symbol(program, event.variable), "=", formula, signs)
        case Update():
            return _update(program, event, rule)


def operands(event: Event, values: Mapping[str, Array]) -> list[Array]:
    """What stands for {0}, {1}, … in the pattern of an event's form."""
    match event:
        case Evaluate():
            return [values[name] for name in event.node.arguments]
        case Multiply():
            return [event.upstream, event.local.shown]
        case Accumulate():
            return list(event.contributions)
        case Update():
            if "step" in event.quantities:
                return [event.before, optimizers.step_of(event)]
            return [event.before, np.asarray(event.quantities["rate"])[()], event.gradient]


def symbols(source: str) -> str:
    """A line of source with its names as the textbook writes them."""
    return re.sub(NAME, lambda match: symbol(match[0]), source)


def description(program: Program, event: Event) -> str:
    """What an event says without numbers, in symbols and with the names as they are typed: for who looks for it."""
    match event:
        case Evaluate():
            node = event.node
            formula = tidy(node.op.formula.format(*map(_operand, node.arguments)))
            return f"{symbol(node.name)} = {formula} {node.op.name} {' '.join((node.name, *node.arguments))}"
        case Multiply():
            found, node = _multiplication(program, event), event.node
            name, formula = local_symbols(program, event)
            symbols = f"{found.left} = {found.formula} {name} = {formula}"
            return f"{symbols} {node.op.name} {_typed(program, event.variable)} {node.name}"
        case Accumulate():
            return f"{gradient_symbol(program, event.variable)} = sum {_typed(program, event.variable)}"
        case Update():
            name, gradient = symbol(event.parameter), gradient_symbol(program, event.parameter)
            return f"update {name} ← {name} - η {gradient} {event.parameter}"


def _typed(program: Program, name: str) -> str:
    """A gradient as it can be typed: d(L)/d(W3), and delta3 of a layer."""
    layer = program.layer_of.get(name)
    delta = f" delta{layer.number}" if layer and name == layer.u else ""
    return f"d{program.output}/d{name}{delta}"


def gradient_symbol(program: Program, name: str) -> str:
    """∂L/∂(name); δ of a layer for its pre-activation."""
    layer = program.layer_of.get(name)
    if layer and name == layer.u:
        return symbol(f"delta{layer.number}")
    return f"∂{symbol(program.output)}/∂{symbol(name)}"


def local_symbols(program: Program, event: Multiply) -> tuple[str, str]:
    """The local derivative's name and its formula: ∂a₃/∂u₃, or φ₃′(u₃), and sech²(u₃)."""
    node = event.node
    formula = tidy(node.op.derivatives[event.argument].format(*map(_operand, node.arguments)))
    layer = program.layer_of.get(node.name)
    if layer and node.name == layer.a:
        return f"{symbol(f'phi{layer.number}')}′({symbol(event.variable)})", formula
    return f"∂{symbol(node.name)}/∂{symbol(event.variable)}", formula


def step(program: Program, event: Event) -> str:
    """Which of the text's steps A to D a multiplication is; empty for what is no layer's."""
    if not isinstance(event, Multiply) or event.node.name not in program.layer_of:
        return ""
    layer = program.layer_of[event.node.name]
    return {layer.u: "A", layer.W: "B", layer.b: "C", layer.a_in: "D"}.get(event.variable, "")


def merged_recursion(program: Program, event: Event) -> str:
    """δ₃ = (W₄ᵀ δ₄) ⊙ φ₃′(u₃), for the two multiplications that it merges; empty for all other events."""
    label = step(program, event)
    if label not in ("A", "D") or not isinstance(event, Multiply):
        return ""
    number = program.layer_of[event.node.name].number - (label == "D")
    if not 0 < number < len(program.layers):
        return ""
    here, above = program.layers[number - 1], program.layers[number]
    if here.activation in ("softmax", "log_softmax"):  # φ′ is no diagonal there
        return ""
    delta, delta_above = gradient_symbol(program, here.u), gradient_symbol(program, above.u)
    return f"{delta} = ({symbol(above.W)}ᵀ {delta_above}) ⊙ {symbol(f'phi{number}')}′({symbol(here.u)})"


def tidy(formula: str) -> str:
    """Powers with whole exponents as the textbook writes them: 2 · u^(2 - 1) is 2 · u, u^2 is u²."""
    formula = re.sub(r"\((\(-[\d.eE+-]+\))\)", r"\1", formula)  # sin((-2))
    formula = re.sub(r"\^\(\(?(-?\d+)\)? - 1\)", lambda match: f"^{int(match[1]) - 1}", formula)
    formula = re.sub(r"\^\((-\d+)\)", r"^\1", formula)
    formula = re.sub(r"\^1(?![\d.eE])", "", formula)
    return re.sub(r"\^(-?\d+)(?![\d.eE])", lambda match: superscript(match[1]), formula)


def _multiplication(program: Program, event: Multiply) -> Form:
    name, formula = local_symbols(program, event)
    label = step(program, event)
    derivative = name if label == "A" else _grouped(formula)
    product = event.local.product
    if not event.upstream.shape:
        product = product.replace("⊙", "·")
    return Form(
        left=gradient_symbol(program, event.variable),
        relation="=",
        formula=product.format(g=gradient_symbol(program, event.node.name), d=derivative),
        pattern=product.replace("{g}", "{0}").replace("{d}", "{1}"),
        step=label,
    )


def _update(program: Program, event: Update, rule: UpdateRule | None) -> Form:
    name, gradient = symbol(event.parameter), gradient_symbol(program, event.parameter)
    formula, pattern = f"{name} - η {gradient}", "{0} - {1} · {2}"
    if "step" in event.quantities:
        pattern = "{0} - {1}"
        if rule:
            text = optimizers.equations(rule)[-1].partition("← ")[2].replace("θ", name)
            formula = re.sub(r"\bg\b", gradient, text) if not set(event.quantities) & {"clipped", "decayed"} else text
    return Form(left=name, relation="←", formula=formula, pattern=pattern)


def quantities(event: Update) -> list[str]:
    """Each quantity between the gradient and the change, with its value; nothing for plain gradient descent."""
    if "step" not in event.quantities:
        return []
    return [
        f"{optimizers.QUANTITIES[name]} = {array(np.asarray(value)[()], SHORT)}"
        for name, value in event.quantities.items()
    ]


def filled(template: str, operands: list[Array]) -> tuple[Term, ...]:
    """The template with operands for {0}, {1}, …; a transpose sign behind an operand transposes it."""
    terms: list[Term] = []
    for part in re.split(r"(\{\d+\}ᵀ?)", template):
        if match := re.fullmatch(r"\{(\d+)\}(ᵀ?)", part):
            operand = operands[int(match[1])]
            terms.append(operand.T if match[2] else operand)
        elif part:
            terms.append(part.replace("·", "×"))
    return tuple(terms)


def _grouped(formula: str) -> str:
    """A formula in parentheses, where it would otherwise run into the product around it."""
    outside, inner = formula, ""
    while inner != outside:
        inner, outside = outside, re.sub(r"\([^()]*\)", "", outside)
    return f"({formula})" if re.search(r"[ /]|^-", outside) else formula


def _operand(name: str) -> str:
    """A variable in a formula; a negative literal in parentheses."""
    return f"({name})" if name.startswith("-") else symbol(name)


def signed(text: str, before: str, after: str) -> str:
    """A negative number in parentheses behind a sign, and where it is raised to a power."""
    inside = (before.strip() and before[-1] in " -") or after.startswith("^")
    return f"({text})" if text.startswith("-") and inside else text
