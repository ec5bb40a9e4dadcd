"""The debugger's screen: panes drawn from one moment, and the keys that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.reactive import var
from textual.timer import Timer

from bptui.core.moves import MOVES
from bptui.core.search import go
from bptui.core.text import visible
from bptui.core.timeline import Timeline

from . import tables
from .branch import Branch, Change, Place
from .commands import COMMANDS, label
from .face import Face
from .moment import Moment
from .panels import Panels
from .pictures import NONE
from .recorder import Failed, Recorder
from .setup import Setup

if TYPE_CHECKING:
    from bptui.core.comparison.records import Comparison
    from bptui.core.grading import Score

    from .replay import Replay


class Debugger(Panels):
    """Shows the timeline at `position`; every move sets the position, and the panes follow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(command.keys), command.action, command.help, id=command.id, priority=command.id != "palette")
        for command in COMMANDS
    ]

    position: var[int] = var(0, init=False)
    writes_files: ClassVar[bool] = True
    """Whether its reader may write files from it."""

    def __init__(self, timeline: Timeline, setup: Setup, recorder: Recorder, replay: Replay | None, face: Face) -> None:
        super().__init__(face)
        self.timeline = timeline
        self.setup = setup
        if setup.own is not None:  # what is wrong is to be seen, whatever was chosen before
            self.looks = self.looks._replace(picture=NONE, pane="", zoomed=False)
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
        self.is_new = face.is_new
        self._keeps_row = False
        self._says = ""
        self._draws_soon = False

    def on_mount(self) -> None:
        """Begin to replay, and to record; or go to the first wrong step of the reader's own gradients."""
        if self.is_new:
            step, back, keys = (label(self.commands, command) for command in ("step", "step-back", "help"))
            self._says = f"new here? {step} steps forward, {back} back, {keys} shows all keys"
        if self.replay is not None or self.recorder.is_waiting:
            self.action_do("begin")
        elif self.setup.own is not None:
            from .actions.trying import first_wrong

            first_wrong(self, self.setup.own)

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
            own=self.own,
            watched=tuple(self.setup.watched(self.timeline, self.position)),
            noted=tuple(self.noted.get(self.position, ())),
            mode=self._mode,
            says=self._says,
            numbers=self.looks.numbers,
            picture=self.looks.picture,
            pane=self.looks.pane,
            is_ascii=self.is_ascii,
            begins=self._begins,
        )

    @property
    def _begins(self) -> str:
        step, help_key = (label(self.commands, command) for command in ("step", "help"))
        return f"press {step} for the first step, {help_key} for help"

    @property
    def place(self) -> Place:
        """Where the reader is."""
        return Place(self.timeline, self.position, self.branch, self.kept)

    @property
    def own(self) -> Comparison | None:
        """The reader's own backward pass, compared with the run; with none that was changed."""
        return None if self.branch or self.kept else self.setup.own

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
            self.arrange_panes()
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

    def back_to_track(self) -> None:
        """Back to where the track of a recording is."""
        from .actions import replaying

        replaying.track(self)

    def roster(self) -> None:
        """Who is in the class."""
        self.say("this is no class; `bptui serve` begins one")

    def question(self) -> None:
        """Ask the class."""
        self.say("this is no class; p asks you")

    async def on_click(self, event: Click) -> None:
        """Do what the mouse points at."""
        from .actions.pointing import point

        await point(self, event.screen_x, event.screen_y)

    def action_help(self) -> None:
        """Show all commands."""
        from .dialogs import Help

        self.pause()
        self.app.push_screen(Help(self.commands))
