"""What a reader's names mean: dW3, grad(W3), W3.grad, ∂L/∂W₃ and δ₃ are gradients of variables of the program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from ..errors import did_you_mean
from ..notation import symbol
from ..program import Program, is_literal
from ..text import short, visible

_LONGEST = 200
_FORMS = (r"(.+)", r"d(.+)", r"grad_(.+)", r"(.+)_grad", r"grad\((.+)\)", r"(.+)\.grad")
"""How the gradient of a variable may be called in any program; dL/dW3 and ∂L/∂W₃ have the output's name in them."""


def variable_of(name: str, program: Program) -> str:
    """The variable whose gradient a reader's name means; ValueError says what would be right, in one line."""
    name = name.strip()
    meanings = list(dict.fromkeys(_meanings(name, program))) if len(name) <= _LONGEST else []
    if len(meanings) == 1:
        return meanings[0]
    if not meanings:
        known, *_ = _variables(program)
        hint = did_you_mean(name, [f"d{variable}" for variable in known])
        raise ValueError(visible(f"'{short(name)}' is the gradient of nothing in the program; {hint}"))
    forms = [f"∂{program.output}/∂{variable}" for variable in meanings]
    reason = f"'{short(name)}' can mean the gradients of {' and '.join(meanings)}"
    raise ValueError(visible(f"{reason}; write {' or '.join(forms)}"))


def _meanings(name: str, program: Program) -> Iterator[str]:
    """Every variable that the name can mean, perhaps more than once."""
    exact, shown, deltas = _variables(program)
    L = program.output
    quotients = [rf"d{re.escape(L)}[/_]d(.+)", *(rf"∂{re.escape(each)}/∂(.+)" for each in (L, symbol(L)))]
    for form in (*_FORMS, *quotients):
        if match := re.fullmatch(form, name):
            variable = exact.get(match[1]) or shown.get(symbol(match[1]))
            if variable:
                yield variable
    if symbol(name) in deltas:
        yield deltas[symbol(name)]


@lru_cache(maxsize=8)  # asked once for each name of a file
def _variables(program: Program) -> tuple[Mapping[str, str], Mapping[str, str], Mapping[str, str]]:
    """All variables that can have a gradient: by their names, by their symbols, and the pre-activations by δ₁, δ₂, …"""
    given = [name for name, variable in program.variables.items() if variable.kind != "mask" and not is_literal(name)]
    names = {name: name for name in (*given, *program.by_name)}
    shown = {symbol(name): name for name in reversed(names)}
    return names, shown, {symbol(f"delta{layer.number}"): layer.u for layer in program.layers}
