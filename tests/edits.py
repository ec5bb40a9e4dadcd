"""Scenarios that ship, and what becomes of one after edits."""

from pathlib import Path

from bptui.core import Scenario, read
from bptui.core.edits import parse_edit
from bptui.core.training import State
from bptui.core.whatif import edited

FOLDER = Path(__file__).parents[1] / "scenarios"
NAMES = ("tanh4", "layers4", "xor", "rnn", "residual", "softmax")
SCENARIOS = {name: read(FOLDER / f"{name}.toml") for name in (*NAMES, "digits")}


def run(scenario: Scenario, *texts: str, number: int = 0, state: State | None = None) -> tuple[Scenario, State]:
    """After these edits, one upon the other."""
    state = state or State(scenario.parameters)
    for text in texts:
        scenario, state = edited(scenario, state, number, parse_edit(text, scenario))
    return scenario, state
