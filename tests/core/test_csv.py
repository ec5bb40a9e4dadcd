"""Text of numbers is read as it is meant; what is not a number is refused with its line."""

from pathlib import Path

import numpy as np
import pytest
from datafiles import fault, table

from bptui.core.formats import MOST_COLUMNS


def test_a_row_of_the_file_is_an_example(tmp_path: Path) -> None:
    x = table(tmp_path, "a.csv", "1,2,3\n4,-5e1,.5\n").examples("")
    assert x.dtype == np.float64
    assert x.flags.c_contiguous
    assert np.array_equal(x, [[1, 4], [2, -50], [3, 0.5]])


@pytest.mark.parametrize(
    "text",
    ["1,2\r\n3,4\r\n", "\ufeff1,2\n3,4", "1,2\n3,4\n\n \r\n\n", '"1","2"\n3,4\n', " 1 ,\t2\n3,4\n", "x,\n1,2\n3,4"],
)
def test_ways_to_write_the_same(tmp_path: Path, text: str) -> None:
    assert np.array_equal(table(tmp_path, "a.csv", text).examples(""), [[1, 3], [2, 4]])


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("1,2\n3\n", 2, "it has 1 columns, line 1 has 2"),
        ("x,y\n1,2\n3,4,5\n", 3, "it has 3 columns, line 1 has 2"),
        ("1,2\n3,x\n", 2, "'x' is not a number"),
        ("1,x\n3,4\n", 1, "'x' is not a number"),
        ("1,2\n3,\n", 2, "a cell is empty"),
        ("1\nnan\n", 2, "'nan' is not finite"),
        ("nan,nan\n1,2\n", 1, "'nan' is not finite"),
        ("1\n-inf\n", 2, "'-inf' is not finite"),
        ("1\n1e999\n", 2, "'1e999' is not finite"),
        ("1,2\ninf,-inf\n", 2, "'inf' is not finite"),
        ("1\n1_000\n", 2, "'1_000' is not a number"),
        ("1\n٣\n", 2, "'٣' is not a number"),
        ("1\n0x10\n", 2, "'0x10' is not a number"),
        ("1\n\x00\n", 2, "'\\x00' is not a number"),
        ("1\n\x1b[31m\n", 2, "'\\x1b[31m' is not a number"),
        ("1\n\n2\n", 2, "is blank"),
        ("\n1\n", 1, "is blank"),
        ("1;2\n3;4,\n", 2, "it has 2 columns, line 1 has 1"),
        ("x,y,x\n1,2,3\n", 1, "columns 1 and 3 are both called 'x'"),
    ],
)
def test_a_fault_has_the_line_of_the_data_file(tmp_path: Path, text: str, line: int, reason: str) -> None:
    error = fault(tmp_path, "a.csv", text)
    assert (error.reason, error.line) == (f"a.csv line {line}: {reason}", line)


@pytest.mark.parametrize("text", ['1\n"2\n', '1\n"2\n3"\n', '1\n"2"3\n', "1\n2\r3\n", "1\n" + "2" * 200_000])
def test_what_is_not_comma_separated(tmp_path: Path, text: str) -> None:
    assert fault(tmp_path, "a.csv", text).reason.startswith("a.csv line 2: is not comma-separated: ")


@pytest.mark.parametrize("text", ["", "\n\n", "x,y\n", "\ufeff"])
def test_no_examples(tmp_path: Path, text: str) -> None:
    assert fault(tmp_path, "a.csv", text).reason == "a.csv: holds no numbers"


@pytest.mark.parametrize("data", [b"1\n\xff\n", b"1\n\xed\xa0\x80\n", b"1\n\xc3"])
def test_text_that_is_not_utf_8(tmp_path: Path, data: bytes) -> None:
    assert fault(tmp_path, "a.csv", data).reason == "a.csv line 2: is not UTF-8 text"


def test_the_widest_table(tmp_path: Path) -> None:
    row = ",".join(["1"] * MOST_COLUMNS)
    assert table(tmp_path, "a.csv", row).examples("").shape == (MOST_COLUMNS, 1)
    for wide in (row + ",1", ",".join(["1"] * 1_000_000)):
        assert "columns" in fault(tmp_path, "a.csv", wide, 1 << 24).reason
