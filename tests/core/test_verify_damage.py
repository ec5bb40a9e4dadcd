"""Verifying logs that were damaged, cut off, joined or written by somebody who means no good."""

import json
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
import screens
from runs import finish
from verifying import SMALL, edit, ended, framed, log_of, number_of, report, said, session, with_value

from bptui.core import read
from bptui.core.errors import ExitCode, IncompleteError, InputError
from bptui.core.log.frame import is_whole
from bptui.core.log.log import LONGEST_LINE, Log
from bptui.core.log.verifying.findings import Findings
from bptui.core.log.verifying.reading_through import Reading
from bptui.core.log.verifying.verify import verified


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.bptlog"


@pytest.fixture
def lines(path: Path) -> list[bytes]:
    """Line 1 is the header, line 2 the mask, lines 3 to 15 steps 1 to 13; so on, an iteration in 14 lines."""
    return log_of(path, SMALL)


@pytest.fixture
def log(path: Path, lines: list[bytes]) -> Log:
    """One that stays open while its file changes behind the first line."""
    assert lines == path.read_bytes().splitlines(keepends=True)
    return Log(str(path))


def without(lines: Sequence[bytes], *numbers: int) -> list[bytes]:
    return [line for number, line in enumerate(lines, start=1) if number not in numbers]


# ---- missing, repeated, swapped


def test_a_step_is_missing(path: Path, lines: list[bytes]) -> None:
    found = report(path, without(lines, 7))
    assert said(found) == [
        "line 7: step 5 is missing before it",
        "line 57: says that there are 52 steps; there are 51",
        "line 57: says that there are 57 lines before it; there are 56",
        "line 57: has not the SHA-256 of the lines before it: they are not those that were written",
    ]
    assert (found.exit_code, found.events, found.is_complete) == (ExitCode.CHECK_FAILED, 51, True)
    assert said(report(path, ended(without(lines, 7)))) == ["line 7: step 5 is missing before it"]


def test_several_steps_are_missing(path: Path, lines: list[bytes]) -> None:
    found = report(path, ended(without(lines, 7, 8, 9, 40)))
    assert said(found) == ["line 7: steps 5 to 7 are missing before it", "line 37: step 36 is missing before it"]
    assert found.events == 48


def test_a_whole_iteration_is_missing(path: Path, lines: list[bytes]) -> None:
    found = report(path, ended(without(lines, *range(16, 30))))
    assert said(found) == ["line 17: steps 14 to 26 are missing before it"]
    assert found.events == 39


def test_the_last_steps_are_missing(path: Path, lines: list[bytes]) -> None:
    """The neighbours of what is missing are whole; the last line says how many there were."""
    found = report(path, without(lines, 55, 56, 57))
    assert said(found)[0] == "line 55: says that there are 52 steps; there are 49"
    assert found.exit_code == ExitCode.CHECK_FAILED


def test_an_iteration_that_is_not_left_out_is_missing(path: Path) -> None:
    lines = log_of(path, SMALL.replace("iterations = 4", "iterations = 7"), every=2)
    at = number_of(lines, b'"iteration":3')
    found = report(path, ended(lines[:at] + lines[at + 14 :]))
    assert said(found) == [f"line {at + 2}: steps 27 to 52 are missing before it"]


def test_an_iteration_that_is_left_out_is_there(path: Path) -> None:
    text = SMALL.replace("iterations = 4", "iterations = 7")
    all_lines, lines = log_of(path, text), log_of(path, text, every=2)
    found = report(path, ended([*lines[:15], *all_lines[15:29], *lines[15:]]))
    assert said(found) == ["line 16: is of iteration 2, which is left out in this log"]
    assert found.exit_code == ExitCode.CHECK_FAILED


def test_a_step_is_repeated(path: Path, lines: list[bytes]) -> None:
    found = report(path, ended([*lines[:10], lines[6], *lines[10:]]))
    assert said(found) == ["line 11: is step 5 again"]
    assert found.exit_code == ExitCode.CHECK_FAILED


@pytest.mark.parametrize("at", [5, 13])
def test_neighbours_are_swapped(path: Path, lines: list[bytes], at: int) -> None:
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    found = report(path, ended(lines))
    step = at - 1
    assert said(found) == [f"line {at + 1}: is swapped with line {at + 2}: step {step + 1} stands before step {step}"]
    assert found.events == 52


