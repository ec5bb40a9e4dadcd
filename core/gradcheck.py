"""Every local derivative and every parameter's gradient against numerical differentiation.

Where an op's value is analytic as it is written, by the complex step: f′(x) = Im f(x + ih)/h, without a difference and
so without its rounding (Squire & Trapp, 1998; Martins, Sturdza & Alonso, 2003). Elsewhere by central differences. Each
node is checked by itself, from the values that it really has, so that an error is found where it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from .jacobian import Array, is_finite
from .passes import backward, forward
from .program import Node, Program
from .scenario import Scenario
from .training import given_at, program_at

Method: TypeAlias = Literal["complex step", "central differences"]
Verdict: TypeAlias = Literal["pass", "kink", "rounding", "FAIL"]
Function: TypeAlias = Callable[[Array], Array]

# fmt: off
ANALYTIC = frozenset((
    "add", "subtract", "multiply", "divide", "power", "negate", "sin", "cos", "tan", "exp", "log", "sqrt", "tanh",
    "identity", "dropout", "matmul", "affine", "dot", "sum", "mean", "transpose", "reshape", "slice", "concatenate",
    "embedding", "conv2d", "mean_pool", "layer_norm", "batch_norm", "softmax", "log_softmax",
    "half_squared_error", "squared_error", "binary_cross_entropy", "cross_entropy", "l2",
))
# fmt: on
"""Ops whose value, as it is written, is an analytic function: no absolute value, comparison or erf in it.

The maximum in softmax and its logarithm only shifts all cells, which changes nothing.
"""
COMPLEX_STEP = 1e-200
"""So small that at 0 the step's own error of order h, as of x^1.5, stays below SMALLEST."""
SMALLEST = 1e-80
"""Slopes below it are compared as if they were as large."""
EPSILON = float(np.finfo(np.float64).eps)
STEP = EPSILON ** (1 / 3)
"""Of a central difference: there its error of order h² and its rounding of order ε/h meet."""
TOLERANCE: Mapping[Method, float] = {"complex step": 1e-10, "central differences": 1e-6}
"""Relative to the sum of absolute contributions, and to the largest cell of the gradient."""
NOISE = 8.0 * EPSILON
"""What rounding makes of a value, relative to the sum of its absolute terms."""
MOST_CELLS = 64
"""Cells of an argument that are moved one by one; a larger one is moved in DIRECTIONS."""
DIRECTIONS = 4
MOST_RUNS = 512
"""Runs of the whole program that all parameters share; where there are more cells, directions are taken for them."""


class Check(msgspec.Struct, frozen=True):
    """What became of one derivative: of a node with respect to an argument, or of the output to a parameter.

    `op` is empty for a parameter's whole gradient. `error` is the worst one, relative. A kink is where the derivatives
    from the left and the right differ and the rule's lies between them; rounding is a deviation that is no larger than
    what the digits of the values allow.
    """

    node: str
    op: str
    argument: str
    method: Method
    error: float
    verdict: Verdict


def check(scenario: Scenario) -> Iterator[Check]:
    """Check the first iteration in float64, each node and then each parameter.

    Randomness is held fixed: the masks of dropout are values like any other. NotFiniteError at the first value or
    gradient that is not finite, when all before it are checked.
    """
    program = program_at(scenario, 0)
    given = {name: _double(x) for name, x in {**given_at(scenario, 0), **scenario.parameters}.items()}
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        values = dict(given)
        for event in forward(program, given):
            values[event.node.name] = event.value
            if is_finite(event.value):
                for position in event.node.needed:
                    yield _check_node(event.node, position, values, rng)
        gradients = _finish(backward(program, values))
        for name in program.wrt:
            if name in gradients and name in given:
                yield _check_gradient(program, name, values, gradients[name], rng)


