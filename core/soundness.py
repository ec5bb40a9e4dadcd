"""What must hold of a program and its values before it can run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .errors import InputError
from .examples import Examples
from .jacobian import Array
from .notation import number, shape_text
from .program import Node, Program


def check_program(program: Program) -> None:
    """The output is a scalar, and every value given is used: no key is silently ignored."""
    shape = program.shape(program.output)
    if shape:
        line = program.by_name[program.output].line
        reason = f"the output is {shape_text(shape)}, not a scalar"
        raise InputError(reason, line=line, key=program.output, hint="end with a loss, a sum or a dot")
    used = {name for node in program.nodes for name in node.arguments}
    for name, variable in program.variables.items():
        if variable.line and name not in used:
            hint = "use it or remove it"
            raise InputError("is given but never used", line=variable.line, key=name, hint=hint)


def check_values(program: Program, given: Mapping[str, Array], examples: Examples | None) -> None:
    """Classes and other indices are whole numbers within their bounds; they are given, and nothing learns them."""
    sources = [given] if examples is None else [given, examples.training, examples.held_out]
    for node in program.nodes:
        for position, count in node.op.classes.items():
            name = node.arguments[position]
            if name in program.wrt:
                reason = f"{name} holds indices, which have no derivative"
                raise InputError(reason, line=node.line, key=node.name, hint="leave it out of wrt")
            for values in sources:
                _check_indices(node, name, values.get(name), count, given)


def _check_indices(node: Node, name: str, values: Array | None, count: int, given: Mapping[str, Array]) -> None:
    if name not in given:
        reason = f"{node.op.name} takes given whole numbers, {name} is computed or learns"
        raise InputError(reason, line=node.line, key=node.name, hint="give it in [input], [target] or [constants]")
    if values is None:
        return
    wrong = values[(values != np.floor(values)) | (values < 0) | (values >= count)]
    if wrong.size:
        reason = f"{node.op.name}: {number(float(wrong.flat[0]))} in {name} is no index"
        hint = f"whole numbers from 0 to {count - 1}"
        raise InputError(reason, line=node.line, key=node.name, hint=hint)
