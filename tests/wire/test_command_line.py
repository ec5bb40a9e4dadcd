"""The command line: what goes to which stream, and with which exit code."""

import os
import re
import subprocess
from importlib import metadata
from pathlib import Path

import pytest
from wire.command import PATH, bptui

SHIPPED = ["jacobian", "layers4", "modules", "nested4", "sin_x2", "tanh4"]
FULL = Path("/dev/full")


def assert_refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    """Exit code 2, nothing on standard output, and one line on standard error that has these parts."""
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.endswith("\n")
    assert done.stderr.count("\n") == 1
    for part in parts:
        assert part in done.stderr


def test_a_misspelt_name_gets_a_suggestion(tmp_path: Path) -> None:
    assert_refused(bptui("tahn4", home=tmp_path), "tahn4: there is no such file", "did you mean 'tanh4'?")


def test_an_unknown_name_gets_the_list(tmp_path: Path) -> None:
    assert_refused(bptui("qqqqqq", home=tmp_path), "qqqqqq: there is no such file", *SHIPPED)


def test_a_missing_file_in_a_folder(tmp_path: Path) -> None:
    assert_refused(bptui("no/such.toml", home=tmp_path), "no/such.toml: there is no such file", "bptui scenarios")


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "tanh4").mkdir()  # a file's name comes before that of a shipped scenario
    assert_refused(bptui("tanh4", home=tmp_path), "tanh4: ", "folder")


def test_no_toml(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('title = "x"\nprogram = = 2\n')
    assert_refused(bptui("bad.toml", home=tmp_path), "bad.toml:2: ")


def test_a_misspelt_key(tmp_path: Path) -> None:
    text = '[input]\nx = 2.0\n[[layer]]\nW = 1.0\nacitvation = "tanh"\n[update]\n'
    (tmp_path / "bad.toml").write_text(text)
    assert_refused(bptui("bad.toml", home=tmp_path), "bad.toml:5: ", "did you mean 'activation'?")


def test_a_file_that_may_not_be_read_or_never_ends(tmp_path: Path) -> None:
    assert_refused(bptui("/dev/zero", home=tmp_path), "/dev/zero: ")


@pytest.mark.parametrize(
    "arguments",
    [("--plian", "tanh4"), ("tanh4", "nested4"), ("--expr",), ("--expr", "x^2", "x"), ("--expr", "x^2", "x=1\ny=2")],
)
def test_a_wrong_command_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert_refused(bptui(*arguments, home=tmp_path))


@pytest.mark.parametrize("expression", ["x^", "x^2 +* 1", "y", "f(x)", "", "z = x\nq = )"])
def test_a_wrong_formula(tmp_path: Path, expression: str) -> None:
    assert_refused(bptui("--expr", expression, "x=1", home=tmp_path), "--expr")


def test_version(tmp_path: Path) -> None:
    done = bptui("--version", home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"bptui {metadata.version('bptui')}\n", "")


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help(tmp_path: Path, option: str) -> None:
    done = bptui(option, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("usage: bptui", "--plain", "--expr", "--version", "sin(x^2)"):
        assert word in done.stdout


@pytest.mark.parametrize("arguments", [(), ("scenarios",)])
def test_the_scenarios_that_ship(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = bptui(*arguments, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(SHIPPED) <= set(re.findall(r"^(\w+)  +\S", done.stdout, re.MULTILINE))
    assert "Four layers, one tanh" in done.stdout


def test_a_reader_who_has_left(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = bptui("tanh4", home=tmp_path, stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_a_reader_of_one_line(tmp_path: Path) -> None:
    command = ["sh", "-c", "bptui layers4 | head -n 1"]
    environment = {"PATH": PATH, "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    assert (done.stdout, done.stderr) == ("Four layers with real matrices\n", "")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("tanh4",), ("scenarios",), ("--version",), ("--help",)])
def test_a_full_disk(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = bptui(*arguments, home=tmp_path, stdout=full)
    assert done.returncode == 5
    assert done.stderr == "bptui: writing failed: No space left on device\n"


@pytest.mark.parametrize(("closed", "code"), [("bptui tanh4 >&-", 5), ("bptui tahn4 2>&-", 2), ("bptui tanh4 <&-", 0)])
def test_a_stream_that_is_closed(tmp_path: Path, closed: str, code: int) -> None:
    environment = {"PATH": PATH, "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", closed], capture_output=True, text=True, timeout=30, env=environment)
    assert done.returncode == code
    assert "Traceback" not in done.stdout + done.stderr


def test_standard_error_that_is_full(tmp_path: Path) -> None:
    if not FULL.exists():
        pytest.skip("this system has no /dev/full")
    environment = {"PATH": PATH, "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", "bptui tahn4 2>/dev/full"], timeout=30, env=environment)
    assert done.returncode == 2
