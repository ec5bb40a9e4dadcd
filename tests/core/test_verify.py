"""Verifying logs: every value and sentence derived again, every prediction graded again."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
import screens
from blowup import blows_up
from runs import LEARNS
from verifying import (
    SMALL,
    WIDE,
    begun,
    edit,
    ended,
    log_of,
    number_of,
    report,
    said,
    session,
    with_value,
    write,
)

from bptui.core import Timeline, Update, parse, read
from bptui.core.chapter import Chapter
from bptui.core.edits import parse_edit
from bptui.core.errors import ExitCode
from bptui.core.log.compare import ULPS
from bptui.core.log.header import Header
from bptui.core.training import State
from bptui.core.whatif import edited

TANH4 = read(screens.FOLDER / "tanh4.toml")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.bptlog"


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each log came from another processor."""
    monkeypatch.setattr(Header, "is_at_home", False)


# ---- what is well


@pytest.mark.parametrize("home", [True, False])
@pytest.mark.parametrize(("every", "full"), [(1, False), (1, True), (2, False), (2, True)])
@pytest.mark.parametrize(
    "text", [LEARNS, WIDE, SMALL, blows_up(iterations=60)], ids=["learns", "wide", "small", "stops"]
)
def test_what_was_written_is_well(
    path: Path, text: str, every: int, full: bool, home: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Header, "is_at_home", home)
    lines = log_of(path, text, every=every, full=full)
    found = report(path, lines)
    assert (said(found), found.exit_code, found.exactly) == ([], ExitCode.OK, home)
    assert found.events == json.loads(lines[-1])["events"] > 0


def test_a_shipped_scenario_with_data(path: Path) -> None:
    found = report(path, log_of(path, read(screens.FOLDER / "digits.toml"), upto=17 * 23 + 10))
    assert (found.exit_code, found.events) == (ExitCode.OK, 17 * 23 + 10)


@pytest.mark.parametrize("home", [True, False])
def test_a_session_is_well(path: Path, home: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Header, "is_at_home", home)
    lines = session(path)
    found = report(path, lines)
    assert list(found.text())[1:] == ["5 predictions as graded again", "the log is complete"]
    assert (found.exit_code, found.events, found.lines) == (ExitCode.OK, json.loads(lines[-1])["events"], len(lines))


def test_the_report_of_a_run_that_is_well(path: Path) -> None:
    found = report(path, log_of(path, TANH4))
    assert list(found.text()) == ["33 steps as derived from the scenario, bit for bit", "the log is complete"]


# ---- what is edited


def test_both_values_are_named(path: Path) -> None:
    lines = log_of(path, TANH4)
    at = number_of(lines, b'"variable":"u3"')
    derived = json.loads(lines[at])["downstream"]
    assert derived == pytest.approx(-9 / np.cosh(4) ** 2, rel=1e-2)
    lines[at] = with_value(lines[at], "downstream", -0.5)
    found = report(path, ended(lines))
    step = json.loads(lines[at])["n"]
    assert said(found) == [f"line {at + 1}: step {step}: downstream is -0.5; {derived!r} is derived"]
    assert (found.exit_code, found.events) == (ExitCode.CHECK_FAILED, 32)


KEYS = {
    "evaluate": {"iteration": 9, "phase": "backward", "node": "q", "value": 0.125, "text": "u = 1"},
    "multiply": {
        "node": "q",
        "argument": 7,
        "variable": "q",
        "upstream": 0.125,
        "local": 0.125,
        "downstream": 0.125,
        "text": "u = 1",
    },
    "accumulate": {"variable": "q", "count": 3, "contributions": [0.125, 0.5], "total": 0.125, "text": "u = 1"},
    "update": {
        "parameter": "q",
        "before": 0.125,
        "gradient": 0.125,
        "quantities": {"rate": 0.125},
        "after": 0.125,
        "text": "u = 1",
    },
}


@pytest.mark.parametrize("home", [True, False])
@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, keys in KEYS.items() for key in keys])
def test_every_key_of_an_event(path: Path, kind: str, key: str, home: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Header, "is_at_home", home)
    lines = log_of(path, SMALL)
    at = number_of(lines, b'"event":"%b"' % kind.encode(), begin=15)
    lines[at] = with_value(lines[at], key, KEYS[kind][key])
    found = report(path, ended(lines))
    assert len(said(found)) == 1
    assert said(found)[0].startswith(f"line {at + 1}: step {json.loads(lines[at])['n']}: {key}")
    assert (found.exit_code, found.events) == (ExitCode.CHECK_FAILED, json.loads(lines[-1])["events"] - 1)


