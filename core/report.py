"""What a run came to: its losses, its evaluations, and why it stopped."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np

from .chapter import Chapter
from .events import Accumulate, Evaluate, Multiply, Update, result
from .jacobian import Array, is_finite
from .notation import array, symbol
from .optimizers import QUANTITIES
from .scenario import Scenario
from .timeline import Timeline


class Epoch(msgspec.Struct, frozen=True):
    """The evaluation behind an iteration: the loss of the held-out examples, and the part of them that is right.

    There is an accuracy where a loss of classes says what is right; otherwise it is None.
    """

    number: int
    iteration: int
    loss: float
    accuracy: float | None


def losses(timeline: Timeline) -> list[float]:
    """The output of each iteration, up to the end or the stop."""
    output = timeline.scenario.program.output
    found = []
    position = 0
    while position < len(timeline):
        chapter = timeline.chapter(position + 1)
        if output in chapter.evaluated:
            found.append(float(result(chapter.events[chapter.evaluated[output]])))
        position = chapter.end
    return found


def epochs(timeline: Timeline) -> Iterator[Epoch]:
    """The evaluations of the held-out examples, in order; none where there are no such examples."""
    scenario, length = timeline.scenario, timeline.calendar.epoch
    if scenario.evaluation is None:
        return
    numbers = [*range(length - 1, scenario.iterations, length)]
    if scenario.iterations % length:
        numbers.append(scenario.iterations - 1)
    for index, number in enumerate(numbers, start=1):
        start = timeline.calendar.start(number)
        if start >= len(timeline):
            return
        chapter = timeline.chapter(start + 1)
        if scenario.program.output in chapter.held_out:
            loss = result(chapter.events[chapter.held_out[scenario.program.output]])
            yield Epoch(index, number, float(loss), accuracy(scenario, chapter))


def accuracy(scenario: Scenario, chapter: Chapter) -> float | None:
    """The part of the held-out examples whose class the last loss of classes finds likeliest."""
    values = {name: result(chapter.events[at]) for name, at in chapter.held_out.items()}
    if scenario.examples:
        values = {**scenario.examples.held_out, **values}
    for node in reversed(scenario.program.nodes):
        if node.op.name not in _CLASSIFY:
            continue
        found, right = (values.get(name) for name in node.arguments)
        if found is None or right is None:
            continue
        if node.op.name == "cross_entropy":
            classes = right[0] if right.shape[0] == 1 else np.argmax(right, axis=0)
            return float(np.mean(np.argmax(found, axis=0) == classes))
        threshold, middle = _CLASSIFY[node.op.name]
        return float(np.mean((found > threshold) == (right > middle)))
    return None


_CLASSIFY = {
    "cross_entropy": (0.0, 0.0),
    "binary_cross_entropy": (0.5, 0.5),
    "binary_cross_entropy_logits": (0.0, 0.5),
    "hinge": (0.0, 0.0),
}
"""Losses of classes: above which prediction, and which target, it is the second of two classes."""


def explain_stop(timeline: Timeline) -> str:
    """Which factors made the NaN or infinity at which the trace stopped; empty where it did not stop."""
    event, end = timeline.stopped, len(timeline)
    match event:
        case Evaluate():
            op = event.node.op
            formula = op.formula.format(*map(symbol, event.node.arguments))
            variables = timeline.scenario.program.variables
            named = [name for name in event.node.arguments if name not in variables or variables[name].line]
            operands = {name: timeline.value(name, end) for name in named}
            said = _said({symbol(name): x for name, x in operands.items() if x is not None})
            return f"{symbol(event.node.name)} = {formula} {_kind(event.value)} at {said}"
        case Multiply():
            target, node = symbol(event.variable), symbol(event.node.name)
            said = _said({"upstream": event.upstream, f"∂{node}/∂{target}": event.local.shown})
            return f"the contribution to the gradient of {target} {_kind(event.downstream)}: {said}"
        case Accumulate():
            contributions = ", ".join(array(x, 6) for x in event.contributions)
            return f"the gradient of {symbol(event.variable)} {_kind(event.total)}: it adds {contributions}"
        case Update():
            said = _said({"the parameter": event.before, "the gradient": event.gradient})
            found = {QUANTITIES[name]: np.asarray(value)[()] for name, value in event.quantities.items()}
            wrong = next((name for name, value in found.items() if not is_finite(value)), None)
            what, value = (f"{wrong} in ", found[wrong]) if wrong else ("", event.after)
            return f"{what}the update of {symbol(event.parameter)} {_kind(value)}: {said}"
    return ""


def _kind(x: Array) -> str:
    return "is not a number" if bool(np.isnan(x).any()) else "is infinite"


def _said(operands: dict[str, Array]) -> str:
    """The operands with their values, those that are not finite first; of large ones the extremes."""
    ordered = sorted(operands.items(), key=lambda item: is_finite(item[1]))
    return ", ".join(f"{name} = {_extremes(x)}" for name, x in ordered)


def _extremes(x: Array) -> str:
    if x.size <= 12:
        return array(x, 6)
    return f"{float(np.nanmin(x)):.6g} … {float(np.nanmax(x)):.6g}"
