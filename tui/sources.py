"""What a word of the command line names: a scenario in a file, one that ships, a formula, or a log."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bptui.core.errors import InputError, did_you_mean
from bptui.core.reader import parse, read
from bptui.core.scenario import Scenario
from bptui.core.search import Job
from bptui.core.timeline import Timeline

if TYPE_CHECKING:  # most runs have no log
    from bptui.core.log.log import Log


def timeline_of(word: str, max_memory: int) -> tuple[Timeline, Log | None]:
    """The run of this file or name, and its log, if it is one; InputError where there is none."""
    from bptui.core.log.begins import is_log

    if not is_log(word) and word.endswith(".bptlog") and os.path.isfile(word):
        raise InputError("is no log: it begins otherwise", file=word, hint="take another copy of it")
    if not is_log(word):
        return Timeline(scenario(word, max_memory)), None
    from .progress import finished

    return finished(_replayed(word, max_memory), f"reading {word}")


def opening(path: str, max_memory: int) -> Job[tuple[Timeline, Log | None]]:
    """The run of a scenario's or a log's file, and the log; InputError where it is neither."""
    from bptui.core.log.begins import is_log

    if not is_log(path):
        return Timeline(read(path, max_memory)), None
    return (yield from _replayed(path, max_memory))


def _replayed(path: str, max_memory: int) -> Job[tuple[Timeline, Log]]:
    """The run that a log has recorded, once all its lines are checked."""
    from bptui.core.log.log import Log
    from bptui.core.log.recorded import RecordedTimeline

    log = Log(path, max_memory)
    yield from log.indexed()
    return RecordedTimeline(log, log.scenario), log


def as_it_ended(timeline: Timeline, log: Log | None) -> Timeline:
    """The run; of a session with what was kept and noted in it."""
    if log is None:
        return timeline
    from bptui.core.log.recorded import RecordedTimeline

    from .progress import finished
    from .replay import followed

    if isinstance(timeline, RecordedTimeline):
        timeline = finished(followed(log, timeline), f"following {log.path}")
    return timeline


def scenario(word: str, max_memory: int) -> Scenario:
    """The scenario of this file; else the shipped one of this name."""
    if os.path.lexists(word):
        return read(word, max_memory)
    names = shipped()
    if word in names:
        return read(names[word], max_memory)
    hint = did_you_mean(word, names) if os.sep not in word else "`bptui scenarios` lists those that ship"
    raise InputError("there is no such file", file=word, hint=hint)


def formula(expression: str, values: Sequence[str | None], max_memory: int) -> Scenario:
    """The scenario of a formula given on the spot, and its values as name=value."""
    import json  # late, with what only a formula needs

    from bptui.core.tokens import NAME

    lines = [
        "program = " + json.dumps(expression if re.match(rf"\s*{NAME}\s*=", expression) else f"z = {expression}"),
        "[input]",
    ]
    for text in filter(None, values):
        name, sign, value = text.partition("=")
        if not sign or "\n" in text:
            raise InputError(f"'{text}' is not name=value", file="--expr", hint="for instance x=1.5")
        lines.append(f"{json.dumps(name.strip())} = {value}")
    return parse("\n".join(lines), "--expr", max_memory)


def shipped() -> dict[str, Path]:
    """The scenarios that ship, by name."""
    import bptui.scenarios

    folders = map(Path, bptui.scenarios.__path__)
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}
