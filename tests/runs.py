"""Runs to search, all their events, what to look for in them, and jobs followed to their answers."""

from collections.abc import Callable
from typing import TypeVar

import pytest
from blowup import blows_up

from bptui.core import Evaluate, Event, Multiply, Timeline, Update, parse
from bptui.core.chapter import Chapter
from bptui.core.edits import parse_edit
from bptui.core.events import result
from bptui.core.search import Finder, Job, Progress
from bptui.core.whatif import edited

Answer = TypeVar("Answer")

LEARNS = """
program = '''
u1 = W @ x + b
h = tanh(u1)
d = dropout(h, p=0.25)
z = V @ d + V @ h
L = half_squared_error(z, y, reduction=mean)
'''
[input]
x = [[0.5, -1.0, 0.25, 2.0, -0.75, 1.5, -0.125], [1.0, 0.5, -2.0, 0.0, 1.25, -0.5, 0.75]]
[target]
y = [[1.0, 0.0, -1.0, 0.5, 0.25, -0.5, 2.0]]
[parameters]
W = { init = "normal", shape = [3, 2] }
b = [0.1, 0.2, -0.1]
V = { init = "normal", shape = [1, 3] }
[data]
batch_size = 2
held_out = 2
[update]
rule = "momentum"
learning_rate = 0.05
iterations = 17
"""
"""An epoch has three iterations and an evaluation; the last two iterations are an epoch cut short."""
STOPS = blows_up(iterations=60)
"""w grows faster and faster, until exp overflows."""


def few_states(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("bptui.core.timeline.MOST_STATES", 4)
    patch.setattr("bptui.core.timeline.MOST_BYTES", 20_000)


def branched(text: str, edit: str, first: int) -> Timeline:
    base = Timeline(parse(text))
    scenario, state = edited(base.scenario, base.state(first), first, parse_edit(edit, base.scenario))
    return Timeline(scenario, base=base, first=first, state=state)


MAKERS: dict[str, Callable[[], Timeline]] = {
    "learns": lambda: Timeline(parse(LEARNS)),
    "stops": lambda: Timeline(parse(STOPS)),
    "branch": lambda: branched(LEARNS, "η = 0.2", 6),
}
EVENTS: dict[str, list[Event]] = {name: list(make().events) for name, make in MAKERS.items()}
every_run = pytest.mark.parametrize("name", MAKERS)


def finish(job: Job[Answer]) -> Answer:
    """The answer of a job; how far it says it is never goes back, and never beyond the end."""
    before = Progress(0, 0)
    while True:
        try:
            now = next(job)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
        assert 0 <= now.done <= now.of
        assert before.of in (0, now.of)
        assert before.done <= now.done
        before = now


def is_late(event: Event) -> bool:
    return event.iteration % 5 == 3 and isinstance(event, Update)


def rare(chapter: Chapter) -> list[int]:
    return [i for i, event in enumerate(chapter.events) if is_late(event)]


TESTS: dict[str, tuple[Finder, Callable[[Event], bool]]] = {
    "the updates of each fifth iteration": (rare, is_late),
    "all": (lambda chapter: range(len(chapter.events)), lambda event: True),
    "none": (lambda chapter: [], lambda event: False),
    "the first iteration": (
        lambda chapter: range(len(chapter.events)) if chapter.number == 0 else [],
        lambda event: event.iteration == 0,
    ),
    "the evaluations": (
        lambda chapter: [i for i, event in enumerate(chapter.events) if event.phase == "evaluate"],
        lambda event: event.phase == "evaluate",
    ),
}


def said(event: Event | None) -> tuple[object, ...]:
    """What an event is, with all bits of its result."""
    assert event is not None
    name = event.node.name if isinstance(event, Evaluate | Multiply) else ""
    return type(event), event.iteration, event.phase, name, result(event).shape, result(event).tobytes()
