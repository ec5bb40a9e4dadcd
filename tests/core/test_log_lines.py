"""The lines of a log: the sentence, the values and the order of keys of each step, masks, rows, and the first line."""

import base64
import hashlib
import json
import math
import os
import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from blowup import blows_up
from branches import LEARNS
from holding import FOLDER
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import opened, run

from bptui.core import Accumulate, Evaluate, Event, InputError, Multiply, Scenario, Timeline, Update, parse, read
from bptui.core.equations import equation
from bptui.core.jacobian import Array
from bptui.core.log.header import header
from bptui.core.log.lines import Lines
from bptui.core.log.output import create
from bptui.core.log.recording import Recording
from bptui.core.text import short

SHIPPED = sorted(path.stem for path in FOLDER.glob("*.toml"))
FLOAT32 = LEARNS.replace("\nprogram", "\ndtype = 'float32'\nprogram", 1)
WIDE = """
program = '''
u = W @ x + b
L = half_squared_error(tanh(u), y)
'''
[input]
x = { init = "normal", shape = [9, 8] }
[target]
y = { init = "normal", shape = [10, 8] }
[parameters]
W = { init = "xavier", shape = [10, 9] }
b = { init = "zeros", shape = [10, 1] }
[update]
rule = "momentum"
learning_rate = 0.1
iterations = 3
"""
"""Nearly all arrays have more than 64 cells."""

BEGINNING = ["event", "n", "text", "iteration", "phase"]
KEYS: dict[str, list[str]] = {
    "evaluate": [*BEGINNING, "node", "value"],
    "multiply": [*BEGINNING, "node", "argument", "variable", "upstream", "local", "downstream", "step"],
    "accumulate": [*BEGINNING, "variable", "count", "contributions", "total"],
    "update": [*BEGINNING, "parameter", "before", "gradient", "quantities", "after"],
    "mask": ["event", "text", "iteration", "name", "shape", "factor", "kept"],
    "cells": ["event", "of", "text", "name", "start", "cells"],
}

Line = dict[str, Any]


def recorded(folder: Path, scenario: Scenario, *, every: int = 1, full: bool = False, iterations: int = 0) -> Path:
    """The log of a run, or of its first iterations."""
    timeline, path = Timeline(scenario), folder / "run.bptlog"
    recording = Recording(
        create(str(path), force=True), header(scenario, every=every, full=full), timeline, lambda: 0.0
    )
    run(recording.events(timeline, timeline.calendar.start(iterations) if iterations else len(timeline)))
    recording.close()
    return path


