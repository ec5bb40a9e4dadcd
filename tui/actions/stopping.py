"""Breakpoints and watches: setting them, running to their hits, and the pages that list them."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType

from bptui.core.conditions.breakpoints import here, hits
from bptui.core.conditions.condition import Condition, parse
from bptui.core.conditions.watches import Watch, parse_watch
from bptui.core.jacobian import counted
from bptui.core.search import Job, counts, following, preceding

from ..debugger import Debugger
from ..dialogs import Prompt, Sheet
from ..lines import Line, Span, left, line, window
from .moving import Seek

CONDITIONS = "a name, line 2, backward, |product| < 1e-4, loss < 0.1, nan"


def hit(debugger: Debugger) -> None:
    """On to the next breakpoint hit."""
    _run(debugger, following, "ahead")


def hit_back(debugger: Debugger) -> None:
    """Back to the last breakpoint hit."""
    _run(debugger, preceding, "behind")


def _run(debugger: Debugger, seek: Seek, where: str) -> None:
    setup = debugger.setup
    if not setup.breakpoints:
        debugger.say("no breakpoint is set; b sets one")
        return
    if all(condition.text in setup.off for condition in setup.breakpoints):
        debugger.say("all breakpoints are off; B lists them")
        return

    def then(position: int | None) -> None:
        if position is None:
            debugger.say(f"no breakpoint hit {where}")
        else:
            debugger.go(position, "● " + ", ".join(setup.hit_at(debugger.timeline, position)))

    debugger.start("running", seek(debugger.timeline, debugger.position, setup.hits), then)


def break_here(debugger: Debugger) -> None:
    """Ask for a condition; what is offered is the place of this step, or the selected row."""
    program = debugger.timeline.scenario.program

    def accept(text: str) -> Condition:
        return parse(text, program)

    def then(condition: Condition | None) -> None:
        if condition is not None:
            _set(debugger, condition)

    prompt = Prompt(f"type over it: {CONDITIONS}", accept, initial=_here(debugger))
    debugger.app.push_screen(prompt, then)


def _set(debugger: Debugger, condition: Condition) -> None:
    known = debugger.setup.breakpoints
    if all(other.text != condition.text for other in known):
        known.append(condition)
    debugger.setup.off.discard(condition.text)
    debugger.say(f"● {condition.text}; c runs to it, C back, B lists all")


def _here(debugger: Debugger) -> str:
    """The place of the selected row, else of the step."""
    timeline, position = debugger.timeline, debugger.position
    if names := debugger.looks_at:
        layer = timeline.scenario.program.layer_of.get(names[0])
        return f"layer {layer.number}" if layer else names[0]
    chapter = timeline.chapter(position)
    return here(chapter, max(position - 1 - chapter.start, 0))


def watch(debugger: Debugger) -> None:
    """Ask what to watch."""
    program = debugger.timeline.scenario.program

    def accept(text: str) -> Watch:
        return parse_watch(text, program)

    def then(found: Watch | None) -> None:
        if found is not None:
            debugger.setup.watches.append(found)
            debugger.arrange_panes()
            debugger.say(f"watching {found.text}; W lists all")

    debugger.app.push_screen(Prompt("watch: loss, W2, norm(δ3), grad(W1); Enter alone closes", accept), then)


def breakpoints(debugger: Debugger) -> None:
    """List all breakpoints; their hits are counted meanwhile."""
    sheet = Breakpoints(debugger, counting=not debugger.is_working)  # what runs would have to stop
    debugger.app.push_screen(sheet)
    if debugger.is_working:
        return
    conditions = list(debugger.setup.breakpoints)  # some may be removed meanwhile
    finders = [lambda chapter, c=c: hits(c, chapter) for c in conditions]

    def then(totals: list[int]) -> None:
        sheet.show_counts({c.text: total for c, total in zip(conditions, totals, strict=True)})

    job = counts(debugger.timeline, finders)
    sheet.job = job
    debugger.start("counting hits", job, then)


def watches(debugger: Debugger) -> None:
    """List all watches."""
    debugger.app.push_screen(Watches(debugger))


class Listing(Sheet):
    """A page of things that the reader has set up; one is selected, and can be taken out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "select(-1)", "up"),
        Binding("down,j", "select(1)", "down"),
        Binding("delete,backspace,r", "remove", "remove"),
    ]

    def __init__(self, debugger: Debugger) -> None:
        super().__init__()
        self.debugger = debugger
        self.at = 0

    def keys(self) -> list[tuple[str, str]]:
        return [("↑↓", "select"), ("r", "remove"), ("q", "close")] if self.entries() else [("q", "close")]

    def entries(self) -> list[Line]:
        """A line for each."""
        raise NotImplementedError

    def take_out(self, index: int) -> None:
        """Take one out."""
        raise NotImplementedError

    def lines(self, width: int, height: int) -> list[Line]:
        entries = [line("› " if i == self.at else "  ", *entry) for i, entry in enumerate(self.entries())]
        return window(entries, height, self.at) or [line(Span("none is set", "dim"))]

    def action_select(self, by: int) -> None:
        """Select the one above or below."""
        self.at = min(max(self.at + by, 0), max(len(self.entries()) - 1, 0))
        self.draw()

    def action_remove(self) -> None:
        """Take the selected one out."""
        self.action_select(0)  # in a class some may have gone meanwhile
        if self.entries():
            self.take_out(self.at)
            self.action_select(0)
            self.debugger.arrange_panes()
            self.debugger.draw()


