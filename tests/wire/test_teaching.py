"""docs/teaching.md, OpenSSH alone: each command, and each line of authorized_keys, does what the page says."""

import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from needs import needs
from wire.command import bptui
from wire.sshd import HOST, Sshd
from wire.teaching import (
    ASCII,
    BPTUI,
    COPY,
    DARK,
    EXPORT,
    FOUND,
    JOIN,
    LINK,
    LOCKED,
    MOUSE,
    OPEN,
    RECORD,
    REPLAY,
    TRUE_COLOUR,
    WHOLE,
    Student,
)
from wire.terminal import Terminal

START, LOG = " 0 / 33", "lesson.bptlog"


@pytest.fixture
def newcomer(
    tmp_path_factory: pytest.TempPathFactory, terminal: Callable[..., Terminal], tmp_path: Path
) -> Iterator[Student]:
    """A student of a machine on which bptui is not found."""
    server = Sshd(tmp_path_factory.mktemp("host"))
    yield Student(server, terminal, tmp_path)
    server.close()


@pytest.fixture
def student(newcomer: Student) -> Student:
    """A student of a machine on which it is."""
    (newcomer.server.programs / "bptui").symlink_to(BPTUI)
    return newcomer


# ---- accounts on one machine


def test_bptui_is_found_where_the_page_puts_it(newcomer: Student) -> None:
    programs = newcomer.server.programs
    assert newcomer.runs(FOUND).stdout == ""
    link = LINK
    for there, here in (("sudo ", ""), ("/opt/bptui/bin/bptui", str(BPTUI)), ("/usr/local/bin/", f"{programs}/")):
        assert there in link
        link = link.replace(there, here)
    assert newcomer.runs(link).returncode == 0
    assert newcomer.runs(FOUND).stdout == f"{programs}/bptui\n"


def test_the_screen_opens_and_the_exit_code_comes_through(student: Student) -> None:
    session = student.opens(OPEN)
    session.wait_for(START)
    session.press("q")
    assert session.wait_exit() == 0
    assert student.opens(OPEN.replace("tanh4", "tahn4")).wait_exit() == 2


def test_hand_outs_come_into_files_at_home(student: Student) -> None:
    for command in (EXPORT, WHOLE):
        assert student.runs(command).returncode == 0
    printed = bptui("export", "tanh4", "--to", "md", home=student.home).stdout
    assert (student.home / "tanh4.md").read_text("utf-8") == printed
    assert bptui("verify", "tanh4.bptlog", home=student.home).returncode == 0


# ---- a student without a shell


@pytest.mark.parametrize("command", [JOIN, "ssh -t host ls"])
def test_the_locked_line_opens_the_screen(student: Student, command: str) -> None:
    student.is_let_in_by(LOCKED)
    session = student.opens(command)
    session.wait_for(START)
    session.press("\x1as")  # ctrl+z, which leads to a shell where there is one
    session.wait_for(" 1 / 33")
    session.press("q")
    assert session.wait_exit() == 0


def test_another_command_is_not_run(student: Student) -> None:
    student.is_let_in_by(LOCKED)
    assert student.runs("ssh host ls /").stdout == bptui("tanh4", "--plain", home=student.home).stdout


@pytest.mark.parametrize("command", ["scp host:{} copy", "scp {} host:{}-copy", "echo get {} copy | sftp -b - host"])
def test_no_file_is_fetched_or_brought(student: Student, command: str) -> None:
    file = student.home / "file"
    file.write_text("text")
    command = command.replace("{}", str(file))
    assert student.runs(command).returncode == 0
    (copy,) = (path for path in student.home.iterdir() if path != file)
    copy.unlink()
    student.is_let_in_by(LOCKED)
    assert student.runs(command).returncode != 0
    assert student.runs(command.replace("scp", "scp -O")).returncode != 0  # the protocol of old
    assert list(student.home.iterdir()) == [file]


