"""What if: changing a value, the branch that comes of it, and the steps at which it differs from the run."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType

from bptui.core.search import differing, following, preceding, subject
from bptui.core.timeline import Timeline
from bptui.core.whatif import Edit, edited, parse_edit

from .. import tables
from ..debugger import Debugger
from ..dialogs import Prompt, Sheet
from ..lines import Line, Span, line
from .moving import Seek, run_to


def what_if(debugger: Debugger) -> None:
    """Ask for a value, and branch off from the start of this iteration."""
    timeline = debugger.timeline
    number = timeline.chapter(debugger.position).number

    def accept(text: str) -> tuple[Edit, Timeline]:
        edit = parse_edit(text, timeline.scenario)
        scenario, state = edited(timeline.scenario, timeline.state(number), number, edit)
        scenario = msgspec.structs.replace(scenario, notes=())  # they speak of the run
        return edit, Timeline(scenario, base=timeline, first=number, state=state)

    def then(found: tuple[Edit, Timeline] | None) -> None:
        if found is not None:
            edit, branch = found
            debugger.run = debugger.run or timeline
            debugger.edits = (*debugger.edits, edit)
            debugger.show(branch)

    asks = f"what if: {_example(debugger)}; a cell is W2[0, 1] = 0.5; Enter alone closes"
    debugger.app.push_screen(Prompt(asks, accept), then)


def _example(debugger: Debugger) -> str:
    """What could be typed here: of the selected row or the step, else of the first parameter or input."""
    program, event = debugger.timeline.scenario.program, debugger.moment.event
    rows = tables.row_names(program)
    if debugger.selected is not None:
        return f"{rows[debugger.selected][0]} = 0.5"
    if event is not None and subject(event) != program.output:
        return f"{subject(event)} = 0.5"
    return f"{program.wrt[0]} = 0.5"


def differ(debugger: Debugger) -> None:
    """To the next step that differs from the run."""
    _differ(debugger, following, "ahead")


def differ_back(debugger: Debugger) -> None:
    """To the previous step that differs from the run."""
    _differ(debugger, preceding, "behind")


def _differ(debugger: Debugger, seek: Seek, where: str) -> None:
    if debugger.run is None:
        debugger.say("there is nothing to compare with; x changes a value")
        return
    run_to(debugger, seek, differing(debugger.run), f"no step differs {where}", "≠ differs from the run")


def branch(debugger: Debugger) -> None:
    """Ask whether to keep, drop or write the branch."""
    if debugger.run is None:
        debugger.say("nothing is changed; x changes a value")
        return

    def then(choice: str | None) -> None:
        if choice == "drop" and debugger.run is not None:
            run, debugger.run, debugger.edits = debugger.run, None, ()
            debugger.show(run)
        elif choice == "keep":
            debugger.run, debugger.edits = None, ()
            debugger.show(debugger.timeline)
            debugger.say("kept: this is the run now")
        elif choice == "write":
            _write(debugger)

    debugger.app.push_screen(Choice(debugger), then)


def _write(debugger: Debugger) -> None:
    """Ask for a file, and write the branch as a scenario."""
    from bptui.core.saving import write
    from bptui.core.writing import scenario_text

    timeline = debugger.timeline

    def accept(path: str) -> str:
        path = path.strip() if path.strip().endswith(".toml") else f"{path.strip()}.toml"
        number = timeline.first
        state = timeline.state(number)
        write(path, scenario_text(timeline.scenario, state, number, debugger.edits, Path(path).stem))
        return path

    def then(path: str | None) -> None:
        if path is not None:
            debugger.say(f"written to {path}")

    debugger.app.push_screen(Prompt("write to a file that is not there yet: mine.toml", accept), then)


class Choice(Sheet):
    """What becomes of a branch."""

    KEYS = (("d", "drop"), ("k", "keep"), ("w", "write as a scenario"))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "dismiss('drop')", "drop"),
        Binding("k", "dismiss('keep')", "keep"),
        Binding("w", "dismiss('write')", "write"),
    ]

    def __init__(self, debugger: Debugger) -> None:
        super().__init__()
        self.debugger = debugger

    def heading(self) -> str:
        return "the branch"

    def lines(self, width: int, height: int) -> list[Line]:
        debugger = self.debugger
        start = f"from the start of iteration {debugger.timeline.first + 1}"
        return [
            line(Span(f"changed {start}:", "dim")),
            *(line(Span(f"  {edit}", "now")) for edit in debugger.edits),
            line(""),
            line(Span("d", "head"), "  drop it: back to the run, as it was before the change"),
            line(Span("k", "head"), "  keep it: it becomes the run"),
            line(Span("w", "head"), "  write it as a scenario, to open again"),
        ]
