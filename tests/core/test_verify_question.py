"""Verifying the log of a class: a question is asked again, and the answers behind it are graded again."""

from pathlib import Path

import pytest
from screens import FOLDER
from verifying import begun, ended, number_of, report, said, with_value, write

from bptui.core import Timeline, read
from bptui.core.errors import ExitCode
from bptui.core.grading import grade, parse_answer
from bptui.core.questions import question

ASKED = "asks the class: δ₃ = ∂L/∂a₃ · φ₃′(u₃): the local derivative φ₃′(u₃), or the product δ₃?"
"""Step A of the course text, layer 3: the 15th step of tanh4."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "class.bptlog"


def of_a_class(path: Path) -> list[bytes]:
    """The lines of a class that went to step 14, was asked about step 15, and answered with the local derivative."""
    run = Timeline(read(FOLDER / "tanh4.toml"))
    recording = begun(path, run)
    write(recording, run, 14)
    recording.move(14)
    asked = question(run.chapter(15), 14)
    assert asked is not None
    recording.question(asked, 2.0)
    answer = parse_answer("0.00134")
    recording.prediction(15, asked.cell, answer, grade(run.chapter(15), 14, asked.cell, answer))
    recording.close()
    return path.read_bytes().splitlines(keepends=True)


def test_a_question_is_asked_again(path: Path) -> None:
    lines = of_a_class(path)
    assert ASKED.encode() in lines[number_of(lines, b'"event":"question"')]
    found = report(path, lines)
    assert (said(found), found.predictions, found.exit_code) == ([], 1, ExitCode.OK)


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("text", "asks the class: δ₂?", "text is "),
        ("position", 16, "text is "),  # there the weights' gradient would be asked for
        ("position", 14, "text is "),
        ("position", 3, "predicts step 3, which is no multiplication of the chain rule"),
        ("position", 0, "predicts step 0, which is no multiplication of the chain rule"),
        ("position", 34, "is of step 34; there are 33"),
    ],
)
def test_a_question_that_was_not_asked_so(path: Path, key: str, value: object, says: str) -> None:
    lines = of_a_class(path)
    at = number_of(lines, b'"event":"question"')
    lines[at] = with_value(lines[at], key, value)
    found = report(path, ended(lines))
    assert [finding.startswith(f"line {at + 1}: {says}") for finding in said(found)] == [True]
    assert (found.exit_code, found.predictions) == (ExitCode.CHECK_FAILED, 1)
