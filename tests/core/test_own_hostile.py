"""Whatever stands in a file of gradients, or in its place: gradients, or one printable line, and soon."""

import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from datafiles import Harmful, archive, described, header, npy, npz
from hypothesis import example, given
from hypothesis import strategies as st

from bptui.core.comparison.nested import LARGEST_TOML
from bptui.core.comparison.reading import Own, read_own
from bptui.core.errors import InputError
from bptui.core.formats import MOST_ARRAYS

CELLS = 100
MOST_TEXT = (1 << 16) + 64 * CELLS
SUFFIXES = (".npz", ".npy", ".csv", ".json", ".toml")


def one_line(error: InputError, path: str) -> str:
    assert str(error).isprintable()
    assert len(error.reason) + len(error.hint) + len(error.key) < 500
    assert error.file == path
    return str(error)


def attempt(path: Path | str, content: bytes | str | None = None, cells: int = CELLS) -> Own | str:
    """The gradients, or the one line that is said of the file."""
    if content is not None:
        Path(path).write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        held = read_own(str(path), cells)
    except InputError as error:
        return one_line(error, str(path))
    assert held.arrays
    assert all(np.isfinite(x).all() and x.size and x.dtype.kind == "f" and x.ndim != 1 for x in held.arrays.values())
    return held


def refused(path: Path | str, content: bytes | str | None = None, cells: int = CELLS) -> str:
    said = attempt(path, content, cells)
    assert isinstance(said, str)
    return said


# ---- what is no file ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    os.symlink("/dev/zero", tmp_path / f"zero{suffix}")
    os.symlink(f"loop{suffix}", tmp_path / f"loop{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    for stem, said in {
        "pipe": "is not a regular file",
        "zero": "is not a regular file",
        "folder": "is a folder",
        "none": "there is no such file",
        "a\0": "is not a file name",
        "loop": "",
        "\ud800": "",
        "x" * 300: "",
        "\x1b[2J\u202e": "there is no such file",
    }.items():
        assert said in refused(f"{tmp_path}/{stem}{suffix}")


def test_a_link_to_a_file_elsewhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "g.toml").write_text("dW1 = 1\n")
    os.symlink("there/g.toml", tmp_path / "here.toml")
    held = attempt(tmp_path / "here.toml")
    assert isinstance(held, Own)
    assert held.arrays == {"dW1": 1.0}


@pytest.mark.parametrize("file", ["a.txt", "a", "a.pkl", "a.pt", ".npz", "a.toml.gz", ""])
def test_other_kinds_of_files(tmp_path: Path, file: str) -> None:
    said = refused(f"{tmp_path}/{file}")
    assert said.endswith(
        "is not a kind of file that gradients are read from; known are: .csv, .npy, .npz, .json, .toml"
    )


def test_the_end_of_the_name_may_be_in_capitals(tmp_path: Path) -> None:
    assert isinstance(attempt(tmp_path / "DW1.CSV", "1,2\n"), Own)


# ---- size -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    with open(path, "wb") as stream:
        stream.truncate(1 << 40)  # takes no room on the disk, and could not be read
    assert "is too large" in refused(path)


def test_how_much_is_read_depends_on_the_program(tmp_path: Path) -> None:
    text = '{"dW1": [0.5]}'
    held = attempt(tmp_path / "a.json", text + " " * (MOST_TEXT - len(text)))
    assert isinstance(held, Own)
    assert f"more than {MOST_TEXT:,} bytes" in refused(tmp_path / "a.json", text + " " * (MOST_TEXT - len(text) + 1))
    assert isinstance(attempt(tmp_path / "a.json", cells=CELLS + 1), Own)


