"""The function that the step goes through, the point on it, and the tangent there: a local derivative is a slope."""

from __future__ import annotations

import math

import numpy as np
from rich.cells import cell_len

from bptui.core.equations import tidy
from bptui.core.jacobian import Array
from bptui.core.notation import number, symbol
from bptui.core.ops import LOSSES
from bptui.core.program import Program, is_literal
from bptui.core.search import subject

from ..lines import Line, Role, Span, fitted, line
from ..moment import Moment
from .axes import DIGITS, LEAST, Axes, Range, paragraph
from .function import Curve, curve_of

PERIODIC = ("sin", "cos", "tan")
REACH = 4.0
"""What is drawn on each side of 0, at least."""
BEYOND = 1.25
"""How much further it goes than the furthest point."""
POLE = 6.0
"""How many times the middle four fifths of the values all of them may span; then the outer ones leave the picture."""
HALF_TANGENT = 0.22
"""Of the width of the picture."""


def _names(program: Program, curve: Curve) -> tuple[str, str, str, str]:
    """φ₃ = tanh, u₃[0, 1], φ₃′(u₃[0, 1]) and a₃; elsewhere f = sin(g), g, ∂f/∂g and f."""
    node = curve.node
    y, x = symbol(node.name), symbol(node.arguments[curve.argument])
    cell = f"[{', '.join(map(str, curve.cell))}]" if curve.cell else ""
    layer = program.layer_of.get(node.name)
    if layer and node.name == layer.a:
        phi = symbol(f"phi{layer.number}")
        return f"{phi} = {layer.activation}", f"{x}{cell}", f"{phi}′({x}{cell})", y
    formula = tidy(
        node.op.formula.format(*(f"({name})" if name[0] == "-" else symbol(name) for name in node.arguments))
    )
    return f"{y} = {formula}", f"{x}{cell}", f"∂{y}/∂{x}{cell}", y


def _fixed(curve: Curve) -> str:
    """with W = 3: what the other arguments are, numbers that are their own names apart."""
    names = dict(zip(curve.node.arguments, curve._given(), strict=True))
    names.pop(curve.node.arguments[curve.argument])
    others = [f"{symbol(name)} = {number(float(x), DIGITS)}" for name, x in names.items() if not is_literal(name)]
    return f" with {', '.join(others)}" if others else ""


def _no_curve(moment: Moment) -> str:
    if moment.event is None:
        return "the curve of a function is drawn from the first step on"
    what = symbol(subject(moment.event))
    return f"no curve: up to {what} every step has arguments of many cells that act together"


def slope_words(moment: Moment, width: int, height: int) -> list[Line]:
    """What the picture shows, in sentences."""
    curve = curve_of(moment)
    if curve is None:
        return paragraph(moment, _no_curve(moment), "dim", width, height)
    says, (what, x, slope, y) = moment.numbers.text, _names(moment.timeline.scenario.program, curve)
    sentences = [f"{what}{_fixed(curve)}."]
    if not curve.is_known:
        sentences.append(f"{x} = {says(curve.at, DIGITS)} goes in next.")
    elif math.isfinite(curve.value) and math.isfinite(curve.slope):
        sentences.append(f"At {x} = {says(curve.at, DIGITS)} the value is {says(curve.value, DIGITS)}")
        sentences[-1] += f" and the slope {slope} is {says(curve.slope, DIGITS)}:"
        sentences.append(f"when {x} moves a little, {y} moves {_times(moment, curve.slope)}.")
    else:
        sentences.append(f"At {x} = {says(curve.at, DIGITS)} there is no slope.")
    if curve.is_known and (more := curve.arguments[0].size - 1):
        sentences.append(f"It is one of {more + 1:,} cells.")
    return paragraph(moment, " ".join(sentences), "text", width, height)


def _times(moment: Moment, slope: float) -> str:
    if slope == 0.0:
        return "not at all"
    if slope == 1.0:
        return "as far"
    return f"{moment.numbers.text(abs(slope), DIGITS)} times as far{', the other way' * (slope < 0)}"


# ---- as a picture


