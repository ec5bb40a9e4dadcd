"""Scenarios that ship, edited, written to a file and read again."""

from pathlib import Path

from bptui.core import Scenario, read
from bptui.core.edits import Edit, parse_edit
from bptui.core.saving import write
from bptui.core.training import State
from bptui.core.whatif import edited
from bptui.core.writing import WrittenScenario

FOLDER = Path(__file__).parents[1] / "scenarios"


def branch(
    scenario: Scenario, *texts: str, number: int = 0, state: State | None = None
) -> tuple[Scenario, State, list[Edit]]:
    state = state or State(scenario.parameters)
    edits = []
    for text in texts:
        edits.append(parse_edit(text, scenario))
        scenario, state = edited(scenario, state, number, edits[-1])
    return scenario, state, edits


def shipped(name: str) -> Scenario:
    return read(FOLDER / f"{name}.toml")


def through_a_file(written: WrittenScenario, folder: Path) -> Scenario:
    write(folder / "branch.toml", written)
    return read(folder / "branch.toml")
