"""Reading a log: all that is whole, bit for bit, and nothing that is not; whatever a file says, it does no harm."""

import json
import os
import random
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from branches import LEARNS, STOPS
from holding import FOLDER
from logs import opened, run
from runs import LEARNS as MOMENTUM

from bptui.core import Accumulate, Evaluate, Event, InputError, Multiply, Scenario, Timeline, Update, parse, read
from bptui.core.edits import parse_edit
from bptui.core.errors import IncompleteError
from bptui.core.log.branches import after_edit
from bptui.core.log.frame import printable
from bptui.core.log.header import header
from bptui.core.log.log import Log
from bptui.core.log.output import create
from bptui.core.log.recorded import RecordedTimeline, differing
from bptui.core.log.recording import Recording
from bptui.core.log.records import EditLine
from bptui.core.whatif import edited

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


RUNS = {
    "adam, dropout, batch norm, held out": LEARNS,
    "momentum": MOMENTUM,
    "it stops": STOPS,
    "large arrays": WIDE,
    "float32": LEARNS.replace("\nprogram", "\ndtype = 'float32'\nprogram", 1),
}


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


# ---- on another processor -------------------------------------------------------------------------------------------


def nudge(value: Any, ulps: int) -> Any:
    """The number, or each cell, so many units in the last place away; 0 stays what it is."""
    if isinstance(value, list):
        return [nudge(each, ulps) for each in value]
    return float(value + ulps * np.spacing(value)) if isinstance(value, float) and value else value


def numbers(line: Line, change: Callable[[Any], Any]) -> None:
    """Change the numbers of a step."""
    for key in ("value", "upstream", "downstream", "contributions", "total", "before", "gradient", "after"):
        if key in line:
            line[key] = change(line[key])
    if "quantities" in line:
        line["quantities"] = {key: change(value) for key, value in line["quantities"].items()}


def from_elsewhere(path: Path) -> Path:
    """Each number a few units in the last place away."""
    few = random.Random(5)

    def change(line: Line) -> None:
        elsewhere(line)
        numbers(line, lambda value: nudge(value, few.randint(-4, 4)))

    return rewritten(path, change)


def column(x: Any) -> Any:
    return np.asarray(x)[:, 0].tolist() if np.asarray(x).shape[1:] == (1,) else np.asarray(x).tolist()


@pytest.mark.parametrize("name", ["momentum", "xor"])
def test_elsewhere_the_recorded_numbers_are_what_is_shown(name: str, tmp_path: Path) -> None:
    scenario = parse(MOMENTUM) if name == "momentum" else read(FOLDER / "xor.toml")
    path = from_elsewhere(recorded(tmp_path, scenario))
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    steps = [line for line in lines if "n" in line]
    ours, timeline, changed = replayed(path), Timeline(scenario), 0
    pairs: list[tuple[Any, Any]]
    for line in steps:
        event = ours.event(line["n"])
        match event:
            case Evaluate():
                pairs = [(line["value"], event.value)]
            case Multiply():
                pairs = [(line["upstream"], event.upstream), (line["downstream"], event.downstream)]
            case Accumulate():
                pairs = [
                    (line["total"], event.total),
                    *zip(line["contributions"], event.contributions, strict=True),
                ]
            case Update():
                pairs = [(line[key], getattr(event, key)) for key in ("before", "gradient", "after")]
                pairs += [(line["quantities"][key], x) for key, x in event.quantities.items()]
                after = ours.state(line["iteration"]).parameters[line["parameter"]]
                assert line["iteration"] == scenario.iterations or column(after) == line["after"]
        assert [column(x) for _, x in pairs] == [said for said, _ in pairs]
        changed += all_of(event) != all_of(timeline.event(line["n"]))
    assert changed > len(steps) // 2


