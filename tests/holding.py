"""Scenarios that ship, and the steps of one for which a condition holds."""

from pathlib import Path

from bptui.core import Accumulate, Evaluate, Multiply, Timeline, Update, read
from bptui.core.conditions.condition import parse as condition
from bptui.core.events import Event

FOLDER = Path(__file__).parents[1] / "scenarios"
NAMES = ("tanh4", "vanishing", "dead_relu", "xor", "exploding", "attention", "residual")
TIMELINES = {name: Timeline(read(FOLDER / f"{name}.toml")) for name in NAMES}


def step(event: Event) -> str:
    """`u1`, `a3 → u3`, `Σ x`, `W1 ←`."""
    match event:
        case Evaluate():
            return event.node.name
        case Multiply():
            return f"{event.node.name} → {event.variable}"
        case Accumulate():
            return f"Σ {event.variable}"
        case Update():
            return f"{event.parameter} ←"


def held(timeline: Timeline, text: str, position: int = 1) -> list[str]:
    """The steps of one iteration for which a condition holds."""
    chapter = timeline.chapter(position)
    holds = condition(text, timeline.scenario.program).holds
    return [step(event) for index, event in enumerate(chapter.events) if holds(chapter, index)]
