"""Data files are found below the scenario's folder only, are not too large, and columns are selected from them."""

import os
from pathlib import Path

import numpy as np
import pytest
from datafiles import MOST, fault, npy, npz, table, unfit

from bptui.core.data import DataError, read_table


@pytest.mark.parametrize(
    ("selector", "rows"),
    [
        ("1", [0]),
        ("3", [2]),
        ("1-3", [0, 1, 2]),
        ("1-2,4", [0, 1, 3]),
        ("4, 1 - 2", [3, 0, 1]),
        ("x", [0]),
        ("x2,x", [1, 0]),
        ("x,3-4", [0, 2, 3]),
        ("a,b", [2]),
        ("1-x", [3]),
        ("", [0, 1, 2, 3]),
    ],
)
def test_columns_by_number_and_by_name(tmp_path: Path, selector: str, rows: list[int]) -> None:
    held = table(tmp_path, "a.csv", 'x, x2 ,"a,b",1-x\n1,2,3,4\n5,6,7,8\n')
    assert np.array_equal(held.examples(selector), np.array([[1, 5], [2, 6], [3, 7], [4, 8]])[rows])


@pytest.mark.parametrize(
    ("selector", "hint"),
    [
        ("hight", "did you mean 'height'? or a number from 1 to 2"),
        ("3", "the columns are 1 to 2"),
        ("0", "the columns are 1 to 2"),
        ("2-1", "the columns are 1 to 2"),
        ("1-999999999", "the columns are 1 to 2"),
        ("1,2,1", "name each once"),
        ("height,", "known are: height, width or a number from 1 to 2"),
        ("-1", "known are: height, width or a number from 1 to 2"),
        ("٣", "known are: height, width or a number from 1 to 2"),
        ("1" * 5000, "known are: height, width or a number from 1 to 2"),
        ("\x1b[31m", "known are: height, width or a number from 1 to 2"),
    ],
)
def test_a_selector_that_fits_nothing(tmp_path: Path, selector: str, hint: str) -> None:
    error = unfit(table(tmp_path, "a.csv", "height,width\n1,2\n"), selector)
    assert error.reason.startswith("a.csv: ")
    assert error.hint == hint


def test_columns_without_names(tmp_path: Path) -> None:
    assert unfit(table(tmp_path, "a.csv", "1,2\n"), "x").hint == 'give a number from 1 to 2, or "1-2"'


def test_the_arrays_of_an_npz(tmp_path: Path) -> None:
    held = table(tmp_path, "a.npz", npz(images=np.array([[1, 2, 3], [4, 5, 6]]), labels=np.array([7, 8], np.uint8)))
    assert np.array_equal(held.examples("labels"), [[7.0, 8.0]])
    assert np.array_equal(held.examples("images"), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    assert np.array_equal(held.examples("images:2-3"), [[2.0, 5.0], [3.0, 6.0]])
    assert unfit(held, "image").hint == "did you mean 'images'?"
    assert unfit(held, "image:1").hint == "did you mean 'images'?"
    assert unfit(held, "images:4").hint == "the columns are 1 to 3"
    assert unfit(held, "").hint == "known are: images, labels"


def test_a_single_array_needs_no_name(tmp_path: Path) -> None:
    assert np.array_equal(table(tmp_path, "a.npz", npz(W=np.eye(2))).examples(""), np.eye(2))


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("a.csv", "1\n" * 126),
        ("a.npy", npy(np.ones(126, np.uint8))),
        ("a.npz", npz(x=np.ones(63, np.uint8), y=np.ones(63, np.uint8))),
    ],
)
def test_numbers_are_counted_as_float64(tmp_path: Path, file: str, data: bytes | str) -> None:
    assert len(data) < 126 * 8
    assert table(tmp_path, file, data, 126 * 8).arrays
    assert "is too large" in fault(tmp_path, file, data, 126 * 8 - 1).reason


def test_a_file_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "a.csv", "wb") as stream:
        stream.truncate(1 << 40)  # takes no room on the disk, and could not be read
    assert "is too large: more than 1,048,576 bytes" in fault(tmp_path, "a.csv").reason


def test_a_file_in_a_folder_below(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "A.CSV").write_text("1\n")
    os.symlink("data/A.CSV", tmp_path / "link.csv")
    for file in ("data/A.CSV", "./data//A.CSV", "link.csv"):
        assert read_table(str(tmp_path), file, MOST).examples("") == 1.0


def test_a_folder_that_is_itself_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("1\n")
    os.symlink("real", tmp_path / "link")
    assert read_table(tmp_path / "link", "a.csv", MOST).examples("") == 1.0


def test_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    monkeypatch.chdir(tmp_path)
    assert read_table("", "a.csv", MOST).examples("") == 1.0


@pytest.mark.parametrize(
    "file", ["../a.csv", "x/../../a.csv", "x/../b.csv", "..\\a.csv", "/etc/a.csv", "out.csv", "up/a.csv"]
)
def test_outside_the_folder(tmp_path: Path, file: str) -> None:
    (tmp_path / "a.csv").write_text("1\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "b.csv").write_text("1\n")
    os.symlink("../a.csv", inner / "out.csv")
    os.symlink("..", inner / "up")
    assert "is outside the scenario's folder" in fault(inner, file).reason
    with pytest.raises(DataError, match="outside"):
        read_table(inner, str(tmp_path / "a.csv"), MOST)


def test_a_neighbour_whose_name_begins_alike(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "a.csv").write_text("1\n")
    os.symlink("../inner/a.csv", tmp_path / "in" / "a.csv")
    assert "outside" in fault(tmp_path / "in", "a.csv").reason


def test_a_device_behind_a_link(tmp_path: Path) -> None:
    os.symlink("/dev/zero", tmp_path / "zero.npy")
    assert "outside" in fault(tmp_path, "zero.npy").reason


@pytest.mark.parametrize("suffix", [".csv", ".npy", ".npz"])
def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    assert "is not a regular file" in fault(tmp_path, f"pipe{suffix}").reason
    os.symlink(f"pipe{suffix}", tmp_path / f"link{suffix}")
    assert "is not a regular file" in fault(tmp_path, f"link{suffix}").reason


def test_names_that_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    os.symlink("loop.csv", tmp_path / "loop.csv")
    reasons = {
        "none.csv": "none.csv: there is no such file",
        "folder.csv": "folder.csv: is a folder",
        "a\0.csv": "a\\x00.csv: is not a file name",
        "\ud800.csv": None,
        "loop.csv": None,
        "x" * 300 + ".csv": None,
        "folder.csv/x.csv": "folder.csv/x.csv: there is no such file",
        "\x1b[2J.csv": "\\x1b[2J.csv: there is no such file",
        "a.txt": "a.txt: is not a kind of data file that is read",
        "": ": is not a kind of data file that is read",
        ".": ".: is not a kind of data file that is read",
    }
    for file, reason in reasons.items():
        error = fault(tmp_path, file)
        assert reason is None or error.reason == reason