def test_a_step_comes_late(path: Path, lines: list[bytes]) -> None:
    moved = [*lines[:5], *lines[6:9], lines[5], *lines[9:]]
    assert said(report(path, ended(moved))) == ["line 9: is step 4, behind step 7"]


def test_a_note_is_taken_out_or_changed(path: Path) -> None:
    lines = session(path)
    at = number_of(lines, b'"event":"note"')
    found = report(path, without(lines, at + 1))
    assert [text.split(": ")[1].split(" ")[0] for text in said(found)] == ["says", "has"]
    lines[at] = edit(lines[at], b'"note":"now', b'"note":"not')
    assert said(report(path, lines)) == [
        f"line {len(lines)}: has not the SHA-256 of the lines before it: they are not those that were written"
    ]


# ---- damaged, edited


def test_a_line_is_damaged(path: Path, lines: list[bytes]) -> None:
    lines[6] = lines[6][:20] + b"\x00" + lines[6][21:]
    found = report(path, ended(lines))
    assert said(found)[:2] == ["line 7: is damaged", "line 8: step 5 is missing before it"]
    assert (found.exit_code, found.events) == (ExitCode.CHECK_FAILED, 51)


def test_a_value_is_edited_by_hand(path: Path, lines: list[bytes]) -> None:
    derived = json.loads(lines[6])["value"]
    lines[6] = lines[6].replace(f'"value":{derived!r}'.encode(), b'"value":0.5')
    found = report(path, ended(lines))
    assert said(found) == [
        "line 7: was edited or damaged: its CRC-32 is not that of its text",
        f"line 7: step 5: value is 0.5; {derived!r} is derived",
    ]
    assert found.exit_code == ExitCode.CHECK_FAILED


def test_lines_end_as_on_windows(path: Path, lines: list[bytes]) -> None:
    """It is said once; all else is as it was written."""
    found = report(path, [lines[0], *(line[:-1] + b"\r\n" for line in lines[1:])])
    assert said(found)[0] == "line 2: ends as on Windows: an editor or a mail has changed it"
    assert f"and {len(lines) - 2} lines more end so" in found.text()
    assert (found.events, found.exit_code) == (52, ExitCode.CHECK_FAILED)


def test_findings_are_counted(path: Path, lines: list[bytes]) -> None:
    damaged = [lines[0], *(b"x" * len(line) + b"\n" for line in lines[1:-1]), lines[-1]]
    found = report(path, damaged)
    assert said(found) == [f"line {number}: is damaged" for number in range(2, 22)]
    assert sum(found.more.values()) == len(lines) - 2 - 20 + 2  # the steps and the SHA-256 of the last line
    assert (found.events, found.exit_code) == (0, ExitCode.CHECK_FAILED)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("events", 51, "says that there are 51 steps; there are 52"),
        ("lines", 9, "says that there are 9 lines before it; there are 57"),
        ("sha256", "0" * 64, "has not the SHA-256"),
        ("text", "the end", "text is 'the end'; 'the end, after 52 steps' would be right"),
        ("events", 10**30, "says that there are 1,000"),
    ],
)
def test_the_last_line_is_wrong(path: Path, lines: list[bytes], key: str, value: object, says: str) -> None:
    (finding,) = said(report(path, [*lines[:-1], with_value(lines[-1], key, value)]))
    assert finding.startswith(f"line 58: {says}")


# ---- joined, cut off


def test_logs_are_joined(path: Path, lines: list[bytes]) -> None:
    for joined in (lines + lines, lines[:-1] + lines):
        found = report(path, joined)
        assert "is the first line of a log again: several were joined" in "".join(said(found))
        assert (found.exit_code, found.events) == (ExitCode.CHECK_FAILED, 52)


def test_something_comes_behind_the_end(path: Path, lines: list[bytes]) -> None:
    found = report(path, [*lines, lines[4], lines[5], b"\n"])
    assert said(found) == ["line 59: comes behind the end: something was joined to it"]
    assert "and 2 lines more come behind the end" in found.text()
    assert found.exit_code == ExitCode.CHECK_FAILED


@pytest.mark.parametrize("version", [0, 2, 99])
def test_another_version(path: Path, lines: list[bytes], version: int) -> None:
    lines[0] = edit(lines[0], b'"bptlog":1', b'"bptlog":%d' % version)
    with pytest.raises(InputError, match=rf"is of version {version}"):
        report(path, lines)


