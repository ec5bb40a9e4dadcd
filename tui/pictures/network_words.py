"""The network in words, and what stands below the drawing."""

from __future__ import annotations

import numpy as np
from rich.cells import cell_len

from bptui.core.equations import gradient_symbol
from bptui.core.events import Evaluate, Event, Update
from bptui.core.jacobian import counted
from bptui.core.notation import symbol
from bptui.core.program import Program, is_literal
from bptui.core.text import visible

from ..lines import Line, Role, Span, fitted, line, shortened
from ..moment import Moment
from .variables import edges_show, levels_of, lit, lit_variables, state, units_of, values

LARGEST = 3
"""Weights of a layer that the words tell."""


def captions(moment: Moment, width: int) -> list[Line]:
    """What the edges show and what is lit; then what the signs mean. What has no room is left to the second line."""
    program = moment.timeline.scenario.program
    what = Span(_edges_words(moment) if program.layers else "edges: from each argument to what it is used for", "dim")
    now = [Span("  lit: ", "dim"), Span(_lit_words(moment), "now")] if moment.event else []
    long = sum(cell_len(span.text) for span in (what, *now)) <= width
    first = line(what, *now) if long or not now else line(Span("lit: ", "dim"), *now[1:])
    signs = [Span("━━ +", "plus"), Span("  ╍╍ -", "minus"), Span("  thick: large", "dim")] if program.layers else []
    marks = [Span("  ● value" if signs else "● value", "forward"), Span("  ◉ gradient", "backward")]
    return [first, line(*signs, *marks)]


def _edges_words(moment: Moment) -> str:
    """What the edges show: W, or ∂L/∂W from some layer on."""
    layers, L = moment.timeline.scenario.program.layers, symbol(moment.timeline.scenario.program.output)
    shows = [edges_show(moment, layer.W)[1] for layer in layers]
    if all(shows) or not any(shows):
        return f"edges: ∂{L}/∂W" if shows[0] else "edges: W"
    return f"edges: W, from {symbol(layers[shows.index(True)].W)} on ∂{L}/∂W"


def _lit_words(moment: Moment) -> str:
    """What the step brings, by its symbol."""
    program, event = moment.timeline.scenario.program, moment.event
    match event:
        case None:
            return ""
        case Evaluate():
            return visible(symbol(event.node.name))
        case Update():
            return f"update of {visible(symbol(event.parameter))}"
    return visible(gradient_symbol(program, event.variable))


def network_words(moment: Moment, width: int, height: int) -> list[Line]:
    """The same in sentences: what there is, how far the waves have come, what is lit, the largest weights."""
    program, event = moment.timeline.scenario.program, moment.event
    names = _names(program)
    state_of = {name: state(*values(moment, name)) for name in names}
    texts: list[tuple[str, Role]] = [(_shape_words(program), "text")]
    if event:
        texts.append((f"Lit: {_lit_words(moment)}, {_path_words(program, event)}.", "now"))
    known = [name for name in names if state_of[name] != "before"]
    coming = [name for name in names if state_of[name] == "before"]
    back = [name for name in reversed(names) if state_of[name] == "backward"]
    lists: tuple[tuple[str, list[str], Role], ...] = (
        ("Value known", known, "forward"),
        ("No value yet", coming, "dim"),
        ("Gradient complete", back, "backward"),
    )
    for what, which, role in lists:
        if which:
            texts.append((f"{what}: {', '.join(visible(symbol(name)) for name in which)}.", role))
    texts += [(_weight_words(moment, layer.W), "text") for layer in program.layers]
    lines = [line(Span(row, role)) for text, role in texts for row in moment.wrapped(text, width)]
    return [fitted(each, width) for each in shortened(lines, height, "more lines")]


def _names(program: Program) -> list[str]:
    """The nodes of the drawing, from left to right."""
    if program.layers:
        return [program.layers[0].a_in, *(layer.a for layer in program.layers), program.output]
    return list(levels_of(program, len(program.nodes) + len(program.variables)).level)


def _shape_words(program: Program) -> str:
    if not program.layers:
        return f"The graph of {counted(len(_names(program)), 'variable')}."
    sizes = [f"{visible(symbol(name))} {counted(units_of(program, name), 'unit')}" for name in _names(program)[:-1]]
    return f"{counted(len(program.layers), 'layer')}: {', '.join(sizes)}, loss {visible(symbol(program.output))}."


def _path_words(program: Program, event: Event) -> str:
    """Where the light is."""
    if program.layers:
        light, names = lit(program, event), _names(program)
        edges = f"the edges from {symbol(names[light.edges - 1])} to {symbol(names[light.edges])}"
        nodes = f"the units of {symbol(names[light.nodes])}"
        return visible(" and ".join([edges] * (light.edges >= 0) + [nodes] * (light.nodes >= 0)))
    edges_lit, name = lit_variables(event)
    pairs = [
        f"the edge from {symbol(start)} to {symbol(end)}" for start, end in sorted(edges_lit) if not is_literal(start)
    ]
    return visible(", ".join([f"the node {symbol(name)}", *pairs]))


def _weight_words(moment: Moment, W: str) -> str:
    """The largest cells of a layer's weights, or of their gradient, with sign; how many are positive and negative."""
    program = moment.timeline.scenario.program
    x, is_gradient = edges_show(moment, W)
    name = visible(gradient_symbol(program, W) if is_gradient else symbol(W))
    if x.ndim == 0:
        return f"{name} is {float(x):+.6g}."
    size = np.nan_to_num(np.abs(x), nan=np.inf)
    order = np.argsort(-size, axis=None, kind="stable")[:LARGEST]
    cells = [f"{float(x[r, c]):+.4g} at [{r}, {c}]" for r, c in zip(*np.unravel_index(order, x.shape), strict=True)]
    return f"{name} has {int((x > 0).sum())} positive and {int((x < 0).sum())} negative; largest {', '.join(cells)}."
