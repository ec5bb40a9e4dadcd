"""What is no readable file is refused at once, in one line, whatever it is."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bptui.core import InputError, read
from bptui.core.files import LARGEST_FILE

NOBODY = 65534
SCENARIO = "program = 'z = 2 * x'\n[input]\nx = 1.0\n"


def fault(path: str | Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path)
    error = caught.value
    assert error.file == os.fspath(path)
    assert error.hint
    assert str(error).isprintable()
    return error


@contextmanager
def without_privileges() -> Iterator[None]:
    """Root may read everything, so it becomes somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_missing_file(tmp_path: Path) -> None:
    error = fault(tmp_path / "none.toml")
    assert (error.line, error.reason) == (0, "there is no such file")


def test_a_folder(tmp_path: Path) -> None:
    assert fault(tmp_path).reason == "is a folder"


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert fault(tmp_path / "pipe").reason == "is not a regular file"


def test_a_socket() -> None:
    with TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/s")  # the address of a socket may not be as long as that of tmp_path
        assert fault(f"{folder}/s").reason.startswith("cannot be read: ")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/tty"])
def test_a_device(device: str) -> None:
    reason = fault(device).reason
    assert reason == "is not a regular file" or reason.startswith("cannot be read: ")  # without a terminal


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.toml"
    path.write_text(SCENARIO)
    path.chmod(0)
    with without_privileges():
        assert fault(path).reason == "cannot be read: Permission denied"


@pytest.mark.parametrize("name", ["a\0b", "\0"])
def test_a_name_with_a_nul_byte_is_said_as_visible_text(name: str) -> None:
    error = fault(name)
    assert error.reason == "is not a file name"
    assert "\\x00" in str(error)


def test_a_name_that_is_too_long() -> None:
    assert fault("x" * 5000).reason.startswith("cannot be read: ")


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert fault(tmp_path / "loop").reason.startswith("cannot be read: ")


def test_a_name_that_is_no_utf_8_is_said_as_visible_text(tmp_path: Path) -> None:
    assert "\\udcff" in str(fault(os.fsdecode(b"/none-\xff\x1b[31m.toml")))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"\xff", 1),
        (b"title = 'ok'\n\nabout = 'caf\xe9'\n", 3),
        (b"title = '\xc0\x80'\n", 1),  # an overlong form
        (b"\n# \xed\xa0\x80\n", 2),  # half of a pair
        ("title = 'a'\n".encode("utf-16"), 1),
    ],
)
def test_text_that_is_not_utf_8_is_said_with_its_line(data: bytes, line: int, tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(data)
    error = fault(path)
    assert (error.line, error.reason) == (line, "is not UTF-8 text")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 30)


@pytest.mark.parametrize("make", [sparse, lambda path: path.write_text("#" * (LARGEST_FILE + 1))])
def test_a_file_that_is_too_large(make: Callable[[Path], object], tmp_path: Path) -> None:
    make(tmp_path / "large.toml")
    assert fault(tmp_path / "large.toml").reason == "is larger than 64 KiB"


def test_the_largest_file_that_is_allowed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_text(SCENARIO + "#" * (LARGEST_FILE - len(SCENARIO)))
    assert float(read(path).given["x"]) == 1.0


def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text(SCENARIO)
    os.mkfifo(tmp_path / "pipe")
    before = os.open(tmp_path / "f.toml", os.O_RDONLY)
    os.close(before)
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        fault(path)
    read(tmp_path / "f.toml")
    after = os.open(tmp_path / "f.toml", os.O_RDONLY)
    os.close(after)
    assert after == before  # the lowest number that is free


@pytest.mark.parametrize("change", [lambda s: "\ufeff" + s, lambda s: s.replace("\n", "\r\n"), lambda s: s.rstrip()])
def test_byte_order_mark_line_ends_and_a_missing_end_do_not_matter(
    change: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(change(SCENARIO.replace(" = 1.0", "\t=\t1.0\t# one")).encode())
    scenario = read(path)
    assert float(scenario.given["x"]) == 1.0
    assert scenario.program.variables["x"].line == 3
    assert scenario.title == "f"  # without a title the file's name