@pytest.mark.parametrize("name", ["momentum", "xor"])
def test_elsewhere_the_next_iteration_starts_from_what_is_recorded(name: str, tmp_path: Path) -> None:
    """Of its first iteration on, so that what comes next is derived from numbers that never were in a run."""
    scenario = parse(MOMENTUM) if name == "momentum" else read(FOLDER / "xor.toml")
    path = recorded(tmp_path, scenario)
    calendar = Timeline(scenario).calendar

    def change(line: Line) -> None:
        elsewhere(line)
        if line.get("iteration") == 1:
            numbers(line, lambda value: nudge(value, 3))

    rewritten(path, change)
    lines = path.read_bytes().splitlines(keepends=True)
    cut = next(i for i, line in enumerate(lines) if b'"n":%d,' % (calendar.start(1) + 1) in line)
    path.write_bytes(b"".join(lines[: cut + 1]))  # a log that ends with the first step of the second iteration
    state, remembers = replayed(path).state(1), {"momentum": ["v"], "xor": ["m", "v"]}[name]
    moved = [line for line in map(json.loads, lines[1:cut]) if line["event"] == "update"]
    assert len(moved) == len(scenario.parameters)
    for line in moved:
        assert column(state.parameters[line["parameter"]]) == line["after"]
        remembered = state.memory[line["parameter"]]
        assert {key: column(x) for key, x in remembered.items()} == {k: line["quantities"][k] for k in remembers}


def found(timeline: RecordedTimeline) -> list[int]:
    """The positions that differ."""
    find, last = differing(timeline), timeline.chapter(len(timeline)).number
    chapters = [timeline.chapter_of(number) for number in range(last + 1)]
    return [chapter.start + index + 1 for chapter in chapters for index in find(chapter)]


@pytest.mark.parametrize("name", ["momentum", "xor"])
def test_elsewhere_a_few_units_in_the_last_place_are_no_difference(name: str, tmp_path: Path) -> None:
    scenario = parse(MOMENTUM) if name == "momentum" else read(FOLDER / "xor.toml")
    path = recorded(tmp_path, scenario)
    assert found(replayed(path)) == []
    assert found(replayed(from_elsewhere(path))) == []