def test_minus_zero_is_not_zero(path: Path) -> None:
    lines = log_of(path, SMALL)
    at = number_of(lines, b'"downstream":0.0')
    lines[at] = edit(lines[at], b'"downstream":0.0', b'"downstream":-0.0')
    (finding,) = said(report(path, ended(lines)))
    assert finding.endswith("downstream is -0.0; 0.0 is derived")


@pytest.mark.parametrize(
    ("old", "new"), [(b'"value":1.0', b'"value":1.00'), (b'"value":1.0', b'"value": 1.0'), (b'"u"', b'"\\u0075"')]
)
def test_the_same_numbers_written_otherwise(path: Path, old: bytes, new: bytes) -> None:
    lines = log_of(path, SMALL)
    lines[2] = edit(lines[2], old, new)
    assert said(report(path, ended(lines))) == [
        "line 3: step 1: its numbers are right, but they are not written as a log writes them"
    ]


def test_the_first_value_is_told_and_the_rest_counted(path: Path) -> None:
    lines = log_of(path, SMALL)
    values = [i for i, line in enumerate(lines) if b'"value":' in line]
    for at in values:
        lines[at] = with_value(lines[at], "value", 77.25)
    found = report(path, ended(lines))
    assert said(found) == [f"line {values[0] + 1}: step 1: value is 77.25; 1.0 is derived"]
    assert f"and {len(values) - 1} lines more differ in a value" in found.text()


@pytest.mark.parametrize("key", ["sha256", "minimum", "norm", "first", "shape", "not_finite"])
def test_a_digest(path: Path, key: str) -> None:
    lines = log_of(path, WIDE)
    at = number_of(lines, b'"node":"h"')
    digest = json.loads(lines[at])["value"]
    other = {"sha256": "0" * 64, "minimum": 9.5, "norm": 9.5, "first": [9.5, *digest["first"][1:]], "shape": [8, 9]}
    lines[at] = with_value(lines[at], "value", {**digest, key: other.get(key, 1)})
    (finding,) = said(report(path, ended(lines)))
    assert finding.startswith(f"line {at + 1}: step 2: value.{key}")


def test_the_cell_that_is_edited(path: Path) -> None:
    lines = log_of(path, LEARNS)
    at = number_of(lines, b'"node":"u1"')
    cells = json.loads(lines[at])["value"]
    derived, cells[1][0] = cells[1][0], 0.5
    lines[at] = with_value(lines[at], "value", cells)
    (finding,) = said(report(path, ended(lines)))
    assert finding == f"line {at + 1}: step {json.loads(lines[at])['n']}: value[1, 0] is 0.5; {derived!r} is derived"


# ---- masks and cells


@pytest.mark.parametrize("home", [True, False])
@pytest.mark.parametrize(("key", "value"), [("kept", "////"), ("factor", 3.0), ("shape", [2, 4]), ("text", "no mask")])
def test_a_mask(path: Path, key: str, value: object, home: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Header, "is_at_home", home)
    lines = log_of(path, WIDE)
    at = number_of(lines, b'"event":"mask"', begin=2)
    lines[at] = with_value(lines[at], key, value)
    (finding,) = said(report(path, ended(lines)))
    assert finding.startswith(f"line {at + 1}: {key}")


@pytest.mark.parametrize("home", [True, False])
def test_a_mask_is_missing_or_comes_twice(path: Path, home: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Header, "is_at_home", home)
    lines = log_of(path, WIDE)
    at = number_of(lines, b'"event":"mask"', begin=2)
    (finding,) = said(report(path, ended(lines[:at] + lines[at + 1 :])))
    assert finding == f"line {at + 1}: 1 line of masks or cells missing before it"
    (finding,) = said(report(path, ended(lines[: at + 1] + lines[at:])))
    assert finding.startswith(f"line {at + 2}: the mask")


@pytest.mark.parametrize("home", [True, False])
def test_cells_of_a_large_array(path: Path, home: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Header, "is_at_home", home)
    lines = log_of(path, WIDE, full=True)
    at = number_of(lines, b'"event":"cells"', b'"start":64', begin=5)
    cells = json.loads(lines[at])["cells"]
    other = with_value(lines[at], "cells", [*cells[:2], 0.5, *cells[3:]])
    (finding,) = said(report(path, ended([*lines[:at], other, *lines[at + 1 :]])))
    assert ("cells[2] is 0.5" if home else "do not fit its digest") in finding
    assert report(path, ended([*lines[:at], *lines[at + 1 :]])).exit_code == ExitCode.CHECK_FAILED


