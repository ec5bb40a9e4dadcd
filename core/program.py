"""A program: straight-line code, one op a node, with names, shapes and order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from .errors import InputError, did_you_mean
from .jacobian import Shape
from .notation import shape_text
from .ops import RULES, Op, ShapeError
from .ops.op import Option, OptionError

Kind: TypeAlias = Literal["input", "target", "parameter", "constant", "mask"]

MOST_NODES = 5_000
MEMORY_LIMIT = 1 << 30
"""Bytes that a run may hold, if no other limit is given."""
MASK = "·mask"
"""Behind the name of a dropout node: its random mask."""


class Variable(msgspec.Struct, frozen=True):
    """A value that is given, not computed; `line` is where in the file, 0 for a literal."""

    name: str
    kind: Kind
    shape: Shape
    line: int = 0


class Assignment(msgspec.Struct, frozen=True):
    """A node before its shapes are known: name = op(arguments), from `line` of the file, `source` of the program."""

    name: str
    op: str
    arguments: tuple[str, ...]
    line: int
    source: int
    options: Mapping[str, Option] = {}


class Node(msgspec.Struct, frozen=True, eq=False):
    """One assignment. `needed` are the argument positions that lead to what is differentiated, in their order."""

    name: str
    op: Op
    arguments: tuple[str, ...]
    needed: tuple[int, ...]
    line: int
    source: int


class Layer(msgspec.Struct, frozen=True):
    """The names of one layer: u = W a_in + b, a = φ(u); `b` is empty where the layer has none."""

    number: int
    activation: str
    W: str
    b: str
    a_in: str
    u: str
    a: str


class Program(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Straight-line code: the nodes in order, the output, and what it is differentiated with respect to (`wrt`).

    `source` are the lines that a reader sees; `assignments` are what the nodes were made from, so that they can be
    made again for other shapes.
    """

    variables: dict[str, Variable]
    assignments: tuple[Assignment, ...]
    nodes: tuple[Node, ...]
    output: str
    wrt: tuple[str, ...]
    source: tuple[str, ...]
    layers: tuple[Layer, ...]

    @cached_property
    def by_name(self) -> dict[str, Node]:
        """The nodes by their names."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def needed(self) -> tuple[Node, ...]:
        """The nodes between `wrt` and the output, from last to first."""
        reached = {self.output}
        needed = []
        for node in reversed(self.nodes):
            if node.name in reached and node.needed:
                needed.append(node)
                reached.update(node.arguments[position] for position in node.needed)
        return tuple(needed)

    @cached_property
    def uses(self) -> dict[str, int]:
        """How many contributions arrive at the gradient of each variable that has one; the output has none."""
        return dict(Counter(node.arguments[position] for node in self.needed for position in node.needed))

    @cached_property
    def layer_of(self) -> dict[str, Layer]:
        """The layer that a pre-activation, an activation, W or b belongs to."""
        return {name: layer for layer in self.layers for name in (layer.u, layer.a, layer.W, layer.b) if name}

    @cached_property
    def masks(self) -> dict[str, float]:
        """The random mask of each dropout node by name, and the probability with which a cell is dropped."""
        return {
            assignment.arguments[1]: float(assignment.options.get("p", RULES["dropout"].options["p"]))  # type: ignore[arg-type]
            for assignment in self.assignments
            if assignment.op == "dropout"
        }

    def shape(self, name: str) -> Shape:
        """The shape of a variable or node."""
        return self.by_name[name].op.shape if name in self.by_name else self.variables[name].shape


def is_literal(name: str) -> bool:
    """Whether a variable is a number in a line of the program, which has no other name."""
    return name[0] in "-.0123456789"


def build(
    assignments: Sequence[Assignment],
    variables: Mapping[str, Variable],
    *,
    output: str,
    wrt: Sequence[str],
    source: Sequence[str],
    layers: Sequence[Layer] = (),
    itemsize: int = 8,
    max_memory: int = MEMORY_LIMIT,
) -> Program:
    """The program of these assignments; InputError where names or shapes do not fit, or the values need too much."""
    variables = dict(variables)
    nodes = _bind(assignments, variables)
    leads = _leads_to(nodes, wrt)
    program = Program(
        variables=variables,
        assignments=tuple(assignments),
        nodes=tuple(_with_needed(node, leads) for node in nodes),
        output=output,
        wrt=tuple(wrt),
        source=tuple(source),
        layers=tuple(layers),
    )
    _check_memory(program, itemsize, max_memory)
    return program


def _bind(assignments: Sequence[Assignment], variables: dict[str, Variable]) -> tuple[Node, ...]:
    """The nodes with their shapes, in order: each may use only what stands before it.

    The masks of dropout nodes join the variables: their shapes are those of what is masked.
    """
    places = {name: (variable.shape, variable.line) for name, variable in variables.items()}
    nodes: list[Node] = []
    for assignment in assignments:
        if len(nodes) == MOST_NODES:
            hint = f"{MOST_NODES:,} operations at the most"
            raise InputError("the program is too long", line=assignment.line, hint=hint)
        if assignment.name in places:
            raise _twice(assignment, places[assignment.name][1])
        for name in assignment.arguments:
            if name not in places and name.endswith(MASK):
                shape = places[assignment.arguments[0]][0]
                variables[name] = Variable(name, "mask", shape)
                places[name] = shape, 0
            if name not in places:
                raise _undefined(name, assignment, places)
        op = _bind_one(assignment, places)
        places[assignment.name] = op.shape, assignment.line
        nodes.append(Node(assignment.name, op, assignment.arguments, (), assignment.line, assignment.source))
    return tuple(nodes)


def _bind_one(assignment: Assignment, places: Mapping[str, tuple[Shape, int]]) -> Op:
    """The op at the shapes of its arguments; InputError names the arguments, their shapes and their lines."""
    try:
        return RULES[assignment.op].bind(*(places[name][0] for name in assignment.arguments), **assignment.options)
    except OptionError as error:
        raise InputError(
            f"{assignment.op} with {_written(assignment.options)}",
            line=assignment.line,
            key=assignment.name,
            hint=str(error),
        ) from None
    except ShapeError as error:
        arguments = [
            f"{name} is {shape_text(places[name][0])}" + (f" (line {places[name][1]})" if places[name][1] else "")
            for name in assignment.arguments
        ]
        reason = f"shapes do not fit in {assignment.op}: {', '.join(arguments)}"
        raise InputError(reason, line=assignment.line, key=assignment.name, hint=str(error)) from None


def _written(options: Mapping[str, Option]) -> str:
    return ", ".join(f"{name}={value}" for name, value in options.items())


def _twice(assignment: Assignment, line: int) -> InputError:
    first = f", first on line {line}" if line else ""
    hint = "give one of them another name"
    return InputError(f"is defined twice{first}", line=assignment.line, key=assignment.name, hint=hint)


def _undefined(name: str, assignment: Assignment, places: Mapping[str, tuple[Shape, int]]) -> InputError:
    known = [place for place in places if place.isidentifier() and "·" not in place]  # no literal, no inner node
    hint = did_you_mean(name, known) if known else "give it in [input]"
    return InputError(
        f"'{name}' is not defined before it is used", line=assignment.line, key=assignment.name, hint=hint
    )


def _leads_to(nodes: Sequence[Node], wrt: Sequence[str]) -> set[str]:
    """All names that depend on what is differentiated, `wrt` itself included."""
    leads = set(wrt)
    for node in nodes:
        if leads.intersection(node.arguments):
            leads.add(node.name)
    return leads


def _with_needed(node: Node, leads: set[str]) -> Node:
    needed = tuple(position for position in node.op.order if node.arguments[position] in leads)
    return msgspec.structs.replace(node, needed=needed)


def _check_memory(program: Program, itemsize: int, limit: int) -> None:
    """InputError at the node where an iteration would hold too much; nothing is allocated before this is known.

    An evaluation holds its value; a multiplication holds a local derivative and a downstream, neither larger than the
    node or the argument, but for what the op says.
    """
    shapes = {name: variable.shape for name, variable in program.variables.items()}
    held = sum(math.prod(shape) for shape in shapes.values())
    for node in program.nodes:
        shapes[node.name] = node.op.shape
        cells = math.prod(node.op.shape)
        largest = max(cells, *(math.prod(shapes[name]) for name in node.arguments))
        held += cells + node.op.held + 2 * largest * len(node.needed)
        if held * itemsize > limit:
            reason = f"is {shape_text(node.op.shape)}; up to here an iteration needs {held * itemsize >> 20:,} MiB"
            hint = f"{limit >> 20:,} MiB at the most; --max-memory sets another limit"
            raise InputError(reason, line=node.line, key=node.name, hint=hint)