def test_it_was_not_ended(path: Path, lines: list[bytes]) -> None:
    found = report(path, lines[:-1])
    assert list(found.text())[1:] == ["the recording was not ended"]
    assert (found.exit_code, found.events) == (ExitCode.INCOMPLETE, 52)


def test_a_log_that_is_torn_at_any_byte(path: Path, log: Log, lines: list[bytes]) -> None:
    """What was written before is well, and exactly the steps that are whole are compared."""
    content, header = b"".join(lines), len(lines[0])
    for size in [*range(header, header + 700), *range(header + 700, len(content), 23)]:
        path.write_bytes(content[:size])
        found = finish(verified(log))
        whole = content[:size].splitlines(keepends=True)
        events = sum(b'"n":' in line for line in whole if line.endswith(b"\n"))
        assert (found.exit_code, found.events, said(found)) == (ExitCode.INCOMPLETE, events, [])
        is_cut = not whole[-1].endswith(b"\n")
        assert (f"the log ends within line {len(whole)}" in found.text()) == is_cut


def test_a_log_that_is_torn_within_its_first_line(path: Path, lines: list[bytes]) -> None:
    for size in range(0, len(lines[0]), 37):
        with pytest.raises(IncompleteError, match="ends within its first line"):
            report(path, [lines[0][:size]])


def test_a_log_that_is_torn_and_damaged(path: Path, lines: list[bytes]) -> None:
    lines[4] = lines[4].replace(b"a", b"b")
    assert report(path, [*lines[:9], lines[9][:30]]).exit_code == ExitCode.CHECK_FAILED


# ---- bits that are flipped


def test_every_flipped_bit_is_found(path: Path) -> None:
    """In a session with events, edits, notes and predictions: 3,000 of them, most by the order of the lines alone."""
    lines = session(path)
    content, chance = b"".join(lines), random.Random(1)
    log = Log(str(path))
    for i in range(3_000):
        bit = chance.randrange(8 * len(content))
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        parts = [part + b"\n" for part in bytes(flipped).split(b"\n")]
        parts[-1] = parts[-1][:-1]
        if not is_whole(parts[0]):
            continue  # that is found before anything is compared, as below
        findings = Findings()
        reading = Reading(log.calendar, log.header.every, findings)
        for part in filter(None, parts[1:]):
            reading.take(part)
        reading.close()
        assert findings or reading.is_torn or reading.end is None, bit
        if i % 30 == 0:
            path.write_bytes(flipped)
            assert finish(verified(log)).exit_code in (ExitCode.INCOMPLETE, ExitCode.CHECK_FAILED)


def test_a_flipped_bit_in_the_first_line(path: Path, lines: list[bytes]) -> None:
    chance = random.Random(2)
    for _ in range(100):
        at, bit = chance.randrange(len(lines[0])), chance.randrange(8)
        flipped = bytearray(lines[0])
        flipped[at] ^= 1 << bit
        with pytest.raises(InputError):
            report(path, [bytes(flipped), *lines[1:]])


# ---- lines that are whole, and mean no good

