"""What if: changing a value, the branch that comes of it, and the steps at which it differs from the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.binding import Binding, BindingType

from bptui.core.edits import LONGEST_EDIT, parse_edit
from bptui.core.search import differing, following, go, preceding, subject
from bptui.core.timeline import Timeline
from bptui.core.whatif import edited

from ..branch import Change
from ..commands import label
from ..debugger import Debugger
from ..dialogs import Prompt, Sheet
from ..lines import Line, Span, line
from .moving import Seek, run_to

if TYPE_CHECKING:  # most readers bring no gradients of their own
    from bptui.core.comparison.records import Comparison


def what_if(debugger: Debugger) -> None:
    """Ask for a value, and branch off from the start of this iteration."""

    def accept(text: str) -> tuple[Timeline, Change, Timeline]:
        timeline = debugger.timeline
        number = timeline.chapter(debugger.position).number
        while timeline.base and number < timeline.first:  # what was changed later is left behind
            timeline = timeline.base
        edit = parse_edit(text, timeline.scenario)
        scenario, state = edited(timeline.scenario, timeline.state(number), number, edit)
        scenario = msgspec.structs.replace(scenario, notes=())  # they speak of the run
        return Timeline(scenario, base=timeline, first=number, state=state), Change(edit, number), timeline

    def then(found: tuple[Timeline, Change, Timeline] | None) -> None:
        if found is not None:
            branched(debugger, *found)

    asks = f"what if: {_example(debugger)}; η = 0.01; Enter alone closes"
    debugger.app.push_screen(Prompt(asks, accept, longest=LONGEST_EDIT), then)


def branched(debugger: Debugger, timeline: Timeline, change: Change, base: Timeline, time: float | None = None) -> None:
    """Go on in the timeline that a change to another one has made."""
    debugger.recorder.edit(timeline, base, change.edit, change.first, time)
    debugger.show(debugger.place.changed(timeline, change))


def _example(debugger: Debugger) -> str:
    """What could be typed here: of the selected row or the step, else of the first parameter or input."""
    scenario, event = debugger.timeline.scenario, debugger.timeline.event(debugger.position)
    program = scenario.program
    name = next(iter(debugger.looks_at), subject(event) if event else program.output)
    if name == program.output or (name in program.by_name and scenario.examples):
        name = next(iter(program.wrt))
    cell = f"[{', '.join('0' for _ in program.shape(name))}]" if program.shape(name) else ""
    return f"{name}{cell} = 0.5"


def differ(debugger: Debugger) -> None:
    """To the next step that differs from the run; or of the reader's own gradients, that is not right."""
    _differ(debugger, following, "ahead")


def differ_back(debugger: Debugger) -> None:
    """To the previous one."""
    _differ(debugger, preceding, "behind")


def _differ(debugger: Debugger, seek: Seek, where: str) -> None:
    if debugger.branch is not None:
        run_to(
            debugger, seek, differing(debugger.branch.run.whole), f"no step differs {where}", "≠ differs from the run"
        )
    elif debugger.own is not None:
        from ..own import off

        said, here = off(debugger.own), debugger.position
        there = [p for p in said if p > here] if seek is following else [p for p in reversed(said) if p < here]
        if there:
            _go(debugger, there[0], said[there[0]])
        else:
            debugger.say(f"no step differs {where}")
    elif debugger.replay is not None:
        from bptui.core.log import recorded

        finder = recorded.differing(debugger.timeline)
        run_to(
            debugger, seek, finder, f"the log is what is derived, {where}", "≠ the log says otherwise than is derived"
        )
    else:
        debugger.say("there is nothing to compare with; x changes a value")


def first_wrong(debugger: Debugger, own: Comparison) -> None:
    """To the first wrong step of the reader's own backward pass; where all of it is right, to where it begins."""
    from ..own import opening

    _go(debugger, *opening(own, label(debugger.commands, "differ")))


def _go(debugger: Debugger, position: int, says: str) -> None:
    debugger.start(f"going to {position:,}", go(debugger.timeline, position), lambda at: debugger.go(at, says))