def lines_of(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def steps_of(path: Path) -> list[Line]:
    return [line for line in lines_of(path)[1:] if "n" in line]


def written(x: Any) -> Any:
    """An array as JSON, written here once more; of a large one its shape and its hash."""
    x = np.asarray(x)
    if x.size > 64:
        return list(x.shape), hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()
    return said(x[:, 0].tolist() if x.ndim == 2 and x.shape[1] == 1 else x.tolist())


def said(listed: Any) -> Any:
    if isinstance(listed, list):
        return list(map(said, listed))
    sign = "-" * (math.copysign(1.0, listed) < 0.0)
    return listed if math.isfinite(listed) else sign + ("NaN" if math.isnan(listed) else "Infinity")


def in_line(value: Any) -> Any:
    """The same of what stands in a line."""
    if isinstance(value, dict):
        return (value["shape"], value["sha256"]) if "sha256" in value else {k: in_line(x) for k, x in value.items()}
    return list(map(in_line, value)) if isinstance(value, list) else value


def of_event(event: Event) -> dict[str, Any]:
    """What the line of an event must say besides its place and its sentence."""
    match event:
        case Evaluate(node=node):
            return {"event": "evaluate", "node": node.name, "value": written(event.value)}
        case Multiply(node=node):
            three = {name: written(getattr(event, name)) for name in ("upstream", "downstream")}
            local = written(event.local.shown)
            words = {"event": "multiply", "node": node.name, "argument": event.argument, "variable": event.variable}
            return {**words, **three, "local": local}
        case Accumulate():
            contributions = list(map(written, event.contributions))
            words = {"event": "accumulate", "variable": event.variable, "count": len(contributions)}
            return {**words, "contributions": contributions, "total": written(event.total)}
        case Update():
            three = {name: written(getattr(event, name)) for name in ("before", "gradient", "after")}
            between = {name: written(x) for name, x in event.quantities.items()}
            return {"event": "update", "parameter": event.parameter, **three, "quantities": between}


def sentence(timeline: Timeline, event: Event, n: int) -> str:
    """The sentence of a step, from its equation."""
    program = timeline.chapter(n).program
    names = event.node.arguments if isinstance(event, Evaluate) else ()
    values = {name: x for name in names if (x := timeline.value(name, n)) is not None}
    return str(equation(program, event, values, timeline.scenario.update))


def assert_said(lines: list[Line], timeline: Timeline) -> None:
    """Each line says its event, in its order of keys."""
    for n, line in enumerate(lines, start=1):
        event = timeline.event(n)
        assert event is not None
        keys = [*KEYS[line["event"]], "crc"]
        assert list(line) == [key for key in keys if key != "step" or "step" in line]
        assert (line["n"], line["iteration"], line["phase"]) == (n, event.iteration + 1, event.phase)
        expected = of_event(event)
        assert {key: in_line(value) for key, value in line.items() if key in expected} == expected
        assert line["text"] == short(sentence(timeline, event, n), 2_000)


# ---- each step ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_each_line_of_a_shipped_scenario_says_its_step(name: str, tmp_path: Path) -> None:
    scenario = read(FOLDER / f"{name}.toml")
    timeline = Timeline(scenario)
    lines = steps_of(recorded(tmp_path, scenario, iterations=min(scenario.iterations, 2)))
    assert len(lines) == timeline.reach(timeline.calendar.start(min(scenario.iterations, 2)))
    assert_said(lines, timeline)


@pytest.mark.parametrize("text", [LEARNS, FLOAT32, WIDE, blows_up(iterations=30), blows_up(iterations=4, rule="adam")])
def test_each_line_says_its_step_in_evaluations_and_where_the_run_stops(text: str, tmp_path: Path) -> None:
    timeline = Timeline(parse(text))
    lines = steps_of(recorded(tmp_path, timeline.scenario))
    assert len(lines) == timeline.reach(len(timeline))
    if text != FLOAT32:  # whose numbers are as short as a float32 may be
        assert_said(lines, timeline)


def test_the_steps_of_a_layer_are_those_of_the_course_text(tmp_path: Path) -> None:
    lines = steps_of(recorded(tmp_path, read(FOLDER / "tanh4.toml")))
    steps = [line.get("step", "") for line in lines if line["event"] == "multiply"]
    assert steps == ["", "A", "B", "C", "D", "A", "B", "C", "D", "A", "B", "C", "D", "A", "B", "C"]


def test_each_line_ends_with_the_crc_of_what_is_before_it(tmp_path: Path) -> None:
    for line in recorded(tmp_path, read(FOLDER / "tanh4.toml")).read_bytes().splitlines():
        body, mark, rest = line.rpartition(b',"crc":"')
        assert mark
        assert rest == b'%08x"}' % crc32(body)


def test_the_last_line_counts_the_others_and_has_their_hash(tmp_path: Path) -> None:
    path = recorded(tmp_path, parse(LEARNS))
    _, *between, end = path.read_bytes().splitlines(keepends=True)
    found = json.loads(end)
    assert list(found) == ["event", "text", "events", "lines", "sha256", "crc"]
    assert (found["event"], found["lines"]) == ("end", 1 + len(between))
    assert found["events"] == len(Timeline(parse(LEARNS)))
    assert found["sha256"] == hashlib.sha256(b"".join(between)).hexdigest()


def test_the_numbers_of_float32_are_short_in_each_line(tmp_path: Path) -> None:
    """In the second iteration as in the first: 0.1 is 0.1, not 0.10000000149011612."""
    text = (
        "dtype = 'float32'\nprogram = '''z = x*y'''\n[parameters]\nx = 0.1\n[constants]\ny = 0.3\n"
        "[update]\nrule = 'gradient_descent'\nlearning_rate = 0.125\niterations = 3\n"
    )
    timeline = Timeline(parse(text))
    lines = steps_of(recorded(tmp_path, timeline.scenario))
    assert len(lines) == len(timeline) == 9
    for n, line in enumerate(lines, start=1):
        event = timeline.event(n)
        assert event is not None
        for key in ("value", "upstream", "downstream", "before", "gradient", "after"):
            if key in line:
                assert line[key] == float(str(getattr(event, key)))


# ---- sentences ------------------------------------------------------------------------------------------------------

LINES = [
    *("-x", "x + y", "x - y", "x*y", "x/y", "x^2", "x^-2", "x^3", "x^y", "(-x)^2", "-x^2", "-(x - y)*(-2)", "2 - x"),
    *("tanh(x)", "exp(-x)", "log(x*x)", "relu(x) - y", "sum(x)", "mean(x)", "abs(x)", "maximum(x, y)", "identity(x)"),
    *("sigmoid(x)/y", "softplus(x)*x*x", "sqrt(x*x + y*y)", "half_squared_error(x, y)", "l2(x) + l1(y)", "-(-x)"),
]
EDGES = [0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 1e308, -1e308, 1e15, 123456.5, -0.1, 1e-7, -2.0]
NUMBERS = st.sampled_from(EDGES) | st.floats(allow_nan=False, allow_infinity=False) | st.floats(-10, 10)


@settings(max_examples=150, deadline=None)
@given(line=st.sampled_from(LINES), x=NUMBERS, y=NUMBERS, rule=st.sampled_from(["gradient_descent", "adam"]))
def test_sentences_of_scalars_are_those_of_their_equations(line: str, x: float, y: float, rule: str) -> None:
    """Two iterations: of the second nothing is made anew but the numbers."""
    values = (
        f"[parameters]\nx = {x!r}\n[constants]\ny = {y!r}\n"
        if re.search(r"\by\b", line)
        else f"[parameters]\nx = {x!r}\n"
    )
    timeline = Timeline(
        parse(f"program = '''z = {line}'''\n{values}[update]\nrule = '{rule}'\nlearning_rate = 0.1\niterations = 2\n")
    )
    lines, end = Lines(timeline), timeline.reach(len(timeline))
    chapters = [timeline.chapter(1), timeline.chapter(end)][: 1 + (timeline.chapter(end).number > 0)]
    with np.errstate(all="ignore"):
        found = [json.loads(each) for chapter in chapters for each in lines.of(chapter, 0, len(chapter.events))]
        assert_said(found, timeline)


@pytest.mark.parametrize("number", [0, 1])
def test_a_long_sum_is_cut_off_in_the_sentence_only(number: int, tmp_path: Path) -> None:
    """A sum of 400 contributions: 64 of them stand in the line."""
    terms = "\n".join(f"a{i} = x*{i}" for i in range(2, 402))
    rule = "[update]\nrule = 'gradient_descent'\nlearning_rate = 1e-9\niterations = 2\n"
    sums = "\n".join(f"s{i} = s{i - 1} + a{i}" for i in range(3, 402))
    text = f"program = '''\n{terms}\ns2 = a2 + x\n{sums}\n'''\n[parameters]\nx = 0.1\n{rule}"
    timeline = Timeline(parse(text))
    lines = steps_of(recorded(tmp_path, timeline.scenario))
    added = [line for line in lines if line["event"] == "accumulate" and line["variable"] == "x"][number]
    event = timeline.event(added["n"])
    assert isinstance(event, Accumulate)
    assert added["count"] == len(event.contributions) == 401
    assert added["contributions"] == list(map(float, event.contributions[:64]))
    assert len(added["text"]) == 2_000
    assert added["text"].endswith("…")
    assert sentence(timeline, event, added["n"]).startswith(added["text"][:-1])


# ---- hostile text ---------------------------------------------------------------------------------------------------

HOSTILE = '\u202eevil\u2066 \x1b[31m \x07 \x7f \u009b31m \u2028 \U000e0041 \U0010ffff \xad é 漢 😀 \\ "'
"""Among them, a tag and a noncharacter beyond U+FFFF, which JSON escapes as two surrogates each."""
ESCAPED = '"' + "".join(f"\\U{ord(character):08x}" for character in HOSTILE) + '"'
DATA = "d\u202e\x07\x7f\u009b\U000e0041.csv"


def hostile_scenario(folder: Path) -> Scenario:
    """Its title, notes and comments have such characters, as they are where TOML allows it; so has its data file."""
    (folder / DATA).write_text("1,2\n3,4\n")
    name = '"' + "".join(f"\\U{ord(character):08x}" for character in DATA) + '"'
    file = folder / "run\u202e\x1b[2J\x07\udcff.toml"
    file.write_text(
        f"# as they are: \u202e \u009b \u2028 \U000e0041\ntitle = {ESCAPED}\nabout = '\u202e\u009b'\n"
        "program = '''L = half_squared_error(W @ x, y)'''\n[parameters]\nW = [[0.5]]\n"
        f"[data]\nfile = {name}\ninput = {{ x = '1' }}\ntarget = {{ y = '2' }}\n"
        f"[[note]]\nat = 'start'\ntext = {ESCAPED}\n",
        encoding="utf-8",
    )
    return read(file)


def test_no_control_or_direction_sign_stands_in_a_log(tmp_path: Path) -> None:
    scenario = hostile_scenario(tmp_path)
    timeline, path = Timeline(scenario), tmp_path / "hostile.bptlog"
    recording = Recording(create(str(path)), header(scenario), timeline, lambda: 0.0)
    run(recording.events(timeline, len(timeline)))
    recording.note(1, HOSTILE)
    recording.select(3, HOSTILE)
    recording.close()
    lines = path.read_bytes().decode("utf-8").split("\n")
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    assert all(crc32(line.rpartition(',"crc":"')[0].encode()) == int(line[-10:-2], 16) for line in lines)


def test_what_is_escaped_reads_back(tmp_path: Path) -> None:
    scenario = hostile_scenario(tmp_path)
    timeline, path = Timeline(scenario), tmp_path / "hostile.bptlog"
    recording = Recording(create(str(path)), header(scenario), timeline, lambda: 0.0)
    run(recording.events(timeline, len(timeline)))
    recording.note(1, HOSTILE)
    recording.close()
    os.unlink(tmp_path / DATA)
    log = opened(path)
    assert log.is_complete
    assert (log.scenario.text, log.scenario.title) == (scenario.text, HOSTILE)
    assert log.scenario.notes[0].text == HOSTILE
    assert list(log.scenario.data) == [DATA]
    assert json.loads(path.read_bytes().splitlines()[0])["scenario"] == scenario.text
    note = next(line for line in lines_of(path) if line.get("event") == "note")
    assert note["note"] == HOSTILE
    assert getattr(log.did(0), "note", "") == HOSTILE


# ---- masks, every, full ---------------------------------------------------------------------------------------------


def unpacked(line: Line) -> list[float]:
    """The mask of a line, bit by bit."""
    kept = base64.b64decode(line["kept"])
    return [line["factor"] * (kept[i // 8] >> (7 - i % 8) & 1) for i in range(math.prod(line["shape"]))]


@pytest.mark.parametrize("p", [0.25, 0.5, 1 / 3])
def test_masks_are_those_that_were_drawn(p: float, tmp_path: Path) -> None:
    timeline = Timeline(parse(LEARNS.replace("p=0.25", f"p={p}")))
    lines = lines_of(recorded(tmp_path, timeline.scenario))
    masks = [line for line in lines if line.get("event") == "mask"]
    assert [line["iteration"] for line in masks] == list(range(1, 9))
    for line in masks:
        assert list(line) == [*KEYS["mask"], "crc"]
        (name,) = timeline.scenario.program.masks
        drawn = timeline.chapter_of(line["iteration"] - 1).given[name]
        assert (line["name"], line["shape"]) == (name, [3, 2])
        assert unpacked(line) == drawn.ravel().tolist()
        assert set(unpacked(line)) <= {0.0, 1 / (1 - p)}
        after = lines[lines.index(line) + 1]
        assert (after["iteration"], after["phase"]) == (line["iteration"], "forward")


@pytest.mark.parametrize(("every", "expected"), [(1, range(1, 9)), (3, [1, 4, 7, 8]), (7, [1, 8]), (50, [1, 8])])
def test_every_leaves_out_whole_iterations(every: int, expected: list[int], tmp_path: Path) -> None:
    timeline = Timeline(parse(LEARNS))
    lines = lines_of(recorded(tmp_path, timeline.scenario, every=every))
    assert lines[0]["every"] == every
    steps = [line for line in lines[1:] if "n" in line]
    positions = [n for n in range(1, len(timeline) + 1) if timeline.chapter(n).number + 1 in expected]
    assert [line["n"] for line in steps] == positions
    assert [line["iteration"] for line in lines if line.get("event") == "mask"] == list(expected)
    assert lines[-1]["events"] == len(positions)


def test_every_keeps_the_iteration_that_stops(tmp_path: Path) -> None:
    timeline = Timeline(parse(blows_up(iterations=30)))
    end = timeline.reach(len(timeline))
    last = timeline.chapter(end).number + 1
    assert last % 5 != 1
    steps = steps_of(recorded(tmp_path, timeline.scenario, every=5))
    assert (steps[-1]["n"], steps[-1]["iteration"]) == (end, last)
    assert {line["iteration"] for line in steps} == {*range(1, last, 5), last}


def all_arrays(line: Line) -> Iterator[tuple[str, Any]]:
    """Each array of a line, by its name in lines of cells."""
    for key, value in line.items():
        if key == "contributions":
            yield from ((f"{key}.{i}", each) for i, each in enumerate(value))
        elif key == "quantities":
            yield from ((f"{key}.{name}", each) for name, each in value.items())
        else:
            yield key, value


def test_full_writes_each_large_array_once_in_an_iteration(tmp_path: Path) -> None:
    lines = lines_of(recorded(tmp_path, parse(WIDE), full=True))
    assert lines[0]["full"] is True
    rows: dict[tuple[int, str], list[float]] = {}
    for line in lines[1:]:
        if line["event"] == "cells":
            assert list(line) == [*KEYS["cells"], "crc"]
            cells = rows.setdefault((line["of"], line["name"]), [])
            assert line["start"] == len(cells)
            assert 0 < len(line["cells"]) <= 64
            cells += line["cells"]
    named: list[tuple[int, str, str]] = []
    for line in lines[1:]:
        for name, value in all_arrays(line):
            if not isinstance(value, Mapping):
                continue
            place = (line["iteration"], value["sha256"])
            if place not in [each[::2] for each in named]:
                named.append((place[0], f"{line['n']} {name}", place[1]))
                cells = rows.pop((line["n"], name))
                assert hashlib.sha256(struct.pack(f"<{len(cells)}d", *cells)).hexdigest() == value["sha256"]
                assert len(cells) == math.prod(value["shape"]) > 64
    assert not rows  # none stands there twice, or without being named
    assert len(named) > 20


def test_without_full_there_are_no_cells(tmp_path: Path) -> None:
    lines = lines_of(recorded(tmp_path, parse(WIDE)))
    assert lines[0]["full"] is False
    assert all(line["event"] != "cells" for line in lines[1:])


# ---- the first line -------------------------------------------------------------------------------------------------

LARGE = """
program = '''L = l2(W) * x'''
[input]
x = 2.0
[parameters]
W = { file = "large.npy" }
[constants]
"""


def with_files(folder: Path, shape: tuple[int, int]) -> tuple[Path, bytes]:
    """A scenario with a large matrix beside it, and the content of its file."""
    weights: Array = np.arange(math.prod(shape), dtype=np.float64).reshape(shape)
    np.save(folder / "large.npy", weights)
    (folder / "mine.toml").write_bytes(LARGE.replace("[constants]\n", "# Ende: ü\r\n").encode())
    return folder / "mine.toml", (folder / "large.npy").read_bytes()


def test_the_first_line_says_what_was_run_on_what(tmp_path: Path) -> None:
    file, content = with_files(tmp_path, (300, 40))
    found = lines_of(recorded(tmp_path, read(file)))[0]
    assert list(found) == [
        *("bptlog", "text", "program", "numpy", "processor", "dtype", "every", "full", "started"),
        *("file", "scenario_sha256", "scenario", "data", "crc"),
    ]
    assert (found["bptlog"], found["numpy"], found["dtype"]) == (1, np.__version__, "float64")
    assert (found["every"], found["full"], found["file"]) == (1, False, "mine.toml")
    assert found["program"].startswith("bptui ")
    assert found["scenario"].encode() == file.read_bytes()
    assert found["scenario_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert found["data"] == {
        "large.npy": {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "base64": base64.b64encode(content).decode(),
        }
    }


def test_a_small_data_file_need_not_be_there(tmp_path: Path) -> None:
    file, _ = with_files(tmp_path, (300, 40))
    scenario = read(file)
    path = recorded(tmp_path, scenario)
    os.unlink(tmp_path / "large.npy")
    W = opened(path).scenario.parameters["W"]
    assert W.tobytes() == scenario.parameters["W"].tobytes()


@pytest.mark.parametrize(("cells", "is_embedded"), [(131_056, True), (131_057, False)])
def test_up_to_a_mebibyte_a_data_file_stands_in_the_log(cells: int, is_embedded: bool, tmp_path: Path) -> None:
    """With its 128 bytes of header a file of 131,056 numbers has 2²⁰ bytes."""
    file, content = with_files(tmp_path, (cells, 1))
    assert (len(content) <= 1 << 20) == is_embedded
    found = lines_of(recorded(tmp_path, read(file)))[0]["data"]["large.npy"]
    assert (found["base64"] is not None) == is_embedded
    assert (found["size"], found["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_large_data_file_is_looked_for_beside_the_log(tmp_path: Path) -> None:
    file, content = with_files(tmp_path, (131_057, 1))
    path = recorded(tmp_path, read(file))
    assert opened(path).is_complete
    (tmp_path / "large.npy").write_bytes(content[:-1] + b"\x01")
    with pytest.raises(InputError, match=r"large\.npy is not the file that was recorded"):
        opened(path)
    os.unlink(tmp_path / "large.npy")
    with pytest.raises(InputError, match=r"large\.npy: there is no such file"):
        opened(path)