def reaches(server: Sshd, option: str) -> bool:
    """Whether a forwarding leads somewhere: here to the SSH server itself, whose first word is SSH."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    target = {"-D": str(port)}.get(option, f"{port}:{HOST}:{server.port}")
    command = [str(server.clients / "ssh"), "-N", "-o", "ExitOnForwardFailure=yes", option, target, "host"]
    # SOCKS 4: connect to this port of this machine
    asks = b"\x04\x01" + server.port.to_bytes(2, "big") + socket.inet_aton(HOST) + b"\x00" if option == "-D" else b""
    deadline = time.monotonic() + 10
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as client:
        try:
            while client.poll() is None and time.monotonic() < deadline:
                with suppress(ConnectionRefusedError), socket.create_connection((HOST, port), timeout=10) as connection:
                    return b"SSH-" in answer(connection, asks)
                time.sleep(0.01)
            assert client.wait(10) == 255
            return False
        finally:
            client.kill()


def answer(connection: socket.socket, asks: bytes) -> bytes:
    """What comes from the other end, up to the first word of an SSH server."""
    connection.sendall(asks)
    said = b""
    with suppress(ConnectionResetError):
        while b"SSH-" not in said and (more := connection.recv(1024)):
            said += more
    return said


@pytest.mark.parametrize("option", ["-L", "-R", "-D"])
def test_no_port_is_forwarded(student: Student, option: str) -> None:
    assert reaches(student.server, option)
    student.is_let_in_by(LOCKED)
    assert not reaches(student.server, option)


def test_neither_the_agent_nor_x11_is_forwarded(student: Student) -> None:
    needs("xauth")
    agent = student.home / "agent"
    running = subprocess.Popen([needs("ssh-agent"), "-D", "-a", str(agent)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while not agent.exists():
            assert time.monotonic() < deadline, "there is no agent"
            time.sleep(0.01)
        look = f"ssh -Y -A -o IdentityAgent={agent} host env"
        assert {"SSH_AUTH_SOCK", "DISPLAY"} <= names(student.runs(look, DISPLAY=":99").stdout)
        student.is_let_in_by(re.sub('command="[^"]*"', 'command="env"', LOCKED))
        seen = names(student.runs(look, DISPLAY=":99").stdout)
        assert "SSH_CONNECTION" in seen
        assert seen.isdisjoint({"SSH_AUTH_SOCK", "DISPLAY"})
    finally:
        running.terminate()
        running.wait(10)


def names(environment: str) -> set[str]:
    """The names that `env` has printed."""
    return {line.partition("=")[0] for line in environment.splitlines()}


def says(session: Terminal, *typed: tuple[str, str]) -> None:
    """Type one thing after the other, each when the screen has said what it says to the one before."""
    for keys, answer in typed:
        session.press(keys)
        session.wait_for(answer)


def test_nothing_can_be_written_to_a_file(student: Student) -> None:
    student.is_let_in_by(LOCKED)
    log, scenario = student.home / "mine.bptlog", student.home / "mine.toml"
    session = student.opens(JOIN, columns=120)
    session.wait_for(START)
    says(session, ("r", "record to a new file"), (f"{log}\r", "recording stopped after step 0: File too large"))
    says(session, ("x", "what if: W"), ("W4 = 2\r", "what if: W₄ = 2"), ("X", "write it as"), ("w", "write to a file"))
    says(session, (f"{scenario}\r", "cannot be written: File too large"), ("\x15\r", START))  # ctrl+u: an empty prompt
    session.press("q")
    assert session.wait_exit() == 5
    assert {path.name: path.stat().st_size for path in student.home.iterdir()} == {"mine.bptlog": 0}
    assert not list(student.server.home.rglob("state.json"))


def test_without_the_limit_a_student_writes_files(student: Student) -> None:
    """Why it stands in the line."""
    student.is_let_in_by(LOCKED.replace("ulimit -f 0; ", ""))
    log = student.home / "mine.bptlog"
    session = student.opens(JOIN)
    session.wait_for(START)
    says(session, ("r", "record to a new file"), (f"{log}\r", "● recording"))
    session.press("q")
    assert session.wait_exit() == 0
    assert log.stat().st_size > 0


# ---- what a terminal gets, and the recording


@pytest.mark.parametrize(
    ("command", "sent"), [(DARK, rb";38;5;"), (TRUE_COLOUR, rb";38;2;"), (MOUSE, rb"\x1b\[\?1000h"), (ASCII, rb"dL/dW")]
)
def test_an_option_changes_what_a_terminal_gets(student: Student, command: str, sent: bytes) -> None:
    for given, is_sent in ((OPEN, False), (command, True)):
        session = student.opens(given)
        session.wait_for(START)
        session.press("q")
        assert session.wait_exit() == 0
        assert bool(re.search(sent, session.raw)) is is_sent


def test_a_lesson_is_recorded_copied_and_replayed(student: Student) -> None:
    there = f"{student.server.home}/{LOG}"  # else it would be in the home of who runs the tests
    session = student.opens(RECORD.replace(LOG, there))
    session.wait_for("● recording")
    session.press("ss")
    session.wait_for(" 2 / 33")
    session.press("q")
    assert session.wait_exit() == 0
    assert student.runs(COPY.replace(LOG, there)).returncode == 0
    replay = student.opens(f"cd {student.home} && {REPLAY}")
    replay.wait_for(" 0 / 2")
    says(replay, (" ", " 2 / 2"), ("S", "off the track"), ("=", " 2 / 2"))
    student.is_let_in_by(LOCKED.replace("tanh4", there))
    student.opens(JOIN).wait_for(" 0 / 2")
