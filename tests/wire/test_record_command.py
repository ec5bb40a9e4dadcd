"""`bptui record FILE -o LOG`: a whole run as a log, without a screen; and what a log gives back as plain lines."""

import json
import os
import re
import signal
import stat
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from wire.command import PATH, bptui
from wire.terminal import Terminal

STOPS = 'program = """\nu = x - 1\nv = log(u)\nz = v^2\n"""\n[input]\nx = 1.0\n'
FULL = Path("/dev/full")
LONG = """
program = '''
u = W @ x + b
h = tanh(u)
L = half_squared_error(h, y, reduction=mean)
'''
[input]
x = { init = "normal", shape = [20, 10] }
[target]
y = { init = "normal", shape = [20, 10] }
[parameters]
W = { init = "normal", shape = [20, 20] }
b = { init = "zeros", shape = [20, 1] }
[update]
rule = "gradient_descent"
learning_rate = 0.01
iterations = 6000
"""
"""More than half a second's work, of which with --every 3000 only a few lines are written."""


def records(text: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of the shell, in which bptui may stand anywhere."""
    environment = {"PATH": PATH, "HOME": str(folder), "LANG": "C.UTF-8"}
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_the_whole_run_is_written(tmp_path: Path) -> None:
    done = bptui("record", "tanh4", "-o", "run.bptlog", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "33 steps in 35 lines" in done.stdout
    header, *events, end = records((tmp_path / "run.bptlog").read_bytes())
    assert header["bptlog"] == 1
    assert [event["n"] for event in events] == list(range(1, 34))
    assert (end["event"], end["events"], end["lines"]) == ("end", 33, 34)
    assert stat.S_IMODE((tmp_path / "run.bptlog").stat().st_mode) == 0o600
    assert bptui("verify", "run.bptlog", home=tmp_path).returncode == 0


def test_without_a_name_it_is_that_of_the_scenario(tmp_path: Path) -> None:
    assert bptui("record", "tanh4", home=tmp_path).returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["tanh4.bptlog"]


def test_standard_output_has_the_same_lines(tmp_path: Path) -> None:
    bptui("record", "tanh4", home=tmp_path)
    done = bptui("record", "tanh4", "-o", "-", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    written = (tmp_path / "tanh4.bptlog").read_text()
    assert done.stdout.splitlines()[1:] == written.splitlines()[1:]
    assert list(tmp_path.iterdir()) == [tmp_path / "tanh4.bptlog"]


def test_some_iterations_only(tmp_path: Path) -> None:
    done = bptui("record", "xor", "-o", "-", "--every", "40", home=tmp_path)
    iterations = {record["iteration"] for record in records(done.stdout) if "iteration" in record}
    assert iterations == {1, 41, 81, 100}


def test_a_run_that_stops(tmp_path: Path) -> None:
    """At the logarithm of 0, its second step."""
    (tmp_path / "stops.toml").write_text(STOPS)
    done = bptui("record", "stops.toml", "-o", "-", home=tmp_path)
    assert (done.returncode, done.stderr) == (6, "")
    told = [record.get("n", record.get("event")) for record in records(done.stdout)[1:]]
    assert told == [1, 2, "end"]
    assert bptui("record", "stops.toml", home=tmp_path).returncode == 6
    again = bptui("stops.bptlog", "--plain", home=tmp_path)
    plain = bptui("stops.toml", "--plain", home=tmp_path)
    assert (again.returncode, again.stdout) == (plain.returncode, plain.stdout)
    assert bptui("record", "stops.bptlog", "-o", "copy.bptlog", home=tmp_path).returncode == 6


@pytest.mark.parametrize("scenario", ["tanh4", "softmax", "xor"])
def test_a_log_gives_the_plain_lines_of_the_run(scenario: str, tmp_path: Path) -> None:
    assert bptui("record", scenario, "-o", "run.bptlog", home=tmp_path).returncode == 0
    log, plain = bptui("run.bptlog", "--plain", home=tmp_path), bptui(scenario, "--plain", home=tmp_path)
    assert (log.returncode, log.stderr, log.stdout) == (0, "", plain.stdout)


@pytest.mark.parametrize("upto", [1, 8, 33])
def test_a_torn_log_gives_those_up_to_there(upto: int, tmp_path: Path) -> None:
    bptui("record", "tanh4", home=tmp_path)
    lines = (tmp_path / "tanh4.bptlog").read_bytes().splitlines(keepends=True)
    (tmp_path / "torn.bptlog").write_bytes(b"".join(lines[: upto + 1]) + lines[upto + 1][:-5])
    done = bptui("torn.bptlog", "--plain", home=tmp_path)
    assert done.returncode == 3
    assert done.stderr == f"torn.bptlog: line {upto + 2} is not whole: the log ends within it\n"
    whole = [" ".join(line.split()) for line in bptui("tanh4", "--plain", home=tmp_path).stdout.splitlines()]
    assert [" ".join(line.split()) for line in done.stdout.splitlines()][: upto + 1] == whole[: upto + 1]
    assert done.stdout.splitlines()[upto + 1 : upto + 2] in ([""], [])


def test_a_log_that_ends_in_its_first_line(tmp_path: Path) -> None:
    bptui("record", "tanh4", home=tmp_path)
    (tmp_path / "torn.bptlog").write_bytes((tmp_path / "tanh4.bptlog").read_bytes()[:300])
    for arguments in (["torn.bptlog"], ["record", "torn.bptlog", "-o", "b"], ["verify", "torn.bptlog"]):
        done = bptui(*arguments, home=tmp_path)
        assert (done.returncode, done.stdout) == (3, "")
        assert "the log ends within its first line" in done.stderr
    assert not (tmp_path / "b").exists()


def test_the_copy_of_a_torn_log_is_incomplete_too(tmp_path: Path) -> None:
    """What is whole is copied; that it is not all is said, as when it is opened."""
    bptui("record", "tanh4", home=tmp_path)
    lines = (tmp_path / "tanh4.bptlog").read_bytes().splitlines(keepends=True)
    (tmp_path / "torn.bptlog").write_bytes(b"".join(lines[:10]))
    done = bptui("record", "torn.bptlog", "-o", "copy.bptlog", home=tmp_path)
    assert (done.returncode, done.stderr) == (3, "torn.bptlog: the recording was not ended\n")
    assert (tmp_path / "copy.bptlog").read_bytes().splitlines(keepends=True)[1:10] == lines[1:10]


# ---- writing fails


def test_a_closed_pipe(tmp_path: Path) -> None:
    done = run("bptui record xor -o - | head -n 1 | cut -c 1-11; echo ${PIPESTATUS[0]}", tmp_path)
    assert (done.stdout, done.stderr) == ('{"bptlog":1\n141\n', "")


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has /dev/full")
def test_a_full_disk(tmp_path: Path) -> None:
    done = run("bptui record tanh4 -o - > /dev/full", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    assert re.match(r"bptui: writing failed after step \d+: No space left on device", done.stderr)


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """What fits is in it, as whole lines."""
    unit = 512 if os.path.realpath("/bin/sh").endswith("dash") else 1024
    environment = {"PATH": PATH, "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    done = subprocess.run(
        ["sh", "-c", f"ulimit -f {262144 // unit}; bptui record xor -o run.bptlog"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)
    last = re.fullmatch(r"bptui: writing failed after step ([\d,]+): File too large\n", done.stderr)
    assert last
    data = (tmp_path / "run.bptlog").read_bytes()
    assert data.endswith(b"\n")
    assert len(data) <= 262144
    assert records(data)[-1]["n"] == int(last[1].replace(",", ""))


@pytest.mark.parametrize(
    ("there", "force", "says"),
    [
        ("file", [], "exists already; name a new file, or give --force"),
        ("link", [], "exists already"),
        ("link", ["--force"], "is a link; name a new file"),
        ("/dev/null", ["--force"], "is not a regular file"),
        ("no/folder", [], "cannot be written: No such file or directory"),
    ],
)
def test_what_is_there_is_refused(there: str, force: Sequence[str], says: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("file")
    done = bptui("record", "tanh4", "-o", there, *force, home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"{there}: {says}")
    assert (tmp_path / "file").read_text() == "mine"


def test_force_writes_over_a_regular_file_but_not_over_what_is_copied(tmp_path: Path) -> None:
    (tmp_path / "run.bptlog").write_text("mine" * 10_000)
    assert bptui("record", "tanh4", "-o", "run.bptlog", "--force", home=tmp_path).returncode == 0
    before = (tmp_path / "run.bptlog").read_bytes()
    assert records(before)[-1]["event"] == "end"
    done = bptui("record", "run.bptlog", "--force", home=tmp_path)
    assert done.returncode == 2
    assert "is the file that is read" in done.stderr
    assert (tmp_path / "run.bptlog").read_bytes() == before


# ---- work that takes long


def test_a_progress_bar_on_a_terminal(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(LONG)
    command = ["bptui", "record", "long.toml", "--every", "3000", "-o", "run.bptlog"]
    program = terminal(command, columns=120, env={"HOME": str(tmp_path)})
    program.wait_for(lambda text: re.search(r"recording long\.toml .*\d+%", text) is not None, timeout=20)
    assert program.wait_exit(30) == 0
    assert "%" not in program.text  # it is gone at the end
    assert "run.bptlog: 27 steps in 29 lines" in program.text


def test_no_progress_bar_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(LONG)
    done = bptui("record", "long.toml", "--every", "3000", "-o", "run.bptlog", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """What was written until then is a log that was not ended; it never gets to the end of a million iterations."""
    (tmp_path / "long.toml").write_text(LONG.replace("iterations = 6000", "iterations = 1_000_000"))
    program = terminal(["bptui", "record", "long.toml", "-o", "run.bptlog"], env={"HOME": str(tmp_path)})
    program.wait_for("recording long.toml", timeout=20)
    program.signal(signal.SIGINT)
    assert program.wait_exit(20) == 130
    told = records((tmp_path / "run.bptlog").read_bytes())
    assert [record.get("n") for record in told[1:]] == list(range(1, len(told)))
    done = bptui("run.bptlog", "--plain", home=tmp_path)
    assert (done.returncode, done.stderr) == (3, "run.bptlog: the recording was not ended\n")
