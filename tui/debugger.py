"""The debugger's screen: panes drawn from the timeline at one position, and the keys that change it."""

from __future__ import annotations

from typing import ClassVar, get_args

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.reactive import var
from textual.screen import Screen

from bptui.core.events import Accumulate
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from . import goto, step, tables, views
from .commands import COMMANDS, FOOTER
from .dialogs import GoTo, Help
from .lines import Line, Role, Span, fitted, line
from .widgets.pane import Pane

SMALLEST = (60, 20)
"""Columns and rows below which the screen waits for a larger window."""


class Debugger(Screen[None]):
    """Shows the timeline at `position`; every move sets the position, and the panes follow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(command.keys), command.action, command.title, id=command.id, priority=command.id != "palette")
        for command in COMMANDS
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in get_args(Role)}

    position: var[int] = var(0, init=False)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.timeline = timeline
        self._is_due = False

    def compose(self) -> ComposeResult:
        layers = bool(self.timeline.scenario.program.layers)
        yield Pane("title")
        yield Pane("table", "layers" if layers else "variables and nodes")
        yield Pane("step", " ")
        with Horizontal(id="lower"):
            yield Pane("product", "running product")
            yield Pane("updates", "updates")
            yield Pane("program", "program")
        yield Pane("progress")
        yield Pane("keys")
        yield Pane("small")

    def on_mount(self) -> None:
        """Divide the rows between the panes."""
        self._set_heights()

    def on_resize(self, event: events.Resize) -> None:
        """Divide the new size; the panes report theirs once it is laid out."""
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-small")
        self._set_heights()

    def on_pane_resized(self) -> None:
        """Draw once for all the panes that report now."""
        if not self._is_due:
            self._is_due = True
            self.call_later(self.draw_frame)

    def watch_position(self) -> None:
        """Show the new position."""
        self.draw()

    def draw(self) -> None:
        """Every pane from the timeline and the position; each repaints only what differs."""
        timeline, position = self.timeline, self.position
        panes = {pane.id: pane for pane in self.query(Pane) if pane.size}  # one that is hidden has no size
        event = timeline.event(position)
        paths = isinstance(event, Accumulate)
        alone = "updates" not in panes and event is not None and event.phase == "update"
        for name, (view, heading) in (_VIEWS | (_UPDATES_ALONE if alone else _PATHS if paths else {})).items():
            if name in panes:
                panes[name].show(view(timeline, position, *panes[name].room), heading)
        if "step" in panes:
            panes["step"].show(step.step_lines(timeline, position, *panes["step"].room), step.title(timeline, position))

    def draw_frame(self) -> None:
        """The lines that stay as they are while stepping, and all between them."""
        self._is_due = False
        title = self.query_one("#title", Pane)
        title.show([self._title(title.size.width)])
        self.query_one("#keys", Pane).show([_keys(title.size.width)])
        columns, rows = SMALLEST
        self.query_one("#small", Pane).show([line(f"bptui needs {columns}×{rows}"), line("make the window larger")])
        self.draw()

    def action_move(self, way: str) -> None:
        """Move the position: one of the ways of the table of commands."""
        self.position = self.timeline.reach(goto.MOVES[way](self.timeline, self.position))

    def action_goto(self) -> None:
        """Ask where to go."""
        self.app.push_screen(GoTo(self.timeline, self.position), self._go)

    def action_help(self) -> None:
        """Show all commands."""
        self.app.push_screen(Help())

    def _go(self, position: int | None) -> None:
        if position is not None:
            self.position = self.timeline.reach(position)

    def _title(self, width: int) -> Line:
        scenario = self.timeline.scenario
        name = visible(scenario.file.rpartition("/")[2])
        title = fitted((Span(visible(scenario.title), "head"),), max(width - len(name) - 1, 1))
        return (*title, Span(f" {name}", "dim"))

    def _set_heights(self) -> None:
        """The table gets the rows that it needs, the step a little for numbers and more for matrices."""
        program = self.timeline.scenario.program
        height = self.app.size.height
        given = sum(bool(variable.line) for variable in program.variables.values())
        rows = len(program.layers) or given + len(program.nodes)
        table = min(rows + 2, max(6, height // 3 - 1))
        matrices = any(len(node.op.shape) > 0 for node in program.nodes)
        step_height = (9 if height < 32 else 12) if matrices else 7
        self.query_one("#table").styles.height = table
        self.query_one("#step").styles.height = min(step_height, height - table - 7)  # three single lines, four below


_VIEWS: dict[str, tuple[views.View, str | None]] = {
    "table": (tables.table, None),
    "product": (views.product, "running product"),
    "updates": (views.updates, None),
    "program": (views.program, None),
    "progress": (lambda timeline, position, width, height: [views.progress(timeline, position, width)], None),
}
_PATHS = {"product": (views.product, "paths")}
_UPDATES_ALONE = {"product": (views.updates, "updates")}
"""Where there is no room for both, the updates take the place of the product when it is over."""


def _keys(width: int) -> Line:
    """The keys, as many as there is room for; the last two, help and quit, always."""
    parts = [(f" {forward} {back}".rstrip(), f" {title} ") for forward, back, title in FOOTER]
    while len(parts) > 2 and sum(len(keys) + len(title) for keys, title in parts) > width:
        del parts[-3]
    return tuple(span for keys, title in parts for span in (Span(keys, "head"), Span(title, "dim")))
