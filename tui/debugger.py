"""The debugger's screen: panes drawn from one moment, and the keys that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, get_args

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.reactive import var
from textual.timer import Timer

from bptui.core.moves import MOVES
from bptui.core.search import go
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from . import tables, views
from .branch import Branch, Change, Place
from .commands import COMMANDS, FOOTER
from .heights import heights
from .jobs import Working
from .lines import Role, key_line, line
from .moment import Moment
from .recorder import Failed, Recorder
from .setup import Setup
from .widgets.pane import Pane

if TYPE_CHECKING:
    from bptui.core.grading import Score

    from .replay import Replay


NARROW = 76
"""Columns below which a note needs the room of both lower panes."""
SMALLEST = (60, 20)
"""Columns and rows below which the screen waits for a larger window."""


class Debugger(Working):
    """Shows the timeline at `position`; every move sets the position, and the panes follow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(command.keys), command.action, command.help, id=command.id, priority=command.id != "palette")
        for command in COMMANDS
    ]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in get_args(Role)}

    position: var[int] = var(0, init=False)

    def __init__(self, timeline: Timeline, setup: Setup, recorder: Recorder, replay: Replay | None = None) -> None:
        super().__init__()
        self.timeline = timeline
        self.setup = setup
        self.recorder = recorder
        self.replay = replay
        self.noted: dict[int, list[str]] = {}
        self.branch: Branch | None = None
        self.kept: tuple[Change, ...] = ()
        self.score: Score | None = None
        self.words = ""
        self.selected: int | None = None
        self.playing: Timer | None = None
        self.speed = 1
        self._keeps_row = False
        self._says = ""
        self._is_due = False
        self._draws_soon = False

    def compose(self) -> ComposeResult:
        layers = bool(self.timeline.scenario.program.layers)
        yield Pane("title")
        yield Pane("table", "layers" if layers else "variables and nodes")
        yield Pane("step", " ")
        with Horizontal(id="lower"):
            yield Pane("product", "running product")
            yield Pane("updates", "updates")
            yield Pane("program", "program")
        yield Pane("note")
        yield Pane("watches")
        yield Pane("progress")
        yield Pane("keys")
        yield Pane("small")

    def on_mount(self) -> None:
        """Divide the rows between the panes; begin to replay, and to record."""
        self.set_heights()
        if self.replay is not None or self.recorder.is_waiting:
            self.action_do("begin")

    def on_resize(self, event: events.Resize) -> None:
        """Divide the new size; the panes report theirs once it is laid out."""
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-small")
        self.set_heights()

    def on_pane_resized(self) -> None:
        """Draw once for all the panes that report now."""
        if not self._is_due:
            self._is_due = True
            self.call_later(self.draw_frame)

    # ---- drawing ------------------------------------------------------------------------------------------------

    @property
    def moment(self) -> Moment:
        """All that is drawn from."""
        return Moment(
            timeline=self.timeline,
            position=self.position,
            selected=self.selected,
            keeps_row=self._keeps_row,
            run=self.branch.run.whole if self.branch else None,
            edits=tuple(map(str, self.branch.changes)) if self.branch else (),
            kept=tuple(map(str, self.kept)),
            watched=tuple(self.setup.watched(self.timeline, self.position)),
            noted=tuple(self.noted.get(self.position, ())),
            mode=self._mode,
            says=self._says,
        )

    @property
    def place(self) -> Place:
        """Where the reader is."""
        return Place(self.timeline, self.position, self.branch, self.kept)

    @property
    def _mode(self) -> str:
        """What goes on: a replay, a recording, predicting."""
        replay = "" if self.replay is None else self.replay.status(self.place, is_playing=self.playing is not None)
        predict = "" if self.score is None else f"predict: {self.score.right} of {self.score.answered} right"
        return "  ".join(filter(None, (replay, self.recorder.status, predict)))

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The variables of the row that the reader has selected and looks at; empty where it is the step."""
        if self.selected is None or not self._keeps_row:
            return ()
        return tables.row_names(self.timeline.scenario.program)[self.selected]

    def watch_position(self) -> None:
        """Show the new position, once for all the keys that have come already."""
        self._keeps_row = False
        if not self._draws_soon:
            self._draws_soon = True
            self.call_later(self._draw_once)

    def _draw_once(self) -> None:
        self._draws_soon = False
        self.draw()

    def draw(self) -> None:
        """Every pane from the moment; each repaints only what differs."""
        moment = self.moment
        is_narrow = self.size.width < NARROW
        self.set_class(is_narrow and views.has_note(moment, is_narrow), "-noted")
        panes = {pane.id: pane for pane in self.query(Pane) if pane.id and pane.size}  # one that is hidden has none
        for name, view in views.arranged(moment, panes, is_narrow).items():
            if name in panes:
                heading = view.heading(moment)
                panes[name].show(view.lines(moment, *panes[name].room), heading)

    def draw_frame(self) -> None:
        """The lines that stay as they are while stepping, and all between them."""
        self._is_due = False
        keys = self.query_one("#keys", Pane)
        entries = [(f"{forward} {back}".rstrip(), title) for forward, back, title in FOOTER]
        keys.show([key_line(entries, keys.size.width, always=2)])
        columns, rows = SMALLEST
        self.query_one("#small", Pane).show([line(f"bptui needs {columns}×{rows}"), line("make the window larger")])
        self.draw()

    def say(self, text: str) -> None:
        """Show a message in place of the bar, until the next move."""
        self._says = visible(text)
        self.draw()

    def show_progress(self, text: str) -> None:
        """Show how far a job is."""
        self.say(text)

    # ---- moving -------------------------------------------------------------------------------------------------

    def show(self, place: Place, says: str = "") -> None:
        """Show a place, or the last position that its timeline has, once that is derived, and recorded."""
        timeline = place.timeline

        def arrive(position: int) -> None:
            self.timeline, self.branch, self.kept = timeline, place.branch, place.kept
            self.set_heights()
            self._arrive(position, says)

        def record(position: int) -> None:
            there = place._replace(position=position)
            self.start("recording", self.recorder.events(there), lambda _: arrive(position))

        self.start("deriving", go(timeline, place.position), record)

    def go(self, position: int, says: str = "", time: float | None = None) -> None:
        """Move to a position that has been derived, and say something there; of a branch the run is derived as well.

        What is recorded is written before it is shown; `time` is that of a replay.
        """

        def arrive(_: None) -> None:
            if position != self.position:
                self.recorder.move(position, time)
            self._arrive(position, says)

        def record(_: object = None) -> None:
            self.start("recording", self.recorder.events(self.place._replace(position=position)), arrive)

        if self.branch is None:
            record()
        else:
            self.start("the run beside it", go(self.branch.run.whole, position), record)

    def _arrive(self, position: int, says: str) -> None:
        if self.replay is not None:
            says = says or self.replay.remark(self.place._replace(position=position))
        self._says = visible(says)
        if position == self.position:
            self.draw()
        else:
            self.position = position

    def on_failed(self, message: Failed) -> None:
        """The recording has stopped: say so, and go on."""
        self.say(self.recorder.status)

    def pause(self) -> None:
        """Stop playing."""
        if self.playing is not None:
            self.playing.stop()
            self.playing = None

    def action_move(self, way: str) -> None:
        """Move the position: one of the ways of the table of commands."""
        if self.recorder.is_beginning:
            self.say("the recording begins, with what leads here; one moment")
            return
        self.pause()
        self.stop()
        if self.score is not None and way == "step":
            self.action_do("ask")
            return
        target = MOVES[way](self.timeline, self.position)
        self.start(f"going to {target:,}", go(self.timeline, target), self.go)

    def action_select(self, rows: int) -> None:
        """Select the row above or below; at first from that of the step."""
        names = tables.row_names(self.timeline.scenario.program)
        here = tables.current_row(self.moment) if self.selected is None else self.selected
        self.select(min(max(here + rows, 0), len(names) - 1))

    def select(self, row: int | None, time: float | None = None) -> None:
        """Select a row of the table; None for that of the step. `time` is that of a replay."""
        program = self.timeline.scenario.program
        self.selected = None if row is None else min(max(row, 0), len(tables.row_names(program)) - 1)
        self._keeps_row = row is not None
        self.recorder.select(self.selected, tables.row_name(program, self.selected), time)
        self.draw()

    def action_do(self, name: str) -> None:
        """One of the other commands; they are imported when the first of them is called."""
        from .actions import ACTIONS

        if self.recorder.is_beginning:
            self.say("the recording begins, with what leads here; one moment")
            return
        if name not in ("play", "faster", "slower"):
            self.pause()
        ACTIONS[name](self)

    def action_help(self) -> None:
        """Show all commands."""
        from .dialogs import Help

        self.pause()
        self.app.push_screen(Help())

    # ---- the window ---------------------------------------------------------------------------------------------

    def set_heights(self) -> None:
        """Divide the rows between the panes."""
        size = self.app.size
        found = heights(self.timeline.scenario, len(self.setup.watches), size.width, size.height)
        for name, rows in found._asdict().items():
            styles = self.query_one(f"#{name}").styles
            styles.height = rows
            if name in ("note", "watches"):
                styles.display = "block" if rows else "none"