@pytest.mark.parametrize("kind", ["evaluate", "multiply", "accumulate", "update"])
@pytest.mark.parametrize("is_at_home", [True, False])
def test_a_larger_difference_is_found(kind: str, is_at_home: bool, tmp_path: Path) -> None:
    """At home one unit in the last place; elsewhere a part in 10⁹. No iteration starts from the last update."""
    path, changed = recorded(tmp_path, parse(MOMENTUM)), []
    steps = [line for line in map(json.loads, path.read_bytes().splitlines()) if line.get("event") == kind]
    chosen = (steps[-1] if kind == "update" else steps[len(steps) // 2])["n"]

    def change(line: Line) -> None:
        if not is_at_home:
            elsewhere(line)
        if line.get("n") == chosen:
            key = {"evaluate": "value", "multiply": "downstream", "accumulate": "total", "update": "after"}[kind]
            line[key] = nudge(line[key], 1 if is_at_home else 10_000_000)
            changed.append(chosen)

    assert found(replayed(rewritten(path, change))) == changed == [chosen]


def test_a_wrong_factor_is_found(tmp_path: Path) -> None:
    """The local derivative and the upstream of a step are compared as well, and its quantities."""
    path, expected = recorded(tmp_path, parse(MOMENTUM)), []

    def change(line: Line) -> None:
        for key, n in (("upstream", 31), ("local", 32)):
            if line.get("n") == n:
                line[key] = [[0.5]] if key == "local" else nudge(line[key], 1)
                expected.append(n)
        if line.get("event") == "update" and line["iteration"] == 17:
            line["quantities"]["rate"] = 0.25
            expected.append(line["n"])

    steps = path.read_bytes()
    assert b'"multiply","n":31,' in steps
    assert b'"multiply","n":32,' in steps
    assert found(replayed(rewritten(path, change))) == expected
    assert len(expected) == 5


def test_a_digest_that_does_not_fit_is_found(tmp_path: Path) -> None:
    """At home by its hash; elsewhere, where hashes are others anyway, by the numbers in it."""
    path, hashes, cells = recorded(tmp_path, parse(WIDE)), [], []

    def change(line: Line) -> None:
        if line.get("event") == "evaluate" and line["node"] == "u" and line["iteration"] in (2, 5):
            line["value"]["sha256"] = "0" * 64
            hashes.append(line["n"])
        if line.get("event") == "evaluate" and line["node"] == "u" and line["iteration"] == 3:
            line["value"]["last"][2] = nudge(line["value"]["last"][2], 10_000_000)
            cells.append(line["n"])

    rewritten(path, change)
    assert (len(hashes), len(cells)) == (2, 1)
    assert set(hashes) <= set(found(replayed(path))) <= {*hashes, *cells}
    rewritten(path, elsewhere)
    assert found(replayed(path)) == cells


def test_elsewhere_large_arrays_that_stand_in_full_are_what_is_shown(tmp_path: Path) -> None:
    """The first value of the second iteration, 10×8: the rows and the hash of another array."""
    path = recorded(tmp_path, parse(WIDE), full=True)
    ours = replayed(rewritten(path, elsewhere))
    target = next(event for event in ours.chapter_of(1).events if isinstance(event, Evaluate))
    other = target.value + 3 * np.spacing(target.value)
    old, new = (sha256(np.ascontiguousarray(x).tobytes()).hexdigest() for x in (target.value, other))
    cells, first = other.ravel().tolist(), ours.chapter_of(1).start + 1

    def change(line: Line) -> None:
        if line.get("of") == first and line["name"] == "value":
            line["cells"] = cells[line["start"] : line["start"] + 64]
        for key, value in line.items():
            if isinstance(value, dict) and value.get("sha256") == old:
                line[key] = {**value, "sha256": new, "first": cells[:3], "last": cells[-3:]}

    ours = replayed(rewritten(path, change))
    shown = ours.event(first)
    assert isinstance(shown, Evaluate)
    assert shown.value.tobytes() == other.tobytes()
    assert found(ours) == []


# ---- branches -------------------------------------------------------------------------------------------------------


def branch_off(recording: Recording, base: Timeline, text: str, first: int) -> Timeline:
    """Type an edit at an iteration, as it is recorded."""
    edit = parse_edit(text, base.scenario)
    scenario, state = edited(base.scenario, base.state(first), first, edit)
    branch = Timeline(scenario, base=base, first=first, state=state)
    recording.edit(branch, recording.number(base), edit, first)
    return branch


def found_again(log: Log, index: int, bases: dict[int, RecordedTimeline]) -> RecordedTimeline:
    line = log.did(index)
    assert isinstance(line, EditLine)
    scenario, state = after_edit(line, bases[line.base])
    base, first = bases[line.base], line.iteration - 1
    bases[line.branch] = RecordedTimeline(log, scenario, line.branch, base=base, first=first, state=state)
    return bases[line.branch]


@pytest.mark.parametrize("options", [{}, {"every": 3}, {"full": True}], ids=str)
@pytest.mark.parametrize("edit", ["W[1, 0] = 0.75", "b = [1, 2, 3]", "η = 0.5", "x[0, 1] = 4", "g[2] = 0"])
@pytest.mark.parametrize("first", [0, 2, 4])
def test_a_branch_is_found_again(edit: str, first: int, options: dict[str, Any], tmp_path: Path) -> None:
    run_, calendar = Timeline(parse(LEARNS)), Timeline(parse(LEARNS)).calendar
    recording, path = begin(tmp_path, run_, **options)
    run(recording.events(run_, calendar.start(first) + 3))
    branch = branch_off(recording, run_, edit, first)
    run(recording.events(branch, len(branch)))
    recording.keep()
    recording.close()
    log = opened(path)
    assert log.is_complete
    assert list(log.spans) == [0, 1]
    ours = found_again(log, 0, {0: RecordedTimeline(log, log.scenario)})
    assert len(ours) == len(branch)
    assert_the_same(ours, branch, len(branch))
    assert found(ours) == []


def test_branches_of_branches_are_found_again_whatever_is_recorded_between(tmp_path: Path) -> None:
    run_ = Timeline(parse(LEARNS))
    start = run_.calendar.start
    recording, path = begin(tmp_path, run_)
    run(recording.events(run_, start(3) + 7))
    one = branch_off(recording, run_, "W[1, 0] = 0.75", 3)
    run(recording.events(one, start(5) + 2))
    two = branch_off(recording, one, "V[0, 1] = 2", 5)
    run(recording.events(two, start(6) + 9))
    recording.drop(start(3) + 7)
    run(recording.events(run_, start(4) + 1))
    three = branch_off(recording, run_, "η = 0.5", 2)
    run(recording.events(one, start(5) + 4))
    run(recording.events(three, start(2) + 1))
    run(recording.events(two, start(7)))
    recording.close()
    log = opened(path)
    assert (log.problem, [span.reach for span in log.spans.values()]) == (
        "",
        [start(4) + 1, start(5) + 4, start(7), start(2) + 1],
    )
    bases = {0: RecordedTimeline(log, log.scenario)}
    edits = [i for i in range(len(log.track)) if isinstance(log.did(i), EditLine)]
    for index, (branch, reach) in zip(
        edits, [(one, start(5) + 4), (two, start(7)), (three, start(2) + 1)], strict=True
    ):
        ours = found_again(log, index, bases)
        assert len(ours) == reach
        assert_the_same(ours, branch, reach)
    assert_the_same(bases[0], run_, len(bases[0]))


def test_a_node_is_shifted_in_the_branch_as_it_was(tmp_path: Path) -> None:
    run_ = Timeline(read(FOLDER / "tanh4.toml"))
    recording, path = begin(tmp_path, run_)
    branch = branch_off(recording, run_, "u2 = 0.25", 0)
    run(recording.events(branch, len(branch)))
    recording.close()
    log = opened(path)
    ours = found_again(log, 0, {0: RecordedTimeline(log, log.scenario)})
    assert_the_same(ours, branch, len(branch))


def test_a_parameter_may_be_called_η(tmp_path: Path) -> None:
    text = "program = '''z = sum(η*x)'''\n[input]\nx = [1, 2]\n[parameters]\n'η' = [0.5, 0.25]\n"
    run_ = Timeline(parse(text))
    recording, path = begin(tmp_path, run_)
    branch = branch_off(recording, run_, "η = [3, 4]", 0)
    run(recording.events(branch, len(branch)))
    recording.close()
    log = opened(path)
    ours = found_again(log, 0, {0: RecordedTimeline(log, log.scenario)})
    assert_the_same(ours, branch, len(branch))


# ---- hostile --------------------------------------------------------------------------------------------------------


def check(error: InputError) -> None:
    assert str(error).isprintable()
    assert error.hint


def attempt(path: Path) -> None:
    """Do with a log all that can be done; InputError or `problem` are the only ways to fail."""
    try:
        log = opened(path)
    except InputError as error:
        check(error)
        return
    assert log.problem.isprintable()
    bases = {0: RecordedTimeline(log, log.scenario)}
    for index in range(min(len(log.track), 50)):
        line = log.did(index)
        if isinstance(line, EditLine) and line.base in bases:
            try:
                found_again(log, index, bases)
            except InputError as error:
                check(error)
    for timeline in bases.values():
        for position in range(min(timeline.reach(len(timeline)), 12) + 1):
            timeline.event(position)
            timeline.value("L", position)
        assert all(0 < position <= timeline.calendar.total for position in found(timeline))
    list(log.walk())


@cache
def first_line(text: str) -> bytes:
    return printable(header(parse(text)))


def written_log(path: Path, text: str, *lines: bytes) -> Path:
    """A log of a scenario with these lines."""
    path.write_bytes(first_line(text) + b"".join(lines))
    return path


def raw(text: str) -> bytes:
    """A whole line of this text, which need not be JSON."""
    data = text.encode("utf-8", "surrogatepass").removesuffix(b"}")
    return b'%b,"crc":"%08x"}\n' % (data, crc32(data))


def raw_bytes(data: bytes) -> bytes:
    return b'%b,"crc":"%08x"}\n' % (data, crc32(data))


EVALUATE = '{"event":"evaluate","n":1,"text":"","iteration":1,"phase":"forward","node":"u","value":%s}'
MULTIPLY = (
    '{"event":"multiply","n":1,"text":"","iteration":1,"phase":"backward","node":"u","argument":0,"variable":"W",'
    '"upstream":%s,"local":%s,"downstream":%s}'
)
MASK = '{"event":"mask","text":"","iteration":1,"name":"d·1·mask","shape":%s,"factor":%s,"kept":"%s"}'
EDIT = '{"event":"edit","time":0.0,"text":"","branch":1,"base":0,"iteration":%s,"name":"%s","cell":%s,"value":%s}'
CELLS = '{"event":"cells","of":%s,"text":"","name":"value","start":%s,"cells":%s}'
GOOD = "[[1.0,2.0],[3.0,4.0],[5.0,6.0]]"
HUGE = "1" + "0" * 400
NESTED = "[" * 50_000 + "]" * 50_000
DIGEST = '{"shape":[3,2],"sha256":"%s","minimum":0.0,"maximum":1.0,"norm":1.0,"not_finite":0,"first":[%s],"last":[1.0]}'
VALUES = [
    *("null", "true", '"x"', "1.0", "{}", "[]", NESTED, "[" * 400 + "]" * 400, HUGE, f"[[{HUGE}]]", "-0", GOOD),
    *('["NaN","NaN"]', '[["NaN",1],[1,1],[1,"Infinity"]]', "1e999", "1e-999", '"\\ud800"', "0x10", '{"a":{"b":[]}}'),
    *(DIGEST % (sha, cell) for sha in ("", "0" * 64, "x" * 1_000) for cell in ("1.0", HUGE, '"NaN"', '"x"', "null")),
]
HOSTILE_LINES: list[list[bytes]] = [
    *([raw(EVALUATE % value)] for value in VALUES),
    *([raw(MULTIPLY % (value, "1.0", value))] for value in VALUES[:12]),
    # ---- steps that are none, or others than their numbers say
    [raw('{"event":"evaluate","n":1}')],
    [raw('{"event":"evaluate","n":1,"n":2,"text":"","iteration":1,"phase":"forward","node":"u","value":1.0}')],
    [raw(EVALUATE.replace('"text"', '"n":-50,"text"') % GOOD), raw(EVALUATE.replace('"n":1', '"n":2') % GOOD)],
    [raw(EVALUATE.replace('"n":1', '"n":999999999999999999999') % GOOD)],
    [raw(EVALUATE.replace('"n":1', '"n":0') % GOOD)],
    [raw(EVALUATE.replace('"n":1', f'"n":{HUGE}') % GOOD)],
    [raw(EVALUATE.replace('"iteration":1', f'"iteration":{HUGE}') % GOOD)],
    [raw((EVALUATE % GOOD)[:-1] + ',"branch":1}')],
    [raw((EVALUATE % GOOD)[:-1] + ',"branch":-1}')],
    [raw((EVALUATE % GOOD)[:-1] + f',"branch":{HUGE}}}')],
    [raw((EVALUATE % GOOD)[:-1] + ',"unknown":1}')],
    [raw(MULTIPLY % (GOOD, GOOD, GOOD)), raw(EVALUATE.replace('"n":1', '"n":2') % GOOD)],
    [raw('{"event":"update","n":1,"text":"","iteration":1,"phase":"update","parameter":"W","before":1,"gradient":2,'
         '"quantities":{},"after":3}')],
    [raw('{"event":"accumulate","n":1,"text":"","iteration":1,"phase":"backward","variable":"W","count":9,'
         '"contributions":[],"total":1}')],
    # ---- what is no line at all
    [raw(NESTED)],
    [raw('{"event":' + NESTED)],
    [raw('{"event":"note","time":0,"text":"","position":0,"note":' + NESTED)],
    [raw('{"event":"nothing"')],
    [raw('{"event":"note","time":1e400,"text":"","position":0,"note":""}')],
    [raw(f'{{"event":"note","time":{HUGE},"text":"","position":{HUGE},"note":""}}')],
    [raw(f'{{"event":"move","time":0,"text":"","position":{HUGE}}}')],
    [raw(f'{{"event":"select","time":0,"text":"","row":-{HUGE}}}')],
    [raw("{")],
    [raw('{"event":"note","time":0,"text":"\udc80","position":0,"note":""}')],
    [raw_bytes(b'{"event":"note","time":0,"text":"\xff","position":0,"note":""')],
    [raw_bytes(b'{"event":"evaluate","n":1,"text":"\xff\xfe","iteration":1,"phase":"x","node":"u","value":1.0')],
    [raw('{"event":"note","time":0,"text":"\\ud800","position":0,"note":""}')],
    [raw('{"event":"end","text":"","events":-1,"lines":99,"sha256":"no"}')],
    [raw('{"bptlog":1}')],
    # ---- masks and rows
    *(
        [raw(MASK % mask), raw(EVALUATE % GOOD)]
        for mask in [
            *(("[3,2]", "2.0", kept) for kept in ("", "AA==", "////", "!!!!", "é", "A", "AAAA" * 10_000)),
            *((shape, "2.0", "AA==") for shape in ("[]", "[0]", "[-1]", "[-3,-2]", f"[{HUGE}]", "[1,3,2]", "[2,3]")),
            *((shape, "2.0", "AA==") for shape in (str([1] * 70), str([1] * 33), str([1 << 62] * 4), "[4294967296]")),
            *(("[3,2]", factor, "/A==") for factor in ("1e308", "-1.0", "0.0", "5e-324", HUGE, '"NaN"')),
        ]
    ),
    *(
        [raw(CELLS % cells), raw(EVALUATE % (DIGEST % ("0" * 64, "1.0")))]
        for cells in [("1", "0", VALUES[i]) for i in range(12)]
        + [(HUGE, "-5", "[1.0]"), ("1", HUGE, '["NaN:7ff8000000000001"]'), ("1", "0", "[null]"), ("1", "0", '[{}]')]
    ),
    # ---- edits
    *(
        [raw(EDIT % edit)]
        for edit in [
            *((iteration, "W", "[0,0]", "1.0") for iteration in ("0", "-1", "9", "8", HUGE, "1.5")),
            *(("3", "W", cell, "1.0") for cell in ("[]", "[0]", "[-1,-1]", "[-9,0]", "[3,0]", f"[{HUGE},0]", "null")),
            *(("3", name, "null", "1.0") for name in ("L", "d·1·mask", "n·mean", "", "η", "0.25", "u", "\\u202e")),
            *(("3", name, "[0,0]", "1.0") for name in ("d·1·mask", "η", "x", "u", "y")),
            *(("3", "η", "null", value) for value in ("0.0", "-1.0", '"NaN"', HUGE, "[]")),
            *(("3", "W", "null", value) for value in VALUES[:20]),
            *(("3", "x", "[0,0]", value) for value in ("1e308", '"Infinity"', "-0.0")),
        ]
    ),
    [raw(EDIT.replace('"branch":1', '"branch":2') % ("1", "W", "[0,0]", "1.0"))],
    [raw(EDIT.replace('"branch":1', '"branch":-1') % ("1", "W", "[0,0]", "1.0"))],
    [raw(EDIT.replace('"base":0', '"base":1') % ("1", "W", "[0,0]", "1.0"))],
    [raw(EDIT.replace('"base":0', f'"base":{HUGE}') % ("1", "W", "[0,0]", "1.0"))],
    [
        raw(EDIT % ("8", "W", "[0,0]", "1.0")),
        raw(EDIT.replace('"branch":1,"base":0', '"branch":2,"base":1') % ("2", "W", "[0,0]", "1.0")),
    ],
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(HOSTILE_LINES)))
def test_whole_lines_that_say_nonsense_do_no_harm(number: int, tmp_path: Path) -> None:
    attempt(written_log(tmp_path / "hostile.bptlog", LEARNS, *HOSTILE_LINES[number]))


@pytest.mark.parametrize("text", [STOPS, WIDE, RUNS["float32"], TINY])
def test_each_kind_of_line_with_each_value_in_each_place_does_no_harm(text: str, tmp_path: Path) -> None:
    """In a whole log of the first steps, one value after the other is put into the place of a random number."""
    timeline = Timeline(parse(text))
    recording, path = begin(tmp_path, timeline, full=True)
    run(recording.events(timeline, min(len(timeline), 12)))
    recording.output.close()
    lines, chance = path.read_bytes().splitlines(keepends=True), random.Random(6)
    for value in [*VALUES, '"NaN"', "1e300", "[1e300]", "-1"]:
        changed = []
        for line in lines[1:]:
            data = line[: line.rfind(b',"crc"')].decode()
            keys = ['"value":', '"downstream":', '"after":', '"cells":', '"kept":', '"factor":']
            key = chance.choice([key for key in keys if key in data] or [data[-1]])
            head, _, _ = data.rpartition(key)
            rest = ',"branch":0' if key == '"cells":' else ""
            good = chance.random() < 0.5 or key not in keys
            whole = data if good else f"{head}{key}{value}{rest}"
            changed.append(raw_bytes(whole.encode()))
        path.write_bytes(lines[0] + b"".join(changed))
        attempt(path)


def test_many_branches_are_no_harm(tmp_path: Path) -> None:
    edit = EDIT % ("1", "x", "null", "0.5")
    lines = [raw(edit.replace('"branch":1', f'"branch":{number}')) for number in range(1, 10_002)]
    log = opened(written_log(tmp_path / "hostile.bptlog", TINY, *lines))
    assert log.problem.startswith("line 10,001 begins branch 10,000")
    assert len(log.spans) == 10_000


def changed_header(folder: Path, changes: Line) -> Path:
    path = written_log(folder / "hostile.bptlog", TINY)
    line = json.loads(path.read_bytes())
    path.write_bytes(compact({key: value for key, value in {**line, **changes}.items() if value is not ...}))
    return path


SHA = "5" * 64
NONSENSE: dict[str, list[Any]] = {
    **{key: [..., None, 1, [], "\u202e", "\0", "../../etc/x"] for key in ("text", "file", "numpy")},
    "every": [0, -1, 10**30, 1.5, True, "3"],
    "full": [1, "yes", None],
    "scenario": ["", "x", TINY + "#", 7, None, "\0", "[" * 70_000],
    "scenario_sha256": ["", SHA, None],
    "data": [
        *([], None, {"a": 1}, {"a": {}}),
        *({"a": {"size": 1, "sha256": SHA, "base64": text}} for text in ("", "é", "!", "QQ==", "A" * 2_000_000)),
        {"a": {"size": 10**400, "sha256": SHA, "base64": None}},
        {"a\u202e.csv": {"size": -1, "sha256": "", "base64": None}},
    ],
    "dtype": ["float16"],
    "unknown": [1],
    "bptlog": [2, 10**400, "1", None],
}
HEADERS = [{key: value} for key, values in NONSENSE.items() for value in values]


@pytest.mark.parametrize("changes", HEADERS, ids=range(len(HEADERS)))
def test_first_lines_that_say_nonsense_do_no_harm(changes: Line, tmp_path: Path) -> None:
    attempt(changed_header(tmp_path, changes))


@pytest.mark.parametrize(
    "line",
    [
        *(b"", b"\n", b"{}\n", b"x\n", b"\xff\xfe\n", b'{"bptlog":1}\n', b'{"bptlog":1,"crc":"00000000"}\n'),
        *(raw('{"bptlog":' + NESTED), raw('{"bptlog":1,"data":' + NESTED), raw_bytes(b'{"bptlog":1,"text":"\xff"')),
        *(b"\0" * 100, b'{"bptlog":1,"text":"' + b"x" * (9 << 20) + b'"}\n'),
    ],
    ids=range(12),
)
def test_first_lines_that_are_none_are_refused(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "hostile.bptlog").write_bytes(line)
    with pytest.raises(InputError) as caught:
        Log(str(tmp_path / "hostile.bptlog"))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    assert caught.value.line == 1


def test_another_version_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is of version 2; this bptui reads version 1"):
        Log(str(changed_header(tmp_path, {"bptlog": 2})))


def test_a_scenario_that_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the scenario in it was changed"):
        Log(str(changed_header(tmp_path, {"scenario": TINY.replace("0.3", "0.4")})))
    path = written_log(tmp_path / "hostile.bptlog", TINY)
    path.write_bytes(path.read_bytes().replace(b"x = 0.3", b"x = 0.4"))
    with pytest.raises(InputError, match="the first line is damaged"):
        Log(str(path))


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "missing", "nul"])
def test_what_is_no_file_is_refused_without_waiting(kind: str, tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    match kind:
        case "folder":
            os.mkdir(path)
        case "pipe":
            os.mkfifo(path)
        case "device":
            path = "/dev/zero"
        case "nul":
            path += "\0"
    with pytest.raises(InputError) as caught:
        Log(path)
    assert "log" in caught.value.hint
    assert str(caught.value).isprintable()
