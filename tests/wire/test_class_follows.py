"""A class as it is held: a teacher and students, each with the real ssh in a terminal of their own size."""

import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from wire.frontdoor import Join
from wire.serving import JUST_NOW, PATIENCE, Serving, wait_until
from wire.terminal import Terminal

STUDENTS = {"ada": (80, 24), "bob": (120, 40), "cy": (60, 20)}
"""The columns and rows of each."""
DELTA3 = "-0.012069"
"""δ₃ of the worked example, by hand: (z - y) (1 - z²), where z is tanh(4) and y is 10."""


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    with Serving(tmp_path / "server", "tanh4", "xor") as opened:
        yield opened


@pytest.fixture
def join(serving: Serving, terminal: Callable[..., Terminal]) -> Join:
    return partial(serving.join, terminal)


@pytest.fixture
def teacher(join: Join) -> Terminal:
    return join("Ms Ray", "teacher", columns=100, rows=30)


@pytest.fixture
def students(teacher: Terminal, join: Join) -> list[Terminal]:
    """Three, who have come after the teacher."""
    return [join(name, columns=columns, rows=rows) for name, (columns, rows) in STUDENTS.items()]


def show(clients: list[Terminal], text: str) -> None:
    """Wait until each of them shows a text."""
    for client in clients:
        client.wait_for(text, PATIENCE)


def enter(client: Terminal, key: str, prompt: str, text: str) -> None:
    """Press a key that asks for something, and type that."""
    client.press(key)
    client.wait_for(prompt, PATIENCE)
    client.press(f"{text}\r")


def test_each_step_reaches_all(teacher: Terminal, students: list[Terminal]) -> None:
    for step in range(1, 13):
        teacher.press("s")
        show([teacher, *students], f" {step} / 33")
    show([teacher, *students], "∂L/∂W₄ = δ₄ · a₃")
    for key, shows in (("SSS", " 9 / 33"), ("G", " 33 / 33")):
        teacher.press(key)
        show([teacher, *students], shows)
    enter(teacher, "g", "go to", "12")
    show([teacher, *students], " 12 / 33")


def test_a_student_looks_around_and_comes_back(teacher: Terminal, students: list[Terminal]) -> None:
    ada, *others = students
    teacher.press("s" * 12)
    show([teacher, *students], " 12 / 33")
    ada.press("S")
    show([ada], "off the track, = follows")
    show([ada], " 11 / 33")
    show([teacher], "you lead, 2 of 3 follow")
    teacher.press("s")
    show([teacher, *others], " 13 / 33")
    assert all("following Ms Ray" in each.text for each in others)
    assert " 11 / 33" in ada.text
    ada.press("=")
    show([ada], " 13 / 33")
    show([ada], "following Ms Ray")
    show([teacher], "you lead, 3 of 3 follow")
    teacher.press("s")
    show([teacher, *students], " 14 / 33")


def test_who_comes_late_lands_where_the_class_is(teacher: Terminal, join: Join) -> None:
    enter(teacher, "g", "go to", "12")
    teacher.wait_for(" 12 / 33", PATIENCE)
    enter(teacher, "a", "note", "here δ₄ meets a₃")
    teacher.wait_for("here δ₄ meets a₃", PATIENCE)
    late = join("ada", columns=120, rows=40, shows=" 12 / 33")
    for text in ("here δ₄ meets a₃", "following Ms Ray"):
        show([late], text)
    teacher.press("s")
    show([late], " 13 / 33")


def test_a_note_that_comes_while_the_next_frame_is_drawn_is_seen(
    tmp_path: Path, terminal: Callable[..., Terminal]
) -> None:
    with Serving(tmp_path / "server", before=JUST_NOW) as serving:
        teacher, ada = serving.join(terminal, "Ms Ray", "teacher"), serving.join(terminal, "ada")
        teacher.press("ssss")
        show([teacher, ada], " 4 / 33")
        enter(teacher, "a", "a note on step 4", "seen by all")
        show([teacher, ada], "seen by all")
        show([teacher, ada], " 4 / 33")
        teacher.press("s")
        show([teacher, ada], " 5 / 33")


def test_a_change_of_the_teacher_is_seen_by_all(teacher: Terminal, students: list[Terminal], join: Join) -> None:
    """The lesson's own: where W₃ is 0.1, tanh passes 0.86 of the gradient, and δ₃ is -8.2."""
    enter(teacher, "g", "go to", "15")
    show([teacher, *students], " 15 / 33")
    enter(teacher, "x", "what if", "W3 = 0.1")
    show([teacher, *students], "-8.2")
    show([join("dee", shows=" 15 / 33")], "-8.2")
    teacher.press("X")
    show([teacher], "drop it: back to the run")
    teacher.press("d")
    show([teacher, *students], DELTA3)


