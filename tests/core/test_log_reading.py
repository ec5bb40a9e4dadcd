"""Reading a log: all that is whole, bit for bit, and nothing that is not; whatever a file says, it does no harm."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from branches import LEARNS
from holding import FOLDER
from logfiles import (
    RUNS,
    TINY,
    all_of,
    assert_the_same,
    begin,
    elsewhere,
    recorded,
    replayed,
    rewritten,
)
from logs import opened, run

from bptui.core import Timeline, parse, read
from bptui.core.errors import IncompleteError
from bptui.core.log.log import Log
from bptui.core.log.recorded import RecordedTimeline, differing

# ---- cut off --------------------------------------------------------------------------------------------------------


def whole_steps(data: bytes) -> int:
    return sum(b'"n":' in line for line in data[: data.rfind(b"\n") + 1].splitlines()[1:])


def test_a_log_cut_at_any_byte_opens_with_its_whole_events(tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(TINY))
    data, timeline, seen = path.read_bytes(), Timeline(parse(TINY)), set()
    begins = data.index(b"\n") + 1
    for size in range(begins):
        path.write_bytes(data[:size])
        with pytest.raises(IncompleteError, match="within its first line") as caught:
            Log(str(path))
        assert caught.value.file == str(path)
    for size in range(begins, len(data) + 1):
        path.write_bytes(data[:size])
        log, steps = opened(path), whole_steps(data[:size])
        assert log.spans[0].reach == steps
        is_torn = not data[:size].endswith(b"\n")
        number = data[:size].count(b"\n") + 1
        torn = f"line {number} is not whole: the log ends within it"
        ended = "" if size == len(data) else "the recording was not ended"
        assert log.problem == (torn if is_torn else ended)
        assert log.is_complete == (size == len(data))
        if steps not in seen:
            seen.add(steps)
            ours = RecordedTimeline(log, log.scenario)
            assert len(ours) == steps
            assert_the_same(ours, timeline, steps)
    assert seen == set(range(6))


def test_a_log_cut_within_an_iteration_opens_up_to_there(tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(LEARNS))
    lines, timeline = path.read_bytes().splitlines(keepends=True), Timeline(parse(LEARNS))
    for number in (2, 3, 9, 30, 31, 32, 60, 115, 140, len(lines) - 1):
        path.write_bytes(b"".join(lines[:number]) + lines[number][:-1])
        ours = replayed(path)
        assert len(ours) == ours.reach(1_000) == whole_steps(path.read_bytes())
        assert_the_same(ours, timeline, len(ours))
        for name in timeline.scenario.parameters:
            one, other = ours.value(name, len(ours)), timeline.value(name, len(ours))
            assert one is not None
            assert other is not None
            assert one.tobytes() == other.tobytes()


def test_without_a_step_the_scenario_is_there(tmp_path: Path) -> None:
    """As of a reader who looked at the start only."""
    timeline = Timeline(parse(LEARNS))
    recording, path = begin(tmp_path, timeline)
    run(recording.events(timeline, 0))
    recording.close()
    ours = replayed(path)
    assert (len(ours), ours.event(0)) == (0, None)
    assert list(ours.chapter(0).events) == []
    W = ours.value("W", 0)
    assert W is not None
    assert W.tobytes() == timeline.scenario.parameters["W"].tobytes()


# ---- damaged --------------------------------------------------------------------------------------------------------

DAMAGES: dict[str, Callable[[list[bytes], int], list[bytes]]] = {
    "a bit": lambda lines, at: [*lines[:at], lines[at].replace(b'":', b'";', 1), *lines[at + 1 :]],
    "a digit": lambda lines, at: [*lines[:at], lines[at][:-20] + b"7" + lines[at][-19:], *lines[at + 1 :]],
    "its CRC": lambda lines, at: [*lines[:at], lines[at][:-11] + b'z"}\n', *lines[at + 1 :]],
    "rubbish": lambda lines, at: [*lines[:at], os.urandom(40).replace(b"\n", b"x") + b"\n", *lines[at + 1 :]],
    "an empty line": lambda lines, at: [*lines[:at], b"\n", *lines[at:]],
    "no newline": lambda lines, at: [*lines[:at], lines[at][:-1], *lines[at + 1 :]],
    "missing": lambda lines, at: [*lines[:at], *lines[at + 1 :]],
    "twice": lambda lines, at: [*lines[:at], lines[at], *lines[at:]],
    "changed places": lambda lines, at: [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]],
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("step", [1, 5, 40, 120])
def test_a_log_is_read_up_to_the_first_line_that_is_not_as_written(damage: str, step: int, tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(LEARNS))
    lines = path.read_bytes().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if b'"n":%d,' % step in line)
    path.write_bytes(b"".join(DAMAGES[damage](lines, at)))
    log = opened(path)
    kept = step if damage == "twice" else step - 1
    assert log.spans[0].reach == kept
    assert log.problem.startswith(f"line {at + (2 if damage == 'twice' else 1)} ")
    assert log.problem.isprintable()
    assert not log.is_complete
    ours = RecordedTimeline(log, log.scenario)
    assert len(ours) == kept
    assert_the_same(ours, Timeline(parse(LEARNS)), kept)


@pytest.mark.parametrize("lines", [slice(None), slice(3, 4)])
def test_a_log_whose_lines_end_as_on_windows_is_read_and_said_so(lines: slice, tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(LEARNS))
    written = path.read_bytes().splitlines()
    changed = written[lines]
    path.write_bytes(b"".join(line + (b"\r\n" if line in changed else b"\n") for line in written))
    log = opened(path)
    assert log.problem == "its lines end as on Windows: an editor or a mail has changed it"
    assert_the_same(RecordedTimeline(log, log.scenario), Timeline(parse(LEARNS)), 256)


def test_lines_behind_the_end_are_none_of_the_log(tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(TINY))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines) + lines[-2])
    log = opened(path)
    assert log.problem == f"line {len(lines) + 1} comes behind the end"
    assert (log.spans[0].reach, log.is_complete) == (5, False)


def test_a_line_that_never_ends_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(TINY))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + b"x" * (3 << 20) + b"\n" + b"".join(lines[3:]))
    log = opened(path)
    assert log.problem == "line 4 is longer than any"
    assert log.spans[0].reach == 2


# ---- bit for bit ----------------------------------------------------------------------------------------------------


def test_any_iteration_is_read_without_those_before_it(tmp_path: Path) -> None:
    scenario = read(FOLDER / "xor.toml")
    log, calendar = opened(recorded(tmp_path, scenario)), Timeline(scenario).calendar
    for number in (57, 3, 99, 0, 58, 57):
        steps = [record.n for record in log.records(0, number) if hasattr(record, "n")]
        assert steps == list(range(calendar.start(number) + 1, calendar.start(number + 1) + 1))
    assert log.records(0, 100) == log.records(1, 0) == []


@pytest.mark.parametrize("options", [{}, {"every": 3}, {"full": True}, {"every": 5, "full": True}], ids=str)
@pytest.mark.parametrize("name", RUNS)
def test_a_recorded_run_is_the_run_bit_for_bit(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    scenario = parse(RUNS[name])
    path, timeline = recorded(tmp_path, scenario, **options), Timeline(scenario)
    end = timeline.reach(len(timeline))
    for _ in range(2):  # at home, and on another processor with the same numbers
        ours = replayed(path)
        assert ours.log.is_complete
        assert (len(ours), ours.reach(len(ours))) == (end, end)
        assert_the_same(ours, timeline, end)
        assert ours.stopped is None or all_of(ours.stopped) == all_of(timeline.stopped)
        assert (ours.stopped is None) == (timeline.stopped is None)
        find = differing(ours)
        assert not any(find(ours.chapter_of(number)) for number in range(timeline.chapter(end).number + 1))
        rewritten(path, elsewhere)


def test_an_iteration_that_is_left_out_and_was_not_reached_is_not_there(tmp_path: Path) -> None:
    timeline = Timeline(parse(LEARNS))
    recording, path = begin(tmp_path, timeline, every=3)
    run(recording.events(timeline, timeline.calendar.start(5)))
    assert len(replayed(path)) == timeline.calendar.start(3) + timeline.calendar.length
    recording.output.close()
