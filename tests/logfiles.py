"""Logs to be read: recorded, and written again with something changed."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from branches import LEARNS, STOPS
from logs import opened, run
from runs import LEARNS as MOMENTUM

from bptui.core import Accumulate, Evaluate, Event, Multiply, Scenario, Timeline, Update
from bptui.core.log.branches import after_edit
from bptui.core.log.header import header
from bptui.core.log.log import Log
from bptui.core.log.output import create
from bptui.core.log.recorded import RecordedTimeline, differing
from bptui.core.log.recording import Recording
from bptui.core.log.records import EditLine

TINY = """
program = '''z = x*x'''
[parameters]
x = 0.3
[update]
rule = "gradient_descent"
learning_rate = 0.1
"""
"""Five events."""
WIDE = """
program = '''
u = W @ x + b
d = dropout(tanh(u), p=0.5)
L = half_squared_error(d, y)
'''
[input]
x = { init = "normal", shape = [9, 8] }
[target]
y = { init = "normal", shape = [10, 8] }
[parameters]
W = { init = "xavier", shape = [10, 9] }
b = { init = "zeros", shape = [10, 1] }
[update]
rule = "adam"
learning_rate = 0.1
iterations = 7
"""
"""Nearly all arrays have more than 64 cells."""

Line = dict[str, Any]


def begin(folder: Path, timeline: Timeline, **options: Any) -> tuple[Recording, Path]:
    path = folder / "run.bptlog"
    output = create(str(path), force=True)
    return Recording(output, header(timeline.scenario, **options), timeline, lambda: 0.0), path


def recorded(folder: Path, scenario: Scenario, **options: Any) -> Path:
    timeline = Timeline(scenario)
    recording, path = begin(folder, timeline, **options)
    run(recording.events(timeline, len(timeline)))
    recording.move(3)
    recording.close()
    return path


def replayed(path: Path) -> RecordedTimeline:
    log = opened(path)
    return RecordedTimeline(log, log.scenario)


def compact(line: Line) -> bytes:
    """A line as it must be, written here once more."""
    whole = {key: value for key, value in line.items() if key != "crc"}
    data = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))[:-1].encode()
    return b'%b,"crc":"%08x"}\n' % (data, crc32(data))


def rewritten(path: Path, change: Callable[[Line], object]) -> Path:
    """The log with all its lines changed, and whole again."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    for line in lines:
        change(line)
    path.write_bytes(b"".join(map(compact, lines)))
    return path


def elsewhere(line: Line) -> None:
    if "processor" in line:
        line["processor"] = "of another kind"


def all_of(event: Event | None) -> list[object]:
    """All that an event is, with all bits."""
    assert event is not None
    match event:
        case Evaluate():
            arrays = [event.value]
        case Multiply():
            arrays = [event.upstream, event.local.shown, event.downstream]
        case Accumulate():
            arrays = [*event.contributions, event.total]
        case Update():
            arrays = [event.before, event.gradient, event.after, *map(np.asarray, event.quantities.values())]
    names = getattr(event, "node", None), getattr(event, "variable", ""), getattr(event, "parameter", "")
    where = type(event), event.iteration, event.phase, names[0] and names[0].name, *names[1:]
    return [*where, *((x.shape, x.dtype, x.tobytes()) for x in arrays)]


def assert_the_same(ours: Timeline, theirs: Timeline, last: int) -> None:
    """Event for event, the iterations in any order, and what each of them starts from."""
    positions = list(range(1, last + 1))
    random.Random(4).shuffle(positions)
    for position in positions:
        assert all_of(ours.event(position)) == all_of(theirs.event(position))
    for number in range(theirs.chapter(max(last, 1)).number + 1):
        one, other = ours.state(number), theirs.state(number)
        assert {k: x.tobytes() for k, x in one.parameters.items()} == {
            k: x.tobytes() for k, x in other.parameters.items()
        }
        assert one.memory.keys() == other.memory.keys()
        for name, remembered in one.memory.items():
            assert {k: x.tobytes() for k, x in remembered.items()} == {
                k: x.tobytes() for k, x in other.memory[name].items()
            }


def found(timeline: RecordedTimeline) -> list[int]:
    """The positions that differ."""
    find, last = differing(timeline), timeline.chapter(len(timeline)).number
    chapters = [timeline.chapter_of(number) for number in range(last + 1)]
    return [chapter.start + index + 1 for chapter in chapters for index in find(chapter)]


def found_again(log: Log, index: int, bases: dict[int, RecordedTimeline]) -> RecordedTimeline:
    line = log.did(index)
    assert isinstance(line, EditLine)
    scenario, state = after_edit(line, bases[line.base])
    base, first = bases[line.base], line.iteration - 1
    bases[line.branch] = RecordedTimeline(log, scenario, line.branch, base=base, first=first, state=state)
    return bases[line.branch]


RUNS = {
    "adam, dropout, batch norm, held out": LEARNS,
    "momentum": MOMENTUM,
    "it stops": STOPS,
    "large arrays": WIDE,
    "float32": LEARNS.replace("\nprogram", "\ndtype = 'float32'\nprogram", 1),
}