def slope(moment: Moment, width: int, height: int) -> list[Line]:
    """The curve with its point and its tangent; words where there is no curve, or no room."""
    curve = curve_of(moment)
    if curve is None or width < LEAST[0] or height < LEAST[1] + 1:
        return slope_words(moment, width, height)
    caption = fitted(_caption(moment, curve, width), width)
    names = symbol(curve.node.arguments[curve.argument]), symbol(curve.node.name)
    everywhere = curve.everywhere
    x_range = _domain(curve, everywhere)
    x = np.linspace(*x_range, 2 * width)
    y, dots = curve.values(x), curve.values(everywhere)
    value, steepness = curve.value, curve.slope
    axes = Axes(x_range, _heights(y, [*dots, value]), width, height - 1, names)
    axes.path(zip(x.tolist(), y.tolist(), strict=True), "text")
    event = moment.event
    role: Role = event.phase if event and event.phase != "evaluate" else "forward"
    if not curve.is_known:
        axes.segment(curve.at, axes.y[0], curve.at, axes.y[1], role, every=2)
    elif math.isfinite(value) and math.isfinite(steepness):
        for place, dot in zip(everywhere.tolist(), dots.tolist(), strict=True):
            axes.mark(place, dot, "•", "text")
        run = HALF_TANGENT * (axes.x[1] - axes.x[0]) / math.hypot(1.0, axes.as_seen(steepness))
        axes.segment(curve.at - run, value - steepness * run, curve.at + run, value + steepness * run, role)
        axes.mark(curve.at, value, "●", "now")
    return [caption, *axes.lines()]


def _caption(moment: Moment, curve: Curve, width: int) -> Line:
    """The longest that has room."""
    what, x, slope, _ = _names(moment.timeline.scenario.program, curve)
    at = f"{x} = {moment.numbers.text(curve.at, DIGITS)}"
    if not curve.is_known:
        return line(Span(f"{what}: ", "head"), Span(f"{at} goes in next"))
    steepness = moment.numbers.text(curve.slope, DIGITS)
    fixed = _fixed(curve)
    forms = [(f"{what}{with_}: at {at} the slope {slope} is ", "") for with_ in dict.fromkeys((fixed, ""))]
    forms += [(f"{what}: at {at} the slope is ", ""), (f"{what}: slope ", f" at {at}"), ("slope ", f" at {at}")]
    head, tail = next((form for form in forms if cell_len("".join(form) + steepness) <= width), ("slope ", ""))
    return line(Span(head, "head"), Span(steepness, "now"), Span(tail, "head"))


def _domain(curve: Curve, everywhere: Array) -> Range:
    """The places that are drawn: 0 and all points among them, without what lies outside of the function's domain."""
    if curve.node.op.name in LOSSES:  # of two numbers: the least loss, at the target, is to be seen
        everywhere = np.array(curve.arguments, dtype=np.float64)
    finite = everywhere[np.isfinite(everywhere)]
    furthest = min(float(np.max(np.abs(finite), initial=0.0)), 1e300)
    if curve.node.op.name in PERIODIC and furthest > REACH and math.isfinite(curve.at):
        return curve.at - 2 * math.pi, curve.at + 2 * math.pi
    reach = max(REACH, BEYOND * furthest)
    x = np.linspace(-reach, reach, 65)
    there = np.flatnonzero(np.isfinite(curve.values(x)))
    if not there.size:
        return -reach, reach
    return float(x[max(there[0] - 1, 0)]), float(x[min(there[-1] + 1, 64)])


def _heights(y: Array, points: list[float]) -> Range:
    """From the least to the greatest value; near a pole those of the middle, and the points."""
    finite = y[np.isfinite(y) & (np.abs(y) < 1e300)]
    if not finite.size:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    least, most = map(float, np.quantile(finite, (0.1, 0.9)))
    spread = most - least
    if 0.0 < POLE * spread < high - low:
        low, high = max(low, least - spread / 2), min(high, most + spread / 2)
    marked = [value for value in points if abs(value) < 1e300]  # NaN is not
    return min(low, *marked, high), max(high, *marked, low)
