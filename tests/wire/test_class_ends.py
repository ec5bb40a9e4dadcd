"""However a class ends, terminals are given back, the recording is complete, and no process is left."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from wire.command import bptui
from wire.serving import CLOCK, PATIENCE, RESTORED, Serving, wait_until
from wire.terminal import Terminal

OVER = "the class is over"
LEFT = "left with {}, the terminal is as before"
SMALL_DISK = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
"""Python after which no file can be longer than 8 KiB: what is written beyond fails, as on a full disk."""


class Lesson(NamedTuple):
    """A class that is recorded, and who is in it."""

    serving: Serving
    teacher: Terminal
    students: list[Terminal]

    @property
    def everybody(self) -> list[Terminal]:
        return [self.teacher, *self.students]

    def show(self, text: str) -> None:
        """Wait until all screens show a text."""
        for client in self.everybody:
            client.wait_for(text, PATIENCE)


@pytest.fixture
def hold(tmp_path: Path, terminal: Callable[..., Terminal]) -> Iterator[Callable[..., Lesson]]:
    """Begin a class, recorded to class.bptlog, with a teacher and two students whose terminals stay open."""
    with ExitStack() as opened:

        def begin(before: str = "") -> Lesson:
            arguments = ("tanh4", "xor", "--record", "class.bptlog")
            serving = opened.enter_context(Serving(tmp_path / "server", *arguments, before=before))
            teacher = serving.join(terminal, "Ms Ray", "teacher", is_kept=True, columns=100, rows=30)
            lesson = Lesson(
                serving, teacher, [serving.join(terminal, name, is_kept=True) for name in ("zelda", "Quincy")]
            )
            lesson.show("● recorded")
            return lesson

        yield begin


@pytest.fixture
def lesson(hold: Callable[..., Lesson]) -> Lesson:
    """A class in which 14 steps were shown, and a note; and a question was answered, once right, once with the sign."""
    held = hold()
    teacher, students = held.teacher, held.students
    teacher.press("s" * 14)
    held.show(" 14 / 33")
    teacher.press("a")
    teacher.wait_for("a note on step 14", PATIENCE)
    teacher.press("tanh is flat here\r")
    held.show("tanh is flat here")
    held.show(" 14 / 33")
    teacher.press("Q")
    for student, answer in zip(students, ("-0.012069", "0.012069"), strict=True):
        student.wait_for("the product δ₃?", PATIENCE)
        student.press(f"{answer}\r")
    teacher.wait_for("2 of 2 have answered", PATIENCE)
    return held


def lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a log, but for the first."""
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True)[1:] if line.endswith(b"\n")]


