"""docs/teaching.md, a shared tmux: those who look on see each step of the teacher's, and cannot type."""

import os
import pwd
import string
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from needs import needs
from wire.sshd import Sshd
from wire.teaching import (
    ALLOW,
    BEGIN,
    BEGIN_SHARED,
    BPTUI,
    FOLDER,
    JOIN,
    LOOK,
    LOOKING,
    RESIZE,
    SMALLEST,
    SOCKET,
    Student,
)
from wire.terminal import Terminal
from wire.tmux import Tmux

START = " 0 / 33"
LEAVE = "\x02d"
TYPED = ("set", "-g", "assume-paste-time", "0")
"""Keys that come at once are typed, not pasted; else what they are bound to would not be done."""
SIZE = ("display-message", "-p", "-t", "class", "#{window_width}x#{window_height}")


@pytest.fixture
def student(
    tmp_path_factory: pytest.TempPathFactory, terminal: Callable[..., Terminal], tmp_path: Path
) -> Iterator[Student]:
    """A student who is let in to look on."""
    server = Sshd(tmp_path_factory.mktemp("host"))
    for program in (str(BPTUI), needs("tmux")):
        (server.programs / Path(program).name).symlink_to(program)
    student = Student(server, terminal, tmp_path)
    student.is_let_in_by(LOOKING)
    yield student
    server.close()


@pytest.fixture
def tmux(student: Student) -> Iterator[Tmux]:
    """The tmux of the lesson; it ends with the test."""
    server = Tmux(student.server.home / "class")
    yield server
    server.close()


@pytest.fixture
def teacher(student: Student, terminal: Callable[..., Terminal], tmux: Tmux) -> Student:
    """The teacher, at home on the machine that the students reach."""
    return Student(student.server, terminal, student.server.home)


def begun(teacher: Student, command: str = BEGIN) -> Terminal:
    """The teacher's terminal, larger than those of the students."""
    screen = teacher.opens(command, columns=100, rows=30)
    screen.wait_for(START)
    return screen


def test_all_see_the_step_and_only_the_teacher_makes_it(student: Student, teacher: Student, tmux: Tmux) -> None:
    screen = begun(teacher)
    tmux.run(*TYPED)
    students = [student.opens(JOIN, columns=100, rows=rows) for rows in (30, 40)]
    for each in students:
        each.wait_for(START)
        assert "u₁ = W₁" not in each.text
        each.press("sss")
        each.press("".join(f"\x02{key}" for key in string.printable[:95] if key != "d"))  # whatever follows ctrl+b
        each.wait_for("read-only")  # tmux has taken it
    screen.press("s")
    for each in (screen, *students):
        each.wait_for(" 1 / 33")
        each.wait_for("u₁ = W₁")  # in UTF-8
    assert tmux.run("list-panes", "-a", "-F", "#S:#I.#P").split() == ["class:0.0"]
    students[0].press(LEAVE)
    assert students[0].wait_exit() == 0
    screen.press("q")
    assert screen.wait_exit() == 0
    assert students[1].wait_exit() == 0


def test_those_who_look_on_do_not_change_the_size(student: Student, teacher: Student, tmux: Tmux) -> None:
    begun(teacher)
    small, large = (student.opens(JOIN, columns=columns, rows=rows) for columns, rows in ((80, 24), (120, 40)))
    large.wait_for(START)
    small.wait_for("Four layers")
    for mode in ("latest", "largest", "smallest", "manual"):
        tmux.run("set", "-g", "window-size", mode)
        assert tmux.run(*SIZE) == "100x29\n"
    assert START not in small.text
    assert teacher.runs(RESIZE).returncode == 0
    assert tmux.run(*SIZE) == "80x23\n"
    small.wait_for(START)
    small.wait_for("q quit")
    assert tmux.run("show", "-v", "-w", "-t", "class", "window-size") == "manual\n"


@pytest.mark.parametrize(("mode", "size"), [("smallest", "80x23\n"), ("largest", "120x39\n")])
def test_those_who_count_do(student: Student, teacher: Student, tmux: Tmux, mode: str, size: str) -> None:
    student.is_let_in_by(LOOKING.replace("attach -r", "attach -f read-only"))
    screen = begun(teacher)
    small, large = (student.opens(JOIN, columns=columns, rows=rows) for columns, rows in ((80, 24), (120, 40)))
    for each in (small, large):
        each.wait_for("Four layers")
    assert teacher.runs(SMALLEST.replace("smallest", mode)).returncode == 0
    assert tmux.run(*SIZE) == size
    small.press("s")
    screen.press("s")
    large.wait_for(" 1 / 33")


def test_a_student_with_an_account_is_let_in_by_name(teacher: Student, terminal: Callable[..., Terminal]) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: somebody with another account has to look on")
    other = pwd.getpwnam("nobody")
    as_other = [needs("setpriv"), f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups"]
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:
        os.chmod(parent, 0o711)  # so that the other one comes as far as the folder of the lesson
        names = {"/tmp/class": f"{parent}/class", "chgrp students": f"chgrp {other.pw_gid}", "-r anna": "-r nobody"}

        def here(command: str) -> str:
            for name, found in names.items():
                command = command.replace(name, found)
            return command

        assert teacher.runs(here(FOLDER)).returncode == 0
        assert teacher.runs(here(FOLDER)).returncode != 0  # there is one
        shared = Tmux(Path(parent) / "class/socket")
        try:
            screen = begun(teacher, here(BEGIN_SHARED))
            shared.run(*TYPED)
            look = [*as_other, "sh", "-c", here(LOOK)]
            assert terminal(look).wait_exit() == 1
            assert teacher.runs(here(SOCKET)).returncode == 0
            refused = terminal(look)
            refused.wait_exit()
            assert refused.lines[0] == "access not allowed"
            assert teacher.runs(here(ALLOW)).returncode == 0
            for command in (look, [*look[:-1], look[-1].replace("attach -r", "attach")]):
                looking = terminal(command, columns=100, rows=30)
                looking.wait_for(START)
                looking.press("sss\x02c")
                looking.wait_for("read-only")
            types = [*as_other, needs("tmux"), "-S", f"{parent}/class/socket", "send-keys", "-t", "class", "s"]
            done = subprocess.run(types, capture_output=True, text=True, timeout=10, check=False)
            assert done.stderr == "client is read-only\n"
            screen.press("s")
            looking.wait_for(" 1 / 33")
        finally:
            shared.close()
