"""The loss over the iterations as a curve, and its twin in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from bptui.core.jacobian import Array
from bptui.core.notation import symbol

from ..lines import Line, Role, Span, fitted
from ..moment import Moment
from .axes import DIGITS, LEAST, Axes, paragraph

LOGARITHMIC = 100.0
"""How many times the least loss the greatest is, from which on powers of ten are drawn at equal distances."""


class _Losses(NamedTuple):
    """By iteration, counted from 1: the loss of each, and that of the held-out examples; NaN where it is not known.

    `now` is the last iteration whose loss has come by the present step, and `evaluated` that of the last evaluation.
    """

    iterations: Array
    training: Array
    held_out: Array
    now: int
    evaluated: int


def _losses(moment: Moment) -> _Losses:
    timeline, position = moment.timeline, moment.position
    every, (training, held_out) = timeline.losses.every, timeline.losses.known
    chapter = timeline.chapter(position)
    output, at = chapter.program.output, position - chapter.start
    now = chapter.number + (chapter.evaluated.get(output, at) < at)
    evaluated = chapter.number + (chapter.held_out.get(output, at) < at)
    return _Losses(1 + every * np.arange(training.size), training, held_out, now, evaluated)


def _too_few(moment: Moment) -> str:
    L = symbol(moment.timeline.scenario.program.output)
    if moment.timeline.scenario.iterations == 1:
        return f"one iteration, one value of {L}: a curve needs more (iterations = 100 under [update])"
    return f"{L} has no value yet: its curve begins with the first one"


def loss_words(moment: Moment, width: int, height: int) -> list[Line]:
    """What the curve shows, in sentences."""
    found, says = _losses(moment), moment.numbers.text
    L, count = symbol(moment.timeline.scenario.program.output), moment.timeline.scenario.iterations
    past = np.flatnonzero((found.iterations <= found.now) & np.isfinite(found.training))
    if count == 1 or not past.size:
        return paragraph(moment, _too_few(moment), "dim", width, height)
    first, last, least = past[0], past[-1], past[np.argmin(found.training[past])]

    def told(index: int, values: Array) -> str:
        return f"{says(float(values[index]), DIGITS)} at iteration {found.iterations[index]:,}"

    sentences = [f"{L} is {told(last, found.training)} of {count:,}."]
    if first < last:
        sentences.append(f"It was {told(first, found.training)}; the least is {told(least, found.training)}.")
    evaluated = np.flatnonzero((found.iterations <= found.evaluated) & np.isfinite(found.held_out))
    if evaluated.size:
        start, end = evaluated[0], evaluated[-1]
        was = f"; it was {told(start, found.held_out)}" if start < end else ""
        sentences.append(f"For the held-out examples it is {told(end, found.held_out)}{was}.")
    return paragraph(moment, " ".join(sentences), "text", width, height)


def loss_curve(moment: Moment, width: int, height: int) -> list[Line]:
    """The losses that are known: up to the present one, which is marked, and dim what comes after it."""
    found, count = _losses(moment), moment.timeline.scenario.iterations
    past = np.flatnonzero((found.iterations <= found.now) & np.isfinite(found.training))
    if count == 1 or not past.size or width < LEAST[0] or height < LEAST[1] + 1:
        return loss_words(moment, width, height)
    every = np.concatenate([found.training, found.held_out])
    every = every[np.isfinite(every)]
    is_log = bool(every.min() > 0.0) and float(every.max()) >= LOGARITHMIC * float(every.min())
    with np.errstate(all="ignore"):
        training, held_out = (np.log10(y) if is_log else np.clip(y, -1e300, 1e300) for y in found[1:3])
    heights = [y[np.isfinite(y)] for y in (training, held_out)]
    low, high = (float(end(np.concatenate(heights))) for end in (np.min, np.max))
    names = ("iteration", symbol(moment.timeline.scenario.program.output))
    axes = Axes((1.0, float(count)), (low, high), width, height - 1, names, is_log=is_log)
    here = int(past[-1])
    axes.path(_thinned(found.iterations[here:], training[here:], 2 * width), "dim")
    axes.path(_thinned(found.iterations[: here + 1], training[: here + 1], 2 * width), "forward")
    known = np.flatnonzero(np.isfinite(held_out))
    for index in known[:: max(len(known) // (2 * width), 1)]:
        role: Role = "update" if found.iterations[index] <= found.evaluated else "dim"
        axes.mark(float(found.iterations[index]), float(held_out[index]), "○", role)
    axes.mark(float(found.iterations[here]), float(training[here]), "●", "now")
    return [fitted(_caption(moment, found, here), width), *axes.lines()]


def _caption(moment: Moment, found: _Losses, last: int) -> Line:
    says, scenario = moment.numbers.text, moment.timeline.scenario
    what = f"{symbol(scenario.program.output)} at iteration {found.iterations[last]:,} of {scenario.iterations:,} is "
    spans = [Span(what, "head"), Span(says(float(found.training[last]), DIGITS), "now")]
    evaluated = np.flatnonzero((found.iterations <= found.evaluated) & np.isfinite(found.held_out))
    if evaluated.size:
        spans.append(Span(f", ○ held out {says(float(found.held_out[evaluated[-1]]), DIGITS)}", "update"))
    return tuple(spans)


def _thinned(x: Array, y: Array, columns: int) -> Iterable[tuple[float, float]]:
    """The points; where there are more than columns of dots, the means of as many parts of those that are known."""
    if x.size > columns:
        known = np.flatnonzero(np.isfinite(y))
        parts = [part for part in np.array_split(known, columns) if part.size]
        x, y = (np.array([each[part].mean() for part in parts]) for each in (x, y))
    return zip(x.tolist(), y.tolist(), strict=True)