@pytest.mark.parametrize("is_off", [True, False], ids=["off the track", "on the track"])
def test_a_connection_that_drops_comes_back_to_where_it_was(
    serving: Serving, teacher: Terminal, join: Join, is_off: bool
) -> None:
    ada = join("ada")
    teacher.press("s" * 12)
    ada.wait_for(" 12 / 33", PATIENCE)
    if is_off:
        ada.press("SS")
        ada.wait_for(" 10 / 33", PATIENCE)
        teacher.wait_for("you lead, 0 of 1 follow", PATIENCE)
    ada.signal(signal.SIGKILL)
    assert ada.wait_exit() == -signal.SIGKILL
    wait_until(lambda: "left name=ada" in serving.journal, "the server has noticed")
    teacher.press("s")
    teacher.wait_for(" 13 / 33", PATIENCE)
    again = join("ada", shows=" 10 / 33" if is_off else " 13 / 33")
    again.wait_for("off the track" if is_off else "following Ms Ray", PATIENCE)
    teacher.press("R")
    teacher.wait_for("step 10 of tanh4" if is_off else "step 13 of tanh4", PATIENCE)
    assert teacher.text.count("ada") == 1  # it is the same member
    again.press("=")
    again.wait_for(" 13 / 33", PATIENCE)


def test_a_question_is_answered_by_all_and_shown(teacher: Terminal, students: list[Terminal]) -> None:
    enter(teacher, "g", "go to", "14")
    show([teacher, *students], " 14 / 33")
    students[2].press("S")  # who is off the track is asked too
    students[2].wait_for(" 13 / 33", PATIENCE)
    teacher.press("Q")
    show([teacher], "0 of 3 have answered")
    for at, (student, answer) in enumerate(zip(students, (DELTA3, "0.012069", "5"), strict=True), start=1):
        student.wait_for("the product δ₃?", PATIENCE)
        student.press(f"{answer}\r")
        student.wait_for("answered; wait for the class", PATIENCE)
        assert DELTA3 not in student.text  # not yet
        show([teacher], f"{at} of 3 have answered")
    assert {line.partition("  ")[0].strip(): line.split()[-1] for line in teacher.lines if line.endswith("█ 1")} == {
        "✓ right": "1",
        "✗ the sign": "1",
        "✗ another number": "1",
    }
    teacher.press("s")
    show([teacher, *students], "what the class has answered")
    show([teacher, *students], "3 of 3 have answered")
    show(students[:1], "✓ yours is right")
    show(students[1:2], "mistake       the sign")
    assert not any("ada" in student.text for student in students)  # who has answered what is nobody's business
    teacher.press("q")
    teacher.wait_for(" 14 / 33", PATIENCE)
    teacher.press("s")  # who still looks at the answers comes along
    show([teacher, *students], " 15 / 33")
    assert all(DELTA3 in client.text for client in students)


def test_the_class_goes_on_to_another_file_and_back(teacher: Terminal, students: list[Terminal], join: Join) -> None:
    teacher.press("ss")
    show([teacher, *students], " 2 / 33")
    show([teacher, *students], "Four layers, one tanh")
    teacher.press("R")
    teacher.wait_for("▶ tanh4", PATIENCE)
    teacher.press("f")
    show([teacher, *students], "XOR")
    teacher.press("s")
    show([teacher, *students, join("dee", shows="XOR")], "   1 / ")
    teacher.press("R")
    teacher.wait_for("▶ xor", PATIENCE)
    teacher.press("f")
    show([teacher, *students], " 0 / 33")


def test_a_locked_class_stays_together_and_the_lead_is_handed_over(teacher: Terminal, join: Join) -> None:
    ada, bob = join("ada"), join("bob")
    ada.press("sss")
    ada.wait_for(" 3 / 33", PATIENCE)
    teacher.press("R")
    teacher.wait_for("step 3 of tanh4", PATIENCE)
    teacher.press("l")
    show([ada, bob], "following Ms Ray, locked")
    show([ada, bob], " 0 / 33")
    bob.press("s")
    bob.wait_for("the class is locked", PATIENCE)
    teacher.press("l")
    for student in (ada, bob):
        student.wait_for(lambda screen: "following Ms Ray\n" in screen, PATIENCE)
    teacher.wait_for(lambda screen: "l lock " in screen and "off the track" not in screen, PATIENCE)
    teacher.press("jh")
    ada.wait_for("you lead", PATIENCE)
    teacher.press("q")
    ada.press("ss")
    show([teacher, ada, bob], " 2 / 33")
    show([teacher, bob], "following ada")


def test_a_client_that_does_not_read_holds_up_nobody_and_catches_up(teacher: Terminal, join: Join) -> None:
    """Until far more is shown than the system and ssh keep for one who does not read."""
    ada, bob = join("ada", columns=200, rows=60), join("bob", columns=200, rows=60)
    teacher.press("s" * 12)
    show([teacher, ada, bob], " 12 / 33")
    ada.signal(signal.SIGSTOP)
    try:
        before = len(bob.raw)
        while len(bob.raw) - before < 1 << 20:
            for key, end in (("G", " 33 / 33"), ("0", " 0 / 33")):
                teacher.press("z")
                teacher.press(key)
                show([teacher, bob], end)
        teacher.press("s")
        show([teacher, bob], " 1 / 33")
    finally:
        ada.signal(signal.SIGCONT)
    show([ada], " 1 / 33")
    teacher.press("s")
    show([teacher, ada, bob], " 2 / 33")