# ---- elsewhere


def perturbed(lines: list[bytes], key: str, ulps: int) -> list[bytes]:
    """The lines with each number under a key some units in the last place away, and the sentence that goes with it."""
    changed = []
    for line in lines:
        if f'"{key}":'.encode() in line and b'"event":"evaluate"' in line:
            found = json.loads(line)
            value = float(found[key] * (1 + ulps * 2.0**-52))
            text = found["text"].rpartition(" = ")[0] + f" = {value:.15g}"
            line = with_value(with_value(line, key, value), "text", text)
        changed.append(line)
    return changed


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("ulps", "code"), [(1, ExitCode.OK), (200, ExitCode.OK), (1 << 15, ExitCode.CHECK_FAILED)])
def test_rounding_elsewhere(path: Path, ulps: int, code: ExitCode) -> None:
    lines = perturbed(log_of(path, SMALL), "value", ulps)
    found = report(path, ended(lines))
    assert found.exit_code == code
    assert not found.exactly


def test_rounding_is_a_difference_at_home(path: Path) -> None:
    found = report(path, ended(perturbed(log_of(path, SMALL), "value", 1)))
    assert found.exit_code == ExitCode.CHECK_FAILED


class Other(Timeline):
    """The same run on a processor whose updates come out 300 units in the last place larger."""

    def _derive(self, number: int, state: State) -> tuple[Chapter, State | None]:
        chapter, after = super()._derive(number, state)
        replace = msgspec.structs.replace
        events = tuple(
            replace(event, after=event.after * (1 + 300 * 2.0**-52)) if isinstance(event, Update) else event
            for event in chapter.events
        )
        moved = {event.parameter: event.after for event in events if isinstance(event, Update)}
        return replace(chapter, events=events), after and replace(after, parameters={**after.parameters, **moved})


SLOW = SMALL.replace("iterations = 4", "iterations = 12").replace("learning_rate = 0.25", "learning_rate = 0.001")


@pytest.mark.usefixtures("elsewhere")
def test_differences_do_not_add_up_elsewhere(path: Path) -> None:
    """Each iteration is derived from what was recorded of the one before; in a branch as well."""
    run, plain = Other(parse(SLOW)), Timeline(parse(SLOW))
    recording = begun(path, run)
    write(recording, run, 120)
    scenario, state = edited(run.scenario, run.state(8), 8, parse_edit("x = 0.75", run.scenario))
    branch = Other(scenario, base=run, first=8, state=state)
    recording.edit(branch, 0, parse_edit("x = 0.75", run.scenario), 8)
    write(recording, branch, len(branch))
    recording.close()
    w, same = float(run.state(11).parameters["w"]), float(plain.state(11).parameters["w"])
    assert abs(w - same) / same > 2 * ULPS * 2.0**-52
    found = report(path, path.read_bytes().splitlines(keepends=True))
    assert (said(found), found.exit_code) == ([], ExitCode.OK)
    assert found.events == 120 + len(branch) - 8 * 13


@pytest.mark.usefixtures("elsewhere")
def test_a_branch_that_was_made_before_its_run_elsewhere(path: Path) -> None:
    """A recording that is begun late has the edits first, then the events that lead to where the reader is."""
    run = Other(parse(SLOW))
    recording = begun(path, run)
    edit_of_x = parse_edit("x = 0.75", run.scenario)
    scenario, state = edited(run.scenario, run.state(11), 11, edit_of_x)
    branch = Other(scenario, base=run, first=11, state=state)
    recording.edit(branch, 0, edit_of_x, 11)
    write(recording, branch, len(branch))
    recording.close()
    found = report(path, path.read_bytes().splitlines(keepends=True))
    assert (said(found), found.events) == ([], len(branch))


@pytest.mark.usefixtures("elsewhere")
def test_a_sentence_must_be_that_of_its_numbers(path: Path) -> None:
    lines = log_of(path, SMALL)
    lines[2] = edit(lines[2], "2 × 0.5".encode(), "2 × 0.6".encode())
    (finding,) = said(report(path, ended(lines)))
    assert finding.startswith("line 3: step 1: text is 'u = w · x = 2 × 0.6")


# ---- predictions and branches


