"""Sessions recorded through keys; their logs read line by line, opened for replay, and played to the end."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import screens
from textual.pilot import Pilot

from bptui.core.log.log import Log
from bptui.core.log.output import Output, create
from bptui.core.log.recorded import RecordedTimeline
from bptui.tui.app import BptuiApp
from bptui.tui.arguments import parse
from bptui.tui.record import record
from bptui.tui.recorder import Recorder
from bptui.tui.replay import Replay

Line = dict[str, Any]
EVENTS = ("evaluate", "multiply", "accumulate", "update")
SIZE = (80, 24)


# ---- sessions


@asynccontextmanager
async def recording(
    scenario: str, path: Path, size: tuple[int, int] = SIZE, output: Output | None = None
) -> AsyncIterator[Pilot[None]]:
    """The debugger with a scenario, recorded to a new file from its first frame on, as `--record` does."""
    recorder = Recorder(output or create(str(path)), str(path))
    async with _opened(BptuiApp(screens.timeline(scenario), recorder=recorder), size) as pilot:
        yield pilot
    recorder.end()


@asynccontextmanager
async def replaying(path: Path, again: Path | None = None, size: tuple[int, int] = SIZE) -> AsyncIterator[Pilot[None]]:
    """The debugger with a log; recorded again to another file, if one is given."""
    log = opened(path)
    timeline = RecordedTimeline(log, log.scenario)
    recorder = Recorder(create(str(again)), str(again)) if again else Recorder()
    try:
        async with _opened(BptuiApp(timeline, recorder=recorder, replay=Replay(log, timeline)), size) as pilot:
            yield pilot
    finally:
        recorder.end()
        log._file.close()


@asynccontextmanager
async def _opened(app: BptuiApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    async with app.run_test(size=size) as pilot:
        await screens.until(pilot, lambda: bool(screens.text(pilot.app)[0]))
        yield pilot


async def record_from_here(pilot: Pilot[None], path: Path) -> list[str]:
    """Press r and type the file; returns the screen."""
    await screens.press(pilot, "r")
    return await screens.enter(pilot, str(path))


async def note(pilot: Pilot[None], text: str) -> list[str]:
    """Press a and type; returns the screen."""
    await screens.press(pilot, "a")
    return await screens.enter(pilot, text)


# ---- replays


@contextmanager
def at_once() -> Iterator[None]:
    """Replays wait for nothing between two lines."""
    with mock.patch.object(Replay, "pause_before_next", return_value=0.0):
        yield


async def to_the_end(pilot: Pilot[None]) -> list[str]:
    """Play a replay to the end of its track; returns the screen."""
    debugger, replay = screens.debugger(pilot), screens.debugger(pilot).replay
    assert replay is not None
    with at_once():
        await screens.press(pilot, "space")
        return await screens.until(pilot, lambda: replay.is_over and not (debugger.playing or debugger.is_working))


async def recorded_again(path: Path, again: Path) -> list[bytes]:
    """The lines, but for the first, of the recording of a replay."""
    async with replaying(path, again) as pilot:
        await to_the_end(pilot)
    return lines(again)


def copied(path: Path, again: Path) -> list[bytes]:
    """The lines, but for the first, that `bptui record LOG -o LOG2` writes."""
    record(str(path), parse(["record", str(path), "-o", str(again)])[1])
    return lines(again)


async def assert_the_same_again(path: Path) -> None:
    """A log, the recording of its replay, and its copy are the same bytes but for the first line."""
    assert await recorded_again(path, path.with_suffix(".again")) == lines(path)
    assert copied(path, path.with_suffix(".copy")) == lines(path)


# ---- logs


def opened(path: Path) -> Log:
    """A log with its index."""
    log = Log(str(path))
    for _ in log.indexed():
        pass
    return log


def lines(path: Path) -> list[bytes]:
    """The lines as they stand there, but for the first."""
    return path.read_bytes().splitlines(keepends=True)[1:]


def said(path: Path) -> list[Line]:
    """What each line but the first says."""
    return [json.loads(line) for line in lines(path)]


def did(path: Path) -> list[Line]:
    """What the reader did, without times and without the end."""
    dropped = ("crc", "time")
    track = (line for line in said(path) if line["event"] not in (*EVENTS, "mask", "cells", "end"))
    return [{key: value for key, value in line.items() if key not in dropped} for line in track]


def moves(path: Path) -> list[int]:
    """The positions that the reader went to."""
    return [line["position"] for line in did(path) if line["event"] == "move"]


def assert_written_before_shown(path: Path) -> None:
    """Each event stands once, in order, before the move that shows it; none stands there that was not shown.

    Before the first move are those before the iterations in which something had been changed already.
    """
    starts = _starts(path)
    written, shown, base = {0: 0}, {0: 0}, {0: (0, 0)}
    here = run = position = 0
    has_begun = False
    for line in said(path):
        match line["event"]:
            case "evaluate" | "multiply" | "accumulate" | "update":
                branch = line.get("branch", 0)
                assert line["n"] == written[branch] + 1
                written[branch] += 1
            case "edit":
                branch, start = line["branch"], starts.get(line["iteration"], 1 << 60)
                base[branch] = line["base"], start
                written[branch] = start
                shown[branch] = max(start, position)
                if not has_begun:
                    shown[line["base"]] = written[line["base"]]
                here = branch
            case "keep":
                run = here
            case "drop":
                here, position = run, line["position"]
                shown[here] = max(shown[here], position)
            case "move":
                position, has_begun = line["position"], True
                for branch in {here, run}:  # what is beside it is shown as well
                    shown[branch] = max(shown[branch], position)
                    assert written[branch] == shown[branch]
                below, start = base[here]
                assert written[below] >= min(position, start)


def _starts(path: Path) -> dict[int, int]:
    """The positions at which the iterations begin of which there is anything."""
    starts: dict[int, int] = {}
    for line in said(path):
        if line["event"] in EVENTS:
            starts[line["iteration"]] = min(starts.get(line["iteration"], line["n"]), line["n"] - 1)
    return starts
