"""The class as lines: the files, and who is here, where."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from bptui.core.scenario import Scenario
from bptui.core.text import visible

from ..lines import Line, Role, Span, left, line, window
from .messages import Present, Roster
from .participant import Participant

_ROLES: dict[str, Role] = {"leads": "now", "off the track": "alert", "does not read": "alert", "gone": "dim"}


def files_lines(files: Sequence[Scenario], shown: int, participant: Participant) -> list[Line]:
    """The files, the one that the class is at marked; and how things stand."""
    lines = [line(participant.status), line("")]
    if len(files) > 1:
        for index, scenario in enumerate(files):
            mark = "▶" if index == participant.track.file else " "
            lines.append(line(Span(f"{mark} {_name(scenario)}", "now" if index == shown else "text")))
        lines.append(line(""))
    return lines


def roster_lines(roster: Roster, files: Sequence[Scenario], selected: int, width: int, height: int) -> list[Line]:
    """Each member: the name, whether it follows, and the step it is at; the selected one is always seen."""
    names = [visible(each.name) + " (teacher)" * each.is_teacher for each in roster.members]
    label = min(max((cell_len(name) for name in names), default=0) + 2, max(width // 2, 10))
    rows = [
        line(
            Span("▶ " if at == selected else "  ", "now"),
            Span(left(name, label), "head" if at == selected else "text"),
            Span(left(each.state, 15), _ROLES.get(each.state, "text")),
            Span(_where(each, files), "dim" if each.state == "gone" else "text"),
        )
        for at, (name, each) in enumerate(zip(names, roster.members, strict=True))
    ]
    return window(rows, height, selected)


def _where(member: Present, files: Sequence[Scenario]) -> str:
    of = f" of {_name(files[member.file])}" if len(files) > 1 and member.file < len(files) else ""
    return f"step {member.position:,}{of}"


def _name(scenario: Scenario) -> str:
    return visible(scenario.file.rpartition("/")[2]).removesuffix(".toml")
