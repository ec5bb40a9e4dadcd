"""Recording in a real terminal: whatever ends the session, what was shown is in the log."""

import json
import os
import re
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wire.command import bptui
from wire.terminal import Terminal

KINDS = ("evaluate", "multiply", "accumulate", "update")


def lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a log, but for the first."""
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True)[1:] if line.endswith(b"\n")]


def steps(path: Path) -> list[int]:
    """The steps that are in a log."""
    return [line["n"] for line in lines(path) if line["event"] in KINDS]


def shown(program: Terminal) -> int:
    """The position that the screen says."""
    match = re.search(r"^ +([\d,]+) / ", program.text, re.MULTILINE)
    return int(match[1].replace(",", "")) if match else 0


@pytest.fixture
def recorded(terminal: Callable[..., Terminal]) -> Callable[..., Terminal]:
    """Open the debugger with tanh4, recorded to a.bptlog."""

    def open_recorded(*arguments: str) -> Terminal:
        program = terminal(["bptui", "tanh4", "--record", "a.bptlog", *arguments])
        program.wait_for(" 0 / 33")
        program.wait_for("● recording")
        return program

    return open_recorded


def test_q(recorded: Callable[..., Terminal]) -> None:
    program = recorded()
    program.press("sssS")
    program.wait_for(" 2 / 33")
    program.press("q")
    assert program.wait_exit() == 0
    path = program.home / "a.bptlog"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line.get("n", line.get("position", line["event"])) for line in lines(path)] == [
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        2,
        "end",
    ]
    assert bptui("verify", "a.bptlog", home=program.home).returncode == 0


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_it_well(recorded: Callable[..., Terminal], signum: int, code: int) -> None:
    program = recorded()
    program.press("ss")
    program.wait_for(" 2 / 33")
    program.signal(signum)
    assert program.wait_exit() == code
    assert lines(program.home / "a.bptlog")[-1]["event"] == "end"


def test_the_terminal_vanishes(recorded: Callable[..., Terminal]) -> None:
    program = recorded()
    program.press("ss")
    program.wait_for(" 2 / 33")
    program.close_master()
    assert program.process.wait(5) == 129
    assert lines(program.home / "a.bptlog")[-1]["event"] == "end"


@pytest.mark.parametrize("upto", [0, 9, 32])
def test_kill_9_loses_nothing_that_was_shown(recorded: Callable[..., Terminal], upto: int) -> None:
    """In the middle of 33 steps."""
    program = recorded()
    program.press("s" * 33)
    program.wait_for(lambda _: shown(program) >= upto)
    program.signal(signal.SIGKILL)
    assert program.wait_exit() == -signal.SIGKILL
    path = program.home / "a.bptlog"
    assert path.read_bytes().endswith(b"\n")
    assert steps(path) == list(range(1, len(steps(path)) + 1))
    assert len(steps(path)) >= shown(program) >= upto
    plain = bptui("a.bptlog", "--plain", home=program.home)
    assert plain.returncode == 3
    assert plain.stderr == "a.bptlog: the recording was not ended\n"
    assert f"\n{len(steps(path))}  " in plain.stdout or not steps(path)


def test_a_full_disk_ends_the_recording_only(terminal: Callable[..., Terminal]) -> None:
    """A file may be of 8 KiB: stepping goes on to the end, the log holds what the screen says, the exit code is 5."""
    limit = "ulimit -f $((8192 / $1)); exec bptui tanh4 --record a.bptlog"
    unit = "512" if os.path.realpath("/bin/sh").endswith("dash") else "1024"
    program = terminal(["sh", "-c", limit, "sh", unit], columns=120)
    program.wait_for("● recording")
    program.press("s" * 33)
    program.wait_for(" 33 / 33")
    program.wait_for(
        lambda text: "recording stopped after step" in text.split("\n")[0]
    )  # the panes may be painted in turn
    match = re.search(r"recording stopped after step (\d+): File too large", program.lines[0])
    assert match
    program.press("q")
    assert program.wait_exit() == 5
    path = program.home / "a.bptlog"
    assert steps(path) == list(range(1, int(match[1]) + 1))
    assert 0 < len(steps(path)) < 33
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("kind", ["file", "link", "link to nothing", "device", "folder"])
def test_what_is_there_is_refused(terminal: Callable[..., Terminal], kind: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    match kind:
        case "file":
            there.write_text("mine")
        case "link":
            there.symlink_to(tmp_path / "mine")
            (tmp_path / "mine").write_text("mine")
        case "link to nothing":
            there.symlink_to(tmp_path / "mine")
        case "device":
            there = Path("/dev/null")
        case "folder":
            there.mkdir()
    before = sorted(tmp_path.iterdir())
    for force in ([], ["--force"]):
        if kind == "file" and force:
            continue
        program = terminal(["bptui", "tanh4", "--record", str(there), *force], columns=200)
        assert program.wait_exit() == 2
        assert program.text.strip().startswith(f"{there}: ")
        assert len(program.text.strip().splitlines()) == 1
        assert b"\x1b" not in program.raw  # no screen was opened
    assert sorted(tmp_path.iterdir()) == before
    if (tmp_path / "mine").exists():
        assert (tmp_path / "mine").read_text() == "mine"


def test_force_takes_a_regular_file(terminal: Callable[..., Terminal]) -> None:
    program = terminal(["sh", "-c", "echo mine > a; chmod 644 a; exec bptui tanh4 --record a --force"])
    program.wait_for("● recording")
    program.press("sq")
    assert program.wait_exit() == 0
    assert stat.S_IMODE((program.home / "a").stat().st_mode) == 0o600
    assert steps(program.home / "a") == [1]


def test_the_log_that_is_replayed_is_not_recorded_over(recorded: Callable[..., Terminal]) -> None:
    program = recorded()
    program.press("sq")
    assert program.wait_exit() == 0
    before = (program.home / "a.bptlog").read_bytes()
    command = ["bptui", "a.bptlog", "--record", "./a.bptlog", "--force"]
    with Terminal(command, env={"HOME": str(program.home)}) as again:
        assert again.wait_exit() == 2
        assert "is the file that is read" in again.text
    assert (program.home / "a.bptlog").read_bytes() == before


def test_without_a_screen_there_is_nothing_to_record(tmp_path: Path) -> None:
    done = bptui("tanh4", "--record", "a.bptlog", home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no screen to record" in done.stderr
    assert not (tmp_path / "a.bptlog").exists()


def test_a_log_is_replayed_in_the_terminal_and_recorded_again(recorded: Callable[..., Terminal]) -> None:
    program = recorded()
    program.press("sss")
    program.wait_for(" 3 / 33")
    program.press("q")
    assert program.wait_exit() == 0
    with Terminal(["bptui", "a.bptlog", "--record", "b.bptlog"], env={"HOME": str(program.home)}) as again:
        again.wait_for("track 1 of 4")
        again.press("+++++ ")
        again.wait_for("track 4 of 4")
        again.press("q")
        assert again.wait_exit() == 0
    first, second = ((program.home / name).read_bytes().splitlines(keepends=True) for name in ("a.bptlog", "b.bptlog"))
    assert first[1:] == second[1:]