def branch(debugger: Debugger) -> None:
    """Ask whether to keep, drop or write the branch."""
    if debugger.branch is None and not debugger.kept:
        debugger.say("nothing is changed; x changes a value")
        return

    def then(choice: str | None) -> None:
        if choice == "drop":
            _drop(debugger)
        elif choice == "keep":
            kept(debugger)
        elif choice == "write":
            _write(debugger)

    debugger.app.push_screen(Choice(debugger), then)


def _drop(debugger: Debugger) -> None:
    """Back to the run; where the branch had stopped before the place at which it was left, to that place."""
    if debugger.branch is not None:
        run, _, left_at = debugger.branch
        was_cut = debugger.position == len(debugger.timeline) < len(run)
        dropped(debugger, left_at if was_cut else debugger.position)


def dropped(debugger: Debugger, position: int, time: float | None = None) -> None:
    """Back to the run, at a position."""
    place = debugger.place.dropping(position)
    debugger.show(place, debugger.recorder.drop(place.timeline, position, time))


def kept(debugger: Debugger, time: float | None = None) -> None:
    """The branch becomes the run."""
    debugger.recorder.keep(time)
    says = "kept: this is the run now" + "; X writes it as a scenario" * debugger.writes_files
    debugger.show(debugger.place.keeping(), says)


def _write(debugger: Debugger) -> None:
    """Ask for a file, and write the branch as a scenario."""
    from bptui.core.saving import write
    from bptui.core.writing import scenario_text

    timeline = debugger.timeline

    def accept(path: str) -> str:
        path = _file(path)
        number = timeline.first
        changes = (*debugger.kept, *(debugger.branch.changes if debugger.branch else ()))
        edits = [change.edit for change in changes]
        scenario, state, stem = timeline.scenario, timeline.state(number), Path(path).stem
        written = scenario_text(scenario, state, number, edits, stem)
        if written.needs and not os.path.exists(Path(path).with_name(written.needs)):
            written = scenario_text(scenario, state, number, edits, stem, has_data=False)
        write(path, written)
        return path

    def then(path: str | None) -> None:
        if path is not None:
            debugger.say(f"written to {path}")

    debugger.app.push_screen(Prompt("write to a file that is not there yet: mine.toml", accept), then)


def _file(typed: str) -> str:
    """The file that is meant; ValueError where there is something of that name, or no name."""
    path = Path(os.path.expanduser(typed.strip()))  # of nobody's home it makes nothing, where pathlib raises
    if path.suffix != ".toml":
        if os.path.lexists(path):
            raise ValueError(f"{path} is there already; name a new file")
        path = path.with_name(f"{path.name}.toml")
    return str(path)


class Choice(Sheet):
    """What becomes of a branch; of one that is kept already, only whether it is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "dismiss('drop')", "drop"),
        Binding("k", "dismiss('keep')", "keep"),
        Binding("w", "write", "write"),
    ]

    def __init__(self, debugger: Debugger) -> None:
        super().__init__()
        self.debugger = debugger

    def keys(self) -> list[tuple[str, str]]:
        open_ends = [("d", "drop"), ("k", "keep")] if self.debugger.branch else []
        write = [("w", "write as a scenario")] if self.debugger.writes_files else []
        return [*open_ends, *write, ("q", "close")]

    def action_write(self) -> None:
        """Write it, where files may be written."""
        if self.debugger.writes_files:
            self.dismiss("write")

    def heading(self) -> str:
        return "the branch" if self.debugger.branch else "the run, as it was changed"

    def lines(self, width: int, height: int) -> list[Line]:
        debugger, branch = self.debugger, self.debugger.branch
        lines = [line(Span(f"changed from the start of iteration {debugger.timeline.first + 1} on:", "dim"))]
        lines += [line(f"  {edit}  (kept)") for edit in debugger.kept]
        lines += [line(Span(f"  {edit}", "now")) for edit in branch.changes] if branch else []
        lines.append(line(""))
        if branch:
            lines.append(line(Span("d", "head"), "  drop it: back to the run, as it was before the change"))
            lines.append(line(Span("k", "head"), "  keep it: it becomes the run"))
        if self.debugger.writes_files:
            lines.append(line(Span("w", "head"), "  write it as a scenario, to open again"))
        return lines
