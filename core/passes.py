"""The forward and the backward pass: generators that yield one event for each step.

Both stop right behind the event whose result is the first NaN or infinity, with NotFiniteError.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from .events import Accumulate, Evaluate, Multiply, Phase
from .jacobian import Array, is_finite
from .program import Program


class NotFiniteError(ArithmeticError):
    """The event before this held the first NaN or infinity of the trace."""


def forward(
    program: Program, given: Mapping[str, Array], iteration: int = 0, phase: Phase = "forward"
) -> Generator[Evaluate, None, dict[str, Array]]:
    """Down the program, one value at a time; returns all values by name, those given among them."""
    values = dict(given)
    for node in program.nodes:
        value = node.op.value(*[values[name] for name in node.arguments])
        values[node.name] = value
        yield Evaluate(iteration, phase, node, value)
        if not is_finite(value):
            raise NotFiniteError
    return values


def backward(
    program: Program, values: Mapping[str, Array], iteration: int = 0
) -> Generator[Multiply | Accumulate, None, dict[str, Array]]:
    """Up the program, one multiplication of the chain rule at a time; returns all gradients by name.

    Starts from ∂L/∂L = 1, the first upstream. Contributions that meet at a variable are added when the last has come.
    """
    gradients = {program.output: values[program.output].dtype.type(1.0)}
    uses = program.uses
    arrived: dict[str, list[Array]] = {}
    for node in program.needed:
        upstream = gradients[node.name]
        value = values[node.name]
        arguments = [values[name] for name in node.arguments]
        for position in node.needed:
            local = node.op.local[position](value, *arguments)
            downstream = local.pull_back(upstream)
            yield Multiply(iteration, node, position, upstream, local, downstream)
            if not local.stays_finite(upstream, downstream):
                raise NotFiniteError
            variable = node.arguments[position]
            if uses[variable] == 1:
                gradients[variable] = downstream
                continue
            contributions = arrived.setdefault(variable, [])
            contributions.append(downstream)
            if len(contributions) == uses[variable]:
                gradients[variable] = total = _add(contributions)
                yield Accumulate(iteration, variable, tuple(contributions), total)
                if not is_finite(total):
                    raise NotFiniteError
    return gradients


def _add(contributions: Sequence[Array]) -> Array:
    """From left to right, out of place."""
    total = contributions[0]
    for contribution in contributions[1:]:
        total = total + contribution
    return total