def test_toml_is_read_up_to_its_own_bound(tmp_path: Path) -> None:
    text = "dW1 = 0.5\n#"
    cells = LARGEST_TOML
    assert isinstance(attempt(tmp_path / "a.toml", text + "x" * (LARGEST_TOML - len(text)), cells), Own)
    assert "is larger than 256 KiB" in refused(tmp_path / "a.toml", text + "x" * (LARGEST_TOML - len(text) + 1), cells)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("a.npy", npy(np.ones((200, 60), np.uint8))),
        ("a.npz", npz(x=np.ones((200, 60), np.uint8))),
        ("a.csv", "1,1,1,1,1,1\n" * 2_000),
        ("a.csv", "a,1,1,1,1,1,1\n" * 2_000),
        ("a.json", '{"a": [' + "1," * 12_000 + "1]}"),
        ("a.toml", "a = [" + "1," * 12_000 + "1]"),
    ],
)
def test_more_numbers_than_the_program_can_have(tmp_path: Path, file: str, content: bytes | str) -> None:
    said = "holds far more numbers than the program, which has 100; give gradients of this program"
    assert refused(tmp_path / file, content).endswith(said)
    assert isinstance(attempt(tmp_path / file, cells=1_000), Own)


def test_more_arrays_than_are_read(tmp_path: Path) -> None:
    names = [f"a{i}" for i in range(MOST_ARRAYS + 1)]
    one = npy(np.ones(1))
    for most in (MOST_ARRAYS, MOST_ARRAYS + 1):
        some = names[:most]
        contents: dict[str, bytes | str] = {
            "a.json": "{" + ",".join(f'"{name}": 1' for name in some) + "}",
            "a.toml": "\n".join(f"{name} = 1" for name in some),
            "a.csv": "\n".join(f"{name},1" for name in some),
            "a.npz": archive(*((f"{name}.npy", one) for name in some)),
        }
        for file, content in contents.items():
            found = attempt(tmp_path / file, content, 10_000)
            assert isinstance(found, Own) if most == MOST_ARRAYS else "holds more than 1,000 arrays" in str(found)


# ---- NumPy's files --------------------------------------------------------------------------------------------------


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    harm = tmp_path / "harm"
    raw = pickle.dumps(Harmful(harm))
    objects = npy(np.array([Harmful(harm)], dtype=object), allow_pickle=True)
    assert "holds pickled objects, which are never read" in refused(tmp_path / "a.npy", objects)
    assert "holds pickled objects, which are never read" in refused(tmp_path / "a.npz", archive(("x.npy", objects)))
    for suffix in SUFFIXES:
        refused(tmp_path / f"a{suffix}", raw)
    refused(tmp_path / "a.npz", archive(("x.npy", raw)))
    assert not harm.exists()


@pytest.mark.parametrize(
    "shape", ["(2, 2)", f"({10**30},)", f"({2**32}, {2**32})", f"({2**40},)", "(-1, -1)", "(0, 4)"]
)
def test_no_memory_is_taken_because_a_header_says_so(tmp_path: Path, shape: str) -> None:
    lie = described("'<f8'", shape)
    tracemalloc.start()
    try:
        for file, content in (("a.npy", lie), ("a.npz", archive(("x.npy", lie))), ("a.npz", archive(("x", lie)))):
            refused(tmp_path / file, content)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    bomb = archive(("x.npy", bytes(64 << 20)))
    assert len(bomb) < MOST_TEXT
    assert "is too large" in refused(tmp_path / "a.npz", bomb)


@pytest.mark.parametrize(
    "content",
    [
        npy(np.array([[np.nan]])),
        npy(np.array([[np.inf]], np.float16)),
        npy(np.ones((1, 1), np.complex128)),
        npy(np.array(["1"])),
        npy(np.ones((1, 1, 1, 1, 1))),
        header(b"{" * 60_000),
        npy(np.ones(9))[:-1],
    ],
)
def test_arrays_that_are_no_finite_numbers(tmp_path: Path, content: bytes) -> None:
    refused(tmp_path / "a.npy", content)
    refused(tmp_path / "a.npz", archive(("x.npy", content)))


# ---- text -----------------------------------------------------------------------------------------------------------


