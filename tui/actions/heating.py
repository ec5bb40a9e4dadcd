"""The page of a heat map: a matrix under a cursor, and the others that are known at this position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from bptui.core.chapter import Arrived
from bptui.core.equations import gradient_symbol
from bptui.core.notation import symbol
from bptui.core.terms import Cell
from bptui.core.timeline import Timeline

from ..debugger import Debugger
from ..lines import Line
from ..moment import Moment
from ..pictures.brought import Shown, brought
from ..pictures.heat import heat, laid_out, measured
from ..pictures.viewport import View, as_matrix, frame_of, zoomed
from ..widgets.pane import Pane
from .grids import Grid


def heat_map(debugger: Debugger) -> None:
    """A heat map of what is under the cursor: of the selected row the weights or the value, else the step's result."""
    moment = debugger.moment
    matrices, shown = known(moment.timeline, moment.position), brought(moment)
    if names := debugger.looks_at:
        layer = moment.timeline.scenario.program.layer_of.get(names[0])
        name = symbol(layer.W if layer else names[0])
        shown = next((each for each in matrices if each.name == name), None)
        if shown is None:
            debugger.say(f"{name} has no value yet")
            return
    if shown is None:
        debugger.say("nothing is known yet")
        return
    if all(each.name != shown.name for each in matrices):  # a contribution to a gradient that is not complete
        matrices.append(shown)
    at = [each.name for each in matrices].index(shown.name)
    debugger.app.push_screen(HeatMap(moment, matrices, at))


def known(timeline: Timeline, position: int) -> list[Shown]:
    """What has a value at a position: what is given and computed, in the order of the program, then the gradients."""
    program = timeline.scenario.program
    given = [name for name, variable in program.variables.items() if variable.line]
    names = [*given, *(node.name for node in program.nodes)]
    values = [(symbol(name), timeline.value(name, position)) for name in names]
    gradients = [(gradient_symbol(program, name), timeline.gradient(name, position)) for name in names]
    return [Shown(name, x) for name, x in (*values, *gradients) if x is not None and not isinstance(x, Arrived)]


class HeatMap(Grid):
    """One of several matrices as a heat map, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus", "zoom(1)", "zoom in"),
        Binding("minus", "zoom(-1)", "zoom out"),
        Binding("n", "matrix(1)", "next matrix"),
        Binding("N", "matrix(-1)", "previous matrix"),
        Binding("q,enter,escape", "dismiss(None)", "close"),
    ]

    def __init__(self, moment: Moment, matrices: Sequence[Shown], at: int = 0) -> None:
        super().__init__()
        self.moment = moment
        self.matrices = matrices
        self.show_matrix(at)

    def show_matrix(self, at: int) -> None:
        """Another matrix, from its first cell on."""
        self.at = at
        self.name_of, self.x = self.matrices[at]
        self.scale = measured(self.x)
        width, height = self.app.size
        seen = frame_of(self.x, width - 2, height - 2, 1).window
        self.view = View(zoom=int(seen[0] >= self.shape[0] and seen[1] >= self.shape[1]))  # small ones as numbers

    def keys(self) -> list[tuple[str, str]]:
        return [
            *[("arrows", "cell"), ("+ -", "zoom"), ("0 G", "first, last")] * (self.x.size > 1),
            *[("n N", "matrix")] * (len(self.matrices) > 1),
            ("q", "close"),
        ]

    def heading(self) -> str:
        timeline, event = self.moment.timeline, self.moment.event
        count = timeline.scenario.iterations
        iteration = f", iteration {event.iteration + 1 if event else 1} of {count:,}" if count > 1 else ""
        return f"{self.name_of}, {laid_out(self.x)}{iteration}, {self.at + 1} of {len(self.matrices)} matrices"

    def lines(self, width: int, height: int) -> list[Line]:
        self.follow(0, 0, width, height)
        return heat(
            self.x,
            width,
            height,
            name=self.name_of,
            corner=self.view.corner,
            cursor=self.view.cursor,
            zoom=self.view.zoom,
            scale=self.scale,
            numbers=self.moment.numbers,
            is_ascii=self.moment.is_ascii,
        )

    @property
    def shape(self) -> Cell:
        rows, columns = as_matrix(self.x).shape
        return rows, columns

    def window(self, width: int, height: int) -> Cell:
        return frame_of(self.x, width, height, self.view.zoom).window

    def action_zoom(self, by: int) -> None:
        """Closer, or further away until all of it is seen."""
        seen = self.window(*self.query_one("#page", Pane).room)
        if by > 0 or seen[0] < self.shape[0] or seen[1] < self.shape[1]:
            self.view = zoomed(self.view, by)
            self.draw()

    def action_matrix(self, by: int) -> None:
        """The next or previous matrix, from the last on to the first."""
        self.show_matrix((self.at + by) % len(self.matrices))
        self.draw()
