"""The same program for another number of examples, and for an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from .jacobian import Array
from .program import Assignment, Program, Variable, build

MEAN, VARIANCE = "·mean", "·variance"
"""Behind the name of a batch norm's node: the statistics that it uses in an evaluation."""


def with_values(program: Program, values: Mapping[str, Array], itemsize: int, max_memory: int) -> Program:
    """The program at the shapes of these values, as for a last batch that is smaller."""
    return _rebuilt(program, program.assignments, values, program.wrt, itemsize, max_memory)


def differentiating(program: Program, wrt: Sequence[str], itemsize: int, max_memory: int) -> Program:
    """The same program, differentiated with respect to other variables."""
    return _rebuilt(program, program.assignments, {}, wrt, itemsize, max_memory)


def without_dropout(program: Program, values: Mapping[str, Array], itemsize: int, max_memory: int) -> Program:
    """The program at the shapes of these values with dropout off, without derivatives."""
    return _rebuilt(program, list(_kept(program.assignments)), values, (), itemsize, max_memory)


def for_evaluation(program: Program, values: Mapping[str, Array], itemsize: int, max_memory: int) -> Program:
    """The same with given statistics in each batch norm, named in `program.variables` behind MEAN and VARIANCE."""
    assignments = [
        msgspec.structs.replace(
            assignment,
            op="batch_norm_fixed",
            arguments=(*assignment.arguments, assignment.name + MEAN, assignment.name + VARIANCE),
        )
        if assignment.op == "batch_norm"
        else assignment
        for assignment in _kept(program.assignments)
    ]
    statistics = {
        assignment.name + suffix: Variable(assignment.name + suffix, "constant", program.shape(assignment.arguments[1]))
        for assignment in program.assignments
        if assignment.op == "batch_norm"
        for suffix in (MEAN, VARIANCE)
    }
    return _rebuilt(program, assignments, values, (), itemsize, max_memory, statistics)


def _kept(assignments: Sequence[Assignment]) -> Iterator[Assignment]:
    """With all cells kept, dropout is the identity."""
    for assignment in assignments:
        if assignment.op == "dropout":
            yield msgspec.structs.replace(assignment, op="identity", arguments=assignment.arguments[:1], options={})
        else:
            yield assignment


def _rebuilt(
    program: Program,
    assignments: Sequence[Assignment],
    values: Mapping[str, Array],
    wrt: Sequence[str],
    itemsize: int,
    max_memory: int,
    more: Mapping[str, Variable] | None = None,
) -> Program:
    variables = {
        name: msgspec.structs.replace(variable, shape=values[name].shape) if name in values else variable
        for name, variable in program.variables.items()
        if variable.kind != "mask"
    }
    return build(
        assignments,
        {**variables, **(more or {})},
        output=program.output,
        wrt=wrt,
        source=program.source,
        layers=program.layers,
        itemsize=itemsize,
        max_memory=max_memory,
    )