DEEP = b"[" * 900 + b"]" * 900
HOSTILE = {
    "no object": framed(b"[1]"),
    "an empty object": framed(b"{}"),
    "not UTF-8": framed(b'{"event":"keep","time":1.0,"text":"\xff"}'),
    "no event": framed(b'{"event":"explode","n":1}'),
    "too deep": framed(b'{"event":"evaluate","value":' + b"[" * 60_000 + b"]" * 60_000 + b"}"),
    "a key too many": framed(b'{"event":"keep","time":1.0,"text":"","more":1}'),
    "no time": framed(b'{"event":"keep","time":1e999,"text":""}'),
    "too long": b"x" * (3 * LONGEST_LINE + 5) + b"\n",
    "long and whole": framed(b'{"event":"note","time":1.0,"text":"","position":99,"note":"%b"}' % (b"x" * 900_000)),
    "an unknown branch": framed(
        b'{"event":"mask","text":"","iteration":1,"name":"","shape":[],"factor":1.0,"kept":"","branch":77}'
    ),
    "a mask of no iteration": framed(
        b'{"event":"mask","text":"","iteration":-5,"name":"","shape":[],"factor":1.0,"kept":""}'
    ),
    "cells of no step": framed(b'{"event":"cells","of":-1,"text":"","name":"value","start":0,"cells":[1.0]}'),
    "cells that are none": framed(b'{"event":"cells","of":1,"text":"","name":"value","start":-4,"cells":["x",[],{}]}'),
    "cells of what is small": framed(b'{"event":"cells","of":1,"text":"","name":"value","start":0,"cells":[1.0]}'),
    "no row": framed(b'{"event":"select","time":1.0,"text":"","row":-3}'),
    "step 0": framed(b'{"event":"evaluate","n":0,"text":"","iteration":1,"phase":"forward","node":"u","value":1.0}'),
    "a huge step": framed(
        b'{"event":"evaluate","n":1%b,"text":"","iteration":1,"phase":"forward","node":"u","value":1.0}' % (b"0" * 900)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("home", [True, False])
def test_a_hostile_line_is_a_finding(
    path: Path, lines: list[bytes], name: str, home: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.core.log.header.Header.is_at_home", home)
    found = report(path, ended([lines[0], HOSTILE[name], *lines[1:]]))
    assert said(found)[0].startswith("line 2: ")
    assert (found.exit_code, found.events) == (ExitCode.CHECK_FAILED, 52)
    assert all(text.isprintable() and len(text) < 400 for text in found.text())


VALUES = {
    "a deep list": json.loads(DEEP),
    "a huge number": 10**900,
    "words": "\x1b[31m‮ evil",
    "not a number": "NaN",
    "nothing": None,
    "a list": [[], {}, "x"],
    "a digest": {"shape": [1], "sha256": "", "minimum": None, "maximum": None, "norm": None, "not_finite": 0},
    "an empty object": {},
    "true": True,
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(
    ("kind", "key"),
    [("evaluate", "value"), ("multiply", "local"), ("accumulate", "contributions"), ("update", "quantities")],
)
@pytest.mark.parametrize("home", [True, False])
def test_a_hostile_value_is_a_finding(
    path: Path, lines: list[bytes], kind: str, key: str, value: object, home: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.core.log.header.Header.is_at_home", home)
    at = number_of(lines, b'"event":"%b"' % kind.encode())
    lines[at] = with_value(lines[at], key, value)
    found = report(path, ended(lines))
    assert said(found)[0].startswith(f"line {at + 1}: ")
    assert found.exit_code == ExitCode.CHECK_FAILED
    assert all(text.isprintable() and len(text) < 400 for text in found.text())


def test_thousands_of_branches_each_of_the_one_before(path: Path) -> None:
    """Nothing calls itself as deep as that."""
    lines = log_of(path, SMALL.replace("iterations = 4", "iterations = 3000"), upto=14)
    edits = [
        framed(
            b'{"event":"edit","time":1.0,"text":"","branch":%d,"base":%d,"iteration":%d,"name":"w","cell":null,'
            b'"value":1.0}' % (i, i - 1, min(i, 3000))
        )
        for i in range(1, 2001)
    ]
    move = framed(b'{"event":"move","time":1.0,"text":"","position":1}')
    predicted = framed(
        b'{"event":"prediction","time":1.0,"text":"asks to see it","position":6,"cell":[],"answer":null,'
        b'"tolerance":0.0,"right":false,"as_what":"","mistake":""}'
    )
    found = report(path, ended([*lines[:-1], *edits, move, predicted, lines[-1]]))
    assert (said(found), found.predictions) == ([], 1)


def test_a_scenario_of_another_kind_of_number(path: Path) -> None:
    lines = log_of(path, SMALL)
    lines[0] = edit(lines[0], b'"dtype":"float64"', b'"dtype":"float32"')
    assert said(report(path, lines)) == ["line 1: dtype is float32; the scenario's is float64"]


def test_steps_behind_a_stop(path: Path) -> None:
    """The run is over at a NaN; what is written behind it is not derived."""
    lines = log_of(path, read(screens.FOLDER / "tanh4.toml"))
    again = [edit(line, b'"n":33', b'"n":34') for line in lines[-2:-1]]
    found = report(path, ended([*lines[:-1], *again, lines[-1]]))
    assert said(found) == ["line 35: is step 34; those of branch 0 are 1 to 33"]