def assert_complete(folder: Path) -> None:
    """The log of the lesson holds all that was shown, answered and noted, and nobody's name."""
    path = folder / "class.bptlog"
    told = lines(path)
    of_kind = {kind: [line for line in told if line["event"] == kind] for kind in ("note", "question", "prediction")}
    assert [line["n"] for line in told if "n" in line] == list(range(1, 15))
    assert [(line["position"], line["note"]) for line in of_kind["note"]] == [(14, "tanh is flat here")]
    assert [line["position"] for line in of_kind["question"]] == [15]
    answers = {(line["answer"], line["right"], line["mistake"]) for line in of_kind["prediction"]}
    assert answers == {(-0.012069, True, ""), (0.012069, False, "the sign")}
    assert told[-1]["event"] == "end"
    assert not re.search("zelda|quincy|ms ray", path.read_text(), re.IGNORECASE)
    assert not re.search("zelda|quincy|ms ray", " ".join(each.name for each in folder.iterdir()), re.IGNORECASE)
    done = bptui("verify", "class.bptlog", home=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "14 steps" in done.stdout
    assert "the log is complete" in done.stdout


def assert_restored(client: Terminal, code: int) -> None:
    """The client has left with this code, and nothing remains of the class in its terminal but its last word."""
    client.wait_for(LEFT.format(code), PATIENCE)
    assert client.text.split() == f"{OVER} {LEFT.format(code)}".split()
    assert client.screen.private_modes == RESTORED


def written(client: Terminal) -> bytes:
    """All that has come to a terminal until now."""
    client.settle(0.02)
    return client.raw


def assert_nobody_is_left(serving: Serving) -> None:
    wait_until(lambda: not serving.family(), "no process of the class is left")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_for_all(lesson: Lesson, number: int, code: int) -> None:
    lesson.serving.signal(number)
    for client in lesson.everybody:
        assert_restored(client, 1)
    assert lesson.serving.wait_exit() == code
    assert_nobody_is_left(lesson.serving)
    assert_complete(lesson.serving.folder)
    assert lesson.serving.journal.splitlines()[-1].endswith(" over")


def test_a_recording_of_a_class_replays_as_any_other(lesson: Lesson, terminal: Callable[..., Terminal]) -> None:
    lesson.serving.signal(signal.SIGTERM)
    assert lesson.serving.wait_exit() == 143
    log = lesson.serving.folder / "class.bptlog"
    assert log.stat().st_mode & 0o777 == 0o600
    replay = terminal(["bptui", str(log)], columns=120, rows=40)
    replay.wait_for(" 0 / 14", PATIENCE)
    replay.press("+++++ ")
    replay.wait_for(" 14 / 14", PATIENCE)
    replay.wait_for("tanh is flat here", PATIENCE)
    replay.wait_for(
        lambda screen: (last := re.search(r"track (\d+) of (\d+)", screen)) and last[1] == last[2], PATIENCE
    )
    replay.press("q")
    assert replay.wait_exit() == 0
    plain = bptui(str(log), "--plain", home=lesson.serving.folder)
    assert plain.returncode == 0
    assert "note: tanh is flat here" in plain.stdout


def test_kill_9_of_the_server_leaves_a_complete_log_and_no_process(lesson: Lesson) -> None:
    lesson.serving.signal(signal.SIGKILL)
    assert lesson.serving.wait_exit() == -signal.SIGKILL
    assert_nobody_is_left(lesson.serving)
    assert_complete(lesson.serving.folder)
    for client in lesson.everybody:  # the server could not say anything, maybe not even the rest of a frame; ssh does
        wait_until(lambda client=client: LEFT.format(255).encode() in written(client), "ssh has left")


def test_kill_9_of_what_begins_sessions_ends_the_class(lesson: Lesson) -> None:
    serving = lesson.serving
    serving.family()
    os.kill(serving.forker, signal.SIGKILL)
    for client in lesson.everybody:
        assert_restored(client, 1)
    assert serving.wait_exit() == 1
    assert "a fault in bptui" in serving.journal
    assert_nobody_is_left(serving)
    assert_complete(serving.folder)


def test_kill_9_of_the_recorder_is_said_and_the_class_goes_on(lesson: Lesson) -> None:
    os.kill(lesson.serving.recorder(), signal.SIGKILL)
    lesson.teacher.press("e")  # ends the question
    lesson.show("recording stopped")
    lesson.teacher.press("s")
    lesson.show(" 15 / 33")
    lesson.serving.signal(signal.SIGTERM)
    for client in lesson.everybody:
        assert_restored(client, 1)
    assert lesson.serving.wait_exit() == 143
    done = bptui("verify", "class.bptlog", home=lesson.serving.folder)
    assert done.returncode == 3  # what there is of it is right
    assert "14 steps as derived" in done.stdout


def test_a_full_disk_ends_the_recording_and_not_the_class(hold: Callable[..., Lesson]) -> None:
    """A file may be of 8 KiB; the class goes on to its end, and then the exit code says that writing failed."""
    held = hold(before=CLOCK + SMALL_DISK)
    held.teacher.press("s" * 33)
    held.show(" 33 / 33")
    held.show("recording stopped")
    held.teacher.press("S")
    held.show(" 32 / 33")
    held.serving.at(13)
    for client in held.everybody:
        assert_restored(client, 1)
    assert held.serving.wait_exit() == 5
    assert "File too large" in held.serving.journal
    path = held.serving.folder / "class.bptlog"
    steps = [line["n"] for line in lines(path) if "n" in line]
    assert steps == list(range(1, len(steps) + 1))
    assert 0 < len(steps) < 33
    assert path.read_bytes().endswith(b"\n")
    assert bptui("verify", "class.bptlog", home=held.serving.folder).returncode == 3


def test_the_class_ends_when_its_hours_are_over(hold: Callable[..., Lesson]) -> None:
    held = hold(before=CLOCK)
    held.serving.at(12.1)
    for client in held.everybody:
        assert_restored(client, 1)
    assert held.serving.wait_exit() == 0
    assert bptui("verify", "class.bptlog", home=held.serving.folder).returncode == 0


def test_a_session_that_does_not_hear_ends_with_the_class_too(lesson: Lesson) -> None:
    stuck = lesson.serving.sessions()[-1]
    os.kill(stuck, signal.SIGSTOP)
    lesson.serving.signal(signal.SIGTERM)
    for client in lesson.everybody:
        assert_restored(client, 1)
    assert lesson.serving.wait_exit() == 143
    assert_nobody_is_left(lesson.serving)
    assert_complete(lesson.serving.folder)


def test_a_student_who_quits_has_the_terminal_back(lesson: Lesson) -> None:
    """With nothing left on it, and an exit code of 0; a hang-up of the terminal is as good."""
    student, other = lesson.students
    student.press("q")
    student.wait_for(LEFT.format(0), PATIENCE)
    assert student.text.strip() == LEFT.format(0)
    assert student.screen.private_modes == RESTORED
    other.close_master()
    wait_until(lambda: len(lesson.serving.sessions()) == 1, "both sessions have ended")
    lesson.teacher.press("e")
    lesson.teacher.wait_for(" 14 / 33", PATIENCE)
    lesson.teacher.press("s")
    lesson.teacher.wait_for(" 15 / 33", PATIENCE)