def graded(lines: list[bytes], right: bool = True) -> int:
    return number_of(lines, b'"event":"prediction"', b'"right":%b' % str(right).lower().encode())


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("right", False, "right is false; true is derived"),
        ("as_what", "local derivative", "as_what is 'local derivative'; 'product' is derived"),
        ("mistake", "a sign", "mistake is 'a sign'; '' is derived"),
        ("text", "predicts well", "text is "),
        ("answer", 7.5, "text is "),
        ("answer", "NaN", "is an answer that cannot be typed"),
        ("answer", [1.0], "is an answer that cannot be typed"),
        ("answer", 10**400, "is an answer that cannot be typed"),
        ("tolerance", 5.0, "is an answer that cannot be typed"),
        ("cell", [0], "predicts a cell that step 19 has not"),
        ("position", 18, "predicts step 18, which is no multiplication of the chain rule"),
        ("position", 0, "predicts step 0, which is no multiplication of the chain rule"),
        ("position", 53, "is of step 53; there are 52"),
        ("position", -1, "is of step -1; there are 52"),
    ],
)
def test_a_prediction_that_was_not_graded_so(path: Path, key: str, value: object, says: str) -> None:
    lines = session(path)
    at = graded(lines)
    lines[at] = with_value(lines[at], key, value)
    found = report(path, ended(lines))
    assert len(said(found)) == 1
    assert said(found)[0].startswith(f"line {at + 1}: {says}")
    assert (found.exit_code, found.predictions) == (ExitCode.CHECK_FAILED, 4)


def test_a_prediction_is_graded_where_the_reader_was(path: Path) -> None:
    """The product at step 19 is -2.5 in the branch, 0.104 in the run: the line is right only before the drop."""
    lines = session(path)
    at, drop = graded(lines), number_of(lines, b'"event":"drop"')
    assert json.loads(lines[at])["answer"] == -2.5
    moved = [*lines[:at], *lines[at + 1 : drop + 1], lines[at], *lines[drop + 1 :]]
    (finding,) = said(report(path, ended(moved)))
    assert "right" in finding
    assert finding.startswith(f"line {drop + 1}: ")


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("name", "q", "there is no value 'q' to change"),
        ("value", "NaN", "is not finite"),
        ("value", [1.0, 2.0], "the new value of w"),
        ("value", 10**400, "is an edit that cannot be made"),
        ("cell", [0, 0], "has no cell"),
        ("cell", [-9], "is an edit that cannot be made"),
        ("base", 7, "branches off 7, which has not begun"),
        ("branch", 9, "begins branch 9, where 1 is expected"),
        ("iteration", 99, "is of iteration 99; there are 4"),
        ("iteration", 0, "is of iteration 0; there are 4"),
    ],
)
def test_an_edit_that_cannot_be_made(path: Path, key: str, value: object, says: str) -> None:
    lines = session(path)
    at = number_of(lines, b'"event":"edit"')
    lines[at] = with_value(lines[at], key, value)
    found = report(path, ended(lines))
    assert said(found)[0].startswith(f"line {at + 1}: ")
    assert says in said(found)[0]
    assert found.exit_code == ExitCode.CHECK_FAILED


def test_another_edit_is_seen_at_the_steps_behind_it(path: Path) -> None:
    lines = session(path)
    at = number_of(lines, b'"event":"edit"')
    lines[at] = with_value(lines[at], "value", -1.25)
    found = report(path, ended(lines))
    assert said(found)[0] == f"line {at + 3}: step 14: value is -0.75; -0.625 is derived"
    assert found.exit_code == ExitCode.CHECK_FAILED


@pytest.mark.parametrize("kind", ["move", "note", "drop"])
@pytest.mark.parametrize("position", [-1, 53, 10**30])
def test_a_position_that_is_not_there(path: Path, kind: str, position: int) -> None:
    lines = session(path)
    at = number_of(lines, b'"event":"%b"' % kind.encode())
    lines[at] = with_value(lines[at], "position", position)
    (finding,) = said(report(path, ended(lines)))
    assert finding == f"line {at + 1}: is of step {position:,}; there are 52"


@pytest.mark.parametrize("kind", ["keep", "drop"])
def test_a_branch_that_is_not_there(path: Path, kind: str) -> None:
    lines = session(path)
    line = lines[number_of(lines, b'"event":"%b"' % kind.encode())]
    (finding,) = said(report(path, ended([lines[0], line, *lines[1:]])))
    assert finding == f"line 2: {kind}s a branch where there is none"
