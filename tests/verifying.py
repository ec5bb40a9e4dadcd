"""Logs to verify: of a session with a branch, notes and predictions; edited, with everything else made right again."""

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from runs import finish

from bptui.core import Multiply, Scenario, Timeline, parse
from bptui.core.edits import parse_edit
from bptui.core.grading import grade, parse_answer
from bptui.core.log.header import header
from bptui.core.log.log import Log
from bptui.core.log.output import create
from bptui.core.log.recording import Recording
from bptui.core.log.verifying.verify import Report, verified
from bptui.core.questions import question
from bptui.core.whatif import edited

SMALL = """
program = '''
u = w * x
a = tanh(u)
d = dropout(a, p=0.5)
L = half_squared_error(d + w, y)
'''
[input]
x = 0.5
[target]
y = 1.0
[parameters]
w = 2.0
[update]
rule = "gradient_descent"
learning_rate = 0.25
iterations = 4
"""
WIDE = """
program = '''
u = W @ x
h = tanh(u)
d = dropout(h, p=0.25)
L = half_squared_error(d, y)
'''
[input]
x = { init = "normal", shape = [9, 8] }
[target]
y = { init = "normal", shape = [9, 8] }
[parameters]
W = { init = "normal", shape = [9, 9] }
[update]
rule = "momentum"
learning_rate = 0.05
iterations = 3
"""
"""Arrays of 72 and 81 cells, which stand in a line as digests."""


def log_of(
    path: Path, scenario: str | Scenario, *, every: int = 1, full: bool = False, upto: int = 1 << 30
) -> list[bytes]:
    """The lines of the log of a run."""
    timeline = Timeline(parse(scenario) if isinstance(scenario, str) else scenario)
    recording = begun(path, timeline, every=every, full=full)
    write(recording, timeline, min(upto, len(timeline)))
    recording.close()
    return path.read_bytes().splitlines(keepends=True)


def begun(path: Path, timeline: Timeline, *, every: int = 1, full: bool = False) -> Recording:
    return Recording(
        create(str(path), force=True), header(timeline.scenario, every=every, full=full), timeline, lambda: 1.5
    )


def write(recording: Recording, timeline: Timeline, position: int) -> None:
    for _ in recording.events(timeline, position):
        pass


def session(path: Path) -> list[bytes]:
    """The lines of a session: predictions, a note, a branch that is dropped, one that is kept, another behind it."""
    run = Timeline(parse(SMALL))
    recording = begun(path, run)
    for position in (1, 4):
        write(recording, run, position)
        recording.move(position)
    recording.note(4, "now the way back ↩")
    predict(recording, run, ("0.3", "?"))
    write(recording, run, 20)
    recording.move(20)
    recording.select(0, "w")
    branch = branched(recording, run, "w = -1.5", 1)
    write(recording, branch, 20)
    recording.move(20)
    predict(recording, branch, ("product", "local"))
    recording.drop(18)
    predict(recording, run, ("product",))
    kept = branched(recording, run, "u = 0.25", 2)
    recording.keep()
    write(recording, kept, len(kept))
    branch = branched(recording, kept, "η = 0.5", 3)
    write(recording, branch, len(branch))
    recording.move(len(branch))
    recording.close()
    return path.read_bytes().splitlines(keepends=True)


def branched(recording: Recording, base: Timeline, text: str, first: int) -> Timeline:
    edit = parse_edit(text, base.scenario)
    scenario, state = edited(base.scenario, base.state(first), first, edit)
    branch = Timeline(scenario, base=base, first=first, state=state)
    recording.edit(branch, recording.number(base), edit, first)
    return branch


def predict(recording: Recording, timeline: Timeline, answers: Sequence[str]) -> None:
    """Answer the first questions of the second iteration: with a number, what is right, or by asking to see it."""
    chapter = timeline.chapter_of(1)
    asked = [i for i, event in enumerate(chapter.events) if isinstance(event, Multiply) and question(chapter, i)]
    for index, typed in zip(asked, answers, strict=False):
        found = question(chapter, index)
        assert found
        if typed == "?":
            recording.prediction(found.position, found.cell, None, None)
            continue
        right = grade(chapter, index, found.cell, parse_answer("1"))
        text = {"product": repr(right.expected), "local": repr(right.expected_local)}.get(typed, typed)
        answer = parse_answer(text)
        recording.prediction(found.position, found.cell, answer, grade(chapter, index, found.cell, answer))


# ---- lines that are edited, and what goes with them


def framed(body: bytes) -> bytes:
    """A line of this JSON object, with its CRC-32."""
    return body[:-1] + b',"crc":"%08x"}\n' % crc32(body[:-1])


def edit(line: bytes, old: bytes, new: bytes) -> bytes:
    """A line in which some text is another, with the CRC-32 of that."""
    assert line.count(old) >= 1
    return framed(line[:-19].replace(old, new, 1) + b"}")


def with_value(line: bytes, key: str, value: object) -> bytes:
    """A line with another value under a key, written as the log writes it."""
    found = json.loads(line)
    assert key in found
    found[key] = value
    del found["crc"]
    return framed(json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode())


def ended(lines: Sequence[bytes]) -> list[bytes]:
    """The lines, with a last one that is right for them in place of the last."""
    before = lines[:-1]
    events = sum(bool(re.match(rb'\{"event":"(evaluate|multiply|accumulate|update)"', line)) for line in before)
    end = {
        "event": "end",
        "text": f"the end, after {events} step{'s' * (events != 1)}",
        "events": events,
        "lines": len(before),
        "sha256": sha256(b"".join(before[1:])).hexdigest(),
    }
    return [*before, framed(json.dumps(end, separators=(",", ":")).encode())]


def report(path: Path, lines: Sequence[bytes]) -> Report:
    """What is found in a file of these lines."""
    path.write_bytes(b"".join(lines))
    return finish(verified(Log(str(path))))


def said(found: Report) -> list[str]:
    return [str(each) for each in found.findings]


def number_of(lines: Sequence[bytes], *parts: bytes, begin: int = 0) -> int:
    """The index of the first line in which all of this stands."""
    return next(i for i, line in enumerate(lines) if i >= begin and all(part in line for part in parts))