class Breakpoints(Listing):
    """All breakpoints with their hits in what has been derived."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o,space", "switch", "on or off")]

    def __init__(self, debugger: Debugger, counting: bool) -> None:
        super().__init__(debugger)
        self.counting = counting
        self.counts: dict[str, int] = {}
        self.job: Job[list[int]] | None = None

    def on_unmount(self) -> None:
        """Nobody waits for the counts any more."""
        if self.job is not None:
            self.debugger.stop(self.job)

    def keys(self) -> list[tuple[str, str]]:
        return [("o", "on or off")] * bool(self.entries()) + super().keys()

    def heading(self) -> str:
        derived = self.debugger.timeline.furthest + 1
        if self.debugger.timeline.scenario.iterations == 1:
            return "breakpoints"
        if not self.counting:
            return "breakpoints; hits are not counted while something else runs"
        said = "hits" if self.counts else "counting the hits"
        return f"breakpoints; {said} in the {counted(derived, 'iteration')} derived so far"

    def entries(self) -> list[Line]:
        setup = self.debugger.setup
        width = max((cell_len(condition.text) for condition in setup.breakpoints), default=0)
        rows = []
        for condition in setup.breakpoints:
            count = self.counts.get(condition.text)
            said = "" if count is None else f"{count:,} hit{'s' * (count != 1)}"
            is_off = condition.text in setup.off
            mark = Span("○ off  " if is_off else "●      ", "dim" if is_off else "now")
            rows.append(line(mark, left(condition.text, width + 2), Span(said, "dim")))
        return rows

    def show_counts(self, totals: dict[str, int]) -> None:
        """What the job has counted, if the page is still there."""
        self.counts = totals
        if self.is_mounted and self.is_attached:
            self.draw()

    def take_out(self, index: int) -> None:
        removed = self.debugger.setup.breakpoints.pop(index)
        self.debugger.setup.off.discard(removed.text)

    def action_switch(self) -> None:
        """Switch the selected one on or off."""
        self.action_select(0)
        setup = self.debugger.setup
        if setup.breakpoints:
            setup.off ^= {setup.breakpoints[self.at].text}
            self.draw()
            self.debugger.draw()


class Watches(Listing):
    """All watches with their values."""

    def heading(self) -> str:
        return "watches"

    def entries(self) -> list[Line]:
        return [spans[1:] for spans in self.debugger.moment.watched]

    def take_out(self, index: int) -> None:
        self.debugger.setup.watches.pop(index)