def full(start: str, part: str, end: str = "") -> str:
    """As much text as is read."""
    return start + part * ((MOST_TEXT - len(start) - len(end)) // len(part)) + end


TEXTS = {
    "brackets": full('{"a": ', "["),
    "nested lists": '{"a": ' + "[" * 30_000 + "]" * 30_000 + "}",
    "nested tables": full("", '{"a":'),
    "a long number": full('{"a": ', "9", "}"),
    "a long fraction": full('{"a": 0.', "9", "}"),
    "a long name": full('{"', "a", '": true}'),
    "a long text": full('{"a": "', "a", '"}'),
    "control characters in a name": '{"\\u001b[31m\\u202e\\ud800": []}',
    "half a pair in a file name": '{"file": "\\ud800.npz"}',
    "many tables": full('{"a": [', "{},", "{}]}"),
    "many columns": full("", "1,", "1"),
    "many quotes": full("", '"'),
    "many commas": full("a", ","),
    "many names": full("", "a,"),
    "many zeros": full("a = [", "0,", "]"),
    "TOML brackets": full("a = ", "["),
    "TOML dots": full("a", ".a", " = 1"),
    "TOML tables": full("", "[a]\n"),
    "TOML text": full('a = """', "\\"),
    "a layout that never ends": full('layout = "', "x", '"\na = 1'),
    "not UTF-8": "a = 1\n\xff",
}


@pytest.mark.parametrize("name", TEXTS)
def test_texts_that_mean_harm(tmp_path: Path, name: str) -> None:
    content = TEXTS[name].encode("latin-1")
    for suffix in (".csv", ".json", ".toml"):
        attempt(tmp_path / f"a{suffix}", content)


def test_text_that_is_not_utf_8_has_its_line(tmp_path: Path) -> None:
    for suffix in (".json", ".toml"):
        assert f"a{suffix}:2: is not UTF-8 text" in refused(tmp_path / f"a{suffix}", b"\n\xff")
    assert "a.csv:2: is not UTF-8 text" in refused(tmp_path / "a.csv", b"a,1\n\xff,1")


def test_names_are_shown_escaped(tmp_path: Path) -> None:
    evil = "\x1b]0;x\x07\u202e"
    shown = "\\x1b]0;x\\x07\\u202e"
    assert f"'{shown}' is given twice" in refused(tmp_path / "a.csv", f"{evil},1\nb,1\n{evil},1\n")
    assert f": {shown}: holds true" in refused(tmp_path / "a.json", '{"\\u001b]0;x\\u0007\\u202e": true}')
    assert f": {shown}: holds true" in refused(tmp_path / "a.toml", '"\\u001b]0;x\\u0007\\u202e" = true')
    said = refused(tmp_path / "a.npz", archive((f"{evil}.npy", npy(np.array([np.nan])))))
    assert f"'{shown}' holds numbers that are not finite" in said


MARKS = ["=", " ", "\n", ",", "[", "]", "{", "}", '"', "'", ":", "#", ".", "\r\n", "\ufeff", "\x00", "é"]
WORDS = ["a", "dW1", "1", "-2.5", "1e999", "nan", "true", "1979-05-27", "file", "names", "layout", "iteration", '"a": ']
PIECES = st.sampled_from([*MARKS, *WORDS, "[names]\n"])


@given(
    content=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=20).map(lambda all_: "".join(all_).encode()))
)
@example(content=b"PK\5\6" + bytes(18))
@example(content=b"\xef\xbb\xbf")
@example(content=b"")
def test_any_bytes_are_gradients_or_one_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    for suffix in SUFFIXES:
        attempt(tmp_path_factory.getbasetemp() / f"any{suffix}", content)


@given(data=st.data())
def test_damaged_files_of_numpy(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    for file, whole in (("bad.npy", npy(np.eye(3))), ("bad.npz", npz(x=np.eye(3)))):
        damaged = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 3))):
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
        attempt(tmp_path_factory.getbasetemp() / file, bytes(damaged))
