"""The heat map of what the current step brought, and its twin in words."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bptui.core.equations import gradient_symbol
from bptui.core.events import Evaluate, Update, result
from bptui.core.jacobian import Array
from bptui.core.notation import SHORT, norm, shape_text, symbol
from bptui.core.search import subject

from ..lines import Line, Span, line, shortened
from ..moment import Moment
from .heat import drawn, index_of, laid_out, measured
from .viewport import CHARACTERS, as_matrix, framed


class Shown(NamedTuple):
    """A matrix with what it is called."""

    name: str
    x: Array


def brought(moment: Moment) -> Shown | None:
    """What the current step brought; before the first step the first parameter, or what is given first."""
    timeline, position, event = moment.timeline, moment.position, moment.event
    program = timeline.scenario.program
    if event is None:
        given = sorted(program.variables.values(), key=lambda variable: variable.kind != "parameter")
        values = ((each.name, timeline.value(each.name, 0)) for each in given if each.line)
        return next((Shown(symbol(name), x) for name, x in values if x is not None), None)
    if isinstance(event, (Evaluate, Update)):
        return Shown(symbol(subject(event)), result(event))
    name = gradient_symbol(program, event.variable)
    complete = timeline.gradient(event.variable, position) is result(event)
    return Shown(name if complete else f"part of {name}", result(event))


def heat_picture(moment: Moment, width: int, height: int) -> list[Line]:
    """What the current step brought, all of it: in blocks where it is too large."""
    shown = brought(moment)
    if shown is None:
        return [line(Span("nothing is given", "dim"))][: max(height, 0)]
    title = line(Span(shown.name, "head"), Span(f"  {laid_out(shown.x)}", "dim"))
    if height < 2:
        return [title][: max(height, 0)]
    shape = as_matrix(shown.x).shape
    for characters in (*CHARACTERS.values(), 1):
        across = framed(shape, width, height - 1, characters, (1, 1), has_cursor=False).across
        block = math.ceil(shape[0] / (height - 1)), math.ceil(shape[1] / across)
        if block[1] == 1:
            break
    while (frame := framed(shape, width, height - 1, characters, block, has_cursor=False)).window[0] < shape[0]:
        block = block[0] + 1, block[1]
    scale = measured(shown.x)
    lines = drawn(shown.x, shown.name, frame, (0, 0), None, scale, moment.numbers, moment.is_ascii, width)
    return [title, *lines][:height]


def heat_words(moment: Moment, width: int, height: int) -> list[Line]:
    """The same in words: shape, largest and smallest cell, mean, signs, the share of zeros."""
    shown = brought(moment)
    if shown is None:
        return heat_picture(moment, width, height)
    x, finite = shown.x, np.isfinite(shown.x)

    def write(value: float) -> str:
        return moment.numbers.text(value, SHORT)

    above, below, zeros = (int(np.count_nonzero(part)) for part in (x[finite] > 0, x[finite] < 0, x[finite] == 0))
    texts = [f"{shown.name} is {shape_text(x.shape)}" + (f", {x.size:,} cells" if x.ndim else "")]
    if np.any(finite):
        high, low = int(np.argmax(np.where(finite, x, -np.inf))), int(np.argmin(np.where(finite, x, np.inf)))
        texts.append(f"largest {write(float(x.flat[high]))}" + f" at {index_of(x, high)}" * bool(x.ndim))
        texts.append(f"smallest {write(float(x.flat[low]))}" + f" at {index_of(x, low)}" * bool(x.ndim))
        with np.errstate(all="ignore"):
            texts.append(f"mean {write(float(np.mean(x[finite])))}, ‖·‖ = {write(norm(x[finite]))}")
        texts.append(f"{above:,} above 0, {below:,} below, {zeros:,} are 0 ({zeros / x.size:.1%})")
    lines = [line(each) for text in texts for each in moment.wrapped(text, width)]
    if not finite.all():
        lines.append(line(Span(f"{x.size - int(finite.sum()):,} not finite", "alert")))
    return shortened(lines, height, "more lines")
