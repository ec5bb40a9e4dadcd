"""Whatever stands in a file that begins like a log, it is refused in a line, or harmless."""

import json
import os
import random
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from branches import LEARNS, STOPS
from logfiles import (
    RUNS,
    TINY,
    WIDE,
    Line,
    begin,
    compact,
    found,
    found_again,
)
from logs import opened, run

from bptui.core import InputError, Timeline, parse
from bptui.core.log.frame import printable
from bptui.core.log.header import header
from bptui.core.log.log import Log
from bptui.core.log.recorded import RecordedTimeline
from bptui.core.log.records import EditLine

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
