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
    "half_squared_error", "squared_error", "l2",
))
# fmt: on
"""Ops whose value, as it is written, is an analytic function: no absolute value, comparison, maximum or erf in it."""
COMPLEX_STEP = 1e-100
STEP = float(np.finfo(np.float64).eps) ** (1 / 3)
"""Of a central difference: there its error of order h² and its rounding of order ε/h meet."""
TOLERANCE: Mapping[Method, float] = {"complex step": 1e-10, "central differences": 1e-6}
"""Relative to the largest sum of absolute contributions."""
MOST_CELLS = 64
"""Cells of an argument that are moved one by one; a larger one is moved in DIRECTIONS."""
DIRECTIONS = 4


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
    """Check the first iteration in float64, each node and then each parameter; NotFiniteError where it has no values.

    Randomness is held fixed: the masks of dropout are values like any other.
    """
    program = program_at(scenario, 0)
    given = {name: _double(x) for name, x in {**given_at(scenario, 0), **scenario.parameters}.items()}
    rng = np.random.default_rng(0)
    with np.errstate(all="ignore"):
        values = _finish(forward(program, given))
        for node in program.nodes:
            for position in node.needed:
                yield _check_node(node, position, values, rng)
        gradients = _finish(backward(program, values))
        for name in program.wrt:
            if name in gradients and name in given:
                yield _check_gradient(program, name, given, gradients[name], rng)


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
    error, verdict = _compare(moved, arguments[position], downstream, size, method, rng)
    return Check(node.name, node.op.name, node.arguments[position], method, error, verdict)


def _check_gradient(
    program: Program, name: str, given: Mapping[str, Array], gradient: Array, rng: np.random.Generator
) -> Check:
    """The gradient of the output through the whole program."""

    def output(x: Array) -> Array:
        values = {**given, name: x}
        for node in program.nodes:
            values[node.name] = node.op.value(*[values[argument] for argument in node.arguments])
        return values[program.output]

    analytic = all(node.op.name in ANALYTIC for node in program.nodes)
    method: Method = "complex step" if analytic else "central differences"
    size = float(abs(output(given[name])))
    error, verdict = _compare(output, given[name], gradient, size, method, rng)
    return Check(program.output, "", name, method, error, verdict)


def _compare(
    f: Function, x: Array, gradient: Array, size: float, method: Method, rng: np.random.Generator
) -> tuple[float, Verdict]:
    """The worst relative error of the gradient of f at x over all directions, and the worst verdict."""
    if not is_finite(gradient) or gradient.shape != x.shape:
        return float("inf"), "FAIL"
    scale = float(np.max(np.abs(gradient)))
    found: list[tuple[int, float, Verdict]] = []
    for direction in _directions(x, rng):
        expected = float(np.sum(gradient * direction))
        # A slope of 0 everywhere is compared with what rounding makes of f.
        unit = max(scale * float(np.sum(np.abs(direction))), float(np.finfo(np.float64).eps) * size, 1e-300)
        if method == "complex step":
            slope = float(np.imag(f(x + 1j * COMPLEX_STEP * direction))) / COMPLEX_STEP
            error = abs(slope - expected) / unit
            verdict: Verdict = "pass" if error <= TOLERANCE[method] else "FAIL"
        else:
            error, verdict = _by_differences(f, x, direction, expected, unit, size)
        found.append((_RANK[verdict], error, verdict))
    _, error, verdict = max(found)
    return error, verdict


_RANK: Mapping[Verdict, int] = {"pass": 0, "rounding": 1, "kink": 2, "FAIL": 3}


def _directions(x: Array, rng: np.random.Generator) -> Iterator[Array]:
    """Each cell by itself, or a few random directions where there are many."""
    if x.size > MOST_CELLS:
        for _ in range(DIRECTIONS):
            yield rng.choice([-1.0, 1.0], x.shape)
        return
    for index in range(x.size):
        direction = np.zeros(x.size)
        direction[index] = 1.0
        yield direction.reshape(x.shape)[()]


def _by_differences(
    f: Function, x: Array, direction: Array, expected: float, unit: float, size: float
) -> tuple[float, Verdict]:
    """Central differences, with a smaller step where a kink may be near; then what kind of deviation it is."""
    tolerance = TOLERANCE["central differences"]
    wide = STEP * max(1.0, float(np.max(np.abs(x))))
    best, noise = float("inf"), 8.0 * float(np.finfo(np.float64).eps)
    for h in (wide, wide / 100.0, wide / 1000.0):
        ahead, here, behind = (float(f(x + k * h * direction)) for k in (1.0, 0.0, -1.0))
        slope = (ahead - behind) / (2.0 * h)
        error = abs(slope - expected) / unit
        best = min(best, error)
        if error <= tolerance:
            return error, "kink" if _bends(ahead - here, here - behind, noise * size) else "pass"
    rounding = noise * max(size, abs(here)) / h
    if abs(slope - expected) <= rounding:
        return best, "rounding"
    left, right = (here - behind) / h, (ahead - here) / h
    slack = rounding + 1e-4 * unit
    differ = abs(right - left) > 2.0 * slack
    if differ and min(left, right) - slack <= expected <= max(left, right) + slack:
        return best, "kink"
    return best, "FAIL"


def _bends(right: float, left: float, noise: float) -> bool:
    """Whether the changes on both sides of a point differ by far more than a smooth function's would."""
    return abs(right - left) > max(0.1 * max(abs(right), abs(left)), noise)