def _finish(generator: Iterator[object]) -> dict[str, Array]:
    """Run a pass to its end, for what it returns."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            found: dict[str, Array] = end.value
            return found


def _double(x: Array) -> Array:
    return np.asarray(x, dtype=np.float64)[()]


def _check_node(node: Node, position: int, values: Mapping[str, Array], rng: np.random.Generator) -> Check:
    """One local derivative, through a random upstream, which no error can hide from."""
    arguments = [values[name] for name in node.arguments]
    upstream = np.asarray(rng.uniform(0.5, 1.5, node.op.shape) * rng.choice([-1.0, 1.0], node.op.shape))[()]
    downstream = node.op.local[position](values[node.name], *arguments).pull_back(upstream)

    def moved(x: Array) -> Array:
        value = node.op.value(*arguments[:position], x, *arguments[position + 1 :])
        total: Array = (upstream * value).sum()
        return total

    size = float(np.sum(np.abs(upstream * values[node.name])))
    method: Method = "complex step" if node.op.name in ANALYTIC else "central differences"
    directions = _directions(arguments[position], MOST_CELLS, rng)
    error, verdict = _compare(moved, arguments[position], downstream, size, method, directions)
    return Check(node.name, node.op.name, node.arguments[position], method, error, verdict)


def _check_gradient(
    program: Program, name: str, values: Mapping[str, Array], gradient: Array, rng: np.random.Generator
) -> Check:
    """The gradient of the output through all nodes that depend on this parameter."""
    nodes = _depending(program, name)

    def output(x: Array) -> Array:
        moved = {**values, name: x}
        for node in nodes:
            moved[node.name] = node.op.value(*[moved[argument] for argument in node.arguments])
        return moved[program.output]

    analytic = all(node.op.name in ANALYTIC for node in nodes)
    method: Method = "complex step" if analytic else "central differences"
    size = float(abs(values[program.output]))
    directions = _directions(values[name], min(MOST_CELLS, MOST_RUNS // len(program.wrt)), rng)
    error, verdict = _compare(output, values[name], gradient, size, method, directions)
    return Check(program.output, "", name, method, error, verdict)


def _depending(program: Program, name: str) -> list[Node]:
    """The nodes that depend on a variable, in order."""
    reached, nodes = {name}, []
    for node in program.nodes:
        if reached.intersection(node.arguments):
            reached.add(node.name)
            nodes.append(node)
    return nodes


def _compare(
    f: Function, x: Array, gradient: Array, size: float, method: Method, directions: Iterator[Array]
) -> tuple[float, Verdict]:
    """The worst relative error of the gradient of f at x over all directions, and the worst verdict."""
    if not is_finite(gradient) or gradient.shape != x.shape:
        return float("inf"), "FAIL"
    by = _by_complex_step if method == "complex step" else _by_differences
    largest = float(np.max(np.abs(gradient)))
    found: list[tuple[int, float, Verdict]] = []
    for direction in directions:
        contributions = gradient * direction
        # A slope of 0 everywhere is compared with what rounding makes of f.
        unit = max(float(np.sum(np.abs(contributions))), largest, EPSILON * size, SMALLEST)
        error, verdict = by(f, x, direction, float(np.sum(contributions)), unit, size)
        found.append((_RANK[verdict], error, verdict))
    _, error, verdict = max(found)
    return error, verdict


_RANK: Mapping[Verdict, int] = {"pass": 0, "rounding": 1, "kink": 2, "FAIL": 3}


def _directions(x: Array, most: int, rng: np.random.Generator) -> Iterator[Array]:
    """Each cell by itself, or a few random directions where there are more than `most`."""
    if x.size > max(most, DIRECTIONS):
        for _ in range(DIRECTIONS):
            yield rng.choice([-1.0, 1.0], x.shape)
        return
    for index in range(x.size):
        direction = np.zeros(x.size)
        direction[index] = 1.0
        yield direction.reshape(x.shape)[()]


def _by_complex_step(
    f: Function, x: Array, direction: Array, expected: float, unit: float, size: float
) -> tuple[float, Verdict]:
    """The complex step, far below the smallest cell; a large difference inside of f may still lose its digits."""
    cells = np.abs(x)
    smallest = float(np.min(cells, where=cells > 0.0, initial=1.0))
    h = max(min(COMPLEX_STEP, 1e-10 * smallest), 1e-300)
    deviation = abs(float(np.imag(f(x + 1j * h * direction))) / h - expected)
    if deviation <= TOLERANCE["complex step"] * unit:
        return deviation / unit, "pass"
    return deviation / unit, "rounding" if deviation <= NOISE * size else "FAIL"


def _by_differences(
    f: Function, x: Array, direction: Array, expected: float, unit: float, size: float
) -> tuple[float, Verdict]:
    """Central differences, with a smaller step where a kink may be near; then what kind of deviation it is."""
    wide = STEP * max(1.0, float(np.max(np.abs(x))))
    here, best = float(f(x)), float("inf")
    for h in (wide, wide / 100.0, wide / 1000.0):
        ahead, behind = (float(f(x + k * h * direction)) for k in (1.0, -1.0))
        left, right = (here - behind) / h, (ahead - here) / h
        slope = (ahead - behind) / (2.0 * h)
        # Where the gradient is 0 the slopes on both sides are not, and the error of order h² is relative to them.
        error = abs(slope - expected) / max(unit, abs(left), abs(right))
        best = min(best, error)
        if error <= TOLERANCE["central differences"]:
            return error, "kink" if _bends(f, x, h * direction, here, size) else "pass"
    rounding = NOISE * max(size, abs(here)) / h
    if abs(slope - expected) <= rounding:
        return best, "rounding"
    slack = rounding + 1e-4 * unit
    differ = abs(right - left) > 2.0 * slack
    if differ and min(left, right) - slack <= expected <= max(left, right) + slack:
        return best, "kink"
    return best, "FAIL"


def _bends(f: Function, x: Array, step: Array, here: float, size: float) -> bool:
    """Whether there is a kink at x: there f(x + s) - 2 f(x) + f(x - s) is of order s, elsewhere of order s²."""
    (right, left), near = ((float(f(x + s)) - here, here - float(f(x - s))) for s in (step, step / 100.0))
    narrow = abs(near[0] - near[1])
    return narrow > max(abs(right - left) / 1000.0, 0.1 * max(map(abs, near)), NOISE * size)
